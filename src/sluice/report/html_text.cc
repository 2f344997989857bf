#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/report/html_internal.h"

namespace sluice::report::internal {
namespace {

/// Signs of three bytes that change how the text around them is shown: marks of direction, and
/// line ends of Unicode.
bool is_steering(std::string_view at) {
  if (at.size() < 3 || static_cast<unsigned char>(at[0]) != 0xE2) {
    return false;
  }
  const auto second = static_cast<unsigned char>(at[1]);
  const auto third = static_cast<unsigned char>(at[2]);
  return (second == 0x80 &&
          ((third >= 0x8E && third <= 0x8F) || (third >= 0xA8 && third <= 0xAE))) ||
         (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

constexpr std::string_view kBox = "&#9633;";

}  // namespace

std::string escaped(std::string_view text) {
  std::string html;
  html.reserve(text.size() + 8);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '&': html += "&amp;"; continue;
      case '<': html += "&lt;"; continue;
      case '>': html += "&gt;"; continue;
      case '"': html += "&quot;"; continue;
      case '\'': html += "&#39;"; continue;
      default: break;
    }
    if (is_steering(text.substr(i))) {
      html += kBox;
      i += 2;
    } else if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7F) {
      html += kBox;
    } else {
      html += c;
    }
  }
  return html;
}

std::string counted(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (number < 0 ? 1 : 0);
       at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string lasted(std::int64_t milliseconds) {
  if (milliseconds < 1'000) {
    return fmt::format("{} ms", milliseconds);
  }
  if (milliseconds < 60'000) {
    return fmt::format("{:.1f} s", static_cast<double>(milliseconds) / 1'000.0);
  }
  return fmt::format("{} m {} s", counted(milliseconds / 60'000), milliseconds / 1'000 % 60);
}

std::string share_of(std::int64_t part, std::int64_t whole) {
  if (part <= 0 || whole <= 0) {
    return "0";
  }
  constexpr double kLeast = 0.5;
  const double share = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return fmt::format("{:.4g}", std::clamp(share, kLeast, 100.0));
}

std::string text_in(const Json& json, std::string_view name) {
  const auto found = json.find(name);
  if (found == json.end() || found->is_null()) {
    return {};
  }
  return found->is_string() ? found->get<std::string>()
                            : found->dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::int64_t count_in(const Json& json, std::string_view name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

bool truth_in(const Json& json, std::string_view name, bool otherwise) {
  const auto found = json.find(name);
  return found != json.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

const Json& list_in(const Json& json, std::string_view name) {
  static const Json kNone = Json::array();
  const auto found = json.find(name);
  return found != json.end() && found->is_array() ? *found : kNone;
}

const Json& object_in(const Json& json, std::string_view name) {
  static const Json kNone = Json::object();
  const auto found = json.find(name);
  return found != json.end() && found->is_object() ? *found : kNone;
}

}  // namespace sluice::report::internal
