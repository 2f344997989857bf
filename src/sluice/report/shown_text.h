// A value as a person may be shown it on a terminal: on one line, and without what a terminal
// obeys. Values come from the rows of anybody: an escape sequence moves the cursor or clears the
// screen, a line break forges a line, and a letter that turns the direction hides what follows.
// A pure function; any bytes are a legal input.
#pragma once

#include <string>
#include <string_view>

namespace sluice::report {

/// `text` with a blank in the place of every such letter.
std::string shown_text(std::string_view text);

}  // namespace sluice::report
