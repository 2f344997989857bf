#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sluice/base/disk.h"
#include "sluice/base/uuid.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/ducklake/lake_files_internal.h"
#include "sluice/table/files/damage.h"

namespace sluice::table::internal {
namespace {

namespace fs = std::filesystem;

using dialect::quote_identifier;
using dialect::quote_literal;

constexpr std::string_view kKeptFolder = "_sluice_kept";
constexpr std::string_view kKept = ".kept";
/// Holds a file for each catalog whose lake has its data here, named by what tells it from others.
constexpr std::string_view kCatalogsFolder = "_sluice_catalogs";
constexpr std::string_view kPrefix = "ducklake-";
constexpr std::string_view kData = ".parquet";
/// A clock that was set back between a transaction's begin and its files.
constexpr auto kSlack = std::chrono::seconds(2);

bool is_lake_file(std::string_view name) {
  return name.starts_with(kPrefix) && name.ends_with(kData);
}

/// The time in a name such as ducklake-01a1fea8-1edb-7fa8-b821-1f1f08ec937c.parquet.
std::optional<sys_micros> find_birth(std::string_view name) {
  const std::string_view id = name.substr(kPrefix.size());
  if (id.size() < 15 || id[8] != '-' || id[14] != '7') {
    return std::nullopt;
  }
  const std::string digits = fmt::format("{}{}", id.substr(0, 8), id.substr(9, 4));
  std::int64_t ms = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), ms, 16);
  if (failed != std::errc{} || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return sys_micros(std::chrono::milliseconds(ms));
}

struct Seen {
  sys_micros written;
  nlink_t names = 0;
};

std::optional<Seen> look_at(const fs::path& path) {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) {
    return std::nullopt;
  }
  return Seen{.written = instant_of(found.st_mtim), .names = found.st_nlink};
}

/// "ducklake-<id>.parquet" of "ducklake-<id>.parquet.<owner>.kept".
std::string original_name(const std::string& kept) {
  const std::size_t end = kept.find(kData);
  return end == std::string::npos ? "" : kept.substr(0, end + kData.size());
}

Status flush(const fs::path& path) {
  const FileHandle opened(
      retry_interrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC); }));
  if (!opened.is_open()) {
    return make_disk_error(errno, "opening", path.string());
  }
  return flush_to_disk(opened.get(), path.string());
}

Error cannot_keep(int code, const fs::path& path) {
  if (code != EPERM && code != EOPNOTSUPP && code != EMLINK && code != EXDEV) {
    return make_disk_error(code, "keeping a file under a second name", path.string());
  }
  return make_error(
             ErrorCode::Unsupported,
             fmt::format("this file system gives no file a second name: '{}'", path.string()))
      .with_hint("put the data of the lake on a local disk (ext4, xfs, btrfs)");
}

class LakeFiles final : public CommitFiles {
 public:
  LakeFiles(engine::Connection& connection, const plan::TableId& id)
      : connection_(&connection), id_(id) {}

  Status begin(const Context& context) override;
  Status keep(const Context& context) override;
  Status check_landed(const Context& context) override;
  void release() override;
  Status restore(const Context& context) override;
  Status check_alone(const Context& context) override;
  Status expire(const Context& context, sys_micros older_than) override;
  Result<Maintained> sweep(const Context& context, sys_micros older_than) override;

 private:
  Status find_lake(const Context& context);
  Status find_folders(const Context& context);
  Status mark_data() const;
  bool is_new(const fs::path& path) const;
  Result<std::vector<fs::path>> find_new_files() const;
  Result<std::vector<fs::path>> find_named(const Context& context, const std::string& condition);
  Result<std::set<std::string>> find_all_named(const Context& context);
  std::vector<fs::path> find_kept() const;
  fs::path kept_folder() const { return data_ / kKeptFolder; }

  engine::Connection* connection_;
  plan::TableId id_;
  std::string prefix_;   // of the lake's data, as the catalog puts it before relative paths
  fs::path data_;        // the same without a slash at its end
  std::string catalog_;  // "__ducklake_metadata_lake." and, where there is one, the schema
  std::string catalog_id_;
  sys_micros begun_;
  std::vector<fs::path> folders_;
  std::vector<fs::path> kept_;
};

/// Where the lake is never changes while it is attached.
Status LakeFiles::find_lake(const Context& context) {
  if (!catalog_.empty()) {
    return {};
  }
  const std::string& lake = id_.parts.front();
  SLUICE_TRY(
      const auto rows,
      find_text_rows(context, *connection_,
                     fmt::format("SELECT (SELECT data_path FROM ducklake_settings({0})), (SELECT "
                                 "options['metadata_schema'] FROM duckdb_databases() WHERE "
                                 "database_name = {0})",
                                 quote_literal(lake))));
  prefix_ = rows[0][0].value_or("");
  data_ = prefix_.substr(0, prefix_.find_last_not_of('/') + 1);
  std::string catalog = quote_identifier("__ducklake_metadata_" + lake) + ".";
  if (const std::string schema = rows[0][1].value_or(""); !schema.empty()) {
    catalog += quote_identifier(schema) + ".";
  }
  // The first schema is made with the catalog.
  SLUICE_TRY(const auto ids,
             find_text_rows(context, *connection_,
                            fmt::format("SELECT CAST(schema_uuid AS VARCHAR) FROM "
                                        "{}ducklake_schema ORDER BY schema_id LIMIT 1",
                                        catalog)));
  catalog_id_ = ids.empty() ? "" : ids[0][0].value_or("");
  catalog_ = std::move(catalog);
  return {};
}

/// So that whoever cleans here through another catalog knows of this one.
Status LakeFiles::mark_data() const {
  const fs::path marker = data_ / kCatalogsFolder / catalog_id_;
  std::error_code failed;
  if (catalog_id_.empty() || fs::exists(marker, failed)) {
    return {};
  }
  fs::create_directories(marker.parent_path(), failed);
  if (failed) {
    return make_disk_error(failed.value(), "making a folder", marker.parent_path().string());
  }
  const FileHandle made(retry_interrupted(
      [&] { return ::open(marker.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666); }));
  if (!made.is_open()) {
    return make_disk_error(errno, "marking the data of a lake", marker.string());
  }
  return {};
}

Status LakeFiles::check_alone(const Context& context) {
  SLUICE_CHECK(find_lake(context));
  std::error_code failed;
  auto entry = fs::directory_iterator(data_ / kCatalogsFolder, failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    if (entry->path().filename().string() != catalog_id_) {
      return make_error(
                 ErrorCode::InvalidArgument,
                 fmt::format("another catalog keeps files in the data folder of this lake: '{}'",
                             data_.string()))
          .with_hint(fmt::format("give each lake a data folder of its own, as files of the other "
                                 "one would be taken for orphans; when that catalog is no more, "
                                 "remove '{}'",
                                 entry->path().string()));
    }
  }
  if (failed && failed != std::errc::no_such_file_or_directory) {
    return make_disk_error(failed.value(), "listing", (data_ / kCatalogsFolder).string());
  }
  return {};
}

/// Of the table and of the two beside it; all of the lake's while one of them is not there yet.
Status LakeFiles::find_folders(const Context& context) {
  SLUICE_TRY(
      const auto rows,
      find_text_rows(
          context, *connection_,
          {fmt::format("SELECT (CASE WHEN t.path_is_relative AND s.path_is_relative THEN {1} ELSE "
                       "'' END) || (CASE WHEN t.path_is_relative THEN s.path ELSE '' END) || "
                       "t.path FROM {0}ducklake_table t JOIN {0}ducklake_schema s USING "
                       "(schema_id) WHERE t.end_snapshot IS NULL AND s.end_snapshot IS NULL AND "
                       "lower(s.schema_name) = lower(?) AND lower(t.table_name) IN (lower(?), "
                       "'_sluice_table', '_sluice_ledger')",
                       catalog_, quote_literal(prefix_)),
           {id_.parts[1], id_.parts[2]}}));
  folders_.clear();
  for (const TextRow& row : rows) {
    folders_.emplace_back(row[0].value_or(""));
  }
  if (folders_.size() != 3) {
    folders_ = {data_};
  }
  return {};
}

Status LakeFiles::begin(const Context& context) {
  kept_.clear();  // an outcome that is still open: restore() has them
  SLUICE_CHECK(find_lake(context));
  SLUICE_CHECK(mark_data());
  SLUICE_CHECK(find_folders(context));
  begun_ = system_clock().now() - kSlack;
  return {};
}

bool LakeFiles::is_new(const fs::path& path) const {
  const std::string name = path.filename().string();
  if (!is_lake_file(name)) {
    return false;
  }
  if (const auto birth = find_birth(name); birth.has_value()) {
    return *birth >= begun_;
  }
  const auto seen = look_at(path);
  return seen.has_value() && seen->written >= begun_;
}

Result<std::vector<fs::path>> LakeFiles::find_new_files() const {
  std::vector<fs::path> found;
  for (const fs::path& folder : folders_) {
    std::error_code failed;
    auto entry = fs::recursive_directory_iterator(folder, failed);
    for (; !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
      if (is_new(entry->path())) {
        found.push_back(entry->path());
      }
    }
    if (failed && failed != std::errc::no_such_file_or_directory) {
      return make_disk_error(failed.value(), "listing", folder.string());
    }
  }
  return found;
}

/// A file that a rival has taken away meanwhile was none of ours.
Status LakeFiles::keep(const Context&) {
  SLUICE_TRY(const auto files, find_new_files());
  if (files.empty()) {
    return {};
  }
  std::error_code failed;
  fs::create_directories(kept_folder(), failed);
  if (failed) {
    return make_disk_error(failed.value(), "making a folder", kept_folder().string());
  }
  const std::string owner = to_string(make_uuid_v7(system_clock(), system_random()));
  std::set<fs::path> folders;
  for (const fs::path& file : files) {
    const fs::path second =
        kept_folder() / fmt::format("{}.{}{}", file.filename().string(), owner, kKept);
    if (::link(file.c_str(), second.c_str()) != 0) {
      if (errno == ENOENT) {
        continue;
      }
      return cannot_keep(errno, file);
    }
    kept_.push_back(second);
    SLUICE_CHECK(flush(second));
    fs::path up = file.parent_path();
    while (folders.insert(up).second && up != data_ && up.has_relative_path()) {
      up = up.parent_path();
    }
  }
  for (const fs::path& folder : folders) {
    SLUICE_CHECK(flush(folder));
  }
  return {};
}

void LakeFiles::release() {
  for (const fs::path& second : std::exchange(kept_, {})) {
    ::unlink(second.c_str());  // one that stays is swept
  }
}

std::vector<fs::path> LakeFiles::find_kept() const {
  std::vector<fs::path> kept;
  std::error_code failed;
  auto entry = fs::directory_iterator(kept_folder(), failed);
  for (; !failed && entry != fs::directory_iterator(); entry.increment(failed)) {
    if (is_lake_file(original_name(entry->path().filename().string()))) {
      kept.push_back(entry->path());
    }
  }
  return kept;
}

/// Where the catalog says that the files are whose entry `f` meets the condition.
Result<std::vector<fs::path>> LakeFiles::find_named(const Context& context,
                                                    const std::string& condition) {
  constexpr std::string_view kEntry = "table_id, path, path_is_relative, begin_snapshot";
  SLUICE_TRY(
      const auto rows,
      find_text_rows(
          context, *connection_,
          fmt::format("SELECT DISTINCT (CASE WHEN f.path_is_relative AND t.path_is_relative AND "
                      "s.path_is_relative THEN {1} ELSE '' END) || (CASE WHEN f.path_is_relative "
                      "AND t.path_is_relative THEN s.path ELSE '' END) || (CASE WHEN "
                      "f.path_is_relative THEN t.path ELSE '' END) || f.path FROM (SELECT "
                      "{2} FROM {0}ducklake_data_file UNION ALL SELECT {2} FROM "
                      "{0}ducklake_delete_file) f JOIN {0}ducklake_table t USING (table_id) JOIN "
                      "{0}ducklake_schema s USING (schema_id) WHERE {3}",
                      catalog_, quote_literal(prefix_), kEntry, condition)));
  std::vector<fs::path> paths;
  for (const TextRow& row : rows) {
    paths.emplace_back(row[0].value_or(""));
  }
  return paths;
}

/// What was taken before it was kept cannot be put back.
Status LakeFiles::check_landed(const Context& context) {
  SLUICE_CHECK(restore(context));
  SLUICE_TRY(const auto named,
             find_named(context, fmt::format("f.begin_snapshot = (SELECT id FROM "
                                             "ducklake_last_committed_snapshot({}))",
                                             quote_literal(id_.parts.front()))));
  std::vector<FilePlace> places;
  for (const fs::path& path : named) {
    places.push_back({.place = path.string()});
  }
  Status landed = check_data_files(plan::to_string(id_), places);
  if (!landed.has_value()) {
    return std::move(landed).error().with_hint(
        "the rows are committed, and their files were removed before that: clean with --force only "
        "while nobody writes; read the version before it (sluice table rows --version N)");
  }
  return {};
}

/// A kept file is missed when all its names are second ones.
Status LakeFiles::restore(const Context& context) {
  SLUICE_CHECK(find_lake(context));
  std::map<std::string, std::vector<fs::path>> seconds;
  for (const fs::path& path : find_kept()) {
    seconds[original_name(path.filename().string())].push_back(path);
  }
  std::string missed;
  for (const auto& [name, paths] : seconds) {
    const auto seen = look_at(paths.front());
    if (seen.has_value() && seen->names <= paths.size()) {
      missed += (missed.empty() ? "" : ", ") + quote_literal(name);
    }
  }
  if (missed.empty()) {
    return {};
  }
  SLUICE_TRY(const auto named,
             find_named(context, fmt::format("parse_filename(f.path) IN ({})", missed)));
  for (const fs::path& path : named) {
    const std::vector<fs::path>& kept = seconds[path.filename().string()];
    if (::link(kept.front().c_str(), path.c_str()) != 0 && errno != EEXIST && errno != ENOENT) {
      return make_disk_error(errno, "putting a file back", path.string());
    }
    SLUICE_CHECK(flush(path.parent_path()));
    for (const fs::path& second : kept) {
      ::unlink(second.c_str());
    }
    context.say(LogLevel::Warning, "a file that a lost reply took away is back in its place");
  }
  return {};
}

Result<std::set<std::string>> LakeFiles::find_all_named(const Context& context) {
  SLUICE_TRY(const auto rows,
             find_text_rows(context, *connection_,
                            fmt::format("SELECT parse_filename(path) FROM (SELECT path FROM "
                                        "{0}ducklake_data_file UNION ALL SELECT path FROM "
                                        "{0}ducklake_delete_file UNION ALL SELECT path FROM "
                                        "{0}ducklake_files_scheduled_for_deletion)",
                                        catalog_)));
  std::set<std::string> names;
  for (const TextRow& row : rows) {
    names.insert(row[0].value_or(""));
  }
  return names;
}

/// A snapshot goes when the next one is older, too: the newest before the instant was still read
/// then. Snapshots are named one by one, and the schedule is read here: the lake's own `older_than`
/// passes every instant of a catalog in SQLite, which keeps them as text.
Status LakeFiles::expire(const Context& context, sys_micros older_than) {
  SLUICE_CHECK(find_lake(context));
  const std::string lake = quote_literal(id_.parts.front());
  const std::string instant = dialect::render_literal(dialect::duckdb_dialect(), older_than);
  SLUICE_TRY(const auto old,
             find_text_rows(
                 context, *connection_,
                 fmt::format("SELECT CAST(list(snapshot_id) AS VARCHAR) FROM "
                             "ducklake_snapshots({0}) WHERE snapshot_time < {1} AND snapshot_id "
                             "< (SELECT max(snapshot_id) FROM ducklake_snapshots({0}) WHERE "
                             "snapshot_time < {1})",
                             lake, instant)));
  if (old[0][0].has_value()) {
    SLUICE_CHECK(connection_->execute(
        context,
        fmt::format("CALL ducklake_expire_snapshots({}, versions => {})", lake, *old[0][0])));
  }
  SLUICE_CHECK(connection_->execute(
      context, fmt::format("DELETE FROM {}ducklake_files_scheduled_for_deletion WHERE "
                           "CAST(schedule_start AS TIMESTAMP WITH TIME ZONE) < {}",
                           catalog_, instant)));
  return {};
}

/// Not by the extension's own function: it takes the folder's name for a pattern, and whatever ends
/// in ".parquet" for the lake's. Files are listed before the catalog is asked.
Result<Maintained> LakeFiles::sweep(const Context& context, sys_micros older_than) {
  SLUICE_CHECK(restore(context));
  Maintained done;
  std::vector<fs::path> old;
  std::error_code failed;
  auto entry = fs::recursive_directory_iterator(data_, failed);
  for (; !failed && entry != fs::recursive_directory_iterator(); entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    if (!is_lake_file(name) && !name.ends_with(kKept)) {
      continue;
    }
    ++done.scanned;
    if (const auto seen = look_at(entry->path()); seen.has_value() && seen->written < older_than) {
      old.push_back(entry->path());
    }
  }
  if (failed) {
    return make_disk_error(failed.value(), "listing", data_.string());
  }
  SLUICE_TRY(const auto named, find_all_named(context));
  for (const fs::path& path : old) {
    if (named.contains(path.filename().string())) {
      continue;
    }
    const bool is_gone = ::unlink(path.c_str()) == 0 || errno == ENOENT;
    ++(is_gone ? done.deleted : done.failed);
  }
  return done;
}

}  // namespace

std::unique_ptr<CommitFiles> make_lake_files(engine::Connection& connection,
                                             const plan::TableId& id) {
  return std::make_unique<LakeFiles>(connection, id);
}

}  // namespace sluice::table::internal
