#include "sluice/table/change/statistics.h"

#include <fmt/format.h>

#include "sluice/dialect/quote.h"
#include "sluice/schema/schema.h"
#include "sluice/table/change/text_rows.h"

namespace sluice::table {
namespace {

constexpr std::size_t kPerColumn = 4;

bool has_order(const schema::LogicalType& type) {
  return !std::holds_alternative<schema::List>(type.kind) &&
         !std::holds_alternative<schema::Map>(type.kind) &&
         !std::holds_alternative<schema::Struct>(type.kind);
}

std::string render_column(const schema::Field& field) {
  const std::string name = dialect::quote_identifier(field.name);
  const std::string bounds =
      has_order(field.type)
          ? fmt::format("CAST(min({0}) AS VARCHAR), CAST(max({0}) AS VARCHAR)", name)
          : "NULL, NULL";
  return fmt::format(
      ", CAST(count(*) - count({0}) AS VARCHAR), CAST(approx_count_distinct({0}) AS VARCHAR), {1}",
      name, bounds);
}

}  // namespace

Result<TableStatistics> load_statistics(const Context& context, engine::Connection& connection,
                                        const std::string& relation) {
  const std::string name = dialect::quote_identifier(relation);
  SLUICE_TRY(const schema::Schema schema,
             connection.describe(context, fmt::format("SELECT * FROM {}", name)));
  std::string query = "SELECT CAST(count(*) AS VARCHAR)";
  for (const schema::Field& field : schema.fields) {
    query += render_column(field);
  }
  SLUICE_TRY_IN(const auto rows,
                find_text_rows(context, connection, fmt::format("{} FROM {}", query, name)),
                "counting what stands in the columns");
  const TextRow& row = rows[0];
  TableStatistics seen;
  SLUICE_TRY(seen.rows, parse_count(row[0].value_or("")));
  for (std::size_t i = 0; i < schema.fields.size(); ++i) {
    const std::size_t at = 1 + i * kPerColumn;
    ColumnStatistics column{.name = schema.fields[i].name,
                            .type = schema::to_string(schema.fields[i].type),
                            .min = row[at + 2],
                            .max = row[at + 3]};
    SLUICE_TRY(column.nulls, parse_count(row[at].value_or("")));
    SLUICE_TRY(column.distinct, parse_count(row[at + 1].value_or("")));
    seen.columns.push_back(std::move(column));
  }
  return seen;
}

}  // namespace sluice::table
