// Columns of references that are NULL in every record, which no file gives a type: what steps make
// of them is what the contract declares it to be.
// Pure functions; safe from any thread.
#pragma once

#include <optional>
#include <string_view>

#include "sluice/plan/pipeline.h"
#include "sluice/schema/schema.h"

namespace sluice::run {

/// Null when the contract declares no such column.
const plan::DeclaredColumn* find_declared(const plan::Pipeline& pipeline, std::string_view name);

/// Whether the step may give the column a value.
bool may_assign(const plan::PlannedStep& step, std::string_view name);

/// The type of the declared columns that lookups and joins make of a reference's column.
std::optional<schema::LogicalType> declared_of(const plan::Pipeline& pipeline,
                                               const plan::Reference& reference,
                                               std::string_view column);

/// Made by a lookup of a column without a value, and by nothing else.
bool is_looked_up_valueless(const plan::Pipeline& pipeline, std::string_view name);

}  // namespace sluice::run
