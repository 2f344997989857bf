#include "sluice/run/pipeline/valueless.h"

#include <algorithm>
#include <string>
#include <variant>

namespace sluice::run {

using schema::same_column;

namespace {

/// Through a query of the link a name may be another column's.
bool is_valueless(const plan::Pipeline& pipeline, std::string_view reference,
                  std::string_view column) {
  return std::ranges::any_of(pipeline.references, [&](const plan::Reference& one) {
    return same_column(one.name, reference) && !one.query && one.valueless.find(column) != nullptr;
  });
}

}  // namespace

const plan::DeclaredColumn* find_declared(const plan::Pipeline& pipeline, std::string_view name) {
  for (const plan::DeclaredColumn& column : pipeline.schema.columns) {
    if (same_column(column.name, name)) {
      return &column;
    }
  }
  return nullptr;
}

bool may_assign(const plan::PlannedStep& step, std::string_view name) {
  const auto* assign = std::get_if<plan::Assign>(&step.step);
  return std::holds_alternative<plan::SqlSelect>(step.step) ||
         std::ranges::any_of(created_columns(step.step),
                             [&](const std::string& made) { return same_column(made, name); }) ||
         (assign != nullptr &&
          std::ranges::any_of(assign->assignments, [&](const plan::Assignment& made) {
            return same_column(made.column, name);
          }));
}

std::optional<schema::LogicalType> declared_of(const plan::Pipeline& pipeline,
                                               const plan::Reference& reference,
                                               std::string_view column) {
  std::optional<schema::LogicalType> type;
  const auto take = [&](std::string_view from, std::string_view value, std::string_view output) {
    const plan::DeclaredColumn* found =
        same_column(from, reference.name) && same_column(value, column)
            ? find_declared(pipeline, output)
            : nullptr;
    if (found != nullptr && !found->is_opaque && !pipeline.schema.cast_to_text) {
      type = found->type;
    }
  };
  for (const plan::PlannedStep& step : pipeline.steps) {
    if (const auto* lookup = std::get_if<plan::LookUp>(&step.step)) {
      take(lookup->reference, lookup->value, lookup->column);
    }
    if (const auto* join = std::get_if<plan::JoinReference>(&step.step)) {
      for (const plan::JoinedColumn& one : join->columns) {
        take(join->reference, one.column, one.output);
      }
    }
  }
  return type;
}

bool is_looked_up_valueless(const plan::Pipeline& pipeline, std::string_view name) {
  bool is_made = false;
  for (const plan::PlannedStep& step : pipeline.steps) {
    if (const auto* lookup = std::get_if<plan::LookUp>(&step.step);
        lookup != nullptr && same_column(lookup->column, name)) {
      is_made = !lookup->otherwise && is_valueless(pipeline, lookup->reference, lookup->value);
    } else if (const auto* join = std::get_if<plan::JoinReference>(&step.step)) {
      for (const plan::JoinedColumn& one : join->columns) {
        is_made = same_column(one.output, name)
                      ? !one.otherwise && is_valueless(pipeline, join->reference, one.column)
                      : is_made;
      }
    } else if (is_made && may_assign(step, name)) {
      is_made = false;
    }
  }
  return is_made;
}

}  // namespace sluice::run
