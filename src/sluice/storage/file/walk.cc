#include <cerrno>
#include <memory>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "sluice/storage/file/walk_internal.h"

namespace sluice::storage::internal {
namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

/// Changes with every version: a new version is a new file, stamped to the nanosecond.
std::string make_tag(const struct stat& info) {
  return fmt::format("{}-{}.{:09}-{}", info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                     info.st_ino);
}

ObjectInfo make_info(std::string path, const struct stat& info) {
  return ObjectInfo{.path = std::move(path),
                    .size_bytes = static_cast<std::uint64_t>(info.st_size),
                    .modified = instant_of(info.st_mtim),
                    .tag = make_tag(info)};
}

Status visit_entry(const FolderTree& tree, int folder, const std::string& name, std::string path,
                   std::vector<std::string>& folders, const VisitFile& visit) {
  struct stat info{};
  if (::fstatat(folder, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno == ENOENT ? Status() : make_disk_error(errno, "listing", tree.path_of(path));
  }
  const bool is_temporary = name.starts_with(kTemporaryPrefix);
  if (S_ISLNK(info.st_mode) && !is_temporary) {
    return make_link_error(tree.path_of(path));
  }
  if (S_ISDIR(info.st_mode) && !is_temporary) {
    folders.push_back(std::move(path));
  } else if (S_ISREG(info.st_mode)) {
    return visit(FoundFile{
        .info = make_info(std::move(path), info), .folder = folder, .is_temporary = is_temporary});
  }
  return {};
}

Status visit_folder(const FolderTree& tree, FileHandle handle, const std::string& folder,
                    std::vector<std::string>& folders, const VisitFile& visit) {
  const std::unique_ptr<DIR, CloseDirectory> directory(::fdopendir(handle.get()));
  if (directory == nullptr) {
    return make_disk_error(errno, "listing", tree.path_of(folder));
  }
  const int descriptor = handle.release();
  for (;;) {
    errno = 0;
    const struct dirent* entry = ::readdir(directory.get());
    if (entry == nullptr) {
      return errno == 0 ? Status() : make_disk_error(errno, "listing", tree.path_of(folder));
    }
    const std::string name(&entry->d_name[0]);
    if (name != "." && name != "..") {
      std::string path = fmt::format("{}{}{}", folder, folder.empty() ? "" : "/", name);
      SLUICE_CHECK(visit_entry(tree, descriptor, name, std::move(path), folders, visit));
    }
  }
}

}  // namespace

Status walk_files(const Context& context, const FolderTree& tree, const std::string& folder,
                  const VisitFile& visit) {
  std::vector<std::string> folders{folder};
  while (!folders.empty()) {
    SLUICE_CHECK(context.check());
    const std::string next = std::move(folders.back());
    folders.pop_back();
    SLUICE_TRY(FileHandle handle, tree.find(next));
    if (handle.is_open()) {
      SLUICE_CHECK(visit_folder(tree, std::move(handle), next, folders, visit));
    }
  }
  return {};
}

Result<std::string> read_whole(const Context& context, int descriptor, std::uint64_t size,
                               std::uint64_t bytes_max, const std::string& path) {
  // One byte more than expected tells that the file has grown.
  const std::uint64_t first = size < bytes_max ? size + 1 : bytes_max;
  SLUICE_TRY(std::string bytes, read_range(context, descriptor, 0, first, path));
  while (bytes.size() == first && bytes.size() < bytes_max) {
    SLUICE_TRY(const std::string rest,
               read_range(context, descriptor, bytes.size(), bytes_max - bytes.size(), path));
    if (rest.empty()) {
      break;
    }
    bytes += rest;
  }
  return bytes;
}

}  // namespace sluice::storage::internal
