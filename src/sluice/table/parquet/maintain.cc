#include <set>

#include <fmt/format.h>

#include "sluice/base/uuid.h"
#include "sluice/table/parquet/maintain_internal.h"

namespace sluice::table::internal {
namespace {

constexpr std::size_t kIdCharacters = 36;

/// "_<ingest id>-..." with one of our two endings.
bool is_hidden_file_of_ours(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  const std::string_view name = path.substr(slash == std::string_view::npos ? 0 : slash + 1);
  if (!name.starts_with('_') || name.size() < kIdCharacters + 1 ||
      !(name.ends_with(".parquet.staged") || name.ends_with(".parquet.removed"))) {
    return false;
  }
  const auto id = parse_uuid(name.substr(1, kIdCharacters));
  return id.has_value() && id->version() == 7;
}

/// Hidden names that a version from `older_than` on has given or taken: someone who began to read
/// or to mend before may still open them.
Result<std::set<std::string, std::less<>>> find_needed(const Context& context, ManifestLog& log,
                                                       const ManifestState& state,
                                                       sys_micros older_than) {
  std::set<std::string, std::less<>> needed;
  for (std::int64_t version = state.table.version; version >= 0; --version) {
    SLUICE_TRY(const auto stored, log.find_entry(context, version));
    if (!stored.has_value() || stored->entry.receipt.committed_at < older_than) {
      break;
    }
    for (const std::string& path : stored->entry.removed) {
      needed.insert(removed_name(path));
    }
    for (const DataFile& file : stored->entry.added) {
      needed.insert(staged_name(file.path));
    }
  }
  for (const DataFile& file : state.files) {
    needed.insert(staged_name(file.path));
  }
  return needed;
}

}  // namespace

Result<Maintained> remove_unneeded(const Context& context, storage::Storage& storage,
                                   ManifestLog& log, const ManifestState& state,
                                   sys_micros older_than) {
  SLUICE_TRY(const auto needed, find_needed(context, log, state, older_than));
  SLUICE_TRY(const auto objects, storage.list(context, ""));
  Maintained maintained;
  for (const storage::ObjectInfo& object : objects) {
    if (!is_hidden_file_of_ours(object.path)) {
      continue;
    }
    ++maintained.scanned;
    if (needed.contains(object.path) || object.modified >= older_than) {
      continue;
    }
    if (const Status removed = storage.remove(context, object.path); removed.has_value()) {
      ++maintained.deleted;
    } else {
      ++maintained.failed;
      context.say(LogLevel::Warning, to_string(removed.error()));
    }
  }
  return maintained;
}

}  // namespace sluice::table::internal
