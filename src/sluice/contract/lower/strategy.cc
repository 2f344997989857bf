// materialization and the change events of a source -> how the target converges.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/lower/lower.h"
#include "sluice/contract/lower/lower_internal.h"

namespace sluice::contract {
namespace {

std::vector<std::string> names(const Texts& texts) {
  std::vector<std::string> list;
  for (const Text& text : texts) {
    list.push_back(text.value);
  }
  return list;
}

std::optional<plan::UnknownMember> lower_unknown(const std::optional<UnknownMember>& member) {
  if (!member || !member->enabled.value) {
    return std::nullopt;
  }
  plan::UnknownMember lowered{.surrogate_key = member->surrogate_key_value.value, .values = {}};
  for (const Pair<Value>& each : member->default_values) {
    lowered.values.emplace_back(each.key.value, internal::lower_value(each.value.value));
  }
  return lowered;
}

std::string text_of(const MaybeText& text) { return text ? text->value : std::string(); }

std::optional<plan::ChangeEvents> lower_events(const Contract& contract) {
  if (!contract.source ||
      (!contract.source->cdc_op_field && contract.source->load_mode.value != LoadMode::Cdc)) {
    return std::nullopt;
  }
  return plan::ChangeEvents{.operation_column = text_of(contract.source->cdc_op_field),
                            .delete_values = names(contract.source->cdc_delete_values),
                            .timestamp_column = text_of(contract.source->cdc_timestamp_field)};
}

std::optional<plan::SoftDelete> lower_soft_delete(const Materialization& target) {
  if (!target.soft_delete_column) {
    return std::nullopt;
  }
  return plan::SoftDelete{.column = target.soft_delete_column->value,
                          .deleted = internal::lower_value(target.soft_delete_value.value),
                          .time_column = text_of(target.soft_delete_time_column),
                          .reason_column = text_of(target.soft_delete_reason_column)};
}

plan::Scd2 lower_scd2(const Contract& contract, const Materialization& target, const Scd2& scd2) {
  plan::Scd2 lowered{
      .key = names(contract.primary_key),
      .track_columns = names(scd2.track_columns),
      .timestamp_column = scd2.timestamp_field ? scd2.timestamp_field->value : "",
      .effective_from_column = scd2.effective_from_field.value,
      .effective_to_column = scd2.effective_to_field.value,
      .current_column = scd2.current_flag_field.value,
      .version_column = scd2.version_column.value,
      .surrogate_column = scd2.surrogate_key.value,
      .has_random_surrogate = scd2.surrogate_key_strategy.value == SurrogateKeyStrategy::Uuid,
      .reason_column = scd2.change_reason_column.value,
      .keep_last =
          scd2.merge_dedup_guard ? scd2.merge_dedup_guard->value : target.merge_dedup_guard.value,
      .unknown_member =
          lower_unknown(scd2.unknown_member ? scd2.unknown_member : target.unknown_member),
      .soft_delete = lower_soft_delete(target),
      .events = lower_events(contract)};
  if (scd2.start_date_default) {
    lowered.first_effective_from = plan::Value{scd2.start_date_default->value};
  }
  if (scd2.end_date_default) {
    lowered.open_effective_to = plan::Value{scd2.end_date_default->value};
  }
  if (scd2.default_effective_from) {
    lowered.default_instant = plan::Value{scd2.default_effective_from->value};
  }
  return lowered;
}

plan::Merge lower_merge(const Contract& contract, const Materialization& target) {
  plan::Merge merge;
  merge.key = names(contract.primary_key);
  merge.keep_last = target.merge_dedup_guard.value;
  merge.unknown_member = lower_unknown(target.unknown_member);
  if (target.scd1) {
    if (target.scd1->surrogate_key) {
      merge.surrogate_key = plan::SurrogateKey{
          .column = target.scd1->surrogate_key->value,
          .is_random = target.scd1->surrogate_key_strategy.value == SurrogateKeyStrategy::Uuid};
    }
    if (target.scd1->unknown_member) {
      merge.unknown_member = lower_unknown(target.scd1->unknown_member);
    }
  }
  merge.soft_delete = lower_soft_delete(target);
  if (target.deletion) {
    merge.snapshot =
        plan::SnapshotDeletes{.max_ratio = target.deletion->max_delete_ratio.value.value,
                              .scope = names(target.deletion->scope),
                              .refused = ""};
  }
  merge.events = lower_events(contract);
  return merge;
}

/// Keys of a merge beside another strategy, and deletes in two ways at once.
Status check_merge_keys(const Contract& contract, const Materialization& target) {
  const bool is_merge = target.strategy.value == Strategy::Merge;
  const bool has_key = is_merge || target.strategy.value == Strategy::Scd2;
  const bool has_events = lower_events(contract).has_value();
  const auto refuse = [](std::string message, std::string hint) -> Status {
    return make_error(ErrorCode::InvalidContract, std::move(message)).with_hint(std::move(hint));
  };
  if (!has_key && has_events) {
    return refuse("change events are applied by a merge or an scd2 only",
                  "write `strategy: merge`, or remove load_mode cdc and cdc_op_field: the events "
                  "are rows then");
  }
  if (!has_key && target.soft_delete_column) {
    return refuse("rows are marked as deleted by a merge or an scd2 only",
                  "write `strategy: merge`, or remove soft_delete_column");
  }
  if (!is_merge && target.deletion) {
    return refuse("a snapshot is compared with the rows of a merge only",
                  "write `strategy: merge`, or remove deletion");
  }
  const bool tells_more = target.soft_delete_time_column || target.soft_delete_reason_column ||
                          target.soft_delete_value.is_written();
  if (!target.soft_delete_column && tells_more) {
    return refuse("soft_delete_column is not written: its value, time and reason have no effect",
                  "write `soft_delete_column`, or remove the others");
  }
  if (!target.strategy.is_written() && ((target.scd1 && !is_merge) || target.scd2)) {
    return refuse(fmt::format("`{}` is written without a strategy: the rows would be {}",
                              target.scd2 ? "scd2" : "scd1", is_merge ? "merged" : "appended"),
                  target.scd2 ? "write `strategy: scd2`" : "write `strategy: merge`");
  }
  const bool has_member = target.unknown_member && target.unknown_member->enabled.value;
  if (!has_key && (target.merge_dedup_guard.value || has_member)) {
    return refuse("rows are told apart by a merge or an scd2 only",
                  "write `strategy: merge`, or remove merge_dedup_guard and unknown_member");
  }
  if (target.deletion && has_events) {
    return refuse("rows are either a complete snapshot or change events, both is asked for",
                  "remove `deletion`, or the cdc keys of the source");
  }
  if (has_events && contract.source->cdc_op_field && contract.source->cdc_delete_values.empty()) {
    return refuse("cdc_op_field says which rows delete, and no value is named",
                  "write `cdc_delete_values: [D]`, the values that mean delete");
  }
  return {};
}

/// Those that come are replaced, the others stay.
plan::OverwritePartitions lower_partitions(const Materialization& target) {
  plan::OverwritePartitions mode;
  for (const Text& column : target.partition_by) {
    mode.by.push_back({.column = column.value});
  }
  return mode;
}

}  // namespace

Result<plan::WriteMode> lower_strategy(const Contract& contract) {
  if (!contract.materialization) {
    SLUICE_CHECK(check_merge_keys(contract, Materialization{}));
    return plan::WriteMode{plan::Append{}};
  }
  const Materialization& target = *contract.materialization;
  const bool needs_key =
      target.strategy.value == Strategy::Merge || target.strategy.value == Strategy::Scd2;
  if (needs_key && contract.primary_key.empty()) {
    return make_error(ErrorCode::InvalidContract, "merge and scd2 need a primary key")
        .with_hint("write `primary_key: [...]` at the root of the contract");
  }
  SLUICE_CHECK(check_merge_keys(contract, target));
  switch (target.strategy.value) {
    case Strategy::Append: return plan::WriteMode{plan::Append{}};
    case Strategy::Overwrite:
      return target.partition_by.empty() ? plan::WriteMode{plan::Overwrite{}}
                                         : plan::WriteMode{lower_partitions(target)};
    case Strategy::Merge: return plan::WriteMode{lower_merge(contract, target)};
    case Strategy::Scd2:
      return plan::WriteMode{lower_scd2(contract, target, target.scd2.value_or(Scd2{}))};
  }
  return plan::WriteMode{plan::Append{}};
}

namespace {

void add_if_absent(schema::Schema& columns, const std::string& name, schema::LogicalType type) {
  if (!name.empty() && columns.find(name) == nullptr) {
    columns.fields.push_back({.name = name, .type = std::move(type)});
  }
}

/// What a column holds that marks deleted rows with this value.
schema::LogicalType mark_type(const plan::Value& value) {
  if (std::holds_alternative<bool>(value)) {
    return {schema::Boolean{}};
  }
  if (std::holds_alternative<std::int64_t>(value)) {
    return {schema::Integer{}};
  }
  return std::holds_alternative<double>(value) ? schema::LogicalType{schema::Float{}}
                                               : schema::LogicalType{schema::Text{}};
}

void add_marks(schema::Schema& columns, const std::optional<plan::SoftDelete>& soft) {
  if (soft) {
    add_if_absent(columns, soft->column, mark_type(soft->deleted));
    add_if_absent(columns, soft->time_column, {schema::Timestamp{}});
    add_if_absent(columns, soft->reason_column, {schema::Text{}});
  }
}

void add_merge_columns(schema::Schema& columns, const plan::Merge& merge) {
  if (merge.surrogate_key && columns.find(merge.surrogate_key->column) == nullptr) {
    columns.fields.insert(columns.fields.begin(),
                          {.name = merge.surrogate_key->column, .type = {schema::Text{}}});
  }
  add_marks(columns, merge.soft_delete);
}

}  // namespace

schema::Schema with_kept_columns(const schema::Schema& accepted, const plan::WriteMode& mode) {
  schema::Schema columns = accepted;
  if (const auto* scd2 = std::get_if<plan::Scd2>(&mode)) {
    const schema::Field* instant = accepted.find(
        scd2->timestamp_column.empty() ? scd2->effective_from_column : scd2->timestamp_column);
    if (instant == nullptr && scd2->timestamp_column.empty() && scd2->events) {
      instant = accepted.find(scd2->events->timestamp_column);
    }
    const schema::LogicalType from =
        instant ? instant->type : schema::LogicalType{schema::Timestamp{.utc = false}};
    add_if_absent(columns, scd2->effective_from_column, from);
    add_if_absent(columns, scd2->effective_to_column, from);
    add_if_absent(columns, scd2->current_column, {schema::Boolean{}});
    add_if_absent(columns, scd2->version_column, {schema::Integer{}});
    add_if_absent(columns, scd2->surrogate_column, {schema::Text{}});
    add_if_absent(columns, scd2->reason_column, {schema::Text{}});
    add_marks(columns, scd2->soft_delete);
  }
  if (const auto* merge = std::get_if<plan::Merge>(&mode)) {
    add_merge_columns(columns, *merge);
  }
  return columns;
}

}  // namespace sluice::contract
