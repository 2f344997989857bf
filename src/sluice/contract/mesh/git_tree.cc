#include "sluice/contract/mesh/git_tree.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sluice/base/assert.h"
#include "sluice/base/disk.h"

namespace sluice::contract {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kListingBytesMax = std::size_t{256} << 20;
constexpr int kFoldersAboveMax = 4;

Result<std::string> read_pipe(int descriptor, std::size_t bytes_max) {
  const FileHandle handle(descriptor);
  std::string text;
  std::array<char, 65536> piece{};
  while (true) {
    const ssize_t count =
        retry_interrupted([&] { return read(handle.get(), piece.data(), piece.size()); });
    if (count < 0) {
      return make_disk_error(errno, "reading from", "git");
    }
    if (count == 0) {
      return text;
    }
    text.append(piece.data(), static_cast<std::size_t>(count));
    if (text.size() > bytes_max) {
      return make_error(ErrorCode::ResourceExhausted,
                        fmt::format("git gives more than {} bytes", bytes_max));
    }
  }
}

/// A file without a name that holds `text`.
Result<FileHandle> make_input(std::string_view text) {
  FileHandle file(memfd_create("sluice-git", MFD_CLOEXEC));
  if (!file.is_open()) {
    return make_disk_error(errno, "making room for", "git");
  }
  SLUICE_CHECK(write_all({}, file.get(), text, "git"));
  if (lseek(file.get(), 0, SEEK_SET) != 0) {
    return make_disk_error(errno, "reading again for", "git");
  }
  return file;
}

struct GitAnswer {
  std::string text;
  bool is_good = false;  // its exit code was 0
};

/// What `git` prints; its own messages are not shown.
Result<GitAnswer> run_git(const std::string& folder, std::vector<std::string> words,
                          std::string_view input = {}) {
  words.insert(words.begin(), {"git", "-C", folder});
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  SLUICE_TRY(const FileHandle given, make_input(input));
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return make_disk_error(errno, "running", "git");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, given.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, "git", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  auto text = read_pipe(ends[0], kListingBytesMax);
  if (failed != 0) {
    return make_error(ErrorCode::Unavailable, "git cannot be started")
        .with_hint("install git, or give both sides: sluice diff OLD NEW");
  }
  int status = 0;
  retry_interrupted([&] { return waitpid(child, &status, 0); });
  if (!text) {
    return text.error();
  }
  return GitAnswer{.text = *std::move(text),
                   .is_good = WIFEXITED(status) && WEXITSTATUS(status) == 0};
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

bool is_contract_name(std::string_view path) {
  return path.ends_with(".yaml") || path.ends_with(".yml");
}

/// The folder that the path is in or is, as far as it is still there, and what is missing of it.
std::pair<std::string, std::string> split_existing(const std::string& path) {
  std::error_code code;
  fs::path folder = fs::path(path).lexically_normal();
  fs::path rest;
  if (!folder.has_filename() && folder.has_parent_path()) {
    folder = folder.parent_path();  // "mesh/" is the folder "mesh"
  }
  while (!folder.empty() && !fs::is_directory(folder, code)) {
    rest = rest.empty() ? folder.filename() : folder.filename() / rest;
    folder = folder.parent_path();
  }
  return {folder.empty() ? "." : folder.string(), rest == "." ? "" : rest.string()};
}

struct Blob {
  std::string path;
  std::string id;
};

/// "100644 blob 1234\tpath" and so on, each closed by a NUL. Links are no files of the repository.
std::vector<Blob> parse_listing(std::string_view listing) {
  std::vector<Blob> blobs;
  while (!listing.empty()) {
    const std::size_t end = std::min(listing.find('\0'), listing.size());
    const std::string_view line = listing.substr(0, end);
    listing.remove_prefix(std::min(end + 1, listing.size()));
    const std::size_t tab = line.find('\t');
    const std::size_t id = line.find(" blob ");
    if (tab == std::string_view::npos || id == std::string_view::npos || !line.starts_with("100")) {
      continue;
    }
    blobs.push_back({.path = std::string(line.substr(tab + 1)),
                     .id = std::string(line.substr(id + 6, tab - id - 6))});
  }
  return blobs;
}

/// The objects in the order in which they were asked for: "id blob size\nbytes\n".
Status parse_batch(std::string_view batch, const std::vector<Blob>& blobs,
                   std::map<std::string, std::string>& texts) {
  for (const Blob& blob : blobs) {
    const std::size_t end = batch.find('\n');
    const std::string_view line = batch.substr(0, end);
    const std::size_t blank = line.rfind(' ');
    std::size_t size = 0;
    const bool is_blob =
        end != std::string_view::npos && line.find(" blob ") != std::string_view::npos;
    if (is_blob) {
      std::from_chars(line.data() + blank + 1, line.data() + line.size(), size);
    }
    if (!is_blob || batch.size() < end + 1 + size + 1) {
      return make_error(ErrorCode::Corrupt,
                        fmt::format("git does not give an object: '{}'", blob.path))
          .with_hint("git fsck tells what is wrong with the repository");
    }
    texts[blob.path] = std::string(batch.substr(end + 1, size));
    batch.remove_prefix(end + 1 + size + 1);
  }
  return {};
}

bool is_below(std::string_view path, std::string_view folder) {
  return folder.empty() ||
         (path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/');
}

/// Hidden folders, and those whose name begins with '_', hold no contracts.
bool is_left_out(std::string_view below) {
  for (std::size_t slash = below.find('/'); slash != std::string_view::npos;
       slash = below.find('/')) {
    if (below.starts_with('.') || below.starts_with('_')) {
      return true;
    }
    below.remove_prefix(slash + 1);
  }
  return false;
}

std::string_view file_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_outer_file(std::string_view path) {
  return file_name(path) == "_domain.yaml" || file_name(path) == "_system.yaml";
}

}  // namespace

Result<GitTree> GitTree::load(const std::string& revision, const std::string& path) {
  if (revision.empty() || revision.starts_with('-') || revision.find(':') != std::string::npos) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected a revision, got '{}'", revision));
  }
  const auto [folder, rest] = split_existing(path);
  SLUICE_TRY(const GitAnswer prefix, run_git(folder, {"rev-parse", "--show-prefix"}));
  if (!prefix.is_good) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("this is not in a repository of git: '{}'", path))
        .with_hint("give both sides: sluice diff OLD NEW");
  }
  SLUICE_TRY(const GitAnswer id,
             run_git(folder, {"rev-parse", "--verify", "--quiet", revision + "^{tree}"}));
  if (!id.is_good) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("git does not have this revision: '{}'", revision))
        .with_hint("name one that it has, for example HEAD or origin/main");
  }
  SLUICE_TRY(const GitAnswer listing,
             run_git(folder, {"ls-tree", "-r", "-z", "--full-tree", first_line(id.text)}));
  GitTree tree;
  tree.path_ = path;
  tree.prefix_ = first_line(prefix.text) + rest;
  while (tree.prefix_.ends_with('/')) {
    tree.prefix_.pop_back();
  }
  std::vector<Blob> wanted;
  std::string ids;
  for (const Blob& blob : parse_listing(listing.text)) {
    const bool is_here = blob.path == tree.prefix_ || is_below(blob.path, tree.prefix_);
    tree.is_folder_ = tree.is_folder_ || is_below(blob.path, tree.prefix_);
    if (blob.path == tree.prefix_ ||
        (is_contract_name(blob.path) && (is_here || is_outer_file(blob.path)))) {
      wanted.push_back(blob);
      ids += blob.id + "\n";
    }
  }
  SLUICE_TRY(const GitAnswer batch, run_git(folder, {"cat-file", "--batch"}, ids));
  SLUICE_CHECK(parse_batch(batch.text, wanted, tree.texts_));
  return tree;
}

std::vector<std::string> GitTree::contracts() const {
  if (!is_folder_) {
    return texts_.contains(prefix_) ? std::vector{path_} : std::vector<std::string>{};
  }
  std::vector<std::string> paths;
  for (const auto& [path, text] : texts_) {
    const std::size_t cut = prefix_.empty() ? 0 : prefix_.size() + 1;
    if (is_below(path, prefix_) && !is_left_out(std::string_view(path).substr(cut))) {
      paths.push_back((fs::path(path_) / path.substr(cut)).string());
    }
  }
  std::ranges::sort(paths);
  return paths;
}

const std::string& GitTree::text_of(const std::string& path) const {
  const std::string below = path == path_ ? "" : fs::path(path).lexically_relative(path_).string();
  const auto found = texts_.find(below.empty()     ? prefix_
                                 : prefix_.empty() ? below
                                                   : prefix_ + "/" + below);
  SLUICE_ASSERT(found != texts_.end(), "a path that contracts() gave");
  return found->second;
}

std::optional<OuterFile> GitTree::find_above(const std::string& path,
                                             const std::string& name) const {
  const std::string below = path == path_ ? "" : fs::path(path).lexically_relative(path_).string();
  fs::path place = below.empty() ? fs::path(prefix_) : fs::path(prefix_) / below;
  fs::path folder = fs::path(path).parent_path();
  for (int step = 0; step <= kFoldersAboveMax; ++step) {
    place = place.parent_path();
    const auto found = texts_.find((place / name).string());
    if (found != texts_.end()) {
      return OuterFile{.path = (folder / name).lexically_normal().string(), .text = found->second};
    }
    if (place.empty()) {
      return std::nullopt;  // the root of the repository
    }
    const bool is_climbing = folder.empty() || !folder.has_filename() ||
                             folder.filename() == ".." || folder.filename() == ".";
    folder = is_climbing ? folder / ".." : folder.parent_path();
  }
  return std::nullopt;
}

}  // namespace sluice::contract
