// Which files a source means: a file, a folder with all below it, or a glob (`*`, `?`, `[...]`
// within a name, `**` across folders). Files whose name begins with '.' or '_' are left out unless
// they are named themselves. In order of path.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"

namespace sluice::contract {

/// Absolute paths; empty when nothing matches. `base` is the folder that a relative path starts
/// from. A URI of another store is Unsupported.
Result<std::vector<std::string>> list_source_files(const Context& context, const std::string& path,
                                                   const std::string& base);

/// An absolute path. Unsupported: it is none of this machine.
Result<std::string> local_source(const std::string& path, const std::string& base);

/// The part of a source that is fixed: a file or folder, or the folder before the first wildcard. A
/// name that is there as it is written is none.
std::string source_root(const std::string& path, const std::string& base);

/// True when `name` (relative, '/' between folders) matches `pattern`.
bool matches_glob(std::string_view pattern, std::string_view name);

/// The path that a file URI says (RFC 8089, %20 is a blank); anything else as it is.
std::string local_path_of(std::string_view written);

/// `path` as an absolute one without "." and ".." parts.
std::string absolute_path(const std::string& path, const std::string& base);
std::string folder_of(const std::string& path);
std::string working_folder();

}  // namespace sluice::contract
