#include "sluice/contract/level/level_rows.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/path.h"
#include "sluice/dialect/quote.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/schema/schema.h"

namespace sluice::contract {
namespace {

using dialect::quote_identifier;
using dialect::quote_literal;

/// Columns that tell when a row came about, by the names that people give them.
constexpr std::string_view kRowTimes[] = {"updated_at", "event_timestamp", "event_ts", "event_time",
                                          "created_at"};

/// Days up to the newest that are looked at: what was wrong long ago stays in the records of then.
constexpr int kDaysBack = 90;

struct Column {
  std::string name;
  std::string type;  // as the engine spells it
  bool is_time() const { return type.starts_with("TIMESTAMP"); }
  bool is_day() const { return type.starts_with("DATE") || is_time(); }
};

class Observer {
 public:
  Observer(const Context& context, engine::Connection& connection, const LevelQuestion& question,
           Observations& observed)
      : context_(context),
        connection_(connection),
        contract_(question.contract),
        levels_(question.contract.service_levels),
        question_(question),
        observed_(observed) {}

  Status observe();

 private:
  Status find_columns();
  const Column* find(std::string_view name) const;
  const Column* row_time() const;
  Status observe_freshness();
  Status observe_days();
  Result<Share> observe_completeness();
  Result<Share> count_share(const std::string& part, const std::string& whole,
                            const std::string& what);
  Result<Share> share_of_values(const MaybeText& field);
  Result<Share> share_of_cells();
  Result<Share> share_of_intervals(const Column& column);

  const Context& context_;
  engine::Connection& connection_;
  const Contract& contract_;
  const ServiceLevels& levels_;
  const LevelQuestion& question_;
  Observations& observed_;
  std::vector<Column> columns_;
};

Status Observer::find_columns() {
  SLUICE_TRY(const std::vector<run::TextRow> columns,
             run::query_texts(context_, connection_,
                              fmt::format("SELECT column_name, column_type FROM (DESCRIBE SELECT "
                                          "* FROM {})",
                                          question_.rows->relation)));
  for (const run::TextRow& column : columns) {
    columns_.push_back({.name = column[0].value_or(""), .type = column[1].value_or("")});
  }
  return {};
}

const Column* Observer::find(std::string_view name) const {
  const auto found = std::ranges::find_if(
      columns_, [&](const Column& column) { return schema::same_column(column.name, name); });
  return found == columns_.end() ? nullptr : &*found;
}

const Column* Observer::row_time() const {
  for (const std::string_view name : kRowTimes) {
    const Column* column = find(name);
    if (column != nullptr && column->is_time()) {
      return column;
    }
  }
  return nullptr;
}

Status Observer::observe_freshness() {
  const MaybeText& field = levels_.freshness->field;
  if (field && !question_.rows) {
    return {};
  }
  const Column* column = field ? find(field->value) : row_time();
  if (column == nullptr && field) {
    observed_.newest_what = fmt::format("column '{}' {}", field->value, question_.rows->words);
    return {};
  }
  if (column == nullptr) {
    observed_.newest_what = question_.files.empty() ? "" : "newest file of the source";
    for (const run::BatchFile& file : question_.files) {
      observed_.newest = std::max(observed_.newest.value_or(file.modified), file.modified);
    }
    return {};
  }
  observed_.newest_what = fmt::format("newest '{}' {}", column->name, question_.rows->words);
  SLUICE_TRY(
      const std::vector<run::TextRow> newest,
      run::query_texts(context_, connection_,
                       fmt::format("SELECT epoch_us(max(TRY_CAST({} AS TIMESTAMPTZ))) FROM {}",
                                   quote_identifier(column->name), question_.rows->relation)));
  if (!newest.empty() && newest.front().front()) {
    observed_.newest = sys_micros(std::chrono::microseconds(std::stoll(*newest.front().front())));
  }
  return {};
}

Result<Share> Observer::count_share(const std::string& part, const std::string& whole,
                                    const std::string& what) {
  SLUICE_TRY(const std::vector<std::int64_t> counts,
             run::query_counts(context_, connection_,
                               fmt::format("SELECT CAST({} AS BIGINT), CAST({} AS BIGINT) FROM {}",
                                           part, whole, question_.rows->relation)));
  return Share{.part = counts[0], .whole = counts[1], .what = what + " " + question_.rows->words};
}

Result<Share> Observer::share_of_values(const MaybeText& field) {
  const Column* column = find(field->value);
  return count_share(
      column == nullptr ? "0" : fmt::format("count({})", quote_identifier(column->name)),
      "count(*)", fmt::format("rows with a value in '{}'", field->value));
}

Result<Share> Observer::share_of_cells() {
  std::string sum = "0";
  for (const Field& field : contract_.model.fields) {
    if (const Column* column = find(field.name.value)) {
      sum += fmt::format(" + count({})", quote_identifier(column->name));
    }
  }
  return count_share(sum, fmt::format("count(*) * {}", contract_.model.fields.size()),
                     "cells of the model's columns with a value");
}

/// Days, or hours where the source is parted by them. An hour of the week in which at most half of
/// at least four such hours had rows is idle, and nobody expects it.
Result<Share> Observer::share_of_intervals(const Column& column) {
  const bool is_hourly = column.is_time() && contract_.source && contract_.source->partition &&
                         contract_.source->partition->format.value.find("%H") != std::string::npos;
  const std::string_view unit = is_hourly ? "hour" : "day";
  constexpr int kTimesToTell = 4;
  const std::string sql = fmt::format(
      "(WITH t AS (SELECT DISTINCT date_trunc('{0}', CAST({1} AS TIMESTAMP)) AS i FROM {2} WHERE "
      "{1} IS NOT NULL AND isfinite({1}) AND CAST({1} AS TIMESTAMP) <= TIMESTAMP {3}), w AS "
      "(SELECT i FROM t WHERE i > (SELECT max(i) FROM t) - INTERVAL {4} DAY), k AS (SELECT s.i AS "
      "i, w.i IS NOT NULL AS has_rows FROM (SELECT unnest(generate_series(min(i), max(i), INTERVAL "
      "1 {0})) AS i FROM w) AS s LEFT JOIN w ON w.i = s.i), e AS (SELECT dayofweek(i) AS d, "
      "extract('hour' FROM i) AS h, count(*) AS times, count(*) FILTER (WHERE has_rows) AS had "
      "FROM k GROUP BY 1, 2) SELECT had, times FROM e WHERE NOT (times >= {5} AND had * 2 <= "
      "times))",
      unit, quote_identifier(column.name), question_.rows->relation,
      quote_literal(to_string(observed_.now).substr(0, 26)), kDaysBack, kTimesToTell);
  SLUICE_TRY(
      const std::vector<std::int64_t> counts,
      run::query_counts(
          context_, connection_,
          fmt::format("SELECT CAST(coalesce(sum(had), 0) AS BIGINT), CAST(coalesce(sum(times), 0) "
                      "AS BIGINT) FROM {}",
                      sql)));
  return Share{.part = counts[0],
               .whole = counts[1],
               .what = fmt::format("{0}s with rows, of the {0}s from the first to the last '{1}' "
                                   "{2} (the last {3} days; a {4} of which at most half had rows "
                                   "is not expected)",
                                   unit, column.name, question_.rows->words, kDaysBack,
                                   is_hourly ? "weekday's hour" : "weekday")};
}

Result<Share> Observer::observe_completeness() {
  const MaybeText& field = levels_.completeness->field;
  const Column* day = field ? find(field->value) : nullptr;
  if (!field && contract_.materialization) {
    for (const Text& name : contract_.materialization->partition_by) {
      const Column* column = find(name.value);
      day = day == nullptr && column != nullptr && column->is_day() ? column : day;
    }
  }
  if (day != nullptr && day->is_day()) {
    return share_of_intervals(*day);
  }
  return field ? share_of_values(field) : share_of_cells();
}

Status Observer::observe_days() {
  const RowCountObjective& objective = *levels_.row_count;
  const Column* column = find(objective.check_field.value);
  if (column == nullptr) {
    return {};
  }
  const auto today = std::chrono::floor<std::chrono::days>(observed_.now);
  const std::string until =
      to_string(sys_micros(today - std::chrono::days(objective.skip_reprocess_days.value)));
  SLUICE_TRY(const std::vector<run::TextRow> days,
             run::query_texts(
                 context_, connection_,
                 fmt::format("WITH t AS (SELECT d, count(*) AS n FROM (SELECT TRY_CAST({} AS DATE) "
                             "AS d FROM {}) WHERE d <= CAST({} AS DATE) GROUP BY d) SELECT CAST(d "
                             "AS VARCHAR), CAST(n AS BIGINT) FROM t WHERE d > (SELECT max(d) FROM "
                             "t) - {} ORDER BY d",
                             quote_identifier(column->name), question_.rows->relation,
                             quote_literal(until.substr(0, 10)), kDaysBack)));
  observed_.days.emplace();
  for (const run::TextRow& day : days) {
    observed_.days->push_back(
        {.day = day[0].value_or(""), .rows = std::stoll(day[1].value_or("0"))});
  }
  return {};
}

Status Observer::observe() {
  if (question_.rows) {
    SLUICE_CHECK(find_columns());
  }
  if (levels_.freshness) {
    SLUICE_CHECK(observe_freshness());
  }
  if (!question_.rows) {
    return {};
  }
  if (levels_.availability && levels_.availability->field) {
    SLUICE_TRY(observed_.availability, share_of_values(levels_.availability->field));
  }
  if (levels_.completeness) {
    SLUICE_TRY(observed_.completeness, observe_completeness());
  }
  return levels_.row_count ? observe_days() : Status{};
}

}  // namespace

JudgedRows rows_of_files(const std::vector<std::string>& files) {
  return {.relation = fmt::format("(SELECT * FROM read_parquet([{}], union_by_name=true, "
                                  "hive_partitioning=false))",
                                  dialect::quote_paths(files)),
          .words = "of the table"};
}

Status observe_rows(const Context& context, engine::Connection& connection,
                    const LevelQuestion& question, Observations& observed) {
  return Observer(context, connection, question, observed).observe();
}

}  // namespace sluice::contract
