#include <array>
#include <memory>
#include <string_view>

#include <fmt/format.h>

#include "sluice/engine/duckdb/column_internal.h"

namespace sluice::engine {
namespace {

/// A DuckDB type that is one of ours without a question.
struct PlainType {
  duckdb_type id;
  schema::LogicalType type;
  const char* arrow_format;
  Mend mend = Mend::Nothing;
};

using schema::Integer;
using schema::Timestamp;

const std::vector<PlainType>& plain_types() {
  static const std::vector<PlainType> types{
      {DUCKDB_TYPE_BOOLEAN, {schema::Boolean{}}, "c", Mend::PackBooleans},
      {DUCKDB_TYPE_TINYINT, {Integer{.bits = 8}}, "c"},
      {DUCKDB_TYPE_SMALLINT, {Integer{.bits = 16}}, "s"},
      {DUCKDB_TYPE_INTEGER, {Integer{.bits = 32}}, "i"},
      {DUCKDB_TYPE_BIGINT, {Integer{.bits = 64}}, "l"},
      {DUCKDB_TYPE_UTINYINT, {Integer{.bits = 8, .is_signed = false}}, "C"},
      {DUCKDB_TYPE_USMALLINT, {Integer{.bits = 16, .is_signed = false}}, "S"},
      {DUCKDB_TYPE_UINTEGER, {Integer{.bits = 32, .is_signed = false}}, "I"},
      {DUCKDB_TYPE_UBIGINT, {Integer{.bits = 64, .is_signed = false}}, "L"},
      {DUCKDB_TYPE_FLOAT, {schema::Float{.bits = 32}}, "f"},
      {DUCKDB_TYPE_DOUBLE, {schema::Float{.bits = 64}}, "g"},
      {DUCKDB_TYPE_VARCHAR, {schema::Text{}}, "u"},
      {DUCKDB_TYPE_BLOB, {schema::Bytes{}}, "z"},
      {DUCKDB_TYPE_DATE, {schema::Date{}}, "tdD"},
      {DUCKDB_TYPE_TIME, {schema::Time{}}, "ttu"},
      {DUCKDB_TYPE_UUID, {schema::UuidType{}}, "w:16"},
      {DUCKDB_TYPE_TIMESTAMP, {Timestamp{.utc = false}}, "tsu:"},
      {DUCKDB_TYPE_TIMESTAMP_TZ, {Timestamp{.utc = true}}, "tsu:UTC"},
      {DUCKDB_TYPE_TIMESTAMP_S, {Timestamp{.utc = false}}, "tss:", Mend::FromSeconds},
      {DUCKDB_TYPE_TIMESTAMP_MS, {Timestamp{.utc = false}}, "tsm:", Mend::FromMillis},
      {DUCKDB_TYPE_TIMESTAMP_NS, {Timestamp{.utc = false}}, "tsn:", Mend::FromNanos},
      {DUCKDB_TYPE_HUGEINT,
       {schema::Decimal{.precision = 38, .scale = 0}},
       "w:16",
       Mend::CheckHugeint},
      {DUCKDB_TYPE_SQLNULL, {Integer{.bits = 32}}, "n", Mend::FromNull},
  };
  return types;
}

/// Types that DuckDB has and we do not.
std::string_view foreign_name(duckdb_type id) {
  constexpr std::array kNames{
      std::pair{DUCKDB_TYPE_UHUGEINT, std::string_view("UHUGEINT")},
      std::pair{DUCKDB_TYPE_INTERVAL, std::string_view("INTERVAL")},
      std::pair{DUCKDB_TYPE_BIT, std::string_view("BIT")},
      std::pair{DUCKDB_TYPE_UNION, std::string_view("UNION")},
      std::pair{DUCKDB_TYPE_TIME_TZ, std::string_view("TIME WITH TIME ZONE")},
      std::pair{DUCKDB_TYPE_TIME_NS, std::string_view("TIME_NS")},
      std::pair{DUCKDB_TYPE_BIGNUM, std::string_view("BIGNUM")},
      std::pair{DUCKDB_TYPE_GEOMETRY, std::string_view("GEOMETRY")},
      std::pair{DUCKDB_TYPE_VARIANT, std::string_view("VARIANT")},
  };
  for (const auto& [known, name] : kNames) {
    if (known == id) {
      return name;
    }
  }
  return "of another kind";
}

std::string take_text(char* text) {
  std::string copy = text == nullptr ? "" : text;
  duckdb_free(text);
  return copy;
}

bool is_json(duckdb_logical_type type) {
  return take_text(duckdb_logical_type_get_alias(type)) == "JSON";
}

Result<DuckColumn> finish(DuckColumn column) {
  column.mends_within = column.mend != Mend::Nothing;
  for (const DuckColumn& child : column.children) {
    column.mends_within |= child.mends_within;
  }
  return column;
}

Result<DuckColumn> list_column(DuckColumn column, const DuckType& element) {
  SLUICE_TRY(DuckColumn child, make_column("item", element.get()));
  column.type = {schema::List{.element = child.type}};
  column.children.push_back(std::move(child));
  return finish(std::move(column));
}

Result<DuckColumn> map_column(DuckColumn column, duckdb_logical_type type) {
  const DuckType key_type(duckdb_map_type_key_type(type));
  const DuckType value_type(duckdb_map_type_value_type(type));
  SLUICE_TRY(DuckColumn key, make_column("key", key_type.get()));
  SLUICE_TRY(DuckColumn value, make_column("value", value_type.get()));
  column.arrow_format = "+m";
  column.type = {schema::Map{.key = key.type, .value = value.type}};
  DuckColumn entries{.name = "entries", .arrow_format = "+s"};
  entries.children.push_back(std::move(key));
  entries.children.push_back(std::move(value));
  SLUICE_TRY(DuckColumn finished, finish(std::move(entries)));
  column.children.push_back(std::move(finished));
  return finish(std::move(column));
}

Result<DuckColumn> struct_column(DuckColumn column, duckdb_logical_type type) {
  column.arrow_format = "+s";
  schema::Struct fields;
  const idx_t count = duckdb_struct_type_child_count(type);
  for (idx_t i = 0; i < count; ++i) {
    const DuckType child_type(duckdb_struct_type_child_type(type, i));
    SLUICE_TRY(DuckColumn child,
               make_column(take_text(duckdb_struct_type_child_name(type, i)), child_type.get()));
    fields.fields.push_back({.name = child.name, .type = child.type, .comment = {}});
    column.children.push_back(std::move(child));
  }
  column.type = {std::move(fields)};
  return finish(std::move(column));
}

Result<DuckColumn> enum_column(DuckColumn column, duckdb_logical_type type) {
  const duckdb_type index = duckdb_enum_internal_type(type);
  column.type = {schema::Text{}};
  column.mend = Mend::FromDictionary;
  column.arrow_format =
      index == DUCKDB_TYPE_UTINYINT ? "C" : (index == DUCKDB_TYPE_USMALLINT ? "S" : "I");
  return finish(std::move(column));
}

Result<DuckColumn> decimal_column(DuckColumn column, duckdb_logical_type type) {
  const schema::Decimal decimal{.precision = duckdb_decimal_width(type),
                                .scale = duckdb_decimal_scale(type)};
  column.type = {decimal};
  column.arrow_format = fmt::format("d:{},{},128", decimal.precision, decimal.scale);
  return finish(std::move(column));
}

Result<DuckColumn> plain_column(DuckColumn column, duckdb_logical_type type) {
  const duckdb_type id = duckdb_get_type_id(type);
  for (const PlainType& plain : plain_types()) {
    if (plain.id == id) {
      column.type = id == DUCKDB_TYPE_VARCHAR && is_json(type) ? schema::LogicalType{schema::Json{}}
                                                               : plain.type;
      column.arrow_format = plain.arrow_format;
      column.mend = plain.mend;
      return finish(std::move(column));
    }
  }
  if (id == DUCKDB_TYPE_INVALID || id == DUCKDB_TYPE_ANY) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the type of a column depends on a parameter: '{}'", column.name))
        .with_hint("cast the parameter, for example CAST(? AS VARCHAR)");
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("no column type of ours stands for DuckDB's {}, in column '{}'",
                                foreign_name(id), column.name))
      .with_hint("cast the column in the statement, for example to VARCHAR");
}

Status check_one(const DuckColumn& column, const ArrowSchema& arrow) {
  bool same = std::string_view(arrow.format) == column.arrow_format &&
              arrow.n_children == static_cast<std::int64_t>(column.children.size()) &&
              (arrow.dictionary != nullptr) == (column.mend == Mend::FromDictionary);
  if (same && arrow.dictionary != nullptr) {
    same = std::string_view(arrow.dictionary->format) == "u";
  }
  if (!same) {
    return make_error(ErrorCode::Internal,
                      fmt::format("DuckDB gives a column in another Arrow form: expected '{}', got "
                                  "'{}' in column '{}'",
                                  column.arrow_format, arrow.format, column.name))
        .with_hint("leave the settings arrow_* and produce_arrow_* as they were");
  }
  for (std::size_t i = 0; i < column.children.size(); ++i) {
    SLUICE_CHECK(check_one(column.children[i], *arrow.children[i]));
  }
  return {};
}

}  // namespace

Result<DuckColumn> make_column(std::string name, duckdb_logical_type type) {
  DuckColumn column{.name = std::move(name)};
  switch (duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_LIST:
      column.arrow_format = "+l";
      return list_column(std::move(column), DuckType(duckdb_list_type_child_type(type)));
    case DUCKDB_TYPE_ARRAY:
      column.list_size = static_cast<std::int64_t>(duckdb_array_type_array_size(type));
      column.arrow_format = fmt::format("+w:{}", column.list_size);
      column.mend = Mend::FromFixedList;
      return list_column(std::move(column), DuckType(duckdb_array_type_child_type(type)));
    case DUCKDB_TYPE_MAP: return map_column(std::move(column), type);
    case DUCKDB_TYPE_STRUCT: return struct_column(std::move(column), type);
    case DUCKDB_TYPE_ENUM: return enum_column(std::move(column), type);
    case DUCKDB_TYPE_DECIMAL: return decimal_column(std::move(column), type);
    default: return plain_column(std::move(column), type);  // the enum is DuckDB's, and grows
  }
}

schema::Schema schema_of(const std::vector<DuckColumn>& columns) {
  schema::Schema schema;
  schema.fields.reserve(columns.size());
  for (const DuckColumn& column : columns) {
    schema.fields.push_back({.name = column.name, .type = column.type, .comment = {}});
  }
  return schema;
}

Status check_form(const std::vector<DuckColumn>& columns, const ArrowSchema& arrow) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    SLUICE_CHECK(check_one(columns[i], *arrow.children[i]));
  }
  return {};
}

}  // namespace sluice::engine
