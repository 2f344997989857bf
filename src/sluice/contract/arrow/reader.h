// Arrow C++ behind contract/unpack/arrow_file.h, in a library of its own: the one place that takes
// files of Arrow's IPC format apart. Every batch is checked as a whole before it is handed on,
// since a file may lie about its offsets. A stream owns its file; one thread at a time.
#pragma once

#include <string>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/result.h"

namespace sluice::contract {

/// See open_arrow_file.
Result<ColumnStream> read_arrow_file(const std::string& path);

}  // namespace sluice::contract
