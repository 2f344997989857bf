#include "sluice/dialect/duckdb/duckdb.h"

#include <cmath>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

std::string integer_type(const schema::Integer& integer) {
  const std::string_view sign = integer.is_signed ? "" : "U";
  switch (integer.bits) {
    case 8: return fmt::format("{}TINYINT", sign);
    case 16: return fmt::format("{}SMALLINT", sign);
    case 32: return fmt::format("{}INTEGER", sign);
    default: return fmt::format("{}BIGINT", sign);
  }
}

Result<std::string> render_type(const schema::LogicalType& type);

Result<std::string> struct_type(const schema::Struct& inner) {
  std::string text = "STRUCT(";
  for (const schema::Field& field : inner.fields) {
    SLUICE_TRY(const std::string type, render_type(field.type));
    text +=
        fmt::format("{}{} {}", text.ends_with('(') ? "" : ", ", quote_identifier(field.name), type);
  }
  return text + ")";
}

Result<std::string> render_type(const schema::LogicalType& type) {
  using Text = Result<std::string>;
  return std::visit(
      overloaded{
          [](const schema::Boolean&) -> Text { return std::string("BOOLEAN"); },
          [](const schema::Integer& integer) -> Text { return integer_type(integer); },
          [](const schema::Float& number) -> Text {
            return std::string(number.bits == 32 ? "FLOAT" : "DOUBLE");
          },
          [](const schema::Decimal& decimal) -> Text {
            return fmt::format("DECIMAL({},{})", decimal.precision, decimal.scale);
          },
          [](const schema::Text&) -> Text { return std::string("VARCHAR"); },
          [](const schema::Bytes&) -> Text { return std::string("BLOB"); },
          [](const schema::Date&) -> Text { return std::string("DATE"); },
          [](const schema::Time&) -> Text { return std::string("TIME"); },
          [](const schema::Timestamp& timestamp) -> Text {
            return std::string(timestamp.utc ? "TIMESTAMP WITH TIME ZONE" : "TIMESTAMP");
          },
          [](const schema::UuidType&) -> Text { return std::string("UUID"); },
          [](const schema::Json&) -> Text { return std::string("JSON"); },
          [](const schema::List& list) -> Text {
            SLUICE_TRY(const std::string element, render_type(*list.element));
            return element + "[]";
          },
          [](const schema::Map& map) -> Text {
            SLUICE_TRY(const std::string key, render_type(*map.key));
            SLUICE_TRY(const std::string value, render_type(*map.value));
            return fmt::format("MAP({}, {})", key, value);
          },
          [](const schema::Struct& inner) -> Text { return struct_type(inner); },
      },
      type.kind);
}

std::string double_literal(double number) {
  if (std::isnan(number)) {
    return "'nan'::DOUBLE";
  }
  if (std::isinf(number)) {
    return number > 0 ? "'inf'::DOUBLE" : "'-inf'::DOUBLE";
  }
  return fmt::format("{:.17g}::DOUBLE", number);
}

std::string blob_literal(const plan::BytesValue& bytes) {
  std::string text = "'";
  for (const std::uint8_t byte : bytes) {
    text += fmt::format("\\x{:02X}", byte);
  }
  return text + "'::BLOB";
}

std::string render_typed_literal(const plan::Value& value) {
  return std::visit(
      overloaded{
          [](plan::Null) -> std::string { return "NULL"; },
          [](bool truth) -> std::string { return truth ? "TRUE" : "FALSE"; },
          [](std::int64_t number) { return std::to_string(number); },
          [](std::uint64_t number) { return std::to_string(number); },
          [](double number) { return double_literal(number); },
          [](const plan::DecimalValue& decimal) { return decimal.digits; },
          [](const std::string& text) { return quote_literal(text); },
          [](const plan::BytesValue& bytes) { return blob_literal(bytes); },
          [&](plan::DateValue) { return fmt::format("DATE '{}'", to_string(value)); },
          [&](plan::TimeValue) { return fmt::format("TIME '{}'", to_string(value)); },
          [](sys_micros instant) { return fmt::format("TIMESTAMPTZ '{}'", to_string(instant)); },
          [](const Uuid& id) { return fmt::format("UUID '{}'", to_string(id)); },
      },
      value);
}

std::string render_regex_match(const std::string& text, const std::string& pattern) {
  return fmt::format("regexp_matches({}, {})", text, pattern);
}

Result<std::string> render_table_options(const plan::CreateTable&) {
  return std::string();  // a DuckDB table has no partitions and sorts itself
}

}  // namespace

const Dialect& duckdb_dialect() {
  static constexpr Dialect kDialect{
      .name = "duckdb",
      .identifier_quote = '"',
      .quote_text = quote_literal,
      .render_type = render_type,
      .render_typed_literal = render_typed_literal,
      .render_regex_match = render_regex_match,
      .now = "now()",
      .render_table_options = render_table_options,
      .has_primary_key = true,
  };
  return kDialect;
}

std::string render_repeats(const schema::Field& column) {
  const auto* number = std::get_if<schema::Integer>(&column.type.kind);
  if (number == nullptr || (number->bits == 64 && !number->is_signed)) {
    return "";
  }
  return fmt::format("_sluice_repeats({})", quote_identifier(column.name));
}

}  // namespace sluice::dialect
