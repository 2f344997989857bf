// A file on its way to its name: made in the folder it will live in, written, flushed, then named
// in one step. Whatever happens before, the temporary file is removed by the destructor.
#pragma once

#include <string>
#include <string_view>

#include "sluice/storage/file/folder_internal.h"

namespace sluice::storage::internal {

class TempFile {
 public:
  /// `folder` outlives the file. `path` is of the object it shall become, for messages.
  static Result<TempFile> write(const Context& context, const FolderTree& tree,
                                const FileHandle& folder, const std::string& path,
                                std::string_view bytes);

  TempFile(TempFile&& other) noexcept;
  TempFile& operator=(TempFile&&) = delete;
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  ~TempFile();

  /// Replaces what was there.
  Status rename_to(const std::string& name) &&;
  /// AlreadyExists when the name is taken.
  Status link_to(const std::string& name) &&;

 private:
  TempFile(const FileHandle& folder, std::string path) : folder_(&folder), path_(std::move(path)) {}
  Status fill(const Context& context, const FolderTree& tree, FileHandle file,
              std::string_view bytes) const;

  const FileHandle* folder_;
  std::string path_;
  std::string temp_name_;  // empty when there is nothing to remove
};

/// Gives `from` the name `to`, which must be free, and takes the old name away. A repetition after
/// a crash between the two finishes the job. Not for files that another process may rename.
Status move_to_free_name(const FileHandle& from_folder, const std::string& from,
                         const FileHandle& to_folder, const std::string& to,
                         const std::string& path);

/// 0 or an errno; none there is 0.
int remove_name(const FileHandle& folder, const std::string& name);

/// AlreadyExists.
Error make_taken_error(const std::string& path);

/// A fault after the object became visible: CommitUnknown.
Error make_open_outcome(Error error);

}  // namespace sluice::storage::internal
