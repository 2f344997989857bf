// Contracts and the files above them as a revision of their repository has them, read from git's
// objects; the working tree is not touched and may have lost the files. Paths are those that people
// give, as if the files lay where they are named. Holds copies of what it read; used by one thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/contract/hierarchy/hierarchy.h"

namespace sluice::contract {

class GitTree {
 public:
  /// What `revision` has at `path`, a file or a folder, and above it.
  static Result<GitTree> load(const std::string& revision, const std::string& path);

  /// A folder there.
  bool is_folder() const { return is_folder_; }
  /// Paths of the contracts, in order: the file itself, or what `list_contracts` would give; none
  /// when the revision has nothing at the path.
  std::vector<std::string> contracts() const;
  const std::string& text_of(const std::string& path) const;
  /// As find_file_above, in this revision.
  std::optional<OuterFile> find_above(const std::string& path, const std::string& name) const;

 private:
  std::string path_;    // as people name it
  std::string prefix_;  // the same from the root of the repository on
  bool is_folder_ = false;
  std::map<std::string, std::string> texts_;  // by path from the root of the repository on
};

}  // namespace sluice::contract
