// Shared by the files of this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sluice/contract/lower/lower.h"

namespace sluice::contract::internal {

SourcePosition place(const LowerInput& input, const Span& span);
plan::RawSql raw_sql(const LowerInput& input, const SqlText& sql);
plan::Value lower_value(const Literal& literal);
plan::Value lower_number(const Decimal& number);

/// Unsupported with a place: what is written, and what to do instead.
Error unsupported(const LowerInput& input, const Span& span, std::string message, std::string hint);

/// `dd.MM.yyyy HH:mm` for strptime; empty when it has letters that are not known.
std::optional<plan::DatePattern> find_date_pattern(std::string_view java);

Status lower_steps(const Contract& contract, const LowerInput& input, plan::Pipeline& out);
Status lower_row_rules(const Contract& contract, const LowerInput& input, plan::Pipeline& out);
Status lower_dataset_rules(const Contract& contract, const LowerInput& input, plan::Pipeline& out);
/// A folder of the path, behind its first `root` bytes, is named `key=value`.
bool has_folder_of(std::string_view path, std::string_view key, std::size_t root = 0);
Status lower_source(const Contract& contract, const LowerInput& input, plan::Pipeline& out);
/// After the steps, the rules and the lineage: what they make of masked fields is masked too.
Status lower_masking(const Contract& contract, plan::Pipeline& out);
Status lower_links(const Contract& contract, const LowerInput& input, plan::Pipeline& out);

}  // namespace sluice::contract::internal
