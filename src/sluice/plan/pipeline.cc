#include "sluice/plan/pipeline.h"

#include <fmt/format.h>

#include "sluice/base/overloaded.h"

namespace sluice::plan {
namespace {

using std::string;

string scan_text(const Scan& scan) {
  return std::visit(
      overloaded{
          [](const FileScan& files) {
            const std::string_view format = std::visit(
                overloaded{
                    [](const CsvFormat&) -> std::string_view { return "csv"; },
                    [](const JsonFormat&) -> std::string_view { return "json"; },
                    [](const ParquetFormat&) -> std::string_view { return "parquet"; },
                    [](const FixedWidthFormat&) -> std::string_view { return "fixed width"; }},
                files.format);
            string text = fmt::format("{} {}", files.files.size(), format);
            for (const string& file : files.files) {
              text += "\n  " + file;
            }
            for (const FolderColumn& column : files.folder_columns) {
              text += fmt::format("\n  {} from the folders {}=...", column.name, column.name);
            }
            return text;
          },
          [](const RelationScan& relation) { return "relation " + relation.name; }},
      scan);
}

std::string_view phase_name(Phase phase) {
  switch (phase) {
    case Phase::Pre: return "pre";
    case Phase::Post: return "post";
  }
  return "?";
}

string schema_text(const SchemaRule& rule) {
  string text = "schema";
  switch (rule.unknown) {
    case UnknownColumns::Allow: text += " unknown allowed"; break;
    case UnknownColumns::Drop: text += " unknown dropped"; break;
    case UnknownColumns::Quarantine: text += " unknown quarantined"; break;
  }
  text += rule.refuse_missing ? ", missing refused" : "";
  text += rule.cast_to_text ? ", as text" : "";
  for (const DeclaredColumn& column : rule.columns) {
    text += fmt::format("\n  {} {}{}", column.name, to_string(column.type),
                        column.is_made_by_write ? " by the write" : "");
  }
  return text;
}

string observation_text(const Observation& observation) {
  return std::visit(
      overloaded{
          [](const ScalarQuery& scalar) { return fmt::format("sql[{}]", scalar.query.text); },
          [](const DuplicateKeys& keys) {
            string text = "duplicates of";
            for (const string& column : keys.columns) {
              text += " " + column;
            }
            return text;
          },
          [](const NullShare& share) { return "null share of " + share.column; },
          [](const RowCount&) -> string { return "rows"; }},
      observation);
}

string rule_text(const RowRule& rule) {
  return fmt::format("rule {} [{}, {}, {}]: {}", rule.name, rule.category, to_string(rule.severity),
                     rule.phase ? phase_name(*rule.phase) : "any phase", to_string(rule.predicate));
}

string reference_text(const Reference& reference) {
  string text = fmt::format("reference {}: {}", reference.name, scan_text(reference.scan));
  if (reference.filter) {
    text += fmt::format("\n  filter sql[{}]", reference.filter->text);
  }
  if (reference.query) {
    text += fmt::format("\n  query sql[{}]", reference.query->text);
  }
  return text;
}

void add_steps(string& text, const Pipeline& pipeline, Phase phase) {
  for (const PlannedStep& step : pipeline.steps) {
    if (step.phase == phase) {
      text += fmt::format("{} {}: {}\n", phase_name(phase), step.name, to_string(step.step));
    }
  }
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::Error: return "error";
    case Severity::Warning: return "warning";
    case Severity::Info: return "info";
  }
  return "?";
}

const ColumnMask* find_mask(const Pipeline& pipeline, std::string_view column) {
  for (const ColumnMask& mask : pipeline.masks) {
    if (schema::same_column(mask.column, column)) {
      return &mask;
    }
  }
  return nullptr;
}

std::string to_string(const Pipeline& pipeline) {
  string text = fmt::format("source {}\n", scan_text(pipeline.source));
  if (!pipeline.flatten.is_empty()) {
    text += "flatten nested";
    for (const string& path : pipeline.flatten.paths) {
      text += " " + path;
    }
    text += "\n";
  }
  for (const Reference& reference : pipeline.references) {
    text += reference_text(reference) + "\n";
  }
  add_steps(text, pipeline, Phase::Pre);
  text += schema_text(pipeline.schema) + "\n";
  for (const RowRule& rule : pipeline.row_rules) {
    text += rule_text(rule) + "\n";
  }
  add_steps(text, pipeline, Phase::Post);
  for (const DatasetRule& rule : pipeline.dataset_rules) {
    text +=
        fmt::format("data set rule {} [{}, {}]: {} {}\n", rule.name, rule.category,
                    to_string(rule.severity), observation_text(rule.observation), rule.bounds.text);
  }
  for (const ColumnMask& mask : pipeline.masks) {
    text += fmt::format("mask {}: {}{}\n", mask.column, to_string(mask.kind),
                        mask.is_sealed ? ", refused originals sealed" : "");
  }
  for (const LineageColumn& column : pipeline.lineage) {
    text += fmt::format("lineage {}\n", column.name);
  }
  if (pipeline.target) {
    text += fmt::format("target {}\n", to_string(*pipeline.target));
  }
  if (pipeline.quarantine) {
    text += fmt::format("quarantine {}\n", to_string(*pipeline.quarantine));
  }
  return text;
}

}  // namespace sluice::plan
