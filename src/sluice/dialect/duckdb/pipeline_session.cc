// What a connection is given before a program runs on it, and what is asked of its rows after.
#include <algorithm>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/duckdb/pipeline_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {

using std::string;

std::vector<string> source_views(const plan::Pipeline& pipeline, const string& rows) {
  std::vector<string> statements;
  const auto view = [&](std::string_view name) {
    statements.push_back(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS SELECT * FROM {}",
                                     quote_identifier(name), rows));
  };
  view("source");
  for (const string& name : pipeline.source_names) {
    const bool is_reference =
        std::ranges::any_of(pipeline.references, [&](const plan::Reference& reference) {
          return schema::same_column(reference.name, name);
        });
    if (!is_reference && !schema::same_column(name, "source")) {
      view(name);
    }
  }
  return statements;
}

Result<std::vector<string>> render_session(const plan::Pipeline& pipeline, sys_micros clock) {
  std::vector<string> statements;
  // Every spelling of now gives the run's one instant.
  const string instant = fmt::format("TIMESTAMPTZ '{}'", to_string(clock));
  const auto macro = [&](std::string_view name, const string& value) {
    statements.push_back(fmt::format("CREATE OR REPLACE TEMP MACRO {}() AS {}", name, value));
  };
  for (const std::string_view name : {"now", "get_current_timestamp", "transaction_timestamp"}) {
    macro(name, instant);
  }
  for (const std::string_view name : {"current_date", "today"}) {
    macro(name, fmt::format("CAST({} AS DATE)", instant));
  }
  for (const std::string_view name : {"current_localtimestamp", "localtimestamp"}) {
    macro(name, fmt::format("CAST({} AS TIMESTAMP)", instant));
  }
  macro("get_current_time", fmt::format("CAST(CAST({} AS TIMESTAMP) AS TIME)", instant));
  for (const plan::Reference& reference : pipeline.references) {
    SLUICE_TRY(const string select, render_reference(reference));
    statements.push_back(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}",
                                     quote_identifier(reference.name), select));
  }
  return statements;
}

Result<string> render_lookup_conflicts(const plan::LookUp& lookup, const schema::Schema& columns) {
  const schema::Field* on = columns.find(lookup.on);
  SLUICE_TRY(const string key,
             comparable_key(quote_identifier(lookup.key),
                            on != nullptr ? on->type : schema::LogicalType{schema::Text{}}));
  const string value = quote_identifier(lookup.value);
  return fmt::format(
      "SELECT CAST({key} AS VARCHAR) FROM {reference} WHERE {key} IS NOT NULL GROUP BY {key} "
      "HAVING "
      "count(DISTINCT {value}) + CAST(count(*) > count({value}) AS INTEGER) > 1 ORDER BY 1 LIMIT 3",
      fmt::arg("key", key), fmt::arg("value", value),
      fmt::arg("reference", quote_identifier(lookup.reference)));
}

string render_observed(const plan::ScalarQuery& scalar) {
  return fmt::format(
      "SELECT * FROM (\n{}\n) AS _sluice_q",
      select_text(plan::SqlSelect{.query = scalar.query, .items = {}, .columns = {}}));
}

Result<string> render_observation(const plan::Observation& observation) {
  using Text = Result<string>;
  const auto wrapped = [](const string& query) {
    return fmt::format(
        "SELECT CAST(_sluice_value AS VARCHAR) FROM (\n{}\n) AS _sluice_q(_sluice_value)", query);
  };
  return std::visit(
      overloaded{
          [&](const plan::ScalarQuery& scalar) -> Text {
            return wrapped(
                select_text(plan::SqlSelect{.query = scalar.query, .items = {}, .columns = {}}));
          },
          [&](const plan::DuplicateKeys& keys) -> Text {
            string present;
            for (const string& column : keys.columns) {
              present += fmt::format("{}{} IS NOT NULL", present.empty() ? "" : " AND ",
                                     quote_identifier(column));
            }
            return wrapped(fmt::format(
                "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM source WHERE {} "
                "GROUP BY {})",
                present, quote_columns(keys.columns)));
          },
          [&](const plan::NullShare& share) -> Text {
            return wrapped(
                fmt::format("SELECT count(*) FILTER (WHERE {} IS NULL) * 1.0 / greatest(count(*), "
                            "1) FROM source",
                            quote_identifier(share.column)));
          },
          [&](const plan::RowCount&) -> Text { return wrapped("SELECT count(*) FROM source"); },
      },
      observation);
}

string render_quick_observation(const plan::Observation& observation,
                                const schema::Schema& columns) {
  const auto* keys = std::get_if<plan::DuplicateKeys>(&observation);
  if (keys == nullptr || keys->columns.size() != 1) {
    return "";
  }
  const schema::Field* key = columns.find(keys->columns.front());
  const string repeats = key == nullptr ? "" : render_repeats(*key);
  return repeats.empty() ? "" : fmt::format("SELECT CAST({} AS VARCHAR) FROM source", repeats);
}

}  // namespace sluice::dialect
