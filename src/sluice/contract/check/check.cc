#include "sluice/contract/check/check.h"

#include <array>
#include <utility>

#include "sluice/contract/check/checks_internal.h"
#include "sluice/contract/diagnostic/near.h"
#include "sluice/contract/document/read_contract.h"

namespace sluice::contract {
namespace {

using internal::Checking;

/// What LakeLogic reads without a word, and a lenient check with one.
constexpr std::array kLenientCodes{
    Code::DuplicateKey,     Code::UnknownKey,    Code::MisplacedKey, Code::BadVersion,
    Code::ExtensionName,    Code::DuplicateRule, Code::UnknownType,  Code::BadPattern,
    Code::RequiredNullable, Code::DuplicateLink, Code::BadDuration,  Code::BadCron,
};

constexpr std::array kChecks{
    &internal::check_identity,       &internal::check_model,   &internal::check_source,
    &internal::check_source_options, &internal::check_secrets, &internal::check_links,
    &internal::check_steps,          &internal::check_taint,   &internal::check_row_rules,
    &internal::check_dataset_rules,  &internal::check_target,  &internal::check_operations,
    &internal::check_support,        &internal::check_sql,
};

}  // namespace

CheckedContract check_contract(std::string_view text, std::string_view path,
                               const CheckOptions& options) {
  Diagnostics out{std::string(path)};
  const Document document = read_yaml(text, out);
  return check_document(document, text, options, std::move(out));
}

CheckedContract check_document(const Document& document, std::string_view text,
                               const CheckOptions& options, Diagnostics found) {
  CheckedContract result{.contract = std::nullopt, .diagnostics = std::move(found)};
  Diagnostics& out = result.diagnostics;
  ReadContract read = read_contract(document, text, options.lenient, out);
  result.unsupported = std::move(read.unsupported);
  if (document.root && document.root->is_mapping()) {
    if (document.is_complete) {
      const ColumnFlow flow(read.contract);
      const Checking checking{read.contract, flow, out, result.unsupported, text};
      for (const auto check : kChecks) {
        check(checking);
      }
    }
    result.contract = std::move(read.contract);
  }
  if (options.lenient) {
    out.let_pass(kLenientCodes);
  }
  out.sort();
  return result;
}

namespace internal {

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

bool check_column(const Checking& checking, Code code, const Text& column,
                  std::string_view reader) {
  if (column.value.empty()) {
    checking.out.add(
        Code::EmptyValue, column.span,
        "expected the name of a column in " + std::string(reader) + ", and it is empty");
    return false;
  }
  if (!checking.flow.has_model() || checking.flow.is_known(column.value)) {
    return true;
  }
  const std::vector<std::string_view> names = checking.flow.known_names();
  std::string suggestion = did_you_mean(column.value, names);
  const SchemaPolicy policy = effective_schema_policy(checking.contract);
  // A source may have more columns than the model where those pass; a near name is a slip.
  const bool may_come = suggestion.empty() && policy.unknown_fields.value == UnknownFields::Allow &&
                        policy.evolution.value != Evolution::Strict;
  const std::string what = std::string(reader) +
                           " names a column that neither the model nor a step has" +
                           (may_come ? ", so the source must have it: " : ": ");
  if (may_come) {
    checking.out.add(code, Severity::Warning, column.span, what + quoted(column.value));
    return true;
  }
  checking.out.add(code, column.span, what + quoted(column.value), std::move(suggestion));
  return false;
}

void check_bounds(const Checking& checking, const MaybeInteger& number, std::string_view key,
                  std::int64_t low, std::int64_t high) {
  if (!number || !number->is_written() || (number->value >= low && number->value <= high)) {
    return;
  }
  const std::string range = high == INT64_MAX ? "at least " + std::to_string(low)
                                              : "a number between " + std::to_string(low) +
                                                    " and " + std::to_string(high);
  checking.out.add(Code::OutOfBounds, number->span,
                   "expected " + range + " for " + quoted(key) + ", and came '" +
                       std::to_string(number->value) + "'");
}

}  // namespace internal
}  // namespace sluice::contract
