// What a write makes itself: surrogate keys and the row of the unknown member.
#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/quote.h"
#include "sluice/table/change/change_internal.h"

namespace sluice::table::internal {
namespace {

using dialect::quote_identifier;

const plan::Value* find_value(const plan::UnknownMember& member, std::string_view column) {
  for (const auto& [name, value] : member.values) {
    if (schema::same_column(name, column)) {
      return &value;
    }
  }
  return nullptr;
}

const std::string* find_set(const SetColumns& set, std::string_view column) {
  for (const auto& [name, text] : set) {
    if (schema::same_column(name, column)) {
      return &text;
    }
  }
  return nullptr;
}

Status check_values(const ChangeRequest& request, const plan::UnknownMember& member) {
  for (const auto& [name, value] : member.values) {
    if (request.table.find(name) == nullptr) {
      return make_error(
                 ErrorCode::InvalidArgument,
                 fmt::format("the unknown member names a column that the table lacks: '{}'", name))
          .with_hint("Remove it from default_values, or correct its name.");
    }
  }
  return {};
}

std::string render_cell(const ChangeRequest& request, const plan::UnknownMember& member,
                        const SetColumns& set, const schema::Field& field) {
  if (const std::string* text = find_set(set, field.name); text != nullptr) {
    return *text;
  }
  if (const plan::Value* value = find_value(member, field.name); value != nullptr) {
    return dialect::render_literal(dialect::duckdb_dialect(), *value);
  }
  if (schema::same_column(field.name, kIngestIdColumn)) {
    return dialect::quote_literal(to_string(request.key.ingest_id));
  }
  if (is_system_column(field.name)) {
    return fmt::format("(SELECT first({} ORDER BY {}) FROM {})", quote_identifier(field.name),
                       kPosition, quote_identifier(request.batch.relation));
  }
  return render_unknown_value(field.type);
}

}  // namespace

std::string render_unknown_value(const schema::LogicalType& type) {
  const auto none = [](const auto&) -> std::string { return "NULL"; };
  return std::visit(
      overloaded{
          [](const schema::Boolean&) -> std::string { return "FALSE"; },
          [](const schema::Integer& whole) -> std::string { return whole.is_signed ? "-1" : "0"; },
          [](const schema::Float&) -> std::string { return "-1"; },
          [](const schema::Decimal& number) -> std::string {
            return number.precision > number.scale ? "-1" : "NULL";
          },
          [](const schema::Text&) -> std::string { return "'Unknown'"; },
          [](const schema::Date&) -> std::string { return "'1900-01-01'"; },
          [](const schema::Timestamp&) -> std::string { return "'1900-01-01 00:00:00'"; },
          [&](const schema::Bytes& other) { return none(other); },
          [&](const schema::Time& other) { return none(other); },
          [&](const schema::UuidType& other) { return none(other); },
          [&](const schema::Json& other) { return none(other); },
          [&](const schema::List& other) { return none(other); },
          [&](const schema::Map& other) { return none(other); },
          [&](const schema::Struct& other) { return none(other); },
      },
      type.kind);
}

Result<std::string> render_unknown_member(const ChangeRequest& request,
                                          const plan::UnknownMember& member, const SetColumns& set,
                                          const std::string& condition) {
  SLUICE_CHECK(check_values(request, member));
  std::string columns;
  for (const schema::Field& field : request.table.fields) {
    SLUICE_TRY(const std::string type, dialect::duckdb_dialect().render_type(field.type));
    columns += fmt::format(", CAST({} AS {}) AS {}", render_cell(request, member, set, field), type,
                           quote_identifier(field.name));
  }
  return fmt::format(
      "SELECT 'i' AS {}, 'w' AS {}, CAST(NULL AS VARCHAR) AS {}, CAST(NULL AS BIGINT) AS {}{} "
      "WHERE NOT EXISTS (SELECT 1 FROM {} AS t WHERE {})",
      kKind, kRole, kFile, kRow, columns, request.target, condition);
}

std::string render_surrogate(const ChangeRequest& request, const std::vector<std::string>& key,
                             std::string_view alias, std::string_view more, bool is_random) {
  std::string texts;
  for (const std::string& column : key) {
    texts += fmt::format("{}CAST({}{} AS VARCHAR)", texts.empty() ? "" : ", ", alias,
                         quote_identifier(column));
  }
  if (!more.empty()) {
    texts += fmt::format(", CAST({} AS VARCHAR)", more);
  }
  if (!is_random) {
    return fmt::format("left(sha256(concat_ws('|', {})), 16)", texts);
  }
  // The ingest id is the randomness: a write that is worked out again gives the same keys.
  return fmt::format(
      "regexp_replace(md5(concat_ws('|', {}, {})), "
      "'^(.{{8}})(.{{4}}).(.{{3}}).(.{{3}})(.{{12}})$', '\\1-\\2-8\\3-8\\4-\\5')",
      dialect::quote_literal(to_string(request.key.ingest_id)), texts);
}

std::string render_value(const std::optional<plan::Value>& value, const std::string& type) {
  return value.has_value()
             ? fmt::format("CAST({} AS {})",
                           dialect::render_literal(dialect::duckdb_dialect(), *value), type)
             : fmt::format("CAST(NULL AS {})", type);
}

Result<std::string> render_type_of(const ChangeRequest& request, std::string_view column) {
  const schema::Field* field = request.table.find(column);
  if (field == nullptr) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("the table lacks a column that this write fills: '{}'", column))
        .with_hint("Add it to the table, or name the column that holds it.");
  }
  return dialect::duckdb_dialect().render_type(field->type);
}

}  // namespace sluice::table::internal
