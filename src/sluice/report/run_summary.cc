#include "sluice/report/run_summary.h"

#include <algorithm>

#include <fmt/format.h>

namespace sluice::report {
namespace {

constexpr std::size_t kCellWidthMax = 40;

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

std::string padded(std::string text, std::size_t width) {
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

Line count_line(std::string_view name, std::int64_t rows, std::string detail, Tone tone) {
  return {
      {.text = fmt::format("  {:13}", name), .tone = Tone::Quiet},
      {.text = fmt::format("{:>12}", with_thousands(rows)), .tone = rows == 0 ? Tone::Plain : tone},
      {.text = detail.empty() ? "" : "  " + detail}};
}

std::string target_text(const run::RunResult& result) {
  if (!result.target) {
    return result.output_good.empty() ? "not written (the contract names no target)"
                                      : result.output_good;
  }
  const run::TargetResult& target = *result.target;
  std::string counts;
  for (const auto& [count, word] :
       {std::pair(target.inserted, "inserted"), std::pair(target.updated, "updated"),
        std::pair(target.deleted, "deleted")}) {
    counts += count == 0 ? "" : fmt::format(", {} {}", with_thousands(count), word);
  }
  return fmt::format("{} ({} {}, version {}{})", target.uri, target.format, target.strategy,
                     target.version, counts);
}

std::string quarantine_text(const run::RunResult& result) {
  return result.quarantine ? result.quarantine->uri : result.output_bad;
}

std::string status_text(const run::RunResult& result) {
  return result.reason.empty()
             ? std::string(run::to_string(result.status))
             : fmt::format("{}: {}", run::to_string(result.status), result.reason);
}

void add_rules(const run::RunResult& result, std::vector<Line>& lines) {
  for (const run::RowRuleResult& rule : result.row_rules) {
    if (rule.failed_rows > 0) {
      lines.push_back(
          {{.text = "  rule         ", .tone = Tone::Quiet},
           {.text = fmt::format("{:>12}", with_thousands(rule.failed_rows)),
            .tone = rule.severity == "error" ? Tone::Bad : Tone::Plain},
           {.text = fmt::format("  {} ({}{})", rule.name, rule.category,
                                rule.severity == "error" ? "" : ", " + rule.severity)}});
    }
  }
  for (const run::DatasetRuleResult& rule : result.dataset_rules) {
    if (rule.passed == false) {
      const std::string observed = rule.observed ? fmt::format("{}", *rule.observed) : "false";
      lines.push_back({{.text = "  data set     ", .tone = Tone::Quiet},
                       {.text = fmt::format("{:>12}", observed), .tone = Tone::Bad},
                       {.text = fmt::format("  {}: expected {}", rule.name, rule.expected)}});
    }
  }
}

}  // namespace

std::vector<Line> render_summary(const run::RunResult& result) {
  const Tone status_tone = result.status == run::RunStatus::Failed ? Tone::Bad : Tone::Good;
  const std::string title =
      result.contract.title.empty() ? result.contract.path : result.contract.title;
  std::vector<Line> lines{
      {{.text = title, .tone = Tone::Heading},
       {.text = fmt::format("  {}", status_text(result)), .tone = status_tone},
       {.text = fmt::format("  in {}", duration_text(result.durations.total_ms)),
        .tone = Tone::Quiet}}};
  if (result.status == run::RunStatus::Skipped) {
    return lines;
  }
  const std::string files = result.files.empty() ? ""
                                                 : fmt::format("{} file{}", result.files.size(),
                                                               result.files.size() == 1 ? "" : "s");
  lines.push_back(count_line("source", result.rows.source, files, Tone::Plain));
  lines.push_back(count_line("good", result.rows.good, target_text(result), Tone::Good));
  lines.push_back(
      count_line("quarantined", result.rows.quarantined, quarantine_text(result), Tone::Bad));
  if (result.rows.dropped != 0) {
    lines.push_back(count_line("dropped", result.rows.dropped, "by named steps", Tone::Plain));
  }
  if (result.rows.added != 0) {
    lines.push_back(count_line("added", result.rows.added, "by named steps", Tone::Plain));
  }
  add_rules(result, lines);
  return lines;
}

std::vector<Line> render_sample(std::string_view heading, const run::Sample& sample) {
  std::vector<std::vector<std::string>> table{sample.columns};
  for (const auto& row : sample.rows) {
    std::vector<std::string>& cells = table.emplace_back();
    for (const auto& value : row) {
      std::string text = value.value_or("null");
      std::ranges::replace_if(
          text, [](char c) { return c == '\n' || c == '\r' || c == '\t'; }, ' ');
      cells.push_back(shortened(std::move(text), kCellWidthMax));
    }
  }
  std::vector<std::size_t> widths(sample.columns.size(), 0);
  for (const auto& cells : table) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(cells[i]));
    }
  }
  std::vector<Line> lines{{{.text = std::string(heading), .tone = Tone::Heading}}};
  for (std::size_t row = 0; row < table.size(); ++row) {
    std::string text = " ";
    for (std::size_t i = 0; i < table[row].size(); ++i) {
      text += " " + padded(table[row][i], widths[i]) + " ";
    }
    lines.push_back({{.text = text, .tone = row == 0 ? Tone::Quiet : Tone::Plain}});
  }
  return lines;
}

std::string completion_line(const run::RunResult& result) {
  const run::RowTotals& rows = result.rows;
  const double ratio = rows.source == 0 ? 0.0
                                        : 100.0 * static_cast<double>(rows.quarantined) /
                                              static_cast<double>(rows.source);
  return fmt::format(
      "Run complete{} | Total: {} | Good: {} | Quarantine: {} | Ratio: {:.1f}%",
      result.contract.layer.empty() ? "" : fmt::format(" [layer={}]", result.contract.layer),
      rows.source, rows.good, rows.quarantined, ratio);
}

}  // namespace sluice::report
