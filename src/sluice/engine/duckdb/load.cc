#include <string>
#include <vector>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/engine/duckdb/error_internal.h"
#include "sluice/engine/duckdb/load_internal.h"
#include "sluice/schema/arrow.h"

namespace sluice::engine {
namespace {

std::string fields_text(const std::vector<schema::Field>& fields) {
  std::string text;
  for (const schema::Field& field : fields) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", duckdb_identifier(field.name),
                        duckdb_type_text(field.type));
  }
  return text;
}

constexpr const char* kRows = "_sluice_loaded_rows";

class Loader {
 public:
  Loader(const DuckGuard& guard, std::string_view name) : guard_(guard), name_(name) {}

  Result<std::int64_t> run(ColumnStream& rows) {
    SLUICE_TRY(const ArrowSchemaOwned arrow, rows.schema());
    SLUICE_TRY(const schema::Schema schema, schema::from_arrow(*arrow.get()));
    SLUICE_CHECK(schema::validate(schema));
    SLUICE_CHECK(create(schema));
    Result<std::int64_t> loaded =
        run_over_rows(guard_, fmt::format("INSERT INTO temp.main.{} FROM {}", quoted(), kRows),
                      kRows, std::move(rows));
    if (!loaded) {
      // Inside a broken transaction this fails too, and the rollback removes the table.
      static_cast<void>(
          guard_.session().run(fmt::format("DROP TABLE IF EXISTS temp.main.{}", quoted())));
    }
    return loaded;
  }

 private:
  std::string quoted() const { return duckdb_identifier(name_); }

  Status create(const schema::Schema& schema) {
    const std::string sql =
        fmt::format("CREATE OR REPLACE TEMP TABLE {} ({})", quoted(), fields_text(schema.fields));
    Status made = guard_.session().run(sql);
    if (!made && made.error().native.find("is of type View") != std::string::npos) {
      SLUICE_CHECK(guard_.session().run(fmt::format("DROP VIEW temp.main.{}", quoted())));
      made = guard_.session().run(sql);
    }
    return made;
  }

  const DuckGuard& guard_;
  std::string name_;
};

}  // namespace

Result<std::int64_t> load_rows(const DuckGuard& guard, std::string_view name, ColumnStream rows) {
  return Loader(guard, name).run(rows);
}

Result<std::int64_t> execute_over_rows(const DuckGuard& guard, const plan::Statement& statement,
                                       std::string_view name, ColumnStream rows) {
  if (!statement.parameters.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      "a statement over rows has no parameters, its values are in the rows");
  }
  return run_over_rows(guard, statement.text, std::string(name), std::move(rows));
}

std::string duckdb_type_text(const schema::LogicalType& type) {
  return std::visit(
      overloaded{
          [](const schema::Boolean&) -> std::string { return "BOOLEAN"; },
          [](const schema::Integer& integer) -> std::string {
            const char* sign = integer.is_signed ? "" : "U";
            switch (integer.bits) {
              case 8: return fmt::format("{}TINYINT", sign);
              case 16: return fmt::format("{}SMALLINT", sign);
              case 32: return fmt::format("{}INTEGER", sign);
              default: return fmt::format("{}BIGINT", sign);
            }
          },
          [](const schema::Float& number) -> std::string {
            return number.bits == 32 ? "FLOAT" : "DOUBLE";
          },
          [](const schema::Decimal& decimal) {
            return fmt::format("DECIMAL({}, {})", decimal.precision, decimal.scale);
          },
          [](const schema::Text&) -> std::string { return "VARCHAR"; },
          [](const schema::Bytes&) -> std::string { return "BLOB"; },
          [](const schema::Date&) -> std::string { return "DATE"; },
          [](const schema::Time&) -> std::string { return "TIME"; },
          [](const schema::Timestamp& timestamp) -> std::string {
            return timestamp.utc ? "TIMESTAMPTZ" : "TIMESTAMP";
          },
          [](const schema::UuidType&) -> std::string { return "UUID"; },
          [](const schema::Json&) -> std::string { return "JSON"; },
          [](const schema::List& list) { return duckdb_type_text(*list.element) + "[]"; },
          [](const schema::Map& map) {
            return fmt::format("MAP({}, {})", duckdb_type_text(*map.key),
                               duckdb_type_text(*map.value));
          },
          [](const schema::Struct& inner) {
            return fmt::format("STRUCT({})", fields_text(inner.fields));
          },
      },
      type.kind);
}

}  // namespace sluice::engine
