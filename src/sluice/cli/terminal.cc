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
  Error without_hint = error;
  without_hint.hint.clear();
  say(fmt::format("{} {}", paint(Colour::Red, "error:"), to_string(without_hint)));
  if (!error.hint.empty()) {
    say(fmt::format("{} {}", paint(Colour::Cyan, " hint:"), error.hint));
  }
}

}  // namespace sluice::cli
