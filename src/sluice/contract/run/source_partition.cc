#include "sluice/contract/run/source_partition.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "sluice/contract/landing/source_files.h"
#include "sluice/contract/run/runner_internal.h"

namespace sluice::contract {
namespace {

namespace fs = std::filesystem;
using std::string;
using std::chrono::days;
using std::chrono::sys_days;

constexpr std::int64_t kLookbackDays = 30;
constexpr std::int64_t kMinutesOfDay = 24 * 60;
/// Names of folders that a window may have: a year of minutes, decades of hours.
constexpr std::int64_t kFoldersMax = 600'000;

bool holds(std::string_view format, char directive) {
  for (std::size_t at = 0; at + 1 < format.size(); ++at) {
    if (format[at] == '%' && format[++at] == directive) {
      return true;
    }
  }
  return false;
}

/// 2026-01-31, perhaps with a time behind it; its form was checked when the contract was read.
std::optional<sys_days> day_of(const MaybeText& text) {
  std::tm parts{};
  if (!text || strptime(text->value.c_str(), "%Y-%m-%d", &parts) == nullptr) {
    return std::nullopt;
  }
  return sys_days(std::chrono::year(parts.tm_year + 1900) / (parts.tm_mon + 1) / parts.tm_mday);
}

string folder_name(const string& format, sys_days day, std::int64_t minute) {
  const std::time_t instant =
      std::chrono::sys_seconds(day).time_since_epoch().count() + minute * 60;
  std::tm parts{};
  gmtime_r(&instant, &parts);
  string name(format.size() * 8 + 64, '\0');
  name.resize(std::strftime(name.data(), name.size(), format.c_str(), &parts));
  return name;
}

/// One slash between folders, and none around them.
string without_extra_slashes(std::string_view path) {
  string folders;
  for (const char c : path) {
    if (c != '/' || !(folders.empty() || folders.ends_with('/'))) {
      folders += c;
    }
  }
  return folders.ends_with('/') ? folders.substr(0, folders.size() - 1) : folders;
}

/// Paths of the folders of the window, and of all that stand above one of them.
struct Wanted {
  std::vector<string> folders;  // sorted
  std::set<string> above;
};

Result<Wanted> wanted_folders(const Context& context, const SourcePartition& partition,
                              sys_micros clock) {
  const string format = without_extra_slashes(partition.format.value);
  const auto too_long = [] {
    return make_error(ErrorCode::InvalidContract,
                      "the window of source.partition is longer than a run looks through")
        .with_hint("write a later start_date, or fewer lookback_days");
  };
  const std::int64_t back =
      partition.lookback_days ? partition.lookback_days->value : kLookbackDays;
  if (back > kFoldersMax) {
    return too_long();
  }
  const sys_days end = day_of(partition.end_date).value_or(std::chrono::floor<days>(clock));
  const sys_days start = day_of(partition.start_date).value_or(end - days(back));
  const std::int64_t step = holds(format, 'M') ? 1 : holds(format, 'H') ? 60 : kMinutesOfDay;
  if (((end - start).count() + 1) * (kMinutesOfDay / step) > kFoldersMax) {
    return too_long();
  }
  Wanted wanted;
  for (sys_days day = start; day <= end; day += days(1)) {
    SLUICE_CHECK(context.check());
    for (std::int64_t minute = 0; minute < kMinutesOfDay; minute += step) {
      wanted.folders.push_back(folder_name(format, day, minute));
    }
  }
  std::ranges::sort(wanted.folders);
  for (const string& folder : wanted.folders) {
    for (std::size_t slash = folder.find('/'); slash != string::npos;
         slash = folder.find('/', slash + 1)) {
      wanted.above.insert(folder.substr(0, slash));
    }
  }
  return wanted;
}

/// Of a folder or those below it the wanted ones, as paths that count from `root`.
Status find_folders(const Context& context, const string& root, const string& folder,
                    const Wanted& wanted, std::vector<string>& found) {
  std::error_code failed;
  fs::directory_iterator entry(folder.empty() ? root : root + "/" + folder, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    SLUICE_CHECK(context.check());
    std::error_code ignored;
    const string name = entry->path().filename().string();
    if (!entry->is_directory(ignored)) {
      continue;
    }
    const string path = folder.empty() ? name : fmt::format("{}/{}", folder, name);
    if (std::ranges::binary_search(wanted.folders, path)) {
      found.push_back(path);
    } else if (wanted.above.contains(path)) {
      SLUICE_CHECK(find_folders(context, root, path, wanted, found));
    }
  }
  if (failed) {
    return make_error(ErrorCode::Unavailable, fmt::format("a folder cannot be listed ({}): '{}'",
                                                          failed.message(), root + "/" + folder))
        .with_hint("check that the folder is there and may be read");
  }
  return {};
}

/// `name` counts from the folder of its date.
bool is_file_of(const Source& source, std::string_view name) {
  const MaybeText& pattern =
      source.partition->file_pattern ? source.partition->file_pattern : source.pattern;
  if (pattern) {
    return matches_glob(pattern->value, name);
  }
  const bool is_below = name.find('/') != std::string_view::npos;
  return !is_below && (!source.format || internal::is_named_as(name, source.format->value));
}

}  // namespace

Result<std::vector<string>> list_partition_files(const Context& context, const Source& source,
                                                 const string& base, sys_micros clock) {
  SLUICE_TRY(const string root, local_source(source.path->value, base));
  std::error_code failed;
  if (!fs::is_directory(root, failed)) {
    if (!fs::exists(root, failed) && root.find_first_of("*?[") == string::npos) {
      return std::vector<string>{};
    }
    return make_error(ErrorCode::InvalidContract,
                      "source.partition wants source.path to be the folder above its folders")
        .with_hint("write that folder, and a glob of files as file_pattern");
  }
  SLUICE_TRY(const Wanted wanted, wanted_folders(context, *source.partition, clock));
  std::vector<string> folders;
  SLUICE_CHECK(find_folders(context, root, "", wanted, folders));
  std::vector<string> found;
  for (const string& folder : folders) {
    const string above = fmt::format("{}{}{}", root, root == "/" ? "" : "/", folder);
    SLUICE_TRY(std::vector<string> files, list_source_files(context, above, ""));
    std::erase_if(files, [&](const string& file) {
      return !is_file_of(source, std::string_view(file).substr(above.size() + 1));
    });
    found.insert(found.end(), files.begin(), files.end());
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace sluice::contract
