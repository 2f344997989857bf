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
        ", {} AS gone, {} AS known_at, {} AS event_at, {} AS old_mark, {} AS gone_at, {} AS "
        "gone_why, FALSE AS seed",
        gone, known_at, event_at, mark, gone_at, why);
  }
};

/// Points of deletes: where a version ends and no other begins. And of a key that is deleted
/// before it was ever seen, where marks are kept: the version from the first start until then.
std::string render_ends(const plan::Scd2& scd2, const Scd2Parts& parts, const Columns& told,
                        const std::string& event_type) {
  std::string ends = fmt::format(
      "ends AS (SELECT * EXCLUDE (upcoming) REPLACE (CAST(NULL AS VARCHAR) AS {file}, "
      "CAST(NULL AS BIGINT) AS {row}, CAST(old_end AS {type}) AS started, NULL AS old_end, "
      "NULL AS old_current, NULL AS old_version, NULL AS old_surrogate, NULL AS old_reason, "
      "TRUE AS gone, NULL AS known_at, {event} AS event_at, NULL AS old_mark) "
      "FROM (SELECT *, lead(started) OVER (PARTITION BY {key} ORDER BY started) AS upcoming "
      "FROM existing) WHERE NOT gone AND old_end IS NOT NULL AND CASE WHEN upcoming IS NULL THEN "
      "old_current IS NOT TRUE ELSE old_end < upcoming END), ",
      fmt::arg("file", kFile), fmt::arg("row", kRow), fmt::arg("type", parts.start_type),
      fmt::arg("event", event_type.empty() || told.gone_at == "NULL"
                            ? "NULL"
                            : fmt::format("TRY_CAST(gone_at AS {})", event_type)),
      fmt::arg("key", parts.key));
  if (scd2.soft_delete) {
    ends += fmt::format(
        "seeds AS (SELECT * EXCLUDE (nth) REPLACE ({first} AS started, FALSE AS gone, TRUE AS "
        "seed) FROM (SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY started) AS nth FROM "
        "incoming) AS i WHERE nth = 1 AND gone AND {first} < started AND NOT EXISTS (SELECT 1 FROM "
        "existing AS e WHERE {same})), ",
        fmt::arg("first", parts.first), fmt::arg("key", parts.key),
        fmt::arg("same", render_equal(scd2.key, "e", "i")));
  }
  return ends;
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
  deletes.events = " UNION ALL SELECT * FROM ends";
  if (scd2.soft_delete) {
    deletes.events += " UNION ALL SELECT * FROM seeds";
  }
  return deletes;
}

std::string render_timeline_with_deletes(const Scd2Parts& parts, const Scd2Deletes& deletes) {
  // A key that has no row yet: without marks its deletes are not kept, with them the first is.
  const std::string forgotten =
      deletes.is_soft ? ""
                      : " QUALIFY NOT (gone AND is_new AND coalesce(started < min(started) FILTER "
                        "(WHERE NOT gone) OVER k, TRUE))";
  return fmt::format(
      "known AS (SELECT *, min(source) OVER k = 1 AS is_new FROM events WINDOW k AS (PARTITION BY "
      "{key}){forgotten}), "
      "begun AS (SELECT * REPLACE (CASE WHEN is_new AND NOT gone AND row_number() OVER (PARTITION "
      "BY {key} ORDER BY started) = 1 THEN least(coalesce({first}, started), started) ELSE started "
      "END AS started) FROM known), "
      // A delete that is older than what is known of the key changes nothing.
      "aged AS (SELECT *, coalesce(max(known_at) OVER (PARTITION BY {key} ORDER BY started) > "
      "started, FALSE) AS is_late FROM begun), "
      "met AS (SELECT *, CASE WHEN NOT gone THEN {tracked} END AS told, first_value(CASE WHEN NOT "
      "gone THEN {tracked} END) OVER s AS told_before, first_value({file}) OVER s AS its_file, "
      "first_value({row}) OVER s AS its_row, first_value(source) OVER s AS first_source, "
      "first_value(event_at) OVER s AS first_event_at, first_value(old_end) OVER s AS its_end, "
      "first_value(old_current) OVER s AS its_current, first_value(old_version) OVER s AS "
      "its_version, first_value(old_surrogate) OVER s AS its_surrogate, first_value(old_mark) OVER "
      "s AS its_mark, last_value(source) OVER s AS last_source, last_value(gone) OVER s AS "
      "last_gone, last_value(event_at) OVER s AS last_event_at, last_value(gone_at) OVER s AS "
      "last_gone_at, last_value(gone_why) OVER s AS last_gone_why FROM aged WINDOW s AS (PARTITION "
      "BY {key}, started ORDER BY source ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED "
      "FOLLOWING)), "
      // A delete of the instant of a version ends it where it starts, and leaves its values.
      "struck AS (SELECT *, source = 0 AND {row} IS NOT NULL AND NOT gone AND last_source = 1 AND "
      "last_gone AND NOT is_late AND NOT coalesce(last_event_at < event_at, FALSE) AS is_struck "
      "FROM met), "
      "single AS (SELECT * EXCLUDE (is_struck) REPLACE (gone OR is_struck AS gone, CASE WHEN NOT "
      "is_struck THEN told END AS told, CASE WHEN is_struck THEN last_gone_at ELSE gone_at END AS "
      "gone_at, CASE WHEN is_struck THEN last_gone_why ELSE gone_why END AS gone_why), is_struck "
      "OR "
      "(gone AND source = 1) AS of_batch FROM struck WHERE NOT (gone AND source = 1 AND is_late) "
      "QUALIFY row_number() OVER (PARTITION BY {key}, started ORDER BY CASE WHEN source = 1 AND "
      "first_source = 0 AND ((gone AND its_row IS NOT NULL) OR told IS NOT DISTINCT FROM "
      "told_before OR coalesce(event_at < first_event_at, FALSE)) THEN -1 ELSE source END DESC) = "
      "1), "
      "seen AS (SELECT *, lag(told) OVER w AS previous, {made} AS made FROM single WINDOW w AS "
      "(PARTITION BY {key} ORDER BY started)), "
      "kept AS (SELECT *, its_row IS NOT NULL OR made OR NOT gone AS has_row FROM seen WHERE "
      "its_row IS NOT NULL OR made OR told IS DISTINCT FROM previous), "
      "lined AS (SELECT *, lead(started) OVER w AS next_start, coalesce(lead(gone AND NOT has_row) "
      "OVER w, FALSE) AS next_gone, lead(gone_at) OVER w AS next_gone_at, lead(gone_why) OVER w AS "
      "next_gone_why, lead(of_batch) OVER w AS next_of_batch FROM kept WINDOW w AS (PARTITION BY "
      "{key} ORDER BY started)), "
      "placed AS (SELECT *, row_number() OVER w AS number, {changed} AS changed, gone OR next_gone "
      "AS ended, CASE WHEN gone THEN gone_at WHEN next_gone THEN next_gone_at END AS ended_at, "
      "CASE "
      "WHEN gone THEN gone_why WHEN next_gone THEN next_gone_why END AS ended_why, NOT seed AND "
      "NOT "
      "made AND coalesce(CASE WHEN gone THEN of_batch WHEN next_gone THEN next_of_batch END, "
      "FALSE) "
      "AS by_batch FROM lined WHERE has_row WINDOW w AS (PARTITION BY {key} ORDER BY started)) ",
      fmt::arg("forgotten", forgotten), fmt::arg("key", parts.key), fmt::arg("first", parts.first),
      fmt::arg("tracked", parts.tracked), fmt::arg("file", kFile), fmt::arg("row", kRow),
      fmt::arg("made", deletes.is_soft ? "is_new AND gone AND row_number() OVER w = 1" : "FALSE"),
      fmt::arg("changed", parts.changed));
}

}  // namespace sluice::table::internal
