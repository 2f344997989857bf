// Which Sluice this is. The version comes from CMakeLists.txt; the build names what engines loaded
// on demand must have been built with, too. Constants of the build: the same text in every call,
// from any thread.
#pragma once

#include <string_view>

namespace sluice {

extern const std::string_view kVersionText;  // "0.1.0"
extern const std::string_view kBuildText;    // "g++ 12.2, RelWithDebInfo"

}  // namespace sluice
