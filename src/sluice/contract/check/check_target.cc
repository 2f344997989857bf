// Keys, materialization, history.
#include <algorithm>

#include "sluice/contract/check/checks_internal.h"
#include "sluice/contract/check/formats.h"
#include "sluice/contract/diagnostic/near.h"
#include "sluice/contract/masking/masking_kind.h"

namespace sluice::contract::internal {
namespace {

/// After its masking the column no longer tells rows apart.
void check_clear(const Checking& checking, const Text& column, std::string_view use) {
  const Field* field = checking.contract.model.find(column.value);
  if (field == nullptr || !field->masking || kind_of(field->masking->value).keeps_equality) {
    return;
  }
  if (field->masking->value == Masking::Encrypt && field->masking_format &&
      field->masking_format->value == "deterministic") {
    return;  // equal values stay equal
  }
  const std::string word(kind_of(field->masking->value).key);
  checking.out.add(Code::MaskedKey, column.span,
                   "a field that is masked by " + quoted(word) + " cannot be " + std::string(use) +
                       ": " + quoted(column.value),
                   "use masking: hash, which keeps equality, or another column");
}

void check_used(const Checking& checking, const Texts& columns, std::string_view key,
                std::string_view use) {
  for (const Text& column : columns) {
    if (check_column(checking, Code::ColumnNotInModel, column, quoted(key))) {
      check_clear(checking, column, use);
    }
  }
}

void check_primary_key(const Checking& checking, bool is_merged) {
  for (const Text& column : checking.contract.primary_key) {
    if (!check_column(checking, Code::KeyNotInModel, column, "'primary_key'")) {
      continue;
    }
    check_clear(checking, column, "a key");
    const Field* field = checking.contract.model.find(column.value);
    if (is_merged && field != nullptr && !field->required.value && !field->generated.value) {
      checking.out.add(Code::NullableKey, column.span,
                       "a column of the merge key is not required: " + quoted(column.value),
                       "add required: true to the field");
    }
  }
}

bool is_strategy(const Materialization& target, Strategy strategy) {
  return target.strategy.value == strategy;
}

/// A block that belongs to another strategy; unsure when the strategy may be inherited.
void check_belongs(const Checking& checking, const Materialization& target, const Span& span,
                   bool belongs, std::string_view block, std::string_view strategy) {
  if (belongs) {
    return;
  }
  const std::string text = quoted(block) + " belongs to 'strategy: " + std::string(strategy) + "'";
  if (target.strategy.is_written()) {
    checking.out.add(Code::StrategyConflict, span, text);
  } else {
    checking.out.add(Code::SettingUnused, span, text + ", and no strategy is written");
  }
}

void check_strategy(const Checking& checking, const Materialization& target) {
  const bool is_merge = is_strategy(target, Strategy::Merge);
  if (target.deletion) {
    check_belongs(checking, target, target.deletion->span, is_merge, "deletion", "merge");
    const Number& ratio = target.deletion->max_delete_ratio;
    if (ratio.value.value <= 0 || ratio.value.value > 1) {
      checking.out.add(Code::OutOfBounds, ratio.span,
                       "expected a share above 0 and up to 1 for 'max_delete_ratio', and came " +
                           quoted(ratio.value.text));
    }
    check_used(checking, target.deletion->scope, "deletion.scope", "compared");
  }
  if (target.scd1) {
    check_belongs(checking, target, target.scd1->span, is_merge, "scd1", "merge");
  }
  if (target.scd2) {
    check_belongs(checking, target, target.scd2->span, is_strategy(target, Strategy::Scd2), "scd2",
                  "scd2");
  }
  if (target.fact) {
    const bool is_append = is_strategy(target, Strategy::Append);
    check_belongs(checking, target, target.fact->type.span,
                  target.fact->type.value != "transaction" || is_append, "fact: transaction",
                  "append");
    for (const Text& column : target.fact->milestone_dates) {
      check_column(checking, Code::ColumnNotInModel, column, "'milestone_dates'");
    }
  }
}

/// The time of a deletion is the event's, so the event's must be one.
void check_deletion_time(const Checking& checking, const Materialization& target) {
  const auto& source = checking.contract.source;
  if (!source || !source->cdc_timestamp_field || !target.soft_delete_time_column) {
    return;
  }
  const Field* field = checking.contract.model.find(source->cdc_timestamp_field->value);
  const TypeFamily family = field == nullptr ? TypeFamily::Unknown : type_family(field->type.value);
  if (is_numeric(family) || family == TypeFamily::Logical || family == TypeFamily::Nested ||
      family == TypeFamily::Bytes) {
    checking.out.add(Code::ValueOfWrongType, source->cdc_timestamp_field->span,
                     "soft_delete_time_column takes its time from 'cdc_timestamp_field', and that "
                     "is a " +
                         quoted(field->type.value),
                     "make a timestamp of it by a `derive` and name that column, or leave "
                     "soft_delete_time_column out");
  }
}

void check_history(const Checking& checking, const Materialization& target) {
  if (!is_strategy(target, Strategy::Scd2)) {
    return;
  }
  const Scd2 scd2 = target.scd2.value_or(Scd2{});
  const bool source_has_start =
      checking.contract.model.find(scd2.effective_from_field.value) != nullptr;
  const bool has_event_time =
      checking.contract.source && checking.contract.source->cdc_timestamp_field;
  if (!scd2.timestamp_field && !scd2.default_effective_from && !source_has_start &&
      !has_event_time) {
    checking.out.add(Code::Scd2WithoutTimestamp, target.strategy.span,
                     "no 'scd2.timestamp_field' names the change date, so that a version begins "
                     "when the run does");
  }
  if (scd2.timestamp_field) {
    check_used(checking, {*scd2.timestamp_field}, "scd2.timestamp_field", "ordered by");
  }
  check_used(checking, scd2.track_columns, "scd2.track_columns", "compared");
  for (const MaybeText* date :
       {&scd2.end_date_default, &scd2.start_date_default, &scd2.default_effective_from}) {
    if (*date && (*date)->is_written() && !is_date_or_time((*date)->value)) {
      checking.out.add(Code::BadDate, (*date)->span,
                       "expected a date such as 9999-12-31, and came " + quoted((*date)->value));
    }
  }
}

void check_format(const Checking& checking, const MaybeText& format) {
  constexpr std::string_view kKnown[] = {"parquet", "duckdb", "ducklake", "delta",
                                         "iceberg", "csv",    "tsv",      "json",
                                         "jsonl",   "ndjson", "native",   "dlt"};
  if (!format ||
      std::find(std::begin(kKnown), std::end(kKnown), format->value) != std::end(kKnown)) {
    return;
  }
  checking.out.add(
      Code::UnknownWord, format->span,
      "expected " + quoted_list(kKnown) + " for 'format', and came " + quoted(format->value),
      did_you_mean(format->value, kKnown));
}

}  // namespace

void check_target(const Checking& checking) {
  const Contract& contract = checking.contract;
  const bool has_target = contract.materialization.has_value();
  const Materialization target = contract.materialization.value_or(Materialization{});
  const bool is_merged =
      has_target && (is_strategy(target, Strategy::Merge) || is_strategy(target, Strategy::Scd2));
  check_primary_key(checking, is_merged);
  if (!has_target) {
    return;
  }
  if (is_merged && contract.primary_key.empty()) {
    checking.out.add(Code::MergeWithoutKey, target.strategy.span,
                     "expected 'primary_key' in the contract: a merge needs a key");
  }
  check_strategy(checking, target);
  check_history(checking, target);
  check_deletion_time(checking, target);
  check_format(checking, target.format);
  check_used(checking, target.partition_by, "partition_by", "partitioned by");
  check_used(checking, target.cluster_by, "cluster_by", "clustered by");
  for (const Pair<Text>& each : target.table_properties) {
    if (is_secret_name(each.key.value) && !is_secret_reference(each.value.value)) {
      checking.out
          .add(Code::LiteralSecret, each.value.span,
               "expected a reference to a secret for " + quoted(each.key.value), "write env:NAME")
          .hides_source_line = true;
    }
  }
}

}  // namespace sluice::contract::internal
