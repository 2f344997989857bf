#include "sluice/contract/level/level.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/check/formats.h"
#include "sluice/contract/level/schedule.h"

namespace sluice::contract {
namespace {

using run::ServiceLevelResult;
using std::chrono::duration_cast;
using std::chrono::seconds;

constexpr std::chrono::minutes kLateness{10};
constexpr std::int64_t kRunsOfAvailability = 100;

std::optional<double> number_in(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number)
                                                                  : std::nullopt;
}

/// A duration, or a number of hours.
std::optional<std::int64_t> threshold_seconds(std::string_view text) {
  if (const std::optional<double> hours = number_in(text)) {
    return static_cast<std::int64_t>(*hours * 3600);
  }
  return parse_duration_seconds(text);
}

/// A share; above 1 it is per cent.
double share_in(std::string_view text) {
  const double share = number_in(text).value_or(0);
  return share > 1 ? share / 100 : share;
}

ServiceLevelResult judge_share(std::string name, const Objective& objective, const Share& share) {
  const double wanted = share_in(objective.threshold ? objective.threshold->value : "0");
  ServiceLevelResult result{.name = std::move(name), .threshold = fmt::format("{:.6g}", wanted)};
  if (share.whole == 0) {
    result.observed = "none";
    result.formula = fmt::format("{}: 0 of 0, which proves nothing", share.what);
    return result;
  }
  const double ratio = static_cast<double>(share.part) / static_cast<double>(share.whole);
  // Of whole counts: 9 of 10 is 0.9, whatever the division gives.
  constexpr double kRounding = 1e-12;
  result.met = ratio + kRounding >= wanted;
  result.observed = fmt::format("{:.6g}", ratio);
  result.formula = fmt::format("{}: {} / {} = {:.6g} >= {:.6g}", share.what, share.part,
                               share.whole, ratio, wanted);
  return result;
}

Share share_of_runs(const Observations& observed) {
  Share share{.part = observed.has_failed || observed.is_replay ? 0 : 1,
              .whole = observed.is_replay ? 0 : 1,
              .what = fmt::format("runs that did not fail, of the newest {}", kRunsOfAvailability)};
  for (const PastRun& run : observed.earlier) {
    if (share.whole == kRunsOfAvailability) {
      break;
    }
    share.part += run.has_ended && !run.has_failed ? 1 : 0;
    share.whole += run.has_ended ? 1 : 0;
  }
  return share;
}

std::string bounds_of(const RowCountObjective& objective) {
  const auto text = [](const MaybeInteger& bound) {
    return bound ? fmt::format("{}", bound->value) : std::string();
  };
  if (objective.min_rows && objective.max_rows) {
    return fmt::format("{} to {}", text(objective.min_rows), text(objective.max_rows));
  }
  return objective.min_rows ? "at least " + text(objective.min_rows)
                            : "at most " + text(objective.max_rows);
}

bool is_within(const RowCountObjective& objective, std::int64_t rows) {
  return (!objective.min_rows || rows >= objective.min_rows->value) &&
         (!objective.max_rows || rows <= objective.max_rows->value);
}

ServiceLevelResult judge_days(const RowCountObjective& objective,
                              const std::vector<DayCount>& days) {
  ServiceLevelResult result{.name = "row_count", .met = true, .threshold = bounds_of(objective)};
  const std::string& field = objective.check_field.value;
  if (days.empty()) {
    result.met = is_within(objective, 0);
    result.observed = "0";
    result.formula = fmt::format("no row has a day in '{}': 0 rows", field);
    return result;
  }
  const auto [fewest, most] = std::ranges::minmax_element(days, {}, &DayCount::rows);
  result.met = is_within(objective, fewest->rows) && is_within(objective, most->rows);
  result.observed = fmt::format("{} to {}", fewest->rows, most->rows);
  result.formula = fmt::format(
      "rows of each of {} days of '{}' that have any, the newest {} days left out: fewest {} ({}), "
      "most {} ({})",
      days.size(), field, objective.skip_reprocess_days.value, fewest->rows, fewest->day,
      most->rows, most->day);
  return result;
}

/// Which of the run's counts is meant.
std::pair<std::string_view, std::int64_t> count_of(std::string_view field,
                                                   const run::RowTotals& rows) {
  if (field == "counts_source" || field == "counts_total") {
    return {"source", rows.source};
  }
  if (field == "counts_quarantined" || field == "counts_bad") {
    return {"quarantined", rows.quarantined};
  }
  return {"good", rows.good};
}

std::optional<ServiceLevelResult> judge_rows(const RowCountObjective& objective,
                                             const Observations& observed) {
  if (observed.days) {
    return judge_days(objective, *observed.days);
  }
  if (!observed.rows || !observed.has_rows) {
    return std::nullopt;
  }
  const auto [name, rows] = count_of(objective.check_field.value, *observed.rows);
  return ServiceLevelResult{.name = "row_count",
                            .met = is_within(objective, rows),
                            .observed = fmt::format("{}", rows),
                            .threshold = bounds_of(objective),
                            .formula = fmt::format("{} rows of this run = {}", name, rows)};
}

/// A share of the rows that the run judged; of no row there is none.
ServiceLevelResult judge_rows_share(std::string name, const Number& bound, bool is_least,
                                    std::pair<std::string_view, std::int64_t> part,
                                    std::int64_t judged) {
  const double ratio = static_cast<double>(part.second) / static_cast<double>(judged);
  const double wanted = bound.value.value;
  constexpr double kRounding = 1e-12;
  return {.name = std::move(name),
          .met = is_least ? ratio + kRounding >= wanted : ratio <= wanted + kRounding,
          .observed = fmt::format("{:.6g}", ratio),
          .threshold = fmt::format("{:.6g}", wanted),
          .formula =
              fmt::format("{} rows / judged rows of this run = {} / {} = {:.6g} {} {:.6g}",
                          part.first, part.second, judged, ratio, is_least ? ">=" : "<=", wanted)};
}

void judge_quality(const QualityLevel& quality, const run::RowTotals& rows,
                   std::vector<ServiceLevelResult>& out) {
  const std::int64_t judged = rows.good + rows.quarantined;
  if (judged == 0) {
    return;
  }
  if (quality.min_good_ratio) {
    out.push_back(
        judge_rows_share("good_ratio", *quality.min_good_ratio, true, {"good", rows.good}, judged));
  }
  if (quality.max_quarantine_ratio) {
    out.push_back(judge_rows_share("quarantine_ratio", *quality.max_quarantine_ratio, false,
                                   {"quarantined", rows.quarantined}, judged));
  }
}

double median_of(std::vector<double> counts) {
  std::ranges::sort(counts);
  const std::size_t middle = counts.size() / 2;
  return counts.size() % 2 == 1 ? counts[middle] : (counts[middle - 1] + counts[middle]) / 2;
}

double mean_of(const std::vector<double>& counts) {
  double sum = 0;
  for (const double count : counts) {
    sum += count;
  }
  return sum / static_cast<double>(counts.size());
}

struct Baseline {
  std::vector<double> counts;
  double value = 0;
  std::string words;
};

Baseline newest_runs(const AnomalyObjective& objective, const Observations& observed) {
  Baseline baseline;
  for (const PastRun& run : observed.earlier) {
    if (run.has_read &&
        static_cast<std::int64_t>(baseline.counts.size()) < objective.lookback_runs.value) {
      baseline.counts.push_back(static_cast<double>(run.good));
    }
  }
  return baseline;
}

/// Runs of the same weekday where there are enough; runs without rows do not count.
Baseline season(const AnomalyObjective& objective, const Observations& observed) {
  const auto day_of = [](sys_micros at) {
    return std::chrono::weekday(std::chrono::floor<std::chrono::days>(at));
  };
  std::vector<double> all;
  std::vector<double> same;
  for (const PastRun& run : observed.earlier) {
    const auto age = observed.now - run.started_at;
    if (!run.has_read || run.good == 0 || age > std::chrono::days(objective.lookback_days.value)) {
      continue;
    }
    all.push_back(static_cast<double>(run.good));
    if (day_of(run.started_at) == day_of(observed.now)) {
      same.push_back(static_cast<double>(run.good));
    }
  }
  const auto enough = std::max<std::int64_t>(2, objective.min_runs_before_enforcement.value);
  const bool is_seasonal = static_cast<std::int64_t>(same.size()) >= enough;
  return {.counts = is_seasonal ? std::move(same) : std::move(all),
          .words = is_seasonal ? " of this weekday" : ""};
}

Baseline baseline_of(const AnomalyObjective& objective, const Observations& observed) {
  const AnomalyBaseline method = objective.method.value;
  Baseline baseline = method == AnomalyBaseline::SeasonalMedian ? season(objective, observed)
                                                                : newest_runs(objective, observed);
  const bool is_mean = method == AnomalyBaseline::RollingAverage;
  if (!baseline.counts.empty()) {
    baseline.value = is_mean ? mean_of(baseline.counts) : median_of(baseline.counts);
  }
  baseline.words = fmt::format("{} of {} runs{}", is_mean ? "mean" : "median",
                               baseline.counts.size(), baseline.words);
  return baseline;
}

ServiceLevelResult judge_anomaly(const AnomalyObjective& objective, const Observations& observed) {
  const Baseline baseline = baseline_of(objective, observed);
  const std::int64_t actual = observed.rows->good;
  const double low = objective.min_ratio.value.value;
  const double high = objective.max_ratio.value.value;
  ServiceLevelResult result{
      .name = "anomaly", .met = true, .threshold = fmt::format("{:.6g} to {:.6g}", low, high)};
  const std::int64_t needed = objective.min_runs_before_enforcement.value;
  if (static_cast<std::int64_t>(baseline.counts.size()) < needed || baseline.value <= 0) {
    result.observed = "no verdict yet";
    result.formula = fmt::format("{} = {:.6g}; needs {} runs and a usual count above 0",
                                 baseline.words, baseline.value, needed);
    return result;
  }
  const double ratio = static_cast<double>(actual) / baseline.value;
  const bool is_critical =
      actual == 0 || (objective.critical_ratio && ratio < objective.critical_ratio->value.value);
  result.met = ratio >= low && ratio <= high;
  result.observed = fmt::format("{:.6g}{}", ratio, !result.met && is_critical ? " (critical)" : "");
  result.formula = fmt::format("{} good rows / {} = {} / {:.6g} = {:.6g}", actual, baseline.words,
                               actual, baseline.value, ratio);
  return result;
}

std::optional<sys_micros> newest_that_ran(const std::vector<PastRun>& runs) {
  const auto found = std::ranges::find(runs, false, &PastRun::has_failed);
  return found == runs.end() ? std::nullopt : std::optional(found->started_at);
}

}  // namespace

std::string render_age(std::int64_t age) {
  if (age < 0) {
    return "-" + render_age(-age);
  }
  struct Unit {
    std::int64_t seconds;
    char name;
  };
  constexpr Unit kUnits[] = {{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}, {1, 's'}};
  std::string text;
  for (const Unit& unit : kUnits) {
    const std::int64_t count = age / unit.seconds;
    age %= unit.seconds;
    if (!text.empty()) {
      return count == 0 ? text : fmt::format("{} {}{}", text, count, unit.name);
    }
    if (count > 0) {
      text = fmt::format("{}{}", count, unit.name);
    }
  }
  return text.empty() ? "0s" : text;
}

ServiceLevelResult judge_freshness(std::string_view threshold, std::string_view what,
                                   std::optional<sys_micros> newest, sys_micros now) {
  const std::int64_t wanted = threshold_seconds(threshold).value_or(0);
  ServiceLevelResult result{.name = "freshness", .threshold = render_age(wanted), .newest = newest};
  if (!newest) {
    result.observed = "none";
    result.formula = fmt::format("there is no {}", what);
    return result;
  }
  const std::int64_t age = duration_cast<seconds>(now - *newest).count();
  result.met = now - *newest <= seconds(wanted);
  result.observed = render_age(age);
  result.formula = fmt::format("now - {} = {} - {} = {} s <= {} s", what, to_string(now),
                               to_string(*newest), age, wanted);
  return result;
}

ServiceLevelResult judge_schedule(std::string_view cron, std::optional<sys_micros> newest_run,
                                  sys_micros now) {
  ServiceLevelResult result{.name = "schedule", .met = true, .threshold = std::string(cron)};
  const std::optional<sys_micros> due = find_last_due(cron, now - kLateness);
  if (!newest_run || !due) {
    result.observed = newest_run ? "never due" : "first run";
    result.formula = "no run before, or no due time: nothing was missed";
    return result;
  }
  result.met = *newest_run >= *due;
  result.observed = result.met ? "on time" : "missed";
  result.formula = fmt::format(
      "newest run that did not fail {} >= newest due time {} (of at "
      "least 10 minutes before {})",
      to_string(*newest_run), to_string(*due), to_string(now));
  return result;
}

std::vector<ServiceLevelResult> judge(const ServiceLevels& levels, const Observations& observed) {
  std::vector<ServiceLevelResult> results;
  if (levels.freshness && levels.freshness->threshold && !observed.newest_what.empty()) {
    results.push_back(judge_freshness(levels.freshness->threshold->value, observed.newest_what,
                                      observed.newest, observed.now));
  }
  if (levels.availability && levels.availability->threshold &&
      (observed.availability || !levels.availability->field)) {
    results.push_back(judge_share("availability", *levels.availability,
                                  observed.availability.value_or(share_of_runs(observed))));
  }
  if (levels.row_count && (levels.row_count->min_rows || levels.row_count->max_rows)) {
    if (auto result = judge_rows(*levels.row_count, observed)) {
      results.push_back(*std::move(result));
    }
  }
  if (levels.completeness && levels.completeness->threshold && observed.completeness) {
    results.push_back(judge_share("completeness", *levels.completeness, *observed.completeness));
  }
  if (levels.schedule) {
    results.push_back(
        judge_schedule(levels.schedule->value, newest_that_ran(observed.earlier), observed.now));
  }
  if (levels.anomaly && observed.rows && observed.has_rows) {
    results.push_back(judge_anomaly(*levels.anomaly, observed));
  }
  if (levels.quality && observed.rows && observed.has_rows) {
    judge_quality(*levels.quality, *observed.rows, results);
  }
  return results;
}

}  // namespace sluice::contract
