#include "sluice/dialect/spark/spark.h"

#include <cmath>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

constexpr char kQuote = '`';

/// Spark has no unsigned integers: the next wider signed type holds them all.
std::string integer_type(const schema::Integer& integer) {
  const int bits = integer.is_signed ? integer.bits : integer.bits * 2;
  switch (bits) {
    case 8: return "TINYINT";
    case 16: return "SMALLINT";
    case 32: return "INT";
    case 64: return "BIGINT";
    default: return "DECIMAL(20,0)";
  }
}

Result<std::string> render_type(const schema::LogicalType& type);

Result<std::string> struct_type(const schema::Struct& inner) {
  std::string text = "STRUCT<";
  for (const schema::Field& field : inner.fields) {
    SLUICE_TRY(const std::string type, render_type(field.type));
    text +=
        fmt::format("{}{}: {}{}", text.ends_with('<') ? "" : ", ",
                    quote_identifier(field.name, kQuote), type, field.nullable ? "" : " NOT NULL");
  }
  return text + ">";
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
          [](const schema::Text&) -> Text { return std::string("STRING"); },
          [](const schema::Bytes&) -> Text { return std::string("BINARY"); },
          [](const schema::Date&) -> Text { return std::string("DATE"); },
          [](const schema::Time&) -> Text {
            return make_error(ErrorCode::Unsupported, "Spark has no type for a time of day")
                .with_hint("keep it as text, or as a timestamp with its date");
          },
          [](const schema::Timestamp& timestamp) -> Text {
            return std::string(timestamp.utc ? "TIMESTAMP" : "TIMESTAMP_NTZ");
          },
          [](const schema::UuidType&) -> Text { return std::string("STRING"); },
          [](const schema::Json&) -> Text { return std::string("STRING"); },
          [](const schema::List& list) -> Text {
            SLUICE_TRY(const std::string element, render_type(*list.element));
            return fmt::format("ARRAY<{}>", element);
          },
          [](const schema::Map& map) -> Text {
            SLUICE_TRY(const std::string key, render_type(*map.key));
            SLUICE_TRY(const std::string value, render_type(*map.value));
            return fmt::format("MAP<{}, {}>", key, value);
          },
          [](const schema::Struct& inner) -> Text { return struct_type(inner); },
      },
      type.kind);
}

std::string double_literal(double number) {
  if (std::isnan(number)) {
    return "double('NaN')";
  }
  if (std::isinf(number)) {
    return number > 0 ? "double('Infinity')" : "double('-Infinity')";
  }
  return fmt::format("{:.17g}D", number);
}

std::string render_typed_literal(const plan::Value& value) {
  return std::visit(
      overloaded{
          [](plan::Null) -> std::string { return "NULL"; },
          [](bool truth) -> std::string { return truth ? "TRUE" : "FALSE"; },
          [](std::int64_t number) { return std::to_string(number); },
          [](std::uint64_t number) { return std::to_string(number); },
          [](double number) { return double_literal(number); },
          [](const plan::DecimalValue& decimal) { return fmt::format("{}BD", decimal.digits); },
          [](const std::string& text) { return quote_literal_with_backslashes(text); },
          [](const plan::BytesValue& bytes) {
            return fmt::format("X'{:02X}'", fmt::join(bytes, ""));
          },
          [&](plan::DateValue) { return fmt::format("DATE '{}'", to_string(value)); },
          [&](plan::TimeValue) { return fmt::format("'{}'", to_string(value)); },
          [](sys_micros instant) { return fmt::format("TIMESTAMP '{}'", to_string(instant)); },
          [](const Uuid& id) { return fmt::format("'{}'", to_string(id)); },
      },
      value);
}

std::string render_regex_match(const std::string& text, const std::string& pattern) {
  return fmt::format("({} RLIKE {})", text, pattern);
}

std::string partition_text(const plan::PartitionField& field) {
  const std::string name = quote_identifier(field.column, kQuote);
  switch (field.transform) {
    case plan::PartitionTransform::Identity: return name;
    case plan::PartitionTransform::Bucket:
      return fmt::format("bucket({}, {})", field.parameter, name);
    case plan::PartitionTransform::Truncate:
      return fmt::format("truncate({}, {})", field.parameter, name);
    case plan::PartitionTransform::Year: return fmt::format("years({})", name);
    case plan::PartitionTransform::Month: return fmt::format("months({})", name);
    case plan::PartitionTransform::Day: return fmt::format("days({})", name);
    case plan::PartitionTransform::Hour: return fmt::format("hours({})", name);
  }
  return name;
}

Result<std::string> render_table_options(const plan::CreateTable& create) {
  std::string text = " USING iceberg";
  for (std::size_t i = 0; i < create.partition_by.size(); ++i) {
    text += (i == 0 ? " PARTITIONED BY (" : ", ") + partition_text(create.partition_by[i]);
  }
  return create.partition_by.empty() ? text : text + ")";
}

}  // namespace

const Dialect& spark_iceberg_dialect() {
  static constexpr Dialect kDialect{
      .name = "spark",
      .identifier_quote = kQuote,
      .quote_text = quote_literal_with_backslashes,
      .render_type = render_type,
      .render_typed_literal = render_typed_literal,
      .render_regex_match = render_regex_match,
      .now = "current_timestamp()",
      .render_table_options = render_table_options,
      .has_primary_key = false,
  };
  return kDialect;
}

}  // namespace sluice::dialect
