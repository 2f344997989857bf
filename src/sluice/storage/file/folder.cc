#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sluice/storage/file/folder_internal.h"

namespace sluice::storage::internal {
namespace {

constexpr int kOpenFolder = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr mode_t kFolderMode = 0777;  // less what the umask takes
/// Folders remembered as flushed; forgetting them costs a flush each, no more.
constexpr std::size_t kDurableMax = 16'384;

bool is_link(int folder, const std::string& name) {
  struct stat info{};
  return ::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(info.st_mode);
}

/// Takes the first part off `rest`.
std::string take_part(std::string_view& rest) {
  const std::string_view part = rest.substr(0, rest.find('/'));
  rest.remove_prefix(std::min(part.size() + 1, rest.size()));
  return std::string(part);
}

}  // namespace

Error make_link_error(const std::string& path) {
  return make_error(ErrorCode::Unauthorized,
                    fmt::format("expected a file or folder, got a symbolic link: '{}'", path))
      .with_hint(
          "links below the root of a storage are not followed: replace the link by what it "
          "points to, or make that folder the root");
}

SplitPath split_path(std::string_view clean) {
  const std::size_t slash = clean.rfind('/');
  if (slash == std::string_view::npos) {
    return {.folder = "", .name = std::string(clean)};
  }
  return {.folder = std::string(clean.substr(0, slash)),
          .name = std::string(clean.substr(slash + 1))};
}

FileHandle open_folder(const std::string& path) {
  return FileHandle(retry_interrupted([&] { return ::open(path.c_str(), kOpenFolder); }));
}

FileHandle open_folder_at(const FileHandle& parent, const std::string& name) {
  return FileHandle(retry_interrupted(
      [&] { return ::openat(parent.get(), name.c_str(), kOpenFolder | O_NOFOLLOW); }));
}

FolderTree::FolderTree(std::string root, Durability durability)
    : root_(std::move(root)), durability_(durability) {}

std::string FolderTree::path_of(std::string_view clean) const {
  if (clean.empty()) {
    return root_;
  }
  return fmt::format("{}{}{}", root_, root_.ends_with('/') ? "" : "/", clean);
}

Result<FileHandle> FolderTree::find(std::string_view folder) const {
  std::string path = root_;
  FileHandle at = open_folder(root_);
  int code = at.is_open() ? 0 : errno;
  for (std::string_view rest = folder; code == 0 && !rest.empty();) {
    const std::string part = take_part(rest);
    path += "/" + part;
    FileHandle next = open_folder_at(at, part);
    code = next.is_open() ? 0 : errno;
    if ((code == ENOTDIR || code == ELOOP) && is_link(at.get(), part)) {
      return make_link_error(path);
    }
    at = std::move(next);
  }
  if (code != 0 && code != ENOENT && code != ENOTDIR) {
    return make_disk_error(code, "opening a folder", path);
  }
  return at;
}

Result<FileHandle> FolderTree::make(std::string_view folder) {
  SLUICE_TRY(FileHandle at, make_root());
  std::string above;
  for (std::string_view rest = folder; !rest.empty();) {
    const std::string part = take_part(rest);
    SLUICE_TRY(FileHandle next, make_child(at, above, part));
    at = std::move(next);
    above += (above.empty() ? "" : "/") + part;
  }
  return at;
}

Status FolderTree::flush(const FileHandle& folder, const std::string& path) const {
  if (durability_ == Durability::Process) {
    return {};
  }
  return flush_to_disk(folder.get(), path);
}

Result<FileHandle> FolderTree::make_root() {
  FileHandle whole = open_folder(root_);
  if (!whole.is_open() && errno == ENOENT) {
    SLUICE_CHECK(make_missing_above_root());
    whole = open_folder(root_);
  }
  if (!whole.is_open()) {
    return make_disk_error(errno, "opening the root folder", root_);
  }
  if (!is_known_durable("")) {
    // Whoever made the root may have died before its flush. A parent that we may not read was not
    // made by a process like us.
    const FileHandle parent = open_folder_at(whole, "..");
    if (parent.is_open()) {
      SLUICE_CHECK(flush(parent, root_));
    }
    remember_durable("");
  }
  return whole;
}

Status FolderTree::make_missing_above_root() {
  for (std::size_t slash = 0; slash < root_.size();) {
    const std::string above = root_.substr(0, std::max<std::size_t>(slash, 1));
    slash = std::min(root_.find('/', slash + 1), root_.size());
    const std::string path = root_.substr(0, slash);
    if (::mkdir(path.c_str(), kFolderMode) == 0) {
      const FileHandle parent = open_folder(above);
      if (!parent.is_open()) {
        return make_disk_error(errno, "opening a folder", above);
      }
      SLUICE_CHECK(flush(parent, above));
    } else if (const int code = errno; code != EEXIST && ::access(path.c_str(), F_OK) != 0) {
      return make_disk_error(code, "making a folder", path);
    }
  }
  return {};
}

Result<FileHandle> FolderTree::make_child(const FileHandle& parent, std::string_view folder,
                                          const std::string& name) {
  const std::string relative = fmt::format("{}{}{}", folder, folder.empty() ? "" : "/", name);
  const std::string path = path_of(relative);
  FileHandle child = open_folder_at(parent, name);
  bool is_made = false;
  if (!child.is_open() && errno == ENOENT) {
    is_made = ::mkdirat(parent.get(), name.c_str(), kFolderMode) == 0;
    if (!is_made && errno != EEXIST) {
      return make_disk_error(errno, "making a folder", path);
    }
    child = open_folder_at(parent, name);
  }
  if (!child.is_open()) {
    const int code = errno;
    if ((code == ENOTDIR || code == ELOOP) && is_link(parent.get(), name)) {
      return make_link_error(path);
    }
    return make_disk_error(code, "opening a folder", path);
  }
  // Also when another process made it: that one may have died before its flush.
  if (is_made || !is_known_durable(relative)) {
    SLUICE_CHECK(flush(parent, path));
    remember_durable(relative);
  }
  return child;
}

bool FolderTree::is_known_durable(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  return durable_.contains(path);
}

void FolderTree::remember_durable(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  if (durable_.size() >= kDurableMax) {
    durable_.clear();
  }
  durable_.insert(path);
}

}  // namespace sluice::storage::internal
