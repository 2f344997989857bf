// Storage on a local disk, or on a network file system that is mounted as one. An object is a
// regular file; its bytes go to a temporary file in the same folder, are flushed, get their name in
// one step (rename, or link where the name must be free), and then the folder is flushed: a reader
// never sees a part, and what was confirmed survives a power cut.
//
// Safe from any thread and any process; processes need nothing in common but the folder. The root
// may be a symbolic link, below it none is followed: a link there is Unauthorized, also for `list`,
// because to leave it out would hide data. Names begin with "_tmp-" while a file is unfinished; a
// process that is killed leaves one behind, sweep_temporary_files removes it. What was removed may
// be back after a power cut.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "sluice/storage/storage.h"

namespace sluice::storage {

/// What a confirmed write survives.
enum class Durability : std::uint8_t {
  PowerCut,  // every file and folder is flushed before success is reported
  Process,   // the kernel has it: survives kill -9, not a power cut; for tests and scratch data
};

struct FileStorageOptions {
  /// The folder that paths are relative to; made by the first write. A relative one is taken from
  /// the working directory at the time of the call.
  std::string root;

  /// Leave it alone unless the data can be made again: Process saves two flushes per object.
  Durability durability = Durability::PowerCut;
};

Status validate(const FileStorageOptions& options);

/// Unsupported when the root is a file. Touches nothing.
Result<std::unique_ptr<Storage>> make_file_storage(const FileStorageOptions& options);

/// Removes the unfinished files under `root` that were last written before `older_than`, and
/// returns how many. Give writers time: a day is plenty.
Result<std::uint64_t> sweep_temporary_files(const Context& context, const std::string& root,
                                            sys_micros older_than);

}  // namespace sluice::storage
