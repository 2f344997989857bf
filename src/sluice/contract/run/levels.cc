#include "sluice/contract/run/levels.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <nlohmann/json.hpp>

#include "sluice/contract/level/level_rows.h"
#include "sluice/contract/lower/lower.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/run/state/run_log.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::contract {
namespace {

using Json = nlohmann::ordered_json;

/// Runs that are looked back at, and what a season may need.
constexpr std::size_t kRunsLookedAt = 200;
constexpr std::size_t kRunsOfSeason = 2'000;

std::string text_at(const Json& json, const char* pointer) {
  const Json::json_pointer at{std::string(pointer)};
  return json.contains(at) && json[at].is_string() ? json[at].get<std::string>() : std::string();
}

std::optional<sys_micros> instant_at(const Json& json, const char* pointer) {
  const Result<sys_micros> instant = parse_instant(text_at(json, pointer));
  return instant ? std::optional(*instant) : std::nullopt;
}

bool is_of_table(const Json& json, std::string_view table_name) {
  return json.is_object() && text_at(json, "/contract/table_name") == table_name;
}

std::optional<PastRun> past_run(const run::StoredRun& run, std::string_view table_name) {
  const Json json = Json::parse(run.text, nullptr, false);
  if (!is_of_table(json, table_name) || json.contains("replay")) {
    return std::nullopt;
  }
  const std::optional<sys_micros> started = instant_at(json, "/started_at");
  if (!started) {
    return std::nullopt;
  }
  const std::string status = run.unfinished.empty() ? text_at(json, "/status") : run.unfinished;
  const Json::json_pointer good("/rows/good");
  return PastRun{.started_at = *started,
                 .has_failed = status == "failed" || status == "interrupted",
                 .has_ended = status != "running",
                 .has_read = status == "succeeded",
                 .good = json.contains(good) && json[good].is_number_integer()
                             ? json[good].get<std::int64_t>()
                             : 0};
}

}  // namespace

NewestSeen newest_seen(const std::vector<run::StoredRun>& runs, std::string_view table_name) {
  for (const run::StoredRun& run : runs) {
    const Json json = Json::parse(run.text, nullptr, false);
    const auto levels = json.is_object() ? json.find("service_levels") : json.end();
    if (!is_of_table(json, table_name) || levels == json.end() || !levels->is_array()) {
      continue;
    }
    for (const Json& level : *levels) {
      if (level.is_object() && text_at(level, "/name") == "freshness") {
        return {.was_judged = true, .newest = instant_at(level, "/newest")};
      }
    }
  }
  return {};
}

std::vector<PastRun> past_runs(const std::vector<run::StoredRun>& runs, std::string_view table_name,
                               std::string_view without) {
  std::vector<PastRun> past;
  for (const run::StoredRun& run : runs) {
    if (run.run_id == without) {
      continue;
    }
    if (const std::optional<PastRun> one = past_run(run, table_name)) {
      past.push_back(*one);
    }
  }
  return past;
}

Result<std::vector<run::ServiceLevelResult>> judge_now(const Context& context,
                                                       const std::string& path,
                                                       const RunOptions& options,
                                                       const std::vector<run::StoredRun>& runs) {
  SLUICE_TRY(const LoadedContract loaded,
             load_contract(context, path, options.mesh, {.lenient = options.lenient}));
  const CheckedContract& checked = loaded.resolved.checked;
  if (!checked.is_runnable()) {
    return refusal(checked.diagnostics, path);
  }
  const ServiceLevels& levels = checked.contract->service_levels;
  const std::string name = table_name(*checked.contract);
  Observations observed{.now = context.clock->now(), .earlier = past_runs(runs, name, "")};
  if (observed.earlier.empty()) {
    return std::vector<run::ServiceLevelResult>();
  }
  const NewestSeen seen = newest_seen(runs, name);
  observed.newest = seen.newest;
  observed.newest_what = "newest row or file that a run saw";
  ServiceLevels of_now;
  if (seen.was_judged) {
    of_now.freshness = levels.freshness;
  }
  of_now.schedule = levels.schedule;
  return judge(of_now, observed);
}

namespace internal {

/// The table where it can be read, else what this run brings.
Result<std::optional<JudgedRows>> Runner::find_judged_rows() {
  if (target_ && places_.format == "parquet") {
    const Result<std::vector<std::string>> files =
        table::find_parquet_files(context_, target_->storage());
    if (!files && files.error().code != ErrorCode::NotFound) {
      return files.error();
    }
    if (files && !files->empty()) {
      return std::optional(rows_of_files(*files));
    }
  }
  if (result_.status == RunStatus::Succeeded && !executed_.ledger.empty()) {
    return std::optional(JudgedRows{.relation = std::string(run::kGoodRelation),
                                    .words = "of this run's rows",
                                    .is_whole_table = false});
  }
  return std::optional<JudgedRows>();
}

Result<std::vector<run::StoredRun>> Runner::load_runs_before() {
  const std::optional<AnomalyObjective>& anomaly = contract_->service_levels.anomaly;
  const bool looks_far =
      anomaly && (anomaly->method.value == AnomalyBaseline::SeasonalMedian ||
                  anomaly->lookback_runs.value > static_cast<std::int64_t>(kRunsLookedAt) / 2);
  return run::RunLog(*state_, places_.state_folder)
      .load_newest(context_, looks_far ? kRunsOfSeason : kRunsLookedAt);
}

Status Runner::judge_levels() {
  const ServiceLevels& levels = contract_->service_levels;
  if (levels == ServiceLevels{}) {
    return {};
  }
  Observations observed{.now = result_.started_at,
                        .rows = result_.rows,
                        .has_failed = result_.status == RunStatus::Failed,
                        .is_replay = options_.replay.has_value(),
                        .has_rows = result_.status == RunStatus::Succeeded && !options_.replay};
  std::optional<sys_micros> seen;
  if (state_ != nullptr) {
    SLUICE_TRY(const std::vector<run::StoredRun> runs, load_runs_before());
    observed.earlier = past_runs(runs, result_.contract.table_name, result_.run_id);
    seen = newest_seen(runs, result_.contract.table_name).newest;
  }
  ServiceLevels judged = levels;
  if (connection_ == nullptr || !result_.error.empty()) {
    // The run ended in an error: what needs its rows or the engine has no verdict.
    judged = {};
    judged.availability = levels.availability;
    judged.schedule = levels.schedule;
  } else {
    SLUICE_TRY(const std::optional<JudgedRows> rows, find_judged_rows());
    const LevelQuestion question{.contract = *contract_, .files = files_, .rows = rows};
    SLUICE_CHECK(observe_rows(context_, *connection_, question, observed));
    if (rows && !rows->is_whole_table) {
      observed.newest = std::max(observed.newest, seen);  // of the runs before, where it is newer
    }
  }
  result_.service_levels = judge(judged, observed);
  return {};
}

/// What was committed stands: a level that cannot be judged is told and no more.
void Runner::try_judge_levels() {
  if (const Status judged = judge_levels(); !judged) {
    result_.service_levels.clear();
    result_.warnings.push_back("the service levels could not be judged: " +
                               as_told(judged.error()).message);
  }
}

}  // namespace internal
}  // namespace sluice::contract
