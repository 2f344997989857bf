#include "sluice/table/table.h"

#include <algorithm>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"

namespace sluice::table {

std::string_view maintenance_name(const Maintenance& request) {
  return std::visit(overloaded{
                        [](const Clean&) -> std::string_view { return "clean"; },
                        [](const Vacuum&) -> std::string_view { return "vacuum"; },
                        [](const Compact&) -> std::string_view { return "compact"; },
                        [](const Evolve&) -> std::string_view { return "evolve"; },
                        [](const Describe&) -> std::string_view { return "describe"; },
                    },
                    request);
}

Result<std::int64_t> load_version(const Context& context, Table& table, const At& at) {
  SLUICE_TRY(std::vector<Version> history, table.history(context));
  // Clocks differ: a version is no older than the one before it.
  for (std::size_t i = history.size(); i-- > 1;) {
    history[i - 1].committed_at = std::max(history[i - 1].committed_at, history[i].committed_at);
  }
  const auto found = std::ranges::find_if(history, [&](const Version& one) {
    return (!at.version || one.version == *at.version) &&
           (!at.instant || one.committed_at <= *at.instant);
  });
  if (found != history.end()) {
    return found->version;
  }
  Error error = make_error(ErrorCode::NotFound,
                           at.version ? fmt::format("the table has no version {} any more, or not "
                                                    "yet: '{}'",
                                                    *at.version, table.describe().uri)
                                      : fmt::format("the table has no version from before that "
                                                    "instant: '{}'",
                                                    table.describe().uri));
  return history.empty()
             ? std::move(error)
             : std::move(error).with_hint(fmt::format(
                   "its versions are {} to {}", history.back().version, history.front().version));
}

}  // namespace sluice::table
