// Whether a file of JSON may hold a record that is null, told from its bytes alone: an engine makes
// a row of NULLs of one, as of a record without a value. Quick, as most files hold none; "perhaps"
// where null stands behind a bracket, a comma or another record, which may be a value in a list.
// Reads the file on the calling thread and keeps nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sluice/base/context.h"
#include "sluice/base/result.h"

namespace sluice::run {

/// False: it holds none. True of a packed file and of one that cannot be read. Cancelled when a
/// stop or the deadline came in the middle of it.
Result<bool> may_hold_null_record(const Context& context, const std::string& path);

/// The same of a text, of which what lies before `from` was looked at.
bool may_be_null_record(std::string_view text, std::size_t from = 0);

}  // namespace sluice::run
