#include "sluice/contract/run/run.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>

#include <fmt/format.h>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/cli/commands/report_internal.h"
#include "sluice/cli/interrupt.h"
#include "sluice/cli/lake_environment.h"
#include "sluice/cli/limit_options.h"
#include "sluice/cli/log_writer.h"
#include "sluice/cli/mesh_options.h"
#include "sluice/cli/progress_bar.h"
#include "sluice/cli/run_plan.h"
#include "sluice/cli/script_environment.h"
#include "sluice/cli/user_name.h"
#include "sluice/masking/environment_keys.h"
#include "sluice/report/run_json.h"
#include "sluice/report/run_summary.h"

namespace sluice::cli {
namespace {

constexpr std::string_view kReading = "Reading";
constexpr std::string_view kWriting = "Writing";
constexpr std::string_view kRunning = "Running";
constexpr std::string_view kTelling = "Telling";

constexpr Option kOptions[] = {
    {.name = "contract",
     .short_name = 'c',
     .value = "CONTRACT",
     .help = "The same as the operand",
     .group = kReading,
     .repeats = true},
    {.name = "source",
     .short_name = 's',
     .value = "PATH",
     .help = "Replaces the contract's source",
     .group = kReading,
     .repeats = true},
    {.name = "full",
     .help = "Reads all files, also with load_mode: incremental",
     .group = kReading},
    {.name = "lenient", .help = "Reads old files the way LakeLogic does", .group = kReading},
    {.name = "env",
     .value = "NAME",
     .help = "The environment that places are of",
     .group = kReading},
    {.name = "stage", .value = "NAME", .help = "The stage that is laid over", .group = kReading},
    {.name = "materialize", .help = "Writes the target", .group = kWriting},
    {.name = "no-materialize", .help = "Leaves the target alone", .group = kWriting},
    {.name = "target",
     .value = "PATH",
     .help = "Replaces the contract's target",
     .group = kWriting},
    {.name = "output-good", .value = "FILE", .help = "The accepted rows", .group = kWriting},
    {.name = "output-bad",
     .value = "FILE",
     .help = "The quarantined rows with their reasons",
     .group = kWriting},
    {.name = "output-format",
     .value = "FORMAT",
     .help = "Of both files; else told by their endings",
     .group = kWriting,
     .choices = "csv|parquet|jsonl"},
    {.name = "again",
     .help = "Commits files that were committed before as a new batch",
     .group = kWriting},
    {.name = "state",
     .value = "FOLDER",
     .help = "Where batches and run records lie",
     .group = kWriting},
    {.name = "lock-wait",
     .value = "TIME",
     .help = "Waits so long for a DuckDB file that is held elsewhere, e.g. 30s",
     .group = kWriting},
    {.name = "on-row-error",
     .value = "WHAT",
     .help = "What a row in error does to the run",
     .group = kRunning,
     .choices = "fail|skip|quarantine"},
    {.name = "max-errors",
     .value = "N|P%",
     .help = "More rows in error end the run, and nothing is published",
     .group = kRunning},
    {.name = "engine",
     .short_name = 'e',
     .value = "NAME",
     .help = "What computes",
     .group = kRunning,
     .choices = "duckdb|spark|polars"},
    {.name = "dry-run",
     .help = "Prints what would be read, run and changed; touches nothing",
     .group = kRunning},
    {.name = "memory",
     .value = "SIZE",
     .help = "At most this much, e.g. 512MB or 4GiB",
     .group = kRunning},
    {.name = "threads", .value = "N", .help = "At most this many threads", .group = kRunning},
    {.name = "reproducible",
     .help = "The same input gives the same bytes: one thread, all in order",
     .group = kRunning},
    {.name = "pipeline-run-id",
     .value = "ID",
     .help = "Kept with the run and its rows",
     .group = kRunning},
    {.name = "pass-env",
     .value = "NAME",
     .help = "A script of the contract sees this variable",
     .group = kRunning,
     .repeats = true},
    {.name = "show",
     .value = "N",
     .help = "Prints N good and N quarantined rows",
     .group = kTelling},
    {.name = "fail-on-breach",
     .help = "Exit code 1 when a service level is broken; the rows are written",
     .group = kTelling},
    {.name = "report",
     .value = "FILE",
     .help = "A page of the run: rules, rows, durations, history",
     .group = kTelling},
    {.name = "json", .help = "One JSON object on stdout", .group = kTelling},
    {.name = "quiet", .help = "Only errors", .group = kTelling},
    {.name = "verbose", .help = "Log lines with time, level and run, too", .group = kTelling},
    {.name = "log-format",
     .value = "FORMAT",
     .help = "Log lines instead of the summary",
     .group = kTelling,
     .choices = "text|json"},
};

Error wrong(std::string message) {
  return make_error(ErrorCode::InvalidArgument, std::move(message));
}

/// "500ms", "30s", "2m", in milliseconds.
Result<int> parse_time(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view unit = text.substr(digits);
  const std::uint64_t each = unit == "ms" ? 1 : unit == "s" ? 1'000 : unit == "m" ? 60'000 : 0;
  if (digits == 0 || digits > 6 || each == 0) {
    return wrong(fmt::format("--lock-wait is a time such as 500ms, 30s or 2m; got '{}'", text));
  }
  SLUICE_TRY(const std::uint64_t number, parse_number("lock-wait", text.substr(0, digits)));
  constexpr std::uint64_t kDayMs = 86'400'000;
  return static_cast<int>(std::min(number * each, kDayMs));
}

Colour colour_of(report::Tone tone) {
  switch (tone) {
    case report::Tone::Plain: return Colour::Plain;
    case report::Tone::Heading: return Colour::Bold;
    case report::Tone::Good: return Colour::Green;
    case report::Tone::Bad: return Colour::Red;
    case report::Tone::Quiet: return Colour::Dim;
  }
  return Colour::Plain;
}

void say_lines(const std::vector<report::Line>& lines, const Terminal& terminal) {
  for (const report::Line& line : lines) {
    std::string text;
    for (const report::Piece& piece : line) {
      text += terminal.paint(colour_of(piece.tone), piece.text);
    }
    terminal.say(text);
  }
}

report::SummaryOptions summary_options(const Terminal& terminal) {
  std::error_code failed;
  return {.columns = terminal.columns(),
          .working_folder = std::filesystem::current_path(failed).string()};
}

/// The same as log lines: what was not said while it ran.
void log_result(const run::RunResult& result, LogWriter& log) {
  std::vector<std::pair<std::string, std::string>> fields{{"run_id", result.run_id}};
  if (!result.contract.layer.empty()) {
    fields.emplace_back("layer", result.contract.layer);
  }
  fields.emplace_back("contract", result.contract.path);
  for (const std::string& warning : result.warnings) {
    log.write({.level = LogLevel::Warning, .message = warning, .fields = fields});
  }
  for (const run::ServiceLevelResult& level : result.service_levels) {
    if (!level.met) {
      log.write({.level = LogLevel::Warning,
                 .message = "broken service level: " + report::breach_line(level),
                 .fields = fields});
    }
  }
  fields.emplace_back("event", run::to_string(result.status));
  switch (result.status) {
    case run::RunStatus::Succeeded:
      log.write({.message = report::completion_line(result), .fields = fields});
      return;
    case run::RunStatus::Skipped:
      log.write({.message = "Run skipped: " + result.reason, .fields = fields});
      return;
    case run::RunStatus::Failed:
      log.write(
          {.level = LogLevel::Error, .message = "Run failed: " + result.reason, .fields = fields});
      return;
  }
}

void say_result(const run::RunResult& result, const Arguments& arguments,
                const Terminal& terminal) {
  const report::SummaryOptions options = summary_options(terminal);
  for (const std::string& warning : result.warnings) {
    terminal.say(fmt::format("{} {}", terminal.paint(Colour::Yellow, "warning:"), warning));
  }
  if (arguments.has("show")) {
    say_lines(report::render_sample("good rows", result.good_sample, options), terminal);
    say_lines(report::render_sample("quarantined rows", result.bad_sample, options), terminal);
  }
  say_lines(report::render_summary(result, options), terminal);
  if (result.status == run::RunStatus::Succeeded) {
    terminal.say(report::completion_line(result));
  }
}

Status check_engine(const Arguments& arguments, const Terminal& terminal) {
  const std::string engine = arguments.find("engine").value_or("duckdb");
  if (engine == "spark") {
    return make_error(ErrorCode::Unsupported, "contracts do not run on Spark yet")
        .with_hint("leave --engine out: the embedded engine runs them");
  }
  if (engine == "polars") {
    terminal.say("notice: there is no Polars engine; the contract runs on the embedded one");
  }
  return {};
}

Result<contract::MaxErrors> parse_max_errors(std::string_view text) {
  const bool is_share = text.ends_with('%');
  const std::string_view digits = is_share ? text.substr(0, text.size() - 1) : text;
  contract::MaxErrors most;
  const auto read = [&](auto& number) {
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return code == std::errc{} && end == digits.data() + digits.size() && number >= 0;
  };
  const bool is_read =
      is_share ? read(most.percent.emplace()) && *most.percent <= 100 : read(most.rows.emplace());
  if (!is_read) {
    return wrong(
        fmt::format("--max-errors is a number of rows or a share such as 0.5%; got '{}'", text));
  }
  return most;
}

Status read_error_policy(const Arguments& arguments, contract::RunOptions& options) {
  const std::string word = arguments.find("on-row-error").value_or("");
  options.on_row_error = word == "fail"         ? contract::OnRowError::Fail
                         : word == "skip"       ? contract::OnRowError::Skip
                         : word == "quarantine" ? contract::OnRowError::Quarantine
                                                : contract::OnRowError::Unset;
  if (const auto most = arguments.find("max-errors")) {
    if (word == "fail") {
      return wrong("--on-row-error fail ends the run at the first; leave --max-errors out");
    }
    SLUICE_TRY(options.max_errors, parse_max_errors(*most));
  }
  return {};
}

Result<contract::RunOptions> options_of(const Arguments& arguments) {
  contract::RunOptions options;
  options.sources = arguments.all("source");
  if (arguments.has("materialize") && arguments.has("no-materialize")) {
    return wrong("--materialize and --no-materialize contradict each other");
  }
  if (arguments.has("materialize") || arguments.has("no-materialize")) {
    options.materialize = arguments.has("materialize");
  }
  options.target = arguments.find("target").value_or("");
  options.output_good = arguments.find("output-good").value_or("");
  options.report = arguments.find("report").value_or("");
  options.output_bad = arguments.find("output-bad").value_or("");
  options.output_format = arguments.find("output-format").value_or("");
  options.state_folder = arguments.find("state").value_or("");
  options.again = arguments.has("again");
  options.full = arguments.has("full");
  options.lenient = arguments.has("lenient");
  options.mesh = mesh_options(arguments);
  SLUICE_CHECK(read_error_policy(arguments, options));
  options.pipeline_run_id = arguments.find("pipeline-run-id").value_or("");
  options.created_by = user_name();
  if (const auto show = arguments.find("show")) {
    SLUICE_TRY(const std::uint64_t rows, parse_number("show", *show));
    options.sample_rows = static_cast<int>(std::min<std::uint64_t>(rows, 1'000));
  }
  options.lake = lake_of_environment();
  if (const auto wait = arguments.find("lock-wait")) {
    SLUICE_TRY(options.lake.lock_wait_ms, parse_time(*wait));
  }
  options.keys = masking::keys_of_environment();
  options.script_environment = script_environment(arguments.all("pass-env"));
  options.render_record = [](const run::RunResult& result) {
    return report::to_record_json(result);
  };
  return options;
}

/// Equal bytes come from one thread, and from equal random numbers.
Status read_reproducible(const Arguments& arguments, Context& context,
                         contract::RunOptions& options) {
  if (!arguments.has("reproducible")) {
    return {};
  }
  if (context.threads_max > 1 && arguments.has("threads")) {
    return wrong("--reproducible runs on one thread; leave --threads out");
  }
  context.threads_max = 1;
  options.random_seed = 0.5;
  return {};
}

ExitCode fail(Error error, LogWriter& log) {
  if (error.hint.empty() && error.code == ErrorCode::InvalidArgument) {
    error.hint = "sluice run --help tells how it is used";
  }
  log.complain(error);
  return exit_code_of(error);
}

LogWriterOptions log_options(const Arguments& arguments) {
  LogWriterOptions options;
  const std::string format = arguments.find("log-format").value_or("");
  if (arguments.has("verbose") || !format.empty()) {
    options = {.style = format == "json" ? LogStyle::Json : LogStyle::Text,
               .least = LogLevel::Info};
  }
  if (arguments.has("quiet")) {
    options.least = LogLevel::Error;
  }
  return options;
}

struct Ran {
  /// One for each contract that was begun; those that ended in an error hold its text.
  std::vector<run::RunResult> results;
  ExitCode exit = ExitCode::Done;
};

/// Of several contracts the first failure is what the shell learns, but for an interruption.
ExitCode worse(ExitCode before, ExitCode now) {
  return before == ExitCode::Done || now == ExitCode::Interrupted ? now : before;
}

/// The error of a contract, as `--json` tells it: without the engine's words, which may hold a
/// value.
run::RunResult failed_run(const std::string& path, const Error& error) {
  run::RunResult failed;
  failed.status = run::RunStatus::Failed;
  failed.contract.path = path;
  failed.error = fmt::format("{}: {}{}", to_string(error.code),
                             error.at ? to_string(*error.at) + ": " : "", error.message);
  return failed;
}

/// A stop that came when the run could not be stopped any more.
Error stopped_after(const run::RunResult& result, std::size_t left) {
  std::string text = result.status == run::RunStatus::Succeeded
                         ? "the batch was committed before"
                         : "there was nothing to commit any more";
  if (left > 0) {
    text += fmt::format("; contracts that were not run: {}", left);
  }
  return make_error(ErrorCode::Cancelled, std::move(text));
}

Ran run_all(const std::vector<std::string>& contracts, const Arguments& arguments,
            const contract::RunOptions& options, const Context& context, ProgressBar& bar,
            LogWriter& log, const Terminal& terminal) {
  Ran ran;
  for (const std::string& path : contracts) {
    auto result = contract::run(context, path, options);
    bar.wipe();
    if (!result) {
      ran.results.push_back(failed_run(path, result.error()));
      ran.exit = worse(ran.exit, fail(std::move(result).error(), log));
      if (ran.exit == ExitCode::Interrupted) {
        break;
      }
      continue;
    }
    if (arguments.has("verbose") || arguments.has("log-format")) {
      log_result(*result, log);
    }
    if (!arguments.has("quiet") && !arguments.has("log-format")) {
      say_result(*result, arguments, terminal);
    }
    const bool is_breach = arguments.has("fail-on-breach") &&
                           std::ranges::any_of(result->service_levels, std::logical_not<>(),
                                               &run::ServiceLevelResult::met);
    if (result->status == run::RunStatus::Failed || is_breach) {
      ran.exit = worse(ran.exit, ExitCode::Failed);
    }
    ran.results.push_back(*std::move(result));
    if (context.stop.stop_requested()) {
      log.complain(stopped_after(ran.results.back(), contracts.size() - ran.results.size()));
      ran.exit = ExitCode::Interrupted;
      break;
    }
  }
  return ran;
}

/// One page for all contracts of the call; what ended in an error is in the runs' records only.
Status write_report(const Ran& ran, const std::string& path, const contract::RunOptions& options,
                    const Context& context) {
  std::vector<report::RecordedRun> runs;
  for (const run::RunResult& result : ran.results) {
    if (result.error.empty()) {
      runs.push_back(recorded(context, result, options));
    }
  }
  if (runs.empty()) {
    return {};
  }
  SLUICE_TRY(const std::string html, report::render_html(runs));
  return write_page(context, path, html);
}

ExitCode run_dry(const std::vector<std::string>& contracts, const contract::RunOptions& options,
                 const Context& context, LogWriter& log, const Arguments& arguments) {
  const bool as_json = arguments.has("json");
  std::vector<contract::PlannedRun> plans;
  for (const std::string& path : contracts) {
    auto plan = contract::plan_run(context, path, options);
    if (!plan) {
      if (as_json) {
        Terminal::of_stdout().print(report::to_json(failed_run(path, plan.error())) + "\n");
      }
      return fail(std::move(plan).error(), log);
    }
    if (!as_json) {
      print_plan(*plan);
    }
    plans.push_back(*std::move(plan));
  }
  if (as_json) {
    Terminal::of_stdout().print(plans_to_json(contracts, plans) + "\n");
  }
  return ExitCode::Done;
}

/// A place that each contract of the call would fill anew holds the rows of the last one alone.
Status check_places(std::size_t contracts, const Arguments& arguments) {
  for (const std::string_view place : {"output-good", "output-bad", "target"}) {
    if (contracts > 1 && arguments.has(place)) {
      return wrong(fmt::format("--{} is one place, and {} contracts would write to it", place,
                               contracts))
          .with_hint("run the contracts one by one, each with a place of its own");
    }
  }
  return {};
}

ExitCode run_run(const Arguments& arguments, const Terminal& terminal) {
  std::vector<std::string> contracts = arguments.operands();
  const std::vector<std::string> named = arguments.all("contract");
  contracts.insert(contracts.end(), named.begin(), named.end());
  ProgressBar bar(terminal);
  LogWriter log(terminal, bar, log_options(arguments));
  if (contracts.empty()) {
    return fail(wrong("CONTRACT is missing"), log);
  }
  Context context;
  context.stop = stop_on_signals();
  context.log = &log;
  if (terminal.is_interactive() && !arguments.has("quiet") && !arguments.has("log-format")) {
    context.progress = &bar;
  }
  auto options = options_of(arguments);
  Status usable = check_places(contracts.size(), arguments);
  if (usable.has_value()) {
    usable = check_engine(arguments, terminal);
  }
  if (usable.has_value()) {
    usable = read_limits(arguments, context);
  }
  if (usable.has_value() && options.has_value()) {
    usable = read_reproducible(arguments, context, *options);
  }
  if (!options || !usable) {
    return fail(options ? usable.error() : options.error(), log);
  }
  if (arguments.has("dry-run")) {
    return run_dry(contracts, *options, context, log, arguments);
  }
  const Ran ran = run_all(contracts, arguments, *options, context, bar, log, terminal);
  if (arguments.has("json")) {
    terminal.print((contracts.size() == 1 ? report::to_json(ran.results.front())
                                          : report::to_json(std::span(ran.results))) +
                   "\n");
  }
  if (const auto page = arguments.find("report"); page && !ran.results.empty()) {
    // What was stopped has ended: the page is about it.
    Context unstopped = context;
    unstopped.stop = {};
    if (const Status written = write_report(ran, *page, *options, unstopped); !written) {
      return worse(ran.exit, fail(written.error(), log));
    }
  }
  return ran.exit;
}

}  // namespace

constinit const Command kRun{
    .name = "run",
    .summary = "Runs contracts: reads, judges, quarantines, writes exactly once",
    .usage = "CONTRACT... [OPTIONS]",
    .example =
        "sluice run customers.yaml\n"
        "sluice run customers.yaml --dry-run\n"
        "sluice run customers.yaml --source day.csv --output-good good.parquet --json",
    .operands = {.name = "CONTRACT", .help = "YAML files", .at_least = 0, .at_most = 10'000},
    .options = kOptions,
    .run = run_run,
};

}  // namespace sluice::cli
