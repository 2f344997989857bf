#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/quote.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/sql/past_internal.h"

namespace sluice::table::internal {
namespace {

/// The oldest snapshot of the range that the database still has.
Result<std::optional<std::int64_t>> find_there(const Context& context,
                                               engine::Connection& connection,
                                               const SqlTable& table, const Snapshots& range) {
  SLUICE_TRY(
      const auto rows,
      find_text_rows(
          context, connection,
          fmt::format("SELECT CAST(min(snapshot_id) AS VARCHAR) FROM "
                      "ducklake_snapshots({}) WHERE snapshot_id BETWEEN {} AND {}",
                      dialect::quote_literal(table.id.parts.front()), range.first, range.last)));
  if (!rows[0][0].has_value()) {
    return std::optional<std::int64_t>{};
  }
  SLUICE_TRY(const std::int64_t found, parse_count(*rows[0][0]));
  return std::optional(found);
}

}  // namespace

Error tell_versions(const Context& context, engine::Connection& connection, const SqlTable& table,
                    Ledger& ledger, Error error) {
  if (!table.has_snapshots || error.code != ErrorCode::NotFound) {
    return error;
  }
  const auto oldest = load_count(context, connection,
                                 fmt::format("SELECT min(snapshot_id) FROM ducklake_snapshots({})",
                                             dialect::quote_literal(table.id.parts.front())));
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

Result<std::string> render_past(const Context& context, engine::Connection& connection,
                                const SqlTable& table, Ledger& ledger, std::int64_t version) {
  const std::string name = dialect::quote_table(table.id);
  if (!table.has_snapshots) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a table of this database keeps its newest version alone: '{}'",
                                  plan::to_string(table.id)))
        .with_hint("Keep the table in a DuckLake, a Delta table or a Parquet folder.");
  }
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
  std::string past = fmt::format("{} AT (VERSION => {})", name, *snapshot);
  const auto seen = connection.describe(context, fmt::format("SELECT * FROM {}", past));
  if (version == 0 && !seen.has_value() && seen.error().code == ErrorCode::NotFound) {
    return fmt::format("(SELECT * FROM {} AT (VERSION => {}) WHERE FALSE)", name,
                       *snapshot + 1);  // made by its first commit
  }
  return past;
}

}  // namespace sluice::table::internal
