#include "sluice/report/run_json.h"

#include <cmath>

#include <nlohmann/json.hpp>

namespace sluice::report {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;
constexpr int kRecordFormat = 1;

/// 12 rather than 12.0: a count stays a whole number.
Json number(double value) {
  constexpr double kWholeMax = 9e15;
  if (std::abs(value) < kWholeMax && value == std::floor(value)) {
    return static_cast<std::int64_t>(value);
  }
  return value;
}

Json rows_of(const run::RowTotals& rows) {
  return {{"source", rows.source},   {"good", rows.good},   {"quarantined", rows.quarantined},
          {"dropped", rows.dropped}, {"added", rows.added}, {"written", rows.written}};
}

Json rows_of(const run::Sample& sample) {
  Json rows = Json::array();
  for (const auto& row : sample.rows) {
    Json& cells = rows.emplace_back(Json::array());
    for (const std::optional<std::string>& cell : row) {
      cells.push_back(cell ? Json(*cell) : Json());
    }
  }
  return rows;
}

Json ledger_of(const std::vector<run::LedgerEntry>& ledger) {
  Json entries = Json::array();
  for (const run::LedgerEntry& entry : ledger) {
    Json& row = entries.emplace_back(Json{{"step", entry.step},
                                          {"in", entry.in},
                                          {"out", entry.out},
                                          {"quarantined", entry.quarantined},
                                          {"dropped", entry.dropped},
                                          {"added", entry.added}});
    if (entry.aggregated != 0) {
      row["aggregated"] = entry.aggregated;
    }
    if (entry.is_opaque) {
      row["opaque"] = true;
    }
  }
  return entries;
}

Json row_rules_of(const std::vector<run::RowRuleResult>& rules) {
  Json entries = Json::array();
  for (const run::RowRuleResult& rule : rules) {
    entries.push_back({{"name", rule.name},
                       {"category", rule.category},
                       {"severity", rule.severity},
                       {"failed_rows", rule.failed_rows}});
    if (!rule.description.empty()) {
      entries.back()["description"] = rule.description;
    }
  }
  return entries;
}

Json dataset_rules_of(const std::vector<run::DatasetRuleResult>& rules) {
  Json entries = Json::array();
  for (const run::DatasetRuleResult& rule : rules) {
    Json observed;
    if (rule.is_hidden) {
      observed = "***";
    } else if (rule.observed) {
      observed = number(*rule.observed);
    } else if (rule.observed_truth) {
      observed = *rule.observed_truth;
    }
    entries.push_back({{"name", rule.name},
                       {"category", rule.category},
                       {"severity", rule.severity},
                       {"passed", rule.passed ? Json(*rule.passed) : Json()},
                       {"observed", observed},
                       {"expected", rule.expected}});
    if (!rule.description.empty()) {
      entries.back()["description"] = rule.description;
    }
  }
  return entries;
}

Json service_levels_of(const std::vector<run::ServiceLevelResult>& levels) {
  Json entries = Json::array();
  for (const run::ServiceLevelResult& level : levels) {
    entries.push_back({{"name", level.name},
                       {"met", level.met},
                       {"observed", level.observed},
                       {"threshold", level.threshold},
                       {"formula", level.formula}});
    if (level.newest) {
      entries.back()["newest"] = to_string(*level.newest);
    }
  }
  return entries;
}

Json run_of(const run::RunResult& result) {
  Json json{{"schema_version", kSchemaVersion},
            {"run_id", result.run_id},
            {"status", run::to_string(result.status)}};
  if (!result.reason.empty()) {
    json["reason"] = result.reason;
  }
  json["engine"] = result.engine;
  if (!result.pipeline_run_id.empty()) {
    json["pipeline_run_id"] = result.pipeline_run_id;
  }
  json["contract"] = {{"path", result.contract.path},
                      {"title", result.contract.title},
                      {"version", result.contract.version},
                      {"fingerprint", result.contract.fingerprint}};
  json["rows"] = rows_of(result.rows);
  json["ledger"] = ledger_of(result.ledger);
  json["row_rules"] = row_rules_of(result.row_rules);
  json["dataset_rules"] = dataset_rules_of(result.dataset_rules);
  json["service_levels"] = service_levels_of(result.service_levels);
  if (const auto& target = result.target) {
    json["target"] = {{"uri", target->uri},           {"format", target->format},
                      {"strategy", target->strategy}, {"version", target->version},
                      {"inserted", target->inserted}, {"updated", target->updated},
                      {"deleted", target->deleted},   {"unchanged", target->unchanged},
                      {"files", target->files},       {"bytes", target->bytes}};
    if (!target->reader_note.empty()) {
      json["target"]["reader_note"] = target->reader_note;
    }
  }
  if (const auto& quarantine = result.quarantine) {
    json["quarantine"] = {{"uri", quarantine->uri}, {"rows", quarantine->rows}};
  }
  if (const auto& cleanup = result.cleanup) {
    json["cleanup"] = {{"files", cleanup->files}, {"left", cleanup->left}};
    if (!cleanup->archive.empty()) {
      json["cleanup"]["archive"] = cleanup->archive;
    }
  }
  if (const auto& replay = result.replay) {
    json["replay"] = {{"refused", replay->refused}, {"left", replay->left}};
  }
  if (!result.warnings.empty()) {
    json["warnings"] = result.warnings;
  }
  json["durations_ms"] = {{"load", result.durations.load_ms},
                          {"transform", result.durations.transform_ms},
                          {"quality", result.durations.quality_ms},
                          {"materialize", result.durations.materialize_ms},
                          {"total", result.durations.total_ms}};
  return json;
}

/// Of a contract that ended in an error there is nothing to count.
Json told(const run::RunResult& result) {
  return result.error.empty() ? run_of(result)
                              : Json{{"schema_version", kSchemaVersion},
                                     {"status", run::to_string(result.status)},
                                     {"error", result.error},
                                     {"contract", {{"path", result.contract.path}}}};
}

/// Text of a file name or value may be any bytes; JSON is UTF-8.
std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const run::RunResult& result) { return dump(told(result)); }

std::string to_record_json(const run::RunResult& result) {
  Json json{{"record_format", kRecordFormat}};
  json.update(run_of(result));
  json["contract"]["layer"] = result.contract.layer;
  json["contract"]["table_name"] = result.contract.table_name;
  json["started_at"] = to_string(result.started_at);
  json["finished_at"] = to_string(result.finished_at);
  json["batch"] = result.batch;
  const std::int64_t judged = result.rows.good + result.rows.quarantined;
  json["quality_score"] =
      judged == 0 ? Json()
                  : Json(static_cast<double>(result.rows.good) / static_cast<double>(judged));
  Json files = Json::array();
  for (const run::SourceFile& file : result.files) {
    files.push_back({{"path", file.path},
                     {"size_bytes", file.size_bytes},
                     {"modified", to_string(file.modified)},
                     {"tag", file.tag}});
  }
  json["files"] = std::move(files);
  if (!result.reasons_sample.rows.empty()) {
    json["refused_sample"] = {{"columns", result.reasons_sample.columns},
                              {"rows", rows_of(result.reasons_sample)}};
  }
  for (const run::StepTime& step : result.durations.steps) {
    json["step_durations_ms"].push_back({{"step", step.step}, {"ms", step.ms}});
  }
  if (!result.error.empty()) {
    json["error"] = result.error;
  }
  return dump(json);
}

std::string to_json(const std::vector<run::ServiceLevelResult>& levels) {
  return dump(service_levels_of(levels));
}

std::string to_json(std::span<const run::RunResult> results) {
  Json runs = Json::array();
  for (const run::RunResult& result : results) {
    runs.push_back(told(result));
  }
  return dump(Json{{"schema_version", kSchemaVersion}, {"runs", runs}});
}

}  // namespace sluice::report
