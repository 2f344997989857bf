// Every system call that the storage makes is failed once, at every place: this file stands between
// the storage and the C library. Nothing is counted or failed until a Script is armed, and then
// only in its own thread.
#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sluice/base/temp_folder.h"
#include "sluice/storage/file/file_storage.h"

namespace {

constexpr int kShortWrite = -1;

struct Script {
  int fail_at = 0;  // the first call is 1
  int code = 0;     // an errno, or kShortWrite
  std::vector<std::string> calls;
  bool has_failed = false;
};

thread_local Script* armed = nullptr;

/// True when this call is the one to fail; errno is set then.
bool fails(const char* name) {
  if (armed == nullptr) {
    return false;
  }
  armed->calls.emplace_back(name);
  if (static_cast<int>(armed->calls.size()) != armed->fail_at || armed->code == kShortWrite) {
    return false;
  }
  armed->has_failed = true;
  errno = armed->code;
  return true;
}

bool is_short_write() {
  return armed != nullptr && armed->code == kShortWrite &&
         static_cast<int>(armed->calls.size()) == armed->fail_at;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): the names are the C library's
extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return fails("open") ? -1 : next<int(const char*, int, ...)>("open")(path, flags, mode);
}

int openat(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  const bool makes = (flags & O_CREAT) != 0;
  return fails(makes ? "create" : "openat")
             ? -1
             : next<int(int, const char*, int, ...)>("openat")(folder, path, flags, mode);
}

int mkdir(const char* path, mode_t mode) noexcept {
  return fails("mkdir") ? -1 : next<int(const char*, mode_t)>("mkdir")(path, mode);
}

int mkdirat(int folder, const char* path, mode_t mode) noexcept {
  return fails("mkdirat") ? -1 : next<int(int, const char*, mode_t)>("mkdirat")(folder, path, mode);
}

ssize_t write(int file, const void* bytes, size_t size) {
  if (fails("write")) {
    return -1;
  }
  if (is_short_write() && size > 1) {
    armed->has_failed = true;
    size /= 2;
  }
  return next<ssize_t(int, const void*, size_t)>("write")(file, bytes, size);
}

int fsync(int file) {
  struct stat info{};
  const bool is_folder = ::fstat(file, &info) == 0 && S_ISDIR(info.st_mode);
  // Counted, not made: no power is cut here, and thousands of flushes would cost a minute.
  return fails(is_folder ? "fsync folder" : "fsync file") ? -1 : 0;
}

int futimens(int file, const struct timespec times[2]) noexcept {
  return fails("futimens") ? -1 : next<int(int, const struct timespec[2])>("futimens")(file, times);
}

int close(int file) {
  const int reply = next<int(int)>("close")(file);  // gone even when it reports a fault
  return fails("close") ? -1 : reply;
}

int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  return fails("linkat") ? -1
                         : next<int(int, const char*, int, const char*, int)>("linkat")(
                               from_folder, from, to_folder, to, flags);
}

int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  return fails("renameat") ? -1
                           : next<int(int, const char*, int, const char*)>("renameat")(
                                 from_folder, from, to_folder, to);
}

int unlinkat(int folder, const char* path, int flags) noexcept {
  return fails("unlinkat") ? -1 : next<int(int, const char*, int)>("unlinkat")(folder, path, flags);
}
}
// NOLINTEND(readability-identifier-naming)

namespace sluice::storage {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kAny = std::uint64_t{1} << 30;

class Syscalls : public testing::Test {
 protected:
  void SetUp() override { make_world(); }

  /// A root that does not exist yet, or one with objects.
  void make_world() {
    storage_ = nullptr;
    // In memory where that is offered: some thousand worlds are made here.
    const bool has_memory = ::access("/dev/shm", W_OK) == 0;
    folder_.emplace(TempFolder::make("syscalls", has_memory ? "/dev/shm" : "/tmp").value());
    storage_ = make_file_storage({.root = folder_->path() + "/made/root"}).value();
  }

  using Call = std::function<Status(Storage&)>;

  Status run(Script& script, const Call& call) {
    armed = &script;
    Status status = call(*storage_);
    armed = nullptr;
    return status;
  }

  std::string content(std::string_view path) {
    return storage_->find({}, path, kAny).value().value_or("(none)");
  }

  std::size_t unfinished_files() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_->path())) {
      count += entry.path().filename().string().starts_with("_tmp-") ? 1 : 0;
    }
    return count;
  }

  static std::size_t open_files() {
    const std::filesystem::directory_iterator files("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }

  /// Fails every call of `call` once with `code`. `path` shows `before` until it shows `after`.
  void sweep(int code, const Call& prepare, const Call& call, std::string_view path,
             const std::string& before, const std::string& after);

  std::optional<TempFolder> folder_;
  std::unique_ptr<Storage> storage_;
};

void Syscalls::sweep(int code, const Call& prepare, const Call& call, std::string_view path,
                     const std::string& before, const std::string& after) {
  for (int at = 1;; ++at) {
    make_world();
    ASSERT_TRUE(prepare(*storage_));
    const std::size_t had_open = open_files();
    Script script{.fail_at = at, .code = code};
    const Status status = run(script, call);
    if (!script.has_failed && static_cast<int>(script.calls.size()) < at) {
      ASSERT_TRUE(status);
      ASSERT_GT(at, 1);
      return;
    }
    const std::string failed = script.calls[static_cast<std::size_t>(at) - 1];
    SCOPED_TRACE(testing::Message() << "call " << at << ", " << failed << ", errno " << code);
    EXPECT_EQ(open_files(), had_open);
    // Only when removing it is what fails, and not because a signal came.
    EXPECT_LE(unfinished_files(), failed == "unlinkat" && code != EINTR ? 1U : 0U);
    if (status) {
      EXPECT_EQ(content(path), after);
    } else {
      const bool is_open = status.error().code == ErrorCode::CommitUnknown ||
                           status.error().code == ErrorCode::Unavailable;
      EXPECT_NE(status.error().code, ErrorCode::Internal) << to_string(status.error());
      EXPECT_TRUE(content(path) == before || (is_open && content(path) == after));
    }
    Script clean;
    const Status again = run(clean, call);
    EXPECT_TRUE(again || (content(path) == after && again.error().code == ErrorCode::AlreadyExists))
        << to_string(again.error());
    EXPECT_EQ(content(path), after);
  }
}

Status do_nothing(Storage&) { return {}; }
Status put_old(Storage& storage) { return storage.put({}, "a/b/object", "old"); }
Status put_new(Storage& storage) { return storage.put({}, "a/b/object", "new"); }
Status add_new(Storage& storage) { return storage.put_if_absent({}, "a/b/object", "new"); }
Status write_part(Storage& storage) { return storage.put({}, "a/_part", "new"); }
Status publish_part(Storage& storage) { return storage.publish({}, "a/_part", "a/b/object"); }

class SyscallFaults : public Syscalls, public testing::WithParamInterface<int> {};

TEST_P(SyscallFaults, PutIntoNothing) {
  sweep(GetParam(), do_nothing, put_new, "a/b/object", "(none)", "new");
}

TEST_P(SyscallFaults, PutOverAnObject) {
  sweep(GetParam(), put_old, put_new, "a/b/object", "old", "new");
}

TEST_P(SyscallFaults, PutIfAbsent) {
  sweep(GetParam(), do_nothing, add_new, "a/b/object", "(none)", "new");
}

TEST_P(SyscallFaults, PutIfAbsentOfWhatIsThere) {
  for (int at = 1; at < 20; ++at) {
    make_world();
    ASSERT_TRUE(put_old(*storage_));
    Script script{.fail_at = at, .code = GetParam()};
    EXPECT_FALSE(run(script, add_new));
    EXPECT_EQ(content("a/b/object"), "old");
    EXPECT_EQ(unfinished_files(), 0U);
  }
}

TEST_P(SyscallFaults, Publish) {
  sweep(GetParam(), write_part, publish_part, "a/b/object", "(none)", "new");
}

TEST_P(SyscallFaults, Remove) {
  sweep(
      GetParam(), put_old, [](Storage& storage) { return storage.remove({}, "a/b/object"); },
      "a/b/object", "old", "(none)");
}

INSTANTIATE_TEST_SUITE_P(All, SyscallFaults,
                         testing::Values(EIO, ENOSPC, EINTR, EACCES, EMFILE, kShortWrite));

TEST_F(Syscalls, TheFileIsFlushedBeforeItHasItsNameAndTheFolderAfterwards) {
  ASSERT_TRUE(put_old(*storage_));
  Script put;
  ASSERT_TRUE(run(put, put_new));
  std::vector<std::string> steps;
  for (const std::string& call : put.calls) {
    if (call != "openat" && call != "open" && call != "close") {
      steps.push_back(call);
    }
  }
  EXPECT_THAT(steps,
              ElementsAre("create", "write", "futimens", "fsync file", "renameat", "fsync folder"));
}

TEST_F(Syscalls, EveryNewFolderIsFlushedIntoTheOneAboveIt) {
  Script first;
  ASSERT_TRUE(run(first, add_new));
  std::vector<std::string> steps;
  for (const std::string& call : first.calls) {
    if (call.starts_with("mkdir") || call.starts_with("fsync") || call == "linkat" ||
        call == "unlinkat") {
      steps.push_back(call);
    }
  }
  // The folders above exist and are tried; made, root, a and b are new.
  const auto existing = std::count(folder_->path().begin(), folder_->path().end(), '/');
  std::vector<std::string> expected(static_cast<std::size_t>(existing), "mkdir");
  for (const char* step :
       {"mkdir", "fsync folder", "mkdir", "fsync folder", "fsync folder", "mkdirat", "fsync folder",
        "mkdirat", "fsync folder", "fsync file", "linkat", "unlinkat", "fsync folder"}) {
    expected.emplace_back(step);
  }
  EXPECT_EQ(steps, expected);
}

TEST_F(Syscalls, AFolderThatAnotherProcessMadeIsFlushedOnceByEveryone) {
  ASSERT_TRUE(put_old(*storage_));
  storage_ = make_file_storage({.root = folder_->path() + "/made/root"}).value();
  const auto flushed_folders = [&] {
    Script script;
    EXPECT_TRUE(run(script, put_new));
    return std::count(script.calls.begin(), script.calls.end(), "fsync folder");
  };
  EXPECT_EQ(flushed_folders(), 4);  // of the root, a, b, and the new name
  EXPECT_EQ(flushed_folders(), 1);
}

}  // namespace
}  // namespace sluice::storage
