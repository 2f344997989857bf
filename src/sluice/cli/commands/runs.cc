#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/cli/json_cell.h"
#include "sluice/cli/mesh_options.h"
#include "sluice/contract/run/levels.h"
#include "sluice/contract/run/records.h"
#include "sluice/report/run_json.h"
#include "sluice/report/run_summary.h"
#include "sluice/report/shown_text.h"

namespace sluice::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;
constexpr std::size_t kRunsMax = 100'000;

constexpr Option kOptions[] = {
    {.name = "limit", .value = "N", .help = "list: at most N runs; 20 unless said", .group = ""},
    {.name = "run", .value = "ID", .help = "show: this run; the newest unless said", .group = ""},
    {.name = "sql",
     .value = "SELECT",
     .help = "query: one SELECT over runs, steps, row_rules, service_levels, files",
     .group = ""},
    {.name = "to",
     .value = "PLACE",
     .help = "export: a folder or FILE.duckdb; unless said metadata.run_log_table",
     .group = ""},
    {.name = "format", .value = "NAME", .help = "export: delta, parquet or duckdb", .group = ""},
    {.name = "fail-on-breach",
     .help = "Exit code 1 when the newest run failed or a level is broken",
     .group = ""},
    {.name = "json", .help = "One JSON object on stdout", .group = ""},
    {.name = "target", .value = "PATH", .help = "Replaces the contract's target", .group = ""},
    {.name = "state", .value = "FOLDER", .help = "Where the records of runs lie", .group = ""},
    {.name = "lenient", .help = "Reads old files the way LakeLogic does", .group = ""},
    {.name = "env", .value = "NAME", .help = "The environment that places are of", .group = ""},
    {.name = "stage", .value = "NAME", .help = "The stage that is laid over", .group = ""},
};

contract::RunOptions options_of(const Arguments& arguments) {
  contract::RunOptions options;
  options.target = arguments.find("target").value_or("");
  options.state_folder = arguments.find("state").value_or("");
  options.lenient = arguments.has("lenient");
  options.mesh = mesh_options(arguments);
  return options;
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// The record as an object; of an unfinished run its start, with its status.
Json json_of(const run::StoredRun& run) {
  Json json = Json::parse(run.text, nullptr, false);
  if (!json.is_object()) {
    json = Json{{"run_id", run.run_id}, {"status", "unreadable"}};
  }
  if (!run.unfinished.empty()) {
    json["status"] = run.unfinished;
  }
  return json;
}

std::string text_at(const Json& json, std::string_view path) {
  const Json::json_pointer pointer{std::string(path)};
  if (!json.contains(pointer) || json[pointer].is_null()) {
    return "-";
  }
  const Json& value = json[pointer];
  return value.is_string() ? value.get<std::string>() : value.dump();
}

std::vector<std::string> breaches_of(const Json& json) {
  std::vector<std::string> breaches;
  if (const auto levels = json.find("service_levels"); levels != json.end()) {
    for (const Json& level : *levels) {
      if (!level.value("met", true)) {
        breaches.push_back(fmt::format("{}: {} against {}", level.value("name", "?"),
                                       level.value("observed", "?"),
                                       level.value("threshold", "?")));
      }
    }
  }
  return breaches;
}

Result<std::size_t> limit_of(const Arguments& arguments) {
  const std::string text = arguments.find("limit").value_or("20");
  std::size_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size() || number < 1 || number > kRunsMax) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("--limit is a number of 1 to {}; got '{}'", kRunsMax, text));
  }
  return number;
}

/// Runs that are looked at to say how things stand: the newest that judged what is asked.
constexpr std::size_t kRunsOfNow = 100;

/// What grows worse while no run is there to say so.
Result<std::vector<run::ServiceLevelResult>> levels_now(const Arguments& arguments) {
  const contract::RunOptions options = options_of(arguments);
  const std::string& path = arguments.operands()[1];
  SLUICE_TRY(const std::vector<run::StoredRun> runs,
             contract::load_runs({}, path, options, kRunsOfNow));
  return contract::judge_now({}, path, options, runs);
}

Status list_runs(const Arguments& arguments, const Terminal& terminal) {
  SLUICE_TRY(const std::size_t limit, limit_of(arguments));
  SLUICE_TRY(const std::vector<run::StoredRun> runs,
             contract::load_runs({}, arguments.operands()[1], options_of(arguments), limit));
  SLUICE_TRY(const std::vector<run::ServiceLevelResult> now, levels_now(arguments));
  if (runs.empty() && !arguments.has("json")) {
    terminal.say(
        fmt::format("there is no run yet; sluice run {} makes the first", arguments.operands()[1]));
    return {};
  }
  if (arguments.has("json")) {
    Json list = Json::array();
    for (const run::StoredRun& run : runs) {
      list.push_back(json_of(run));
    }
    terminal.print(dump(Json{{"schema_version", kSchemaVersion},
                             {"runs", std::move(list)},
                             {"service_levels_now", Json::parse(report::to_json(now))}}));
    return {};
  }
  terminal.print(fmt::format("{:<36}  {:<19}  {:<11}  {:>10} {:>10} {:>10}  {}\n", "run", "started",
                             "status", "source", "good", "refused", "broken service levels"));
  for (const run::StoredRun& run : runs) {
    const Json json = json_of(run);
    std::string broken;
    for (const std::string& one : breaches_of(json)) {
      broken += (broken.empty() ? "" : "; ") + one;
    }
    terminal.print(fmt::format("{:<36}  {:<19}  {:<11}  {:>10} {:>10} {:>10}  {}\n", run.run_id,
                               text_at(json, "/started_at").substr(0, 19), text_at(json, "/status"),
                               text_at(json, "/rows/source"), text_at(json, "/rows/good"),
                               text_at(json, "/rows/quarantined"), broken));
  }
  for (const run::ServiceLevelResult& level : now) {
    terminal.print(
        fmt::format("now {}: {}\n", level.met ? "met" : "broken", report::breach_line(level)));
  }
  return {};
}

Status show_run(const Arguments& arguments, const Terminal& terminal) {
  SLUICE_TRY(const std::vector<run::StoredRun> runs,
             contract::load_runs({}, arguments.operands()[1], options_of(arguments), kRunsMax));
  const std::string wanted = arguments.find("run").value_or("");
  for (const run::StoredRun& run : runs) {
    if (wanted.empty() || run.run_id.starts_with(wanted)) {
      const Json json = json_of(run);
      terminal.print(arguments.has("json") ? dump(json) : json.dump(2) + "\n");
      return {};
    }
  }
  return make_error(ErrorCode::NotFound, fmt::format("there is no such run: '{}'", wanted))
      .with_hint("sluice runs list CONTRACT prints the ids of the runs");
}

/// An object of JSON holds one value under a name.
Status check_once(const schema::Schema& columns) {
  for (auto field = columns.fields.begin(); field != columns.fields.end(); ++field) {
    if (std::any_of(columns.fields.begin(), field,
                    [&](const schema::Field& one) { return one.name == field->name; })) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("two columns of the answer have one name: '{}'", field->name))
          .with_hint("give one of them another name with AS; JSON holds one value under a name");
    }
  }
  return {};
}

Status query_runs(const Arguments& arguments, const Terminal& terminal) {
  const auto select = arguments.find("sql");
  if (!select) {
    return make_error(ErrorCode::InvalidArgument, "--sql is missing")
        .with_hint("sluice runs query CONTRACT --sql 'SELECT run_id, rows_good FROM runs'");
  }
  const contract::RunOptions options = options_of(arguments);
  SLUICE_TRY(const std::vector<run::StoredRun> runs,
             contract::load_runs({}, arguments.operands()[1], options, kRunsMax));
  SLUICE_TRY(const contract::QueryAnswer answer, contract::query_runs({}, runs, *select, options));
  if (arguments.has("json")) {
    SLUICE_CHECK(check_once(answer.columns));
    Json rows = Json::array();
    for (const run::TextRow& row : answer.rows) {
      Json object = Json::object();
      for (std::size_t i = 0; i < row.size(); ++i) {
        object[answer.columns.fields[i].name] =
            Json::parse(json_cell(row[i], answer.columns.fields[i].type));
      }
      rows.push_back(std::move(object));
    }
    terminal.print(dump(Json{{"schema_version", kSchemaVersion}, {"rows", std::move(rows)}}));
    return {};
  }
  const auto print_row = [&](const auto& cells, auto text) {
    std::string line;
    for (const auto& cell : cells) {
      line += (line.empty() ? "" : "\t") + report::shown_text(text(cell));
    }
    terminal.print(line + "\n");
  };
  print_row(answer.columns.fields, [](const schema::Field& field) { return field.name; });
  for (const run::TextRow& row : answer.rows) {
    print_row(row, [](const std::optional<std::string>& cell) { return cell.value_or("-"); });
  }
  return {};
}

Status export_runs(const Arguments& arguments, const Terminal& terminal) {
  const contract::RunOptions options = options_of(arguments);
  const std::string& path = arguments.operands()[1];
  SLUICE_TRY(const contract::RecordTable table,
             contract::find_record_table({}, path, arguments.find("to").value_or(""),
                                         arguments.find("format").value_or(""), options));
  SLUICE_TRY(const std::vector<run::StoredRun> runs,
             contract::load_runs({}, path, options, kRunsMax));
  SLUICE_TRY(const table::Receipt receipt, contract::put_runs({}, runs, table, options));
  if (arguments.has("json")) {
    terminal.print(dump(Json{{"schema_version", kSchemaVersion},
                             {"uri", table.place},
                             {"format", table.format},
                             {"runs", receipt.rows_in},
                             {"inserted", receipt.inserted},
                             {"updated", receipt.updated},
                             {"version", receipt.version}}));
  } else {
    terminal.say(fmt::format("the {} table {} holds {} runs of this contract", table.format,
                             table.place, receipt.rows_in));
  }
  return {};
}

/// What --fail-on-breach asks about: the newest run that has ended, and how things stand now.
Result<bool> is_broken(const Arguments& arguments, const Terminal& terminal) {
  SLUICE_TRY(const std::vector<run::StoredRun> runs,
             contract::load_runs({}, arguments.operands()[1], options_of(arguments), kRunsOfNow));
  const auto ended = std::ranges::find_if(
      runs, [](const run::StoredRun& run) { return run.unfinished != "running"; });
  if (ended == runs.end()) {
    terminal.say("no run has ended yet");
    return true;
  }
  SLUICE_TRY(const std::vector<run::ServiceLevelResult> now, levels_now(arguments));
  std::vector<std::string> broken;
  for (const run::ServiceLevelResult& level : now) {
    if (!level.met) {
      broken.push_back(report::breach_line(level));
    }
  }
  const Json json = json_of(*ended);
  for (const std::string& one : breaches_of(json)) {
    const bool is_judged_now = std::ranges::any_of(now, [&](const run::ServiceLevelResult& level) {
      return one.starts_with(level.name + ":");
    });
    if (!is_judged_now) {
      broken.push_back(one);
    }
  }
  for (const std::string& one : broken) {
    terminal.say("broken service level: " + one);
  }
  const std::string status = json.value("status", "");
  if (status != "succeeded" && status != "skipped") {
    terminal.say("the newest run is " + status);
    return true;
  }
  return !broken.empty();
}

Result<ExitCode> act(const Arguments& arguments, const Terminal& terminal) {
  const std::string& action = arguments.operands()[0];
  using Act = Status (*)(const Arguments&, const Terminal&);
  static constexpr std::pair<std::string_view, Act> kActs[] = {
      {"list", list_runs}, {"show", show_run}, {"query", query_runs}, {"export", export_runs}};
  for (const auto& [name, function] : kActs) {
    if (name == action) {
      SLUICE_CHECK(function(arguments, terminal));
      if (!arguments.has("fail-on-breach")) {
        return ExitCode::Done;
      }
      SLUICE_TRY(const bool broken, is_broken(arguments, terminal));
      return broken ? ExitCode::Failed : ExitCode::Done;
    }
  }
  return make_error(ErrorCode::InvalidArgument,
                    fmt::format("expected list, show, query or export, got '{}'", action))
      .with_hint("sluice runs --help tells how it is used");
}

ExitCode run_runs(const Arguments& arguments, const Terminal& terminal) {
  const Result<ExitCode> done = act(arguments, terminal);
  if (!done) {
    terminal.complain(done.error());
    return exit_code_of(done.error());
  }
  return *done;
}

}  // namespace

constinit const Command kRuns{
    .name = "runs",
    .summary = "Lists, shows, queries and exports the records of runs",
    .usage = "list|show|query|export CONTRACT [OPTIONS]",
    .example =
        "sluice runs list customers.yaml\n"
        "sluice runs show customers.yaml --json\n"
        "sluice runs query customers.yaml --sql 'SELECT status, count(*) FROM runs GROUP BY 1'\n"
        "sluice runs export customers.yaml --to lake/runs",
    .operands = {.name = "ACTION CONTRACT",
                 .help = "What to do, and the contract whose runs are meant",
                 .at_least = 2,
                 .at_most = 2},
    .options = kOptions,
    .run = run_runs,
};

}  // namespace sluice::cli
