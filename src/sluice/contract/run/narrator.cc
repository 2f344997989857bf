#include "sluice/contract/run/narrator.h"

#include <utility>

#include <fmt/format.h>

namespace sluice::contract {

Narrator::Narrator(const Context& outer) : outer_(outer) {}

Context Narrator::context() {
  Context inner = outer_;
  inner.log = this;
  // Who shows nothing is not asked to count: engines look for the silent one.
  if (outer_.progress != &silent_progress()) {
    inner.progress = this;
  }
  return inner;
}

void Narrator::name(std::string_view field, std::string value) {
  if (!value.empty()) {
    fields_.emplace_back(field, std::move(value));
  }
}

void Narrator::tell(LogLevel level, std::string_view event, std::string message) {
  write({.level = level, .message = std::move(message), .fields = {{"event", std::string(event)}}});
}

void Narrator::write(const LogLine& line) {
  LogLine named{.level = line.level, .message = line.message, .fields = fields_};
  named.fields.insert(named.fields.end(), line.fields.begin(), line.fields.end());
  outer_.log->write(named);
}

void Narrator::report(std::string_view, std::uint64_t done, std::uint64_t total,
                      std::string_view unit) {
  outer_.progress->report(phase_.load(), done, total, unit);
}

namespace {

LogLevel level_of(bool has_failed, std::string_view severity) {
  return has_failed && severity != "info" ? LogLevel::Warning : LogLevel::Info;
}

}  // namespace

std::vector<QualityLine> render_quality(const run::RunResult& result) {
  std::vector<QualityLine> lines;
  for (const run::RowRuleResult& rule : result.row_rules) {
    if (rule.failed_rows > 0 && rule.severity != "error") {
      lines.push_back({level_of(true, rule.severity),
                       fmt::format("Quality Check: {} | Failed rows, kept: {} | Severity: {}",
                                   rule.name, rule.failed_rows, rule.severity)});
    }
  }
  for (const run::DatasetRuleResult& rule : result.dataset_rules) {
    if (std::optional<QualityLine> line = render_quality(rule)) {
      lines.push_back(*std::move(line));
    }
  }
  return lines;
}

std::optional<QualityLine> render_quality(const run::DatasetRuleResult& rule) {
  if (!rule.passed) {
    return std::nullopt;
  }
  const std::string observed = rule.is_hidden        ? "***"
                               : rule.observed       ? fmt::format("{}", *rule.observed)
                               : rule.observed_truth ? fmt::format("{}", *rule.observed_truth)
                                                     : "null";
  return QualityLine{
      level_of(!*rule.passed, rule.severity),
      fmt::format("Quality Check: {} | Result: {} | Expected: {} | Status: {}", rule.name, observed,
                  rule.expected, *rule.passed ? "PASS" : "FAIL")};
}

std::string render_notice(const run::RunResult& result) {
  const run::RowTotals& rows = result.rows;
  const run::ContractReference& of = result.contract;
  const std::string& title = !of.title.empty()        ? of.title
                             : !of.table_name.empty() ? of.table_name
                                                      : of.path;
  const double ratio = rows.source == 0 ? 0.0
                                        : 100.0 * static_cast<double>(rows.quarantined) /
                                              static_cast<double>(rows.source);
  std::string text =
      fmt::format("Sluice Alert: {} records quarantined in '{}'. Total: {} (ratio {:.1f}%)",
                  rows.quarantined, title, rows.source, ratio);
  std::string_view separator = ". Failures by rule (a record can fail several): ";
  for (const run::RowRuleResult& rule : result.row_rules) {
    if (rule.failed_rows > 0 && rule.severity == "error") {
      text += fmt::format("{}{}: {}", std::exchange(separator, ", "), rule.name, rule.failed_rows);
    }
  }
  return text;
}

}  // namespace sluice::contract
