#include "sluice/report/run_html.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/report/html_internal.h"

namespace sluice::report {
namespace {

using internal::count_in;
using internal::counted;
using internal::escaped;
using internal::Json;
using internal::lasted;
using internal::list_in;
using internal::object_in;
using internal::render_flow;
using internal::share_of;
using internal::style_sheet;
using internal::text_in;
using internal::truth_in;

constexpr std::size_t kRulesOfChunk = 100;

std::string_view tone_of(std::string_view status) {
  if (status == "succeeded") {
    return "g";
  }
  return status == "skipped" || status == "running" ? "q" : "b";
}

std::string bar(std::string_view kind, std::int64_t part, std::int64_t whole) {
  return fmt::format("<div class=bar><i{} style=width:{}%></i></div>",
                     kind.empty() ? "" : fmt::format(" class={}", kind), share_of(part, whole));
}

/// "2026-03-28 12:00:01" of an instant as records hold it.
std::string instant_of(const Json& json, std::string_view name) {
  std::string text = text_in(json, name).substr(0, 19);
  std::ranges::replace(text, 'T', ' ');
  return text.empty() ? text : text + " UTC";
}

std::string render_head(const Json& run) {
  const Json& contract = object_in(run, "contract");
  const std::string status = text_in(run, "status");
  std::string title = text_in(contract, "title");
  if (title.empty()) {
    title = text_in(contract, "path");
  }
  std::string html = fmt::format("<h1>{}</h1>\n<p><span class=\"badge {}\">{}</span> ",
                                 escaped(title), tone_of(status), escaped(status));
  html += fmt::format("<span class=q>{}{}</span></p>\n", escaped(instant_of(run, "started_at")),
                      run.contains("durations_ms")
                          ? ", " + lasted(count_in(object_in(run, "durations_ms"), "total"))
                          : "");
  for (const std::string_view name : {"reason", "error"}) {
    const std::string text = text_in(run, name);
    if (!text.empty() && (name == "reason" || text_in(run, "reason").empty())) {
      html += fmt::format("<p class={}>{}</p>\n", status == "skipped" ? "q" : "b", escaped(text));
    }
  }
  for (const Json& warning : list_in(run, "warnings")) {
    html += fmt::format("<p class=w>{}</p>\n",
                        escaped(warning.is_string() ? warning.get<std::string>() : ""));
  }
  return html;
}

std::string render_cards(const Json& run) {
  const Json& rows = object_in(run, "rows");
  if (rows.empty()) {
    return {};
  }
  std::string html = "<div class=cards>";
  for (const auto& [name, kind] : {std::pair("source", "q"),
                                   {"good", "g"},
                                   {"quarantined", "b"},
                                   {"dropped", "q"},
                                   {"added", "q"},
                                   {"written", "g"}}) {
    const std::int64_t count = count_in(rows, name);
    html += fmt::format("<div class=card><span class=q>{}</span><b class={}>{}</b></div>", name,
                        count == 0 ? "q" : kind, counted(count));
  }
  if (const auto score = run.find("quality_score"); score != run.end() && score->is_number()) {
    html += fmt::format("<div class=card><span class=q>quality</span><b>{:.4g}%</b></div>",
                        100.0 * score->get<double>());
  }
  return html + "</div>\n";
}

std::string section(std::string_view heading, const std::string& body) {
  return body.empty() ? body : fmt::format("<section><h2>{}</h2>\n{}</section>\n", heading, body);
}

std::string render_places(const Json& run) {
  const Json& contract = object_in(run, "contract");
  std::string html;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) {
      html += fmt::format("<tr><th>{}<td class=id>{}\n", name, escaped(value));
    }
  };
  add("run", text_in(run, "run_id"));
  add("pipeline run", text_in(run, "pipeline_run_id"));
  add("contract", text_in(contract, "path"));
  add("version", text_in(contract, "version"));
  add("fingerprint", text_in(contract, "fingerprint"));
  add("engine", text_in(run, "engine"));
  if (const Json& target = object_in(run, "target"); !target.empty()) {
    add("target",
        fmt::format("{} ({} {}, version {}: {} inserted, {} updated, {} deleted)",
                    text_in(target, "uri"), text_in(target, "format"), text_in(target, "strategy"),
                    count_in(target, "version"), counted(count_in(target, "inserted")),
                    counted(count_in(target, "updated")), counted(count_in(target, "deleted"))));
  }
  add("quarantine", text_in(object_in(run, "quarantine"), "uri"));
  std::size_t shown = 0;
  constexpr std::size_t kFilesMax = 20;
  const Json& files = list_in(run, "files");
  for (const Json& file : files) {
    if (shown++ < kFilesMax) {
      add("file", text_in(file, "path"));
    }
  }
  if (shown > kFilesMax) {
    add("files", fmt::format("and {} more", shown - kFilesMax));
  }
  return html.empty()
             ? html
             : "<table><colgroup><col style=width:120px><col></colgroup>" + html + "</table>";
}

/// The name of a rule, and below it the contract's own words on it.
std::string name_of(const Json& rule) {
  const std::string description = text_in(rule, "description");
  return escaped(text_in(rule, "name")) +
         (description.empty() ? "" : "<br><span class=q>" + escaped(description) + "</span>");
}

/// A line for each rule, the most broken first; in parts that are laid out when they are looked at.
std::string render_row_rules(const Json& run) {
  std::vector<const Json*> rules;
  for (const Json& rule : list_in(run, "row_rules")) {
    rules.push_back(&rule);
  }
  std::ranges::stable_sort(rules, [](const Json* a, const Json* b) {
    return count_in(*a, "failed_rows") > count_in(*b, "failed_rows");
  });
  const Json& rows = object_in(run, "rows");
  const std::int64_t judged = count_in(rows, "good") + count_in(rows, "quarantined");
  std::string html;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (i % kRulesOfChunk == 0) {
      html += fmt::format(
          "{}<div class=c style=\"contain-intrinsic-size:auto {}px\"><table>"
          "<colgroup><col style=width:38%><col style=width:14%><col style=width:9%>"
          "<col style=width:13%><col></colgroup>\n",
          i == 0 ? "" : "</table></div>\n", 30 * std::min(kRulesOfChunk, rules.size() - i));
      html += i == 0
                  ? "<tr><th>rule<th>category<th>severity<th class=n>failed rows<th>of the judged\n"
                  : "";
    }
    const Json& rule = *rules[i];
    const std::int64_t failed = count_in(rule, "failed_rows");
    const std::string severity = text_in(rule, "severity");
    html +=
        fmt::format("<tr><td>{}<td class=q>{}<td class=q>{}<td class=n>{}<td>{}\n", name_of(rule),
                    escaped(text_in(rule, "category")), escaped(severity), counted(failed),
                    failed == 0 ? "" : bar(severity == "error" ? "" : "w", failed, judged));
  }
  return rules.empty() ? html : html + "</table></div>\n";
}

std::string verdict(bool holds, std::string_view yes, std::string_view no) {
  return fmt::format("<b class={}>{}</b>", holds ? "g" : "b", holds ? yes : no);
}

std::string render_dataset_rules(const Json& run) {
  std::string html;
  for (const Json& rule : list_in(run, "dataset_rules")) {
    const auto passed = rule.find("passed");
    html += fmt::format("<tr><td>{}<td class=q>{}<td>{}<td class=n>{}<td>{}\n", name_of(rule),
                        escaped(text_in(rule, "category")),
                        passed == rule.end() || !passed->is_boolean()
                            ? "<span class=q>later</span>"
                            : verdict(passed->get<bool>(), "passed", "failed"),
                        escaped(text_in(rule, "observed")), escaped(text_in(rule, "expected")));
  }
  return html.empty()
             ? html
             : "<table><tr><th>rule<th>category<th>verdict<th class=n>observed<th>expected\n" +
                   html + "</table>";
}

std::string render_levels(const Json& run) {
  std::string html;
  for (const Json& level : list_in(run, "service_levels")) {
    html +=
        fmt::format("<tr><td>{}<td>{}<td>{}<td>{}<td class=q>{}\n", escaped(text_in(level, "name")),
                    verdict(truth_in(level, "met", false), "met", "broken"),
                    escaped(text_in(level, "observed")), escaped(text_in(level, "threshold")),
                    escaped(text_in(level, "formula")));
  }
  return html.empty()
             ? html
             : "<table><colgroup><col style=width:14%><col style=width:9%><col style=width:16%>"
               "<col style=width:14%><col></colgroup><tr><th>level<th>verdict<th>observed"
               "<th>threshold<th>formula\n" +
                   html + "</table>";
}

std::string render_sample(const Json& run) {
  const Json& sample = object_in(run, "refused_sample");
  const Json& columns = list_in(sample, "columns");
  std::string html;
  for (const Json& row : list_in(sample, "rows")) {
    if (!row.is_array()) {
      continue;
    }
    html += "<tr>";
    for (std::size_t i = 0; i < std::min(row.size(), columns.size()); ++i) {
      const bool is_reason = columns[i] == "_lakelogic_errors";
      html += row[i].is_string() ? fmt::format("<td{}>{}", is_reason ? " class=b" : "",
                                               escaped(row[i].get<std::string>()))
                                 : std::string("<td class=null>null");
    }
    html += "\n";
  }
  if (html.empty()) {
    return html;
  }
  std::string heads;
  for (const Json& column : columns) {
    const std::string name = column.is_string() ? column.get<std::string>() : "";
    heads += "<th>" + escaped(name == "_lakelogic_errors" ? "why it was refused" : name);
  }
  return "<div class=wide><table><tr>" + heads + "\n" + html + "</table></div>";
}

std::string render_durations(const Json& run) {
  const Json& parts = object_in(run, "durations_ms");
  std::vector<std::pair<std::string, std::int64_t>> lines;
  std::vector<std::pair<std::string, std::int64_t>> steps;
  for (const Json& step : list_in(run, "step_durations_ms")) {
    const std::string name = text_in(step, "step");
    steps.emplace_back("step " + (name.empty() ? "(preparing)" : name), count_in(step, "ms"));
  }
  for (const std::string_view part : {"load", "transform", "quality", "materialize"}) {
    if (parts.contains(part)) {
      lines.emplace_back(part, count_in(parts, part));
    }
  }
  lines.insert(lines.end(), steps.begin(), steps.end());
  const std::int64_t total = std::max<std::int64_t>(count_in(parts, "total"), 1);
  std::string html;
  for (const auto& [name, ms] : lines) {
    html += fmt::format("<tr><td>{}<td class=n>{}<td>{}\n", escaped(name), lasted(ms),
                        bar("t", ms, total));
  }
  return html.empty() ? html
                      : fmt::format(
                            "<table><colgroup><col style=width:38%><col style=width:14%>"
                            "<col></colgroup>{}<tr><td>total<td class=n>{}<td></table>",
                            html, lasted(count_in(parts, "total")));
}

std::string history_line(const Json& run, bool is_this) {
  const std::string status = text_in(run, "status");
  const Json& rows = object_in(run, "rows");
  std::int64_t broken = 0;
  for (const Json& level : list_in(run, "service_levels")) {
    broken += truth_in(level, "met", true) ? 0 : 1;
  }
  return fmt::format(
      "<tr><td>{}{}<td class={}>{}<td class=n>{}<td class=n>{}<td class=n>{}<td>{}<td class=n>{}"
      "<td class=n>{}\n",
      escaped(instant_of(run, "started_at")), is_this ? " <b>(this run)</b>" : "", tone_of(status),
      escaped(status), counted(count_in(rows, "source")), counted(count_in(rows, "good")),
      counted(count_in(rows, "quarantined")),
      rows.empty() ? ""
                   : bar("g", count_in(rows, "good"),
                         count_in(rows, "good") + count_in(rows, "quarantined")),
      lasted(count_in(object_in(run, "durations_ms"), "total")),
      broken == 0 ? std::string() : fmt::format("<span class=b>{}</span>", broken));
}

std::string render_history(const Json& run, std::span<const std::string> earlier) {
  std::string html = history_line(run, true);
  std::size_t shown = 0;
  for (const std::string& text : earlier) {
    const Json before = Json::parse(text, nullptr, false);
    if (before.is_object() && shown++ < kHistoryMax) {
      html += history_line(before, false);
    }
  }
  return "<table><colgroup><col style=width:30%><col style=width:11%><col style=width:9%>"
         "<col style=width:9%><col style=width:9%><col><col style=width:9%>"
         "<col style=width:8%></colgroup><tr><th>started<th>status<th class=n>source<th "
         "class=n>good"
         "<th class=n>refused<th>quality<th class=n>lasted<th class=n>broken\n" +
         html + "</table>";
}

Result<std::string> render_run(const RecordedRun& recorded, std::string& title) {
  const Json run = Json::parse(recorded.record, nullptr, false);
  if (!run.is_object()) {
    return make_error(ErrorCode::Corrupt, "the record of a run is no JSON object")
        .with_hint("sluice runs list CONTRACT tells which runs can be read");
  }
  if (title.empty()) {
    const Json& contract = object_in(run, "contract");
    title =
        text_in(contract, "title").empty() ? text_in(contract, "path") : text_in(contract, "title");
  }
  const Json& ledger = list_in(run, "ledger");
  return "<article>\n" + render_head(run) + render_cards(run) +
         section("Service levels", render_levels(run)) +
         section("Rows from step to step", ledger.empty() ? "" : render_flow(ledger)) +
         section("Rules for rows", render_row_rules(run)) +
         section("Rules for the data set", render_dataset_rules(run)) +
         section("Some of the refused rows", render_sample(run)) +
         section("Durations", render_durations(run)) +
         section("This run and those before", render_history(run, recorded.earlier)) +
         section("Places", render_places(run)) + "</article>\n";
}

}  // namespace

Result<std::string> render_html(std::span<const RecordedRun> runs) {
  std::string title;
  std::string body;
  for (const RecordedRun& run : runs) {
    SLUICE_TRY(const std::string article, render_run(run, title));
    body += article;
  }
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=en>\n<head>\n<meta charset=utf-8>\n"
      "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src "
      "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=viewport content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=referrer content=no-referrer>\n<meta name=robots content=noindex>\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</"
      "html>\n",
      escaped(title.empty() ? "Runs" : title), style_sheet(), body);
}

}  // namespace sluice::report
