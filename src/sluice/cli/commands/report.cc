#include <filesystem>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/cli/commands/report_internal.h"
#include "sluice/cli/mesh_options.h"
#include "sluice/contract/run/records.h"
#include "sluice/report/run_html.h"
#include "sluice/report/run_json.h"
#include "sluice/storage/file/file_storage.h"

namespace sluice::cli {

report::RecordedRun recorded(const Context& context, const run::RunResult& result,
                             const contract::RunOptions& options) {
  report::RecordedRun recorded{.record = report::to_record_json(result), .earlier = {}};
  const auto runs =
      contract::load_runs(context, result.contract.path, options, report::kHistoryMax + 1);
  if (!runs) {
    return recorded;  // a contract that keeps no records has no history
  }
  for (const run::StoredRun& run : *runs) {
    if (run.run_id != result.run_id) {
      recorded.earlier.push_back(contract::record_text(run));
    }
  }
  return recorded;
}

Status write_page(const Context& context, const std::string& path, std::string_view html) {
  std::error_code failed;
  const std::filesystem::path full = std::filesystem::absolute(path, failed);
  if (failed || full.filename().empty() || std::filesystem::is_directory(full, failed)) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected the name of a file for the report, got '{}'", path))
        .with_hint("name a file such as report.html");
  }
  SLUICE_TRY(const std::unique_ptr<storage::Storage> folder,
             storage::make_file_storage({.root = full.parent_path().string()}));
  return folder->put(context, full.filename().string(), html);
}

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kRunsMax = 100'000;

constexpr Option kOptions[] = {
    {.name = "output",
     .short_name = 'o',
     .value = "FILE",
     .help = "Writes the page here; to stdout unless said",
     .group = ""},
    {.name = "run",
     .value = "ID",
     .help = "Of a contract: this run; the newest unless said",
     .group = ""},
    {.name = "target", .value = "PATH", .help = "The target whose runs are meant", .group = ""},
    {.name = "state", .value = "FOLDER", .help = "Where the records of runs lie", .group = ""},
    {.name = "json", .help = "One JSON object on stdout; needs --output", .group = ""},
    {.name = "lenient", .help = "Reads old files the way LakeLogic does", .group = ""},
    {.name = "env", .value = "NAME", .help = "The environment that places are of", .group = ""},
    {.name = "stage", .value = "NAME", .help = "The stage that is laid over", .group = ""},
};

/// Which runs there are, and which of them is meant ("" is the newest).
struct Asked {
  std::vector<run::StoredRun> runs;
  std::string run_id;
};

/// `<root>/runs/<id>.json`: the file of a record stands for its run.
Result<Asked> ask_of_record(const std::filesystem::path& file, contract::RunOptions options) {
  std::error_code failed;
  options.state_folder = std::filesystem::absolute(file, failed).parent_path().parent_path();
  SLUICE_TRY(std::vector<run::StoredRun> runs, contract::load_runs_of({}, options, kRunsMax));
  return Asked{.runs = std::move(runs), .run_id = file.stem().stem().string()};
}

Result<Asked> ask(const Arguments& arguments) {
  contract::RunOptions options;
  options.target = arguments.find("target").value_or("");
  options.state_folder = arguments.find("state").value_or("");
  options.lenient = arguments.has("lenient");
  options.mesh = mesh_options(arguments);
  const std::filesystem::path operand = arguments.operands()[0];
  std::error_code failed;
  const bool is_file = std::filesystem::is_regular_file(operand, failed);
  if (is_file && operand.extension() == ".json" &&
      std::filesystem::absolute(operand, failed).parent_path().filename() == "runs") {
    return ask_of_record(operand, std::move(options));
  }
  if (is_file) {
    SLUICE_TRY(std::vector<run::StoredRun> runs,
               contract::load_runs({}, operand.string(), options, kRunsMax));
    return Asked{.runs = std::move(runs), .run_id = arguments.find("run").value_or("")};
  }
  if (options.target.empty() && options.state_folder.empty()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("no such contract and no such record: '{}'", operand.string()))
        .with_hint("name the contract, with --run ID; or say by --target where the run's table is");
  }
  SLUICE_TRY(std::vector<run::StoredRun> runs, contract::load_runs_of({}, options, kRunsMax));
  return Asked{.runs = std::move(runs), .run_id = operand.string()};
}

/// Runs of other contracts may share the state; they are no part of this one's history.
bool is_of_same(const Json& a, const Json& b) {
  const auto name_of = [](const Json& run) {
    const Json::json_pointer name("/contract/table_name");
    return run.contains(name) ? run[name].dump() : std::string();
  };
  return name_of(a) == name_of(b);
}

Result<report::RecordedRun> choose(const Asked& asked) {
  for (std::size_t i = 0; i < asked.runs.size(); ++i) {
    if (!asked.run_id.empty() && !asked.runs[i].run_id.starts_with(asked.run_id)) {
      continue;
    }
    report::RecordedRun chosen{.record = contract::record_text(asked.runs[i]), .earlier = {}};
    const Json record = Json::parse(chosen.record, nullptr, false);
    for (std::size_t before = i + 1;
         before < asked.runs.size() && chosen.earlier.size() < report::kHistoryMax; ++before) {
      std::string text = contract::record_text(asked.runs[before]);
      if (is_of_same(record, Json::parse(text, nullptr, false))) {
        chosen.earlier.push_back(std::move(text));
      }
    }
    return chosen;
  }
  return asked.runs.empty()
             ? make_error(ErrorCode::NotFound, "there is no run yet")
                   .with_hint(
                       "sluice run CONTRACT makes one; --target or --state says where to look")
             : make_error(ErrorCode::NotFound,
                          fmt::format("there is no such run: '{}'", asked.run_id))
                   .with_hint("sluice runs list CONTRACT prints the ids of the runs");
}

Status make_page(const Arguments& arguments, const Terminal& terminal) {
  const auto output = arguments.find("output");
  if (arguments.has("json") && !output) {
    return make_error(ErrorCode::InvalidArgument, "--json tells where the page was written")
        .with_hint("add --output FILE; sluice runs show CONTRACT --json prints the record");
  }
  SLUICE_TRY(const Asked asked, ask(arguments));
  SLUICE_TRY(const report::RecordedRun chosen, choose(asked));
  SLUICE_TRY(const std::string html, report::render_html({&chosen, 1}));
  if (!output) {
    terminal.print(html);
    return {};
  }
  SLUICE_CHECK(write_page({}, *output, html));
  if (arguments.has("json")) {
    const Json record = Json::parse(chosen.record, nullptr, false);
    const Json answer{{"schema_version", 1},
                      {"run_id", record.value("run_id", "")},
                      {"output", *output},
                      {"bytes", html.size()}};
    terminal.print(answer.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
  } else {
    terminal.say(fmt::format("wrote {}", *output));
  }
  return {};
}

ExitCode run_report(const Arguments& arguments, const Terminal& terminal) {
  if (const Status made = make_page(arguments, terminal); !made) {
    terminal.complain(made.error());
    return exit_code_of(made.error());
  }
  return ExitCode::Done;
}

}  // namespace

constinit const Command kReport{
    .name = "report",
    .summary = "Makes a page of a run: rules, rows, durations, history",
    .usage = "RUN [--output FILE] [OPTIONS]",
    .example =
        "sluice report customers.yaml --output report.html\n"
        "sluice report customers.yaml --run 0198c2a4 --output report.html\n"
        "sluice report 0198c2a4 --target lake/silver_customers > report.html",
    .operands = {.name = "RUN",
                 .help = "A contract, the id of a run, or the file of its record",
                 .at_least = 1,
                 .at_most = 1},
    .options = kOptions,
    .run = run_report,
};

}  // namespace sluice::cli
