// How an engine tells that it cannot open a database file now because another process has it open:
// who may wait asks again. It is known by its message alone, as its code (Unavailable) is that of
// every place that cannot be reached.
#pragma once

#include <string_view>

namespace sluice::engine {

/// The message of that error.
inline constexpr std::string_view kFileIsHeld = "another process holds the database file";

}  // namespace sluice::engine
