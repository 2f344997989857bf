#include "sluice/report/log_line.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace sluice::report {
namespace {

std::string upper(std::string_view word) {
  std::string text(word);
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

/// A value with a blank in it stands in quotes, so that a line can be taken apart again.
std::string field_value(const std::string& value) {
  return value.find_first_of(" \"=|") == std::string::npos
             ? value
             : nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string on_one_line(std::string text) {
  std::ranges::replace_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return text;
}

}  // namespace

std::string render_text(const LogLine& line, sys_micros time) {
  std::string text = fmt::format("{} {:7}", to_string(time), upper(to_string(line.level)));
  for (const auto& [name, value] : line.fields) {
    text += fmt::format(" {}={}", name, field_value(value));
  }
  return on_one_line(fmt::format("{}{}{}", text, line.fields.empty() ? " " : " | ", line.message));
}

std::string render_json(const LogLine& line, sys_micros time) {
  nlohmann::ordered_json json{{"time", to_string(time)}, {"level", to_string(line.level)}};
  for (const auto& [name, value] : line.fields) {
    json[name] = value;
  }
  json["message"] = line.message;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace sluice::report
