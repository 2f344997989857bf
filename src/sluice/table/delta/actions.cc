#include <algorithm>
#include <filesystem>
#include <fstream>
#include <istream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/table/delta/actions_internal.h"
#include "sluice/table/stored_form.h"

namespace sluice::table::delta {
namespace {

bool is_sound(const nlohmann::json& line) {
  if (!line.is_object()) {
    return false;
  }
  const auto add = line.find("add");
  if (add == line.end() || !add->is_object()) {
    return add == line.end() || add->is_null();
  }
  const auto path = add->find("path");
  const auto size = add->find("size");
  return path != add->end() && path->is_string() && size != add->end() && size->is_number_integer();
}

bool is_sound(std::istream& entry) {
  for (std::string line; std::getline(entry, line);) {
    const bool is_blank = line.find_first_not_of(" \t\r") == std::string::npos;
    if (!is_blank && !is_sound(nlohmann::json::parse(line, nullptr, false))) {
      return false;
    }
  }
  return true;
}

}  // namespace

std::string find_broken_entry(const std::string& log_folder) {
  std::vector<std::filesystem::path> entries;
  std::error_code failed;
  for (auto each = std::filesystem::directory_iterator(log_folder, failed);
       !failed && each != std::filesystem::directory_iterator(); each.increment(failed)) {
    if (each->path().extension() == ".json") {
      entries.push_back(each->path());
    }
  }
  std::ranges::sort(entries);
  for (const std::filesystem::path& path : entries) {
    std::ifstream entry(path);
    if (entry && !is_sound(entry)) {
      return path.string();
    }
  }
  return "";
}

Status read_actions(std::string_view entry, std::string_view path,
                    std::initializer_list<std::string_view> names, const TakeAction& take) {
  std::vector<std::string> quoted;
  for (const std::string_view name : names) {
    quoted.push_back(fmt::format("\"{}\"", name));
  }
  // Most lines name data files and are long: one without such a word is not parsed.
  const auto may_hold = [&](std::string_view line) {
    return std::ranges::any_of(
        quoted, [&](const std::string& word) { return line.find(word) != std::string_view::npos; });
  };
  while (!entry.empty()) {
    const std::size_t end = entry.find('\n');
    const std::string_view line = entry.substr(0, end);
    entry.remove_prefix(end == std::string_view::npos ? entry.size() : end + 1);
    if (!may_hold(line)) {
      continue;
    }
    SLUICE_TRY(const nlohmann::json parsed, parse_document(line, path));
    for (const std::string_view name : names) {
      const auto action = parsed.find(name);
      if (action != parsed.end() && action->is_object()) {
        SLUICE_CHECK(take(name, *action));
      }
    }
  }
  return {};
}

}  // namespace sluice::table::delta
