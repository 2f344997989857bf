#include "sluice/contract/run/run.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/limits.h"
#include "sluice/base/sha256.h"
#include "sluice/contract/check/check.h"
#include "sluice/contract/file/contract_file.h"
#include "sluice/contract/lower/lower.h"
#include "sluice/contract/run/commit.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/narrator.h"
#include "sluice/contract/run/places.h"
#include "sluice/contract/run/source_files.h"
#include "sluice/engine/module.h"
#include "sluice/run/pipeline/bind.h"
#include "sluice/run/pipeline/execute.h"
#include "sluice/run/pipeline/output_file.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/run/state/batch_plan.h"
#include "sluice/run/state/content_tag.h"
#include "sluice/storage/file/file_storage.h"

namespace sluice::contract {
namespace {

using run::RunResult;
using run::RunStatus;

constexpr std::string_view kErrorsColumn = "_lakelogic_errors";

class Stopwatch {
 public:
  std::int64_t ms() const {
    const auto passed = std::chrono::steady_clock::now() - start_;
    return std::chrono::duration_cast<std::chrono::milliseconds>(passed).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// One run from the text of the contract to its record. Steps in the order of the calls.
class Runner {
 public:
  Runner(const Context& context, const std::string& path, const RunOptions& options)
      : narrator_(context), context_(narrator_.context()), path_(path), options_(options) {}

  Result<RunResult> run();
  Result<PlannedRun> plan();
  /// Another process recorded the batch that this one has read.
  bool has_lost_race() const { return has_lost_race_; }

 private:
  Status read_contract();
  Status refuse_unsupported();
  Error as_contract_error(Error error, const Span& span) const;
  bool masks() const;
  Status open_vault();
  Result<RunResult> run_steps();
  Result<PlannedRun> plan_steps();
  Error as_told(Error error) const;
  Status list_files();
  Status list_links();
  Status open_state();
  Status open_engine();
  Status open_tables();
  /// False when there is nothing to do; result_ says why.
  Result<bool> find_batch();
  Status record_batch();
  Status lower_and_bind();
  Status execute();
  Status check_gates();
  Status write_outputs();
  Status write_output(const std::string& path, std::string_view relation);
  Status commit();
  Status keep_quarantine(const std::string& key);
  void settle();
  Status take_samples();
  Status keep_record();
  Result<run::Sample> sample(std::string_view relation);
  Result<RunResult> skip(std::string reason);
  Result<RunResult> finish();
  run::StreamId stream() const;
  bool is_incremental() const;

  Narrator narrator_;
  Context context_;
  std::string path_;
  const RunOptions& options_;
  Stopwatch watch_;
  RunResult result_;
  Uuid run_uuid_;
  sys_micros clock_{};
  CheckedContract checked_;
  const Contract* contract_ = nullptr;
  Places places_;
  std::vector<run::BatchFile> files_;
  std::vector<std::pair<std::string, std::vector<std::string>>> links_;
  std::unique_ptr<storage::Storage> state_;
  std::shared_ptr<const masking::Vault> vault_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
  std::optional<Folder> target_;
  std::optional<Folder> quarantine_;
  std::optional<run::BatchRecord> unrecorded_;
  bool has_lost_race_ = false;
  plan::BoundPipeline bound_;
  run::Executed executed_;
};

Status Runner::read_contract() {
  SLUICE_TRY(const std::string text, load_contract_text(context_, path_));
  checked_ = check_contract(text, path_, {.lenient = options_.lenient});
  if (!checked_.is_runnable()) {
    return refusal(checked_.diagnostics, path_);
  }
  contract_ = &*checked_.contract;
  clock_ = context_.clock->now();
  run_uuid_ = make_uuid_v7(*context_.clock, *context_.random);
  result_.run_id = to_string(run_uuid_);
  result_.pipeline_run_id = options_.pipeline_run_id;
  result_.started_at = clock_;
  result_.contract = {.path = path_,
                      .title = contract_->info.title ? contract_->info.title->value : "",
                      .version = contract_->info.version.value,
                      .fingerprint = "sha256:" + sha256_hex(text),
                      .layer = layer(*contract_),
                      .table_name = table_name(*contract_)};
  narrator_.name("run_id", result_.run_id);
  narrator_.name("pipeline_run_id", result_.pipeline_run_id);
  narrator_.name("layer", result_.contract.layer);
  narrator_.name("contract", path_);
  SLUICE_TRY(places_, find_places(*contract_, options_));
  return refuse_unsupported();
}

Status Runner::refuse_unsupported() {
  for (const UnsupportedKey& key : checked_.unsupported) {
    const bool is_replaced = (key.path.starts_with("source") && !options_.sources.empty()) ||
                             (key.path.starts_with("materialization") && places_.target.empty());
    if (key.decides_rows && !is_replaced) {
      Error error = make_error(
          ErrorCode::InvalidContract,
          fmt::format("a run does not carry out this key, and it decides rows: '{}'", key.path));
      error.at = SourcePosition{
          .file = path_, .line = key.span.begin.line, .column = key.span.begin.column};
      return std::move(error).with_hint("remove the key, or replace what it says by a flag");
    }
    result_.warnings.push_back(fmt::format("not carried out by a run: '{}'", key.path));
  }
  return {};
}

/// A place that the contract names and that no run reads is the contract's fault.
Error Runner::as_contract_error(Error error, const Span& span) const {
  if (error.code == ErrorCode::Unsupported) {
    error.code = ErrorCode::InvalidContract;
    error.at = SourcePosition{.file = path_, .line = span.begin.line, .column = span.begin.column};
  }
  return error;
}

bool Runner::is_incremental() const {
  return contract_->source && contract_->source->load_mode.value == LoadMode::Incremental &&
         !options_.full;
}

Status Runner::list_files() {
  std::vector<std::string> paths;
  const auto add = [&](const std::string& path, const std::string& base) -> Status {
    SLUICE_TRY(const std::vector<std::string> found, list_source_files(path, base));
    paths.insert(paths.end(), found.begin(), found.end());
    return {};
  };
  std::string asked;
  for (const std::string& source : options_.sources) {
    SLUICE_CHECK(add(source, working_folder()));
    asked += (asked.empty() ? "" : ", ") + source;
  }
  if (options_.sources.empty()) {
    if (!contract_->source || !contract_->source->path) {
      return make_error(ErrorCode::InvalidContract, "the contract has no source to read")
          .with_hint("write source.path in the contract, or give --source");
    }
    asked = contract_->source->path->value;
    if (contract_->source->pattern) {
      asked += "/" + contract_->source->pattern->value;
    }
    if (Status added = add(asked, folder_of(absolute_path(path_, working_folder()))); !added) {
      return as_contract_error(std::move(added.error()), contract_->source->path->span);
    }
  }
  std::ranges::sort(paths);
  paths.erase(std::ranges::unique(paths).begin(), paths.end());
  for (const std::string& path : paths) {
    SLUICE_TRY(run::BatchFile file, run::load_batch_file(context_, path, path));
    files_.push_back(std::move(file));
  }
  const bool may_be_empty = contract_->source && options_.sources.empty() &&
                            (contract_->source->empty_behavior
                                 ? contract_->source->empty_behavior->value == EmptyBehavior::Skip
                                 : contract_->source->load_mode.value != LoadMode::Full);
  if (files_.empty() && !may_be_empty) {
    return make_error(ErrorCode::NotFound, fmt::format("no file matches the source: '{}'", asked))
        .with_hint("check the path, or write `empty_behavior: skip` where no file is fine");
  }
  return {};
}

Status Runner::list_links() {
  for (const Link& link : contract_->links) {
    if (!link.path) {
      continue;
    }
    auto listed =
        list_source_files(link.path->value, folder_of(absolute_path(path_, working_folder())));
    if (!listed) {
      return as_contract_error(std::move(listed.error()), link.path->span);
    }
    std::vector<std::string> found = std::move(*listed);
    if (found.empty()) {
      return make_error(ErrorCode::NotFound, fmt::format("no file matches the link '{}': '{}'",
                                                         link.name.value, link.path->value))
          .with_hint("paths of links are relative to the contract's folder");
    }
    links_.emplace_back(link.name.value, std::move(found));
  }
  return {};
}

run::StreamId Runner::stream() const {
  const std::string& root = places_.target.empty() ? places_.state_root : places_.target;
  // Below the target the state moves with it; elsewhere many targets may share one.
  const std::string target =
      options_.state_folder.empty() ? root.substr(root.rfind('/') + 1) : root;
  const std::string name = table_name(*contract_);
  return {.contract = name.empty() ? path_.substr(path_.rfind('/') + 1) : name, .target = target};
}

Status Runner::open_state() {
  if (places_.state_root.empty()) {
    return {};
  }
  SLUICE_TRY(state_, storage::make_file_storage({.root = places_.state_root}));
  return {};
}

bool Runner::masks() const {
  return contract_ != nullptr &&
         std::ranges::any_of(contract_->model.fields,
                             [](const Field& field) { return field.masking.has_value(); });
}

Status Runner::open_vault() {
  const bool needs_key = std::ranges::any_of(contract_->model.fields, [](const Field& field) {
    return field.masking &&
           (field.masking->value == Masking::Hash || field.masking->value == Masking::Encrypt);
  });
  if (needs_key) {
    SLUICE_CHECK(masking::check_keys(options_.keys));
    SLUICE_TRY(vault_, options_.open_vault ? options_.open_vault(options_.keys)
                                           : masking::open_vault(options_.keys));
  }
  return {};
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

Status Runner::open_engine() {
  // Clear values on a disk outlive the run: a run that masks stays in memory.
  engine::EngineOptions options{.memory_bytes_max = context_.memory_bytes_max,
                                .threads_max = context_.threads_max,
                                .locked = true,
                                .may_spill = !masks()};
  for (const run::BatchFile& file : files_) {
    options.allowed_paths.push_back(file.path);
  }
  for (const auto& [name, paths] : links_) {
    options.allowed_paths.insert(options.allowed_paths.end(), paths.begin(), paths.end());
  }
  for (const std::string* root : {&places_.target, &places_.quarantine}) {
    if (!root->empty()) {
      options.allowed_paths.push_back(*root);
    }
  }
  for (const std::string* output : {&options_.output_good, &options_.output_bad}) {
    if (!output->empty()) {
      options.allowed_paths.push_back(folder_of(absolute_path(*output, working_folder())));
    }
  }
  if (state_ != nullptr) {
    // A batch that a run before left unfinished may hold files that are listed no more.
    const run::BatchLog log(*state_, places_.state_folder, stream());
    SLUICE_TRY(const std::optional<run::BatchRecord> newest, log.find_newest(context_));
    if (newest) {
      if (const auto* input = std::get_if<run::FileInput>(&newest->input)) {
        for (const run::BatchFile& file : input->files) {
          options.allowed_paths.push_back(file.path);
        }
      }
    }
  }
  const OpenEngine open =
      options_.open_engine
          ? options_.open_engine
          : OpenEngine([](const auto& o) { return engine::open_engine("duckdb", o); });
  SLUICE_TRY(engine_, open(options));
  result_.engine = std::string(engine_->name());
  SLUICE_TRY(connection_, engine_->connect(context_));
  return {};
}

Status Runner::open_tables() {
  if (!places_.target.empty()) {
    SLUICE_TRY(target_, Folder::open(*connection_, places_.target));
    SLUICE_TRY(quarantine_, Folder::open(*connection_, places_.quarantine));
  }
  return {};
}

Status Runner::record_batch() {
  if (!unrecorded_) {
    return {};
  }
  const run::BatchLog log(*state_, places_.state_folder, stream());
  SLUICE_TRY(const bool is_ours, run::record_batch(context_, log, *unrecorded_));
  if (!is_ours) {
    has_lost_race_ = true;
    return make_error(ErrorCode::CommitConflict,
                      fmt::format("another process recorded this batch: '{}'", path_))
        .with_hint("run it again when the other one is done");
  }
  return {};
}

Result<bool> Runner::find_batch() {
  if (state_ == nullptr) {
    return true;
  }
  const run::BatchLog log(*state_, places_.state_folder, stream());
  const bool replaces = contract_->materialization &&
                        contract_->materialization->strategy.value == Strategy::Overwrite;
  const run::BatchRequest request{
      .mode = is_incremental() ? run::ReadMode::NewFiles : run::ReadMode::AllFiles,
      .replaces_target = replaces,
      .again = options_.again,
      .clock = clock_,
      .run_id = run_uuid_,
      .fingerprint = result_.contract.fingerprint};
  const auto is_committed = [&](const Context& context, std::uint64_t number) -> Result<bool> {
    if (!target_) {
      return true;  // nothing is written: the record is all there is
    }
    SLUICE_TRY(const std::optional<table::StoredCommit> stored,
               target_->table().find_commit(context, run::render_commit_key(stream(), number)));
    return stored.has_value();
  };
  SLUICE_TRY(const run::NextBatch next,
             run::find_next_batch(context_, log, is_committed, files_, request));
  if (const auto* nothing = std::get_if<run::NothingToDo>(&next)) {
    result_.reason =
        nothing->same_as != 0
            ? fmt::format("these files were committed before, as batch {}", nothing->same_as)
            : "there is no new file";
    if (nothing->has_other_fingerprint) {
      result_.warnings.push_back("the contract has changed since; --again reads the files again");
    }
    return false;
  }
  const auto* fresh = std::get_if<run::NewBatch>(&next);
  const run::BatchRecord& record = fresh ? fresh->record : std::get<run::Unfinished>(next).record;
  if (fresh) {
    unrecorded_ = record;
    for (const std::string& path : fresh->changed) {
      result_.warnings.push_back(
          fmt::format("this file was read before with other content: '{}'", path));
    }
  } else {
    context_.say(
        LogLevel::Info,
        fmt::format("repeating batch {}, which an earlier run left unfinished", record.number));
  }
  files_ = std::get<run::FileInput>(record.input).files;
  for (const run::BatchFile& file : files_) {
    SLUICE_CHECK(run::check_batch_file(context_, file, file.path));
  }
  clock_ = record.clock;
  result_.batch = static_cast<std::int64_t>(record.number);
  return true;
}

Status Runner::lower_and_bind() {
  LowerInput input{.path = path_,
                   .files = {},
                   .is_source_replaced = !options_.sources.empty(),
                   .source_label = "",
                   .link_files = links_,
                   .pipeline_run_id = options_.pipeline_run_id,
                   .created_by = options_.created_by};
  for (const run::BatchFile& file : files_) {
    input.files.push_back(file.path);
    result_.files.push_back({.path = file.path,
                             .size_bytes = file.size_bytes,
                             .modified = file.modified,
                             .tag = file.content_tag});
  }
  input.source_label = files_.size() == 1 ? files_.front().path
                       : contract_->source && contract_->source->path && options_.sources.empty()
                           ? contract_->source->path->value
                           : fmt::format("{} files", files_.size());
  SLUICE_TRY(const plan::Pipeline pipeline, lower_contract(*contract_, input));
  SLUICE_TRY(bound_, run::bind_pipeline(context_, *connection_, pipeline, clock_, result_.run_id));
  result_.durations.load_ms = watch_.ms();
  return {};
}

Status Runner::execute() {
  narrator_.begin("judge");
  SLUICE_TRY(executed_, run::execute_pipeline(context_, *connection_, bound_, vault_));
  result_.rows = executed_.rows;
  result_.ledger = executed_.ledger;
  result_.row_rules = executed_.row_rules;
  result_.dataset_rules = executed_.dataset_rules;
  result_.durations.transform_ms = executed_.transform_ms;
  result_.durations.quality_ms = executed_.quality_ms;
  return {};
}

Status Runner::check_gates() {
  const Quarantine& quarantine = contract_->quarantine;
  const bool has_bad = result_.rows.quarantined > 0;
  std::string reason;
  if (bound_.pipeline.stop_on_dataset_error && !executed_.broken_dataset_rules.empty()) {
    reason = "a data set rule failed: " + executed_.broken_dataset_rules.front();
  } else if (has_bad && quarantine.fail_on_quarantine.value) {
    reason = fmt::format("{} rows were refused, and fail_on_quarantine is set",
                         result_.rows.quarantined);
  } else if (has_bad && !quarantine.enabled.value) {
    reason =
        fmt::format("{} rows were refused, and the quarantine is off", result_.rows.quarantined);
  }
  if (!reason.empty()) {
    result_.status = RunStatus::Failed;
    result_.reason = std::move(reason);
  }
  return {};
}

Status Runner::write_output(const std::string& path, std::string_view relation) {
  if (path.empty()) {
    return {};
  }
  const std::string full = absolute_path(path, working_folder());
  SLUICE_TRY(const run::OutputFormat format,
             options_.output_format.empty() ? run::output_format_of(full)
                                            : run::parse_output_format(options_.output_format));
  SLUICE_TRY(const std::unique_ptr<storage::Storage> folder,
             storage::make_file_storage({.root = folder_of(full)}));
  SLUICE_CHECK(folder->prepare_folder(context_, "_"));
  return run::write_output(context_, *connection_, *folder, full.substr(full.rfind('/') + 1),
                           relation, format);
}

Status Runner::write_outputs() {
  SLUICE_CHECK(write_output(options_.output_bad, run::kBadRelation));
  result_.output_bad = options_.output_bad;
  if (!options_.output_bad.empty()) {
    narrator_.tell(LogLevel::Info, "written",
                   fmt::format("Wrote {} quarantined rows to {}", result_.rows.quarantined,
                               absolute_path(options_.output_bad, working_folder())));
  }
  if (result_.status == RunStatus::Failed) {
    return {};  // a gate stopped the run: nothing is published as good
  }
  SLUICE_CHECK(write_output(options_.output_good, run::kGoodRelation));
  result_.output_good = options_.output_good;
  if (!options_.output_good.empty()) {
    narrator_.tell(LogLevel::Info, "written",
                   fmt::format("Wrote {} valid rows to {}", result_.rows.good,
                               absolute_path(options_.output_good, working_folder())));
  }
  return {};
}

/// From here on the outcome stands: a stop ends what comes next, not this run.
void Runner::settle() {
  context_.stop = {};
  context_.deadline.reset();
}

Status Runner::keep_quarantine(const std::string& key) {
  if (result_.rows.quarantined == 0 || !contract_->quarantine.enabled.value) {
    return {};
  }
  narrator_.begin("quarantine");
  SLUICE_TRY_IN(
      const table::Receipt kept,
      commit_quarantine(context_, *connection_, quarantine_->table(), *contract_, key, run_uuid_),
      "keeping the refused rows");
  result_.quarantine = run::QuarantineResult{.uri = places_.quarantine, .rows = kept.rows_in};
  narrator_.tell(LogLevel::Info, "written",
                 fmt::format("Wrote {} quarantined rows to {}", kept.rows_in, places_.quarantine));
  return {};
}

Status Runner::commit() {
  if (!target_) {
    if (result_.rows.quarantined > 0) {
      result_.quarantine =
          run::QuarantineResult{.uri = options_.output_bad, .rows = result_.rows.quarantined};
    }
    return {};
  }
  const Stopwatch watch;
  const std::string key =
      run::render_commit_key(stream(), static_cast<std::uint64_t>(result_.batch));
  SLUICE_CHECK(keep_quarantine(key));
  if (result_.status == RunStatus::Failed) {
    return {};
  }
  narrator_.begin("write");
  SLUICE_TRY(plan::WriteMode mode, lower_strategy(*contract_));
  const std::string strategy(plan::mode_name(mode));
  SLUICE_TRY_IN(const table::Receipt receipt,
                commit_target(context_, target_->table(), *contract_, bound_.good, std::move(mode),
                              run::kGoodRelation, key, run_uuid_),
                "writing the target");
  if (receipt.ingest_id == run_uuid_ && receipt.rows_in != result_.rows.good) {
    return make_error(ErrorCode::Internal, fmt::format("{} rows were accepted and {} were written",
                                                       result_.rows.good, receipt.rows_in));
  }
  result_.rows.written = receipt.rows_in;
  result_.target = run::TargetResult{.uri = places_.target,
                                     .format = "parquet",
                                     .strategy = strategy,
                                     .version = receipt.version,
                                     .inserted = receipt.inserted,
                                     .updated = receipt.updated,
                                     .deleted = receipt.deleted};
  narrator_.tell(LogLevel::Info, "written",
                 fmt::format("Wrote {} valid rows to {}", receipt.rows_in, places_.target));
  result_.durations.materialize_ms = watch.ms();
  return {};
}

Result<run::Sample> Runner::sample(std::string_view relation) {
  run::Sample sample;
  SLUICE_TRY(const schema::Schema columns,
             connection_->describe(context_, fmt::format("SELECT * FROM {}", relation)));
  for (const schema::Field& field : columns.fields) {
    sample.columns.push_back(field.name);
  }
  const std::string rows =
      columns.find(kErrorsColumn) == nullptr
          ? std::string(relation)
          : fmt::format("(SELECT * REPLACE (array_to_string({0}, '; ') AS {0}) FROM {1})",
                        kErrorsColumn, relation);
  SLUICE_TRY(sample.rows, run::query_texts(context_, *connection_,
                                           fmt::format("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {} "
                                                       "LIMIT {}",
                                                       rows, options_.sample_rows)));
  return sample;
}

Status Runner::take_samples() {
  if (options_.sample_rows > 0) {
    SLUICE_TRY(result_.good_sample, sample(run::kGoodRelation));
    SLUICE_TRY(result_.bad_sample, sample(run::kBadRelation));
  }
  return {};
}

Status Runner::keep_record() {
  if (state_ == nullptr || !options_.render_record) {
    return {};
  }
  const std::string folder = places_.state_folder.empty() ? "runs" : places_.state_folder + "/runs";
  return state_->put_if_absent(context_, fmt::format("{}/{}.json", folder, result_.run_id),
                               options_.render_record(result_));
}

Result<RunResult> Runner::finish() {
  result_.durations.total_ms = watch_.ms();
  SLUICE_CHECK(keep_record());
  return std::move(result_);
}

Result<RunResult> Runner::skip(std::string reason) {
  result_.status = RunStatus::Skipped;
  result_.reason = std::move(reason);
  return finish();
}

Result<RunResult> Runner::run() {
  Result<RunResult> result = run_steps();
  if (!result && result.error().code == ErrorCode::Cancelled) {
    return stopped(path_);
  }
  return result ? std::move(result) : Result<RunResult>(as_told(std::move(result).error()));
}

Result<PlannedRun> Runner::plan() {
  Result<PlannedRun> result = plan_steps();
  return result ? std::move(result) : Result<PlannedRun>(as_told(std::move(result).error()));
}

Result<RunResult> Runner::run_steps() {
  SLUICE_CHECK(read_contract());
  SLUICE_CHECK(open_vault());
  SLUICE_CHECK(list_files());
  SLUICE_CHECK(list_links());
  SLUICE_CHECK(open_state());
  SLUICE_CHECK(open_engine());
  SLUICE_CHECK(open_tables());
  SLUICE_TRY(const bool has_work, find_batch());
  if (!has_work) {
    return skip(result_.reason);
  }
  if (files_.empty()) {
    return skip("the source has no file");
  }
  SLUICE_CHECK(as_input_error(lower_and_bind()));
  SLUICE_CHECK(as_input_error(execute()));
  if (result_.rows.quarantined > 0) {
    narrator_.tell(LogLevel::Warning, "quarantined", render_notice(result_));
  }
  SLUICE_CHECK(check_gates());
  SLUICE_CHECK(record_batch());
  SLUICE_CHECK(write_outputs());
  SLUICE_CHECK(commit());
  settle();
  SLUICE_CHECK(take_samples());
  return finish();
}

Result<PlannedRun> Runner::plan_steps() {
  SLUICE_CHECK(read_contract());
  SLUICE_CHECK(list_files());
  SLUICE_CHECK(list_links());
  SLUICE_CHECK(open_engine());
  SLUICE_CHECK(lower_and_bind());
  PlannedRun planned{.pipeline = to_string(bound_.pipeline),
                     .files = {},
                     .statements = {},
                     .changes = {},
                     .warnings = result_.warnings};
  for (const run::BatchFile& file : files_) {
    planned.files.push_back(file.path);
  }
  SLUICE_TRY(planned.statements, run::planned_statements(bound_));
  for (const auto& [what, place] :
       {std::pair<std::string_view, std::string>("batch record below", places_.state_root),
        {"quarantine", places_.quarantine},
        {"target", places_.target},
        {"file", options_.output_good},
        {"file", options_.output_bad}}) {
    if (!place.empty()) {
      planned.changes.push_back(fmt::format("{} {}", what, place));
    }
  }
  return planned;
}

}  // namespace

Result<RunResult> run(const Context& context, const std::string& path, const RunOptions& options) {
  for (int attempt = 1;; ++attempt) {
    Runner runner(context, path, options);
    auto result = runner.run();
    if (!runner.has_lost_race() || attempt == limits::kCommitRetryMax) {
      return result;
    }
  }
}

Result<PlannedRun> plan_run(const Context& context, const std::string& path,
                            const RunOptions& options) {
  return Runner(context, path, options).plan();
}

}  // namespace sluice::contract
