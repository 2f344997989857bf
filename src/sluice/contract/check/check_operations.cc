// Service levels, schedules, retention, notifications, extraction; and what no run executes yet.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sluice/contract/check/checks_internal.h"
#include "sluice/contract/check/extraction_patterns.h"
#include "sluice/contract/check/formats.h"
#include "sluice/contract/diagnostic/near.h"
#include "sluice/contract/document/document_words.h"

namespace sluice::contract::internal {
namespace {

std::optional<double> as_plain_number(const std::string& text) {
  return as_number(Node{.text = text});
}

bool has_threshold(const Checking& checking, const std::optional<Objective>& objective,
                   std::string_view key) {
  if (objective && !objective->threshold && objective->span.is_written()) {
    checking.out.add(Code::ObjectiveIncomplete, objective->span,
                     "expected 'threshold' in 'service_levels." + std::string(key) + "'");
  }
  return objective && objective->threshold;
}

/// A share; above 1 it is read as per cent.
void check_share(const Checking& checking, const std::optional<Objective>& objective,
                 std::string_view key) {
  if (!has_threshold(checking, objective, key)) {
    return;
  }
  const Text& threshold = *objective->threshold;
  const std::optional<double> share = as_plain_number(threshold.value);
  if (!share || *share < 0 || *share > 100) {
    checking.out.add(Code::OutOfBounds, threshold.span,
                     "expected a share between 0 and 1 for " + quoted(key) + ", and came " +
                         quoted(threshold.value));
  } else if (*share > 1) {
    checking.out.add(Code::ShorthandRead, threshold.span,
                     "a share above 1 is read as per cent: " + quoted(threshold.value));
  }
}

void check_freshness(const Checking& checking, const ServiceLevels& levels) {
  if (!has_threshold(checking, levels.freshness, "freshness")) {
    return;
  }
  const Text& threshold = *levels.freshness->threshold;
  const bool is_hours = as_plain_number(threshold.value).value_or(-1) >= 0;
  if (!is_hours && !parse_duration_seconds(threshold.value)) {
    checking.out.add(
        Code::BadDuration, threshold.span,
        "expected a duration such as 6h for 'freshness', and came " + quoted(threshold.value));
  }
}

void check_row_count(const Checking& checking, const ServiceLevels& levels) {
  if (!levels.row_count) {
    return;
  }
  const RowCountObjective& count = *levels.row_count;
  check_bounds(checking, count.min_rows, "min_rows", 0);
  check_bounds(checking, count.max_rows, "max_rows", 0);
  check_bounds(checking, count.skip_reprocess_days, "skip_reprocess_days", 0);
  if (count.min_rows && count.max_rows && count.min_rows->value > count.max_rows->value) {
    checking.out.add(Code::MinOverMax, count.min_rows->span,
                     "'min_rows' lies above 'max_rows' (" + std::to_string(count.max_rows->value) +
                         "): " + quoted(std::to_string(count.min_rows->value)));
  }
  if (!count.min_rows && !count.max_rows && count.span.is_written()) {
    checking.out.add(Code::ObjectiveIncomplete, count.span,
                     "expected 'min_rows' or 'max_rows' in 'service_levels.row_count'");
  }
}

void check_anomaly(const Checking& checking, const ServiceLevels& levels) {
  if (!levels.anomaly) {
    return;
  }
  const AnomalyObjective& anomaly = *levels.anomaly;
  check_bounds(checking, anomaly.lookback_runs, "lookback_runs", 1, 1'000);
  check_bounds(checking, anomaly.lookback_days, "lookback_days", 1);
  check_bounds(checking, anomaly.min_runs_before_enforcement, "min_runs_before_enforcement", 1);
  if (anomaly.min_ratio.value.value > anomaly.max_ratio.value.value) {
    checking.out.add(Code::MinOverMax, anomaly.min_ratio.span,
                     "'min_ratio' lies above 'max_ratio': " + quoted(anomaly.min_ratio.value.text));
  }
}

void check_quality(const Checking& checking, const ServiceLevels& levels) {
  if (!levels.quality) {
    return;
  }
  const auto check = [&](const MaybeNumber& share, std::string_view key) {
    if (share && !(share->value.value >= 0 && share->value.value <= 1)) {
      checking.out.add(Code::OutOfBounds, share->span,
                       "expected a share between 0 and 1 for " + quoted(key) + ", and came " +
                           quoted(share->value.text));
    }
  };
  check(levels.quality->min_good_ratio, "min_good_ratio");
  check(levels.quality->max_quarantine_ratio, "max_quarantine_ratio");
  if (!levels.quality->min_good_ratio && !levels.quality->max_quarantine_ratio &&
      levels.quality->span.is_written()) {
    checking.out.add(Code::ObjectiveIncomplete, levels.quality->span,
                     "expected 'min_good_ratio' or 'max_quarantine_ratio' in "
                     "'service_levels.quality'");
  }
}

void check_objective_columns(const Checking& checking, const ServiceLevels& levels) {
  for (const std::optional<Objective>* each :
       {&levels.freshness, &levels.availability, &levels.completeness}) {
    if (*each && (*each)->field) {
      check_column(checking, Code::ColumnNotInModel, *(*each)->field, "a service level");
    }
  }
}

void check_cron(const Checking& checking, const MaybeText& schedule) {
  const std::string fault = schedule ? cron_fault(schedule->value) : std::string{};
  if (!fault.empty()) {
    checking.out.add(Code::BadCron, schedule->span,
                     "expected a cron line for 'schedule', and came " + quoted(schedule->value),
                     fault);
  }
}

void check_retention(const Checking& checking) {
  if (!checking.contract.retention) {
    return;
  }
  const Retention& retention = *checking.contract.retention;
  if (retention.period.is_written() && !is_retention_period(retention.period.value)) {
    checking.out.add(Code::BadDuration, retention.period.span,
                     "expected a period such as 400d or P7Y for 'retention', and came " +
                         quoted(retention.period.value));
  }
  constexpr std::array<std::string_view, 3> kStarts{"record_created", "relationship_ended",
                                                    "custom"};
  if (retention.starts &&
      std::find(kStarts.begin(), kStarts.end(), retention.starts->value) == kStarts.end()) {
    checking.out.add(Code::UnknownWord, retention.starts->span,
                     "expected " + quoted_list(kStarts) + " for 'starts', and came " +
                         quoted(retention.starts->value),
                     did_you_mean(retention.starts->value, kStarts));
  }
  if (retention.column) {
    check_column(checking, Code::ColumnNotInModel, *retention.column, "'retention.column'");
  }
}

void check_events(const Checking& checking) {
  constexpr std::array<std::string_view, 20> kEvents{"quarantine",
                                                     "quarantined",
                                                     "dataset_rule_failure",
                                                     "dataset_quality_check",
                                                     "slo_breach",
                                                     "sla_breach",
                                                     "slo",
                                                     "schema_change",
                                                     "schema_drift",
                                                     "drift",
                                                     "run_failure",
                                                     "failure",
                                                     "failed",
                                                     "pipeline_failure",
                                                     "run_success",
                                                     "success",
                                                     "scan_completed",
                                                     "recovery",
                                                     "all",
                                                     "*"};
  for (const Notification& each : checking.contract.quarantine.notifications) {
    for (const Text& event : each.on_events) {
      if (std::find(kEvents.begin(), kEvents.end(), event.value) == kEvents.end()) {
        checking.out.add(Code::UnknownEvent, event.span,
                         "nothing raises this event: " + quoted(event.value),
                         did_you_mean(event.value, kEvents));
      }
    }
  }
}

void check_extraction(const Checking& checking) {
  if (!checking.contract.extraction) {
    return;
  }
  const Extraction& extraction = *checking.contract.extraction;
  const TextMap patterns = patterns_of(checking.contract);
  for (const Pair<Text>& each : patterns) {
    const std::string fault = regex_fault(each.value.value);
    if (!fault.empty()) {
      checking.out.add(Code::BadRegex, each.value.span,
                       "the pattern is not a regular expression of RE2: " + fault);
    } else if (!has_group(each.value.value)) {
      checking.out.add(Code::BadRegex, each.value.span,
                       fmt::format("the pattern has no capture group: '{}'", each.value.value),
                       "write the part that is the value in parentheses: 'No: ([0-9]+)'");
    }
  }
  if (extraction.provider.value == "regex" && patterns.empty()) {
    checking.out.add(Code::MissingKey, extraction.span,
                     "expected 'patterns' in 'extraction' for the provider 'regex'");
  }
  if (extraction.provider.value == "regex" && !extraction.text_column) {
    checking.out.add(Code::MissingKey, extraction.span,
                     "expected 'text_column' in 'extraction' for the provider 'regex'");
  }
  check_bounds(checking, extraction.batch_size, "batch_size", 1);
  check_bounds(checking, extraction.concurrency, "concurrency", 1);
}

void note_unsupported(const Checking& checking, const Span& span, std::string path,
                      std::string_view what) {
  checking.out.add(
      Code::NotSupportedYet, span,
      "no run executes " + std::string(what) +
          " yet and it decides which rows are read, so a run refuses it: " + quoted(path));
  checking.unsupported.push_back({.path = std::move(path), .decides_rows = true, .span = span});
}

/// Words of a source that no run executes; keys of such a source are in the tables.
void check_source_support(const Checking& checking, const Source& source) {
  switch (source.type.value) {
    case SourceType::Stream:
    case SourceType::Database:
    case SourceType::Dlt:
    case SourceType::Sftp:
    case SourceType::Iceberg:
      note_unsupported(checking, source.type.span, "source.type",
                       "a source of type '" + std::string(word_of(source.type.value)) + "'");
      break;
    case SourceType::Landing:
    case SourceType::Delta:
    case SourceType::Table: break;
  }
  const WatermarkStrategy strategy = source.watermark_strategy.value;
  const bool by_files =
      strategy == WatermarkStrategy::PipelineLog || strategy == WatermarkStrategy::MaxTarget;
  if (source.watermark_strategy.is_written() && !by_files) {
    note_unsupported(
        checking, source.watermark_strategy.span, "source.watermark_strategy",
        "'watermark_strategy: " + std::string(word_of(source.watermark_strategy.value)) + "'");
  }
}

void check_logic_support(const Checking& checking, const ExternalLogic& logic) {
  if (logic.type.value == LogicType::Notebook && logic.kernel_name &&
      !logic.kernel_name->value.starts_with("python")) {
    note_unsupported(checking, logic.kernel_name->span, "external_logic.kernel_name",
                     "a notebook of another kernel than python (a command can run it)");
  }
  // What it wrote is judged before it is published only where it is not the target itself.
  const bool is_judged = logic.output_path && logic.type.value != LogicType::Command;
  if (logic.handles_output.value && !is_judged) {
    note_unsupported(
        checking, logic.handles_output.span, "external_logic.handles_output",
        logic.type.value == LogicType::Command
            ? "a command that writes the target itself (it can write the rows to the file that its "
              "second argument names)"
            : "a script that writes the target itself (it can return the rows, or write them to a "
              "file that external_logic.output_path names)");
  }
}

/// Refused rows are a table in a folder that is replayed from.
void check_quarantine_support(const Checking& checking, const Quarantine& quarantine) {
  if (const MaybeText& format = quarantine.format;
      format && format->value != "parquet" && format->value != "delta") {
    checking.out.add(
        Code::NotSupportedYet, format->span,
        "refused rows are kept as Parquet or Delta, from which they are replayed; a run "
        "warns and keeps them as Parquet: " +
            quoted("quarantine.format"));
    checking.unsupported.push_back(
        {.path = "quarantine.format", .decides_rows = false, .span = format->span});
  }
  for (const MaybeText& place : {quarantine.target, quarantine.location, quarantine.table}) {
    if (place && !find_file_ending(place->value).empty()) {
      checking.out.add(Code::NotSupportedYet, place->span,
                       "the quarantine is a folder; a run into a target refuses a file: " +
                           quoted(place->value));
    }
  }
  if (quarantine.target) {
    for (const auto& [other, key] :
         {std::pair{quarantine.location, "location"}, std::pair{quarantine.table, "table"}}) {
      if (other && other->value != quarantine.target->value) {
        checking.out.add(
            Code::NotSupportedYet, other->span,
            "quarantine.target says where refused rows lie, and this is not read: " + quoted(key));
      }
    }
  }
}

}  // namespace

void check_operations(const Checking& checking) {
  const ServiceLevels& levels = checking.contract.service_levels;
  check_freshness(checking, levels);
  check_share(checking, levels.availability, "availability");
  check_share(checking, levels.completeness, "completeness");
  check_row_count(checking, levels);
  check_anomaly(checking, levels);
  check_quality(checking, levels);
  check_objective_columns(checking, levels);
  check_cron(checking, checking.contract.schedule);
  check_cron(checking, levels.schedule);
  check_retention(checking);
  check_events(checking);
  check_extraction(checking);
  if (checking.contract.external_logic) {
    check_bounds(checking, checking.contract.external_logic->timeout_seconds, "timeout_seconds", 1);
  }
}

void check_support(const Checking& checking) {
  if (checking.contract.extraction && checking.contract.extraction->provider.is_written() &&
      checking.contract.extraction->provider.value != "regex") {
    note_unsupported(checking, checking.contract.extraction->provider.span, "extraction.provider",
                     "extraction by a language model");
  }
  if (const auto& extraction = checking.contract.extraction;
      extraction && !extraction->output_schema.empty() && checking.contract.model.fields.empty()) {
    const Span& span = extraction->output_schema.front().name.span;
    checking.out.add(Code::NotSupportedYet, span,
                     "the model declares no field, so nothing casts or judges what "
                     "'extraction.output_schema' declares",
                     "declare the fields of the source in the model");
    checking.unsupported.push_back(
        {.path = "extraction.output_schema", .decides_rows = false, .span = span});
  }
  if (checking.contract.source) {
    check_source_support(checking, *checking.contract.source);
  }
  if (checking.contract.external_logic) {
    check_logic_support(checking, *checking.contract.external_logic);
  }
  check_quarantine_support(checking, checking.contract.quarantine);
}

}  // namespace sluice::contract::internal
