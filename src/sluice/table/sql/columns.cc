#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/change.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/files/copy.h"
#include "sluice/table/sql/columns_internal.h"

namespace sluice::table::internal {

using dialect::quote_identifier;

std::vector<std::string> names_of(const schema::Schema& schema) {
  std::vector<std::string> names;
  names.reserve(schema.fields.size());
  for (const schema::Field& field : schema.fields) {
    names.push_back(field.name);
  }
  return names;
}

std::vector<std::string> key_columns_of(const plan::WriteMode& mode) {
  using Names = std::vector<std::string>;
  return std::visit(overloaded{
                        [](const plan::Merge& merge) { return merge.key; },
                        [](const plan::Scd2& scd2) { return scd2.key; },
                        [](const plan::Reconcile& reconcile) { return reconcile.key; },
                        [](const plan::Append&) { return Names{}; },
                        [](const plan::Overwrite&) { return Names{}; },
                        [](const plan::OverwritePartitions&) { return Names{}; },
                        [](const plan::DeleteWhere&) { return Names{}; },
                    },
                    mode);
}

Status check_columns(const schema::Schema& schema, bool is_lake, const schema::Schema& before) {
  // Columns of the tables in which a lake's catalog keeps rows.
  constexpr std::string_view kOfLake[] = {"row_id", "begin_snapshot", "end_snapshot",
                                          "_ducklake_internal_row_id",
                                          "_ducklake_internal_snapshot_id"};
  SLUICE_CHECK(validate(schema));
  for (const schema::Field& field : schema.fields) {
    const bool is_of_lake = is_lake && before.find(field.name) == nullptr &&
                            std::ranges::any_of(kOfLake, [&](std::string_view name) {
                              return schema::same_column(field.name, name);
                            });
    if (field.name.starts_with(kReservedPrefix) || schema::same_column(field.name, "rowid") ||
        is_of_lake) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("this column name is reserved: '{}'", field.name))
          .with_hint("Rename the column.");
    }
  }
  return {};
}

plan::CreateTable without_primary_key(plan::CreateTable create) {
  for (schema::Field& field : create.schema.fields) {
    for (const std::string& name : create.primary_key) {
      field.nullable = field.nullable && !schema::same_column(field.name, name);
    }
  }
  create.primary_key.clear();
  return create;
}

std::string render_assignments(const schema::Schema& schema, const std::vector<std::string>& key) {
  std::string text;
  for (const schema::Field& field : schema.fields) {
    const bool is_key = std::ranges::any_of(
        key, [&](const std::string& name) { return schema::same_column(name, field.name); });
    if (!is_key) {
      text += fmt::format("{0}{1} = c.{1}", text.empty() ? "" : ", ", quote_identifier(field.name));
    }
  }
  return text;
}

std::vector<std::string> text_partitions(const TableState& state, bool has_folders) {
  std::vector<std::string> columns;
  for (const plan::PartitionField& field : state.partition_by) {
    const schema::Field* column = state.schema.find(field.column);
    if (has_folders && column != nullptr && field.transform == plan::PartitionTransform::Identity &&
        std::holds_alternative<schema::Text>(column->type.kind)) {
      columns.push_back(column->name);
    }
  }
  return columns;
}

Status check_partition_texts(const Context& context, engine::Connection& connection,
                             const std::vector<std::string>& columns, const std::string& from) {
  for (const std::string& column : columns) {
    SLUICE_TRY(
        const auto rows,
        find_text_rows(context, connection,
                       fmt::format("SELECT CAST(strlen({0}) AS VARCHAR), "
                                   "CAST(strlen(url_encode({0})) AS VARCHAR) FROM {1} WHERE {0} IS "
                                   "NOT NULL ORDER BY strlen(url_encode({0})) DESC LIMIT 1",
                                   quote_identifier(column), from)));
    if (rows.empty()) {
      continue;
    }
    SLUICE_TRY(const std::int64_t bytes, parse_count(rows[0][0].value_or("")));
    SLUICE_TRY(const std::int64_t escaped, parse_count(rows[0][1].value_or("")));
    if (column.size() + 1 + static_cast<std::size_t>(escaped) > kFolderNameBytesMax) {
      return make_long_partition_error(column, static_cast<std::size_t>(bytes),
                                       static_cast<std::size_t>(escaped));
    }
  }
  return {};
}

Status check_filled(const Context& context, engine::Connection& connection,
                    const std::string& table, const Evolved& evolved) {
  for (std::size_t i = 0; i < evolved.from.size(); ++i) {
    const std::string& column = evolved.schema.fields[i].name;
    if (std::ranges::find(evolved.newly_required, column) == evolved.newly_required.end()) {
      continue;
    }
    SLUICE_TRY(const std::int64_t nulls,
               load_count(context, connection,
                          fmt::format("SELECT count(*) FROM {} WHERE {} IS NULL", table,
                                      quote_identifier(evolved.from[i]))));
    if (nulls > 0) {
      return make_error(ErrorCode::DataRejected,
                        fmt::format("{} rows hold no value of a column that shall be required: "
                                    "'{}'",
                                    nulls, column))
          .with_hint("Fill these rows, or leave the column optional.");
    }
  }
  return {};
}

}  // namespace sluice::table::internal
