#include <map>
#include <set>
#include <string>
#include <string_view>

#include "sluice/table/files/layout.h"
#include "sluice/table/parquet/maintain_internal.h"

namespace sluice::table::internal {
namespace {

/// "_<ingest id>-..." with one of our two endings.
bool is_hidden_file_of_ours(std::string_view path) {
  const std::string_view name = file_name(path);
  return name.starts_with('_') && (is_named_by_ingest(name.substr(1), ".parquet.staged") ||
                                   is_named_by_ingest(name.substr(1), ".parquet.removed"));
}

/// Hidden names that a version from `older_than` on has given or taken: someone who began to read
/// or to mend before may still open them. Clocks differ: a version is no older than one before it.
Result<std::set<std::string, std::less<>>> find_needed(const Context& context, ManifestLog& log,
                                                       const ManifestState& state,
                                                       sys_micros older_than) {
  std::set<std::string, std::less<>> needed;
  std::set<std::string, std::less<>>
      behind;  // of versions after the last that is known to be young
  for (std::int64_t version = state.table.version; version >= 0; --version) {
    SLUICE_TRY(const auto stored, log.find_entry(context, version));
    if (!stored.has_value()) {
      break;
    }
    for (const std::string& path : stored->entry.removed) {
      behind.insert(removed_name(path));
    }
    for (const DataFile& file : stored->entry.added) {
      behind.insert(staged_name(file.path));
    }
    if (stored->entry.receipt.committed_at >= older_than) {
      needed.merge(behind);
      behind.clear();
    }
  }
  for (const DataFile& file : state.files) {
    needed.insert(staged_name(file.path));
  }
  return needed;
}

bool is_staged_file_of_ours(std::string_view path) {
  const std::string_view name = file_name(path);
  return name.starts_with('_') && is_named_by_ingest(name.substr(1), ".parquet.staged");
}

}  // namespace

std::vector<DataFile> find_small_files(const std::vector<DataFile>& files,
                                       std::uint64_t file_bytes) {
  const auto folder_of = [](const DataFile& file) {
    return file.path.substr(0, file.path.size() - file_name(file.path).size());
  };
  const auto is_small = [&](const DataFile& file) {
    return static_cast<std::uint64_t>(file.bytes) < file_bytes / 2;
  };
  std::map<std::string, int> small;
  for (const DataFile& file : files) {
    small[folder_of(file)] += is_small(file) ? 1 : 0;
  }
  std::vector<DataFile> found;
  for (const DataFile& file : files) {
    if (is_small(file) && small[folder_of(file)] > 1) {
      found.push_back(file);
    }
  }
  return found;
}

Result<Maintained> remove_uncommitted(const Context& context, storage::Storage& storage,
                                      ManifestLog& log, sys_micros older_than) {
  SLUICE_TRY(const auto objects, storage.list(context, ""));
  SLUICE_TRY(const ManifestState* state, log.load(context));
  // What the newest version names is shown before another one is made, so no older one is open.
  std::set<std::string, std::less<>> needed;
  for (const DataFile& file : state->files) {
    needed.insert(staged_name(file.path));
  }
  return table::remove_unneeded(
      context, storage, objects,
      {.is_ours = is_staged_file_of_ours,
       .is_needed = [&](std::string_view path) { return needed.contains(path); }},
      older_than);
}

Result<Maintained> remove_unneeded(const Context& context, storage::Storage& storage,
                                   ManifestLog& log, sys_micros older_than) {
  SLUICE_TRY(const auto objects, storage.list(context, ""));
  SLUICE_TRY(const ManifestState* state, log.load(context));
  SLUICE_TRY(const auto needed, find_needed(context, log, *state, older_than));
  return table::remove_unneeded(
      context, storage, objects,
      {.is_ours = is_hidden_file_of_ours,
       .is_needed = [&](std::string_view path) { return needed.contains(path); }},
      older_than);
}

}  // namespace sluice::table::internal
