// The local disk without surprises: an owned file descriptor, calls that finish what they began
// (interrupted and short ones are continued), and errors that say which file system is full. Under
// storage/file, run/state and whatever else touches a local file itself. Nothing here is cached or
// shared; a FileHandle is used by one thread at a time.
#pragma once

#include <cerrno>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

#include "sluice/base/context.h"
#include "sluice/base/result.h"

namespace sluice {

/// Owns a descriptor. Closing it by hand (close) is for writers: some file systems report a failed
/// write only then.
class FileHandle {
 public:
  FileHandle() = default;
  explicit FileHandle(int descriptor) : descriptor_(descriptor) {}
  FileHandle(FileHandle&& other) noexcept : descriptor_(other.release()) {}
  FileHandle& operator=(FileHandle&& other) noexcept;
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  ~FileHandle();

  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }
  int release();
  /// 0 or an errno. The descriptor is gone either way.
  int close();

 private:
  int descriptor_ = -1;
};

struct DiskSpace {
  std::string mount_point;
  std::uint64_t free_bytes = 0;  // for this user
  std::uint64_t total_bytes = 0;
  std::uint64_t free_files = 0;  // a full table of files is a full disk too
  bool counts_files = false;     // false: the file system has no such table
};

/// The file system that holds `path`, or would hold it: missing folders are passed upwards.
Result<DiskSpace> find_disk_space(const std::string& path);

/// What a failed call means to its caller: `code` is an errno, `doing` names the call in the
/// progressive ("writing"), `path` is the file. A full disk is ResourceExhausted and says which
/// file system and how much is free; a missing right is Unauthorized.
Error make_disk_error(int code, std::string_view doing, const std::string& path);

/// Repeats a call that a signal interrupted: opening a file on a network or in user space.
template <class Call>
auto retry_interrupted(Call call) {
  auto reply = call();
  while (reply == -1 && errno == EINTR) {
    reply = call();
  }
  return reply;
}

/// Writes everything; stops between two pieces when the context says so.
Status write_all(const Context& context, int descriptor, std::string_view bytes,
                 const std::string& path);

/// Reads from `offset` on, `size` bytes or up to the end of the file.
Result<std::string> read_range(const Context& context, int descriptor, std::uint64_t offset,
                               std::uint64_t size, const std::string& path);

/// Flushes the file or folder to the disk. A failure is final: the kernel may have dropped the
/// pages, so a second call proves nothing.
Status flush_to_disk(int descriptor, const std::string& path);

/// A time stamp of a file; one that no calendar of four digits holds becomes its first or last.
sys_micros instant_of(const struct timespec& stamp);

/// "1.5 GiB".
std::string render_bytes(std::uint64_t bytes);

}  // namespace sluice
