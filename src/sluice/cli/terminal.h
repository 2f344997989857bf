// Where a command talks to people: messages to stderr, what was asked for to stdout. Colour and a
// progress bar only on a terminal, never under NO_COLOR or TERM=dumb, never into a pipe.
// A value that was looked up once; it owns no stream and is safe to copy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/error.h"

namespace sluice::cli {

enum class Colour : std::uint8_t { Plain, Bold, Dim, Red, Green, Yellow, Cyan };

class Terminal {
 public:
  /// Looks at the process's streams and environment, once.
  static Terminal of_process();
  /// The same with the colours of stdout: for texts that are printed, not said.
  static Terminal of_stdout();

  bool is_interactive() const { return interactive_; }
  bool is_coloured() const { return coloured_; }
  int columns() const { return columns_; }

  /// `text` in `colour`, or plain where colours are off.
  std::string paint(Colour colour, std::string_view text) const;

  void say(std::string_view line) const;    // stderr, with a line end
  void print(std::string_view text) const;  // stdout, as it is
  /// "error: ..." with its hint on a line of its own.
  void complain(const Error& error) const;

 private:
  static Terminal of_stream(int descriptor);

  bool interactive_ = false;
  bool coloured_ = false;
  int columns_ = 80;
};

}  // namespace sluice::cli
