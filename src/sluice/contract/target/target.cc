#include "sluice/contract/target/target.h"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/limits.h"
#include "sluice/contract/landing/source_files.h"
#include "sluice/contract/lower/lower.h"
#include "sluice/contract/run/database_name.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/places.h"
#include "sluice/engine/module.h"
#include "sluice/run/write/write.h"
#include "sluice/table/open/folder_table.h"

namespace sluice::contract {
namespace {

namespace fs = std::filesystem;

bool is_there(const std::string& path) {
  std::error_code failed;
  return fs::exists(path, failed);
}

bool is_contract(const std::string& named) {
  return named.ends_with(".yaml") || named.ends_with(".yml");
}

Error no_table(const std::string& named) {
  return make_error(ErrorCode::NotFound, fmt::format("there is no table at '{}'", named))
      .with_hint(
          "name a contract, a folder with a table, lake/sales.duckdb/main.customers, a table as "
          "contracts do (sales.main.customers, with SLUICE_TABLE_ROOT where it is not in this "
          "folder), or lake.schema.table with DUCKLAKE_METADATA for its catalog");
}

/// The format of the table in a folder, by what its log is called.
std::optional<std::string> find_format(const std::string& folder) {
  return is_there(folder + "/_delta_log")         ? std::optional<std::string>("delta")
         : is_there(folder + "/_sluice/manifest") ? std::optional<std::string>("parquet")
                                                  : std::nullopt;
}

/// A lake is made when it is attached: one that is not there is not to be looked at.
Status check_lake_is_there(const Places& places) {
  constexpr std::string_view kSqlite = "sqlite:";
  std::string file = places.lake.catalog;
  if (file.starts_with(kSqlite)) {
    file = file.substr(kSqlite.size());
  }
  const bool is_file = file.find(':') == std::string::npos;
  return is_file && !is_there(file)
             ? Status(make_error(ErrorCode::NotFound, fmt::format("there is no lake at '{}'", file))
                          .with_hint("set DUCKLAKE_METADATA to the lake's catalog; a table of this "
                                     "name in a folder or a DuckDB file counts from the working "
                                     "folder, or from SLUICE_TABLE_ROOT"))
             : Status{};
}

struct ResolvedTarget {
  LoadedContract loaded;
  Places places;
  const Contract& contract() const { return *loaded.resolved.checked.contract; }
};

Result<ResolvedTarget> resolve(const Context& context, const std::string& path,
                               const RunOptions& options) {
  ResolvedTarget target;
  SLUICE_TRY(target.loaded,
             load_contract(context, path, options.mesh, {.lenient = options.lenient}));
  const CheckedContract& checked = target.loaded.resolved.checked;
  if (!checked.is_runnable()) {
    return refusal(checked.diagnostics, path);
  }
  SLUICE_TRY(target.places, find_places(target.contract(), options));
  if (target.places.target.empty()) {
    return make_error(ErrorCode::NotFound, "the contract writes no table")
        .with_hint("give --target, or write materialization.target_path in the contract");
  }
  return target;
}

/// NotFound where a run would have to make the place first.
Status check_place_is_there(const Places& places) {
  if (places.format == "ducklake") {
    return check_lake_is_there(places);
  }
  const std::string& place = places.database_file.empty() ? places.target : places.database_file;
  return is_there(place) ? Status{} : Status(no_table(place));
}

/// A folder that holds a table of another format than the contract says.
Status check_format_is_there(const Places& places) {
  const auto there = places.table.parts.empty() ? find_format(places.target) : std::nullopt;
  if (!there.has_value() || *there == places.format) {
    return {};
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("the contract writes a table of the format {}, and this folder "
                                "holds one of the format {}: '{}'",
                                places.format, *there, places.target))
      .with_hint(fmt::format("write `format: {}`, or another target_path; the folder named in the "
                             "place of the contract is taken for what it holds",
                             *there));
}

/// A file that is no database, or a damaged one, has no tables to be named.
Status check_database_opens(const std::string& file, const RunOptions& options) {
  const engine::EngineOptions of_file{.address = file};
  const auto opened =
      options.open_engine ? options.open_engine(of_file) : engine::open_engine("duckdb", of_file);
  return opened.has_value() ? Status{} : Status(opened.error());
}

Result<Places> find_places_as(std::string_view format, const std::string& named,
                              RunOptions options) {
  Contract contract;
  contract.materialization.emplace().format.emplace().value = format;
  options.target = named;
  return find_places(contract, options);
}

/// A table that is called as a contract calls its target: in a DuckDB file, else in a folder below
/// another; nothing where neither is there.
std::optional<Places> find_by_name(const std::string& named, const RunOptions& options) {
  Result<Places> database = find_places_as("duckdb", named, options);
  if (database.has_value() && is_there(database->database_file)) {
    return *std::move(database);
  }
  Result<Places> folder = find_places_as("parquet", named, options);
  const auto format = folder.has_value() ? find_format(folder->target) : std::nullopt;
  if (!format.has_value()) {
    return std::nullopt;
  }
  folder->format = *format;
  return *std::move(folder);
}

Result<Places> places_of(const std::string& named, const RunOptions& options) {
  const std::string folder = absolute_path(named, working_folder());
  if (const auto format = find_format(folder); format.has_value()) {
    Places places;
    places.target = folder;
    places.format = *format;
    return places;
  }
  if (named.ends_with(".duckdb")) {
    SLUICE_CHECK(is_there(folder) ? check_database_opens(folder, options) : Status{});
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("this file has many tables: '{}'", named))
        .with_hint(fmt::format("name one as {}/main.customers", named));
  }
  SLUICE_TRY(const auto database, find_database_path(named, working_folder(), ""));
  if (database) {
    return find_places_as("duckdb", named, options);
  }
  constexpr std::string_view kTable = "table:";
  const std::string name = named.starts_with(kTable) ? named.substr(kTable.size()) : named;
  const auto id = plan::parse_table_id(name);
  if (name.find('/') != std::string::npos || !id.has_value()) {
    return no_table(named);
  }
  if (auto places = find_by_name(name, options); places.has_value()) {
    return *std::move(places);
  }
  return id->parts.size() == 3 ? find_places_as("ducklake", name, options) : no_table(named);
}

}  // namespace

Result<OpenTarget> OpenTarget::open_places(const Context& context, const Places& places,
                                           const RunOptions& options) {
  OpenTarget target;
  if (!places.database_file.empty()) {
    SLUICE_TRY(const std::unique_ptr<storage::Storage> folder,
               options.open_storage(folder_of(places.database_file)));
    SLUICE_CHECK(folder->prepare_folder(context, "_"));
  }
  const engine::EngineOptions engine_options{.address = places.database_file,
                                             .memory_bytes_max = context.memory_bytes_max,
                                             .threads_max = context.threads_max};
  const auto open = [&] {
    return options.open_engine ? options.open_engine(engine_options)
                               : engine::open_engine("duckdb", engine_options);
  };
  if (!places.table.parts.empty()) {
    SLUICE_TRY(target.database_, DatabaseTable::open(context, open, places));
    return target;
  }
  SLUICE_TRY(target.engine_, open());
  SLUICE_TRY(target.connection_, target.engine_->connect(context));
  SLUICE_TRY(auto storage, options.open_storage(places.target));
  SLUICE_TRY(target.folder_, Folder::open(*target.connection_, std::move(storage), places.format));
  return target;
}

Result<OpenTarget> OpenTarget::open(const Context& context, const std::string& named,
                                    const RunOptions& options) {
  Places places;
  if (is_contract(named)) {
    SLUICE_TRY(ResolvedTarget target, resolve(context, named, options));
    places = std::move(target.places);
    SLUICE_CHECK(check_format_is_there(places));
  } else {
    SLUICE_TRY(places, places_of(named, options));
  }
  SLUICE_CHECK(check_place_is_there(places));
  return open_places(context, places, options);
}

namespace {

Result<TargetDrift> find_drift_of(const Context& context, table::Table& table,
                                  const ResolvedTarget& target, const schema::Schema& columns) {
  TargetDrift found{.table = target.places.target_name(), .drift = {}, .differences = {}};
  SLUICE_TRY(const std::optional<table::TableState> state, table.find_state(context));
  found.is_absent = !state.has_value();
  if (state) {
    plan::CreateTable wanted = target_of(target.contract(), columns);
    table::fit_format(table.describe().format, wanted.schema);
    SLUICE_TRY(found.drift, find_drift(target.contract(), *state, wanted.schema));
    found.differences = find_differences(*state, wanted, properties_of(target.contract()));
  }
  return found;
}

Status check_layout(const TargetDrift& found) {
  if (found.differences.layout.empty()) {
    return {};
  }
  return make_error(ErrorCode::Unsupported, fmt::format("the layout of a table is not changed: {}",
                                                        fmt::join(found.differences.layout, "; ")))
      .with_hint(
          "write partition_by as the table has it, or make a new table and bring the rows over");
}

}  // namespace

Result<TargetDrift> find_target_drift(const Context& context, const std::string& path,
                                      const RunOptions& options) {
  SLUICE_TRY(const ResolvedTarget target, resolve(context, path, options));
  SLUICE_TRY(const schema::Schema wanted, lower_target_columns(target.contract(), {.path = path}));
  if (!check_place_is_there(target.places).has_value()) {
    return TargetDrift{
        .table = target.places.target_name(), .is_absent = true, .drift = {}, .differences = {}};
  }
  SLUICE_TRY(OpenTarget open, OpenTarget::open_places(context, target.places, options));
  return find_drift_of(context, open.table(), target, wanted);
}

namespace {

/// Applied to the version that it was found in, or not at all.
Status apply_drift(const Context& context, table::Table& table, const ResolvedTarget& target,
                   const schema::Schema& wanted, const TargetDrift& found) {
  const run::WriteOptions once{.commit_retry_max = 0};
  SLUICE_CHECK(check_layout(found));
  if (found.is_absent) {
    return table.create(context, target_of(target.contract(), wanted),
                        properties_of(target.contract()));
  }
  if (!found.drift.changes.empty()) {
    SLUICE_TRY([[maybe_unused]] const auto changed,
               run::maintain(context, table, table::Evolve{.changes = found.drift.changes}, once));
  }
  if (!found.differences.notes.empty()) {
    SLUICE_TRY([[maybe_unused]] const auto described,
               run::maintain(context, table, found.differences.told, once));
  }
  return {};
}

bool is_as_before(const TargetDrift& before, const TargetDrift& now) {
  return before.is_absent == now.is_absent && before.drift.changes == now.drift.changes &&
         before.differences.notes == now.differences.notes;
}

}  // namespace

Result<TargetDrift> apply_target(const Context& context, const std::string& path,
                                 const RunOptions& options) {
  SLUICE_TRY(const ResolvedTarget target, resolve(context, path, options));
  SLUICE_TRY(schema::Schema wanted, lower_target_columns(target.contract(), {.path = path}));
  wanted = with_comments(target.contract(), std::move(wanted));
  SLUICE_TRY(OpenTarget open, OpenTarget::open_places(context, target.places, options));
  SLUICE_TRY(const TargetDrift found, find_drift_of(context, open.table(), target, wanted));
  TargetDrift left = found;
  for (int retry = 0;; ++retry) {
    Status applied = apply_drift(context, open.table(), target, wanted, left);
    if (applied.has_value() && !left.is_absent) {
      return found;
    }
    SLUICE_TRY(TargetDrift now, find_drift_of(context, open.table(), target, wanted));
    if (applied.has_value() && now.drift.changes.empty()) {
      return found;
    }
    const bool is_late = applied.has_value() ||  // who made it first may have other columns
                         applied.error().code == ErrorCode::CommitConflict ||
                         !is_as_before(left, now);
    if (!is_late || retry == limits::kCommitRetryMax) {
      return std::move(applied).error();
    }
    left = std::move(now);
    context.say(LogLevel::Info,
                "another program has changed the table: its drift is looked for again");
    SLUICE_CHECK(
        context.pause(std::chrono::milliseconds(run::pause_ms({}, retry, *context.random))));
  }
}

}  // namespace sluice::contract
