// Folders below the root of a file storage, opened part by part so that no symbolic link is ever
// followed, and made so that they survive a power cut. A FolderTree remembers which folders are
// known to be on the disk, so that each is flushed once per process; it is safe from any thread.
#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "sluice/base/disk.h"
#include "sluice/storage/file/file_storage.h"

namespace sluice::storage::internal {

/// "a/b/c" -> {"a/b", "c"}; "c" -> {"", "c"}.
struct SplitPath {
  std::string folder;
  std::string name;
};
SplitPath split_path(std::string_view clean);

/// Unauthorized: links below the root are not followed.
Error make_link_error(const std::string& path);

/// A folder by its path, where links are followed, or by its name in another, where they are not.
FileHandle open_folder(const std::string& path);
FileHandle open_folder_at(const FileHandle& parent, const std::string& name);

class FolderTree {
 public:
  /// `root` is absolute.
  FolderTree(std::string root, Durability durability);

  const std::string& root() const { return root_; }
  Durability durability() const { return durability_; }

  /// The absolute path of `clean`.
  std::string path_of(std::string_view clean) const;

  /// A handle that is not open when the folder does not exist.
  Result<FileHandle> find(std::string_view folder) const;

  /// Opens the folder, made if need be with all above it.
  Result<FileHandle> make(std::string_view folder);

  /// Flushes `folder` when confirmed writes shall survive a power cut.
  Status flush(const FileHandle& folder, const std::string& path) const;

 private:
  Result<FileHandle> make_root();
  Status make_missing_above_root();
  Result<FileHandle> make_child(const FileHandle& parent, std::string_view folder,
                                const std::string& name);
  bool is_known_durable(const std::string& path);
  void remember_durable(const std::string& path);

  const std::string root_;
  const Durability durability_;
  std::mutex mutex_;
  std::set<std::string, std::less<>> durable_;
};

}  // namespace sluice::storage::internal
