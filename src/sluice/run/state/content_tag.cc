#include "sluice/run/state/content_tag.h"

#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sluice/base/disk.h"
#include "sluice/base/sha256.h"

namespace sluice::run {
namespace {

constexpr std::uint64_t kEdgeBytes = std::uint64_t{64} << 10;

struct Look {
  std::uint64_t size_bytes = 0;
  struct timespec modified{};
};

bool is_same(const Look& a, const Look& b) {
  return a.size_bytes == b.size_bytes && a.modified.tv_sec == b.modified.tv_sec &&
         a.modified.tv_nsec == b.modified.tv_nsec;
}

Result<Look> look_at(int descriptor, const std::string& path) {
  struct stat info{};
  if (::fstat(descriptor, &info) != 0) {
    return make_disk_error(errno, "reading", path);
  }
  if (!S_ISREG(info.st_mode)) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected a file, got something else: '{}'", path));
  }
  return Look{.size_bytes = static_cast<std::uint64_t>(info.st_size), .modified = info.st_mtim};
}

Result<std::string> make_tag(const Context& context, int descriptor, const Look& look,
                             const std::string& path) {
  if (look.size_bytes <= 2 * kEdgeBytes) {
    SLUICE_TRY(const std::string whole, read_range(context, descriptor, 0, look.size_bytes, path));
    return "sha256:" + sha256_hex(whole);
  }
  SLUICE_TRY(const std::string front, read_range(context, descriptor, 0, kEdgeBytes, path));
  SLUICE_TRY(const std::string back,
             read_range(context, descriptor, look.size_bytes - kEdgeBytes, kEdgeBytes, path));
  Sha256 sha;
  sha.update(front);
  sha.update(back);
  return fmt::format("edges-sha256:{}@{}.{:09}", to_hex(sha.digest()), look.modified.tv_sec,
                     look.modified.tv_nsec);
}

}  // namespace

Result<BatchFile> load_batch_file(const Context& context, const std::string& local_path,
                                  std::string path) {
  // Never waits, as opening a pipe would.
  const FileHandle file(retry_interrupted(
      [&] { return ::open(local_path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC); }));
  if (!file.is_open()) {
    return make_disk_error(errno, "opening a file", local_path);
  }
  SLUICE_TRY(const Look before, look_at(file.get(), local_path));
  SLUICE_TRY(std::string tag, make_tag(context, file.get(), before, local_path));
  SLUICE_TRY(const Look after, look_at(file.get(), local_path));
  if (!is_same(before, after)) {
    return make_error(ErrorCode::Unavailable,
                      fmt::format("the file is being written to: '{}'", local_path))
        .with_hint("let its writer finish under another name, then rename it");
  }
  return BatchFile{.path = std::move(path),
                   .size_bytes = before.size_bytes,
                   .modified = instant_of(before.modified),
                   .content_tag = std::move(tag)};
}

Status check_batch_file(const Context& context, const BatchFile& file,
                        const std::string& local_path) {
  SLUICE_TRY_IN(const BatchFile now, load_batch_file(context, local_path, file.path),
                "reading the files of an unfinished batch again");
  if (now.size_bytes != file.size_bytes || now.content_tag != file.content_tag) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("a file of an unfinished batch has changed since it was "
                                  "recorded: '{}'",
                                  local_path))
        .with_hint(
            "put the recorded content back under this name, and the new content under "
            "another");
  }
  return {};
}

}  // namespace sluice::run
