// Data files of a table that cannot be read: gone, empty, cut short or broken inside. What an
// engine says of them it says of any file; here the table and the file are named, with what to do
// now. The error is Corrupt, whichever statement met the file. Only local files are looked at.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"

namespace sluice::table {

struct FilePlace {
  std::string place;
  std::int64_t bytes = -1;  // that the table says it has; below 0: it does not
};

/// Corrupt for the first that is not there, or that by its size and its last bytes is no whole
/// Parquet file. Those of the size that the table says are not opened.
Status check_data_files(std::string_view table, const std::vector<FilePlace>& files);

/// `error`, of a statement that reads `files`; or which of them is to blame for it. Where an engine
/// has failed inside a file, each is read to its end.
Error tell_damaged_file(const Context& context, engine::Connection& connection,
                        std::string_view table, const std::vector<FilePlace>& files, Error error);

}  // namespace sluice::table
