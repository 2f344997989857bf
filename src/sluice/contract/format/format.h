// The canonical form of a contract's text: keys in the order of the tables that read them, two
// blanks for each level, lists below their key, no blanks at line ends. The text is edited by the
// places of its nodes, so comments, quotes and blocks of SQL stay as they were written. Invariant:
// the result is read back and must mean the same; formatting twice changes nothing.
#pragma once

#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::contract {

/// InvalidContract when the text is no whole YAML map: what cannot be read is not touched.
Result<std::string> format_contract(std::string_view text, std::string_view path);

}  // namespace sluice::contract
