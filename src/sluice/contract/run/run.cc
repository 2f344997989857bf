#include "sluice/contract/run/run.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/limits.h"
#include "sluice/contract/landing/source_files.h"
#include "sluice/contract/lower/lower.h"
#include "sluice/contract/notification/check_templates.h"
#include "sluice/contract/quarantine/shape.h"
#include "sluice/contract/rule/row_rules.h"
#include "sluice/contract/run/external_logic.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/records.h"
#include "sluice/contract/run/replay.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/engine/module.h"
#include "sluice/run/pipeline/bind.h"
#include "sluice/run/pipeline/ledger.h"
#include "sluice/run/pipeline/source_columns.h"
#include "sluice/run/pipeline/step_columns.h"
#include "sluice/run/state/batch_plan.h"
#include "sluice/table/module.h"

namespace sluice::contract {
namespace internal {
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

Status Runner::read_contract() {
  SLUICE_TRY(LoadedContract loaded,
             load_contract(context_, path_, options_.mesh, {.lenient = options_.lenient}));
  SLUICE_CHECK(
      check_templates(context_, loaded.text, loaded.resolved.files, loaded.resolved.checked));
  checked_ = std::move(loaded.resolved.checked);
  contract_files_ = std::move(loaded.resolved.files);
  if (!checked_.is_runnable()) {
    return refusal(checked_.diagnostics, path_);
  }
  take_server_as_source(*checked_.contract);
  contract_ = &*checked_.contract;
  clock_ = context_.clock->now();
  run_uuid_ = make_uuid_v7(*context_.clock, *context_.random);
  result_.run_id = to_string(run_uuid_);
  result_.pipeline_run_id = options_.pipeline_run_id;
  result_.started_at = clock_;
  result_.contract = {.path = path_,
                      .title = contract_->info.title ? contract_->info.title->value : "",
                      .version = contract_->info.version.value,
                      .fingerprint = loaded.fingerprint,
                      .layer = layer(*contract_),
                      .table_name = table_name(*contract_)};
  if (const auto named = find_named_target(*contract_)) {
    const auto fill = [](std::string& name, const std::string& other) {
      name = name.empty() ? other : name;
    };
    fill(result_.contract.layer, named->layer);
    fill(result_.contract.table_name, named->table);
  }
  narrator_.name("run_id", result_.run_id);
  narrator_.name("pipeline_run_id", result_.pipeline_run_id);
  narrator_.name("layer", result_.contract.layer);
  narrator_.name("contract", path_);
  SLUICE_TRY(places_, find_places(*contract_, options_));
  bad_file_ = find_bad_file();
  return refuse_unsupported();
}

/// Rows that are refused land somewhere wherever others are published.
std::string Runner::find_bad_file() const {
  const std::string& good = options_.output_good;
  const bool has_place = !places_.target_name().empty() || options_.take_bad != nullptr;
  const bool keeps = contract_->quarantine.enabled.value &&
                     options_.on_row_error != OnRowError::Skip &&
                     options_.on_row_error != OnRowError::Fail;
  if (!options_.output_bad.empty() || good.empty() || has_place || !keeps) {
    return options_.output_bad;
  }
  const std::size_t name = good.rfind('/') == std::string::npos ? 0 : good.rfind('/') + 1;
  const std::size_t dot = good.rfind('.');
  const std::size_t ending = dot == std::string::npos || dot <= name ? good.size() : dot;
  return good.substr(0, ending) + ".quarantine" + good.substr(ending);
}

Status Runner::refuse_unsupported() {
  for (const Diagnostic& found : checked_.diagnostics) {
    if (found.code == Code::UnmaskedPersonalData || found.code == Code::TemplateNotChecked) {
      result_.warnings.push_back(found.message);
    }
  }
  for (const UnsupportedKey& key : checked_.unsupported) {
    const bool is_replaced = (key.path.starts_with("source") && is_source_replaced()) ||
                             (key.path.starts_with("materialization") && places_.target.empty());
    if (key.decides_rows && !is_replaced) {
      Error error = make_error(
          ErrorCode::InvalidContract,
          fmt::format("a run does not carry out this key, and it decides rows: '{}'", key.path));
      error.at = place_of(key.span);
      return std::move(error).with_hint("remove the key, or replace what it says by a flag");
    }
    result_.warnings.push_back(fmt::format("not carried out by a run: '{}'", key.path));
  }
  return {};
}

SourcePosition Runner::place_of(const Span& span) const {
  return {
      .file = contract_files_.at(span.file), .line = span.begin.line, .column = span.begin.column};
}

Status Runner::open_state() {
  if (places_.state_root.empty()) {
    return {};
  }
  SLUICE_TRY(state_, options_.open_storage(places_.state_root));
  return {};
}

bool Runner::masks() const {
  return contract_ != nullptr &&
         std::ranges::any_of(contract_->model.fields,
                             [](const Field& field) { return field.masking.has_value(); });
}

Status Runner::open_vault() {
  const bool seals = contract_->quarantine.seal.value;
  const bool needs_key = std::ranges::any_of(contract_->model.fields, [&](const Field& field) {
    return field.masking && (seals || field.masking->value == Masking::Hash ||
                             field.masking->value == Masking::Encrypt);
  });
  if (needs_key) {
    SLUICE_TRY([[maybe_unused]] const auto vault, find_vault());
  }
  return {};
}

Result<std::shared_ptr<const masking::Vault>> Runner::find_vault() {
  if (vault_ == nullptr) {
    SLUICE_CHECK(masking::check_keys(options_.keys));
    SLUICE_TRY(vault_, options_.open_vault ? options_.open_vault(options_.keys)
                                           : masking::open_vault(options_.keys));
  }
  return vault_;
}

/// Whatever an engine says may hold a value; of a contract that masks, it stays inside.
Error Runner::as_told(Error error) const {
  if (!masks()) {
    return error;
  }
  std::vector<std::string> files;
  for (const run::BatchFile& file : files_) {
    files.push_back(file.path);
  }
  for (const auto& [name, paths] : links_) {
    files.insert(files.end(), paths.begin(), paths.end());
  }
  return without_values(std::move(error), files);
}

/// An engine takes all the memory that it may have, and many rows that stream need little of it.
/// Where that is too little the run is begun anew.
std::uint64_t Runner::memory_bytes_max() const {
  constexpr std::uint64_t kEnoughToStream = std::uint64_t{320} << 20;
  constexpr std::uint64_t kMany = std::uint64_t{128} << 20;
  std::uint64_t bytes = 0;
  for (const run::BatchFile& file : files_) {
    bytes += file.size_bytes;
  }
  const bool is_chosen = context_.memory_bytes_max != Context{}.memory_bytes_max;
  const bool needs_all = is_chosen || has_all_memory_ || bytes < kMany || masks() || !may_stream();
  return needs_all ? context_.memory_bytes_max : kEnoughToStream;
}

Status Runner::open_engine() {
  // Clear values on a disk outlive the run: a run that masks stays in memory.
  engine::EngineOptions options{.memory_bytes_max = memory_bytes_max(),
                                .threads_max = context_.threads_max,
                                .locked = true,
                                .may_spill = !masks()};
  for (const run::BatchFile& file : files_) {
    if (!rows_) {
      options.allowed_paths.push_back(file.path);
    }
  }
  for (const auto& [name, paths] : links_) {
    options.allowed_paths.insert(options.allowed_paths.end(), paths.begin(), paths.end());
  }
  if (unpack_folder_) {
    options.allowed_paths.push_back(unpack_folder_->path());
  }
  if (exchange_) {
    options.allowed_paths.push_back(exchange_->path());
  }
  for (const std::string* root : {&places_.target, &places_.quarantine, &delta_source_}) {
    if (!root->empty()) {
      options.allowed_paths.push_back(*root);
    }
  }
  for (const std::string& root : {places_.format == "delta" ? places_.target : "", delta_source_}) {
    if (!root.empty()) {
      SLUICE_TRY(const auto elsewhere, table::find_files_elsewhere("delta", root));
      options.allowed_paths.insert(options.allowed_paths.end(), elsewhere.begin(), elsewhere.end());
    }
  }
  for (const std::string& output : {options_.output_good, bad_file_}) {
    if (!output.empty()) {
      options.allowed_paths.push_back(folder_of(absolute_path(output, working_folder())));
    }
  }
  if (!places_.quarantine.empty()) {
    options.allowed_paths.push_back(history_root_of(places_.quarantine));
  }
  if (state_ != nullptr) {
    // A batch that a run before left unfinished may hold files that are listed no more.
    const run::BatchLog log(*state_, places_.state_folder, stream());
    SLUICE_TRY(const std::optional<run::BatchRecord> newest, log.find_newest(context_));
    if (newest) {
      newest_batch_ = newest->number;
      if (const auto* input = std::get_if<run::FileInput>(&newest->input)) {
        for (const run::BatchFile& file : input->files) {
          options.allowed_paths.push_back(file.path);
        }
      }
    }
  }
  for (const TableLink& link : table_links_) {
    if (!link.folder.empty()) {
      options.allowed_paths.push_back(link.folder);
    }
  }
  SLUICE_TRY(engine_, make_engine(options));
  result_.engine = std::string(engine_->name());
  SLUICE_TRY(connection_, engine_->connect(context_));
  if (options_.random_seed) {
    SLUICE_CHECK(
        connection_->execute(context_, fmt::format("SELECT setseed({})", *options_.random_seed)));
  }
  return open_delta_source();
}

Result<std::unique_ptr<engine::Engine>> Runner::make_engine(
    const engine::EngineOptions& options) const {
  return options_.open_engine ? options_.open_engine(options)
                              : engine::open_engine("duckdb", options);
}

/// A target that is a table in a folder.
Status Runner::open_folder() {
  if (!places_.target.empty() && places_.table.parts.empty()) {
    SLUICE_TRY(auto storage, options_.open_storage(places_.target));
    SLUICE_TRY(target_, Folder::open(*connection_, std::move(storage), places_.format));
  }
  return {};
}

Status Runner::open_tables() {
  SLUICE_CHECK(open_folder());
  if (!places_.target.empty()) {
    if (!places_.table.parts.empty()) {
      if (!places_.database_file.empty()) {
        SLUICE_TRY(const std::unique_ptr<storage::Storage> folder,
                   options_.open_storage(folder_of(places_.database_file)));
        SLUICE_CHECK(folder->prepare_folder(context_, "_"));
      }
      SLUICE_TRY(auto engine, make_engine({.address = places_.database_file,
                                           .memory_bytes_max = context_.memory_bytes_max,
                                           .threads_max = context_.threads_max,
                                           .may_spill = !masks()}));
      SLUICE_TRY(database_, DatabaseTable::open(context_, std::move(engine), places_));
    }
    SLUICE_TRY(quarantine_,
               QuarantineStore::open(*connection_, places_.quarantine, places_.quarantine_format,
                                     options_.open_storage));
  }
  return {};
}

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

}  // namespace

Status Runner::lower_and_bind() {
  SLUICE_CHECK(lower_unbound());
  SLUICE_CHECK(load_links());
  SLUICE_CHECK(run::settle_references(context_, *connection_, bound_.pipeline.references));
  plan::Pipeline pipeline = std::move(bound_.pipeline);
  if (replay_) {
    SLUICE_TRY(const RowShape shape, make_replay_relation(context_, *connection_, replay_->row_ids,
                                                          [this] { return find_vault(); }));
    pipeline.source = plan::RelationScan{.name = std::string(kReplayRelation),
                                         .has_origin = true,
                                         .may_lack_columns = shape.may_lack_columns};
  } else {
    if (rows_) {
      SLUICE_CHECK(load_rows(pipeline));
    }
    if (contract_->external_logic) {
      SLUICE_CHECK(run_logic(pipeline));
    }
  }
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

Result<RunResult> Runner::finish() {
  try_judge_levels();
  SLUICE_CHECK(keep_record());
  return std::move(result_);
}

Result<RunResult> Runner::skip(std::string reason) {
  result_.status = RunStatus::Skipped;
  result_.reason = std::move(reason);
  SLUICE_CHECK(clean_up_source());  // what a run before this one left
  return finish();
}

/// Nothing moves and no batch is recorded: rows of a replay wait, and files are as if they had
/// never been read, so that the next run takes them as they are by then. What was refused is kept.
Result<RunResult> Runner::stop_at_gate() {
  if (!replay_) {
    SLUICE_CHECK(write_outputs());
    SLUICE_CHECK(keep_stopped());
    SLUICE_CHECK(take_samples());
    if (!result_.quarantine && !bad_file_.empty()) {
      result_.quarantine =
          run::QuarantineResult{.uri = bad_file_, .rows = result_.rows.quarantined};
    }
  }
  if (unrecorded_) {
    result_.batch = 0;
  }
  return finish();
}

Result<RunResult> Runner::run() {
  Result<RunResult> result = run_steps();
  if (result) {
    return result;
  }
  Error error = result.error().code == ErrorCode::Cancelled ? stopped(path_)
                                                            : as_told(std::move(result).error());
  if (contract_ != nullptr && contract_->external_logic) {
    error = of_whole_records(std::move(error));
  }
  keep_failure(error);
  const bool goes_on = has_lost_race_ || needs_replay_ || lacks_memory_;
  if (contract_ != nullptr && !goes_on) {
    narrator_.tell(LogLevel::Error, "failed", "Run failed: " + error.message);
  }
  return error;
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

Result<RunResult> Runner::run_steps() {
  SLUICE_CHECK(read_contract());
  SLUICE_CHECK(open_vault());
  if (!options_.replay) {
    SLUICE_CHECK(list_files());
    SLUICE_CHECK(find_cleanup());
    SLUICE_CHECK(make_exchange());
    SLUICE_CHECK(make_unpack_folder());
  }
  SLUICE_CHECK(list_links());
  SLUICE_CHECK(check_outputs());
  SLUICE_CHECK(open_state());
  SLUICE_CHECK(keep_start());
  SLUICE_CHECK(open_engine());
  SLUICE_CHECK(open_tables());
  SLUICE_CHECK(open_lake_source());
  SLUICE_TRY(const bool has_work, options_.replay ? find_replay() : find_batch());
  if (!has_work) {
    return skip(result_.reason);
  }
  if (files_.empty() && !replay_) {
    return skip("the source has no file");
  }
  if (Status judged = judge_rows(); !judged) {
    lacks_memory_ = judged.error().code == ErrorCode::ResourceExhausted &&
                    memory_bytes_max() < context_.memory_bytes_max;
    return std::move(judged).error();
  }
  if (result_.rows.quarantined > 0) {
    narrator_.tell(LogLevel::Warning, "quarantined", render_notice(result_));
  }
  for (QualityLine& line : render_quality(result_)) {
    narrator_.tell(line.level, "quality", std::move(line.message));
  }
  SLUICE_CHECK(check_has_columns());
  SLUICE_CHECK(check_gates());
  if (result_.status == RunStatus::Failed) {
    return stop_at_gate();
  }
  count_skipped();
  SLUICE_CHECK(take_samples());
  const bool was_fresh = unrecorded_.has_value() || state_ == nullptr || replay_;
  SLUICE_CHECK(commit());
  settle();
  SLUICE_CHECK(give_rows());
  SLUICE_CHECK(clean_up_source());
  finished_batch_ = !was_fresh && has_other_files() ? result_.batch : 0;
  return finish();
}

}  // namespace internal

namespace {

bool meets_levels(const run::RunResult& result) {
  return std::ranges::all_of(result.service_levels, &run::ServiceLevelResult::met);
}

/// What a run says of the batches of earlier ones that it finished before its own.
Result<run::RunResult> with_finished(Result<run::RunResult> result,
                                     const std::vector<std::string>& finished) {
  if (result) {
    result->warnings.insert(result->warnings.begin(), finished.begin(), finished.end());
    return result;
  }
  for (const std::string& one : finished) {
    result = std::move(result).error().with_context(one);
  }
  return result;
}

}  // namespace

Result<run::RunResult> run(const Context& context, const std::string& path,
                           const RunOptions& options) {
  bool has_all_memory = false;
  std::vector<std::string> finished_first;
  for (int attempt = 1;; ++attempt) {
    internal::Runner runner(context, path, options, has_all_memory);
    auto result = runner.run();
    if (result && runner.finished_batch() != 0 && attempt < limits::kCommitRetryMax) {
      finished_first.push_back(fmt::format(
          "batch {}, which an earlier run left unfinished, was finished first: {} rows written, {} "
          "quarantined",
          runner.finished_batch(), result->rows.written, result->rows.quarantined));
      if (meets_levels(*result)) {
        continue;
      }
      finished_first.back() += "; it broke a service level, so other files wait for the next run";
      return with_finished(std::move(result), finished_first);
    }
    if (runner.lacks_memory()) {
      has_all_memory = true;
      continue;
    }
    if (runner.needs_replay() && attempt < limits::kCommitRetryMax) {
      RunOptions finishing = options;
      finishing.replay = RowSelection{.row_ids = {"none"}};  // what is recorded, and no more
      SLUICE_TRY([[maybe_unused]] const run::RunResult finished, run(context, path, finishing));
      continue;
    }
    if (!runner.has_lost_race() || attempt == limits::kCommitRetryMax) {
      return with_finished(std::move(result), finished_first);
    }
  }
}

Result<PlannedRun> plan_run(const Context& context, const std::string& path,
                            const RunOptions& options) {
  RunOptions looking = options;
  looking.open_storage =
      [&options](const std::string& folder) -> Result<std::unique_ptr<storage::Storage>> {
    SLUICE_TRY(auto storage, options.open_storage(folder));
    return make_untouched(std::move(storage));
  };
  return internal::Runner(context, path, looking, false).plan();
}

}  // namespace sluice::contract
