#include "sluice/base/disk.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace sluice {
namespace {

/// Between two pieces a caller may stop; also below the 2 GiB that one call moves at most.
constexpr std::size_t kPieceBytes = std::size_t{8} << 20;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) {
    return ".";
  }
  return slash == 0 ? "/" : path.substr(0, slash);
}

/// `path` without links, or the nearest folder above it that exists.
std::string existing_part_of(std::string path) {
  for (;;) {
    const std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr),
                                                           &std::free);
    if (real != nullptr) {
      return real.get();
    }
    const std::string parent = parent_of(path);
    if (parent == path) {
      return "/";
    }
    path = parent;
  }
}

/// Upwards until the next folder lies on another device.
std::string mount_point_of(const std::string& path) {
  std::string at = path;
  struct stat here{};
  if (::stat(at.c_str(), &here) != 0) {
    return at;
  }
  while (at != "/") {
    const std::string parent = parent_of(at);
    struct stat above{};
    if (::stat(parent.c_str(), &above) != 0 || above.st_dev != here.st_dev) {
      return at;
    }
    at = parent;
  }
  return at;
}

std::string full_disk_hint(int code, const std::string& path) {
  if (code == EDQUOT) {
    return "the disk quota of this user is used up: remove files or ask for a larger quota";
  }
  const Result<DiskSpace> space = find_disk_space(path);
  if (!space) {
    return "free space on the file system that holds this path";
  }
  if (space->counts_files && space->free_files == 0) {
    return fmt::format(
        "the file system at '{}' can hold no more files ({} are free): remove files there, or "
        "write somewhere else",
        space->mount_point, render_bytes(space->free_bytes));
  }
  return fmt::format(
      "the file system at '{}' has {} free of {}: free space there, or write somewhere else",
      space->mount_point, render_bytes(space->free_bytes), render_bytes(space->total_bytes));
}

struct Meaning {
  ErrorCode code;
  std::string_view hint;
};

Meaning meaning_of(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT: return {ErrorCode::ResourceExhausted, ""};
    case EFBIG:
      return {ErrorCode::ResourceExhausted,
              "the file is larger than the file system or `ulimit -f` allows"};
    case EMFILE:
    case ENFILE:
      return {ErrorCode::ResourceExhausted,
              "too many files are open: raise the limit with `ulimit -n`"};
    case ENOMEM: return {ErrorCode::ResourceExhausted, "the machine is out of memory"};
    case EACCES:
    case EPERM:
      return {ErrorCode::Unauthorized,
              "give this user the right to read and write there, or choose another folder"};
    case EROFS:
      return {ErrorCode::Unauthorized,
              "the file system is mounted read-only: mount it for writing, or choose another "
              "folder"};
    case ELOOP:
      return {ErrorCode::Unauthorized, "symbolic links are not followed inside a storage"};
    case ENOENT: return {ErrorCode::NotFound, ""};
    case EEXIST: return {ErrorCode::AlreadyExists, ""};
    case ENOTDIR:
      return {ErrorCode::Unsupported,
              "a part of this path is a file, not a folder: move it away, or choose another place"};
    case EISDIR: return {ErrorCode::Unsupported, "there is a folder of this name already"};
    case ENAMETOOLONG: return {ErrorCode::InvalidArgument, "choose a shorter name"};
    case EIO:
      return {ErrorCode::Unavailable, "the device reported a fault: look into the kernel's log"};
    case EAGAIN:
    case EBUSY:
    case EINTR:
    case ESTALE:
    case ETIMEDOUT: return {ErrorCode::Unavailable, ""};
    default: return {ErrorCode::Internal, ""};  // errno is not an enum of ours
  }
}

}  // namespace

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = other.release();
  }
  return *this;
}

FileHandle::~FileHandle() { close(); }

int FileHandle::release() { return std::exchange(descriptor_, -1); }

int FileHandle::close() {
  if (!is_open()) {
    return 0;
  }
  // Not repeated after EINTR: Linux has closed the descriptor by then.
  const int code = ::close(release()) == 0 ? 0 : errno;
  return code == EINTR ? 0 : code;
}

Result<DiskSpace> find_disk_space(const std::string& path) {
  const std::string existing = existing_part_of(path);
  struct statvfs figures{};
  if (::statvfs(existing.c_str(), &figures) != 0) {
    return make_error(ErrorCode::Unavailable,
                      fmt::format("asking for the free space failed: '{}'", existing));
  }
  return DiskSpace{.mount_point = mount_point_of(existing),
                   .free_bytes = std::uint64_t{figures.f_bavail} * figures.f_frsize,
                   .total_bytes = std::uint64_t{figures.f_blocks} * figures.f_frsize,
                   .free_files = figures.f_favail,
                   .counts_files = figures.f_files > 0};
}

Error make_disk_error(int code, std::string_view doing, const std::string& path) {
  const Meaning meaning = meaning_of(code);
  const char* reason = ::strerrordesc_np(code);
  const bool is_full = code == ENOSPC || code == EDQUOT;
  return make_error(meaning.code, fmt::format("{} failed ({}): '{}'", doing,
                                              reason != nullptr ? reason : "unknown error", path))
      .with_hint(is_full ? full_disk_hint(code, path) : std::string(meaning.hint));
}

Status write_all(const Context& context, int descriptor, std::string_view bytes,
                 const std::string& path) {
  while (!bytes.empty()) {
    SLUICE_CHECK(context.check());
    const ssize_t written = ::write(descriptor, bytes.data(), std::min(bytes.size(), kPieceBytes));
    if (written > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (written == 0 || errno != EINTR) {
      return make_disk_error(written == 0 ? EIO : errno, "writing", path);
    }
  }
  return {};
}

Result<std::string> read_range(const Context& context, int descriptor, std::uint64_t offset,
                               std::uint64_t size, const std::string& path) {
  std::string bytes;
  while (bytes.size() < size) {
    SLUICE_CHECK(context.check());
    const std::size_t had = bytes.size();
    const std::size_t piece = std::min<std::uint64_t>(size - had, kPieceBytes);
    bytes.resize(had + piece);
    const ssize_t got =
        ::pread(descriptor, bytes.data() + had, piece, static_cast<off_t>(offset + had));
    const int code = got < 0 ? errno : 0;
    bytes.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) {
      break;
    }
    if (got < 0 && code != EINTR) {
      return make_disk_error(code, "reading", path);
    }
  }
  return bytes;
}

Status flush_to_disk(int descriptor, const std::string& path) {
  if (retry_interrupted([&] { return ::fsync(descriptor); }) != 0) {
    return make_disk_error(errno, "flushing", path);
  }
  return {};
}

sys_micros instant_of(const struct timespec& stamp) {
  using std::chrono::seconds;
  using std::chrono::sys_days;
  using std::chrono::year;
  // A file may say anything, and what is far off does not even fit into microseconds.
  constexpr seconds kFirst = sys_days{year{0} / 1 / 1}.time_since_epoch();
  constexpr seconds kLast = sys_days{year{9999} / 12 / 31}.time_since_epoch();
  const seconds whole = std::clamp(seconds(stamp.tv_sec), kFirst, kLast);
  return sys_micros(whole + std::chrono::microseconds(stamp.tv_nsec / 1000));
}

std::string render_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 6> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) {
    return fmt::format("{} B", bytes);
  }
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // Not 1024: what would be shown as 1024.0 is one of the next unit.
  while (value >= 1023.95 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace sluice
