#include "sluice/contract/landing/cleanup.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sluice/base/disk.h"
#include "sluice/contract/landing/source_files.h"
#include "sluice/run/state/content_tag.h"

namespace sluice::contract {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 20;
/// Of the tag, in the name of a file whose own name is taken.
constexpr std::size_t kTagSigns = 12;

std::string beside(const std::string& path, std::string_view tag) {
  const fs::path full(path);
  const std::string_view digits = tag.substr(tag.find(':') + 1).substr(0, kTagSigns);
  const std::string name =
      fmt::format("{}~{}{}", full.stem().string(), digits, full.extension().string());
  return (full.parent_path() / name).string();
}

Status flush_folder(const std::string& folder) {
  const FileHandle handle(retry_interrupted(
      [&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!handle.is_open()) {
    return make_disk_error(errno, "opening the folder", folder);
  }
  return flush_to_disk(handle.get(), folder);
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return make_disk_error(errno, "removing", path);
  }
  return {};
}

Status copy_bytes(const Context& context, const std::string& from, const FileHandle& to,
                  const std::string& part) {
  const FileHandle source(
      retry_interrupted([&] { return ::open(from.c_str(), O_RDONLY | O_CLOEXEC); }));
  struct stat status{};
  if (!source.is_open() || ::fstat(source.get(), &status) != 0) {
    return make_disk_error(errno, "opening", from);
  }
  for (std::uint64_t offset = 0;;) {
    SLUICE_TRY(const std::string piece,
               read_range(context, source.get(), offset, kPieceBytes, from));
    if (piece.empty()) {
      break;
    }
    SLUICE_CHECK(write_all(context, to.get(), piece, part));
    offset += piece.size();
  }
  // The time is a part of what a large file is known by.
  const struct timespec times[] = {status.st_atim, status.st_mtim};
  if (::futimens(to.get(), times) != 0) {
    return make_disk_error(errno, "setting the time of", part);
  }
  return flush_to_disk(to.get(), part);
}

/// Onto another file system: whole under a hidden name first, then under its own.
Status copy_file(const Context& context, const std::string& from, const std::string& to,
                 std::string_view tag) {
  const fs::path full(to);
  const std::string part =
      (full.parent_path() / fmt::format("._{}-{}", full.filename().string(), tag)).string();
  FileHandle handle(retry_interrupted([&] {
    return ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  }));
  if (!handle.is_open()) {
    return make_disk_error(errno, "creating", part);
  }
  Status copied = copy_bytes(context, from, handle, part);
  if (const int failed = handle.close(); copied && failed != 0) {
    copied = make_disk_error(failed, "writing", part);
  }
  if (copied && ::link(part.c_str(), to.c_str()) != 0 && errno != EEXIST) {
    copied = make_disk_error(errno, "naming", to);
  }
  Status removed = remove_file(part);
  SLUICE_CHECK(copied);
  return removed;
}

Result<bool> holds(const Context& context, const std::string& path, const run::BatchFile& file) {
  SLUICE_TRY(const run::BatchFile there, run::load_batch_file(context, path, path));
  return there.size_bytes == file.size_bytes && there.content_tag == file.content_tag;
}

/// Puts the file at `to` unless another one is there; false then.
Result<bool> put_file(const Context& context, const run::BatchFile& file, const std::string& to) {
  if (::link(file.path.c_str(), to.c_str()) != 0) {
    const bool is_elsewhere = errno == EXDEV || errno == EPERM || errno == EOPNOTSUPP;
    if (!is_elsewhere && errno != EEXIST) {
      return make_disk_error(errno, "moving a file to", to);
    }
    std::error_code failed;
    if (is_elsewhere && !fs::exists(to, failed)) {
      SLUICE_CHECK(copy_file(context, file.path, to, file.content_tag));
    }
  }
  return holds(context, to, file);
}

Status archive_file(const Context& context, const Cleanup& cleanup, const run::BatchFile& file) {
  std::string to = archived_path(cleanup, file.path);
  std::error_code failed;
  fs::create_directories(folder_of(to), failed);
  if (failed) {
    return make_disk_error(failed.value(), "making the folder", folder_of(to));
  }
  SLUICE_TRY(bool is_there, put_file(context, file, to));
  if (!is_there) {
    to = beside(to, file.content_tag);
    SLUICE_TRY(is_there, put_file(context, file, to));
  }
  if (!is_there) {
    return make_error(ErrorCode::AlreadyExists,
                      fmt::format("the archive has another file of this name: '{}'", to));
  }
  SLUICE_CHECK(flush_folder(folder_of(to)));
  return remove_file(file.path);
}

Status clean_file(const Context& context, const Cleanup& cleanup, const run::BatchFile& file) {
  SLUICE_CHECK(context.check());
  const Result<bool> is_same = holds(context, file.path, file);
  if (!is_same) {
    return is_same.error().code == ErrorCode::NotFound ? Status{} : Status(is_same.error());
  }
  if (!*is_same) {
    return make_error(ErrorCode::CommitConflict,
                      fmt::format("the file has changed since it was read: '{}'", file.path))
        .with_hint("the next run reads it as a new file");
  }
  return cleanup.action == CleanupAction::Archive ? archive_file(context, cleanup, file)
                                                  : remove_file(file.path);
}

bool is_below(const std::string& folder, const std::string& path) {
  return folder == "/" ||
         (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

bool has_hidden_part(std::string_view name) {
  for (std::size_t at = 0; at < name.size(); at = std::min(name.find('/', at), name.size()) + 1) {
    if (name[at] == '.' || name[at] == '_') {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string archived_path(const Cleanup& cleanup, const std::string& path) {
  for (const std::string& root : cleanup.roots) {
    if (is_below(root, path)) {
      return absolute_path(path.substr(root == "/" ? 1 : root.size() + 1), cleanup.archive);
    }
  }
  return absolute_path(fs::path(path).filename().string(), cleanup.archive);
}

bool would_read(const std::string& source, const std::string& file) {
  const std::string root = source_root(source, "");
  if (!is_below(root, file)) {
    return file == source;
  }
  const std::string name = file.substr(root == "/" ? 1 : root.size() + 1);
  const std::string pattern =
      root == source ? "**" : source.substr(root == "/" ? 1 : root.size() + 1);
  return !has_hidden_part(name) && matches_glob(pattern, name);
}

CleanedFiles clean_up(const Context& context, const Cleanup& cleanup,
                      const std::vector<run::BatchFile>& files) {
  CleanedFiles cleaned;
  for (const run::BatchFile& file : files) {
    if (Status done = clean_file(context, cleanup, file); done) {
      ++cleaned.done;
    } else {
      cleaned.left.push_back(
          std::move(done).error().with_context(fmt::format("cleaning up '{}'", file.path)));
    }
  }
  return cleaned;
}

}  // namespace sluice::contract
