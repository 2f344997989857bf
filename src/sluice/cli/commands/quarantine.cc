#include "sluice/contract/run/quarantine.h"

#include <charconv>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/cli/interrupt.h"
#include "sluice/cli/lake_environment.h"
#include "sluice/cli/limit_options.h"
#include "sluice/cli/mesh_options.h"
#include "sluice/cli/user_name.h"
#include "sluice/contract/run/replay.h"
#include "sluice/masking/environment_keys.h"
#include "sluice/report/run_json.h"
#include "sluice/report/shown_text.h"

namespace sluice::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;

constexpr Option kOptions[] = {
    {.name = "row",
     .value = "ID",
     .help = "Only this row, as list prints it",
     .group = "Which rows",
     .repeats = true},
    {.name = "rule",
     .value = "TEXT",
     .help = "Only rows with a reason that holds this text",
     .group = "Which rows"},
    {.name = "category",
     .value = "NAME",
     .help = "Only rows with a reason of this category",
     .group = "Which rows"},
    {.name = "run",
     .value = "ID",
     .help = "Only rows that this run refused",
     .group = "Which rows"},
    {.name = "waiting", .help = "Only rows that wait", .group = "Which rows"},
    {.name = "all", .help = "discard: every waiting row", .group = "Which rows"},
    {.name = "limit",
     .value = "N",
     .help = "list: at most N rows; 50 unless said",
     .group = "Telling"},
    {.name = "note", .value = "TEXT", .help = "discard: why, for the record", .group = "Telling"},
    {.name = "json", .help = "One JSON object on stdout", .group = "Telling"},
    {.name = "memory",
     .value = "SIZE",
     .help = "At most this much, e.g. 512MB or 4GiB",
     .group = "Running"},
    {.name = "threads", .value = "N", .help = "At most this many threads", .group = "Running"},
    {.name = "target",
     .value = "PATH",
     .help = "Replaces the contract's target",
     .group = "Places"},
    {.name = "state",
     .value = "FOLDER",
     .help = "Where batches and run records lie",
     .group = "Places"},
    {.name = "lenient", .help = "Reads old files the way LakeLogic does", .group = "Places"},
    {.name = "env",
     .value = "NAME",
     .help = "The environment that places are of",
     .group = "Places"},
    {.name = "stage", .value = "NAME", .help = "The stage that is laid over", .group = "Places"},
};

contract::RowSelection selection_of(const Arguments& arguments) {
  return {.row_ids = arguments.all("row"),
          .rule = arguments.find("rule").value_or(""),
          .category = arguments.find("category").value_or(""),
          .run_id = arguments.find("run").value_or(""),
          .state = arguments.has("waiting") ? "waiting" : ""};
}

bool is_empty(const contract::RowSelection& selection) {
  return selection.row_ids.empty() && selection.rule.empty() && selection.category.empty() &&
         selection.run_id.empty();
}

Result<std::int64_t> limit_of(const Arguments& arguments) {
  const std::string text = arguments.find("limit").value_or("50");
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size() || number < 1) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("--limit is a whole number from 1; got '{}'", text));
  }
  return number;
}

contract::RunOptions options_of(const Arguments& arguments) {
  contract::RunOptions options;
  options.target = arguments.find("target").value_or("");
  options.state_folder = arguments.find("state").value_or("");
  options.lenient = arguments.has("lenient");
  options.mesh = mesh_options(arguments);
  options.keys = masking::keys_of_environment();
  options.lake = lake_of_environment();
  options.created_by = user_name();
  options.render_record = [](const run::RunResult& result) {
    return report::to_record_json(result);
  };
  return options;
}

/// One command line on its way.
struct Call {
  const Arguments& arguments;
  const Terminal& terminal;
  Context context;
  std::string contract;
};

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<ExitCode> list_rows(const Call& call, contract::QuarantineReader& reader) {
  SLUICE_TRY(const std::int64_t limit, limit_of(call.arguments));
  SLUICE_TRY(const contract::QuarantineListing listing,
             reader.list(call.context, selection_of(call.arguments), limit));
  if (call.arguments.has("json")) {
    Json rows = Json::array();
    for (const std::string& row : listing.json) {
      rows.push_back(Json::parse(row, nullptr, false));
    }
    call.terminal.print(dump(Json{{"schema_version", kSchemaVersion},
                                  {"uri", reader.uri()},
                                  {"total", listing.total},
                                  {"rows", std::move(rows)}}));
    return ExitCode::Done;
  }
  for (const run::TextRow& row : listing.rows) {
    const auto cell = [&](std::size_t i) { return report::shown_text(row[i].value_or("-")); };
    call.terminal.print(fmt::format("{}  {}  {}\n    {}\n", cell(0), cell(1), cell(2), cell(3)));
  }
  call.terminal.say(
      fmt::format("{} of {} rows in {}", listing.rows.size(), listing.total, reader.uri()));
  return ExitCode::Done;
}

void print_members(const Terminal& terminal, const Json& object, std::string_view indent) {
  for (const auto& [name, value] : object.items()) {
    if (!value.is_null()) {
      const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
      terminal.print(
          fmt::format("{}{}: {}\n", indent, report::shown_text(name), report::shown_text(text)));
    }
  }
}

Result<ExitCode> show_rows(const Call& call, contract::QuarantineReader& reader) {
  const std::vector<std::string> ids = call.arguments.all("row");
  if (ids.empty()) {
    return make_error(ErrorCode::InvalidArgument, "which row: --row ID is missing")
        .with_hint("sluice quarantine list CONTRACT prints the ids of the rows");
  }
  Json rows = Json::array();
  for (const std::string& id : ids) {
    SLUICE_TRY(const std::string text, reader.show(call.context, id));
    rows.push_back(Json::parse(text, nullptr, false));
  }
  if (call.arguments.has("json")) {
    call.terminal.print(dump(Json{
        {"schema_version", kSchemaVersion}, {"uri", reader.uri()}, {"rows", std::move(rows)}}));
    return ExitCode::Done;
  }
  for (const Json& row : rows) {
    print_members(call.terminal, row["row"], "");
    for (const Json& line : row["history"]) {
      call.terminal.print("history:\n");
      print_members(call.terminal, line, "  ");
    }
  }
  return ExitCode::Done;
}

Json json_of(const contract::QuarantineCount& count) {
  return {{"name", count.what},
          {"waiting", count.waiting},
          {"replayed", count.replayed},
          {"discarded", count.discarded}};
}

Json json_of(const std::vector<contract::QuarantineCount>& counts) {
  Json list = Json::array();
  for (const contract::QuarantineCount& count : counts) {
    list.push_back(json_of(count));
  }
  return list;
}

Result<ExitCode> print_stats(const Call& call, contract::QuarantineReader& reader) {
  SLUICE_TRY(const contract::QuarantineStats stats,
             reader.stats(call.context, selection_of(call.arguments)));
  if (call.arguments.has("json")) {
    call.terminal.print(dump(Json{{"schema_version", kSchemaVersion},
                                  {"uri", reader.uri()},
                                  {"rows", json_of(stats.all)},
                                  {"reasons", json_of(stats.by_reason)},
                                  {"categories", json_of(stats.by_category)},
                                  {"runs", json_of(stats.by_run)}}));
    return ExitCode::Done;
  }
  const auto section = [&](std::string_view heading,
                           const std::vector<contract::QuarantineCount>& counts) {
    call.terminal.print(
        fmt::format("{:>9} {:>9} {:>9}  {}\n", "waiting", "replayed", "discarded", heading));
    for (const contract::QuarantineCount& count : counts) {
      call.terminal.print(fmt::format("{:>9} {:>9} {:>9}  {}\n", count.waiting, count.replayed,
                                      count.discarded, report::shown_text(count.what)));
    }
  };
  section("rows", {stats.all});
  section("reason", stats.by_reason);
  section("category", stats.by_category);
  section("run", stats.by_run);
  return ExitCode::Done;
}

Result<ExitCode> discard_rows(const Call& call, contract::QuarantineReader& reader) {
  const contract::RowSelection selection = selection_of(call.arguments);
  if (is_empty(selection) && !call.arguments.has("all")) {
    return make_error(ErrorCode::InvalidArgument, "which rows: nothing selects them")
        .with_hint("give --row, --rule, --category or --run, or --all for every waiting row");
  }
  SLUICE_TRY(const std::int64_t rows,
             reader.discard(call.context, selection, call.arguments.find("note").value_or("")));
  if (call.arguments.has("json")) {
    call.terminal.print(
        dump(Json{{"schema_version", kSchemaVersion}, {"uri", reader.uri()}, {"discarded", rows}}));
  }
  call.terminal.say(fmt::format("discarded {} rows; they stay in {}", rows, reader.uri()));
  return ExitCode::Done;
}

Result<ExitCode> replay_rows(const Call& call) {
  SLUICE_TRY(const contract::ReplayReport report,
             contract::replay(call.context, call.contract, selection_of(call.arguments),
                              options_of(call.arguments)));
  const bool is_stopped =
      !report.batches.empty() && report.batches.back().status == run::RunStatus::Failed;
  if (call.arguments.has("json")) {
    Json batches = Json::array();
    for (const run::RunResult& batch : report.batches) {
      batches.push_back(Json::parse(report::to_json(batch), nullptr, false));
    }
    call.terminal.print(dump(Json{{"schema_version", kSchemaVersion},
                                  {"tried", report.tried},
                                  {"moved", report.moved},
                                  {"refused", report.refused},
                                  {"left", report.left},
                                  {"left_because", report.left_because},
                                  {"runs", std::move(batches)}}));
  }
  call.terminal.say(fmt::format("tried {} rows: {} moved into the target, {} refused again",
                                report.tried, report.moved, report.refused));
  if (report.left > 0) {
    call.terminal.say(fmt::format("{} rows cannot be replayed, only shown and discarded: {}",
                                  report.left, report.left_because));
  }
  if (is_stopped) {
    call.terminal.complain(make_error(ErrorCode::DataRejected, report.batches.back().reason)
                               .with_hint("nothing of this batch moved; its rows wait"));
    return ExitCode::Failed;
  }
  return ExitCode::Done;
}

Result<ExitCode> act(const Call& call, const std::string& action) {
  if (action == "replay") {
    return replay_rows(call);
  }
  using Act = Result<ExitCode> (*)(const Call&, contract::QuarantineReader&);
  static constexpr std::pair<std::string_view, Act> kActs[] = {
      {"list", list_rows}, {"show", show_rows}, {"stats", print_stats}, {"discard", discard_rows}};
  for (const auto& [name, function] : kActs) {
    if (name == action) {
      SLUICE_TRY(contract::QuarantineReader reader,
                 contract::QuarantineReader::open(call.context, call.contract,
                                                  options_of(call.arguments)));
      return function(call, reader);
    }
  }
  return make_error(ErrorCode::InvalidArgument,
                    fmt::format("expected list, show, stats, replay or discard, got '{}'", action))
      .with_hint("sluice quarantine --help tells how it is used");
}

ExitCode run_quarantine(const Arguments& arguments, const Terminal& terminal) {
  Call call{.arguments = arguments,
            .terminal = terminal,
            .context = {},
            .contract = arguments.operands()[1]};
  call.context.stop = stop_on_signals();
  const Status limited = read_limits(arguments, call.context);
  const Result<ExitCode> done =
      limited ? act(call, arguments.operands()[0]) : Result<ExitCode>(limited.error());
  if (!done) {
    terminal.complain(done.error());
    return exit_code_of(done.error());
  }
  return *done;
}

}  // namespace

constinit const Command kQuarantine{
    .name = "quarantine",
    .summary = "Shows what was refused and why; replays or discards it",
    .usage = "list|show|stats|replay|discard CONTRACT [OPTIONS]",
    .example =
        "sluice quarantine stats customers.yaml\n"
        "sluice quarantine list customers.yaml --rule email --limit 10\n"
        "sluice quarantine replay customers.yaml\n"
        "sluice quarantine discard customers.yaml --rule email --note 'test data'",
    .operands = {.name = "ACTION CONTRACT",
                 .help = "What to do, and the contract whose rows were refused",
                 .at_least = 2,
                 .at_most = 2},
    .options = kOptions,
    .run = run_quarantine,
};

}  // namespace sluice::cli
