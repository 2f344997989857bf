#include "sluice/contract/run/replay.h"

#include <utility>

#include <fmt/format.h>

#include "sluice/run/state/batch_plan.h"

namespace sluice::contract {
namespace {

std::string key_of(const run::BatchLog& log, std::uint64_t number) {
  return run::render_commit_key(log.stream(), number);
}

/// The newest batch that read the source: what a target that is replaced shows.
Result<std::string> newest_source_batch(const Context& context, const run::BatchLog& log) {
  SLUICE_TRY(const std::vector<run::BatchRecord> records, log.load_all(context));
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    if (!std::holds_alternative<run::ReplayInput>(record->input)) {
      return key_of(log, record->number);
    }
  }
  return std::string();
}

/// The newest batch is finished, or it is the replay that must be.
Result<std::optional<run::BatchRecord>> settle_newest(const Context& context,
                                                      const ReplayPlanInput& input,
                                                      const run::BatchRecord& newest) {
  const std::string key = key_of(input.log, newest.number);
  SLUICE_TRY(const std::optional<table::StoredCommit> stored,
             find_own_commit(context, input.log, input.target, newest));
  if (!std::holds_alternative<run::ReplayInput>(newest.input)) {
    if (!stored) {
      return make_error(ErrorCode::CommitConflict,
                        fmt::format("a run did not finish its batch {}", newest.number))
          .with_hint("finish it first: sluice run CONTRACT");
    }
    return std::optional<run::BatchRecord>();
  }
  if (!stored) {
    return std::optional(newest);
  }
  SLUICE_TRY(const bool is_settled, input.store.is_settled(context, key));
  if (!is_settled) {
    SLUICE_CHECK(input.store.settle(context, key, stored->receipt.ingest_id));
  }
  return std::optional<run::BatchRecord>();
}

}  // namespace

Error other_batch(const run::BatchLog& log, std::uint64_t number, std::string_view what) {
  return make_error(ErrorCode::Corrupt,
                    fmt::format("the target holds batch {} of this contract, and {}: '{}'", number,
                                what, log.uri_of(number)))
      .with_hint(
          "give all runs into a target one state folder; when it is lost, bring it back from a "
          "backup, or begin another with --state FOLDER and read only files that the target does "
          "not hold yet");
}

Result<std::optional<table::StoredCommit>> find_own_commit(const Context& context,
                                                           const run::BatchLog& log,
                                                           table::Table& target,
                                                           const run::BatchRecord& record) {
  SLUICE_TRY(std::optional<table::StoredCommit> stored,
             target.find_commit(context, key_of(log, record.number)));
  if (stored && !stored->fingerprint.empty() &&
      stored->fingerprint != run::render_input_fingerprint(record.input)) {
    return other_batch(log, record.number, "it is of other input than its record here");
  }
  return stored;
}

Result<bool> is_batch_done(const Context& context, const run::BatchLog& log, table::Table& target,
                           QuarantineStore& store, std::uint64_t number) {
  SLUICE_TRY(const std::optional<run::BatchRecord> newest, log.find_newest(context));
  if (!newest || newest->number != number) {
    SLUICE_TRY(const run::BatchRecord record, log.load(context, number));
    SLUICE_TRY(const auto stored, find_own_commit(context, log, target, record));
    return stored.has_value();
  }
  SLUICE_TRY(const auto stored, find_own_commit(context, log, target, *newest));
  const bool is_replay = std::holds_alternative<run::ReplayInput>(newest->input);
  return stored && is_replay ? store.is_settled(context, key_of(log, number))
                             : Result<bool>(stored.has_value());
}

Result<ReplayPlan> plan_replay(const Context& context, engine::Connection& connection,
                               ReplayPlanInput input) {
  ReplayPlan plan;
  SLUICE_TRY(const std::optional<run::BatchRecord> newest, input.log.find_newest(context));
  if (newest) {
    SLUICE_TRY(plan.record, settle_newest(context, input, *newest));
  }
  SLUICE_TRY(const bool has_rows, input.store.open_views(context));
  if (plan.record) {
    plan.is_recorded = true;
    SLUICE_CHECK(input.log.confirm(context, plan.record->number));
    return plan;
  }
  if (!has_rows) {
    return plan;
  }
  input.request.stream = key_of(input.log, 1);
  input.request.stream.pop_back();
  if (input.replaces_target) {
    SLUICE_TRY(input.request.only_batch, newest_source_batch(context, input.log));
  }
  SLUICE_TRY(ReplayChoice choice, choose_rows(context, connection, input.request));
  plan.left = choice.left;
  plan.left_because = choice.left_because;
  if (choice.rows > 0) {
    plan.record = run::BatchRecord{.stream = input.log.stream(),
                                   .number = newest ? newest->number + 1 : 1,
                                   .input = run::ReplayInput{std::move(choice.row_ids)},
                                   .clock = input.clock,
                                   .run_id = input.run_id,
                                   .fingerprint = input.fingerprint};
  }
  return plan;
}

Result<ReplayReport> replay(const Context& context, const std::string& path,
                            const RowSelection& selection, RunOptions options) {
  ReplayReport report;
  options.replay = selection;
  while (true) {
    SLUICE_TRY(run::RunResult result, run(context, path, options));
    report.left = result.replay ? result.replay->left : 0;
    report.left_because = result.replay ? result.replay->left_because : "";
    if (result.status == run::RunStatus::Skipped) {
      return report;
    }
    options.tried_by.push_back(result.run_id);
    const bool is_stopped = result.status == run::RunStatus::Failed;
    if (!is_stopped) {
      report.tried += result.rows.source;
      report.moved += result.rows.source - result.replay->refused;
      report.refused += result.replay->refused;
    }
    report.batches.push_back(std::move(result));
    if (is_stopped) {
      return report;
    }
  }
}

}  // namespace sluice::contract
