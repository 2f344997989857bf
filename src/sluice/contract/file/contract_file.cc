#include "sluice/contract/file/contract_file.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sluice/base/disk.h"
#include "sluice/base/limits.h"

namespace sluice::contract {
namespace {

namespace fs = std::filesystem;

Error not_a_file(const std::string& path, const struct stat& info) {
  if (S_ISDIR(info.st_mode)) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected a contract file, got a folder: '{}'", path))
        .with_hint("name the .yaml file in it; `sluice validate` takes whole folders");
  }
  return make_error(ErrorCode::InvalidArgument,
                    fmt::format("expected a contract file, got something else: '{}'", path));
}

bool is_contract_name(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

bool is_left_out(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return name.starts_with('.') || name.starts_with('_');
}

Result<std::vector<std::string>> list_folder(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code code;
  fs::recursive_directory_iterator entries(folder, fs::directory_options::skip_permission_denied,
                                           code);
  for (; code.value() == 0 && entries != fs::end(entries); entries.increment(code)) {
    std::error_code no_file;
    if (entries->is_directory(no_file) && is_left_out(entries->path())) {
      entries.disable_recursion_pending();
    } else if (is_contract_name(entries->path()) && entries->is_regular_file(no_file)) {
      paths.push_back(entries->path().string());
    }
  }
  if (code.value() != 0) {
    return make_disk_error(code.value(), "listing contracts in", folder);
  }
  std::ranges::sort(paths);
  return paths;
}

Status write_and_close(FileHandle file, std::string_view text, const std::string& path) {
  SLUICE_CHECK(write_all({}, file.get(), text, path));
  SLUICE_CHECK(flush_to_disk(file.get(), path));
  if (const int code = file.close(); code != 0) {
    return make_disk_error(code, "writing", path);
  }
  return {};
}

}  // namespace

Result<std::string> load_contract_text(const Context& context, const std::string& path) {
  const FileHandle file(
      retry_interrupted([&] { return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }));
  struct stat info{};
  if (!file.is_open() || fstat(file.get(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("there is no contract at '{}'", path))
          .with_hint("check the path; `sluice validate FOLDER` lists the contracts of a folder");
    }
    return make_disk_error(errno, "reading the contract", path);
  }
  if (!S_ISREG(info.st_mode)) {
    return not_a_file(path, info);
  }
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > limits::kContractBytesMax) {
    return make_error(ErrorCode::InvalidContract,
                      fmt::format("a contract has at most {} bytes, got {}: '{}'",
                                  limits::kContractBytesMax, size, path));
  }
  return read_range(context, file.get(), 0, size, path);
}

Result<std::string> load_named_text(const Context& context, const std::string& path) {
  const FileHandle file(
      retry_interrupted([&] { return open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK); }));
  struct stat info{};
  if (!file.is_open() || fstat(file.get(), &info) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return make_error(ErrorCode::NotFound, fmt::format("there is no file at '{}'", path));
    }
    return make_disk_error(errno, "reading", path);
  }
  if (!S_ISREG(info.st_mode)) {
    return make_error(ErrorCode::InvalidArgument, fmt::format("this is not a file: '{}'", path));
  }
  const auto size = static_cast<std::uint64_t>(info.st_size);
  if (size > limits::kContractBytesMax) {
    return make_error(ErrorCode::ResourceExhausted,
                      fmt::format("such a file has at most {} bytes, got {}: '{}'",
                                  limits::kContractBytesMax, size, path));
  }
  return read_range(context, file.get(), 0, size, path);
}

Result<std::vector<std::string>> list_contracts(const std::string& path) {
  std::error_code code;
  if (!fs::is_directory(path, code)) {
    return std::vector<std::string>{path};
  }
  SLUICE_TRY(std::vector<std::string> paths, list_folder(path));
  if (paths.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("there is no .yaml file in the folder '{}'", path));
  }
  return paths;
}

Status create_text_file(const std::string& path, std::string_view text) {
  constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  FileHandle file(retry_interrupted([&] { return open(path.c_str(), kNew, 0666); }));
  if (!file.is_open()) {
    if (errno == EEXIST) {
      return make_error(ErrorCode::AlreadyExists,
                        fmt::format("there is a file already: '{}'", path))
          .with_hint("name another path, or move the file away");
    }
    return make_disk_error(errno, "writing", path);
  }
  return write_and_close(std::move(file), text, path);
}

Status replace_text_file(const std::string& path, std::string_view text) {
  struct stat info{};
  if (stat(path.c_str(), &info) != 0) {
    return make_disk_error(errno, "writing", path);
  }
  std::string made = path + ".XXXXXX";
  FileHandle file(mkostemp(made.data(), O_CLOEXEC));
  if (!file.is_open() || fchmod(file.get(), info.st_mode & 07777U) != 0) {
    return make_disk_error(errno, "writing", path);
  }
  Status written = write_and_close(std::move(file), text, made);
  if (written && rename(made.c_str(), path.c_str()) != 0) {
    written = make_disk_error(errno, "writing", path);
  }
  if (!written) {
    (void)unlink(made.c_str());
  }
  return written;
}

std::optional<std::string> find_file_above(const std::string& path, const std::string& name) {
  constexpr int kStepsMax = 4;
  std::error_code code;
  fs::path folder = fs::path(path).parent_path();
  for (int step = 0; step <= kStepsMax; ++step) {
    const fs::path candidate = folder / name;
    if (fs::is_regular_file(candidate, code)) {
      return candidate.lexically_normal().string();
    }
    if (fs::exists(folder / ".git", code)) {
      return std::nullopt;
    }
    const fs::path whole = fs::absolute(folder.empty() ? fs::path(".") : folder, code);
    if (whole.parent_path() == whole) {
      return std::nullopt;
    }
    folder = folder.empty() || !folder.has_filename() || folder.filename() == ".." ||
                     folder.filename() == "."
                 ? folder / ".."
                 : folder.parent_path();
  }
  return std::nullopt;
}

}  // namespace sluice::contract
