#include "sluice/cli/log_writer.h"

#include <algorithm>

#include <fmt/format.h>

#include "sluice/report/log_line.h"

namespace sluice::cli {
namespace {

/// Lines about what became of rows carry an event; the summary says the same.
bool is_told_by_summary(const LogLine& line) {
  return std::ranges::any_of(line.fields, [](const auto& field) { return field.first == "event"; });
}

Colour colour_of(LogLevel level) {
  switch (level) {
    case LogLevel::Debug:
    case LogLevel::Info: return Colour::Dim;
    case LogLevel::Warning: return Colour::Yellow;
    case LogLevel::Error: return Colour::Red;
  }
  return Colour::Plain;
}

}  // namespace

void LogWriter::write(const LogLine& line) {
  if (line.level < options_.least ||
      (options_.style == LogStyle::Brief && is_told_by_summary(line))) {
    return;
  }
  const std::scoped_lock lock(mutex_);
  bar_.wipe();
  switch (options_.style) {
    case LogStyle::Brief:
      terminal_.say(fmt::format(
          "{} {}",
          terminal_.paint(colour_of(line.level), fmt::format("{}:", to_string(line.level))),
          line.message));
      return;
    case LogStyle::Text:
      terminal_.say(terminal_.paint(line.level < LogLevel::Warning ? Colour::Dim : Colour::Plain,
                                    report::render_text(line, options_.clock->now())));
      return;
    case LogStyle::Json: terminal_.say(report::render_json(line, options_.clock->now())); return;
  }
}

void LogWriter::complain(const Error& error) {
  bar_.wipe();
  if (options_.style != LogStyle::Json) {
    terminal_.complain(error);
    return;
  }
  LogLine line{.level = LogLevel::Error, .message = error.message, .fields = {}};
  line.fields.emplace_back("code", to_string(error.code));
  for (const auto& [name, value] :
       {std::pair<std::string_view, std::string>("at", error.at ? to_string(*error.at) : ""),
        {"context", fmt::format("{}", fmt::join(error.context, "; "))},
        {"engine_text", error.native},
        {"hint", error.hint}}) {
    if (!value.empty()) {
      line.fields.emplace_back(name, value);
    }
  }
  write(line);
}

}  // namespace sluice::cli
