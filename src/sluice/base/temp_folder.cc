#include "sluice/base/temp_folder.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice {
namespace {

namespace fs = std::filesystem;

/// In a name: the folder is locked as long as its owner is there. What is not called so is left
/// alone, whoever made it.
constexpr std::string_view kMark = "-held-";
constexpr std::string_view kRandom = "XXXXXX";

/// Not open: there is no such folder of this user, or somebody holds it.
FileHandle lock_folder(const std::string& path, int flags) {
  FileHandle folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat opened{};
  struct stat named{};
  const bool is_locked = folder.is_open() && ::flock(folder.get(), flags) == 0 &&
                         ::fstat(folder.get(), &opened) == 0 &&
                         ::lstat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
                         opened.st_dev == named.st_dev && named.st_uid == ::geteuid();
  return is_locked ? std::move(folder) : FileHandle();
}

bool is_ours(std::string_view name) {
  return name.starts_with("sluice-") && name.size() > kMark.size() + kRandom.size() &&
         name.substr(0, name.size() - kRandom.size()).ends_with(kMark);
}

/// What killed processes of this user left.
void remove_left(const std::string& under) {
  std::error_code failed;
  for (fs::directory_iterator entry(under, failed); !failed && entry != fs::directory_iterator();
       entry.increment(failed)) {
    const std::string path = entry->path().string();
    if (is_ours(entry->path().filename().string())) {
      if (const FileHandle locked = lock_folder(path, LOCK_EX | LOCK_NB); locked.is_open()) {
        std::error_code ignored;  // the next process tries again
        fs::remove_all(path, ignored);
      }
    }
  }
}

bool remove_left_everywhere() {
  remove_left("/tmp");
  remove_left("/dev/shm");
  return true;
}

}  // namespace

Result<TempFolder> TempFolder::make(std::string_view purpose, std::string_view under) {
  [[maybe_unused]] static const bool is_swept = remove_left_everywhere();
  constexpr int kTries = 10;
  for (int i = 0; i < kTries; ++i) {
    std::string path = fmt::format("{}/{}{}{}", under, purpose, kMark, kRandom);
    if (::mkdtemp(path.data()) == nullptr) {
      return make_disk_error(errno, "making a temporary folder", path);
    }
    // A process that sweeps may hold it before its owner does, and takes it away.
    if (FileHandle lock = lock_folder(path, LOCK_EX); lock.is_open()) {
      return TempFolder(std::move(path), std::move(lock));
    }
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  return make_error(ErrorCode::Unavailable,
                    fmt::format("a temporary folder cannot be locked: '{}/{}'", under, purpose))
      .with_hint("check that the file system of the folder knows locks (flock)");
}

TempFolder::TempFolder(TempFolder&& other) noexcept
    : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}

TempFolder& TempFolder::operator=(TempFolder&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(lock_, other.lock_);
  return *this;
}

TempFolder::~TempFolder() {
  if (!path_.empty()) {
    std::error_code ignored;  // the next process that finds it removes it
    fs::remove_all(path_, ignored);
  }
}

}  // namespace sluice
