// SCD2 as one query: for the keys of the batch, the existing versions and the incoming rows are put
// on one line of time, and what differs from the table afterwards is the change.
//
// * A row that equals the version before it in the tracked columns is no version.
// * A late row splits the version that holds its instant; a row of the instant at which a version
//   starts corrects that version; of several rows of one key and instant the last one counts.
// * The first version of a new key starts at first_effective_from, where that is given.
// * A row without a change date is from the default instant, else from now.
// * Surrogate keys are a digest of key and start, or random; versions keep theirs.
// * A version keeps its reason while the version before it stays; a corrected one, and one that
//   follows what came or was corrected, gets a new reason.
#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/change_internal.h"
#include "sluice/table/change/key_check.h"
#include "sluice/table/change/scd2_internal.h"
#include "sluice/table/change/text_rows.h"

namespace sluice::table::internal {
namespace {

using dialect::quote_identifier;

bool is_any_of(std::string_view name, const std::vector<std::string>& names) {
  for (const std::string& one : names) {
    if (schema::same_column(name, one)) {
      return true;
    }
  }
  return false;
}

std::vector<std::string> columns_set_here(const plan::Scd2& scd2) {
  std::vector<std::string> names{scd2.effective_from_column, scd2.effective_to_column,
                                 scd2.current_column};
  for (const std::string* optional :
       {&scd2.version_column, &scd2.surrogate_column, &scd2.reason_column}) {
    if (!optional->empty()) {
      names.push_back(*optional);
    }
  }
  if (scd2.soft_delete) {
    const plan::SoftDelete& soft = *scd2.soft_delete;
    for (const std::string* optional : {&soft.column, &soft.time_column, &soft.reason_column}) {
      if (!optional->empty()) {
        names.push_back(*optional);
      }
    }
  }
  return names;
}

Status check_columns(const ChangeRequest& request, const plan::Scd2& scd2) {
  std::vector<std::string> needed = columns_set_here(scd2);
  needed.insert(needed.end(), scd2.track_columns.begin(), scd2.track_columns.end());
  if (!scd2.timestamp_column.empty()) {
    needed.push_back(scd2.timestamp_column);
  }
  std::string missing;
  for (const std::string& name : needed) {
    if (request.table.find(name) == nullptr) {
      missing += fmt::format("{}'{}'", missing.empty() ? "" : ", ", name);
    }
  }
  if (!missing.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the table lacks columns of its SCD2 history: {}", missing))
        .with_hint("Add them to the table, or name the columns that hold them.");
  }
  for (const std::string& name : scd2.track_columns) {
    if (scd2.soft_delete && schema::same_column(name, scd2.soft_delete->column)) {
      return make_error(
                 ErrorCode::InvalidArgument,
                 fmt::format("an SCD2 history cannot track the mark of its deletes: '{}'", name))
          .with_hint("Remove it from track_columns: a delete ends a version by itself.");
    }
  }
  const schema::Field* surrogate = request.table.find(scd2.surrogate_column);
  if (surrogate != nullptr && !std::holds_alternative<schema::Text>(surrogate->type.kind)) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a surrogate key is text, not {}: '{}'",
                                  to_string(surrogate->type), surrogate->name))
        .with_hint("Declare the column as text; the key is 16 hexadecimal digits.");
  }
  return {};
}

/// A row of the table without a start has no place on the line of time.
Status check_started(const Context& context, engine::Connection& connection,
                     const ChangeRequest& request, const plan::Scd2& scd2) {
  SLUICE_TRY(const std::int64_t rows,
             load_count(context, connection,
                        fmt::format("SELECT CAST(count(*) AS VARCHAR) FROM {} AS t WHERE t.{} IS "
                                    "NULL",
                                    request.target, quote_identifier(scd2.effective_from_column))));
  if (rows > 0) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("the table has {} rows that are no versions of an SCD2 history: "
                                  "'{}' is NULL",
                                  rows, scd2.effective_from_column))
        .with_hint(
            "Fill the columns of the history for these rows, or delete them and write them again.");
  }
  return {};
}

std::vector<std::string> tracked_columns(const ChangeRequest& request, const plan::Scd2& scd2) {
  const std::vector<std::string> ours = columns_set_here(scd2);
  std::vector<std::string> names;
  for (const schema::Field& field : request.table.fields) {
    const bool tracked = scd2.track_columns.empty()
                             ? !is_any_of(field.name, scd2.key) && !is_any_of(field.name, ours) &&
                                   !is_system_column(field.name)
                             : is_any_of(field.name, scd2.track_columns);
    if (tracked) {
      names.push_back(field.name);
    }
  }
  return names;
}

/// The names of tracked columns that are not those of the version before, joined by commas.
std::string render_changed(const std::vector<std::string>& tracked) {
  std::string names;
  for (const std::string& column : tracked) {
    names += fmt::format(", CASE WHEN {0} IS DISTINCT FROM lag({0}) OVER w THEN {1} END",
                         quote_identifier(column), dialect::quote_literal(column));
  }
  return fmt::format("nullif(concat_ws(','{}), '')", names.empty() ? ", NULL" : names);
}

/// Why a version is there: as the table has it, where the version before it is the one it was.
std::string render_reasoned(const std::vector<std::string>& tracked, const plan::Scd2& scd2) {
  return scd2.reason_column.empty()
             ? "NULL"
             : fmt::format(
                   "CASE WHEN _sluice_source = 0 AND coalesce(lag(_sluice_source) OVER w, "
                   "0) = 0 THEN _sluice_old_reason WHEN row_number() OVER w = 1 THEN "
                   "'initial_load' ELSE {} END",
                   render_changed(tracked));
}

std::string render_data(const ChangeRequest& request, const plan::Scd2& scd2,
                        std::string_view alias) {
  const std::vector<std::string> ours = columns_set_here(scd2);
  std::string names;
  for (const schema::Field& field : request.table.fields) {
    if (!is_any_of(field.name, ours)) {
      names += fmt::format(", {}{}", alias, quote_identifier(field.name));
    }
  }
  return names;
}

std::string render_is_member(const plan::Scd2& scd2) {
  return scd2.unknown_member && !scd2.surrogate_column.empty()
             ? fmt::format("t.{} IS NOT DISTINCT FROM {}", quote_identifier(scd2.surrogate_column),
                           dialect::quote_literal(scd2.unknown_member->surrogate_key))
             : "FALSE";
}

/// The batch as it is, or the latest row of each key.
std::string render_batch(const ChangeRequest& request, const plan::Scd2& scd2,
                         const Scd2Parts& parts, const Scd2Deletes& deletes) {
  const std::string batch = quote_identifier(request.batch.relation);
  return scd2.keep_last ? fmt::format(
                              "(SELECT * FROM {} AS b QUALIFY row_number() OVER (PARTITION BY {} "
                              "ORDER BY {} DESC, {}b.{} DESC) = 1)",
                              batch, parts.key, parts.instant, deletes.order, kPosition)
                        : batch;
}

/// The column of the batch that says when a row is from; empty: none does.
std::string change_date(const ChangeRequest& request, const plan::Scd2& scd2) {
  const bool has_start = request.write->schema.find(scd2.effective_from_column) != nullptr;
  return !scd2.timestamp_column.empty() ? scd2.timestamp_column
         : has_start                    ? scd2.effective_from_column
         : scd2.events                  ? scd2.events->timestamp_column
                                        : "";
}

/// Numbers tell time too, but none of them is now.
bool has_default_instant(const ChangeRequest& request, const plan::Scd2& scd2) {
  const auto& start = request.table.find(scd2.effective_from_column)->type.kind;
  return scd2.default_instant.has_value() || std::holds_alternative<schema::Timestamp>(start) ||
         std::holds_alternative<schema::Date>(start) || std::holds_alternative<schema::Text>(start);
}

Result<Scd2Parts> render_parts(const Context& context, const ChangeRequest& request,
                               const plan::Scd2& scd2) {
  const auto& render_type = dialect::duckdb_dialect().render_type;
  SLUICE_TRY(const std::string start_type,
             render_type(request.table.find(scd2.effective_from_column)->type));
  SLUICE_TRY(const std::string end_type,
             render_type(request.table.find(scd2.effective_to_column)->type));
  const std::string dated = change_date(request, scd2);
  std::string instant =
      render_value(scd2.default_instant.value_or(plan::Value(context.clock->now())), start_type);
  if (!dated.empty()) {
    const std::string date = fmt::format("CAST(b.{} AS {})", quote_identifier(dated), start_type);
    instant =
        has_default_instant(request, scd2) ? fmt::format("coalesce({}, {})", date, instant) : date;
  }
  const std::vector<std::string> tracked = tracked_columns(request, scd2);
  return Scd2Parts{
      .key = dialect::quote_columns(scd2.key),
      .data = render_data(request, scd2, ""),
      .tracked = tracked.empty() ? "0" : fmt::format("row({})", dialect::quote_columns(tracked)),
      .instant = instant,
      .first = render_value(scd2.first_effective_from, start_type),
      .open = render_value(scd2.open_effective_to, end_type),
      .start_type = start_type,
      .start = quote_identifier(scd2.effective_from_column),
      .end = quote_identifier(scd2.effective_to_column),
      .current = quote_identifier(scd2.current_column),
      .version = scd2.version_column.empty() ? "" : quote_identifier(scd2.version_column),
      .surrogate = scd2.surrogate_column.empty() ? "" : quote_identifier(scd2.surrogate_column),
      .reason = scd2.reason_column.empty() ? "" : quote_identifier(scd2.reason_column),
      .reasoned = render_reasoned(tracked, scd2),
      .is_member = render_is_member(scd2),
  };
}

/// Existing versions of the batch's keys (source 0) and the batch's rows (source 1).
std::string render_events(const ChangeRequest& request, const plan::Scd2& scd2,
                          const Scd2Parts& parts, const Scd2Deletes& deletes) {
  return fmt::format(
      "_sluice_existing AS {once}(SELECT t.{file}, t.{row}, 0 AS _sluice_source, 0 AS "
      "_sluice_place{told}, t.{start} AS "
      "_sluice_started, "
      "t.{end} AS _sluice_old_end, t.{current} AS _sluice_old_current, {version} AS "
      "_sluice_old_version, "
      "{surrogate} AS _sluice_old_surrogate, {reason} AS _sluice_old_reason{also_told} FROM "
      "{target} AS t "
      "WHERE EXISTS (SELECT 1 FROM {batch} AS b WHERE {same}) AND NOT ({member})), "
      "_sluice_incoming AS {once}(SELECT CAST(NULL AS VARCHAR) AS {file}, CAST(NULL AS BIGINT) AS "
      "{row}, "
      "1 AS _sluice_source, b.{position} AS _sluice_place{brought}, {instant} AS _sluice_started, "
      "NULL AS _sluice_old_end, NULL AS _sluice_old_current, NULL AS _sluice_old_version, NULL AS "
      "_sluice_old_surrogate, "
      "NULL AS _sluice_old_reason{also_brought} FROM {latest} AS b QUALIFY row_number() OVER "
      "(PARTITION BY "
      "{key}, {instant} ORDER BY {order}b.{position} DESC) = 1), {ends}"
      "_sluice_events AS (SELECT * FROM _sluice_existing UNION ALL SELECT * FROM "
      "_sluice_incoming{and_ends}), ",
      fmt::arg("file", kFile), fmt::arg("row", kRow),
      fmt::arg("told", render_data(request, scd2, "t.")), fmt::arg("start", parts.start),
      fmt::arg("end", parts.end), fmt::arg("current", parts.current),
      fmt::arg("version", parts.version.empty() ? "NULL" : "t." + parts.version),
      fmt::arg("surrogate", parts.surrogate.empty() ? "NULL" : "t." + parts.surrogate),
      fmt::arg("reason", parts.reason.empty() ? "NULL" : "t." + parts.reason),
      fmt::arg("target", request.target), fmt::arg("member", parts.is_member),
      fmt::arg("latest", render_batch(request, scd2, parts, deletes)),
      fmt::arg("once", has_deletes(scd2) ? "MATERIALIZED " : ""),  // read more than once
      fmt::arg("also_told", deletes.told), fmt::arg("also_brought", deletes.brought),
      fmt::arg("order", deletes.order), fmt::arg("ends", deletes.ends),
      fmt::arg("and_ends", deletes.events),
      fmt::arg("batch", quote_identifier(request.batch.relation)),
      fmt::arg("same", render_equal(scd2.key, "b", "t")), fmt::arg("position", kPosition),
      fmt::arg("brought", render_data(request, scd2, "b.")), fmt::arg("instant", parts.instant),
      fmt::arg("key", parts.key));
}

/// One event for each key and instant, without those that change nothing, and when each ends.
std::string render_timeline(const Scd2Parts& parts) {
  return fmt::format(
      "_sluice_begun AS (SELECT * REPLACE (CASE WHEN min(_sluice_source) OVER k = 1 AND "
      "row_number() OVER "
      "(PARTITION BY {key} ORDER BY _sluice_started) = 1 THEN least(coalesce({first}, "
      "_sluice_started), _sluice_started) "
      "ELSE _sluice_started END AS _sluice_started) FROM _sluice_events WINDOW k AS (PARTITION BY "
      "{key})), "
      "_sluice_met AS (SELECT *, {tracked} AS _sluice_told, first_value({tracked}) OVER s AS "
      "_sluice_told_before, "
      "first_value({file}) OVER s AS _sluice_its_file, first_value({row}) OVER s AS "
      "_sluice_its_row, "
      "first_value(_sluice_source) OVER s AS _sluice_first_source, first_value(_sluice_old_end) "
      "OVER s AS _sluice_its_end, "
      "first_value(_sluice_old_current) OVER s AS _sluice_its_current, "
      "first_value(_sluice_old_version) OVER s AS "
      "_sluice_its_version, first_value(_sluice_old_surrogate) OVER s AS _sluice_its_surrogate "
      "FROM _sluice_begun "
      "WINDOW s AS (PARTITION BY {key}, _sluice_started ORDER BY _sluice_source)), "
      "_sluice_single AS (SELECT * FROM _sluice_met QUALIFY row_number() OVER (PARTITION BY {key}, "
      "_sluice_started "
      "ORDER BY CASE WHEN _sluice_source = 1 AND _sluice_first_source = 0 AND _sluice_told IS NOT "
      "DISTINCT FROM "
      "_sluice_told_before "
      "THEN -1 ELSE _sluice_source END DESC) = 1), "
      "_sluice_seen AS (SELECT *, lag(_sluice_told) OVER w AS _sluice_previous, row_number() OVER "
      "w AS _sluice_nth FROM _sluice_single "
      "WINDOW w AS (PARTITION BY {key} ORDER BY _sluice_started)), "
      "_sluice_kept AS (SELECT * FROM _sluice_seen WHERE _sluice_its_row IS NOT NULL OR "
      "_sluice_nth = 1 OR _sluice_told IS DISTINCT FROM "
      "_sluice_previous), "
      "_sluice_placed AS (SELECT *, lead(_sluice_started) OVER w AS _sluice_next_start, "
      "row_number() OVER w AS _sluice_number, "
      "{reasoned} AS _sluice_reasoned FROM _sluice_kept WINDOW w AS (PARTITION BY {key} ORDER BY "
      "_sluice_started)) ",
      fmt::arg("reasoned", parts.reasoned), fmt::arg("key", parts.key),
      fmt::arg("first", parts.first), fmt::arg("tracked", parts.tracked), fmt::arg("file", kFile),
      fmt::arg("row", kRow));
}

/// What depends on whether a delete may end a version.
struct Ending {
  std::string end, current, role, changes;
};

Ending choose_ending(const plan::Scd2& scd2, const Scd2Parts& parts, const Scd2Deletes& deletes) {
  const std::string end = fmt::format("coalesce(_sluice_next_start, {})", parts.open);
  if (!has_deletes(scd2)) {
    return {.end = end, .current = "(_sluice_next_start IS NULL)", .role = "'b'", .changes = ""};
  }
  return {.end = fmt::format("CASE WHEN _sluice_gone THEN _sluice_started ELSE {} END", end),
          .current = "(_sluice_next_start IS NULL AND NOT _sluice_gone)",
          .role = "CASE WHEN _sluice_by_batch THEN 'm' ELSE 'b' END",
          .changes =
              deletes.is_soft
                  ? fmt::format(" OR (_sluice_its_mark IS NOT DISTINCT FROM {}) IS DISTINCT FROM "
                                "_sluice_ended",
                                deletes.marked)
                  : ""};
}

/// What a column of the soft delete holds in a version; empty for other columns.
std::string render_mark(const schema::Field& field, const plan::Scd2& scd2,
                        const Scd2Deletes& deletes) {
  if (!scd2.soft_delete) {
    return "";
  }
  const plan::SoftDelete& soft = *scd2.soft_delete;
  if (schema::same_column(field.name, soft.column)) {
    return fmt::format(
        "CASE WHEN _sluice_ended THEN {0} WHEN _sluice_source = 0 AND _sluice_old_mark IS DISTINCT "
        "FROM {0} THEN _sluice_old_mark "
        "ELSE {1} END",
        deletes.marked, deletes.live);
  }
  if (schema::same_column(field.name, soft.time_column)) {
    return "_sluice_ended_at";
  }
  return schema::same_column(field.name, soft.reason_column) ? "_sluice_ended_why" : "";
}

/// What the columns of the history are after the write.
std::string render_column(const ChangeRequest& request, const schema::Field& field,
                          const plan::Scd2& scd2, const Ending& ending) {
  if (schema::same_column(field.name, scd2.effective_from_column)) {
    return "_sluice_started";
  }
  if (schema::same_column(field.name, scd2.effective_to_column)) {
    return ending.end;
  }
  if (schema::same_column(field.name, scd2.current_column)) {
    return ending.current;
  }
  if (!scd2.version_column.empty() && schema::same_column(field.name, scd2.version_column)) {
    return "_sluice_number";
  }
  if (!scd2.surrogate_column.empty() && schema::same_column(field.name, scd2.surrogate_column)) {
    return fmt::format(
        "coalesce(_sluice_its_surrogate, {})",
        render_surrogate(request, scd2.key, "", "_sluice_started", scd2.has_random_surrogate));
  }
  if (!scd2.reason_column.empty() && schema::same_column(field.name, scd2.reason_column)) {
    return "_sluice_reasoned";
  }
  return quote_identifier(field.name);
}

std::string render_query(const ChangeRequest& request, const plan::Scd2& scd2,
                         const Scd2Parts& parts, const Scd2Deletes& deletes) {
  const Ending ending = choose_ending(scd2, parts, deletes);
  std::string columns;
  for (const schema::Field& field : request.table.fields) {
    const std::string mark = render_mark(field, scd2, deletes);
    columns +=
        fmt::format(", {} AS {}", mark.empty() ? render_column(request, field, scd2, ending) : mark,
                    quote_identifier(field.name));
  }
  const std::string versions =
      parts.version.empty() ? "" : " OR _sluice_its_version IS DISTINCT FROM _sluice_number";
  const std::string reasons =
      parts.reason.empty() ? "" : " OR _sluice_old_reason IS DISTINCT FROM _sluice_reasoned";
  return fmt::format(
      "WITH {events}{timeline}SELECT CASE WHEN _sluice_its_row IS NULL THEN 'i' WHEN "
      "_sluice_source = 1 THEN 'c' "
      "ELSE 'u' END AS {kind}, {role_of} AS {role}, _sluice_its_file AS {file}, _sluice_its_row AS "
      "{row}{columns} "
      "FROM _sluice_placed WHERE _sluice_its_row IS NULL OR _sluice_source = 1 OR _sluice_its_end "
      "IS DISTINCT FROM {end} OR "
      "_sluice_its_current IS DISTINCT FROM {current}{versions}{reasons}{changes}",
      fmt::arg("events", render_events(request, scd2, parts, deletes)),
      fmt::arg("timeline", has_deletes(scd2) ? render_timeline_with_deletes(parts, deletes)
                                             : render_timeline(parts)),
      fmt::arg("kind", kKind), fmt::arg("role_of", ending.role), fmt::arg("role", kRole),
      fmt::arg("file", kFile), fmt::arg("row", kRow), fmt::arg("columns", columns),
      fmt::arg("end", ending.end), fmt::arg("current", ending.current),
      fmt::arg("versions", versions), fmt::arg("reasons", reasons),
      fmt::arg("changes", ending.changes));
}

/// Version 0 of nobody: always current.
Result<std::string> render_member(const ChangeRequest& request, const plan::Scd2& scd2,
                                  const Scd2Parts& parts, const Scd2Deletes& deletes) {
  const auto& member = *scd2.unknown_member;
  SetColumns set{{scd2.surrogate_column, dialect::quote_literal(member.surrogate_key)},
                 {scd2.effective_from_column,
                  scd2.first_effective_from
                      ? parts.first
                      : render_unknown_value(request.table.find(scd2.effective_from_column)->type)},
                 {scd2.effective_to_column, parts.open},
                 {scd2.current_column, "TRUE"},
                 {scd2.version_column, "0"},
                 {scd2.reason_column, "'unknown_member'"}};
  if (scd2.soft_delete) {
    set.emplace_back(scd2.soft_delete->column, deletes.live);
    set.emplace_back(scd2.soft_delete->time_column, "NULL");
    set.emplace_back(scd2.soft_delete->reason_column, "NULL");
  }
  return render_unknown_member(request, member, set, parts.is_member);
}

}  // namespace

Result<std::string> render_scd2(const Context& context, engine::Connection& connection,
                                const ChangeRequest& request, const plan::Scd2& scd2) {
  SLUICE_CHECK(check_columns(request, scd2));
  SLUICE_CHECK(check_key_columns("an SCD2 history", scd2.key, request.write->schema));
  SLUICE_CHECK(
      check_no_null(context, connection, request.batch.relation, "an SCD2 history", scd2.key));
  if (const std::string dated = change_date(request, scd2);
      !dated.empty() && !has_default_instant(request, scd2)) {
    SLUICE_CHECK(check_dated(context, connection, request.batch.relation, "an SCD2 history", dated,
                             scd2.key));
  }
  SLUICE_CHECK(check_started(context, connection, request, scd2));
  SLUICE_TRY(const Scd2Parts parts, render_parts(context, request, scd2));
  SLUICE_TRY(const Scd2Deletes deletes,
             make_scd2_deletes(context, request, scd2, parts, change_date(request, scd2)));
  std::string query = render_query(request, scd2, parts, deletes);
  if (scd2.unknown_member && !scd2.surrogate_column.empty()) {
    SLUICE_TRY(const std::string member, render_member(request, scd2, parts, deletes));
    query = fmt::format("SELECT * FROM ({}) UNION ALL {}", query, member);
  }
  return query;
}

}  // namespace sluice::table::internal
