#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/cli/interrupt.h"
#include "sluice/cli/json_cell.h"
#include "sluice/cli/lake_environment.h"
#include "sluice/cli/limit_options.h"
#include "sluice/cli/mesh_options.h"
#include "sluice/contract/target/target.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/run/write/write.h"
#include "sluice/table/change/statistics.h"

namespace sluice::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchemaVersion = 1;
constexpr const char* kView = "rows_of_table";
/// Of what is removed: a write that goes on, or a reader, may need younger files.
constexpr std::chrono::hours kYoungest{1};

constexpr std::string_view kReading = "show, history, rows, stats";
constexpr std::string_view kChanging = "compact, vacuum, clean";

constexpr Option kOptions[] = {
    {.name = "version", .value = "N", .help = "rows, stats: of this version", .group = kReading},
    {.name = "at",
     .value = "TIME",
     .help = "rows, stats: of the version of that time, 2026-03-28T12:00:00Z",
     .group = kReading},
    {.name = "limit",
     .value = "N",
     .help = "history, rows: at most N; 20 unless said",
     .group = kReading},
    {.name = "older-than",
     .value = "AGE",
     .help = "vacuum, clean: what is older, e.g. 36h or 30d; 7d and 1d unless said",
     .group = kChanging},
    {.name = "force", .help = "Takes an age of less than an hour, too", .group = kChanging},
    {.name = "file-size",
     .value = "SIZE",
     .help = "compact: about this much a file; 128MiB unless said",
     .group = kChanging},
    {.name = "target",
     .value = "PATH",
     .help = "Replaces the target of the contract",
     .group = "Everywhere"},
    {.name = "env",
     .value = "NAME",
     .help = "The environment that places are of",
     .group = "Everywhere"},
    {.name = "stage",
     .value = "NAME",
     .help = "The stage that is laid over",
     .group = "Everywhere"},
    {.name = "memory",
     .value = "SIZE",
     .help = "At most this much, e.g. 512MB or 4GiB",
     .group = "Everywhere"},
    {.name = "threads", .value = "N", .help = "At most this many threads", .group = "Everywhere"},
    {.name = "json", .help = "One JSON object on stdout", .group = "Everywhere"},
};

Error wrong(std::string message) {
  return make_error(ErrorCode::InvalidArgument, std::move(message))
      .with_hint("sluice table --help tells how it is used");
}

std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// One call: what was asked, and the table.
struct Asked {
  const Arguments& arguments;
  const Terminal& terminal;
  const Context& context;
  contract::OpenTarget& target;

  table::Table& table() const { return target.table(); }
  bool wants_json() const { return arguments.has("json"); }
  Json begin_json() const {
    return {{"schema_version", kSchemaVersion},
            {"table", target.table().describe().uri},
            {"format", target.table().describe().format}};
  }
};

/// "90m", "36h", "30d".
Result<std::chrono::seconds> parse_age(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view unit = text.substr(digits);
  const int each = unit == "s" ? 1 : unit == "m" ? 60 : unit == "h" ? 3'600 : 86'400;
  const bool is_known = unit == "s" || unit == "m" || unit == "h" || unit == "d";
  if (digits == 0 || digits > 6 || !is_known) {
    return wrong(fmt::format("--older-than is an age such as 36h or 30d; got '{}'", text));
  }
  SLUICE_TRY(const std::uint64_t number, parse_number("older-than", text.substr(0, digits)));
  return std::chrono::seconds(static_cast<std::int64_t>(number) * each);
}

Result<sys_micros> instant_before(const Asked& asked, std::string_view unless_said) {
  const std::string text = asked.arguments.find("older-than").value_or(std::string(unless_said));
  SLUICE_TRY(const std::chrono::seconds age, parse_age(text));
  if (age < kYoungest && !asked.arguments.has("force")) {
    return wrong(
        fmt::format("files younger than an hour may belong to a write that goes on, so "
                    "--older-than {} needs --force",
                    text));
  }
  return asked.context.clock->now() - age;
}

Result<table::At> version_of(const Arguments& arguments) {
  table::At at;
  if (arguments.has("version") && arguments.has("at")) {
    return wrong("--version and --at say the same thing in two ways; give one");
  }
  if (const auto version = arguments.find("version")) {
    SLUICE_TRY(const std::uint64_t number, parse_number("version", *version));
    at.version = static_cast<std::int64_t>(number);
  }
  if (const auto text = arguments.find("at")) {
    const auto instant = parse_instant(*text);
    if (!instant.has_value()) {
      return wrong(fmt::format("--at is a time such as 2026-03-28T12:00:00Z; got '{}'", *text));
    }
    at.instant = *instant;
  }
  return at;
}

Result<std::size_t> limit_of(const Arguments& arguments) {
  SLUICE_TRY(const std::uint64_t limit,
             parse_number("limit", arguments.find("limit").value_or("20")));
  return static_cast<std::size_t>(limit);
}

Status show(const Asked& asked) {
  SLUICE_TRY(const auto state, asked.table().find_state(asked.context));
  if (!state) {
    return make_error(ErrorCode::NotFound,
                      fmt::format("there is no table at '{}'", asked.table().describe().uri));
  }
  Json json = asked.begin_json();
  json["version"] = state->version;
  json["columns"] = Json::array();
  for (const schema::Field& field : state->schema.fields) {
    json["columns"].push_back({{"name", field.name},
                               {"type", schema::to_string(field.type)},
                               {"required", !field.nullable}});
  }
  json["partition_by"] = Json::array();
  for (const plan::PartitionField& field : state->partition_by) {
    json["partition_by"].push_back(field.column);
  }
  json["properties"] = state->properties;
  const std::string& note = asked.table().describe().reader_note;
  if (!note.empty()) {
    json["reader_note"] = note;
  }
  if (asked.wants_json()) {
    asked.terminal.print(dump(json));
    return {};
  }
  asked.terminal.print(fmt::format("{} ({}), version {}\n", asked.table().describe().uri,
                                   asked.table().describe().format, state->version));
  for (const schema::Field& field : state->schema.fields) {
    asked.terminal.print(fmt::format("  {:<32} {}{}\n", field.name, schema::to_string(field.type),
                                     field.nullable ? "" : " required"));
  }
  for (const plan::PartitionField& field : state->partition_by) {
    asked.terminal.print(fmt::format("  partitioned by {}\n", field.column));
  }
  for (const auto& [name, value] : state->properties) {
    asked.terminal.print(fmt::format("  {} = {}\n", name, value));
  }
  asked.terminal.print(note.empty() ? "" : fmt::format("  {}\n", note));
  return {};
}

Status history(const Asked& asked) {
  SLUICE_TRY(const std::size_t limit, limit_of(asked.arguments));
  SLUICE_TRY(std::vector<table::Version> versions, asked.table().history(asked.context));
  versions.resize(std::min(versions.size(), limit));
  if (asked.wants_json()) {
    Json json = asked.begin_json();
    json["versions"] = Json::array();
    for (const table::Version& one : versions) {
      json["versions"].push_back({{"version", one.version},
                                  {"committed_at", to_string(one.committed_at)},
                                  {"operation", one.operation},
                                  {"key", one.key},
                                  {"rows", one.rows ? Json(*one.rows) : Json()}});
    }
    asked.terminal.print(dump(json));
    return {};
  }
  asked.terminal.print(
      fmt::format("{:>8}  {:<27}  {:<20}  {:>12}\n", "version", "committed", "operation", "rows"));
  for (const table::Version& one : versions) {
    asked.terminal.print(fmt::format("{:>8}  {:<27}  {:<20}  {:>12}\n", one.version,
                                     to_string(one.committed_at), one.operation,
                                     one.rows ? fmt::to_string(*one.rows) : "-"));
  }
  return {};
}

Status rows(const Asked& asked) {
  SLUICE_TRY(const std::size_t limit, limit_of(asked.arguments));
  SLUICE_TRY(const table::At at, version_of(asked.arguments));
  SLUICE_CHECK(asked.table().make_view(asked.context, at, kView));
  engine::Connection& connection = asked.target.connection();
  SLUICE_TRY(const schema::Schema columns,
             connection.describe(asked.context, fmt::format("SELECT * FROM {}", kView)));
  SLUICE_TRY(const std::vector<run::TextRow> found,
             run::query_texts(
                 asked.context, connection,
                 fmt::format("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM {} LIMIT {}", kView, limit)));
  Json list = Json::array();
  std::string text;
  for (const schema::Field& field : columns.fields) {
    text += (text.empty() ? "" : "\t") + field.name;
  }
  text += "\n";
  for (const run::TextRow& row : found) {
    Json object = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) {
      object[columns.fields[i].name] = Json::parse(json_cell(row[i], columns.fields[i].type));
      text += (i == 0 ? "" : "\t") + row[i].value_or("-");
    }
    text += "\n";
    list.push_back(std::move(object));
  }
  if (asked.wants_json()) {
    Json json = asked.begin_json();
    json["rows"] = std::move(list);
    text = dump(json);
  }
  asked.terminal.print(text);
  return {};
}

Status stats(const Asked& asked) {
  SLUICE_TRY(const table::At at, version_of(asked.arguments));
  SLUICE_CHECK(asked.table().make_view(asked.context, at, kView));
  SLUICE_TRY(const table::TableStatistics seen,
             table::load_statistics(asked.context, asked.target.connection(), kView));
  Json json = asked.begin_json();
  json["rows"] = seen.rows;
  json["columns"] = Json::array();
  std::string text = fmt::format("{} rows\n{:<32}  {:>12}  {:>12}  {:<24}  {}\n", seen.rows,
                                 "column", "nulls", "distinct (~)", "min", "max");
  for (const table::ColumnStatistics& column : seen.columns) {
    json["columns"].push_back({{"name", column.name},
                               {"type", column.type},
                               {"nulls", column.nulls},
                               {"distinct_about", column.distinct},
                               {"min", column.min ? Json(*column.min) : Json()},
                               {"max", column.max ? Json(*column.max) : Json()}});
    text += fmt::format("{:<32}  {:>12}  {:>12}  {:<24}  {}\n", column.name, column.nulls,
                        column.distinct, column.min.value_or("-"), column.max.value_or("-"));
  }
  asked.terminal.print(asked.wants_json() ? dump(json) : text);
  return {};
}

Result<table::Maintenance> request_of(const Asked& asked, std::string_view action) {
  if (action == "vacuum") {
    SLUICE_TRY(const sys_micros instant, instant_before(asked, "7d"));
    return table::Maintenance{table::Vacuum{.older_than = instant}};
  }
  if (action == "clean") {
    SLUICE_TRY(const sys_micros instant, instant_before(asked, "1d"));
    return table::Maintenance{table::Clean{.older_than = instant}};
  }
  table::Compact compact;
  if (const auto size = asked.arguments.find("file-size")) {
    SLUICE_TRY(compact.file_bytes, parse_size("file-size", *size));
  }
  return table::Maintenance{compact};
}

Status maintain(const Asked& asked) {
  const std::string& action = asked.arguments.operands()[0];
  SLUICE_TRY(const table::Maintenance request, request_of(asked, action));
  SLUICE_TRY(const table::Maintained done, run::maintain(asked.context, asked.table(), request));
  if (asked.wants_json()) {
    Json json = asked.begin_json();
    json["action"] = action;
    json["deleted"] = done.deleted;
    json["failed"] = done.failed;
    json["scanned"] = done.scanned;
    json["written"] = done.written;
    json["version"] = done.version ? Json(*done.version) : Json();
    asked.terminal.print(dump(json));
  } else if (action == "compact") {
    asked.terminal.print(
        fmt::format("Replaced {} of {} files by {}{}\n", done.deleted, done.scanned, done.written,
                    done.version ? fmt::format(", version {}", *done.version) : ""));
  } else {
    asked.terminal.print(fmt::format("Deleted {}, failed {}, scanned {}\n", done.deleted,
                                     done.failed, done.scanned));
  }
  if (done.failed > 0) {
    return make_error(ErrorCode::Unavailable,
                      fmt::format("{} files of the table '{}' could not be removed; nothing needs "
                                  "them",
                                  done.failed, asked.table().describe().uri))
        .with_hint("give this user the right to write in the table's folder, and repeat it");
  }
  return {};
}

struct Action {
  std::string_view name;
  Status (*run)(const Asked& asked);
  std::array<std::string_view, 3> options;  // beside those that all take
};
constexpr Action kActions[] = {
    {"show", show, {}},
    {"history", history, {"limit"}},
    {"rows", rows, {"limit", "version", "at"}},
    {"stats", stats, {"version", "at"}},
    {"compact", maintain, {"file-size"}},
    {"vacuum", maintain, {"older-than", "force"}},
    {"clean", maintain, {"older-than", "force"}},
};

/// An option of another action would be passed over.
Status check_options(const Arguments& arguments, const Action& action) {
  for (const std::string_view option :
       {"version", "at", "limit", "older-than", "force", "file-size"}) {
    const bool is_taken = std::ranges::find(action.options, option) != action.options.end();
    if (arguments.has(option) && !is_taken) {
      return wrong(fmt::format("{} takes no --{}", action.name, option));
    }
  }
  return {};
}

Status run_action(const Arguments& arguments, const Terminal& terminal) {
  const std::string& word = arguments.operands()[0];
  const auto* action = std::ranges::find(kActions, word, &Action::name);
  if (action == std::end(kActions)) {
    return wrong(fmt::format(
        "the action is one of: show history rows stats compact vacuum clean; got '{}'", word));
  }
  SLUICE_CHECK(check_options(arguments, *action));
  Context context;
  SLUICE_CHECK(read_limits(arguments, context));
  context.stop = stop_on_signals();
  contract::RunOptions options;
  options.target = arguments.find("target").value_or("");
  options.mesh = mesh_options(arguments);
  options.lake = lake_of_environment();
  SLUICE_TRY(contract::OpenTarget target,
             contract::OpenTarget::open(context, arguments.operands()[1], options));
  return action->run({arguments, terminal, context, target});
}

ExitCode run_table(const Arguments& arguments, const Terminal& terminal) {
  const Status done = run_action(arguments, terminal);
  if (!done) {
    terminal.complain(done.error());
    return exit_code_of(done.error());
  }
  return ExitCode::Done;
}

}  // namespace

constinit const Command kTable{
    .name = "table",
    .summary = "Looks at a table and its past, and maintains it",
    .usage = "show|history|rows|stats|compact|vacuum|clean TABLE [OPTIONS]",
    .example =
        "sluice table history customers.yaml\n"
        "sluice table rows lake/silver_customers --version 7\n"
        "sluice table vacuum lake.silver.customers --older-than 30d",
    .operands = {.name = "ACTION TABLE",
                 .help = "What to do, and a contract, a folder or lake.schema.table",
                 .at_least = 2,
                 .at_most = 2},
    .options = kOptions,
    .run = run_table,
};

}  // namespace sluice::cli
