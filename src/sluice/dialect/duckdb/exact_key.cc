#include "sluice/dialect/duckdb/exact_key.h"

#include <string_view>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"

namespace sluice::dialect {
namespace {

/// A key as a value of a type of numbers, where none is lost: DuckDB would round it.
std::string exact_number(const std::string& key, const std::string& type, int scale) {
  const std::string text = fmt::format("CAST({} AS VARCHAR)", key);
  return fmt::format(
      "CASE WHEN typeof({key}) IN ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT') THEN "
      "TRY_CAST({key} AS {type}) WHEN CASE WHEN regexp_matches({text}, '[eE]') THEN "
      "TRY_CAST({text} AS DOUBLE) = TRY_CAST(CAST(TRY_CAST({text} AS {type}) AS VARCHAR) AS "
      "DOUBLE) "
      "ELSE NOT regexp_matches({text}, '[.][0-9]{{{scale}}}[0-9]*[1-9]') END THEN "
      "TRY_CAST({text} AS {type}) END",
      fmt::arg("key", key), fmt::arg("text", text), fmt::arg("type", type),
      fmt::arg("scale", scale));
}

/// A text that names a zone is none: the engine would read those after it in that zone.
std::string instant_key(const std::string& key, std::string_view type) {
  return fmt::format(
      "CASE WHEN typeof({0}) <> 'VARCHAR' OR regexp_full_match(CAST({0} AS VARCHAR), "
      "'[0-9:.+TZ\\s-]*') THEN TRY_CAST({0} AS {1}) END",
      key, type);
}

}  // namespace

std::string exact_key(const std::string& key, const schema::LogicalType& type) {
  const std::string text = fmt::format("CAST({} AS VARCHAR)", key);
  const auto cast = [&](std::string_view name) {
    return fmt::format("TRY_CAST({} AS {})", key, name);
  };
  return std::visit(
      overloaded{
          [&](const schema::Boolean&) {
            return fmt::format("TRY_CAST(trim({}) AS BOOLEAN)", text);
          },
          [&](const schema::Integer& number) {
            return exact_number(key, number.is_signed ? "BIGINT" : "HUGEINT", 0);
          },
          [&](const schema::Float& number) { return cast(number.bits == 32 ? "FLOAT" : "DOUBLE"); },
          [&](const schema::Decimal& number) {
            return exact_number(key, fmt::format("DECIMAL({}, {})", number.precision, number.scale),
                                number.scale);
          },
          [&](const schema::Text&) { return text; },
          // A text's bytes are what it is made of; bytes as a text are spelled in another way.
          [&](const schema::Bytes&) {
            return fmt::format(
                "CASE WHEN typeof({0}) = 'BLOB' THEN TRY_CAST({0} AS BLOB) ELSE encode({1}) END",
                key, text);
          },
          // With its time of day: one that is not midnight is none of the field's.
          [&](const schema::Date&) { return instant_key(key, "TIMESTAMP"); },
          [&](const schema::Timestamp& instant) {
            return instant_key(key, instant.utc ? "TIMESTAMPTZ" : "TIMESTAMP");
          },
          [&](const schema::Time&) { return fmt::format("TRY_CAST({} AS TIME)", text); },
          [&](const schema::UuidType&) { return fmt::format("TRY_CAST({} AS UUID)", text); },
          [&](const schema::Json&) { return key; },
          [&](const schema::List&) { return key; },
          [&](const schema::Map&) { return key; },
          [&](const schema::Struct&) { return key; },
      },
      type.kind);
}

}  // namespace sluice::dialect
