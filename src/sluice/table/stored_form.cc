#include "sluice/table/stored_form.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/base/limits.h"
#include "sluice/base/overloaded.h"

namespace sluice::table {
namespace {

using nlohmann::json;
using schema::LogicalType;

Error corrupt(std::string_view expected, const json& got) {
  return make_error(ErrorCode::Corrupt,
                    fmt::format("expected {}, got '{}'", expected,
                                got.dump(-1, ' ', true, json::error_handler_t::replace)));
}

/// A member of the wanted kind, or the error that names it. Nothing here throws: kinds are asked
/// before values are taken.
Result<std::string> text_member(const json& object, const char* name) {
  if (!object.is_object() || !object.contains(name) || !object[name].is_string()) {
    return corrupt(fmt::format("a text '{}'", name), object);
  }
  return object[name].get<std::string>();
}

Result<std::int64_t> number_member(const json& object, const char* name) {
  if (!object.is_object() || !object.contains(name) || !object[name].is_number_integer()) {
    return corrupt(fmt::format("a whole number '{}'", name), object);
  }
  return object[name].get<std::int64_t>();
}

json render_type(const LogicalType& type);

json render_fields(const std::vector<schema::Field>& fields) {
  json list = json::array();
  for (const schema::Field& field : fields) {
    json one{{"name", field.name}, {"type", render_type(field.type)}};
    if (!field.nullable) {
      one["nullable"] = false;
    }
    if (field.id != 0) {
      one["id"] = field.id;
    }
    if (!field.comment.empty()) {
      one["comment"] = field.comment;
    }
    list.push_back(std::move(one));
  }
  return list;
}

json render_type(const LogicalType& type) {
  return std::visit(
      overloaded{
          [](const schema::List& list) { return json{{"list", render_type(*list.element)}}; },
          [](const schema::Map& map) {
            return json{{"map", {render_type(*map.key), render_type(*map.value)}}};
          },
          [](const schema::Struct& inner) { return json{{"struct", render_fields(inner.fields)}}; },
          [](const schema::Decimal& decimal) {
            return json{{"decimal", {decimal.precision, decimal.scale}}};
          },
          [&](const schema::Boolean&) { return json(to_string(type)); },
          [&](const schema::Integer&) { return json(to_string(type)); },
          [&](const schema::Float&) { return json(to_string(type)); },
          [&](const schema::Text&) { return json(to_string(type)); },
          [&](const schema::Bytes&) { return json(to_string(type)); },
          [&](const schema::Date&) { return json(to_string(type)); },
          [&](const schema::Time&) { return json(to_string(type)); },
          [&](const schema::Timestamp&) { return json(to_string(type)); },
          [&](const schema::UuidType&) { return json(to_string(type)); },
          [&](const schema::Json&) { return json(to_string(type)); },
      },
      type.kind);
}

const std::vector<LogicalType>& plain_types() {
  static const std::vector<LogicalType> types{
      {schema::Boolean{}},
      {schema::Integer{.bits = 8}},
      {schema::Integer{.bits = 16}},
      {schema::Integer{.bits = 32}},
      {schema::Integer{.bits = 64}},
      {schema::Integer{.bits = 8, .is_signed = false}},
      {schema::Integer{.bits = 16, .is_signed = false}},
      {schema::Integer{.bits = 32, .is_signed = false}},
      {schema::Integer{.bits = 64, .is_signed = false}},
      {schema::Float{.bits = 32}},
      {schema::Float{.bits = 64}},
      {schema::Text{}},
      {schema::Bytes{}},
      {schema::Date{}},
      {schema::Time{}},
      {schema::Timestamp{.utc = true}},
      {schema::Timestamp{.utc = false}},
      {schema::UuidType{}},
      {schema::Json{}},
  };
  return types;
}

Result<LogicalType> parse_type(const json& stored, int depth);

Result<std::vector<schema::Field>> parse_fields(const json& stored, int depth) {
  if (!stored.is_array()) {
    return corrupt("a list of fields", stored);
  }
  std::vector<schema::Field> fields;
  for (const json& one : stored) {
    SLUICE_TRY(std::string name, text_member(one, "name"));
    SLUICE_TRY(LogicalType type, parse_type(one.contains("type") ? one["type"] : json(), depth));
    schema::Field field{.name = std::move(name), .type = std::move(type)};
    field.nullable = !one.contains("nullable") || one["nullable"] != json(false);
    if (one.contains("id")) {
      SLUICE_TRY(const std::int64_t id, number_member(one, "id"));
      field.id = static_cast<std::int32_t>(id);
    }
    if (one.contains("comment")) {
      SLUICE_TRY(field.comment, text_member(one, "comment"));
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

bool is_pair(const json& stored, const char* name) {
  return stored.contains(name) && stored[name].is_array() && stored[name].size() == 2;
}

Result<LogicalType> parse_type(const json& stored, int depth) {
  if (depth > limits::kDocumentDepthMax) {
    return corrupt("a type that is nested less deeply", json(depth));
  }
  if (stored.is_string()) {
    for (const LogicalType& type : plain_types()) {
      if (stored.get_ref<const std::string&>() == to_string(type)) {
        return type;
      }
    }
    return corrupt("the name of a type", stored);
  }
  if (!stored.is_object()) {
    return corrupt("a type", stored);
  }
  if (stored.contains("list")) {
    SLUICE_TRY(LogicalType element, parse_type(stored["list"], depth + 1));
    return LogicalType{schema::List{.element = std::move(element)}};
  }
  if (stored.contains("struct")) {
    SLUICE_TRY(auto fields, parse_fields(stored["struct"], depth + 1));
    return LogicalType{schema::Struct{.fields = std::move(fields)}};
  }
  if (is_pair(stored, "map")) {
    SLUICE_TRY(LogicalType key, parse_type(stored["map"][0], depth + 1));
    SLUICE_TRY(LogicalType value, parse_type(stored["map"][1], depth + 1));
    return LogicalType{schema::Map{.key = std::move(key), .value = std::move(value)}};
  }
  if (is_pair(stored, "decimal") && stored["decimal"][0].is_number_integer() &&
      stored["decimal"][1].is_number_integer()) {
    return LogicalType{schema::Decimal{.precision = stored["decimal"][0].get<int>(),
                                       .scale = stored["decimal"][1].get<int>()}};
  }
  return corrupt("a type", stored);
}

struct TransformName {
  plan::PartitionTransform transform;
  std::string_view name;
};
constexpr std::array kTransforms{
    TransformName{plan::PartitionTransform::Identity, "identity"},
    TransformName{plan::PartitionTransform::Bucket, "bucket"},
    TransformName{plan::PartitionTransform::Truncate, "truncate"},
    TransformName{plan::PartitionTransform::Year, "year"},
    TransformName{plan::PartitionTransform::Month, "month"},
    TransformName{plan::PartitionTransform::Day, "day"},
    TransformName{plan::PartitionTransform::Hour, "hour"},
};

}  // namespace

json render_receipt(const Receipt& receipt) {
  return json{{"ingest_id", to_string(receipt.ingest_id)},
              {"version", receipt.version},
              {"rows_in", receipt.rows_in},
              {"inserted", receipt.inserted},
              {"updated", receipt.updated},
              {"unchanged", receipt.unchanged},
              {"deleted", receipt.deleted},
              {"files", receipt.files},
              {"bytes", receipt.bytes},
              {"committed_at", to_string(receipt.committed_at)}};
}

Result<Receipt> parse_receipt(const json& stored) {
  Receipt receipt;
  SLUICE_TRY(const std::string ingest_id, text_member(stored, "ingest_id"));
  SLUICE_TRY(receipt.ingest_id, parse_uuid(ingest_id));
  SLUICE_TRY(const std::string committed_at, text_member(stored, "committed_at"));
  SLUICE_TRY(receipt.committed_at, parse_instant(committed_at));
  const std::array<std::pair<const char*, std::int64_t*>, 8> numbers{{
      {"version", &receipt.version},
      {"rows_in", &receipt.rows_in},
      {"inserted", &receipt.inserted},
      {"updated", &receipt.updated},
      {"unchanged", &receipt.unchanged},
      {"deleted", &receipt.deleted},
      {"files", &receipt.files},
      {"bytes", &receipt.bytes},
  }};
  for (const auto& [name, number] : numbers) {
    SLUICE_TRY(*number, number_member(stored, name));
  }
  return receipt;
}

json render_schema(const schema::Schema& schema) { return render_fields(schema.fields); }

Result<schema::Schema> parse_schema(const json& stored) {
  SLUICE_TRY(auto fields, parse_fields(stored, 0));
  schema::Schema schema{.fields = std::move(fields)};
  SLUICE_CHECK(validate(schema));
  return schema;
}

json render_partitions(const std::vector<plan::PartitionField>& fields) {
  json list = json::array();
  for (const plan::PartitionField& field : fields) {
    for (const TransformName& known : kTransforms) {
      if (known.transform == field.transform) {
        list.push_back(
            {{"column", field.column}, {"transform", known.name}, {"parameter", field.parameter}});
      }
    }
  }
  return list;
}

Result<std::vector<plan::PartitionField>> parse_partitions(const json& stored) {
  if (!stored.is_array()) {
    return corrupt("a list of partition fields", stored);
  }
  std::vector<plan::PartitionField> fields;
  for (const json& one : stored) {
    SLUICE_TRY(std::string column, text_member(one, "column"));
    SLUICE_TRY(const std::string transform, text_member(one, "transform"));
    SLUICE_TRY(const std::int64_t parameter, number_member(one, "parameter"));
    const auto* known = std::ranges::find(kTransforms, transform, &TransformName::name);
    if (known == kTransforms.end()) {
      return corrupt("a partition transform", one);
    }
    fields.push_back({.column = std::move(column),
                      .transform = known->transform,
                      .parameter = static_cast<int>(parameter)});
  }
  return fields;
}

Result<json> parse_document(std::string_view text, std::string_view what) {
  json document = json::parse(text, nullptr, false);
  if (document.is_discarded() || !document.is_object()) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("expected a JSON document that Sluice wrote: '{}'", what))
        .with_hint("The file was changed or cut short by something else; restore it from a copy.");
  }
  return document;
}

}  // namespace sluice::table
