#include "sluice/table/files/form.h"

#include <fmt/format.h>

#include "sluice/table/change/text_rows.h"
#include "sluice/table/evolve.h"
#include "sluice/table/sql/alter_internal.h"
#include "sluice/table/sql/columns_internal.h"
#include "sluice/table/sql/form_internal.h"

namespace sluice::table::internal {
namespace {

void add_order(const SqlTable& table, const std::string& name, const Properties& properties,
               std::vector<std::string>& statements) {
  if (table.has_partitions && properties.contains(std::string(kSortProperty))) {
    statements.push_back(
        fmt::format("ALTER TABLE {} {}", name, render_order(form_of(properties).sort_by)));
  }
}

}  // namespace

Result<std::vector<std::string>> render_first_form(const SqlTable& table, const std::string& name,
                                                   const plan::CreateTable& create,
                                                   const Properties& properties) {
  std::vector<std::string> statements = render_comments(name, create.schema, properties);
  if (table.has_partitions && !create.partition_by.empty()) {
    SLUICE_TRY(const std::string layout, render_layout(create.partition_by));
    statements.push_back(fmt::format("ALTER TABLE {} {}", name, layout));
  }
  add_order(table, name, properties, statements);
  return statements;
}

std::vector<std::string> render_codec(const SqlTable& table, const Properties& properties) {
  if (table.render_codec == nullptr || !properties.contains(std::string(kCodecProperty))) {
    return {};
  }
  return {table.render_codec(form_of(properties).codec)};
}

std::vector<std::string> render_description(const SqlTable& table, const std::string& name,
                                            const TableState& state, const Describe& told) {
  std::vector<std::string> statements = render_comments(name, state.schema, state.properties);
  add_order(table, name, told.properties, statements);
  for (const std::string& statement : render_codec(table, told.properties)) {
    statements.push_back(statement);
  }
  return statements;
}

Status load_description(const Context& context, engine::Connection& connection,
                        const plan::TableId& table, TableState& state) {
  const std::string where = fmt::format("{} AND comment IS NOT NULL", render_is_table(table));
  SLUICE_TRY(const auto rows,
             find_text_rows(context, connection,
                            fmt::format("SELECT NULL, comment FROM duckdb_tables() WHERE {0} UNION "
                                        "ALL SELECT column_name, comment FROM duckdb_columns() "
                                        "WHERE {0}",
                                        where)));
  Describe told;
  for (const TextRow& row : rows) {
    if (row[0].has_value()) {
      told.comments[*row[0]] = row[1].value_or("");
    } else {
      told.properties = parse_properties(row[1].value_or(""));
    }
  }
  return apply_description(state, told);
}

}  // namespace sluice::table::internal
