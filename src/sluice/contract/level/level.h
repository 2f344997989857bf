// Service levels judged from what was observed: the age of the newest row, the share of runs that
// did not fail, counts of rows. Each verdict carries its formula with the numbers that went into
// it, so that a person can do it again. What is observed, and where, is said in
// docs/service-levels.md. Pure functions over values; nothing is looked up here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/contract/model/operations.h"
#include "sluice/run/pipeline/run_result.h"

namespace sluice::contract {

/// An earlier run of the same contract.
struct PastRun {
  sys_micros started_at;
  bool has_failed = false;  // failed or interrupted
  bool has_ended = true;    // one that is still at it counts for the schedule only
  bool has_read = false;    // succeeded: its count is one of the history
  std::int64_t good = 0;
};

/// So many of so many.
struct Share {
  std::int64_t part = 0;
  std::int64_t whole = 0;
  std::string what;  // "rows with a value in 'mail'"
};

struct DayCount {
  std::string day;  // 2026-03-28
  std::int64_t rows = 0;
};

struct Observations {
  sys_micros now;
  /// Of this run; empty when nothing of it is known, as when it failed before it read.
  std::optional<run::RowTotals> rows;
  bool has_failed = false;
  /// A replay is no run of its own: it neither proves nor breaks what counts runs.
  bool is_replay = false;
  std::vector<PastRun> earlier;  // newest first, without replays
  /// The instant that freshness is counted from, and what it is: "newest 'loaded_at' of the
  /// table". Without words nothing was looked at, and there is no verdict.
  std::optional<sys_micros> newest;
  std::string newest_what;
  std::optional<Share> availability;  // of a field
  std::optional<Share> completeness;
  std::optional<std::vector<DayCount>> days;  // row_count.check_field is a column
  /// The run was skipped or failed: what judges its rows has no verdict.
  bool has_rows = true;
};

/// In the order freshness, availability, row_count, completeness, schedule, anomaly, quality.
std::vector<run::ServiceLevelResult> judge(const ServiceLevels& levels,
                                           const Observations& observed);

run::ServiceLevelResult judge_freshness(std::string_view threshold, std::string_view what,
                                        std::optional<sys_micros> newest, sys_micros now);

/// `newest_run`: start of the newest run that did not fail. A run may come ten minutes late.
run::ServiceLevelResult judge_schedule(std::string_view cron, std::optional<sys_micros> newest_run,
                                       sys_micros now);

/// "2d 3h", "12m", "45s".
std::string render_age(std::int64_t seconds);

}  // namespace sluice::contract
