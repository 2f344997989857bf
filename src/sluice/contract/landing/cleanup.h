// What becomes of source files whose rows are written: `post_ingestion`. A file is touched only
// while it is what a batch has read; one that changed since is another file, which waits for its
// own run. Nothing is replaced in an archive. Done again after a crash it ends what was begun: a
// file that stands in the archive already is removed where it came from.
// The calls block; they keep nothing and are as safe from threads as the file system.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/contract/model/source.h"
#include "sluice/run/state/batch.h"

namespace sluice::contract {

struct Cleanup {
  CleanupAction action = CleanupAction::Retain;
  /// A file that stays fails the run.
  bool is_blocking = false;
  /// An absolute path, of `archive`.
  std::string archive;
  /// Of the source, absolute: what lies below one keeps its folders in the archive.
  std::vector<std::string> roots;
};

/// Where the archive has the file.
std::string archived_path(const Cleanup& cleanup, const std::string& path);

/// A file, a folder or a glob, all absolute: whether the source would read what lies at `file`.
bool would_read(const std::string& source, const std::string& file);

struct CleanedFiles {
  std::int64_t done = 0;
  /// Each names its file.
  std::vector<Error> left;
};

/// Files that are gone are done. Stops between two files when the context says so.
CleanedFiles clean_up(const Context& context, const Cleanup& cleanup,
                      const std::vector<run::BatchFile>& files);

}  // namespace sluice::contract
