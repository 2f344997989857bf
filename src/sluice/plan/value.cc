#include "sluice/plan/value.h"

#include <chrono>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"

namespace sluice::plan {
namespace {

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) {
    result += c;
    if (c == '\'') {
      result += c;
    }
  }
  return result + "'";
}

std::string date_text(DateValue date) {
  const sys_micros midnight{std::chrono::sys_days{std::chrono::days{date.days_since_1970}}};
  return sluice::to_string(midnight).substr(0, 10);
}

std::string time_text(TimeValue time) {
  const sys_micros instant{std::chrono::microseconds{time.micros_of_day}};
  return sluice::to_string(instant).substr(11, 15);
}

}  // namespace

std::string to_string(const Value& value) {
  return std::visit(
      overloaded{
          [](Null) -> std::string { return "null"; },
          [](bool truth) -> std::string { return truth ? "true" : "false"; },
          [](std::int64_t number) { return std::to_string(number); },
          [](std::uint64_t number) { return std::to_string(number); },
          [](double number) { return fmt::format("{}", number); },
          [](const DecimalValue& decimal) { return decimal.digits; },
          [](const std::string& text) { return quoted(text); },
          [](const BytesValue& bytes) { return fmt::format("x'{:02x}'", fmt::join(bytes, "")); },
          [](DateValue date) { return date_text(date); },
          [](TimeValue time) { return time_text(time); },
          [](sys_micros instant) { return sluice::to_string(instant); },
          [](const Uuid& id) { return sluice::to_string(id); },
      },
      value);
}

}  // namespace sluice::plan
