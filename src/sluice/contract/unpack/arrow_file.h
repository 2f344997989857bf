// Files of Arrow's IPC format (.arrow, .feather, .arrows): a file with its footer, or a stream with
// its end mark. Arrow C++ takes them apart, in a library of its own (libsluice_arrow.so) that is
// opened by the first file and stays: one C function, the build's id compared first. What it gives
// was checked as a whole, offsets and texts too, so that a broken file is an error and never a
// wrong row. Safe from any thread; a stream is its reader's.
#pragma once

#include <string>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/result.h"
#include "sluice/engine/module.h"

namespace sluice::contract {

/// What the library says of itself. `build_id` comes first in every build there will ever be.
struct ArrowModule {
  const char* build_id;
  const char* version;
  Result<ColumnStream> (*open)(const std::string& path);
};

/// The rows of a file, as they are read. Corrupt: it is none, is broken or was cut off.
/// Unsupported: this build has no reader, or the file is a Feather file of version 1.
Result<ColumnStream> open_arrow_file(const std::string& path,
                                     const engine::ModuleSearch& search = {});

}  // namespace sluice::contract

extern "C" {
/// The entry point of the library; a static ArrowModule, never null.
const sluice::contract::ArrowModule* sluice_arrow_module();
}
