// The lines of an entry of a Delta log: one JSON object each, written by any program, with blanks
// and members in any order.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "sluice/base/result.h"

namespace sluice::table::delta {

using TakeAction = std::function<Status(std::string_view name, const nlohmann::json& action)>;

/// Gives the actions of these names in their order. `path` is the entry's, for errors.
Status read_actions(std::string_view entry, std::string_view path,
                    std::initializer_list<std::string_view> names, const TakeAction& take);

/// The first entry of a log folder that holds what no reader takes: a line that is no object, or a
/// file without its path or its size. Empty: none, or none that can be read.
std::string find_broken_entry(const std::string& log_folder);

}  // namespace sluice::table::delta
