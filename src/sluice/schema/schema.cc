#include "sluice/schema/schema.h"

#include <algorithm>

#include <fmt/format.h>

#include "sluice/base/limits.h"
#include "sluice/base/overloaded.h"

namespace sluice::schema {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

std::string to_string(const std::vector<Field>& fields) {
  std::string text;
  for (const Field& field : fields) {
    text += fmt::format("{}{}: {}{}", text.empty() ? "" : ", ", field.name, to_string(field.type),
                        field.nullable ? "" : " not null");
  }
  return text;
}

Status validate_fields(const std::vector<Field>& fields, std::string_view where);

Error out_of_bounds(std::string_view where, const LogicalType& type, std::string_view expected) {
  return make_error(
      ErrorCode::InvalidArgument,
      fmt::format("expected {} in the type of '{}', got {}", expected, where, to_string(type)));
}

Status validate_type(const LogicalType& type, std::string_view where) {
  return std::visit(
      overloaded{
          [&](const Integer& integer) -> Status {
            const bool known =
                integer.bits == 8 || integer.bits == 16 || integer.bits == 32 || integer.bits == 64;
            return known ? Status{} : out_of_bounds(where, type, "8, 16, 32 or 64 bits");
          },
          [&](const Float& number) -> Status {
            return number.bits == 32 || number.bits == 64
                       ? Status{}
                       : out_of_bounds(where, type, "32 or 64 bits");
          },
          [&](const Decimal& decimal) -> Status {
            const bool fits = decimal.precision >= 1 && decimal.precision <= 38 &&
                              decimal.scale >= 0 && decimal.scale <= decimal.precision;
            return fits ? Status{}
                        : out_of_bounds(where, type, "a precision of 1..38 and a scale within it");
          },
          [&](const List& list) { return validate_type(*list.element, where); },
          [&](const Map& map) -> Status {
            SLUICE_CHECK(validate_type(*map.key, where));
            return validate_type(*map.value, where);
          },
          [&](const Struct& inner) { return validate_fields(inner.fields, where); },
          [](const Boolean&) { return Status{}; },
          [](const Text&) { return Status{}; },
          [](const Bytes&) { return Status{}; },
          [](const Date&) { return Status{}; },
          [](const Time&) { return Status{}; },
          [](const Timestamp&) { return Status{}; },
          [](const UuidType&) { return Status{}; },
          [](const Json&) { return Status{}; },
      },
      type.kind);
}

Status validate_fields(const std::vector<Field>& fields, std::string_view where) {
  if (fields.empty() || fields.size() > limits::kColumnsMax) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected 1 to {} columns in {}, got {}", limits::kColumnsMax,
                                  where, fields.size()));
  }
  std::vector<std::string> names;
  names.reserve(fields.size());
  for (const Field& field : fields) {
    if (field.name.empty() || field.name.size() > limits::kIdentifierBytesMax) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("expected a column name of 1 to {} bytes in {}, got '{}'",
                                    limits::kIdentifierBytesMax, where, field.name));
    }
    if (std::ranges::any_of(field.name, is_control)) {
      return make_error(
          ErrorCode::InvalidArgument,
          fmt::format("expected a column name without control characters in {}, got '{}'", where,
                      field.name));
    }
    SLUICE_CHECK(validate_type(field.type, field.name));
    std::string& name = names.emplace_back(field.name);
    std::ranges::transform(name, name.begin(), lower);
  }
  std::ranges::sort(names);
  if (const auto twice = std::ranges::adjacent_find(names); twice != names.end()) {
    return make_error(
        ErrorCode::InvalidArgument,
        fmt::format("two columns of one name (case does not count) in {}: '{}'", where, *twice));
  }
  return {};
}

}  // namespace

bool operator==(const Struct& a, const Struct& b) { return a.fields == b.fields; }

bool same_column(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

const Field* Schema::find(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields, [&](const Field& field) { return same_column(field.name, name); });
  return found == fields.end() ? nullptr : &*found;
}

Status validate(const Schema& schema) { return validate_fields(schema.fields, "the schema"); }

std::string to_string(const LogicalType& type) {
  return std::visit(
      overloaded{
          [](const Boolean&) -> std::string { return "boolean"; },
          [](const Integer& integer) {
            return fmt::format("{}int{}", integer.is_signed ? "" : "u", integer.bits);
          },
          [](const Float& number) { return fmt::format("float{}", number.bits); },
          [](const Decimal& decimal) {
            return fmt::format("decimal({},{})", decimal.precision, decimal.scale);
          },
          [](const Text&) -> std::string { return "text"; },
          [](const Bytes&) -> std::string { return "bytes"; },
          [](const Date&) -> std::string { return "date"; },
          [](const Time&) -> std::string { return "time"; },
          [](const Timestamp& timestamp) -> std::string {
            return timestamp.utc ? "timestamp" : "local timestamp";
          },
          [](const UuidType&) -> std::string { return "uuid"; },
          [](const Json&) -> std::string { return "json"; },
          [](const List& list) { return fmt::format("list<{}>", to_string(*list.element)); },
          [](const Map& map) {
            return fmt::format("map<{}, {}>", to_string(*map.key), to_string(*map.value));
          },
          [](const Struct& inner) { return fmt::format("struct<{}>", to_string(inner.fields)); },
      },
      type.kind);
}

std::string to_string(const Schema& schema) { return to_string(schema.fields); }

}  // namespace sluice::schema
