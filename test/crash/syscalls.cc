#include "syscalls.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

namespace sluice::crash {
namespace {

std::atomic<bool> is_armed = false;
std::atomic<bool> has_struck = false;
std::atomic<int> calls = 0;
int struck_call = 0;
Effect struck_effect = Effect::Kill;

enum class Verdict : std::uint8_t { Pass, Fail, Shorten };

Verdict count() {
  if (!is_armed || calls.fetch_add(1) + 1 != struck_call) {
    return Verdict::Pass;
  }
  has_struck = true;
  switch (struck_effect) {
    case Effect::Kill: ::raise(SIGKILL); break;
    case Effect::NoSpace: errno = ENOSPC; break;
    case Effect::BadDisk: errno = EIO; break;
    case Effect::ShortWrite: return Verdict::Shorten;
  }
  return Verdict::Fail;
}

bool fails() { return count() == Verdict::Fail; }

bool is_file(int descriptor) {
  struct stat found{};
  return is_armed && ::fstat(descriptor, &found) == 0 && S_ISREG(found.st_mode);
}

/// How many of the bytes to write; -1 to fail.
ssize_t allow(int descriptor, size_t size) {
  switch (is_file(descriptor) ? count() : Verdict::Pass) {
    case Verdict::Pass: return static_cast<ssize_t>(size);
    case Verdict::Fail: return -1;
    case Verdict::Shorten: return static_cast<ssize_t>(size > 1 ? size / 2 : size);
  }
  return -1;
}

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

void arm(int at_call, Effect effect) {
  struck_call = at_call;
  struck_effect = effect;
  is_armed = true;
}

bool disarm() {
  is_armed = false;
  return has_struck;
}

}  // namespace sluice::crash

using sluice::crash::allow;
using sluice::crash::fails;
using sluice::crash::is_file;
using sluice::crash::next;

// NOLINTBEGIN(readability-identifier-naming,cert-dcl50-cpp): the names are the C library's
extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return (flags & O_CREAT) != 0 && fails()
             ? -1
             : next<int(const char*, int, ...)>("open")(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return (flags & O_CREAT) != 0 && fails()
             ? -1
             : next<int(const char*, int, ...)>("open64")(path, flags, mode);
}
int openat(int folder, const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return (flags & O_CREAT) != 0 && fails()
             ? -1
             : next<int(int, const char*, int, ...)>("openat")(folder, path, flags, mode);
}
ssize_t write(int descriptor, const void* bytes, size_t size) {
  const ssize_t allowed = allow(descriptor, size);
  return allowed < 0 ? -1
                     : next<ssize_t(int, const void*, size_t)>("write")(
                           descriptor, bytes, static_cast<size_t>(allowed));
}
ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  const ssize_t allowed = allow(descriptor, size);
  return allowed < 0 ? -1
                     : next<ssize_t(int, const void*, size_t, off_t)>("pwrite")(
                           descriptor, bytes, static_cast<size_t>(allowed), at);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t at) {
  const ssize_t allowed = allow(descriptor, size);
  return allowed < 0 ? -1
                     : next<ssize_t(int, const void*, size_t, off64_t)>("pwrite64")(
                           descriptor, bytes, static_cast<size_t>(allowed), at);
}
ssize_t send(int descriptor, const void* bytes, size_t size, int flags) {
  return fails()
             ? -1
             : next<ssize_t(int, const void*, size_t, int)>("send")(descriptor, bytes, size, flags);
}
ssize_t writev(int descriptor, const iovec* parts, int count) {
  if (is_file(descriptor) && fails()) {
    return -1;
  }
  return next<ssize_t(int, const iovec*, int)>("writev")(descriptor, parts, count);
}
int fsync(int descriptor) {
  return is_file(descriptor) && fails() ? -1 : next<int(int)>("fsync")(descriptor);
}
int fdatasync(int descriptor) {
  return is_file(descriptor) && fails() ? -1 : next<int(int)>("fdatasync")(descriptor);
}
int ftruncate(int descriptor, off_t size) noexcept {
  return fails() ? -1 : next<int(int, off_t)>("ftruncate")(descriptor, size);
}
int ftruncate64(int descriptor, off64_t size) noexcept {
  return fails() ? -1 : next<int(int, off64_t)>("ftruncate64")(descriptor, size);
}
int rename(const char* from, const char* to) noexcept {
  return fails() ? -1 : next<int(const char*, const char*)>("rename")(from, to);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  return fails() ? -1
                 : next<int(int, const char*, int, const char*)>("renameat")(from_folder, from,
                                                                             to_folder, to);
}
int link(const char* from, const char* to) noexcept {
  return fails() ? -1 : next<int(const char*, const char*)>("link")(from, to);
}
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  return fails() ? -1
                 : next<int(int, const char*, int, const char*, int)>("linkat")(
                       from_folder, from, to_folder, to, flags);
}
int unlink(const char* path) noexcept {
  return fails() ? -1 : next<int(const char*)>("unlink")(path);
}
int unlinkat(int folder, const char* path, int flags) noexcept {
  return fails() ? -1 : next<int(int, const char*, int)>("unlinkat")(folder, path, flags);
}
int remove(const char* path) noexcept {
  return fails() ? -1 : next<int(const char*)>("remove")(path);
}
int mkdir(const char* path, mode_t mode) noexcept {
  return fails() ? -1 : next<int(const char*, mode_t)>("mkdir")(path, mode);
}
int mkdirat(int folder, const char* path, mode_t mode) noexcept {
  return fails() ? -1 : next<int(int, const char*, mode_t)>("mkdirat")(folder, path, mode);
}
}
// NOLINTEND(readability-identifier-naming,cert-dcl50-cpp)
