// The text of a contract, and which files of a folder are contracts. What is wrong with a path is
// said here, with what to do; what is wrong with a text is said by contract/check. Reads and writes
// whole files and keeps none; safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"

namespace sluice::contract {

/// The file's bytes. No such file, a folder, a device: InvalidArgument; no permission:
/// Unauthorized; larger than limits::kContractBytesMax: InvalidContract.
Result<std::string> load_contract_text(const Context& context, const std::string& path);

/// The bytes of a file that a contract names. No such file: NotFound; something else than a file:
/// InvalidArgument; no permission: Unauthorized; as large as no contract: ResourceExhausted.
Result<std::string> load_named_text(const Context& context, const std::string& path);

/// `path` itself when it is a file; every .yaml and .yml below it, in order of path, when it is a
/// folder. Hidden folders and those whose name begins with '_' are left out. None there:
/// InvalidArgument.
Result<std::vector<std::string>> list_contracts(const std::string& path);

/// Writes a new file; AlreadyExists leaves the one that is there alone.
Status create_text_file(const std::string& path, std::string_view text);

/// Puts `text` in the place of the file's, all of it or nothing; the file keeps its rights.
Status replace_text_file(const std::string& path, std::string_view text);

/// The file of this name in the folder of `path` or in one of the folders above it: at most four
/// steps up, and not beyond the root of a repository.
std::optional<std::string> find_file_above(const std::string& path, const std::string& name);

}  // namespace sluice::contract
