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

namespace {

bool is_one_of(std::string_view name, const std::vector<std::string>& names) {
  return std::ranges::any_of(
      names, [&](const std::string& one) { return schema::same_column(one, name); });
}

/// Columns that the write fills although its rows do not have them.
std::vector<std::string> made_columns(const plan::WriteMode& mode) {
  std::vector<std::string> names{std::string(kIngestIdColumn)};
  const auto add_shared = [&](const auto& of) {
    if (of.soft_delete) {
      const plan::SoftDelete& soft = *of.soft_delete;
      names.insert(names.end(), {soft.column, soft.time_column, soft.reason_column});
    }
    if (of.unknown_member) {
      for (const auto& [name, value] : of.unknown_member->values) {
        names.push_back(name);
      }
    }
  };
  if (const auto* scd2 = std::get_if<plan::Scd2>(&mode)) {
    names.insert(names.end(),
                 {scd2->effective_from_column, scd2->effective_to_column, scd2->current_column,
                  scd2->version_column, scd2->surrogate_column, scd2->reason_column});
    add_shared(*scd2);
  } else if (const auto* merge = std::get_if<plan::Merge>(&mode)) {
    if (merge->surrogate_key) {
      names.push_back(merge->surrogate_key->column);
    }
    add_shared(*merge);
  }
  return names;
}

}  // namespace

namespace {

std::string render_is(std::string_view column, const plan::TableId& id) {
  const auto part = [&](std::size_t from_end, std::string_view otherwise) {
    return id.parts.size() < from_end
               ? std::string(otherwise)
               : dialect::quote_literal(id.parts[id.parts.size() - from_end]);
  };
  return fmt::format(
      "lower({}) = lower({}) AND lower(schema_name) = lower({}) AND lower(database_name) = "
      "lower({})",
      column, part(1, ""), part(2, "current_schema()"), part(3, "current_database()"));
}

}  // namespace

std::string render_is_table(const plan::TableId& id) { return render_is("table_name", id); }

Status check_no_view(const Context& context, engine::Connection& connection,
                     const plan::TableId& id) {
  SLUICE_TRY(const std::int64_t views,
             load_count(context, connection,
                        fmt::format("SELECT count(*) FROM duckdb_views() WHERE NOT internal AND {}",
                                    render_is("view_name", id))));
  if (views == 0) {
    return {};
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("a view has the name of the table: '{}'", plan::to_string(id)))
      .with_hint("Rows go into tables: drop or rename the view, or name another table.");
}

Result<schema::Schema> without_self_filled(const Context& context, engine::Connection& connection,
                                           const plan::TableId& id, const plan::Write& write,
                                           const schema::Schema& table) {
  // DuckDB lists what computes a column as its default, and describes it as one without.
  SLUICE_TRY(
      const auto rows,
      find_text_rows(context, connection,
                     fmt::format("SELECT column_name, CASE WHEN d.\"default\" IS NULL THEN "
                                 "'computed' END FROM duckdb_columns() JOIN (DESCRIBE {}) AS "
                                 "d USING (column_name) WHERE {} AND column_default IS NOT "
                                 "NULL AND upper(column_default) <> 'NULL'",
                                 dialect::quote_table(id), render_is_table(id))));
  schema::Schema filled = table;
  const std::vector<std::string> made = made_columns(write.mode);
  for (const TextRow& row : rows) {
    const std::string name = row[0].value_or("");
    const bool is_brought = write.schema.find(name) != nullptr;
    const bool is_computed = row[1].has_value();
    if (is_brought && is_computed) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("the database computes a column that the rows bring: '{}' of "
                                    "'{}'",
                                    name, plan::to_string(id)))
          .with_hint("Leave the column out of the rows: its values are there without them.");
    }
    if (is_computed || (!is_brought && !is_one_of(name, made))) {
      std::erase_if(filled.fields, [&](const schema::Field& field) { return field.name == name; });
    }
  }
  return filled;
}

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

Status check_name(const plan::TableId& id) {
  if (schema::same_column(id.table(), "_sluice_ledger") ||
      schema::same_column(id.table(), "_sluice_table")) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("this table name is reserved: '{}'", plan::to_string(id)))
        .with_hint("Give the table another name: this one holds the commits of its neighbours.");
  }
  return {};
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

Status use_indexes(const Context& context, engine::Connection& connection, const std::string& table,
                   const schema::Schema& filled) {
  SLUICE_CHECK(connection.execute(
      context, fmt::format("INSERT INTO {0} ({1}) SELECT {1} FROM {0} WHERE FALSE", table,
                           dialect::quote_columns(names_of(filled)))));
  return {};
}

std::string render_assignments(const schema::Schema& schema, const std::vector<std::string>& key) {
  std::string text;
  for (const schema::Field& field : schema.fields) {
    if (!is_one_of(field.name, key)) {
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
