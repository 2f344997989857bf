#include "sluice/storage/file/file_storage.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <future>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sluice/storage/file/folder_internal.h"
#include "sluice/storage/file/temp_file_internal.h"
#include "sluice/storage/file/walk_internal.h"

namespace sluice::storage {
namespace {

using internal::FolderTree;
using internal::make_open_outcome;
using internal::move_to_free_name;
using internal::split_path;
using internal::SplitPath;
using internal::TempFile;

/// Never waits, as opening a pipe would.
constexpr int kOpenFile = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

/// Leaves a folder that still holds something.
Status remove_empty(const FileHandle& parent, const std::string& name, const std::string& path) {
  const bool is_gone =
      retry_interrupted([&] { return ::unlinkat(parent.get(), name.c_str(), AT_REMOVEDIR); }) == 0;
  if (is_gone || errno == ENOENT || errno == ENOTEMPTY || errno == EEXIST) {
    return {};
  }
  return make_disk_error(errno, "removing a folder", path);
}

class FileStorage final : public Storage {
 public:
  FileStorage(std::string root, Durability durability) : tree_(std::move(root), durability) {}

  std::string uri(std::string_view path) const override;
  Status put(const Context& context, std::string_view path, std::string_view bytes) override;
  Status put_if_absent(const Context& context, std::string_view path,
                       std::string_view bytes) override;
  Result<std::optional<std::string>> find(const Context& context, std::string_view path,
                                          std::uint64_t bytes_max) override;
  Result<std::vector<ObjectInfo>> list(const Context& context, std::string_view prefix) override;
  Status publish(const Context& context, std::string_view from, std::string_view to) override;
  Status remove(const Context& context, std::string_view path) override;
  Status prepare_folder(const Context& context, std::string_view path) override;

 private:
  /// Not open when no regular file is there.
  Result<FileHandle> find_file(const FileHandle& folder, const std::string& name,
                               const std::string& path) const;
  Status flush_visible(const FileHandle& folder, const std::string& path) const;
  Status flush_both(const FileHandle& file, const FileHandle& folder,
                    const std::string& path) const;
  Status link_written(const Context& context, const FileHandle& folder, const std::string& name,
                      const std::string& path, std::string_view bytes) const;
  Status publish_written(const FileHandle& from_folder, const SplitPath& from, const SplitPath& to,
                         const std::string& path);
  Status confirm_published(const SplitPath& to, Error unless);

  FolderTree tree_;
};

std::string FileStorage::uri(std::string_view path) const {
  const Result<std::string> clean = check_path(path);
  return tree_.path_of(clean ? *clean : "");
}

Status FileStorage::put(const Context& context, std::string_view path, std::string_view bytes) {
  SLUICE_CHECK(context.check());
  SLUICE_TRY(const std::string clean, check_path(path));
  const SplitPath split = split_path(clean);
  const std::string whole = tree_.path_of(clean);
  SLUICE_TRY(const FileHandle folder, tree_.make(split.folder));
  SLUICE_TRY(TempFile temp, TempFile::write(context, tree_, folder, whole, bytes));
  SLUICE_CHECK(std::move(temp).rename_to(split.name));
  return flush_visible(folder, whole);
}

Status FileStorage::put_if_absent(const Context& context, std::string_view path,
                                  std::string_view bytes) {
  SLUICE_CHECK(context.check());
  SLUICE_TRY(const std::string clean, check_path(path));
  const SplitPath split = split_path(clean);
  const std::string whole = tree_.path_of(clean);
  SLUICE_TRY(const FileHandle folder, tree_.make(split.folder));
  Status linked = link_written(context, folder, split.name, whole, bytes);
  if (!linked && linked.error().code != ErrorCode::AlreadyExists) {
    return linked;
  }
  // For the loser too: it will act on the winner's object, who may die before its flush.
  SLUICE_CHECK(flush_visible(folder, whole));
  return linked;
}

Status FileStorage::link_written(const Context& context, const FileHandle& folder,
                                 const std::string& name, const std::string& path,
                                 std::string_view bytes) const {
  struct stat info{};
  if (::fstatat(folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
    return internal::make_taken_error(path);
  }
  SLUICE_TRY(TempFile temp, TempFile::write(context, tree_, folder, path, bytes));
  return std::move(temp).link_to(name);
}

Result<std::optional<std::string>> FileStorage::find(const Context& context, std::string_view path,
                                                     std::uint64_t bytes_max) {
  SLUICE_CHECK(context.check());
  SLUICE_TRY(const std::string clean, check_path(path));
  const SplitPath split = split_path(clean);
  const std::string whole = tree_.path_of(clean);
  SLUICE_TRY(const FileHandle folder, tree_.find(split.folder));
  SLUICE_TRY(const FileHandle file, find_file(folder, split.name, whole));
  if (!file.is_open()) {
    return std::optional<std::string>();
  }
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) {
    return make_disk_error(errno, "reading", whole);
  }
  // A foreign program may be writing to it: the size is a first guess.
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > bytes_max) {
    return make_too_large_error(whole, size, bytes_max);
  }
  const std::uint64_t one_more = bytes_max == UINT64_MAX ? bytes_max : bytes_max + 1;
  SLUICE_TRY(std::string bytes, internal::read_whole(context, file.get(), size, one_more, whole));
  if (bytes.size() > bytes_max) {
    return make_too_large_error(whole, bytes.size(), bytes_max);
  }
  return std::optional<std::string>(std::move(bytes));
}

Result<std::vector<ObjectInfo>> FileStorage::list(const Context& context, std::string_view prefix) {
  SLUICE_TRY(const std::string folder, check_folder(prefix));
  std::vector<ObjectInfo> infos;
  SLUICE_CHECK(internal::walk_files(context, tree_, folder, [&](const internal::FoundFile& found) {
    if (!found.is_temporary) {
      infos.push_back(found.info);
    }
    return Status();
  }));
  std::sort(infos.begin(), infos.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.path < b.path; });
  return infos;
}

Status FileStorage::publish(const Context& context, std::string_view from, std::string_view to) {
  SLUICE_CHECK(context.check());
  SLUICE_TRY(const std::string source, check_path(from));
  SLUICE_TRY(const std::string target, check_path(to));
  const SplitPath source_split = split_path(source);
  const SplitPath target_split = split_path(target);
  const std::string whole = tree_.path_of(source);
  SLUICE_TRY(const FileHandle folder, tree_.find(source_split.folder));
  SLUICE_TRY(const FileHandle file, find_file(folder, source_split.name, whole));
  if (!file.is_open()) {
    return confirm_published(
        target_split, make_error(ErrorCode::NotFound,
                                 fmt::format("nothing was written to publish: '{}'", whole)));
  }
  if (source == target) {
    return flush_both(file, folder, whole);
  }
  SLUICE_CHECK(tree_.flush(file, whole));
  Status moved = publish_written(folder, source_split, target_split, tree_.path_of(target));
  if (!moved && (moved.error().code == ErrorCode::AlreadyExists ||
                 moved.error().code == ErrorCode::NotFound)) {
    // Another process may be publishing the same file: it was first, and that is success.
    SLUICE_TRY(const FileHandle still, find_file(folder, source_split.name, whole));
    if (!still.is_open()) {
      return confirm_published(target_split, moved.error());
    }
  }
  return moved;
}

Status FileStorage::remove(const Context& context, std::string_view path) {
  SLUICE_CHECK(context.check());
  SLUICE_TRY(const std::string clean, check_path(path));
  const SplitPath split = split_path(clean);
  SLUICE_TRY(const FileHandle folder, tree_.find(split.folder));
  const int code = folder.is_open() ? internal::remove_name(folder, split.name) : 0;
  if (code == EISDIR) {
    return remove_empty(folder, split.name, tree_.path_of(clean));
  }
  if (code != 0) {
    return make_disk_error(code, "removing a file", tree_.path_of(clean));
  }
  return {};
}

Status FileStorage::prepare_folder(const Context& context, std::string_view path) {
  SLUICE_CHECK(context.check());
  SLUICE_TRY(const std::string clean, check_path(path));
  SLUICE_CHECK(tree_.make(split_path(clean).folder));
  return {};
}

Result<FileHandle> FileStorage::find_file(const FileHandle& folder, const std::string& name,
                                          const std::string& path) const {
  if (!folder.is_open()) {
    return FileHandle();
  }
  FileHandle file(
      retry_interrupted([&] { return ::openat(folder.get(), name.c_str(), kOpenFile); }));
  if (!file.is_open()) {
    const int code = errno;
    if (code == ELOOP) {
      return internal::make_link_error(path);
    }
    if (code == ENOENT || code == ENXIO) {  // ENXIO: a socket
      return FileHandle();
    }
    return make_disk_error(code, "opening a file", path);
  }
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) {
    return make_disk_error(errno, "opening a file", path);
  }
  if (!S_ISREG(info.st_mode)) {
    return FileHandle();
  }
  return file;
}

Status FileStorage::flush_visible(const FileHandle& folder, const std::string& path) const {
  const Status flushed = tree_.flush(folder, path);
  if (!flushed) {
    return make_open_outcome(flushed.error());
  }
  return {};
}

/// A disk takes about as long for two flushes at once as for one.
Status FileStorage::flush_both(const FileHandle& file, const FileHandle& folder,
                               const std::string& path) const {
  // By default it runs when it is asked for, should there be no thread.
  std::future<Status> shown = std::async([&] { return flush_visible(folder, path); });
  const Status written = tree_.flush(file, path);
  Status visible = shown.get();
  SLUICE_CHECK(written);
  return visible;
}

Status FileStorage::publish_written(const FileHandle& from_folder, const SplitPath& from,
                                    const SplitPath& to, const std::string& path) {
  SLUICE_TRY(const FileHandle to_folder, tree_.make(to.folder));
  SLUICE_CHECK(move_to_free_name(from_folder, from.name, to_folder, to.name, path));
  SLUICE_CHECK(flush_visible(to_folder, path));
  // Else the old name may be back beside the new one after a power cut.
  return from.folder == to.folder ? Status() : flush_visible(from_folder, path);
}

Status FileStorage::confirm_published(const SplitPath& to, Error unless) {
  const std::string path = tree_.path_of(to.folder.empty() ? to.name : to.folder + "/" + to.name);
  SLUICE_TRY(const FileHandle folder, tree_.find(to.folder));
  SLUICE_TRY(const FileHandle file, find_file(folder, to.name, path));
  if (!file.is_open()) {
    return unless;
  }
  // Whoever moved it may have died before the flush.
  SLUICE_CHECK(tree_.flush(file, path));
  return flush_visible(folder, path);
}

/// Absolute, without a slash at the end; links are left as they are.
Result<std::string> make_absolute(const std::string& given) {
  std::string path = given;
  if (!path.starts_with('/')) {
    const std::unique_ptr<char, decltype(&std::free)> here(::getcwd(nullptr, 0), &std::free);
    if (here == nullptr) {
      return make_disk_error(errno, "finding the working directory", given);
    }
    path = fmt::format("{}/{}", here.get(), given);
  }
  while (path.size() > 1 && path.ends_with('/')) {
    path.pop_back();
  }
  return path;
}

}  // namespace

Status validate(const FileStorageOptions& options) {
  if (options.root.empty() || options.root.find('\0') != std::string::npos) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected the path of a folder, got '{}'", options.root));
  }
  return {};
}

Result<std::unique_ptr<Storage>> make_file_storage(const FileStorageOptions& options) {
  SLUICE_CHECK(validate(options));
  SLUICE_TRY(std::string root, make_absolute(options.root));
  struct stat info{};
  if (::stat(root.c_str(), &info) == 0 && !S_ISDIR(info.st_mode)) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("expected a folder, got a file: '{}'", root))
        .with_hint("name the folder that holds the file");
  }
  return std::unique_ptr<Storage>(
      std::make_unique<FileStorage>(std::move(root), options.durability));
}

Result<std::uint64_t> sweep_temporary_files(const Context& context, const std::string& root,
                                            sys_micros older_than) {
  SLUICE_CHECK(validate({.root = root}));
  SLUICE_TRY(std::string absolute, make_absolute(root));
  const FolderTree tree(std::move(absolute), Durability::Process);
  std::uint64_t removed = 0;
  SLUICE_CHECK(internal::walk_files(context, tree, "", [&](const internal::FoundFile& found) {
    if (!found.is_temporary || found.info.modified >= older_than) {
      return Status();
    }
    const std::string path = tree.path_of(found.info.path);
    if (::unlinkat(found.folder, split_path(found.info.path).name.c_str(), 0) != 0 &&
        errno != ENOENT) {
      return Status(make_disk_error(errno, "removing a file", path));
    }
    ++removed;
    return Status();
  }));
  return removed;
}

}  // namespace sluice::storage
