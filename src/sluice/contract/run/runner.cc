// From the contract's text to judged rows: what it says becomes a pipeline, the pipeline is bound
// on the source's columns and run, and gates decide whether the outcome may stand.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/lower/lower.h"
#include "sluice/contract/quarantine/shape.h"
#include "sluice/contract/rule/row_rules.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/replay.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/run/pipeline/bind.h"
#include "sluice/run/pipeline/ledger.h"
#include "sluice/run/pipeline/source_columns.h"
#include "sluice/run/pipeline/step_columns.h"

namespace sluice::contract::internal {
namespace {

/// Rows are judged before they are written: a column that the write makes is not there yet.
Error tell_late_column(const Contract& contract, Error error) {
  for (const std::string& column : columns_added_at_write(contract)) {
    if (error.message != fmt::format("no such column: '{}'", column)) {
      continue;
    }
    error.message =
        fmt::format("the write makes this column, after the rows were judged: '{}'", column);
    error.hint =
        "write the rule below quality.dataset_rules, which reads the table after the write, or ask "
        "what the rows themselves have";
  }
  return error;
}

}  // namespace

Status Runner::lower_unbound() {
  LowerInput input{.path = path_,
                   .files = {},
                   .told = {},
                   .source_roots = source_roots(),
                   .is_source_replaced = is_source_replaced(),
                   .source_label = "",
                   .link_files = links_,
                   .link_relations = {},
                   .bad_lines = keeps_bad_lines() ? plan::BadLines::Refuse : plan::BadLines::Stop,
                   .pipeline_run_id = options_.pipeline_run_id,
                   .created_by = options_.created_by};
  for (const run::BatchFile& file : files_) {
    if (!rows_) {
      input.files.push_back(file.path);
    }
    result_.files.push_back({.path = file.path,
                             .size_bytes = file.size_bytes,
                             .modified = file.modified,
                             .tag = file.content_tag});
  }
  input.source_label = rows_                ? rows_->name
                       : files_.size() == 1 ? files_.front().path
                       : contract_->source && contract_->source->path && options_.sources.empty()
                           ? contract_->source->path->value
                           : fmt::format("{} files", files_.size());
  for (const TableLink& link : table_links_) {
    input.link_relations.emplace_back(link.name, link.relation);
  }
  SLUICE_CHECK(unpack_files(input));
  SLUICE_TRY(bound_.pipeline, lower_contract(*contract_, input));
  if (!places_.target.empty()) {
    SLUICE_TRY([[maybe_unused]] const plan::WriteMode mode, lower_strategy(*contract_));
  }
  return {};
}

/// A complete load is compared by key, also with the keys of the rows that are refused.
Status Runner::keep_refused_keys() {
  if (places_.target.empty()) {
    return {};
  }
  SLUICE_TRY(const plan::WriteMode mode, lower_strategy(*contract_));
  if (const auto* merge = std::get_if<plan::Merge>(&mode); merge != nullptr && merge->snapshot) {
    bound_.kept_of_refused = merge->key;
  }
  return {};
}

namespace {

/// A masked field that neither the source has nor a step names: its values may be under another
/// name, in clear.
void add_unmet_masks(const Contract& contract, const plan::BoundPipeline& bound,
                     std::vector<std::string>& warnings) {
  const auto is_letter = [](char a, char b) {
    return schema::same_column(std::string_view(&a, 1), std::string_view(&b, 1));
  };
  const auto is_met = [&](const std::string& name) {
    const bool is_flat =
        bound.flattened && std::ranges::any_of(bound.flattened->columns, [&](const auto& column) {
          return schema::same_column(column.name, name);
        });
    return is_flat || bound.source.find(name) != nullptr ||
           std::ranges::any_of(bound.pipeline.steps, [&](const plan::PlannedStep& step) {
             const std::string text = plan::to_string(step.step);
             return !std::ranges::search(text, name, is_letter).empty();
           });
  };
  for (const Field& field : contract.model.fields) {
    if (field.masking && !bound.source.fields.empty() && !is_met(field.name.value)) {
      warnings.push_back(fmt::format(
          "no column of the source is the masked field '{}': were it there under another name, it "
          "would be in clear",
          field.name.value));
    }
  }
}

/// The contract names the columns of run ids itself: it counts on them.
bool asks_for_run_ids(const Contract& contract, const plan::Rollup& lowered) {
  const auto is_of = [](const MaybeText& written, const std::optional<std::string>& name) {
    return written && written->is_written() && name == written->value;
  };
  return std::ranges::any_of(contract.transformations, [&](const Transformation& one) {
    const auto* rollup = std::get_if<Rollup>(&one.step);
    return rollup != nullptr && (is_of(rollup->upstream_run_id_column, lowered.run_id_column) ||
                                 is_of(rollup->upstream_run_ids_column, lowered.run_ids_column));
  });
}

/// A rollup collects the ids of runs where the rows before it have some, and is no error elsewhere.
void add_unmet_rollups(const Contract& contract, const plan::BoundPipeline& bound,
                       std::vector<std::string>& warnings) {
  for (const auto* steps : {&bound.pre, &bound.post}) {
    for (const plan::BoundStep& step : *steps) {
      const auto* rollup = std::get_if<plan::Rollup>(&bound.pipeline.steps[step.step].step);
      if (rollup != nullptr && rollup->run_ids_column && asks_for_run_ids(contract, *rollup) &&
          step.output.find(*rollup->run_ids_column) == nullptr) {
        warnings.push_back(
            fmt::format("a rollup makes no column '{}', as the rows before it have none of run "
                        "ids: '{}'",
                        *rollup->run_ids_column, rollup->run_id_column.value_or("")));
      }
    }
  }
}

}  // namespace

Result<plan::Pipeline> Runner::lower_over_source() {
  SLUICE_CHECK(lower_unbound());
  SLUICE_CHECK(load_links());
  SLUICE_CHECK(run::settle_references(context_, *connection_, bound_.pipeline.references));
  plan::Pipeline pipeline = bound_.pipeline;
  if (replay_) {
    SLUICE_TRY(const RowShape shape, make_replay_relation(context_, *connection_, replay_->row_ids,
                                                          [this] { return find_vault(); }));
    pipeline.source = plan::RelationScan{.name = std::string(kReplayRelation),
                                         .has_origin = true,
                                         .may_lack_columns = shape.may_lack_columns};
  } else if (rows_) {
    SLUICE_CHECK(load_rows(pipeline));
  }
  return pipeline;
}

Status Runner::lower_and_bind() {
  SLUICE_TRY(plan::Pipeline pipeline, lower_over_source());
  if (!replay_ && contract_->external_logic) {
    SLUICE_CHECK(run_logic(pipeline));
  }
  return bind(pipeline);
}

Status Runner::bind(const plan::Pipeline& pipeline) {
  Result<plan::BoundPipeline> bound =
      run::bind_pipeline(context_, *connection_, pipeline, clock_, result_.run_id);
  if (!bound) {
    return tell_late_column(*contract_, std::move(bound).error());
  }
  bound_ = *std::move(bound);
  for (const std::string& name : run::stamped_over(bound_.pipeline, bound_.source)) {
    result_.warnings.push_back(
        fmt::format("the source's column '{}' is left out: a lineage column has its name", name));
  }
  SLUICE_CHECK(keep_refused_keys());
  SLUICE_CHECK(bind_deferred_rules());
  tell_unjudged();
  add_unmet_rollups(*contract_, bound_, result_.warnings);
  if (!replay_) {
    add_unmet_masks(*contract_, bound_, result_.warnings);
  }
  result_.durations.load_ms = watch_.ms();
  return {};
}

Status Runner::execute() {
  narrator_.begin("judge");
  SLUICE_TRY(const run::RowWriter writer, find_writer());
  SLUICE_TRY(executed_, run::execute_pipeline(context_, *connection_, bound_, vault_, writer));
  if (logic_) {
    executed_.ledger.insert(executed_.ledger.begin(), *logic_);
    SLUICE_CHECK(run::check_ledger(executed_.ledger));
    executed_.rows = run::totals_of(executed_.ledger);
  }
  result_.rows = executed_.rows;
  result_.ledger = executed_.ledger;
  result_.row_rules = executed_.row_rules;
  result_.dataset_rules = executed_.dataset_rules;
  result_.durations.transform_ms = executed_.transform_ms;
  result_.durations.quality_ms = executed_.quality_ms;
  result_.durations.steps = executed_.steps;
  if (replay_) {
    if (masks()) {
      SLUICE_CHECK(forget_replay_values(context_, *connection_));
    }
    return check_whole_rows();
  }
  return {};
}

bool Runner::keeps_bad_lines() const {
  switch (options_.on_row_error) {
    case OnRowError::Unset: return options_.max_errors.rows || options_.max_errors.percent;
    case OnRowError::Fail: return false;
    case OnRowError::Skip:
    case OnRowError::Quarantine: return true;
  }
  return false;
}

/// Rows in error as they count from here on: those that are left out were dropped by the steps that
/// refused them.
void Runner::count_skipped() {
  if (options_.on_row_error != OnRowError::Skip || replay_ || result_.rows.quarantined == 0) {
    return;
  }
  result_.warnings.push_back(
      fmt::format("{} rows in error were left out and not kept", result_.rows.quarantined));
  result_.rows.dropped += std::exchange(result_.rows.quarantined, 0);
  for (run::LedgerEntry& entry : result_.ledger) {
    entry.dropped += std::exchange(entry.quarantined, 0);
  }
}

/// A row that became several, of which some were refused, can be neither moved nor kept.
Status Runner::check_whole_rows() const {
  SLUICE_TRY(const RowShape shape, shape_of(bound_, executed_.ledger));
  if (!shape.is_piece) {
    return {};
  }
  return make_error(ErrorCode::Unsupported,
                    "the contract makes rows of other rows: refused ones cannot be replayed alone")
      .with_hint("read the source again instead: sluice run --full --again");
}

/// Of an input without a record not all columns are known: there is nothing to publish then.
Status Runner::check_has_columns() {
  const bool has_columns = std::ranges::any_of(bound_.good.fields, [&](const auto& field) {
    return std::ranges::none_of(bound_.pipeline.lineage, [&](const auto& stamp) {
      return schema::same_column(stamp.name, field.name);
    });
  });
  if (has_columns || result_.rows.good == 0) {
    return {};
  }
  return make_error(ErrorCode::InvalidContract,
                    "the steps leave no column to publish: 'drop' takes all that there are")
      .with_hint("keep one column at least, or add one by a `derive` after the `drop`");
}

Status Runner::check_gates() {
  const Quarantine& quarantine = contract_->quarantine;
  const std::int64_t errors = result_.rows.quarantined;
  const bool has_bad = errors > 0;
  const MaxErrors& most = options_.max_errors;
  std::string reason;
  if (bound_.pipeline.stop_on_dataset_error && !executed_.broken_dataset_rules.empty()) {
    reason = "a data set rule failed: " + executed_.broken_dataset_rules.front();
  } else if (replay_) {
    // What is refused again stays where it is: no gate of new rows.
  } else if (has_bad && options_.on_row_error == OnRowError::Fail) {
    reason = fmt::format("{} rows are in error, and --on-row-error is fail", errors);
  } else if (most.rows && errors > *most.rows) {
    reason = fmt::format("{} rows are in error, more than {}", errors, *most.rows);
  } else if (most.percent && static_cast<double>(errors) * 100 >
                                 *most.percent * static_cast<double>(result_.rows.source)) {
    reason = fmt::format("{} of {} rows are in error, more than {}%", errors, result_.rows.source,
                         *most.percent);
  } else if (has_bad && quarantine.fail_on_quarantine.value) {
    reason = fmt::format("{} rows were refused, and fail_on_quarantine is set", errors);
  } else if (has_bad && !quarantine.enabled.value && options_.on_row_error != OnRowError::Skip) {
    reason = fmt::format("{} rows were refused, and the quarantine is off", errors);
  }
  if (!reason.empty()) {
    result_.status = RunStatus::Failed;
    result_.reason = std::move(reason);
  }
  return {};
}

Status Runner::judge_rows() {
  SLUICE_CHECK(as_input_error(lower_and_bind()));
  if (target() != nullptr) {
    SLUICE_TRY(const plan::WriteMode mode, lower_strategy(*contract_));
    SLUICE_CHECK(check_target_columns(
        context_, *target(), *contract_,
        {.columns = bound_.good, .untold = bound_.untold, .relation = run::kGoodRelation}, mode));
  }
  return as_input_error(execute());
}

}  // namespace sluice::contract::internal
