// Identity, and the fields of the model.
#include <algorithm>
#include <map>

#include "sluice/contract/check/checks_internal.h"
#include "sluice/contract/check/formats.h"
#include "sluice/contract/diagnostic/near.h"
#include "sluice/contract/masking/masking_kind.h"
#include "sluice/schema/schema.h"

namespace sluice::contract::internal {
namespace {

std::string lower(std::string text) {
  for (char& c : text) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

bool is_product_id(std::string_view text) {
  const bool has_length = text.size() >= 2 && text.size() <= 63;
  return has_length && text.front() >= 'a' && text.front() <= 'z' &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

void check_names(const Checking& checking) {
  std::map<std::string, const Field*> seen;
  for (const Field& field : checking.contract.model.fields) {
    if (field.name.value.empty()) {
      if (field.name.is_written()) {
        checking.out.add(Code::EmptyValue, field.name.span,
                         "expected a name for the field, and it is empty");
      }
      continue;
    }
    const auto [place, is_new] = seen.emplace(lower(field.name.value), &field);
    if (is_new) {
      continue;
    }
    const Field& first = *place->second;
    const std::string line = " (line " + std::to_string(first.name.span.begin.line) + ")";
    const bool is_same = first.name.value == field.name.value;
    checking.out.add(
        is_same ? Code::DuplicateField : Code::FieldsDifferInCase, field.name.span,
        is_same ? "a field of this name exists already" + line + ": " + quoted(field.name.value)
                : "the name differs from " + quoted(first.name.value) + line +
                      " only in case: " + quoted(field.name.value));
  }
}

void check_type(const Checking& checking, const Field& field, TypeFamily family) {
  if (family != TypeFamily::Unknown || !field.type.is_written()) {
    return;
  }
  constexpr std::string_view kSuggested[] = {"string",  "integer", "bigint",    "double",
                                             "boolean", "date",    "timestamp", "binary",
                                             "json",    "float",   "smallint",  "decimal(10,2)"};
  std::string suggestion = did_you_mean(field.type.value, kSuggested);
  if (suggestion.empty()) {
    suggestion = "known types: " + quoted_list(kSuggested);
  }
  checking.out.add(Code::UnknownType, field.type.span, "no such type: " + quoted(field.type.value),
                   std::move(suggestion));
}

bool fits(const Literal& value, TypeFamily family) {
  switch (family) {
    case TypeFamily::Whole: return value.type == ScalarType::Int;
    case TypeFamily::Fractional:
      return value.type == ScalarType::Int || value.type == ScalarType::Float;
    case TypeFamily::Logical: return value.type == ScalarType::Bool;
    case TypeFamily::Date: return is_date_or_time(value.text);
    case TypeFamily::Time:
    case TypeFamily::Unknown:
    case TypeFamily::Textual:
    case TypeFamily::Bytes:
    case TypeFamily::Json:
    case TypeFamily::Nested: break;
  }
  return value.type != ScalarType::Null;
}

void check_values(const Checking& checking, const Field& field, TypeFamily family) {
  if (!field.accepted_values) {
    return;
  }
  if (field.accepted_values->empty()) {
    checking.out.add(
        Code::EmptyValue, field.name.span,
        "expected at least one value under 'accepted_values' of " + quoted(field.name.value));
  }
  for (const Value& value : *field.accepted_values) {
    if (!fits(value.value, family)) {
      checking.out.add(Code::ValueOfWrongType, value.span,
                       "expected a value of the field's type " + quoted(field.type.value) +
                           ", and came " + quoted(value.value.text),
                       value.value.type == ScalarType::Null
                           ? "NULL is no value; leave `required` out to let it pass"
                           : "");
    }
  }
}

void check_limits(const Checking& checking, const Field& field, TypeFamily family) {
  const bool is_judged = family != TypeFamily::Unknown;
  for (const MaybeNumber* bound : {&field.min, &field.max}) {
    if (*bound && is_judged && !is_numeric(family)) {
      checking.out.add(Code::BoundOnNonNumber, (*bound)->span,
                       "'min' and 'max' are for numbers, and the field " +
                           quoted(field.name.value) + " is " + quoted(field.type.value));
    }
  }
  if (field.min && field.max && field.min->value.value > field.max->value.value) {
    checking.out.add(
        Code::MinOverMax, field.min->span,
        "'min' lies above 'max' (" + field.max->value.text + "): " + quoted(field.min->value.text));
  }
  if (field.max_length && is_judged && family != TypeFamily::Textual &&
      family != TypeFamily::Json) {
    checking.out.add(Code::LengthOnNonText, field.max_length->span,
                     "'max_length' is for texts, and the field " + quoted(field.name.value) +
                         " is " + quoted(field.type.value));
  }
  check_bounds(checking, field.max_length, "max_length", 1);
  const std::vector<Integer>& range = field.range;
  const bool is_range = range.size() == 2 && range[0].value >= 0 && range[0].value < range[1].value;
  if (!range.empty() && !is_range) {
    checking.out.add(
        Code::BadByteRange, range.front().span,
        "expected [begin, end) with begin below end for 'range' of " + quoted(field.name.value));
  }
}

void check_protection(const Checking& checking, const Field& field, TypeFamily family) {
  if (!field.masking) {
    const Flag& flag = field.pii.value ? field.pii : field.phi.value ? field.phi : field.sensitive;
    if (field.is_protected() && !field.declassify) {
      checking.out.add(
          Code::UnmaskedPersonalData, flag.span,
          "the field is protected and its values stay clear: " + quoted(field.name.value),
          "add masking: nullify, redact, hash, partial or encrypt");
    }
    // The vault holds the value instead of the table: without one it must not reach the table.
    if (field.pii_vault) {
      const std::string key =
          "pii_vault of " + quoted(field.name.value) + " without masking to keep it from the table";
      checking.out.add(Code::NotSupportedYet, field.pii_vault->span,
                       "no run executes this yet, and refuses it: " + key);
      checking.unsupported.push_back(
          {.path = key, .decides_rows = true, .span = field.pii_vault->span});
    }
  } else {
    if (!field.is_protected()) {
      checking.out.add(Code::MaskingWithoutFlag, field.masking->span,
                       "the field is masked and not marked as pii, phi or sensitive: " +
                           quoted(field.name.value));
    }
    const bool is_text = family == TypeFamily::Textual || family == TypeFamily::Unknown;
    if (!is_text && !kind_of(field.masking->value).keeps_type) {
      checking.out.add(Code::MaskedNonText, field.masking->span,
                       "this masking gives text, and the field " + quoted(field.name.value) +
                           " is " + quoted(field.type.value),
                       "declare it as string, or use nullify");
    }
  }
  const bool is_partial = field.masking && field.masking->value == Masking::Partial;
  const bool is_deterministic = field.masking && field.masking->value == Masking::Encrypt &&
                                field.masking_format &&
                                field.masking_format->value == "deterministic";
  const bool is_encrypt = field.masking && field.masking->value == Masking::Encrypt;
  if (field.masking_format && is_partial && !is_partial_format(field.masking_format->value)) {
    checking.out.add(Code::UnknownMasking, field.masking_format->span,
                     "nothing is masked as 'masking_format: " + field.masking_format->value + "'",
                     "write email, phone, credit_card, or a template of {first1}..{first9}, "
                     "{last1}..{last9} and {domain}");
  } else if (field.masking_format && is_encrypt && !is_deterministic &&
             !is_partial_format(field.masking_format->value)) {
    checking.out.add(
        Code::UnknownMasking, field.masking_format->span,
        "nothing is encrypted as 'masking_format: " + field.masking_format->value + "'",
        "write deterministic, or leave it out");
  } else if (field.masking_format && !is_partial && !is_deterministic) {
    checking.out.add(
        Code::MaskingFormatUnused, field.masking_format->span,
        "'masking_format' has an effect only with 'masking: partial', and as 'deterministic' "
        "with 'masking: encrypt'");
  }
}

void check_lineage_names(const Checking& checking) {
  const Lineage& lineage = checking.contract.lineage;
  if (!lineage.enabled.value) {
    return;
  }
  const std::vector<std::pair<bool, const Text*>> columns{
      {lineage.capture_source_path.value, &lineage.source_column_name},
      {lineage.capture_timestamp.value, &lineage.timestamp_column_name},
      {lineage.capture_run_id.value, &lineage.run_id_column_name},
      {lineage.capture_contract_name.value, &lineage.contract_name_column_name},
      {lineage.capture_domain.value, &lineage.domain_column_name},
      {lineage.capture_system.value, &lineage.system_column_name},
      {lineage.capture_created_at.value, &lineage.created_at_column_name},
      {lineage.capture_created_by.value, &lineage.created_by_column_name}};
  std::vector<std::string> named{"_lakelogic_errors", "_lakelogic_categories"};
  for (const auto& [is_captured, column] : columns) {
    if (is_captured && std::ranges::any_of(named, [&](const std::string& one) {
          return schema::same_column(one, column->value);
        })) {
      checking.out.add(
          Code::ConflictingKeys, column->span,
          "a lineage column has the name of another column of the run: " + quoted(column->value),
          "name each of them anew");
    }
    if (is_captured) {
      named.push_back(column->value);
    }
    const Field* field = checking.contract.model.find(column->value);
    const bool is_preserved =
        std::any_of(lineage.preserve_upstream.begin(), lineage.preserve_upstream.end(),
                    [name = &column->value](const Text& each) { return each.value == *name; });
    if (is_captured && field != nullptr && !is_preserved) {
      checking.out.add(
          Code::LineageColumn, field->name.span,
          "the run overwrites this column with its own lineage: " + quoted(column->value),
          "name it under lineage.preserve_upstream");
    }
  }
}

}  // namespace

void check_identity(const Checking& checking) {
  const Contract& contract = checking.contract;
  if (contract.version && !is_semantic_version(contract.version->value)) {
    checking.out.add(
        Code::BadVersion, contract.version->span,
        "expected major.minor.patch for 'version', and came " + quoted(contract.version->value));
  }
  if (contract.info.data_product && !is_product_id(contract.info.data_product->value)) {
    checking.out.add(Code::BadPattern, contract.info.data_product->span,
                     "expected a small letter, then small letters, digits and _ for "
                     "'data_product', and came " +
                         quoted(contract.info.data_product->value));
  }
  if (contract.info.data_product_output && !contract.info.data_product) {
    checking.out.add(Code::ConflictingKeys, contract.info.data_product_output->span,
                     "'data_product_output' is an output of 'data_product', which is not written");
  }
  if (!contract.natural_key.empty()) {
    checking.out.add(Code::DeprecatedKey, contract.natural_key.front().span,
                     "'natural_key' has no effect; 'primary_key' is the key");
  }
}

void check_model(const Checking& checking) {
  check_names(checking);
  for (const Field& field : checking.contract.model.fields) {
    const TypeFamily family = type_family(field.type.value);
    check_type(checking, field, family);
    check_values(checking, field, family);
    check_limits(checking, field, family);
    check_protection(checking, field, family);
    if (field.required.value && field.nullable && field.nullable->value) {
      checking.out.add(Code::RequiredNullable, field.nullable->span,
                       "the field is required and nullable: " + quoted(field.name.value));
    }
  }
  check_lineage_names(checking);
}

}  // namespace sluice::contract::internal
