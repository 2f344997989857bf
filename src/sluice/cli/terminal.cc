#include "sluice/cli/terminal.h"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace sluice::cli {
namespace {

std::string_view escape_of(Colour colour) {
  switch (colour) {
    case Colour::Plain: return "";
    case Colour::Bold: return "\x1b[1m";
    case Colour::Dim: return "\x1b[2m";
    case Colour::Red: return "\x1b[31m";
    case Colour::Green: return "\x1b[32m";
    case Colour::Yellow: return "\x1b[33m";
    case Colour::Cyan: return "\x1b[36m";
  }
  return "";
}

/// Below "error: ", also where the text has several lines.
std::string indented(std::string_view text) {
  constexpr std::string_view kMargin = "       ";
  std::string lines(kMargin);
  for (const char c : text.substr(0, text.find_last_not_of('\n') + 1)) {
    lines += c;
    if (c == '\n') {
      lines += kMargin;
    }
  }
  return lines;
}

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Terminal Terminal::of_process() { return of_stream(STDERR_FILENO); }

Terminal Terminal::of_stdout() { return of_stream(STDOUT_FILENO); }

Terminal Terminal::of_stream(int descriptor) {
  Terminal terminal;
  terminal.interactive_ = isatty(descriptor) == 1 && environment("TERM") != "dumb";
  terminal.coloured_ = terminal.interactive_ && environment("NO_COLOR").empty();
  winsize size{};
  if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    terminal.columns_ = size.ws_col;
  }
  return terminal;
}

std::string Terminal::paint(Colour colour, std::string_view text) const {
  if (!coloured_ || colour == Colour::Plain) {
    return std::string(text);
  }
  return fmt::format("{}{}\x1b[0m", escape_of(colour), text);
}

void Terminal::say(std::string_view line) const {
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fputc('\n', stderr);
}

void Terminal::print(std::string_view text) const {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void Terminal::complain(const Error& error) const {
  if (error.code == ErrorCode::Cancelled) {
    say(fmt::format("{} {}", paint(Colour::Yellow, "interrupted:"), error.message));
    return;
  }
  const std::string place = error.at ? to_string(*error.at) + ": " : "";
  // What the code adds to the message only matters where the fault is ours; exit codes say the
  // rest.
  const bool is_ours = error.code == ErrorCode::Internal;
  say(fmt::format("{} {}{}{}", paint(Colour::Red, "error:"), place,
                  is_ours ? "a fault of Sluice itself: " : "", error.message));
  for (const std::string& where : error.context) {
    say(paint(Colour::Dim, fmt::format("       while {}", where)));
  }
  if (!error.native.empty()) {
    say(paint(Colour::Dim, indented(fmt::format("the engine said: {}", error.native))));
  }
  const std::string hint =
      is_ours && error.hint.empty() ? "please report it, with the contract if you can" : error.hint;
  if (!hint.empty()) {
    say(fmt::format("{} {}", paint(Colour::Cyan, " hint:"), hint));
  }
}

}  // namespace sluice::cli
