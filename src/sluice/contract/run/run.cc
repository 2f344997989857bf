#include "sluice/contract/run/run.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/limits.h"
#include "sluice/contract/landing/source_files.h"
#include "sluice/contract/notification/check_templates.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/engine/library.h"
#include "sluice/engine/module.h"
#include "sluice/run/state/batch_plan.h"
#include "sluice/table/module.h"

namespace sluice::contract {
namespace internal {

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
  const bool has_place =
      !places_.target_name().empty() || options_.take_bad != nullptr || options_.keep_rows;
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
  engine::EngineOptions options{
      .memory_bytes_max = memory_bytes_max(), .threads_max = context_.threads_max, .locked = true};
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

namespace {

constexpr std::string_view kSpillCipher = "httpfs.duckdb_extension";

}  // namespace

/// Clear values on a disk outlive the run: one that masks spills with ciphers, or not at all.
Result<std::unique_ptr<engine::Engine>> Runner::make_engine(engine::EngineOptions options) const {
  if (masks()) {
    options.spill_cipher = engine::find_library(kSpillCipher).value_or("");
    options.may_spill = !options.spill_cipher.empty();
  }
  return options_.open_engine ? options_.open_engine(options)
                              : engine::open_engine("duckdb", options);
}

/// What to do where there is too little memory for a run that may not spill.
Error Runner::with_way_to_spill(Error error) const {
  const bool is_memory = error.code == ErrorCode::ResourceExhausted &&
                         error.message.find("memory limit") != std::string::npos;
  if (is_memory && masks() && !engine::find_library(kSpillCipher)) {
    error.hint =
        "a run that masks stays in memory without the ciphers for temporary files: give it more "
        "with --memory, split the input, or run ./dev setup spill and build again";
  }
  return error;
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
      const auto open = [&] {
        return make_engine({.address = places_.database_file,
                            .memory_bytes_max = context_.memory_bytes_max,
                            .threads_max = context_.threads_max});
      };
      SLUICE_TRY(database_, DatabaseTable::open(context_, open, places_));
    }
    SLUICE_TRY(quarantine_,
               QuarantineStore::open(*connection_, places_.quarantine, places_.quarantine_format,
                                     options_.open_storage));
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
    SLUICE_CHECK(keep_rows(false));
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
  Error error = result.error().code == ErrorCode::Cancelled
                    ? stopped(path_)
                    : with_way_to_spill(as_told(std::move(result).error()));
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
  SLUICE_CHECK(keep_rows(true));
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
