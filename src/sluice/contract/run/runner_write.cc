#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/landing/source_files.h"
#include "sluice/contract/lower/history.h"
#include "sluice/contract/lower/lower.h"
#include "sluice/contract/quarantine/replay.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/quote.h"
#include "sluice/run/pipeline/output_file.h"
#include "sluice/run/pipeline/rule_binding.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/run/state/batch_log.h"
#include "sluice/run/state/run_log.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/files/staged.h"

namespace sluice::contract::internal {
namespace {

constexpr std::string_view kErrorsColumn = "_lakelogic_errors";
constexpr std::string_view kCategoriesColumn = "_lakelogic_categories";
constexpr std::string_view kWrittenRelation = "sluice_written";

}  // namespace

bool Runner::may_stream() const {
  const bool reads_rows_later = options_.replay || options_.take_good || options_.keep_rows;
  const bool is_laid_out =
      (contract_->materialization && !contract_->materialization->partition_by.empty()) ||
      table::form_of(properties_of(*contract_)) != table::FileForm();
  const bool has_folder = !places_.target.empty() && places_.table.parts.empty();
  if (!has_folder || reads_rows_later || is_laid_out) {
    return false;
  }
  const Result<plan::WriteMode> mode = lower_strategy(*contract_);
  return mode && plan::adds_rows(*mode);
}

Result<run::RowWriter> Runner::find_writer() {
  if (!may_stream()) {
    return run::RowWriter();
  }
  SLUICE_TRY(const bool takes_files, target_->takes_files(context_, places_.state_folder));
  return takes_files
             ? run::RowWriter([this](const std::string& select) { return stage_rows(select); })
             : run::RowWriter();
}

Result<run::StreamedRows> Runner::stage_rows(const std::string& select) {
  forget_staged();  // of a way of judging that failed
  staged_.storage = &target_->storage();
  SLUICE_TRY(staged_.files, table::stage_rows(context_, *connection_, *staged_.storage,
                                              target_->table().describe(), run_uuid_, select));
  run::StreamedRows streamed;
  if (staged_.files.empty()) {
    SLUICE_TRY(const std::string nothing, dialect::render_empty(bound_.good));
    streamed.from = "(" + nothing + ")";
    return streamed;
  }
  std::vector<std::string> places;
  for (const table::NewFile& file : staged_.files) {
    streamed.rows += file.rows;
    places.push_back(staged_.storage->uri(file.path));
  }
  streamed.from =
      fmt::format("read_parquet([{}], hive_partitioning = false)", table::quote_paths(places));
  return streamed;
}

/// What no commit names: the run's own files, which no reader has seen. Where a commit may have
/// named them they stay for `sluice table clean`, which asks the log.
void Runner::forget_staged() {
  std::vector<std::string> paths;
  for (const table::NewFile& file : staged_.files) {
    paths.push_back(file.path);
  }
  if (!paths.empty() && !may_be_sent_) {
    Context unstoppable = context_;
    unstoppable.stop = {};
    unstoppable.deadline.reset();
    table::remove_files(unstoppable, *staged_.storage, paths);
  }
  staged_.files.clear();
}

namespace {

Result<run::OutputFormat> output_format(const RunOptions& options, const std::string& path) {
  return options.output_format.empty() ? run::output_format_of(path)
                                       : run::parse_output_format(options.output_format);
}

}  // namespace

Status Runner::write_output(const std::string& path, std::string_view relation,
                            std::int64_t expected) {
  if (path.empty()) {
    return {};
  }
  const std::string full = absolute_path(path, working_folder());
  SLUICE_TRY(const run::OutputFormat format, output_format(options_, full));
  SLUICE_TRY(const std::unique_ptr<storage::Storage> folder,
             storage::make_file_storage({.root = folder_of(full)}));
  SLUICE_CHECK(folder->prepare_folder(context_, "_"));
  return run::write_output(context_, *connection_, *folder, full.substr(full.rfind('/') + 1),
                           relation, format, expected);
}

/// The refused rows as they leave the run, with their reasons or without.
std::string Runner::bad_rows(std::string_view relation) const {
  return contract_->quarantine.include_error_reason.value
             ? std::string(relation)
             : fmt::format("(SELECT COLUMNS(lambda c: c NOT IN ('{}', '{}', '{}')) FROM {})",
                           kErrorsColumn, kCategoriesColumn, dialect::kJudgedColumn, relation);
}

Status Runner::write_outputs() {
  const bool keeps_bad = options_.on_row_error != OnRowError::Skip;
  if (options_.output_bad.empty() && executed_.rows.quarantined == 0 &&
      !std::filesystem::exists(absolute_path(bad_file_, working_folder()))) {
    bad_file_.clear();  // what lies there of an earlier run is written anew
  }
  const auto format = output_format(options_, bad_file_);
  const std::string bad = bad_rows(
      format && *format == run::OutputFormat::Jsonl ? run::kBadJsonRelation : run::kBadRelation);
  SLUICE_CHECK(write_output(bad_file_,
                            keeps_bad ? bad : fmt::format("(SELECT * FROM {} LIMIT 0)", bad),
                            keeps_bad ? executed_.rows.quarantined : 0));
  result_.output_bad = bad_file_;
  if (!bad_file_.empty()) {
    narrator_.tell(LogLevel::Info, "written",
                   fmt::format("Wrote {} quarantined rows to {}", result_.rows.quarantined,
                               absolute_path(bad_file_, working_folder())));
  }
  if (result_.status == RunStatus::Failed) {
    return {};  // a gate stopped the run: nothing is published as good
  }
  SLUICE_CHECK(write_output(options_.output_good, run::kGoodRelation, executed_.rows.good));
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

std::string Runner::stopped_key() const {
  std::string key = run::render_commit_key(stream(), 1);
  key.pop_back();
  return key + "stopped";
}

std::vector<std::string> Runner::source_names() const {
  std::vector<std::string> names{bound_.pipeline.source_label};
  for (const run::BatchFile& file : files_) {
    names.push_back(file.path);
  }
  return names;
}

/// Refused rows lie where rows of the contract always do, also when a gate stops their run. They
/// are no batch: the next run reads the files as they are by then, and replaces them.
bool Runner::replaces_quarantine() const {
  return contract_->quarantine.write_mode.value == QuarantineWriteMode::Overwrite;
}

Status Runner::keep_stopped() {
  const bool is_kept =
      quarantine_ && result_.rows.quarantined > 0 && contract_->quarantine.enabled.value;
  if (!is_kept) {
    return {};
  }
  if (!unrecorded_) {
    // The batch was recorded by a run that died, and is repeated as it is until it is committed.
    return keep_quarantine(
        run::render_commit_key(stream(), static_cast<std::uint64_t>(result_.batch)));
  }
  SLUICE_TRY(RowShape shape, shape_of(bound_, executed_.ledger));
  shape.is_stopped = true;
  SLUICE_TRY_IN(const table::Receipt kept,
                quarantine_->keep_stopped(context_,
                                          {.batch = stopped_key(),
                                           .rule_set = rule_set_fingerprint(bound_.pipeline),
                                           .shape = render_shape(shape),
                                           .table_name = table_name(*contract_),
                                           .run_id = run_uuid_,
                                           .replaces = replaces_quarantine()},
                                          source_names()),
                "keeping the refused rows");
  SLUICE_CHECK(check_kept(kept));
  result_.quarantine = run::QuarantineResult{.uri = places_.quarantine, .rows = kept.rows_in};
  narrator_.tell(LogLevel::Info, "written",
                 fmt::format("Wrote {} quarantined rows to {}", kept.rows_in, places_.quarantine));
  return {};
}

/// A receipt of an earlier run tells of what that run refused.
Status Runner::check_kept(const table::Receipt& kept) const {
  if (kept.ingest_id != run_uuid_ || kept.rows_in == executed_.rows.quarantined) {
    return {};
  }
  return make_error(ErrorCode::Internal, fmt::format("{} rows were refused and {} were kept",
                                                     executed_.rows.quarantined, kept.rows_in));
}

Status Runner::keep_quarantine(const std::string& key) {
  SLUICE_CHECK(quarantine_->forget_stopped(context_, stopped_key(), source_names()));
  if (result_.rows.quarantined == 0 || !contract_->quarantine.enabled.value) {
    return unrecorded_ ? Status{} : quarantine_->forget_batch(context_, key);
  }
  narrator_.begin("quarantine");
  SLUICE_TRY(const RowShape shape, shape_of(bound_, executed_.ledger));
  SLUICE_TRY_IN(const table::Receipt kept,
                quarantine_->keep(context_, {.batch = key,
                                             .rule_set = rule_set_fingerprint(bound_.pipeline),
                                             .shape = render_shape(shape),
                                             .line_shape = render_shape({.columns = {},
                                                                         .may_lack_columns = false,
                                                                         .is_piece = false,
                                                                         .is_line = true,
                                                                         .masked = {}}),
                                             .table_name = table_name(*contract_),
                                             .run_id = run_uuid_,
                                             .replaces = replaces_quarantine()}),
                "keeping the refused rows");
  SLUICE_CHECK(check_kept(kept));
  result_.quarantine = run::QuarantineResult{.uri = places_.quarantine, .rows = kept.rows_in};
  narrator_.tell(LogLevel::Info, "written",
                 fmt::format("Wrote {} quarantined rows to {}", kept.rows_in, places_.quarantine));
  return {};
}

Status Runner::append_outcome(const std::string& key) {
  const std::string refused(run::kBadTextRelation);
  SLUICE_TRY(const std::vector<std::int64_t> rows,
             run::query_counts(context_, *connection_,
                               "SELECT count(DISTINCT _sluice_row) FROM " + refused));
  result_.replay->refused = rows[0];
  result_.quarantine = run::QuarantineResult{.uri = places_.quarantine, .rows = rows[0]};
  return quarantine_->append_outcome(context_, {.batch = key,
                                                .rule_set = rule_set_fingerprint(bound_.pipeline),
                                                .run_id = run_uuid_,
                                                .judged = std::string(kReplayRelation),
                                                .refused = refused});
}

/// A refused row came, so its key is not missing. A row without a key may be of any.
Status Runner::spare_refused(plan::Merge& merge) {
  std::vector<std::string> known;
  for (const std::string& column : merge.key) {
    known.push_back(dialect::quote_identifier(column) + " IS NOT NULL");
  }
  SLUICE_TRY(const std::vector<std::int64_t> keyless,
             run::query_counts(context_, *connection_,
                               fmt::format("SELECT count(*) FILTER (WHERE NOT ({})) FROM {}",
                                           fmt::join(known, " AND "), run::kBadKeptRelation)));
  if (keyless[0] > 0) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("{} rows were refused that do not show their key ('{}'), so "
                                  "nobody knows which keys are missing from this complete load",
                                  keyless[0], fmt::join(merge.key, "', '")))
        .with_hint("mend the rows, leave them out with a filter, or make the key before the rules");
  }
  SLUICE_TRY(const schema::Schema refused,
             connection_->describe(context_, fmt::format("SELECT * FROM {}", run::kBadRelation)));
  if (refused.find(dialect::kLineTextColumn) != nullptr) {
    SLUICE_TRY(const std::vector<std::int64_t> lines,
               run::query_counts(context_, *connection_,
                                 fmt::format("SELECT count({}) FROM {}", dialect::kLineTextColumn,
                                             run::kBadRelation)));
    if (lines[0] > 0) {
      return make_error(
                 ErrorCode::DataRejected,
                 fmt::format("{} lines could not be read, so nobody knows whether their keys "
                             "are missing from this complete load",
                             lines[0]))
          .with_hint("mend the lines, or load them as a part with another strategy");
    }
  }
  merge.snapshot->refused = std::string(run::kBadKeptRelation);
  return {};
}

Status Runner::bind_batch(const std::string& key) {
  SLUICE_CHECK(record_batch());
  SLUICE_CHECK(write_outputs());
  return replay_ ? append_outcome(key) : keep_quarantine(key);
}

/// How the batch goes into the target.
Result<plan::WriteMode> Runner::find_mode() {
  SLUICE_TRY(plan::WriteMode mode, lower_strategy(*contract_));
  auto* merge = std::get_if<plan::Merge>(&mode);
  if (merge != nullptr && merge->snapshot && replay_) {
    merge->snapshot.reset();  // the rows that were refused are not all there is
  } else if (merge != nullptr && merge->snapshot && executed_.rows.quarantined > 0) {
    SLUICE_CHECK(spare_refused(*merge));
  }
  if (replay_ && (std::holds_alternative<plan::Overwrite>(mode) ||
                  std::holds_alternative<plan::OverwritePartitions>(mode))) {
    mode = plan::Append{};  // beside the rows of its batch that passed at once
  }
  return mode;
}

namespace {

run::TargetResult counts_of(const table::Receipt& receipt) {
  return {.version = receipt.version,
          .inserted = receipt.inserted,
          .updated = receipt.updated,
          .deleted = receipt.deleted,
          .unchanged = receipt.unchanged,
          .files = receipt.files,
          .bytes = receipt.bytes};
}

}  // namespace

Status Runner::commit() {
  if (target() == nullptr) {
    SLUICE_CHECK(write_outputs());  // made again by whoever repeats the batch
    SLUICE_CHECK(record_batch());
    if (result_.rows.quarantined > 0) {
      result_.quarantine =
          run::QuarantineResult{.uri = bad_file_, .rows = result_.rows.quarantined};
    }
    return {};
  }
  const Stopwatch watch;
  const std::string key =
      run::render_commit_key(stream(), static_cast<std::uint64_t>(result_.batch));
  narrator_.begin("write");
  SLUICE_TRY(const plan::WriteMode mode, find_mode());
  const std::string strategy(plan::mode_name(mode));
  bool is_bound = false;
  Result<CommittedRows> committed = commit_target(
      context_, *target(), *contract_,
      {.columns = bound_.good,
       .untold = bound_.untold,
       .relation = run::kGoodRelation,
       .connection = connection_.get(),
       .elsewhere = database_ ? connection_.get() : nullptr,
       .staged = staged_.files.empty() ? nullptr : &staged_},
      mode,
      {.key = key, .fingerprint = run::render_input_fingerprint(input_), .ingest_id = run_uuid_},
      [&]() -> Status {
        is_bound = true;
        SLUICE_CHECK(bind_batch(key));
        SLUICE_CHECK(keep_draft(strategy));
        may_be_sent_ = true;
        return {};
      });
  if (!committed) {
    SLUICE_CHECK(check_own_key());
    may_be_sent_ = may_be_sent_ && committed.error().code != ErrorCode::CommitConflict;
    return as_write_fault(std::move(committed).error());
  }
  may_be_sent_ = false;
  if (committed->took_files) {
    staged_.files.clear();
  }
  const table::Receipt& receipt = committed->receipt;
  if (!is_bound) {  // another process has committed this batch meanwhile
    SLUICE_CHECK(unrecorded_ ? tell_known_key() : write_outputs());
  }
  if (receipt.ingest_id == run_uuid_ && receipt.rows_in != result_.rows.good) {
    return make_error(ErrorCode::Internal, fmt::format("{} rows were accepted and {} were written",
                                                       result_.rows.good, receipt.rows_in));
  }
  if (replay_) {
    SLUICE_CHECK(quarantine_->settle(context_, key, receipt.ingest_id));
  }
  result_.rows.written = receipt.rows_in;
  result_.target = counts_of(receipt);
  result_.target->uri = places_.target_name();
  result_.target->format = places_.format;
  result_.target->strategy = strategy;
  result_.target->reader_note = target()->describe().reader_note;
  narrator_.tell(LogLevel::Info, "written",
                 fmt::format("Wrote {} valid rows to {}", receipt.rows_in, places_.target_name()));
  result_.durations.materialize_ms = watch.ms();
  judge_written(receipt);
  return {};
}

/// The table as the write left it, as a relation of the run's own connection: no statement of a
/// contract runs on the engine of a database.
Status Runner::view_written(const table::Receipt& receipt) {
  table::At at;
  if (places_.database_file.empty()) {
    at.version = receipt.version;
  }
  const std::string name(kWrittenRelation);
  SLUICE_CHECK(target()->make_view(context_, at, name));
  if (!database_) {
    return {};
  }
  SLUICE_TRY(ColumnStream rows,
             database_->connection().query(context_, fmt::format("SELECT * FROM {}", name)));
  SLUICE_TRY([[maybe_unused]] const std::int64_t loaded,
             connection_->load(context_, name, std::move(rows)));
  return {};
}

/// The write stands whatever comes after it; a rule without a verdict has not passed.
void Runner::count_unjudged(const Error& error) {
  for (std::size_t i = 0; i < executed_.dataset_rules.size(); ++i) {
    run::DatasetRuleResult& rule = executed_.dataset_rules[i];
    if (rule.passed) {
      continue;
    }
    rule.passed = false;
    result_.warnings.push_back(fmt::format("no verdict over the written table: {}", error.message));
    if (bound_.pipeline.dataset_rules[i].severity == plan::Severity::Error) {
      executed_.broken_dataset_rules.push_back(rule.name);
    }
  }
}

void Runner::judge_written(const table::Receipt& receipt) {
  if (!run::has_deferred_rules(bound_)) {
    return;
  }
  const std::size_t broken_before = executed_.broken_dataset_rules.size();
  Status judged = view_written(receipt);
  if (judged) {
    judged = run::judge_deferred_rules(context_, *connection_, bound_,
                                       std::string(kWrittenRelation), executed_);
  }
  if (!judged) {
    count_unjudged(as_told(std::move(judged).error()));
  }
  result_.dataset_rules = executed_.dataset_rules;
  for (std::size_t i = 0; i < executed_.dataset_rules.size(); ++i) {
    auto line = render_quality(executed_.dataset_rules[i]);
    if (line && bound_.pipeline.dataset_rules[i].is_deferred) {
      narrator_.tell(line->level, "quality", std::move(line->message));
    }
  }
  if (bound_.pipeline.stop_on_dataset_error &&
      executed_.broken_dataset_rules.size() > broken_before) {
    result_.status = RunStatus::Failed;
    result_.reason = fmt::format(
        "a data set rule failed over the table after the write, which stands as version {}: {}",
        receipt.version, executed_.broken_dataset_rules[broken_before]);
  }
}

Status Runner::bind_deferred_rules() {
  if (!run::has_deferred_rules(bound_)) {
    return {};
  }
  const Result<plan::WriteMode> mode = lower_strategy(*contract_);
  if (!mode) {
    return places_.target.empty() ? Status() : Status(Error(mode.error()));
  }
  schema::Schema written =
      with_declared_dates(*contract_, bound_.good, *mode, with_kept_columns(bound_.good, *mode));
  const auto add = [&](const std::string& name, const schema::LogicalType& type) {
    if (written.find(name) == nullptr) {
      written.fields.push_back({.name = name, .type = type});
    }
  };
  for (const plan::DeclaredColumn& column : bound_.pipeline.schema.columns) {
    if (column.is_made_by_write) {
      add(column.name, column.type);
    }
  }
  if (target() != nullptr) {
    SLUICE_TRY(const auto state, target()->find_state(context_));
    for (const schema::Field& field : state ? state->schema.fields : std::vector<schema::Field>{}) {
      add(field.name, field.type);
    }
  }
  return run::bind_deferred_rules(context_, *connection_, bound_, written);
}

void Runner::tell_unjudged() {
  for (const plan::DatasetRule& rule : bound_.pipeline.dataset_rules) {
    if (rule.is_deferred && places_.target.empty()) {
      result_.warnings.push_back(
          fmt::format("not judged, as it reads a column that the write of a table makes, and this "
                      "run writes none: the data set rule '{}'",
                      rule.name));
    }
  }
}

Status Runner::give_rows() {
  const auto give = [&](const std::function<Status(ColumnStream)>& taker,
                        std::string_view relation) -> Status {
    if (!taker) {
      return {};
    }
    SLUICE_TRY(ColumnStream rows,
               connection_->query(context_, fmt::format("SELECT * FROM {}", relation)));
    return taker(std::move(rows));
  };
  SLUICE_CHECK(give(options_.take_good, run::kGoodRelation));
  return give(options_.take_bad, bad_rows(run::kBadRelation));
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

/// The first rows of every reason, of the first rows that were refused.
Result<run::Sample> Runner::sample_reasons() {
  constexpr std::size_t kColumnsMax = 24;
  constexpr int kRowsSearched = 10'000;
  constexpr int kRowsOfReason = 2;
  constexpr int kRowsMax = 24;
  constexpr int kSignsMax = 160;
  run::Sample sample;
  SLUICE_TRY(const schema::Schema columns,
             connection_->describe(context_, fmt::format("SELECT * FROM {}", run::kBadRelation)));
  std::string list;
  for (const schema::Field& field : columns.fields) {
    const std::string column = dialect::quote_identifier(field.name);
    const bool is_reason = field.name == kErrorsColumn;
    if (field.name == kCategoriesColumn || (sample.columns.size() >= kColumnsMax && !is_reason)) {
      continue;
    }
    sample.columns.push_back(field.name);
    list += fmt::format("{}left({}, {})", list.empty() ? "" : ", ",
                        is_reason ? fmt::format("array_to_string({}, '; ')", column)
                                  : fmt::format("CAST({} AS VARCHAR)", column),
                        is_reason ? kSignsMax * 4 : kSignsMax);
  }
  SLUICE_TRY(
      sample.rows,
      run::query_texts(
          context_, *connection_,
          fmt::format("WITH b AS (SELECT row_number() OVER () AS _sluice_n, * FROM (SELECT * FROM "
                      "{0} LIMIT {1})), e AS (SELECT _sluice_n, left(unnest({2}), 60) AS "
                      "_sluice_reason FROM b), k AS (SELECT DISTINCT _sluice_n FROM (SELECT "
                      "_sluice_n, row_number() OVER (PARTITION BY _sluice_reason ORDER BY "
                      "_sluice_n) AS _sluice_r FROM e) WHERE _sluice_r <= {3}) SELECT {4} FROM b "
                      "JOIN k USING (_sluice_n) ORDER BY _sluice_n LIMIT {5}",
                      run::kBadRelation, kRowsSearched, kErrorsColumn, kRowsOfReason, list,
                      kRowsMax)));
  return sample;
}

Status Runner::take_samples() {
  if (result_.rows.quarantined > 0) {
    if (Result<run::Sample> sample = sample_reasons()) {
      result_.reasons_sample = *std::move(sample);
    } else {
      context_.say(LogLevel::Warning, "the refused rows could not be sampled for the record");
    }
  }
  if (options_.sample_rows > 0) {
    SLUICE_TRY(result_.good_sample, sample(run::kGoodRelation));
    SLUICE_TRY(result_.bad_sample, sample(run::kBadRelation));
  }
  return {};
}

}  // namespace sluice::contract::internal
