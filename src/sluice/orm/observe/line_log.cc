#include "sluice/orm/observe/line_log.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>

#include <fmt/format.h>

namespace sluice {
namespace {

std::string time_of(const LineLogOptions& options) {
  return to_string((options.clock != nullptr ? *options.clock : system_clock()).now());
}

void append_quoted(std::string& text, std::string_view value) {
  text.push_back('"');
  for (const char c : value) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      text += {'\\', c};
    } else if (c == '\n') {
      text += "\\n";
    } else if (code < 0x20 || code == 0x7F) {
      text += fmt::format("\\u{:04x}", code);
    } else {
      text.push_back(c);
    }
  }
  text.push_back('"');
}

/// Values that could be read as two fields, or as none, stand in quotes.
bool is_plain(std::string_view value) {
  return !value.empty() && std::ranges::none_of(value, [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '=' || c == '\\' || c == 0x7F;
  });
}

}  // namespace

class LineGate {
 public:
  explicit LineGate(LineWriter writer) : writer_(std::move(writer)) {}

  void pass(const std::string& line) {
    const std::scoped_lock lock(mutex_);
    try {
      writer_(line);
    } catch (...) {
      // A log that fails does not fail a write, and there is no other log to say so to.
      return;
    }
  }

 private:
  LineWriter writer_;
  std::mutex mutex_;
};

TextLog::TextLog(LineWriter writer, const LineLogOptions& options)
    : options_(options), gate_(std::make_shared<LineGate>(std::move(writer))) {}

void TextLog::write(const LogLine& line) {
  if (line.level < options_.level) {
    return;
  }
  std::string text =
      fmt::format("{} {} {}", time_of(options_), to_string(line.level), line.message);
  for (const auto& [name, value] : line.fields) {
    text += fmt::format(" {}=", name);
    if (is_plain(value)) {
      text += value;
    } else {
      append_quoted(text, value);
    }
  }
  gate_->pass(text);
}

JsonLog::JsonLog(LineWriter writer, const LineLogOptions& options)
    : options_(options), gate_(std::make_shared<LineGate>(std::move(writer))) {}

void JsonLog::write(const LogLine& line) {
  if (line.level < options_.level) {
    return;
  }
  std::string text = "{\"time\":";
  append_quoted(text, time_of(options_));
  text += ",\"level\":";
  append_quoted(text, to_string(line.level));
  text += ",\"message\":";
  append_quoted(text, line.message);
  for (const auto& [name, value] : line.fields) {
    text.push_back(',');
    append_quoted(text, name);
    text.push_back(':');
    append_quoted(text, value);
  }
  text.push_back('}');
  gate_->pass(text);
}

}  // namespace sluice
