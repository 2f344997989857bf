#include "sluice/contract/lower/history.h"

#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/lower/lower.h"

namespace sluice::contract {

schema::Schema with_declared_dates(const Contract& contract, const schema::Schema& accepted,
                                   const plan::WriteMode& mode, schema::Schema columns) {
  const auto* scd2 = std::get_if<plan::Scd2>(&mode);
  if (scd2 == nullptr) {
    return columns;
  }
  for (schema::Field& column : columns.fields) {
    const bool is_date = schema::same_column(column.name, scd2->effective_from_column) ||
                         schema::same_column(column.name, scd2->effective_to_column);
    const Field* field = contract.model.find(column.name);
    if (!is_date || field == nullptr || accepted.find(column.name) != nullptr) {
      continue;
    }
    if (std::optional<schema::LogicalType> type = lower_type(field->type.value)) {
      column.type = *std::move(type);
    }
  }
  return columns;
}

Status check_history_dates(const plan::WriteMode& mode, const schema::Schema& columns) {
  const auto* scd2 = std::get_if<plan::Scd2>(&mode);
  if (scd2 == nullptr) {
    return {};
  }
  const schema::Field* from = columns.find(scd2->effective_from_column);
  const schema::Field* to = columns.find(scd2->effective_to_column);
  if (from != nullptr && to != nullptr && from->type.kind.index() != to->type.kind.index()) {
    return make_error(ErrorCode::InvalidContract,
                      fmt::format("a history has one type for the start and the end of a version: "
                                  "'{}' is {}, and '{}' is {}",
                                  from->name, to_string(from->type), to->name, to_string(to->type)))
        .with_hint("declare both fields with one type");
  }
  const auto check = [&](std::string_view key, const std::optional<plan::Value>& value,
                         const std::string& column) -> Status {
    const schema::Field* field = columns.find(column);
    const bool is_number =
        field != nullptr && (std::holds_alternative<schema::Integer>(field->type.kind) ||
                             std::holds_alternative<schema::Float>(field->type.kind) ||
                             std::holds_alternative<schema::Decimal>(field->type.kind));
    const auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
    if (!is_number || text == nullptr) {
      return {};
    }
    return make_error(
               ErrorCode::InvalidContract,
               fmt::format("a history whose change dates are numbers cannot hold the date of "
                           "scd2.{}: '{}' is {}, the date is '{}'",
                           key, column, to_string(field->type), *text))
        .with_hint(
            "write null for start_date_default and end_date_default, or name a column of "
            "dates as scd2.timestamp_field");
  };
  SLUICE_CHECK(
      check("start_date_default", scd2->first_effective_from, scd2->effective_from_column));
  SLUICE_CHECK(check("end_date_default", scd2->open_effective_to, scd2->effective_to_column));
  return check("default_effective_from", scd2->default_instant, scd2->effective_from_column);
}

}  // namespace sluice::contract
