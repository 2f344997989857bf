// All row rules of a contract, also those that fields and steps imply, in the order in which they
// are judged and their messages are listed: per field required, accepted_values, range, max_length
// and its own rules; then quality.row_rules; then the keys of deduplicate steps; then what is
// required of fields that a step behind the rules makes anew.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/model/contract.h"

namespace sluice::contract {

std::vector<RowRule> all_row_rules(const Contract& contract);

/// The written category, else the one of its kind: completeness, validity, consistency,
/// correctness.
std::string category_of(const RowRule& rule);
std::string category_of(const DatasetRule& rule);

/// The word that reports know, where people write another for the same: validity for valid.
std::string settled_category(const std::string& word);

/// The columns that the rule names, without those that only its SQL knows.
Texts columns_of(const RowRule& rule);
Texts columns_of(const DatasetRule& rule);

/// False when a row without a value in the rule's column passes: max_length only.
bool null_fails(const RowRule& rule);

/// No row without a value in the column passes: not_null, or the same in SQL, whatever the letters,
/// where a row that fails is refused.
bool refuses_null(const RowRule& rule, std::string_view column);

/// A step behind the rules may give the column other values, or none, or take it away.
bool is_remade_behind_rules(const Contract& contract, std::string_view column);

/// The rule that a column has a value behind all steps, where they leave it; nothing where one of
/// `rules` says so.
std::optional<RowRule> required_after_steps(const std::vector<RowRule>& rules, const Text& column,
                                            const Span& span);

/// SQL in one spelling: letters in lower case, no quotes of names, no white space outside of them.
std::string squeezed_sql(std::string_view sql);

/// Columns that a history or a surrogate key adds when the table is written.
std::vector<std::string> columns_added_at_write(const Contract& contract);
/// The column is one of them, whatever its letters.
bool is_added_at_write(const Contract& contract, std::string_view column);

}  // namespace sluice::contract
