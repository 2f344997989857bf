#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>

#include <fmt/format.h>

#include "sluice/base/uuid.h"
#include "sluice/table/change/batch.h"
#include "sluice/table/delta/cleaning_internal.h"
#include "sluice/table/delta/data_files_internal.h"
#include "sluice/table/files/layout.h"

namespace sluice::table::delta {
namespace {

namespace fs = std::filesystem;

using Paths = std::set<std::string, std::less<>>;

/// What a write of ours is called; what begins with "_" is not data.
bool is_data_file_of_ours(std::string_view path) {
  return !path.starts_with("_") && is_named_by_ingest(file_name(path), ".parquet");
}

/// The root as it is given, and as it is without links: a log may hold whole paths.
std::vector<fs::path> roots_of(const storage::Storage& storage) {
  const fs::path given = storage.uri("");
  std::error_code failed;
  const fs::path real = fs::weakly_canonical(given, failed);
  return failed ? std::vector{given} : std::vector{given, real};
}

/// A path of the log relative to the root; empty when it is elsewhere.
std::string find_below(const std::vector<fs::path>& roots, std::string_view logged) {
  constexpr std::string_view kFile = "file://";
  std::string path = decode_path(logged);
  if (path.starts_with(kFile)) {
    path.erase(0, kFile.size());
  }
  if (path.find("://") != std::string::npos) {
    return "";
  }
  const fs::path plain = fs::path(path).lexically_normal();
  if (!plain.is_absolute()) {
    return plain.generic_string();
  }
  for (const fs::path& root : roots) {
    const fs::path below = plain.lexically_relative(root);
    if (!below.empty() && *below.begin() != "..") {
      return below.generic_string();
    }
  }
  return "";
}

const std::string* find_missing(const Paths& live,
                                const std::vector<storage::ObjectInfo>& objects) {
  const auto missing = std::ranges::find_if(live, [&](const std::string& path) {
    return !std::ranges::binary_search(objects, path, {}, &storage::ObjectInfo::path);
  });
  return missing == live.end() ? nullptr : &*missing;
}

/// Listed again where a file is not in the list: it may be newer than that.
Status check_all_there(const Context& context, storage::Storage& storage, const Paths& live,
                       const std::vector<storage::ObjectInfo>& objects) {
  if (find_missing(live, objects) == nullptr) {
    return {};
  }
  SLUICE_TRY(const auto newer, storage.list(context, ""));
  const std::string* missing = find_missing(live, newer);
  if (missing == nullptr) {
    return {};
  }
  return make_error(ErrorCode::Corrupt,
                    fmt::format("nothing was removed: a data file of the table '{}' is not where "
                                "its log has it: '{}'",
                                storage.uri(""), *missing))
      .with_hint(
          "put the file back from a copy; without one, write the table anew by a run with the "
          "strategy overwrite and no partitions, and clean it after that");
}

Result<Paths> find_live(const Context& context, engine::Connection& connection,
                        const Snapshot& snapshot, const std::vector<fs::path>& roots) {
  const CommitKey key{
      .key = {}, .fingerprint = {}, .ingest_id = make_uuid_v7(*context.clock, *context.random)};
  SLUICE_TRY(const LiveFiles live,
             load_live_files(context, connection, snapshot, temporary_name("files", key)));
  drop_live_files(context, connection, live);
  Paths paths;
  for (const FileVersion::File& file : live.files) {
    if (std::string path = find_below(roots, file.path); !path.empty()) {
      paths.insert(std::move(path));
    }
  }
  return paths;
}

/// Those that a commit from `since` on has taken out. Clocks differ: a version is no older than one
/// before it.
Result<Paths> find_replaced(const Context& context, storage::Storage& storage, std::int64_t newest,
                            sys_micros since, const std::vector<fs::path>& roots) {
  Paths paths;
  Paths behind;  // of the versions after the last one that is known to be from then on
  for (std::int64_t version = newest; version >= 0; --version) {
    SLUICE_TRY(const auto entry, find_log_entry(context, storage, version));
    if (!entry.has_value()) {
      break;
    }
    for (const std::string& path : entry->removed) {
      behind.insert(find_below(roots, path));
    }
    if (entry->note.receipt.committed_at >= since) {
      paths.merge(behind);
      behind.clear();
    }
  }
  return paths;
}

}  // namespace

Result<Maintained> remove_unneeded_files(const Context& context, storage::Storage& storage,
                                         engine::Connection& connection, const Snapshot& snapshot,
                                         const Cleaning& cleaning) {
  const std::vector<fs::path> roots = roots_of(storage);
  SLUICE_TRY(const Paths live, find_live(context, connection, snapshot, roots));
  SLUICE_CHECK(check_all_there(context, storage, live, cleaning.objects));
  SLUICE_TRY(const Paths replaced, find_replaced(context, storage, snapshot.state().version,
                                                 cleaning.replaced_before, roots));
  return remove_unneeded(
      context, storage, cleaning.objects,
      {.is_ours = is_data_file_of_ours,
       .is_needed =
           [&](std::string_view path) { return live.contains(path) || replaced.contains(path); }},
      cleaning.older_than);
}

}  // namespace sluice::table::delta
