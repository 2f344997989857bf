#include <chrono>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/dialect/quote.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/sql/ledger_internal.h"
#include "sluice/table/stored_form.h"
#include "sluice/table/stream_key.h"

namespace sluice::table::internal {
namespace {

constexpr std::int64_t kFormat = 1;

std::string quoted_beside(const plan::TableId& table, std::string_view name) {
  plan::TableId beside = table;
  beside.parts.back() = name;
  return dialect::quote_table(beside);
}

std::string lower(std::string text) {
  for (char& c : text) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return text;
}

/// A missing table of ours reads as one without rows.
Result<std::vector<TextRow>> find_rows(const Context& context, engine::Connection& connection,
                                       const plan::Statement& statement) {
  auto rows = find_text_rows(context, connection, statement);
  if (!rows.has_value() && rows.error().code == ErrorCode::NotFound) {
    return std::vector<TextRow>{};
  }
  return rows;
}

Status check_format(const std::optional<std::string>& stored, std::string_view where) {
  SLUICE_TRY(const std::int64_t format, parse_count(stored.value_or("")));
  if (format > kFormat) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("this table was written by a newer Sluice: '{}'", where))
        .with_hint("Update Sluice to read and write it.");
  }
  return {};
}

std::string utc(std::string_view column) {
  return fmt::format("strftime({} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')", column);
}

}  // namespace

Ledger::Ledger(engine::Connection& connection, const plan::TableId& table, bool has_primary_keys)
    : connection_(&connection),
      has_primary_keys_(has_primary_keys),
      name_(lower(table.table())),
      ledger_(quoted_beside(table, "_sluice_ledger")),
      versions_(quoted_beside(table, "_sluice_table")) {}

Status Ledger::create(const Context& context) {
  SLUICE_CHECK(connection_->execute(
      context,
      fmt::format("CREATE TABLE IF NOT EXISTS {} (table_name VARCHAR NOT NULL, format INTEGER NOT "
                  "NULL, version BIGINT NOT NULL, partition_by VARCHAR NOT NULL, created_at "
                  "TIMESTAMPTZ NOT NULL{})",
                  versions_, has_primary_keys_ ? ", PRIMARY KEY (table_name)" : "")));
  SLUICE_CHECK(connection_->execute(
      context,
      fmt::format("CREATE TABLE IF NOT EXISTS {} (table_name VARCHAR NOT NULL, key VARCHAR NOT "
                  "NULL, format INTEGER NOT NULL, fingerprint VARCHAR NOT NULL, ingest_id VARCHAR "
                  "NOT NULL, version BIGINT NOT NULL, operation VARCHAR NOT NULL, rows_after "
                  "BIGINT NOT NULL, receipt VARCHAR NOT NULL, committed_at TIMESTAMPTZ NOT NULL{})",
                  ledger_, has_primary_keys_ ? ", PRIMARY KEY (table_name, key)" : "")));
  return {};
}

Status Ledger::drop_table(const Context& context) {
  for (const std::string& entries : {ledger_, versions_}) {
    SLUICE_CHECK(connection_->execute(
        context, {fmt::format("DELETE FROM {} WHERE table_name = ?", entries), {name_}}));
  }
  return {};
}

Status Ledger::add_table(const Context& context,
                         const std::vector<plan::PartitionField>& partition_by) {
  SLUICE_CHECK(connection_->execute(
      context,
      {fmt::format("INSERT INTO {0} SELECT ?, ?, 0, ?, ? WHERE NOT EXISTS (SELECT 1 FROM "
                   "{0} WHERE table_name = ?)",
                   versions_),
       {name_, kFormat, render_partitions(partition_by).dump(), context.clock->now(), name_}}));
  return {};
}

Result<std::optional<VersionRow>> Ledger::find_version(const Context& context,
                                                       std::string_view key) {
  SLUICE_TRY(const auto rows,
             find_rows(context, *connection_,
                       {fmt::format("SELECT CAST(format AS VARCHAR), CAST(version AS VARCHAR), "
                                    "partition_by, CAST(epoch_us(created_at) AS VARCHAR), "
                                    "CAST((SELECT count(*) FROM {} WHERE table_name = ? AND key = "
                                    "?) AS VARCHAR) FROM {} WHERE table_name = ?",
                                    ledger_, versions_),
                        {name_, std::string(key), name_}}));
  if (rows.empty()) {
    return std::optional<VersionRow>{};
  }
  const TextRow& row = rows[0];
  SLUICE_CHECK(check_format(row[0], name_));
  VersionRow found;
  SLUICE_TRY(found.version, parse_count(row[1].value_or("")));
  SLUICE_TRY(const nlohmann::json document,
             parse_document(fmt::format("{{\"by\":{}}}", row[2].value_or("")), versions_));
  SLUICE_TRY(found.partition_by, parse_partitions(document["by"]));
  SLUICE_TRY(const std::int64_t created, parse_count(row[3].value_or("")));
  found.created_at = sys_micros(std::chrono::microseconds(created));
  SLUICE_TRY(const std::int64_t commits, parse_count(row[4].value_or("")));
  found.knows_key = commits > 0;
  return std::optional(std::move(found));
}

Result<std::optional<StoredCommit>> Ledger::find_commit(const Context& context,
                                                        std::string_view key) {
  SLUICE_TRY(const auto rows,
             find_rows(context, *connection_,
                       {fmt::format("SELECT CAST(format AS VARCHAR), fingerprint, receipt FROM {} "
                                    "WHERE table_name = ? AND key = ?",
                                    ledger_),
                        {name_, std::string(key)}}));
  if (rows.empty()) {
    return std::optional<StoredCommit>{};
  }
  SLUICE_CHECK(check_format(rows[0][0], name_));
  SLUICE_TRY(const nlohmann::json stored, parse_document(rows[0][2].value_or(""), ledger_));
  SLUICE_TRY(const Receipt receipt, parse_receipt(stored));
  return std::optional(StoredCommit{.receipt = receipt, .fingerprint = rows[0][1].value_or("")});
}

Result<bool> Ledger::record(const Context& context, const Version& version,
                            std::string_view fingerprint, const Receipt& receipt,
                            std::string_view counted) {
  SLUICE_TRY(const std::int64_t moved,
             connection_->execute(
                 context, {fmt::format("UPDATE {} SET version = version + 1 WHERE table_name = ? "
                                       "AND version = ?",
                                       versions_),
                           {name_, version.version - 1}}));
  if (moved != 1) {
    return false;
  }
  SLUICE_CHECK(connection_->execute(
      context, {fmt::format("INSERT INTO {} VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT "
                            "count(*) FROM {}), ?, ?)",
                            ledger_, counted),
                {name_, version.key, kFormat, std::string(fingerprint),
                 to_string(receipt.ingest_id), version.version, version.operation,
                 render_receipt(receipt).dump(), version.committed_at}}));
  return true;
}

Result<std::int64_t> Ledger::find_newest(const Context& context, std::optional<sys_micros> before) {
  plan::Statement query{
      fmt::format("SELECT CAST(coalesce(max(version), 0) AS VARCHAR) FROM {} WHERE table_name = ?",
                  ledger_),
      {name_}};
  if (before.has_value()) {
    query.text += " AND committed_at < ?";
    query.parameters.emplace_back(*before);
  }
  SLUICE_TRY(const auto rows, find_rows(context, *connection_, query));
  return rows.empty() ? Result<std::int64_t>(0) : parse_count(rows[0][0].value_or(""));
}

/// A key that is the newest of its stream is looked for however long the stream rests.
Result<std::int64_t> Ledger::forget(const Context& context, sys_micros older_than,
                                    std::int64_t first_kept) {
  SLUICE_TRY(const auto rows,
             find_rows(context, *connection_,
                       {fmt::format("SELECT key FROM {} WHERE table_name = ?", ledger_), {name_}}));
  std::vector<std::string> keys;
  keys.reserve(rows.size());
  for (const TextRow& row : rows) {
    keys.push_back(row[0].value_or(""));
  }
  if (keys.empty()) {
    return 0;
  }
  std::string kept;
  for (const std::string& key : find_newest_of_streams(keys)) {
    kept +=
        fmt::format("{}{}", kept.empty() ? " AND key NOT IN (" : ", ", dialect::quote_literal(key));
  }
  return connection_->execute(
      context, {fmt::format("DELETE FROM {} WHERE table_name = ? AND committed_at < ? AND version "
                            "< ?{}",
                            ledger_, kept.empty() ? "" : kept + ")"),
                {name_, older_than, first_kept}});
}

/// Where the ledger has forgotten the next version, only the version's own snapshot is sure.
Result<std::optional<Snapshots>> Ledger::find_snapshots(const Context& context,
                                                        std::int64_t version) {
  SLUICE_TRY(
      const auto rows,
      find_rows(context, *connection_,
                {fmt::format("SELECT CAST(min(snapshot_id) FILTER (version = ?) AS VARCHAR), "
                             "CAST(min(snapshot_id) FILTER (version = ?) - 1 AS VARCHAR), "
                             "CAST(coalesce(max(rows_after) FILTER (version = ?), 0) AS VARCHAR), "
                             "CAST(max(version) = ? AS VARCHAR) FROM {} WHERE table_name = ?",
                             ledger_),
                 {version, version + 1, version, version, name_}}));
  if (rows.empty() || !rows[0][version == 0 ? 1 : 0].has_value()) {
    return std::optional<Snapshots>{};
  }
  Snapshots found;
  SLUICE_TRY(found.first, parse_count(*rows[0][version == 0 ? 1 : 0]));
  found.last = found.first;
  SLUICE_TRY(found.rows, parse_count(rows[0][2].value_or("")));
  if (rows[0][1].has_value()) {
    SLUICE_TRY(found.last, parse_count(*rows[0][1]));
  } else if (rows[0][3] == "true") {
    found.last = std::numeric_limits<std::int64_t>::max();
  }
  return std::optional(found);
}

Result<std::optional<std::int64_t>> Ledger::find_snapshot_of_others(const Context& context,
                                                                    std::string_view lake,
                                                                    sys_micros instant) {
  const plan::Statement all{
      fmt::format("SELECT CAST(max(snapshot_id) AS VARCHAR) FROM ducklake_snapshots({}) WHERE "
                  "snapshot_time <= ?",
                  dialect::quote_literal(lake)),
      {instant}};
  plan::Statement but_ours = all;
  but_ours.text += fmt::format(
      " AND snapshot_id NOT IN (SELECT snapshot_id FROM {} WHERE table_name = ?)", ledger_);
  but_ours.parameters.emplace_back(name_);
  auto rows = find_text_rows(context, *connection_, but_ours);
  if (!rows.has_value() && rows.error().code == ErrorCode::NotFound) {
    rows = find_text_rows(context, *connection_, all);  // there is no ledger
  }
  SLUICE_CHECK(rows);
  if (rows->empty() || !rows->front()[0].has_value()) {
    return std::optional<std::int64_t>{};
  }
  SLUICE_TRY(const std::int64_t found, parse_count(*rows->front()[0]));
  return std::optional(found);
}

Result<std::optional<std::pair<std::int64_t, std::int64_t>>> Ledger::find_versions_since(
    const Context& context, std::int64_t snapshot) {
  using Versions = std::optional<std::pair<std::int64_t, std::int64_t>>;
  SLUICE_TRY(const auto rows,
             find_rows(context, *connection_,
                       {fmt::format("SELECT CAST(coalesce(max(version) FILTER (snapshot_id <= ?), "
                                    "CASE WHEN min(snapshot_id) > ? THEN 0 ELSE min(version) END) "
                                    "AS VARCHAR), CAST(max(version) AS VARCHAR) FROM {} WHERE "
                                    "table_name = ?",
                                    ledger_),
                        {snapshot, snapshot, name_}}));
  if (rows.empty() || !rows[0][0].has_value() || !rows[0][1].has_value()) {
    return Versions{};
  }
  SLUICE_TRY(const std::int64_t first, parse_count(*rows[0][0]));
  SLUICE_TRY(const std::int64_t last, parse_count(*rows[0][1]));
  return Versions(std::pair(first, last));
}

/// Rows that came where none went are all that there are, or there were some before.
Result<std::optional<std::int64_t>> Ledger::find_rows_before(const Context& context,
                                                             std::string_view counted) {
  using Rows = std::optional<std::int64_t>;
  SLUICE_TRY(const auto rows,
             find_rows(context, *connection_,
                       {fmt::format("SELECT CAST(rows_after AS VARCHAR), receipt FROM {} WHERE "
                                    "table_name = ? AND version = 1",
                                    ledger_),
                        {name_}}));
  if (rows.empty()) {
    SLUICE_TRY(const std::int64_t newest, find_newest(context, std::nullopt));
    SLUICE_TRY(const std::int64_t now,
               load_count(context, *connection_, fmt::format("SELECT count(*) FROM {}", counted)));
    return newest == 0 && now == 0 ? Rows(0) : Rows{};  // else the first commit is forgotten
  }
  SLUICE_TRY(const std::int64_t after, parse_count(rows[0][0].value_or("")));
  SLUICE_TRY(const nlohmann::json stored, parse_document(rows[0][1].value_or(""), ledger_));
  SLUICE_TRY(const Receipt first, parse_receipt(stored));
  return first.inserted == after && first.deleted == 0 ? Rows(0) : Rows{};
}

Result<std::vector<Version>> Ledger::history(const Context& context, std::string_view counted) {
  SLUICE_TRY(
      const auto rows,
      find_rows(context, *connection_,
                {fmt::format("SELECT CAST(version AS VARCHAR), {}, operation, key, CAST(rows_after "
                             "AS VARCHAR) FROM {} WHERE table_name = ? ORDER BY version DESC",
                             utc("committed_at"), ledger_),
                 {name_}}));
  std::vector<Version> versions;
  for (const TextRow& row : rows) {
    Version version{.operation = row[2].value_or(""), .key = row[3].value_or("")};
    SLUICE_TRY(version.version, parse_count(row[0].value_or("")));
    SLUICE_TRY(version.committed_at, parse_instant(row[1].value_or("")));
    SLUICE_TRY(const std::int64_t after, parse_count(row[4].value_or("")));
    version.rows = after;
    versions.push_back(std::move(version));
  }
  SLUICE_TRY(const auto row, find_version(context));
  if (row.has_value()) {
    SLUICE_TRY(const auto before, find_rows_before(context, counted));
    versions.push_back({.version = 0,
                        .committed_at = row->created_at,
                        .operation = "create",
                        .key = {},
                        .rows = before});
  }
  return versions;
}

}  // namespace sluice::table::internal
