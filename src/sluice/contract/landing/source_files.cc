#include "sluice/contract/landing/source_files.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>
#include <fnmatch.h>

namespace sluice::contract {
namespace {

namespace fs = std::filesystem;

bool has_wildcard(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

std::vector<std::string> split(std::string_view path) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    if (end > begin) {
      parts.emplace_back(path.substr(begin, end - begin));
    }
    begin = end + 1;
  }
  return parts;
}

bool matches(const std::vector<std::string>& pattern, std::size_t at,
             const std::vector<std::string>& name, std::size_t from) {
  if (at == pattern.size()) {
    return from == name.size();
  }
  if (pattern[at] == "**") {
    for (std::size_t next = from; next <= name.size(); ++next) {
      if (matches(pattern, at + 1, name, next)) {
        return true;
      }
    }
    return false;
  }
  return from < name.size() && fnmatch(pattern[at].c_str(), name[from].c_str(), 0) == 0 &&
         matches(pattern, at + 1, name, from + 1);
}

bool is_hidden(std::string_view name) { return name.starts_with('.') || name.starts_with('_'); }

/// All files below a folder, as paths relative to it; hidden folders are not entered.
Result<std::vector<std::string>> files_below(const Context& context, const std::string& folder) {
  std::vector<std::string> found;
  std::error_code failed;
  fs::recursive_directory_iterator entry(folder, failed);
  for (; !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    SLUICE_CHECK(context.check());
    if (is_hidden(entry->path().filename().string())) {
      entry.disable_recursion_pending();
      continue;
    }
    std::error_code ignored;
    if (entry->is_regular_file(ignored)) {
      found.push_back(entry->path().lexically_relative(folder).generic_string());
    }
  }
  if (failed) {
    return make_error(ErrorCode::Unavailable,
                      fmt::format("a folder cannot be listed ({}): '{}'", failed.message(), folder))
        .with_hint("check that the folder is there and may be read");
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view name) {
  return matches(split(pattern), 0, split(name), 0);
}

std::string absolute_path(const std::string& path, const std::string& base) {
  const fs::path joined = fs::path(path).is_absolute() ? fs::path(path) : fs::path(base) / path;
  std::string text = joined.lexically_normal().generic_string();
  while (text.size() > 1 && text.ends_with('/')) {
    text.pop_back();
  }
  return text;
}

std::string local_path_of(std::string_view written) {
  constexpr std::string_view kScheme = "file://";
  constexpr std::string_view kThisHost = "localhost/";
  if (!written.starts_with(kScheme)) {
    return std::string(written);
  }
  written.remove_prefix(kScheme.size());
  written.remove_prefix(written.starts_with(kThisHost) ? kThisHost.size() - 1 : 0);
  std::string path;
  for (std::size_t at = 0; at < written.size(); ++at) {
    unsigned char sign = 0;
    const char* const digits = written.data() + at + 1;
    const bool is_escape = written[at] == '%' && at + 2 < written.size() &&
                           std::from_chars(digits, digits + 2, sign, 16).ptr == digits + 2;
    path += is_escape ? static_cast<char>(sign) : written[at];
    at += is_escape ? 2 : 0;
  }
  return path;
}

std::string folder_of(const std::string& path) { return fs::path(path).parent_path().string(); }

std::string working_folder() {
  std::error_code failed;
  return fs::current_path(failed).string();
}

std::string source_root(const std::string& path, const std::string& base) {
  std::string full = absolute_path(local_path_of(path), base);
  std::string root = "/";
  for (const std::string& part : split(std::string_view(full).substr(1))) {
    std::string next = fmt::format("{}/{}", root == "/" ? "" : root, part);
    std::error_code failed;
    if (has_wildcard(part) && !fs::exists(next, failed)) {
      return root;
    }
    root = std::move(next);
  }
  return full;
}

Result<std::string> local_source(const std::string& path, const std::string& base) {
  std::string local = local_path_of(path);
  if (local.find("://") != std::string::npos || local.starts_with("table:")) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a source is a local file, folder or glob, not '{}'",
                                  local.substr(0, local.find(':') + 1)))
        .with_hint("copy the files to a local folder and give it with --source");
  }
  return absolute_path(local, base);
}

Result<std::vector<std::string>> list_source_files(const Context& context, const std::string& path,
                                                   const std::string& base) {
  SLUICE_TRY(const std::string full, local_source(path, base));
  std::error_code failed;
  if (fs::is_regular_file(full, failed)) {
    return std::vector{full};
  }
  const bool is_folder = fs::is_directory(full, failed);
  if (is_folder && fs::exists(full + "/_delta_log", failed)) {
    return make_error(
               ErrorCode::Unsupported,
               fmt::format("a folder is a Delta table, and its files are not its rows: '{}'", full))
        .with_hint("give the files of its newest version with --source");
  }
  if (!is_folder && !has_wildcard(full)) {
    return std::vector<std::string>{};
  }
  // The part before the first wildcard is a folder that must be there.
  const std::string root = source_root(full, "");
  const std::string pattern = is_folder ? "**" : full.substr(root == "/" ? 1 : root.size() + 1);
  if (!fs::is_directory(root, failed)) {
    return std::vector<std::string>{};
  }
  SLUICE_TRY(const std::vector<std::string> names, files_below(context, root));
  const std::string above = root == "/" ? root : root + "/";
  std::vector<std::string> found;
  for (const std::string& name : names) {
    if (matches_glob(pattern, name)) {
      found.push_back(above);
      found.back().append(name);
    }
  }
  return found;
}

}  // namespace sluice::contract
