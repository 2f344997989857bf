#include "sluice/table/ducklake/lake_snapshot.h"

#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sluice/dialect/quote.h"
#include "sluice/table/change/text_rows.h"

namespace sluice::table {
namespace {

using dialect::quote_identifier;
using dialect::quote_literal;

/// The tables of the lake's own catalog, as SQL names what stands before their names.
Result<std::string> find_catalog(const Context& context, engine::Connection& connection,
                                 const std::string& lake) {
  SLUICE_TRY(const auto rows,
             find_text_rows(context, connection,
                            fmt::format("SELECT options['metadata_schema'] FROM "
                                        "duckdb_databases() WHERE database_name = {}",
                                        quote_literal(lake))));
  std::string catalog = quote_identifier("__ducklake_metadata_" + lake) + ".";
  if (!rows.empty() && !rows[0][0].value_or("").empty()) {
    catalog += quote_identifier(*rows[0][0]) + ".";
  }
  return catalog;
}

/// What the lake calls the table, which a table that is renamed keeps.
Result<std::vector<TextRow>> find_table(const Context& context, engine::Connection& connection,
                                        const plan::TableId& id, std::int64_t snapshot) {
  SLUICE_TRY(const std::string catalog, find_catalog(context, connection, id.parts[0]));
  const auto holds = [&](std::string_view of) {
    return fmt::format(
        "{0}.begin_snapshot <= {1} AND ({0}.end_snapshot IS NULL OR {0}.end_snapshot"
        " > {1})",
        of, snapshot);
  };
  return find_text_rows(
      context, connection,
      fmt::format("SELECT CAST(t.table_id AS VARCHAR), CAST(t.table_uuid AS VARCHAR) FROM "
                  "{0}ducklake_table t JOIN {0}ducklake_schema s ON t.schema_id = s.schema_id "
                  "WHERE lower(s.schema_name) = lower({1}) AND lower(t.table_name) = lower({2}) "
                  "AND {3} AND {4}",
                  catalog, quote_literal(id.parts[1]), quote_literal(id.parts[2]), holds("t"),
                  holds("s")));
}

}  // namespace

Result<std::optional<LakeSnapshot>> find_lake_snapshot(const Context& context,
                                                       engine::Connection& connection,
                                                       const plan::TableId& id) {
  LakeSnapshot found;
  SLUICE_TRY(found.id, load_count(context, connection,
                                  fmt::format("SELECT id FROM ducklake_current_snapshot({})",
                                              quote_literal(id.parts[0]))));
  SLUICE_TRY(const auto tables, find_table(context, connection, id, found.id));
  if (tables.empty()) {
    return std::optional<LakeSnapshot>();
  }
  found.table_uuid = tables[0][1].value_or("");
  return std::optional(std::move(found));
}

Result<bool> has_rows_of(const Context& context, engine::Connection& connection,
                         const plan::TableId& id, const LakeSnapshot& before,
                         const LakeSnapshot& now) {
  if (before.table_uuid != now.table_uuid || before.id > now.id) {
    return false;
  }
  SLUICE_TRY(const auto tables, find_table(context, connection, id, now.id));
  if (tables.empty()) {
    return false;
  }
  // Rows of the catalog that become files stand as deleted in the snapshot that writes these.
  SLUICE_TRY(
      const auto rows,
      find_text_rows(
          context, connection,
          fmt::format(
              "WITH since AS (SELECT list_transform(list_filter(map_entries(changes), lambda e: "
              "list_contains(e.value, {1})), lambda e: e.key) AS kinds FROM "
              "ducklake_snapshots({0}) WHERE snapshot_id > {2} AND snapshot_id <= {3}) "
              "SELECT CAST(count(*) AS VARCHAR), CAST(count(*) FILTER (len(list_filter(kinds, "
              "lambda k: k NOT IN ('flushed_inlined', 'rewrite_delete', 'merge_adjacent', "
              "'compacted_table') AND NOT (k = 'tables_deleted_from' AND list_contains(kinds, "
              "'flushed_inlined')))) > 0) AS VARCHAR) FROM since",
              quote_literal(id.parts[0]), quote_literal(tables[0][0].value_or("")), before.id,
              now.id)));
  const bool is_told = rows[0][0] == std::to_string(now.id - before.id);
  return is_told && rows[0][1] == "0";
}

Status make_lake_view(const Context& context, engine::Connection& connection,
                      const plan::TableId& id, std::int64_t snapshot, const std::string& name) {
  SLUICE_TRY(const std::int64_t there,
             load_count(context, connection,
                        fmt::format("SELECT count(*) FROM ducklake_snapshots({}) WHERE snapshot_id "
                                    "= {}",
                                    quote_literal(id.parts[0]), snapshot)));
  if (there == 0) {
    return make_error(ErrorCode::NotFound,
                      fmt::format("the lake holds snapshot {} no more, it was expired: '{}'",
                                  snapshot, plan::to_string(id)))
        .with_hint("read a newer one; ducklake_expire_snapshots says how long they are kept");
  }
  SLUICE_TRY_IN(
      [[maybe_unused]] const auto made,
      connection.execute(context,
                         fmt::format("CREATE OR REPLACE TEMP VIEW {} AS SELECT * FROM {} AT "
                                     "(VERSION => {})",
                                     quote_identifier(name), dialect::quote_table(id), snapshot)),
      "making a view of the table");
  return {};
}

}  // namespace sluice::table
