#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/base/overloaded.h"
#include "sluice/table/delta/types_internal.h"

namespace sluice::table::delta {
namespace {

using nlohmann::json;
using schema::LogicalType;

Result<json> render_fields(const std::vector<schema::Field>& fields);

Error no_type(const LogicalType& type, std::string_view instead) {
  return make_error(ErrorCode::Unsupported,
                    fmt::format("a Delta table has no type '{}'", schema::to_string(type)))
      .with_hint(fmt::format("declare the column as {}", instead));
}

Result<json> render_integer(const schema::Integer& type) {
  if (!type.is_signed) {
    return no_type({type}, "the next wider signed type");
  }
  switch (type.bits) {
    case 8: return json("byte");
    case 16: return json("short");
    case 32: return json("integer");
    default: return json("long");
  }
}

Result<json> render_type(const LogicalType& type) {
  return std::visit(
      overloaded{
          [](const schema::Boolean&) -> Result<json> { return json("boolean"); },
          [](const schema::Integer& one) { return render_integer(one); },
          [](const schema::Float& one) -> Result<json> {
            return json(one.bits == 32 ? "float" : "double");
          },
          [](const schema::Decimal& one) -> Result<json> {
            return json(fmt::format("decimal({},{})", one.precision, one.scale));
          },
          [](const schema::Text&) -> Result<json> { return json("string"); },
          [](const schema::Bytes&) -> Result<json> { return json("binary"); },
          [](const schema::Date&) -> Result<json> { return json("date"); },
          [&](const schema::Time&) -> Result<json> { return no_type(type, "text or timestamp"); },
          [](const schema::Timestamp& one) -> Result<json> {
            return json(one.utc ? "timestamp" : "timestamp_ntz");
          },
          [&](const schema::UuidType&) -> Result<json> { return no_type(type, "text"); },
          [](const schema::Json&) -> Result<json> { return json("string"); },
          [](const schema::List& one) -> Result<json> {
            SLUICE_TRY(json element, render_type(*one.element));
            return json{{"type", "array"}, {"elementType", element}, {"containsNull", true}};
          },
          [](const schema::Map& one) -> Result<json> {
            SLUICE_TRY(json key, render_type(*one.key));
            SLUICE_TRY(json value, render_type(*one.value));
            return json{{"type", "map"},
                        {"keyType", key},
                        {"valueType", value},
                        {"valueContainsNull", true}};
          },
          [](const schema::Struct& one) -> Result<json> {
            SLUICE_TRY(json fields, render_fields(one.fields));
            return json{{"type", "struct"}, {"fields", fields}};
          },
      },
      type.kind);
}

/// Delta takes these names only where columns are mapped to others.
constexpr std::string_view kNoNameHas = " ,;{}()\n\t=";

Result<json> render_fields(const std::vector<schema::Field>& fields) {
  json list = json::array();
  for (const schema::Field& field : fields) {
    if (field.name.find_first_of(kNoNameHas) != std::string::npos) {
      return make_error(ErrorCode::Unsupported,
                        fmt::format("a column of a Delta table has no blank and none of ,;{{}}()= "
                                    "in its name: '{}'",
                                    field.name))
          .with_hint("Rename the column, or write a Parquet folder or a DuckDB table.");
    }
    SLUICE_TRY_IN(json type, render_type(field.type), fmt::format("column '{}'", field.name));
    json metadata = json::object();
    if (!field.comment.empty()) {
      metadata["comment"] = field.comment;
    }
    list.push_back({{"name", field.name},
                    {"type", std::move(type)},
                    {"nullable", field.nullable},
                    {"metadata", std::move(metadata)}});
  }
  return list;
}

Error corrupt(const json& stored) {
  return make_error(ErrorCode::Corrupt,
                    fmt::format("expected a type of a Delta schema, got '{}'",
                                stored.dump(-1, ' ', true, json::error_handler_t::replace)));
}

Result<LogicalType> parse_decimal(std::string_view name, const json& stored) {
  schema::Decimal type;
  const char* end = name.data() + name.size();
  const auto precision = std::from_chars(name.data() + 8, end, type.precision);
  if (precision.ec != std::errc{} || precision.ptr == end || *precision.ptr != ',') {
    return corrupt(stored);
  }
  const auto scale = std::from_chars(precision.ptr + 1, end, type.scale);
  if (scale.ec != std::errc{} || scale.ptr == end || *scale.ptr != ')') {
    return corrupt(stored);
  }
  return LogicalType{type};
}

Result<LogicalType> parse_primitive(std::string_view name, const json& stored) {
  const std::pair<std::string_view, LogicalType> known[] = {
      {"boolean", {schema::Boolean{}}},
      {"byte", {schema::Integer{8}}},
      {"short", {schema::Integer{16}}},
      {"integer", {schema::Integer{32}}},
      {"long", {schema::Integer{64}}},
      {"float", {schema::Float{32}}},
      {"double", {schema::Float{64}}},
      {"string", {schema::Text{}}},
      {"binary", {schema::Bytes{}}},
      {"date", {schema::Date{}}},
      {"timestamp", {schema::Timestamp{.utc = true}}},
      {"timestamp_ntz", {schema::Timestamp{.utc = false}}},
  };
  for (const auto& [word, type] : known) {
    if (word == name) {
      return type;
    }
  }
  if (name.starts_with("decimal(")) {
    return parse_decimal(name, stored);
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("a Delta table has a type that Sluice does not know: '{}'", name))
      .with_hint("write it with the program that made it");
}

Result<std::vector<schema::Field>> parse_fields(const json& stored);

Result<LogicalType> parse_type(const json& stored) {
  if (stored.is_string()) {
    return parse_primitive(stored.get<std::string>(), stored);
  }
  const std::string kind = stored.is_object() ? stored.value("type", json("")).dump() : "";
  if (kind == "\"array\"" && stored.contains("elementType")) {
    SLUICE_TRY(LogicalType element, parse_type(stored["elementType"]));
    return LogicalType{schema::List{std::move(element)}};
  }
  if (kind == "\"map\"" && stored.contains("keyType") && stored.contains("valueType")) {
    SLUICE_TRY(LogicalType key, parse_type(stored["keyType"]));
    SLUICE_TRY(LogicalType value, parse_type(stored["valueType"]));
    return LogicalType{schema::Map{std::move(key), std::move(value)}};
  }
  if (kind == "\"struct\"" && stored.contains("fields")) {
    SLUICE_TRY(std::vector<schema::Field> fields, parse_fields(stored["fields"]));
    return LogicalType{schema::Struct{std::move(fields)}};
  }
  return corrupt(stored);
}

Result<std::vector<schema::Field>> parse_fields(const json& stored) {
  std::vector<schema::Field> fields;
  if (!stored.is_array()) {
    return corrupt(stored);
  }
  for (const json& one : stored) {
    if (!one.is_object() || !one.contains("name") || !one["name"].is_string() ||
        !one.contains("type") || !one.contains("nullable") || !one["nullable"].is_boolean()) {
      return corrupt(one);
    }
    schema::Field field;
    field.name = one["name"].get<std::string>();
    field.nullable = one["nullable"].get<bool>();
    SLUICE_TRY_IN(field.type, parse_type(one["type"]), fmt::format("column '{}'", field.name));
    if (one.contains("metadata") && one["metadata"].is_object() &&
        one["metadata"].contains("comment") && one["metadata"]["comment"].is_string()) {
      field.comment = one["metadata"]["comment"].get<std::string>();
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

/// Of a type that was parsed.
void add_elements(const json& type, const NestedPart& at, std::vector<NestedPart>& parts) {
  using Into = NestedPart::Into;
  const auto add = [&](const char* property, const json& inner, const NestedPart& part) {
    if (type.value(property, json(true)) == json(false)) {
      parts.push_back(part);
    }
    add_elements(inner, part, parts);
  };
  const json kind = type.is_object() ? type["type"] : json();
  if (kind == "array") {
    add("containsNull", type["elementType"], at.with(Into::Element));
  } else if (kind == "map") {
    add_elements(type["keyType"], at.with(Into::Key), parts);
    add("valueContainsNull", type["valueType"], at.with(Into::Value));
  } else if (kind == "struct") {
    for (const json& member : type["fields"]) {
      add_elements(member["type"], at.with(Into::Member, member["name"].get<std::string>()), parts);
    }
  }
}

}  // namespace

Result<json> render_delta_schema(const schema::Schema& schema) {
  SLUICE_TRY(json fields, render_fields(schema.fields));
  return json{{"type", "struct"}, {"fields", std::move(fields)}};
}

Status check_delta_schema(const schema::Schema& schema) {
  SLUICE_TRY([[maybe_unused]] const json fields, render_fields(schema.fields));
  return {};
}

Result<schema::Schema> parse_delta_schema(const json& stored) {
  if (!stored.is_object() || !stored.contains("fields")) {
    return corrupt(stored);
  }
  SLUICE_TRY(std::vector<schema::Field> fields, parse_fields(stored["fields"]));
  return schema::Schema{.fields = std::move(fields)};
}

std::vector<NestedPart> find_whole_elements(const json& stored) {
  std::vector<NestedPart> parts;
  for (const json& field : stored["fields"]) {
    add_elements(field["type"], {.column = field["name"].get<std::string>(), .steps = {}}, parts);
  }
  return parts;
}

}  // namespace sluice::table::delta
