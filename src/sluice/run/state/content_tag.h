// Which content a local file has, cheaply enough to ask of every file of every run.
//
// A file of at most 128 KiB is tagged by the SHA-256 of all its bytes: copying or touching it
// changes nothing. Of a larger one only the first and the last 64 KiB are hashed, together with the
// time of its last change: that shows an appended or replaced file (a column format has its
// statistics at the end, text its first rows at the front) without reading gigabytes, and the time
// shows a change in the middle. The price: a large file that was copied or touched counts as new.
#pragma once

#include <string>

#include "sluice/base/context.h"
#include "sluice/run/state/batch.h"

namespace sluice::run {

/// Looks at the file at `local_path`; `path` is its name in the record. Unavailable when it is
/// being written to meanwhile.
Result<BatchFile> load_batch_file(const Context& context, const std::string& local_path,
                                  std::string path);

/// A recorded file before it is read again: NotFound when it is gone, Corrupt when its content is
/// another.
Status check_batch_file(const Context& context, const BatchFile& file,
                        const std::string& local_path);

}  // namespace sluice::run
