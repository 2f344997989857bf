#include "sluice/table/change/batch.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/duckdb/path.h"
#include "sluice/dialect/quote.h"
#include "sluice/schema/arrow.h"
#include "sluice/schema/evolution.h"
#include "sluice/table/change/text_rows.h"

namespace sluice::table {
namespace {

using dialect::quote_identifier;
using dialect::quote_literal;

/// DuckDB numbers the rows of a transaction that is not committed from here on.
constexpr std::int64_t kLocalRowIds = 36'028'797'018'960'000;

void add_fault(std::string& faults, std::string fault) {
  faults += (faults.empty() ? "" : "; ") + std::move(fault);
}

/// The same but for what may be NULL within them: that is asked of the rows, not of their type.
bool is_alike(const schema::LogicalType& from, const schema::LogicalType& to) {
  if (from.kind.index() != to.kind.index()) {
    return false;
  }
  if (const auto* list = std::get_if<schema::List>(&from.kind)) {
    return is_alike(*list->element, *std::get<schema::List>(to.kind).element);
  }
  if (const auto* map = std::get_if<schema::Map>(&from.kind)) {
    const auto& other = std::get<schema::Map>(to.kind);
    return is_alike(*map->key, *other.key) && is_alike(*map->value, *other.value);
  }
  const auto* members = std::get_if<schema::Struct>(&from.kind);
  return members == nullptr
             ? from == to
             : std::ranges::equal(members->fields, std::get<schema::Struct>(to.kind).fields,
                                  [](const schema::Field& one, const schema::Field& other) {
                                    return schema::same_column(one.name, other.name) &&
                                           is_alike(one.type, other.type);
                                  });
}

bool fits(const schema::LogicalType& from, const schema::LogicalType& to) {
  return is_alike(from, to) || schema::widens(from, to);
}

/// Where the rows are read from, as a FROM item; loads a column stream on the way.
Result<std::string> load_source(const Context& context, engine::Connection& connection,
                                const plan::Source& source, ColumnStream rows, Batch& batch) {
  using Text = Result<std::string>;
  return std::visit(
      overloaded{
          [&](const plan::Batches&) -> Text {
            SLUICE_TRY(batch.rows, connection.load(context, batch.rows_table, std::move(rows)));
            batch.counted = true;
            return quote_identifier(batch.rows_table);
          },
          [&](const plan::StagedFiles& files) -> Text {
            return fmt::format("read_parquet([{}], hive_partitioning = false)",
                               dialect::quote_paths(files.uris));
          },
          [&](const plan::Relation& relation) -> Text { return quote_identifier(relation.name); },
          [&](const plan::NoRows&) -> Text {
            return make_error(ErrorCode::InvalidArgument,
                              "expected rows for this kind of write, got a plan without any");
          },
      },
      source);
}

Status copy_rows(const Context& context, engine::Connection& connection, const std::string& from,
                 Batch& batch) {
  const std::string name = quote_identifier(batch.rows_table);
  SLUICE_TRY_IN(
      [[maybe_unused]] const auto changed,
      connection.execute(
          context, fmt::format("CREATE OR REPLACE TEMP TABLE {} AS SELECT * FROM {}", name, from)),
      "reading the rows of a write");
  SLUICE_TRY(batch.rows,
             load_count(context, connection, fmt::format("SELECT count(*) FROM {}", name)));
  batch.counted = true;
  return {};
}

/// A column of this name hides the ids of a table's rows.
constexpr std::string_view kRowId = "rowid";

/// The position of a row among the rows of its table, which are read in their order.
std::string position_of(const schema::Schema& there) {
  return there.find(kRowId) == nullptr ? fmt::format("rowid % {}", kLocalRowIds)
                                       : "row_number() OVER () - 1";
}

/// Rows in a temporary table, which no one else can change: how many, when their ids are their
/// positions. Empty for any other relation.
Result<std::optional<std::int64_t>> count_temporary(const Context& context,
                                                    engine::Connection& connection,
                                                    const plan::Relation& relation) {
  SLUICE_TRY(const std::int64_t tables,
             load_count(context, connection,
                        fmt::format("SELECT CAST(count(*) AS VARCHAR) FROM duckdb_tables() WHERE "
                                    "database_name = 'temp' AND schema_name = 'main' AND "
                                    "lower(table_name) = lower({})",
                                    quote_literal(relation.name))));
  if (tables != 1) {
    return std::optional<std::int64_t>{};
  }
  const std::string table = "temp.main." + quote_identifier(relation.name);
  SLUICE_TRY(const schema::Schema there,
             connection.describe(context, fmt::format("SELECT * FROM {}", table)));
  if (there.find(kRowId) != nullptr) {
    SLUICE_TRY(const std::int64_t rows,
               load_count(context, connection,
                          fmt::format("SELECT CAST(count(*) AS VARCHAR) FROM {}", table)));
    return std::optional(rows);
  }
  SLUICE_TRY(const auto seen,
             find_text_rows(context, connection,
                            fmt::format("SELECT CAST(count(*) AS VARCHAR), CAST(coalesce(max(rowid "
                                        "% {}) + 1, 0) AS VARCHAR) FROM {}",
                                        kLocalRowIds, table)));
  SLUICE_TRY(const std::int64_t rows, parse_count(seen.at(0).at(0).value_or("")));
  SLUICE_TRY(const std::int64_t ids, parse_count(seen.at(0).at(1).value_or("")));
  return rows == ids ? std::optional(rows) : std::nullopt;
}

/// Rows that are read more than once stand in a temporary table: the caller's or one of ours.
Status keep_rows(const Context& context, engine::Connection& connection, const plan::Source& source,
                 Batch& batch, std::string& from) {
  std::optional<std::int64_t> kept;
  if (const auto* relation = std::get_if<plan::Relation>(&source); relation != nullptr) {
    SLUICE_TRY(kept, count_temporary(context, connection, *relation));
  }
  if (kept.has_value()) {
    batch.rows = *kept;
    batch.counted = true;
    batch.rows_table.clear();
    from = "temp.main." + from;
    return {};
  }
  SLUICE_CHECK(copy_rows(context, connection, from, batch));
  from = quote_identifier(batch.rows_table);
  return {};
}

/// The columns of the write that its rows have, in the type that they come in: all, or all but
/// `_ingest_id`, which is stamped.
Result<schema::Schema> columns_there(const schema::Schema& there, const schema::Schema& written) {
  std::string missing;
  schema::Schema columns;
  for (const schema::Field& field : written.fields) {
    if (const schema::Field* brought = there.find(field.name); brought != nullptr) {
      columns.fields.push_back({.name = field.name, .type = brought->type});
    } else if (!schema::same_column(field.name, kIngestIdColumn)) {
      missing += fmt::format("{}'{}'", missing.empty() ? "" : ", ", field.name);
    }
  }
  if (!missing.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the rows lack columns that the write names: {}", missing));
  }
  return columns;
}

bool is_nested(const schema::LogicalType& type) {
  return std::holds_alternative<schema::List>(type.kind) ||
         std::holds_alternative<schema::Map>(type.kind) ||
         std::holds_alternative<schema::Struct>(type.kind);
}

/// A value as the stored type takes it by a cast: what is nested is JSON where the table has JSON
/// or text, and so is any part of it where the table has JSON; a text is a JSON text then.
std::string render_part(const std::string& value, const schema::LogicalType& from,
                        const schema::LogicalType& to, int depth);

std::string render_elements(const std::string& values, const schema::LogicalType& from,
                            const schema::LogicalType& to, int depth) {
  const std::string element = fmt::format("_sluice_e{}", depth);
  const std::string part = render_part(element, from, to, depth + 1);
  return part == element ? values
                         : fmt::format("list_transform({}, lambda {}: {})", values, element, part);
}

std::string render_members(const std::string& value, const schema::Struct& from,
                           const schema::Struct& to, int depth) {
  std::string members;
  bool is_changed = false;
  for (const schema::Field& member : to.fields) {
    const auto brought = std::ranges::find_if(from.fields, [&](const schema::Field& one) {
      return schema::same_column(one.name, member.name);
    });
    std::string part = "NULL";
    if (brought != from.fields.end()) {
      const std::string plain =
          fmt::format("struct_extract({}, {})", value, quote_literal(brought->name));
      part = render_part(plain, brought->type, member.type, depth);
      is_changed = is_changed || part != plain;
    }
    members +=
        fmt::format("{}{} := {}", members.empty() ? "" : ", ", quote_identifier(member.name), part);
  }
  return is_changed
             ? fmt::format("CASE WHEN {} IS NOT NULL THEN struct_pack({}) END", value, members)
             : value;
}

std::string render_part(const std::string& value, const schema::LogicalType& from,
                        const schema::LogicalType& to, int depth) {
  const bool is_json = std::holds_alternative<schema::Json>(to.kind);
  const bool is_text = std::holds_alternative<schema::Text>(to.kind);
  if (from == to) {
    return value;
  }
  if (is_json || (is_text && is_nested(from))) {
    return fmt::format("CASE WHEN {0} IS NOT NULL THEN to_json({0}) END", value);
  }
  const auto* list = std::get_if<schema::List>(&from.kind);
  const auto* list_to = std::get_if<schema::List>(&to.kind);
  if (list != nullptr && list_to != nullptr) {
    return render_elements(value, *list->element, *list_to->element, depth);
  }
  const auto* map = std::get_if<schema::Map>(&from.kind);
  const auto* map_to = std::get_if<schema::Map>(&to.kind);
  if (map != nullptr && map_to != nullptr) {
    const std::string all = fmt::format("map_values({})", value);
    const std::string parts = render_elements(all, *map->value, *map_to->value, depth);
    return parts == all ? value : fmt::format("map(map_keys({}), {})", value, parts);
  }
  const auto* members = std::get_if<schema::Struct>(&from.kind);
  const auto* members_to = std::get_if<schema::Struct>(&to.kind);
  return members != nullptr && members_to != nullptr
             ? render_members(value, *members, *members_to, depth)
             : value;
}

std::string render_brought(const schema::Field& brought, const schema::LogicalType& stored) {
  const std::string name = quote_identifier(brought.name);
  if (std::holds_alternative<schema::Text>(brought.type.kind) &&
      std::holds_alternative<schema::Json>(stored.kind)) {
    // A column of texts may hold JSON texts; others are JSON strings.
    return fmt::format("CASE WHEN json_valid({0}) THEN CAST({0} AS JSON) ELSE to_json({0}) END",
                       name);
  }
  return render_part(name, brought.type, stored, 0);
}

Result<std::string> projection(const schema::Schema& table, const schema::Schema& written,
                               const CommitKey& key) {
  std::string columns;
  for (const schema::Field& field : table.fields) {
    SLUICE_TRY(const std::string type, dialect::duckdb_dialect().render_type(field.type));
    const schema::Field* brought = written.find(field.name);
    std::string value = "NULL";
    if (brought != nullptr) {
      value = render_brought(*brought, field.type);
    } else if (schema::same_column(field.name, kIngestIdColumn)) {
      value = quote_literal(to_string(key.ingest_id));
    }
    columns += fmt::format("{}CAST({} AS {}) AS {}", columns.empty() ? "" : ", ", value, type,
                           quote_identifier(field.name));
  }
  return columns;
}

}  // namespace

bool is_system_column(std::string_view name) {
  constexpr std::string_view kContractPrefix = "_lakelogic_";
  return schema::same_column(name, kIngestIdColumn) ||
         schema::same_column(name.substr(0, kContractPrefix.size()), kContractPrefix);
}

Status check_fit(const plan::Write& write, const schema::Schema& table) {
  if (std::holds_alternative<plan::NoRows>(write.source)) {
    return {};
  }
  const schema::Schema& written = write.schema;
  std::string faults;
  for (const schema::Field& field : written.fields) {
    const schema::Field* there = table.find(field.name);
    if (there == nullptr) {
      add_fault(faults, fmt::format("the table has no column '{}'", field.name));
    } else if (!fits(field.type, there->type)) {
      add_fault(faults, fmt::format("column '{}' is {} in the table, not {}", field.name,
                                    to_string(there->type), to_string(field.type)));
    }
  }
  for (const schema::Field& field : table.fields) {
    if (!field.nullable && written.find(field.name) == nullptr &&
        !schema::same_column(field.name, kIngestIdColumn)) {
      add_fault(faults,
                fmt::format("column '{}' of the table is never NULL and not written", field.name));
    }
  }
  if (!faults.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the rows do not fit the table: {}", faults))
        .with_hint("Change the rows, or change the table first (add or widen the column).");
  }
  return {};
}

std::string temporary_name(std::string_view role, const CommitKey& key) {
  return fmt::format("{}{}_{}", kReservedPrefix, role, to_string(key.ingest_id).substr(24));
}

Result<Batch> load_batch(const Context& context, engine::Connection& connection,
                         const plan::Write& write, ColumnStream rows, const schema::Schema& table,
                         const CommitKey& key, bool once) {
  Batch batch{.rows_table = temporary_name("rows", key)};
  SLUICE_TRY(std::string from,
             load_source(context, connection, write.source, std::move(rows), batch));
  if (!batch.counted && once) {
    batch.rows_table.clear();
  } else if (!batch.counted) {
    SLUICE_CHECK(keep_rows(context, connection, write.source, batch, from));
  }
  SLUICE_TRY(const schema::Schema there,
             connection.describe(context, fmt::format("SELECT * FROM {}", from)));
  SLUICE_TRY(const schema::Schema brought, columns_there(there, write.schema));
  for (const schema::Field& field : write.schema.fields) {
    if (const schema::Field* column = table.find(field.name); column != nullptr) {
      batch.written.push_back(column->name);
    }
  }
  SLUICE_TRY(const std::string columns, projection(table, brought, key));
  if (once) {
    batch.from = fmt::format("(SELECT {} FROM {})", columns, from);
    return batch;
  }
  batch.relation = temporary_name("batch", key);
  batch.from = quote_identifier(batch.relation);
  SLUICE_TRY_IN(
      [[maybe_unused]] const auto ignored,
      connection.execute(
          context, fmt::format("CREATE OR REPLACE TEMP VIEW {} AS SELECT {}, {} AS {} FROM {}",
                               batch.from, columns, position_of(there), kPosition, from)),
      "reading the rows of a write");
  return batch;
}

bool is_stream(const plan::Write& write, bool once) {
  return once && std::holds_alternative<plan::Batches>(write.source);
}

Result<std::int64_t> insert_stream(const Context& context, engine::Connection& connection,
                                   const plan::Write& write, ColumnStream rows,
                                   const schema::Schema& table, const std::string& target,
                                   const CommitKey& key) {
  SLUICE_TRY(const ArrowSchemaOwned arrow, rows.schema());
  SLUICE_TRY(const schema::Schema there, schema::from_arrow(*arrow.get()));
  SLUICE_TRY(const schema::Schema brought, columns_there(there, write.schema));
  SLUICE_TRY(const std::string values, projection(table, brought, key));
  std::vector<std::string> names;
  for (const schema::Field& field : table.fields) {
    names.push_back(field.name);
  }
  const std::string relation = temporary_name("rows", key);
  SLUICE_TRY_IN(const std::int64_t count,
                connection.execute_over(
                    context,
                    fmt::format("INSERT INTO {} ({}) SELECT {} FROM {}", target,
                                dialect::quote_columns(names), values, quote_identifier(relation)),
                    relation, std::move(rows)),
                "inserting rows");
  return count;
}

void drop_batch(const Context& context, engine::Connection& connection, const Batch& batch) {
  Context unstoppable = context;
  unstoppable.stop = {};
  unstoppable.deadline.reset();
  if (!batch.relation.empty()) {
    static_cast<void>(connection.execute(
        unstoppable, fmt::format("DROP VIEW IF EXISTS {}", quote_identifier(batch.relation))));
  }
  if (!batch.rows_table.empty()) {
    static_cast<void>(connection.execute(
        unstoppable, fmt::format("DROP TABLE IF EXISTS {}", quote_identifier(batch.rows_table))));
  }
}

}  // namespace sluice::table
