// Merge as one query: the rows of the batch beside the table's, then the rows that a complete batch
// lacks, then the row of the unknown member. A reconcile is a merge of a complete batch.
//
// A row that is marked as deleted keeps its values, but for those that tell of the event: the
// operation, its time and where the row came from.
#include <algorithm>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/change_internal.h"
#include "sluice/table/change/key_check.h"
#include "sluice/table/change/text_rows.h"

namespace sluice::table::internal {
namespace {

using dialect::quote_identifier;

/// What a merge is called in errors.
constexpr std::string_view kMergeUse = "a merge";
/// The columns of a row after a merge.
constexpr std::string_view kMerged = "_sluice_merged";

bool holds(const std::vector<std::string>& names, std::string_view name) {
  return std::ranges::any_of(
      names, [&](const std::string& one) { return schema::same_column(one, name); });
}

/// Which columns take the new row's value where a key matches.
struct MergeColumns {
  std::vector<std::string> updated;
  std::vector<std::string> compared;  // those of them that tell whether anything changed
};

Status check_names(const plan::Merge& merge, const ChangeRequest& request) {
  for (const auto* names : {&merge.update_columns, &merge.insert_only_columns}) {
    for (const std::string& name : *names) {
      if (!holds(request.batch.written, name)) {
        return make_error(
            ErrorCode::InvalidArgument,
            fmt::format("the merge names a column that the rows do not have: '{}'", name));
      }
      if (holds(merge.key, name) && names == &merge.update_columns) {
        return make_error(ErrorCode::InvalidArgument,
                          fmt::format("a key column cannot be updated by a merge: '{}'", name));
      }
    }
  }
  for (const std::string& name : merge.update_columns) {
    if (holds(merge.insert_only_columns, name)) {
      return make_error(
          ErrorCode::InvalidArgument,
          fmt::format("a column is either updated or insert-only, both is asked of: '{}'", name));
    }
  }
  return {};
}

MergeColumns choose_columns(const plan::Merge& merge, const ChangeRequest& request) {
  MergeColumns columns;
  if (merge.on_match == plan::OnMatch::Ignore) {
    return columns;
  }
  for (const schema::Field& field : request.table.fields) {
    const std::string& name = field.name;
    const bool system = is_system_column(name);
    const bool brought =
        holds(request.batch.written, name) || schema::same_column(name, kIngestIdColumn);
    const bool named = merge.update_columns.empty() || system || holds(merge.update_columns, name);
    if (brought && named && !holds(merge.key, name) && !holds(merge.insert_only_columns, name)) {
      columns.updated.push_back(name);
      if (!system) {
        columns.compared.push_back(name);
      }
    }
  }
  return columns;
}

std::string render_differs(const std::vector<std::string>& columns) {
  std::string text;
  for (const std::string& column : columns) {
    const std::string name = quote_identifier(column);
    text += fmt::format("{}b.{} IS DISTINCT FROM t.{}", text.empty() ? "" : " OR ", name, name);
  }
  return text.empty() ? "FALSE" : text;
}

/// One merge with its conditions as SQL, over `b`, a row of the batch, and `t`, one of the table.
class MergeQuery {
 public:
  static Result<MergeQuery> make(const Context& context, const ChangeRequest& request,
                                 const plan::Merge& merge);

  /// The rows that are compared, and those that would be deleted.
  std::string render_shares() const;
  Result<std::string> render() const;
  std::string render_rows_after(const MergeCounters& counters) const;
  std::string render_any_changed() const;
  std::string render_changed_positions() const;

 private:
  MergeQuery(const ChangeRequest& request, const plan::Merge& merge)
      : request_(request), merge_(merge), columns_(choose_columns(merge, request)) {}

  Status read_marks(const Context& context);
  void read_events();
  std::string render_batch() const;
  std::string render_rows() const;
  std::string render_cell(const schema::Field& field) const;
  std::string render_mark(const schema::Field& field) const;
  std::string render_missing() const;
  std::string render_missing_cell(const schema::Field& field) const;
  std::string render_compared() const;
  std::string render_match() const;
  std::string render_changes() const;
  Result<std::string> render_member() const;

  bool is_named(const schema::Field& field, const std::string& name) const {
    return !name.empty() && schema::same_column(field.name, name);
  }
  bool is_event_column(const schema::Field& field) const {
    return merge_.events && (is_named(field, merge_.events->operation_column) ||
                             is_named(field, merge_.events->timestamp_column));
  }

  const ChangeRequest& request_;
  const plan::Merge& merge_;
  MergeColumns columns_;
  std::string gone_ = "FALSE";  // b says that its key is deleted
  std::string old_ = "FALSE";   // b is older than t
  std::string newer_;           // " OR b is newer than t", so that a second delete is remembered
  std::string held_gone_ = "FALSE";    // t is marked as deleted
  std::string is_member_ = "FALSE";    // t is the unknown member
  std::string marked_, live_;          // values of the mark
  std::string marked_at_, missed_at_;  // when: of an event, of a missing row
};

Result<MergeQuery> MergeQuery::make(const Context& context, const ChangeRequest& request,
                                    const plan::Merge& merge) {
  MergeQuery query(request, merge);
  SLUICE_CHECK(query.read_marks(context));
  query.read_events();
  if (merge.surrogate_key) {
    SLUICE_TRY([[maybe_unused]] const auto type,
               render_type_of(request, merge.surrogate_key->column));
  }
  if (merge.unknown_member && merge.surrogate_key) {
    query.is_member_ =
        fmt::format("t.{} IS NOT DISTINCT FROM {}", quote_identifier(merge.surrogate_key->column),
                    dialect::quote_literal(merge.unknown_member->surrogate_key));
  } else if (merge.unknown_member) {
    std::string same;
    for (const std::string& column : merge.key) {
      SLUICE_TRY(const std::string type, render_type_of(request, column));
      same += fmt::format("{}t.{} IS NOT DISTINCT FROM CAST({} AS {})", same.empty() ? "" : " AND ",
                          quote_identifier(column),
                          render_unknown_value(request.table.find(column)->type), type);
    }
    query.is_member_ = "(" + same + ")";
  }
  return query;
}

Status MergeQuery::read_marks(const Context& context) {
  if (!merge_.soft_delete) {
    return {};
  }
  const plan::SoftDelete& soft = *merge_.soft_delete;
  SLUICE_TRY(const std::string type, render_type_of(request_, soft.column));
  marked_ = render_value(soft.deleted, type);
  live_ = std::holds_alternative<bool>(soft.deleted)
              ? render_value(plan::Value(!std::get<bool>(soft.deleted)), type)
              : render_value(std::nullopt, type);
  held_gone_ = fmt::format("t.{} IS NOT DISTINCT FROM {}", quote_identifier(soft.column), marked_);
  if (!soft.reason_column.empty()) {
    SLUICE_TRY([[maybe_unused]] const auto text, render_type_of(request_, soft.reason_column));
  }
  if (!soft.time_column.empty()) {
    SLUICE_TRY(const std::string time, render_type_of(request_, soft.time_column));
    missed_at_ = render_value(plan::Value(context.clock->now()), time);
    const bool has_time = merge_.events && !merge_.events->timestamp_column.empty();
    marked_at_ =
        has_time ? fmt::format("coalesce(CAST(b.{} AS {}), {})",
                               quote_identifier(merge_.events->timestamp_column), time, missed_at_)
                 : missed_at_;
  }
  return {};
}

void MergeQuery::read_events() {
  if (!merge_.events) {
    return;
  }
  const plan::ChangeEvents& events = *merge_.events;
  std::string values;
  for (const std::string& value : events.delete_values) {
    values += (values.empty() ? "" : ", ") + dialect::quote_literal(value);
  }
  if (!events.operation_column.empty() && !values.empty()) {
    gone_ = fmt::format("coalesce(CAST(b.{} AS VARCHAR) IN ({}), FALSE)",
                        quote_identifier(events.operation_column), values);
  }
  if (!events.timestamp_column.empty()) {
    const std::string name = quote_identifier(events.timestamp_column);
    old_ = fmt::format("coalesce(b.{0} < t.{0}, FALSE)", name);
    newer_ = fmt::format(" OR coalesce(b.{0} > t.{0}, FALSE)", name);
  }
}

/// The batch as it is, or the last row of each key.
std::string MergeQuery::render_batch() const {
  std::string batch = quote_identifier(request_.batch.relation);
  if (!merge_.keep_last && !merge_.events) {
    return batch;
  }
  std::string order;
  if (merge_.events && !merge_.events->timestamp_column.empty()) {
    order = fmt::format("{} DESC NULLS LAST, ", quote_identifier(merge_.events->timestamp_column));
  }
  return fmt::format(
      "(SELECT * FROM {} QUALIFY row_number() OVER (PARTITION BY {} ORDER BY {}{} DESC) = 1)",
      batch, dialect::quote_columns(merge_.key), order, kPosition);
}

/// What a column of the soft delete holds after a row of the batch; empty for other columns.
std::string MergeQuery::render_mark(const schema::Field& field) const {
  if (!merge_.soft_delete) {
    return "";
  }
  const plan::SoftDelete& soft = *merge_.soft_delete;
  const std::string otherwise =
      holds(request_.batch.written, field.name) ? "b." + quote_identifier(field.name) : "";
  const auto choose = [&](const std::string& when_gone, const std::string& when_live) {
    return fmt::format("CASE WHEN {} THEN {} ELSE {} END", gone_, when_gone,
                       otherwise.empty() ? when_live : otherwise);
  };
  if (is_named(field, soft.column)) {
    return choose(marked_, live_);
  }
  if (is_named(field, soft.time_column)) {
    return choose(marked_at_, "NULL");
  }
  return is_named(field, soft.reason_column) ? choose("'cdc_delete_signal'", "NULL") : "";
}

std::string MergeQuery::render_cell(const schema::Field& field) const {
  const std::string name = quote_identifier(field.name);
  if (merge_.surrogate_key && is_named(field, merge_.surrogate_key->column)) {
    return fmt::format(
        "coalesce(t.{}, {})", name,
        render_surrogate(request_, merge_.key, "b.", "", merge_.surrogate_key->is_random));
  }
  if (std::string mark = render_mark(field); !mark.empty()) {
    return mark;
  }
  if (holds(merge_.key, field.name)) {
    return "b." + name;
  }
  if (!holds(columns_.updated, field.name)) {
    return fmt::format("CASE WHEN t.{1} IS NULL THEN b.{0} ELSE t.{0} END", name, kRow);
  }
  if (gone_ == "FALSE" || is_event_column(field) || is_system_column(field.name)) {
    return "b." + name;
  }
  return fmt::format("CASE WHEN {2} AND t.{1} IS NOT NULL THEN t.{0} ELSE b.{0} END", name, kRow,
                     gone_);
}

/// Which rows t are meant by b.
std::string MergeQuery::render_match() const {
  const std::string keys = render_equal(merge_.key, "t", "b");
  return is_member_ == "FALSE" || !merge_.surrogate_key
             ? keys
             : fmt::format("{} AND NOT ({})", keys, is_member_);
}

/// Whether b changes t: by what it brings, or as t lacks what a merge makes (others wrote it).
std::string MergeQuery::render_changes() const {
  std::string text = render_differs(columns_.compared);
  if (merge_.surrogate_key) {
    text += fmt::format(" OR t.{} IS NULL", quote_identifier(merge_.surrogate_key->column));
  }
  if (merge_.soft_delete && !holds(request_.batch.written, merge_.soft_delete->column)) {
    text += fmt::format(" OR {}", held_gone_);
    if (std::holds_alternative<bool>(merge_.soft_delete->deleted)) {
      text += fmt::format(" OR t.{} IS NULL", quote_identifier(merge_.soft_delete->column));
    }
  }
  return text;
}

std::string MergeQuery::render_rows() const {
  std::string values;
  for (const schema::Field& field : request_.table.fields) {
    values += fmt::format(", {} AS {}", render_cell(field), quote_identifier(field.name));
  }
  const bool soft = merge_.soft_delete.has_value();
  const std::string is_removed = soft ? "FALSE" : gone_;
  return fmt::format(
      "SELECT CASE WHEN t.{row} IS NULL THEN '{unmatched}' WHEN {removed} THEN 'd' ELSE 'u' END AS "
      "{kind}, CASE WHEN t.{row} IS NOT NULL AND {gone} AND NOT ({held}) THEN 'm' ELSE 'b' END AS "
      "{role}, "
      "t.{file}, t.{row}{values} FROM {batch} AS b LEFT JOIN {target} AS t ON {on} "
      "WHERE CASE WHEN t.{row} IS NULL THEN NOT {removed} WHEN {old} THEN FALSE "
      "WHEN {gone} THEN NOT ({held}){newer} ELSE {differs} END",
      fmt::arg("row", kRow), fmt::arg("unmatched", merge_.update_only ? "s" : "i"),
      fmt::arg("removed", is_removed), fmt::arg("kind", kKind), fmt::arg("gone", gone_),
      fmt::arg("role", kRole), fmt::arg("file", kFile), fmt::arg("values", values),
      fmt::arg("batch", render_batch()), fmt::arg("target", request_.target),
      fmt::arg("on", render_match()), fmt::arg("old", old_), fmt::arg("held", held_gone_),
      fmt::arg("newer", newer_), fmt::arg("differs", render_changes()));
}

/// The rows of the table with which the batch is compared.
std::string MergeQuery::render_compared() const {
  std::string condition = fmt::format("NOT ({}) AND NOT ({})", held_gone_, is_member_);
  if (!merge_.snapshot->scope.empty()) {
    condition += fmt::format(
        " AND EXISTS (SELECT 1 FROM {} AS s WHERE {})", quote_identifier(request_.batch.relation),
        render_equal(merge_.snapshot->scope, "s", "t", "IS NOT DISTINCT FROM"));
  }
  return condition;
}

std::string render_absent(const ChangeRequest& request, const plan::Merge& merge) {
  std::string absent =
      fmt::format("NOT EXISTS (SELECT 1 FROM {} AS b WHERE {})",
                  quote_identifier(request.batch.relation), render_equal(merge.key, "b", "t"));
  if (!merge.snapshot->refused.empty()) {
    absent +=
        fmt::format(" AND NOT EXISTS (SELECT 1 FROM {} AS q WHERE {})",
                    quote_identifier(merge.snapshot->refused), render_equal(merge.key, "q", "t"));
  }
  return absent;
}

std::string MergeQuery::render_shares() const {
  return fmt::format(
      "SELECT CAST(count(*) AS VARCHAR), CAST(count(*) FILTER ({}) AS VARCHAR) FROM {} AS t "
      "WHERE {}",
      render_absent(request_, merge_), request_.target, render_compared());
}

std::string MergeQuery::render_missing_cell(const schema::Field& field) const {
  const plan::SoftDelete& soft = *merge_.soft_delete;
  if (is_named(field, soft.column)) {
    return marked_;
  }
  if (is_named(field, soft.time_column)) {
    return missed_at_;
  }
  if (is_named(field, soft.reason_column)) {
    return "'missing_from_snapshot'";
  }
  return schema::same_column(field.name, kIngestIdColumn)
             ? dialect::quote_literal(to_string(request_.key.ingest_id))
             : "t." + quote_identifier(field.name);
}

std::string MergeQuery::render_missing() const {
  const std::string condition =
      fmt::format("{} AND {}", render_compared(), render_absent(request_, merge_));
  if (!merge_.soft_delete) {
    return render_deleted(request_, condition);
  }
  std::string values;
  for (const schema::Field& field : request_.table.fields) {
    values += fmt::format(", {} AS {}", render_missing_cell(field), quote_identifier(field.name));
  }
  return fmt::format("SELECT 'u' AS {}, 'k' AS {}, t.{}, t.{}{} FROM {} AS t WHERE {}", kKind,
                     kRole, kFile, kRow, values, request_.target, condition);
}

Result<std::string> MergeQuery::render_member() const {
  const plan::UnknownMember& member = *merge_.unknown_member;
  SetColumns set;
  if (merge_.surrogate_key) {
    set.emplace_back(merge_.surrogate_key->column, dialect::quote_literal(member.surrogate_key));
  }
  if (merge_.soft_delete) {
    const plan::SoftDelete& soft = *merge_.soft_delete;
    set.emplace_back(soft.column, live_);
    set.emplace_back(soft.time_column, "NULL");
    set.emplace_back(soft.reason_column, "NULL");
  }
  SLUICE_TRY(std::string row, render_unknown_member(request_, member, set, is_member_));
  if (!merge_.surrogate_key) {
    // Without a surrogate key the row is known by its key, which the batch may bring itself.
    std::string in_batch = is_member_;
    row += fmt::format(" AND NOT EXISTS (SELECT 1 FROM {} AS t WHERE {})",
                       quote_identifier(request_.batch.relation), in_batch);
  }
  return row;
}

Result<std::string> MergeQuery::render() const {
  std::string query = render_rows();
  if (merge_.snapshot) {
    query += " UNION ALL " + render_missing();
  }
  if (merge_.unknown_member) {
    SLUICE_TRY(const std::string member, render_member());
    query += " UNION ALL " + member;
  }
  return query;
}

/// A key is never NULL in the batch, and in no row of the table that has a match: it tells which
/// side a row has. The columns of either side travel as one value, so that they are chosen once.
std::string MergeQuery::render_rows_after(const MergeCounters& counters) const {
  std::string held;
  std::string changed;
  std::string columns;
  for (const schema::Field& field : request_.table.fields) {
    const std::string name = quote_identifier(field.name);
    const std::string label = dialect::quote_literal(field.name);
    held += fmt::format("{}{}: t.{}", held.empty() ? "" : ", ", label, name);
    changed += fmt::format("{}{}: {}", changed.empty() ? "" : ", ", label, render_cell(field));
    columns += fmt::format("{}struct_extract({}, {}) AS {}", columns.empty() ? "" : ", ", kMerged,
                           label, name);
  }
  const auto counted = [](const std::string& counter) {
    return fmt::format("nextval({}) > 0", dialect::quote_literal(counter));
  };
  // Nested, as conditions that stand beside each other are asked in any order.
  return fmt::format(
      "SELECT {columns} FROM (SELECT CASE WHEN b.{key} IS NULL THEN {{{held}}} "
      "WHEN t.{key} IS NULL THEN CASE WHEN {inserted} THEN {{{changed}}} END "
      "WHEN {matched} THEN CASE WHEN {differs} THEN CASE WHEN {updated} THEN {{{changed}}} END "
      "ELSE {{{held}}} END END AS {merged} FROM {target} AS t FULL OUTER JOIN {batch} AS b ON "
      "{on})",
      fmt::arg("columns", columns), fmt::arg("key", quote_identifier(merge_.key.front())),
      fmt::arg("held", held), fmt::arg("changed", changed),
      fmt::arg("inserted", counted(counters.inserted)),
      fmt::arg("matched", counted(counters.matched)),
      fmt::arg("updated", counted(counters.updated)), fmt::arg("differs", render_changes()),
      fmt::arg("merged", kMerged), fmt::arg("target", request_.target),
      fmt::arg("batch", render_batch()), fmt::arg("on", render_match()));
}

std::string MergeQuery::render_any_changed() const {
  return fmt::format("SELECT '' FROM {} AS t JOIN {} AS b ON {} WHERE {} LIMIT 1", request_.target,
                     render_batch(), render_match(), render_changes());
}

std::string MergeQuery::render_changed_positions() const {
  return fmt::format("SELECT DISTINCT b.{} FROM {} AS t JOIN {} AS b ON {} WHERE {}", kPosition,
                     request_.target, render_batch(), render_match(), render_changes());
}

/// The safety stop: an empty or truncated file must never empty a table.
Status check_shares(const Context& context, engine::Connection& connection, const MergeQuery& query,
                    double max_ratio) {
  if (max_ratio >= 1) {
    return {};
  }
  SLUICE_TRY(const auto rows, find_text_rows(context, connection, query.render_shares()));
  SLUICE_TRY(const std::int64_t compared, parse_count(rows.at(0).at(0).value_or("0")));
  SLUICE_TRY(const std::int64_t missing, parse_count(rows.at(0).at(1).value_or("0")));
  if (static_cast<double>(missing) <= max_ratio * static_cast<double>(compared)) {
    return {};
  }
  return make_error(ErrorCode::DataRejected,
                    fmt::format("the load lacks too many of the table's keys to be complete, "
                                "nothing was written: {} of {} would be deleted, at most {} may",
                                missing, compared, max_ratio))
      .with_hint("Check that the load is whole; if so, raise max_delete_ratio for this run.");
}

Status check_keys(const Context& context, engine::Connection& connection,
                  const ChangeRequest& request, std::string_view use, const plan::Merge& merge) {
  SLUICE_CHECK(check_key_columns(use, merge.key, request.write->schema));
  const Batch& batch = request.batch;
  return merge.keep_last || merge.events
             ? check_no_null(context, connection, batch.relation, use, merge.key)
             : table::check_keys(context, connection, batch.relation, use, merge.key, request.table,
                                 batch.rows);
}

/// Columns of the rows or of the table that the merge goes by.
Status check_uses(const plan::Merge& merge, const ChangeRequest& request) {
  std::vector<std::string> of_rows;
  if (merge.events) {
    of_rows = {merge.events->operation_column, merge.events->timestamp_column};
  }
  for (const std::string& name : of_rows) {
    if (!name.empty() && !holds(request.batch.written, name)) {
      return make_error(
                 ErrorCode::InvalidArgument,
                 fmt::format("the merge goes by a column that the rows do not have: '{}'", name))
          .with_hint("Keep the column in the rows: declare it as a field.");
    }
  }
  if (merge.snapshot) {
    for (const std::string& name : merge.snapshot->scope) {
      SLUICE_TRY([[maybe_unused]] const auto type, render_type_of(request, name));
    }
  }
  return {};
}

Result<std::string> render_checked(const Context& context, engine::Connection& connection,
                                   const ChangeRequest& request, std::string_view use,
                                   const plan::Merge& merge) {
  SLUICE_CHECK(check_keys(context, connection, request, use, merge));
  SLUICE_CHECK(check_uses(merge, request));
  SLUICE_TRY(const MergeQuery query, MergeQuery::make(context, request, merge));
  if (merge.snapshot) {
    SLUICE_CHECK(check_shares(context, connection, query, merge.snapshot->max_ratio));
  }
  return query.render();
}

}  // namespace

Result<std::string> render_merge(const Context& context, engine::Connection& connection,
                                 const ChangeRequest& request, const plan::Merge& merge) {
  SLUICE_CHECK(check_names(merge, request));
  return render_checked(context, connection, request, kMergeUse, merge);
}

Result<std::string> render_rows_after(const Context& context, engine::Connection& connection,
                                      const ChangeRequest& request, const plan::Merge& merge,
                                      const MergeCounters& counters) {
  SLUICE_CHECK(check_names(merge, request));
  SLUICE_CHECK(check_keys(context, connection, request, kMergeUse, merge));
  SLUICE_TRY(const MergeQuery query, MergeQuery::make(context, request, merge));
  return query.render_rows_after(counters);
}

Result<std::string> render_any_changed(const Context& context, const ChangeRequest& request,
                                       const plan::Merge& merge) {
  SLUICE_CHECK(check_names(merge, request));
  SLUICE_CHECK(check_key_columns(kMergeUse, merge.key, request.write->schema));
  SLUICE_TRY(const MergeQuery query, MergeQuery::make(context, request, merge));
  return query.render_any_changed();
}

Result<std::string> render_changed_positions(const Context& context, const ChangeRequest& request,
                                             const plan::Merge& merge) {
  SLUICE_TRY(const MergeQuery query, MergeQuery::make(context, request, merge));
  return query.render_changed_positions();
}

Result<std::string> render_reconcile(const Context& context, engine::Connection& connection,
                                     const ChangeRequest& request,
                                     const plan::Reconcile& reconcile) {
  const plan::Merge merge{.key = reconcile.key, .snapshot = plan::SnapshotDeletes{}};
  return render_checked(context, connection, request, "a reconcile", merge);
}

}  // namespace sluice::table::internal
