#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/quote.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/sql/past_internal.h"

namespace sluice::table::internal {
namespace {

std::string lake_of(const SqlTable& table) {
  return dialect::quote_literal(table.id.parts.front());
}

/// A snapshot that has the rows of a version: its own, or the oldest that is there of those before
/// the next version, if nobody else changed a row until then.
Result<std::optional<std::int64_t>> find_there(const Context& context,
                                               engine::Connection& connection,
                                               const SqlTable& table, const Snapshots& range) {
  SLUICE_TRY(
      const auto rows,
      find_text_rows(context, connection,
                     fmt::format("SELECT CAST(min(snapshot_id) AS VARCHAR) FROM "
                                 "ducklake_snapshots({}) WHERE snapshot_id BETWEEN {} AND {}",
                                 lake_of(table), range.first, range.last)));
  if (!rows[0][0].has_value()) {
    return std::optional<std::int64_t>{};
  }
  SLUICE_TRY(const std::int64_t found, parse_count(*rows[0][0]));
  if (found != range.first) {
    SLUICE_TRY(
        const std::int64_t others,
        load_count(context, connection,
                   fmt::format("SELECT abs(count(*) - {}) + count(*) FILTER (snapshot_id > "
                               "{}) FROM {} AT (VERSION => {})",
                               range.rows, range.first, dialect::quote_table(table.id), found)));
    return others == 0 ? std::optional(found) : std::nullopt;
  }
  return std::optional(found);
}

/// The table in a snapshot; as it is now where that is the newest.
Result<std::string> render_snapshot(const Context& context, engine::Connection& connection,
                                    const SqlTable& table, std::int64_t snapshot) {
  SLUICE_TRY(const std::int64_t newest,
             load_count(context, connection,
                        fmt::format("SELECT max(snapshot_id) FROM ducklake_snapshots({})",
                                    lake_of(table))));
  const std::string name = dialect::quote_table(table.id);
  return snapshot == newest ? name : fmt::format("{} AT (VERSION => {})", name, snapshot);
}

/// `error`, of a version that is not there, with those that are.
Error tell_versions(const Context& context, engine::Connection& connection, const SqlTable& table,
                    Ledger& ledger, Error error) {
  if (error.code != ErrorCode::NotFound) {
    return error;
  }
  const auto oldest = load_count(
      context, connection,
      fmt::format("SELECT min(snapshot_id) FROM ducklake_snapshots({})", lake_of(table)));
  if (!oldest.has_value()) {
    return error;
  }
  const auto there = ledger.find_versions_since(context, *oldest);
  if (!there.has_value() || !there->has_value()) {
    return error;
  }
  const auto [first, last] = **there;
  return std::move(error).with_hint(
      first == last ? fmt::format("version {} alone is there", first)
                    : fmt::format("its versions {} to {} are there", first, last));
}

Result<std::string> render_version(const Context& context, engine::Connection& connection,
                                   const SqlTable& table, Ledger& ledger, std::int64_t version) {
  SLUICE_TRY(const auto range, ledger.find_snapshots(context, version));
  std::optional<std::int64_t> snapshot;
  if (range.has_value()) {
    SLUICE_TRY(snapshot, find_there(context, connection, table, *range));
  }
  if (!snapshot.has_value()) {
    return tell_versions(
        context, connection, table, ledger,
        make_error(ErrorCode::NotFound, fmt::format("version {} was vacuumed: '{}'", version,
                                                    plan::to_string(table.id))));
  }
  SLUICE_TRY(std::string past, render_snapshot(context, connection, table, *snapshot));
  const auto seen = connection.describe(context, fmt::format("SELECT * FROM {}", past));
  if (version == 0 && !seen.has_value() && seen.error().code == ErrorCode::NotFound) {
    return fmt::format("(SELECT * FROM {} AT (VERSION => {}) WHERE FALSE)",
                       dialect::quote_table(table.id), *snapshot + 1);  // made by its first commit
  }
  return past;
}

/// Where another program changed the lake after the version of ours from before an instant.
Result<std::optional<std::string>> render_change_of_others(const Context& context,
                                                           engine::Connection& connection,
                                                           const SqlTable& table, Ledger& ledger,
                                                           const Result<std::int64_t>& version,
                                                           sys_micros instant) {
  using Change = std::optional<std::string>;
  SLUICE_TRY(const auto snapshot,
             ledger.find_snapshot_of_others(context, table.id.parts.front(), instant));
  if (!snapshot.has_value()) {
    return Change{};
  }
  if (version.has_value()) {
    SLUICE_TRY(const auto ours, ledger.find_snapshots(context, *version));
    if (ours.has_value() && ours->first >= *snapshot) {
      return Change{};
    }
  }
  SLUICE_TRY(std::string past, render_snapshot(context, connection, table, *snapshot));
  const auto seen = connection.describe(context, fmt::format("SELECT * FROM {}", past));
  if (!seen.has_value() && seen.error().code == ErrorCode::NotFound) {
    return Change{};  // from before the table was made
  }
  SLUICE_CHECK(seen);
  return Change(std::move(past));
}

}  // namespace

Result<std::string> render_at(const Context& context, engine::Connection& connection,
                              const SqlTable& table, Ledger& ledger, Table& port, const At& at) {
  std::string name = dialect::quote_table(table.id);
  if (!at.version && !at.instant) {
    return name;
  }
  const auto version = load_version(context, port, at);
  if (!table.has_snapshots) {
    SLUICE_CHECK(version);
    SLUICE_TRY(const auto newest, ledger.find_version(context));
    if (newest.has_value() && newest->version == *version) {
      return name;
    }
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a table of this database keeps its newest version alone: '{}'",
                                  plan::to_string(table.id)))
        .with_hint("Keep the table in a DuckLake, a Delta table or a Parquet folder.");
  }
  if (at.instant && (version.has_value() || version.error().code == ErrorCode::NotFound)) {
    SLUICE_TRY(auto changed,
               render_change_of_others(context, connection, table, ledger, version, *at.instant));
    if (changed.has_value()) {
      return *std::move(changed);
    }
  }
  if (!version.has_value()) {
    return tell_versions(context, connection, table, ledger, version.error());
  }
  SLUICE_TRY(const std::int64_t newest, ledger.find_newest(context, std::nullopt));
  return newest == 0 ? std::move(name)
                     : render_version(context, connection, table, ledger, *version);
}

}  // namespace sluice::table::internal
