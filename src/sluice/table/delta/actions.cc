#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/table/delta/actions_internal.h"
#include "sluice/table/stored_form.h"

namespace sluice::table::delta {

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
