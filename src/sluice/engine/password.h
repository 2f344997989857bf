// Passwords in what an engine says. A database that it reaches for us is named by a connection's
// text, which it repeats in its errors, also inside of JSON and of SQL; whoever reads a log or a
// record of a run is not who may open the database.
#pragma once

#include <string>
#include <string_view>

namespace sluice::engine {

/// `text` with *** for the value of each `password=` (plain or in quotes) and for what stands
/// between `//user:` and `@`.
std::string hide_passwords(std::string_view text);

}  // namespace sluice::engine
