#include "sluice/table/change/key_check.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/batch.h"
#include "sluice/table/change/text_rows.h"

namespace sluice::table {
namespace {

using dialect::quote_identifier;
using dialect::quote_literal;

constexpr int kRowsNamedMax = 5;

/// "id = 7, region = EU" of one row, as an SQL expression.
std::string render_description(const std::vector<std::string>& columns) {
  std::string parts;
  for (const std::string& column : columns) {
    parts +=
        fmt::format("{}{}, coalesce(CAST({} AS VARCHAR), 'NULL')", parts.empty() ? "" : ", ', ', ",
                    quote_literal(column + " = "), quote_identifier(column));
  }
  return fmt::format("concat({})", parts);
}

/// "row 4 (id = 7), row 9 (id = 8) and 3 more"; the query gives position, text and the number in
/// all.
Result<std::string> find_named_rows(const Context& context, engine::Connection& connection,
                                    const std::string& query) {
  SLUICE_TRY(const auto rows, find_text_rows(context, connection, query));
  std::string text;
  std::int64_t all = 0;
  for (const TextRow& row : rows) {
    text += fmt::format("{}row {} ({})", text.empty() ? "" : ", ", row[0].value_or("?"),
                        row[1].value_or("?"));
    SLUICE_TRY(all, parse_count(row[2].value_or("0")));
  }
  if (all > static_cast<std::int64_t>(rows.size())) {
    text += fmt::format(" and {} more", all - static_cast<std::int64_t>(rows.size()));
  }
  return text;
}

/// The rows are kept before they are counted: a `count(*) OVER ()` above this semi join ends DuckDB
/// 1.5.5 now and then, "index 0 within vector of size 0".
std::string named(const std::vector<std::string>& columns, const std::string& from) {
  return fmt::format(
      "WITH found AS MATERIALIZED (SELECT {0}, {1} FROM {2}) SELECT CAST({0} + 1 AS VARCHAR), {3}, "
      "CAST((SELECT count(*) FROM found) AS VARCHAR) FROM found ORDER BY {0} LIMIT {4}",
      kPosition, dialect::quote_columns(columns), from, render_description(columns), kRowsNamedMax);
}

/// Keys without a NULL, each once; empty when they are no whole numbers that lie near each other.
Result<std::optional<std::int64_t>> count_near_keys(const Context& context,
                                                    engine::Connection& connection,
                                                    std::string_view relation,
                                                    const std::vector<std::string>& key,
                                                    const schema::Schema& table) {
  const schema::Field* column = key.size() == 1 ? table.find(key.front()) : nullptr;
  const std::string repeats = column == nullptr ? "" : dialect::render_repeats(*column);
  if (repeats.empty()) {
    return std::optional<std::int64_t>{};
  }
  SLUICE_TRY(const auto seen,
             find_text_rows(
                 context, connection,
                 fmt::format("SELECT CAST(count({}) - {} AS VARCHAR) FROM {}",
                             quote_identifier(column->name), repeats, quote_identifier(relation))));
  if (!seen.at(0).at(0).has_value()) {
    return std::optional<std::int64_t>{};
  }
  SLUICE_TRY(const std::int64_t keys, parse_count(*seen[0][0]));
  return std::optional(keys);
}

/// The same of any key.
Result<std::int64_t> count_keys(const Context& context, engine::Connection& connection,
                                std::string_view relation, const std::vector<std::string>& key) {
  std::string is_known;
  for (const std::string& column : key) {
    is_known +=
        fmt::format("{}{} IS NOT NULL", is_known.empty() ? "" : " AND ", quote_identifier(column));
  }
  return load_count(context, connection,
                    fmt::format("SELECT CAST(count(*) AS VARCHAR) FROM (SELECT DISTINCT {} FROM {} "
                                "WHERE {})",
                                dialect::quote_columns(key), quote_identifier(relation), is_known));
}

}  // namespace

std::string render_equal(const std::vector<std::string>& columns, std::string_view a,
                         std::string_view b, std::string_view sign) {
  std::string text;
  for (const std::string& column : columns) {
    const std::string name = quote_identifier(column);
    text += fmt::format("{}{}.{} {} {}.{}", text.empty() ? "" : " AND ", a, name, sign, b, name);
  }
  return text;
}

Status check_key_columns(std::string_view use, const std::vector<std::string>& key,
                         const schema::Schema& schema) {
  if (key.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected key columns for {}, got none", use))
        .with_hint("Name the columns that tell two rows apart, for instance the primary key.");
  }
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (schema.find(key[i]) == nullptr) {
      return make_error(
          ErrorCode::InvalidArgument,
          fmt::format("the key of {} names a column that the rows do not have: '{}'", use, key[i]));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (schema::same_column(key[i], key[j])) {
        return make_error(ErrorCode::InvalidArgument,
                          fmt::format("the key of {} names a column twice: '{}'", use, key[i]));
      }
    }
  }
  return {};
}

Status check_no_null(const Context& context, engine::Connection& connection,
                     std::string_view relation, std::string_view use,
                     const std::vector<std::string>& columns) {
  std::string is_null;
  for (const std::string& column : columns) {
    is_null += fmt::format("{}{} IS NULL", is_null.empty() ? "" : " OR ", quote_identifier(column));
  }
  const std::string from = fmt::format("{} WHERE {}", quote_identifier(relation), is_null);
  SLUICE_TRY(const std::string rows, find_named_rows(context, connection, named(columns, from)));
  if (rows.empty()) {
    return {};
  }
  return make_error(ErrorCode::DataRejected,
                    fmt::format("a key column of {} may not be NULL: {}", use, rows))
      .with_hint("Quarantine or mend these rows; a NULL matches no row of the table.");
}

Status check_dated(const Context& context, engine::Connection& connection,
                   std::string_view relation, std::string_view use, const std::string& date,
                   const std::vector<std::string>& key) {
  const std::string from =
      fmt::format("{} WHERE {} IS NULL", quote_identifier(relation), quote_identifier(date));
  SLUICE_TRY(const std::string rows, find_named_rows(context, connection, named(key, from)));
  if (rows.empty()) {
    return {};
  }
  return make_error(
             ErrorCode::DataRejected,
             fmt::format("the change date of {} may not be NULL: '{}' of {}", use, date, rows))
      .with_hint("Quarantine or mend these rows; nothing says where in the history they belong.");
}

Status check_once(const Context& context, engine::Connection& connection, std::string_view relation,
                  std::string_view use, const std::vector<std::string>& key) {
  const std::string keys = dialect::quote_columns(key);
  const std::string from =
      fmt::format("(SELECT {0}, min({1}) AS {1} FROM {2} GROUP BY {0} HAVING count(*) > 1)", keys,
                  kPosition, quote_identifier(relation));
  SLUICE_TRY(const std::string rows, find_named_rows(context, connection, named(key, from)));
  if (rows.empty()) {
    return {};
  }
  return make_error(
             ErrorCode::DataRejected,
             fmt::format("a key may come once in the rows of {}, repeated are: {}", use, rows))
      .with_hint("Remove the repeated rows first (merge_dedup_guard keeps the last of each key).");
}

Status check_keys(const Context& context, engine::Connection& connection, std::string_view relation,
                  std::string_view use, const std::vector<std::string>& key,
                  const schema::Schema& table, std::int64_t rows) {
  SLUICE_TRY(std::optional<std::int64_t> keys,
             count_near_keys(context, connection, relation, key, table));
  if (!keys.has_value()) {
    SLUICE_TRY(keys, count_keys(context, connection, relation, key));
  }
  if (keys == rows) {
    return {};
  }
  SLUICE_CHECK(check_no_null(context, connection, relation, use, key));
  return check_once(context, connection, relation, use, key);
}

Status check_new(const Context& context, engine::Connection& connection, std::string_view relation,
                 const std::string& target, const std::vector<std::string>& key) {
  const std::string from =
      fmt::format("{} AS b WHERE EXISTS (SELECT 1 FROM {} AS t WHERE {})",
                  quote_identifier(relation), target, render_equal(key, "t", "b"));
  SLUICE_TRY(const std::string rows, find_named_rows(context, connection, named(key, from)));
  if (rows.empty()) {
    return {};
  }
  return make_error(ErrorCode::DataRejected,
                    fmt::format("the table already holds rows with these keys: {}", rows))
      .with_hint("Use a merge to update rows that are there.");
}

}  // namespace sluice::table
