#include "sluice/contract/lower/history.h"

#include <optional>
#include <utility>

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

}  // namespace sluice::contract
