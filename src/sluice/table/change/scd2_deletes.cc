#include <algorithm>

#include <fmt/format.h>

#include "sluice/dialect/quote.h"
#include "sluice/table/change/change_internal.h"
#include "sluice/table/change/key_check.h"
#include "sluice/table/change/scd2_internal.h"

namespace sluice::table::internal {
namespace {

using dialect::quote_identifier;

bool is_written(const ChangeRequest& request, const std::string& column) {
  return std::ranges::any_of(request.batch.written, [&](const std::string& one) {
    return schema::same_column(one, column);
  });
}

/// Rows that delete are told by columns of the rows, and ends by dates that compare with starts.
Status check_uses(const ChangeRequest& request, const plan::Scd2& scd2) {
  const schema::Field* from = request.table.find(scd2.effective_from_column);
  const schema::Field* to = request.table.find(scd2.effective_to_column);
  if (from->type.kind.index() != to->type.kind.index()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("a history with deletes needs one type for start and end of a "
                                  "version: '{}' is {}, and '{}' is {}",
                                  from->name, to_string(from->type), to->name, to_string(to->type)))
        .with_hint("Declare both as the same type.");
  }
  if (!scd2.events) {
    return {};
  }
  for (const std::string* name : {&scd2.events->operation_column, &scd2.events->timestamp_column}) {
    if (!name->empty() && !is_written(request, *name)) {
      return make_error(
                 ErrorCode::InvalidArgument,
                 fmt::format("the history goes by a column that the rows do not have: '{}'", *name))
          .with_hint("Keep the column in the rows: declare it as a field.");
    }
  }
  return {};
}

std::string render_gone(const plan::Scd2& scd2) {
  std::string values;
  if (scd2.events) {
    for (const std::string& value : scd2.events->delete_values) {
      values += (values.empty() ? "" : ", ") + dialect::quote_literal(value);
    }
  }
  return values.empty() || scd2.events->operation_column.empty()
             ? "FALSE"
             : fmt::format("coalesce(CAST(b.{} AS VARCHAR) IN ({}), FALSE)",
                           quote_identifier(scd2.events->operation_column), values);
}

bool is_instant(const ChangeRequest& request, std::string_view column) {
  const schema::Field* field = request.table.find(column);
  return field != nullptr && (std::holds_alternative<schema::Timestamp>(field->type.kind) ||
                              std::holds_alternative<schema::Date>(field->type.kind));
}

/// What tells when a row of the batch deleted: the event's time, else its change date, else now.
std::string render_gone_at(const Context& context, const ChangeRequest& request,
                           const plan::Scd2& scd2, std::string_view dated,
                           const std::string& type) {
  std::string times;
  if (scd2.events && !scd2.events->timestamp_column.empty()) {
    times +=
        fmt::format("CAST(b.{} AS {}), ", quote_identifier(scd2.events->timestamp_column), type);
  }
  if (is_instant(request, dated)) {
    times += fmt::format("CAST(b.{} AS {}), ", quote_identifier(dated), type);
  }
  return fmt::format("coalesce({}{})", times,
                     render_value(plan::Value(context.clock->now()), type));
}

/// The line of time has these columns more than a plain one: whether nothing holds from here on,
/// until when the key is known to have been there, what orders events of one instant, the mark,
/// when and why it was deleted, and whether the point stands for a version that never came.
struct Columns {
  std::string gone, known_at, event_at, mark, gone_at, why;
  std::string render() const {
    return fmt::format(
        ", {} AS _sluice_gone, {} AS _sluice_known_at, {} AS _sluice_event_at, {} AS "
        "_sluice_old_mark, {} AS _sluice_gone_at, {} AS "
        "_sluice_gone_why, FALSE AS _sluice_seed",
        gone, known_at, event_at, mark, gone_at, why);
  }
};

/// Points of deletes: where a version ends and no other begins. And of a key that is deleted
/// before it was ever seen, where marks are kept: the version from the first start until then.
std::string render_ends(const plan::Scd2& scd2, const Scd2Parts& parts, const Columns& told,
                        const std::string& event_type) {
  std::string ends = fmt::format(
      "_sluice_ends AS (SELECT * EXCLUDE (_sluice_upcoming) REPLACE (CAST(NULL AS VARCHAR) AS "
      "{file}, "
      "CAST(NULL AS BIGINT) AS {row}, CAST(_sluice_old_end AS {type}) AS _sluice_started, NULL AS "
      "_sluice_old_end, "
      "NULL AS _sluice_old_current, NULL AS _sluice_old_version, NULL AS _sluice_old_surrogate, "
      "NULL AS _sluice_old_reason, "
      "TRUE AS _sluice_gone, NULL AS _sluice_known_at, {event} AS _sluice_event_at, NULL AS "
      "_sluice_old_mark) "
      "FROM (SELECT *, lead(_sluice_started) OVER (PARTITION BY {key} ORDER BY _sluice_started) AS "
      "_sluice_upcoming "
      "FROM _sluice_existing) WHERE NOT _sluice_gone AND _sluice_old_end IS NOT NULL AND CASE WHEN "
      "_sluice_upcoming IS NULL THEN "
      "_sluice_old_current IS NOT TRUE ELSE _sluice_old_end < _sluice_upcoming END), ",
      fmt::arg("file", kFile), fmt::arg("row", kRow), fmt::arg("type", parts.start_type),
      fmt::arg("event", event_type.empty() || told.gone_at == "NULL"
                            ? "NULL"
                            : fmt::format("TRY_CAST(_sluice_gone_at AS {})", event_type)),
      fmt::arg("key", parts.key));
  if (scd2.soft_delete) {
    ends += fmt::format(
        "_sluice_seeds AS (SELECT * EXCLUDE (_sluice_nth) REPLACE ({first} AS _sluice_started, "
        "FALSE AS _sluice_gone, TRUE AS "
        "_sluice_seed) FROM (SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY "
        "_sluice_started) AS _sluice_nth FROM "
        "_sluice_incoming) AS i WHERE _sluice_nth = 1 AND _sluice_gone AND {first} < "
        "_sluice_started AND NOT EXISTS (SELECT 1 FROM "
        "_sluice_existing AS e WHERE {same})), ",
        fmt::arg("first", parts.first), fmt::arg("key", parts.key),
        fmt::arg("same", render_equal(scd2.key, "e", "i")));
  }
  return ends;
}

/// One point for each key and instant: what the table has told, and what the batch brings.
std::string render_points(const Scd2Parts& parts, const Scd2Deletes& deletes) {
  // A key that has no row yet: without marks its deletes are not kept, with them the first is.
  const std::string forgotten = deletes.is_soft
                                    ? ""
                                    : " QUALIFY NOT (_sluice_gone AND _sluice_is_new AND "
                                      "coalesce(_sluice_started < min(_sluice_started) FILTER "
                                      "(WHERE NOT _sluice_gone) OVER k, TRUE))";
  return fmt::format(
      "_sluice_known AS (SELECT *, min(_sluice_source) OVER k = 1 AS _sluice_is_new FROM "
      "_sluice_events WINDOW k AS (PARTITION BY "
      "{key}){forgotten}), "
      "_sluice_begun AS (SELECT * REPLACE (CASE WHEN _sluice_is_new AND NOT _sluice_gone AND "
      "row_number() OVER (PARTITION "
      "BY {key} ORDER BY _sluice_started) = 1 THEN least(coalesce({first}, _sluice_started), "
      "_sluice_started) ELSE _sluice_started "
      "END AS _sluice_started) FROM _sluice_known), "
      // A delete that is older than what is known of the key changes nothing.
      "_sluice_aged AS (SELECT *, coalesce(max(_sluice_known_at) OVER (PARTITION BY {key} ORDER BY "
      "_sluice_started) > "
      "_sluice_started, FALSE) AS _sluice_is_late FROM _sluice_begun), "
      "_sluice_met AS (SELECT *, CASE WHEN NOT _sluice_gone THEN {tracked} END AS _sluice_told, "
      "first_value(CASE WHEN NOT "
      "_sluice_gone THEN {tracked} END) OVER s AS _sluice_told_before, first_value({file}) OVER s "
      "AS _sluice_its_file, "
      "first_value({row}) OVER s AS _sluice_its_row, first_value(_sluice_source) OVER s AS "
      "_sluice_first_source, "
      "first_value(_sluice_event_at) OVER s AS _sluice_first_event_at, "
      "first_value(_sluice_old_end) OVER s AS _sluice_its_end, "
      "first_value(_sluice_old_current) OVER s AS _sluice_its_current, "
      "first_value(_sluice_old_version) OVER s AS "
      "_sluice_its_version, first_value(_sluice_old_surrogate) OVER s AS _sluice_its_surrogate, "
      "first_value(_sluice_old_mark) OVER "
      "s AS _sluice_its_mark, last_value(_sluice_source) OVER s AS _sluice_last_source, "
      "last_value(_sluice_gone) OVER s AS "
      "_sluice_last_gone, last_value(_sluice_event_at) OVER s AS _sluice_last_event_at, "
      "last_value(_sluice_gone_at) OVER s AS "
      "_sluice_last_gone_at, last_value(_sluice_gone_why) OVER s AS _sluice_last_gone_why FROM "
      "_sluice_aged WINDOW s AS (PARTITION "
      "BY {key}, _sluice_started ORDER BY _sluice_source ROWS BETWEEN UNBOUNDED PRECEDING AND "
      "UNBOUNDED "
      "FOLLOWING)), "
      // A delete of the instant of a version ends it where it starts, and leaves its values.
      "_sluice_struck AS (SELECT *, _sluice_source = 0 AND {row} IS NOT NULL AND NOT _sluice_gone "
      "AND _sluice_last_source = 1 AND "
      "_sluice_last_gone AND NOT _sluice_is_late AND NOT coalesce(_sluice_last_event_at < "
      "_sluice_event_at, FALSE) AS _sluice_is_struck "
      "FROM _sluice_met), "
      "_sluice_single AS (SELECT * EXCLUDE (_sluice_is_struck) REPLACE (_sluice_gone OR "
      "_sluice_is_struck AS _sluice_gone, CASE WHEN NOT "
      "_sluice_is_struck THEN _sluice_told END AS _sluice_told, CASE WHEN _sluice_is_struck THEN "
      "_sluice_last_gone_at ELSE _sluice_gone_at END AS "
      "_sluice_gone_at, CASE WHEN _sluice_is_struck THEN _sluice_last_gone_why ELSE "
      "_sluice_gone_why END AS _sluice_gone_why), _sluice_is_struck "
      "OR "
      "(_sluice_gone AND _sluice_source = 1) AS _sluice_of_batch FROM _sluice_struck WHERE NOT "
      "(_sluice_gone AND _sluice_source = 1 AND _sluice_is_late) "
      "QUALIFY row_number() OVER (PARTITION BY {key}, _sluice_started ORDER BY CASE WHEN "
      "_sluice_source = 1 AND "
      "_sluice_first_source = 0 AND ((_sluice_gone AND _sluice_its_row IS NOT NULL) OR "
      "_sluice_told IS NOT DISTINCT FROM "
      "_sluice_told_before OR coalesce(_sluice_event_at < _sluice_first_event_at, FALSE)) THEN -1 "
      "ELSE _sluice_source END DESC) = "
      "1), ",
      fmt::arg("forgotten", forgotten), fmt::arg("key", parts.key), fmt::arg("first", parts.first),
      fmt::arg("tracked", parts.tracked), fmt::arg("file", kFile), fmt::arg("row", kRow));
}

/// The versions that those points begin, and what ends each.
std::string render_versions(const Scd2Parts& parts, const Scd2Deletes& deletes) {
  return fmt::format(
      "_sluice_seen AS (SELECT *, lag(_sluice_told) OVER w AS _sluice_previous, {made} AS "
      "_sluice_made FROM _sluice_single WINDOW w AS "
      "(PARTITION BY {key} ORDER BY _sluice_started)), "
      "_sluice_kept AS (SELECT *, _sluice_its_row IS NOT NULL OR _sluice_made OR NOT _sluice_gone "
      "AS _sluice_has_row FROM _sluice_seen WHERE "
      "_sluice_its_row IS NOT NULL OR _sluice_made OR _sluice_told IS DISTINCT FROM "
      "_sluice_previous), "
      "_sluice_lined AS (SELECT *, lead(_sluice_started) OVER w AS _sluice_next_start, "
      "coalesce(lead(_sluice_gone AND NOT _sluice_has_row) "
      "OVER w, FALSE) AS _sluice_next_gone, lead(_sluice_gone_at) OVER w AS _sluice_next_gone_at, "
      "lead(_sluice_gone_why) OVER w AS "
      "_sluice_next_gone_why, lead(_sluice_of_batch) OVER w AS _sluice_next_of_batch FROM "
      "_sluice_kept WINDOW w AS (PARTITION BY "
      "{key} ORDER BY _sluice_started)), "
      "_sluice_placed AS (SELECT *, row_number() OVER w AS _sluice_number, {reasoned} AS "
      "_sluice_reasoned, _sluice_gone OR _sluice_next_gone "
      "AS _sluice_ended, CASE WHEN _sluice_gone THEN _sluice_gone_at WHEN _sluice_next_gone THEN "
      "_sluice_next_gone_at END AS _sluice_ended_at, "
      "CASE "
      "WHEN _sluice_gone THEN _sluice_gone_why WHEN _sluice_next_gone THEN _sluice_next_gone_why "
      "END AS _sluice_ended_why, NOT _sluice_seed AND "
      "NOT "
      "_sluice_made AND coalesce(CASE WHEN _sluice_gone THEN _sluice_of_batch WHEN "
      "_sluice_next_gone THEN _sluice_next_of_batch END, "
      "FALSE) "
      "AS _sluice_by_batch FROM _sluice_lined WHERE _sluice_has_row WINDOW w AS (PARTITION BY "
      "{key} ORDER BY _sluice_started)) ",
      fmt::arg("key", parts.key),
      fmt::arg("made", deletes.is_soft
                           ? "_sluice_is_new AND _sluice_gone AND row_number() OVER w = 1"
                           : "FALSE"),
      fmt::arg("reasoned", parts.reasoned));
}

}  // namespace

bool has_deletes(const plan::Scd2& scd2) {
  return scd2.soft_delete.has_value() || scd2.events.has_value();
}

Result<Scd2Deletes> make_scd2_deletes(const Context& context, const ChangeRequest& request,
                                      const plan::Scd2& scd2, const Scd2Parts& parts,
                                      std::string_view dated) {
  Scd2Deletes deletes;
  if (!has_deletes(scd2)) {
    return deletes;
  }
  SLUICE_CHECK(check_uses(request, scd2));
  Columns told{.gone = fmt::format("coalesce(t.{} <= t.{}, FALSE) AND t.{} IS NOT TRUE", parts.end,
                                   parts.start, parts.current),
               .known_at = "t." + parts.start,
               .event_at = "NULL",
               .mark = "NULL",
               .gone_at = "NULL",
               .why = "NULL"};
  Columns brought{.gone = render_gone(scd2),
                  .known_at = parts.instant,
                  .event_at = "NULL",
                  .mark = "NULL",
                  .gone_at = "NULL",
                  .why = "'cdc_delete_signal'"};
  if (!dated.empty() && !schema::same_column(dated, scd2.effective_from_column)) {
    told.known_at = fmt::format("greatest(t.{}, CAST(t.{} AS {}))", parts.start,
                                quote_identifier(dated), parts.start_type);
  }
  std::string event_type;
  if (scd2.events && !scd2.events->timestamp_column.empty() &&
      !schema::same_column(scd2.events->timestamp_column, dated)) {
    const std::string column = quote_identifier(scd2.events->timestamp_column);
    SLUICE_TRY(event_type, render_type_of(request, scd2.events->timestamp_column));
    told.event_at = "t." + column;
    brought.event_at = "b." + column;
    deletes.order = fmt::format("b.{} DESC NULLS LAST, ", column);
  }
  if (scd2.soft_delete) {
    const plan::SoftDelete& soft = *scd2.soft_delete;
    deletes.is_soft = true;
    SLUICE_TRY(const std::string type, render_type_of(request, soft.column));
    deletes.marked = render_value(soft.deleted, type);
    deletes.live = std::holds_alternative<bool>(soft.deleted)
                       ? render_value(plan::Value(!std::get<bool>(soft.deleted)), type)
                       : render_value(std::nullopt, type);
    told.mark = "t." + quote_identifier(soft.column);
    if (!soft.time_column.empty()) {
      SLUICE_TRY(const std::string time, render_type_of(request, soft.time_column));
      told.gone_at = "t." + quote_identifier(soft.time_column);
      brought.gone_at = render_gone_at(context, request, scd2, dated, time);
    }
    if (!soft.reason_column.empty()) {
      told.why = "t." + quote_identifier(soft.reason_column);
    }
  }
  deletes.told = told.render();
  deletes.brought = brought.render();
  deletes.ends = render_ends(scd2, parts, told, event_type);
  deletes.events = " UNION ALL SELECT * FROM _sluice_ends";
  if (scd2.soft_delete) {
    deletes.events += " UNION ALL SELECT * FROM _sluice_seeds";
  }
  return deletes;
}

std::string render_timeline_with_deletes(const Scd2Parts& parts, const Scd2Deletes& deletes) {
  return render_points(parts, deletes) + render_versions(parts, deletes);
}

}  // namespace sluice::table::internal
