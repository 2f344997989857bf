#include "sluice/report/run_summary.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/report/shown_text.h"

namespace sluice::report {
namespace {

constexpr std::size_t kCellWidthMin = 8;
constexpr std::size_t kRulesMax = 12;
constexpr std::size_t kMargin = 2;
constexpr std::size_t kNameWidth = 13;

/// Signs on the screen, for texts in UTF-8.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

/// At most `width` signs, the last three of them dots when something was cut off.
std::string shortened(std::string text, std::size_t width) {
  if (width_of(text) <= width) {
    return text;
  }
  while (width_of(text) > width - 3) {
    text.pop_back();
  }
  return text + "...";
}

std::string padded(const std::string& text, std::size_t width) {
  const std::size_t have = width_of(text);
  return have < width ? text + std::string(width - have, ' ') : text;
}

std::string with_thousands(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (number < 0 ? 1 : 0);
       at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string duration_text(std::int64_t milliseconds) {
  return milliseconds < 10'000 ? fmt::format("{:.2f} s", static_cast<double>(milliseconds) / 1e3)
                               : fmt::format("{:.0f} s", static_cast<double>(milliseconds) / 1e3);
}

std::string counted(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", with_thousands(static_cast<std::int64_t>(count)), word,
                     count == 1 ? "" : "s");
}

/// Where a table begins its third column: behind the widest count.
std::size_t count_width(const run::RunResult& result) {
  constexpr std::size_t kLeast = 6;
  const run::RowTotals& rows = result.rows;
  const std::int64_t most =
      std::max({rows.source, rows.good, rows.quarantined, rows.added, rows.dropped});
  return std::max(kLeast, with_thousands(most).size());
}

/// The lines of one summary, as they come.
class Table {
 public:
  Table(std::size_t numbers, const SummaryOptions& options)
      : numbers_(numbers), columns_(static_cast<std::size_t>(std::max(options.columns, 1))) {}

  void add(Line line) { lines_.push_back(std::move(line)); }

  /// "  good             2   lake/silver"; the detail goes below when there is no room for it.
  void add_count(std::string_view name, const std::string& count, const std::string& detail,
                 Tone tone) {
    Line line{{.text = fmt::format("  {:13}", name), .tone = Tone::Quiet},
              {.text = fmt::format("{:>{}}", count, numbers_), .tone = tone}};
    const std::size_t used = kMargin + kNameWidth + numbers_ + 3;
    if (!detail.empty() && used + width_of(detail) > columns_) {
      lines_.push_back(std::move(line));
      lines_.push_back({{.text = "    " + detail}});
      return;
    }
    if (!detail.empty()) {
      line.push_back({.text = "   " + detail});
    }
    lines_.push_back(std::move(line));
  }
  void add_rows(std::string_view name, std::int64_t rows, const std::string& detail, Tone tone) {
    add_count(name, with_thousands(rows), detail, rows == 0 ? Tone::Plain : tone);
  }

  std::vector<Line> take() { return std::move(lines_); }

 private:
  std::size_t numbers_;
  std::size_t columns_;
  std::vector<Line> lines_;
};

std::string shown_path(const std::string& path, const SummaryOptions& options) {
  const std::string& folder = options.working_folder;
  const bool is_below = folder.size() > 1 && path.size() > folder.size() + 1 &&
                        path.starts_with(folder) && path[folder.size()] == '/';
  return is_below ? path.substr(folder.size() + 1) : path;
}

std::string good_text(const run::RunResult& result, const SummaryOptions& options) {
  if (result.target && result.status != run::RunStatus::Failed) {
    return shown_path(result.target->uri, options);
  }
  if (!result.output_good.empty()) {
    return shown_path(result.output_good, options);
  }
  return result.status == run::RunStatus::Failed ? "not written: a gate stopped the run"
                                                 : "not written: there is no target";
}

std::string bad_text(const run::RunResult& result, const SummaryOptions& options) {
  if (result.quarantine && !result.quarantine->uri.empty()) {
    return shown_path(result.quarantine->uri, options);
  }
  if (!result.output_bad.empty()) {
    return shown_path(result.output_bad, options);
  }
  if (result.rows.quarantined == 0) {
    return "";
  }
  return result.status == run::RunStatus::Failed
             ? "not kept: they are where they came from; --output-bad FILE writes them"
             : "not kept: there is no target and no --output-bad";
}

/// "merge into version 7: 1 inserted, 1 updated".
std::string write_text(const run::TargetResult& target) {
  std::string counts;
  for (const auto& [count, word] :
       {std::pair(target.inserted, "inserted"), std::pair(target.updated, "updated"),
        std::pair(target.deleted, "deleted"), std::pair(target.unchanged, "unchanged")}) {
    if (count != 0) {
      counts += fmt::format(
          "{} {}", counts.empty() ? ": " + with_thousands(count) : ", " + with_thousands(count),
          word);
    }
  }
  return fmt::format("{} {}, version {}{}", target.format, target.strategy, target.version,
                     counts.empty() ? ": nothing changed" : counts);
}

std::string status_text(const run::RunResult& result) {
  return result.reason.empty()
             ? std::string(run::to_string(result.status))
             : fmt::format("{}: {}", run::to_string(result.status), result.reason);
}

std::string steps_with(const run::RunResult& result, std::int64_t run::LedgerEntry::* part) {
  std::string names;
  for (const run::LedgerEntry& entry : result.ledger) {
    if (entry.*part != 0) {
      names += (names.empty() ? "by " : ", ") + entry.step;
    }
  }
  return names;
}

void add_places(const run::RunResult& result, const SummaryOptions& options, Table& table) {
  const run::RowTotals& rows = result.rows;
  table.add_rows("source", rows.source,
                 result.files.empty() ? "" : counted(result.files.size(), "file"), Tone::Plain);
  table.add_rows("good", rows.good, good_text(result, options), Tone::Good);
  if (result.target && !result.output_good.empty()) {
    table.add_count("", "", shown_path(result.output_good, options), Tone::Plain);
  }
  table.add_rows("quarantined", rows.quarantined, bad_text(result, options), Tone::Bad);
  if (result.quarantine && !result.output_bad.empty() &&
      result.output_bad != result.quarantine->uri) {
    table.add_count("", "", shown_path(result.output_bad, options), Tone::Plain);
  }
  if (rows.dropped != 0) {
    std::string by = steps_with(result, &run::LedgerEntry::dropped);
    table.add_rows("dropped", rows.dropped,
                   by.empty() ? steps_with(result, &run::LedgerEntry::aggregated) : by,
                   Tone::Plain);
  }
  if (rows.added != 0) {
    table.add_rows("added", rows.added, steps_with(result, &run::LedgerEntry::added), Tone::Plain);
  }
  if (result.target) {
    table.add_rows("written", rows.written, write_text(*result.target), Tone::Plain);
  }
  if (result.cleanup) {
    const std::string& archive = result.cleanup->archive;
    table.add_rows("cleaned up", result.cleanup->files,
                   archive.empty() ? "source files removed"
                                   : "source files moved to " + shown_path(archive, options),
                   Tone::Plain);
  }
}

/// The contract's own words on a rule that failed.
void add_description(const std::string& description, Table& table) {
  if (!description.empty()) {
    table.add_count("", "", shown_text(description), Tone::Quiet);
  }
}

void add_row_rules(const run::RunResult& result, Table& table) {
  std::vector<const run::RowRuleResult*> failed;
  for (const run::RowRuleResult& rule : result.row_rules) {
    if (rule.failed_rows > 0) {
      failed.push_back(&rule);
    }
  }
  std::ranges::sort(failed, [](const run::RowRuleResult* a, const run::RowRuleResult* b) {
    return a->failed_rows != b->failed_rows ? a->failed_rows > b->failed_rows : a < b;
  });
  std::string_view name = "rules failed";
  for (std::size_t i = 0; i < std::min(failed.size(), kRulesMax); ++i) {
    const run::RowRuleResult& rule = *failed[i];
    const bool is_error = rule.severity == "error";
    table.add_count(
        std::exchange(name, ""), with_thousands(rule.failed_rows),
        fmt::format("{} ({}{})", rule.name, rule.category, is_error ? "" : ", " + rule.severity),
        is_error ? Tone::Bad : Tone::Plain);
    add_description(rule.description, table);
  }
  if (failed.size() > kRulesMax) {
    table.add_count("", "", fmt::format("and {} more", failed.size() - kRulesMax), Tone::Plain);
  }
}

void add_dataset_rules(const run::RunResult& result, Table& table) {
  for (const run::DatasetRuleResult& rule : result.dataset_rules) {
    if (rule.passed == false) {
      const std::string observed = rule.is_hidden        ? "***"
                                   : rule.observed       ? fmt::format("{}", *rule.observed)
                                   : rule.observed_truth ? "false"
                                                         : "null";
      const bool is_error = rule.severity == "error";
      table.add_count("data set", observed,
                      fmt::format("{}: expected {}{}", rule.name, rule.expected,
                                  is_error ? "" : " (" + rule.severity + ")"),
                      is_error ? Tone::Bad : Tone::Plain);
      add_description(rule.description, table);
    }
  }
}

/// Broken ones with what they were computed from; those that are met in one line.
void add_levels(const run::RunResult& result, Table& table) {
  std::string met;
  std::string_view name = "broken levels";
  const auto broken =
      std::ranges::count(result.service_levels, false, &run::ServiceLevelResult::met);
  for (const run::ServiceLevelResult& level : result.service_levels) {
    if (level.met) {
      met += (met.empty() ? "" : ", ") + level.name;
      continue;
    }
    const std::string count = name.empty() ? "" : with_thousands(broken);
    table.add_count(std::exchange(name, ""), count,
                    fmt::format("{}: {} against {}", level.name, level.observed, level.threshold),
                    Tone::Bad);
    table.add_count("", "", level.formula, Tone::Quiet);
  }
  if (!met.empty()) {
    table.add_count("levels met",
                    with_thousands(std::ranges::count(result.service_levels, true,
                                                      &run::ServiceLevelResult::met)),
                    met, Tone::Good);
  }
}

bool is_reasons(std::string_view column) { return column == "_lakelogic_errors"; }
bool is_categories(std::string_view column) { return column == "_lakelogic_categories"; }

/// The widest column gives way until the table fits.
void narrow(std::vector<std::size_t>& widths, std::size_t columns) {
  const auto total = [&] {
    std::size_t sum = kMargin;
    for (const std::size_t width : widths) {
      sum += width + (width == 0 ? 0 : 2);
    }
    return sum;
  };
  while (total() > columns + 2) {
    const auto widest = std::ranges::max_element(widths);
    if (widest == widths.end() || *widest <= kCellWidthMin) {
      return;
    }
    --*widest;
  }
}

}  // namespace

std::vector<Line> render_summary(const run::RunResult& result, const SummaryOptions& options) {
  const Tone status_tone = result.status == run::RunStatus::Failed    ? Tone::Bad
                           : result.status == run::RunStatus::Skipped ? Tone::Plain
                                                                      : Tone::Good;
  const std::string title =
      result.contract.title.empty() ? result.contract.path : result.contract.title;
  Table table(count_width(result), options);
  table.add({{.text = title, .tone = Tone::Heading},
             {.text = fmt::format("  {}", status_text(result)), .tone = status_tone},
             {.text = fmt::format("  in {}", duration_text(result.durations.total_ms)),
              .tone = Tone::Quiet}});
  if (result.status != run::RunStatus::Skipped) {
    add_places(result, options, table);
    add_row_rules(result, table);
    add_dataset_rules(result, table);
  }
  add_levels(result, table);
  return table.take();
}

std::vector<Line> render_sample(std::string_view heading, const run::Sample& sample,
                                const SummaryOptions& options) {
  std::vector<Line> lines{{{.text = std::string(heading), .tone = Tone::Heading}}};
  if (sample.rows.empty()) {
    lines.push_back({{.text = "  none", .tone = Tone::Quiet}});
    return lines;
  }
  const auto is_cell = [&](std::size_t i) {
    return !is_reasons(sample.columns[i]) && !is_categories(sample.columns[i]);
  };
  const auto cell = [&](const std::optional<std::string>& value) {
    return shown_text(value.value_or("null"));
  };
  std::vector<std::size_t> widths(sample.columns.size(), 0);
  for (std::size_t i = 0; i < widths.size(); ++i) {
    widths[i] = is_cell(i) ? width_of(cell(sample.columns[i])) : 0;
    for (const auto& row : sample.rows) {
      widths[i] = is_cell(i) ? std::max(widths[i], width_of(cell(row[i]))) : 0;
    }
  }
  narrow(widths, static_cast<std::size_t>(std::max(options.columns, 1)));
  const auto add = [&](const auto& text_of, Tone tone) {
    std::string text;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      text += is_cell(i) ? "  " + padded(shortened(text_of(i), widths[i]), widths[i]) : "";
    }
    text.erase(text.find_last_not_of(' ') + 1);
    lines.push_back({{.text = text, .tone = tone}});
  };
  add([&](std::size_t i) { return cell(sample.columns[i]); }, Tone::Quiet);
  for (const auto& row : sample.rows) {
    add([&](std::size_t i) { return cell(row[i]); }, Tone::Plain);
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (is_reasons(sample.columns[i]) && row[i]) {
        lines.push_back({{.text = "      " + cell(row[i]), .tone = Tone::Bad}});
      }
    }
  }
  return lines;
}

std::string breach_line(const run::ServiceLevelResult& level) {
  return fmt::format("{}: {} against {} ({})", level.name, level.observed, level.threshold,
                     level.formula);
}

std::string completion_line(const run::RunResult& result) {
  // The rows that were judged: what steps drop, add or aggregate is told by the summary.
  const run::RowTotals& rows = result.rows;
  const std::int64_t judged = rows.good + rows.quarantined;
  const double ratio =
      judged == 0 ? 0.0
                  : 100.0 * static_cast<double>(rows.quarantined) / static_cast<double>(judged);
  return fmt::format(
      "Run complete{} | Total: {} | Good: {} | Quarantine: {} | Ratio: {:.1f}%",
      result.contract.layer.empty() ? "" : fmt::format(" [layer={}]", result.contract.layer),
      judged, rows.good, rows.quarantined, ratio);
}

}  // namespace sluice::report
