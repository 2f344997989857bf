// sluice::validate: every failure of every record, against the rules of its model or of a set.
// Reads the records and keeps nothing; safe from several threads on records that no one changes.
// Passing records cost no allocation.
#pragma once

#include <memory>
#include <span>

#include "sluice/orm/model/table_model.h"
#include "sluice/orm/rule/validate.h"

namespace sluice {

/// Checks one record against its model's rules.
template <class T>
  requires std::is_aggregate_v<T>
Verdict validate(const T& record) {
  Verdict verdict;
  orm::check_records(internal::check_plan_of<T>(), &record, sizeof(T), 1, 0, verdict.violations);
  return verdict;
}

/// Checks a contiguous range of records.
template <class Range>
  requires requires(const Range& range) {
    std::data(range);
    std::size(range);
  } && (!std::is_aggregate_v<Range>)
Verdict validate(const Range& records) {
  using T = std::remove_cvref_t<decltype(*std::data(records))>;
  Verdict verdict;
  orm::check_records(internal::check_plan_of<T>(), std::data(records), sizeof(T),
                     std::size(records), 0, verdict.violations);
  return verdict;
}

/// Checks records against a rule set of one scenario, in place of the model's.
template <class T, std::size_t R, std::size_t N>
Verdict validate(std::span<const T> records, const RuleSet<T, R, N>& rules) {
  Verdict verdict;
  orm::CheckPlan plan = orm::make_check_plan(orm::record_of<T>(), rules.rules, rules.nodes);
  orm::name_columns(plan, model<T>.notes);
  orm::check_records(plan, records.data(), sizeof(T), records.size(), 0, verdict.violations);
  return verdict;
}

template <class T, std::size_t R, std::size_t N>
Verdict validate(const T& record, const RuleSet<T, R, N>& rules) {
  return validate(std::span<const T>(&record, 1), rules);
}

}  // namespace sluice
