#include <cerrno>
#include <cstdio>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sluice/base/uuid.h"
#include "sluice/storage/file/temp_file_internal.h"

namespace sluice::storage::internal {
namespace {

constexpr mode_t kFileMode = 0666;  // less what the umask takes

Error make_no_links_error(int code, const std::string& path) {
  return make_error(ErrorCode::Unsupported,
                    fmt::format("the file system cannot give a file a second name ({}): '{}'",
                                ::strerrordesc_np(code), path))
      .with_hint(
          "put the folder on a file system with hard links (ext4, xfs, btrfs, tmpfs, NFS): "
          "that is how exactly one of several writers wins");
}

/// The kernel's own stamp is as coarse as its tick; two versions within one must differ.
int stamp_now(int descriptor) {
  struct timespec times[2] = {};
  if (::clock_gettime(CLOCK_REALTIME, &times[1]) != 0) {
    return errno;
  }
  times[0] = times[1];
  return ::futimens(descriptor, times) == 0 ? 0 : errno;
}

bool is_same_file(int folder_a, const std::string& a, int folder_b, const std::string& b) {
  struct stat one{};
  struct stat two{};
  return ::fstatat(folder_a, a.c_str(), &one, AT_SYMLINK_NOFOLLOW) == 0 &&
         ::fstatat(folder_b, b.c_str(), &two, AT_SYMLINK_NOFOLLOW) == 0 &&
         one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

/// linkat, read as it is meant: the name is ours, or it is taken.
Status link_to_free_name(int from_folder, const std::string& from, int to_folder,
                         const std::string& to, const std::string& path) {
  if (::linkat(from_folder, from.c_str(), to_folder, to.c_str(), 0) == 0) {
    return {};
  }
  const int code = errno;
  // Over a network the reply to a first call may be lost and the second one finds our own link.
  if (code == EEXIST && is_same_file(from_folder, from, to_folder, to)) {
    return {};
  }
  if (code == EEXIST) {
    return make_taken_error(path);
  }
  if (code == EPERM || code == EOPNOTSUPP || code == ENOSYS || code == EMLINK) {
    return make_no_links_error(code, path);
  }
  return make_disk_error(code, "naming a file", path);
}

}  // namespace

int remove_name(const FileHandle& folder, const std::string& name) {
  const bool is_gone =
      retry_interrupted([&] { return ::unlinkat(folder.get(), name.c_str(), 0); }) == 0;
  return is_gone || errno == ENOENT ? 0 : errno;
}

Error make_taken_error(const std::string& path) {
  return make_error(ErrorCode::AlreadyExists,
                    fmt::format("another object has this name already: '{}'", path));
}

Error make_open_outcome(Error error) {
  error.code = ErrorCode::CommitUnknown;
  error.hint =
      "the file is visible, but it may not survive a power cut: read it back, then repeat "
      "the call";
  return error;
}

Result<TempFile> TempFile::write(const Context& context, const FolderTree& tree,
                                 const FileHandle& folder, const std::string& path,
                                 std::string_view bytes) {
  TempFile temp(folder, path);
  // Not the context's randomness: that may be seeded, and two processes must not meet here.
  const std::string name =
      std::string(kTemporaryPrefix) + to_string(make_uuid_v7(system_clock(), system_random()));
  FileHandle file(retry_interrupted([&] {
    return ::openat(folder.get(), name.c_str(),
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode);
  }));
  if (!file.is_open()) {
    return make_disk_error(errno, "making a file", path);
  }
  temp.temp_name_ = name;
  SLUICE_CHECK(temp.fill(context, tree, std::move(file), bytes));
  return temp;
}

Status TempFile::fill(const Context& context, const FolderTree& tree, FileHandle file,
                      std::string_view bytes) const {
  SLUICE_CHECK(write_all(context, file.get(), bytes, path_));
  if (const int code = stamp_now(file.get()); code != 0) {
    return make_disk_error(code, "stamping a file", path_);
  }
  SLUICE_CHECK(tree.flush(file, path_));
  if (const int code = file.close(); code != 0) {
    return make_disk_error(code, "closing a file", path_);
  }
  return {};
}

TempFile::TempFile(TempFile&& other) noexcept
    : folder_(other.folder_),
      path_(std::move(other.path_)),
      temp_name_(std::exchange(other.temp_name_, {})) {}

TempFile::~TempFile() {
  if (!temp_name_.empty()) {
    remove_name(*folder_, temp_name_);  // what stays behind is swept later
  }
}

Status TempFile::rename_to(const std::string& name) && {
  if (::renameat(folder_->get(), temp_name_.c_str(), folder_->get(), name.c_str()) != 0) {
    return make_disk_error(errno, "naming a file", path_);
  }
  temp_name_.clear();
  return {};
}

Status TempFile::link_to(const std::string& name) && {
  return link_to_free_name(folder_->get(), temp_name_, folder_->get(), name, path_);
}

Status move_to_free_name(const FileHandle& from_folder, const std::string& from,
                         const FileHandle& to_folder, const std::string& to,
                         const std::string& path) {
  SLUICE_CHECK(link_to_free_name(from_folder.get(), from, to_folder.get(), to, path));
  if (const int code = remove_name(from_folder, from); code != 0) {
    return make_open_outcome(make_disk_error(code, "removing the old name of a file", path));
  }
  return {};
}

}  // namespace sluice::storage::internal
