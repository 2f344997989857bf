#include "sluice/contract/run/external_logic.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "sluice/base/overloaded.h"
#include "sluice/contract/landing/source_files.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/dialect/duckdb/path.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/quote.h"
#include "sluice/run/pipeline/lost_numbers.h"
#include "sluice/run/pipeline/parquet_columns.h"
#include "sluice/run/pipeline/source_columns.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/run/script/script.h"

namespace sluice::contract {
namespace {

using nlohmann::ordered_json;

ordered_json to_json(const Node& node) {
  switch (node.kind) {
    case NodeKind::Sequence: {
      ordered_json list = ordered_json::array();
      for (const Node& item : node.items) {
        list.push_back(to_json(item));
      }
      return list;
    }
    case NodeKind::Mapping: {
      ordered_json map = ordered_json::object();
      for (const Entry& entry : node.entries) {
        map[entry.key] = to_json(entry.value);
      }
      return map;
    }
    case NodeKind::Scalar: break;
  }
  switch (scalar_type(node)) {
    case ScalarType::Null: return nullptr;
    case ScalarType::Bool: return as_bool(node).value_or(false);
    case ScalarType::Int:
      if (const auto whole = as_integer(node)) {
        return *whole;
      }
      return node.text;
    case ScalarType::Float:
      if (const auto number = as_number(node)) {
        return *number;
      }
      return node.text;
    case ScalarType::String: return node.text;
  }
  return nullptr;
}

/// What a script is told of its contract.
std::string identity_of(const Contract& contract, const std::string& path) {
  ordered_json fields = ordered_json::array();
  for (const Field& field : contract.model.fields) {
    fields.push_back({{"name", field.name.value}, {"type", field.type.value}});
  }
  ordered_json links = ordered_json::array();
  for (const Link& link : contract.links) {
    links.push_back(link.name.value);
  }
  return ordered_json{{"path", absolute_path(path, working_folder())},
                      {"title", contract.info.title ? contract.info.title->value : ""},
                      {"version", contract.info.version.value},
                      {"layer", layer(contract)},
                      {"table_name", table_name(contract)},
                      {"fields", std::move(fields)},
                      {"links", std::move(links)}}
      .dump();
}

/// Rows that go to the script, and the file that they go to.
struct Handed {
  std::string name;  // of a link
  std::string select;
  std::string path;
};

std::string copy_of(const Handed& handed) {
  return fmt::format("COPY ({}) TO {} (FORMAT parquet)", handed.select,
                     dialect::quote_literal(handed.path));
}

Result<std::int64_t> write_parquet(const Context& context, engine::Connection& connection,
                                   const Handed& handed) {
  SLUICE_TRY_IN(const std::int64_t rows, connection.execute(context, copy_of(handed)),
                "giving rows to the external logic");
  return rows;
}

/// A script reads whole records: which lines are none, it could not be told.
Status check_lengths(const Context& context, engine::Connection& connection,
                     const plan::Scan& source) {
  const auto* files = std::get_if<plan::FileScan>(&source);
  const auto* fixed =
      files == nullptr ? nullptr : std::get_if<plan::FixedWidthFormat>(&files->format);
  if (fixed == nullptr || !fixed->record_length || files->files.empty()) {
    return {};
  }
  SLUICE_TRY(
      const std::vector<run::TextRow> wrong,
      run::query_texts(context, connection, dialect::render_wrong_lengths(files->files, *fixed)));
  if (wrong.empty()) {
    return {};
  }
  const run::TextRow& line = wrong.front();
  return make_error(ErrorCode::DataRejected,
                    fmt::format("a line has {} characters and not {}: '{}'", line[1].value_or(""),
                                *fixed->record_length, line[0].value_or("")))
      .with_hint(
          "external logic reads whole records: mend the file, or leave out "
          "source.options.record_length");
}

bool holds_unknown(const schema::LogicalType& type) {
  return std::visit(
      overloaded{[](const schema::UuidType&) { return true; },
                 [](const schema::Map&) { return true; },
                 [](const schema::List& list) { return holds_unknown(*list.element); },
                 [](const schema::Struct& inner) {
                   return std::ranges::any_of(inner.fields, [](const schema::Field& member) {
                     return holds_unknown(member.type);
                   });
                 },
                 [](const auto&) { return false; }},
      type.kind);
}

/// A column in a type that every Parquet reader knows. A text in JSON is the text, but where the
/// contract declares JSON; what else is there stays as it is written, and maps become JSON.
std::string in_known_type(const schema::Field& field, bool keeps_json) {
  const std::string name = dialect::quote_identifier(field.name);
  if (std::holds_alternative<schema::Json>(field.type.kind) && !keeps_json) {
    return fmt::format(
        "CASE json_type({0}) WHEN 'VARCHAR' THEN {0} ->> '$' ELSE CAST({0} AS VARCHAR) END AS {0}",
        name);
  }
  if (std::holds_alternative<schema::Json>(field.type.kind) ||
      std::holds_alternative<schema::UuidType>(field.type.kind)) {
    return fmt::format("CAST({0} AS VARCHAR) AS {0}", name);
  }
  return holds_unknown(field.type) ? fmt::format("CAST(to_json({0}) AS VARCHAR) AS {0}", name)
                                   : name;
}

/// The source's rows in types that every Parquet reader knows, with the digits and texts that a run
/// without a script would judge.
Result<std::string> select_rows(const Context& context, engine::Connection& connection,
                                plan::Pipeline pipeline) {
  run::ExpectedColumns expected = run::expected_columns(pipeline);
  expected.may_be_made = true;
  SLUICE_TRY(run::SourceColumns settled, run::settle_source(context, connection, pipeline.source,
                                                            plan::BadLines::Stop, expected));
  SLUICE_TRY(const run::LostNumbers lost,
             run::spell_numbers(context, connection, pipeline, settled));
  SLUICE_CHECK(check_lengths(context, connection, pipeline.source));
  const schema::Schema& columns = settled.columns;
  schema::Schema declared;
  for (const plan::DeclaredColumn& column : pipeline.schema.columns) {
    declared.fields.push_back({.name = column.name, .type = column.type});
  }
  if (columns.fields.empty()) {
    SLUICE_TRY(const std::string rows, dialect::render_empty(declared));
    return "SELECT * FROM " + rows;
  }
  const bool is_exact = !lost.fractions.empty() || !lost.json.empty();
  SLUICE_TRY(const std::string scan,
             is_exact ? dialect::render_json_link(std::get<plan::FileScan>(pipeline.source),
                                                  columns, lost.fractions, lost.json)
                      : dialect::render_scan(pipeline.source, columns, false));
  std::string list;
  for (const schema::Field& field : columns.fields) {
    const schema::Field* as = declared.find(field.name);
    list += list.empty() ? "" : ", ";
    list +=
        in_known_type(field, as != nullptr && std::holds_alternative<schema::Json>(as->type.kind));
  }
  return fmt::format("SELECT {} FROM ({})", list, scan);
}

/// What it printed, line by line: a script's author looks for it in the log.
void show_output(const Context& context, std::string_view output) {
  for (std::size_t begin = 0; begin < output.size();) {
    const std::size_t end = std::min(output.find('\n', begin), output.size());
    if (end > begin) {
      context.say(LogLevel::Info,
                  "external logic: " + std::string(output.substr(begin, end - begin)));
    }
    begin = end + 1;
  }
}

Status check_added_columns(const Context& context, engine::Connection& connection,
                           const plan::Pipeline& pipeline, const std::string& before,
                           const std::string& after) {
  SLUICE_TRY(const schema::Schema given,
             connection.describe(context, fmt::format("SELECT * FROM read_parquet({})",
                                                      dialect::quote_path(before))));
  SLUICE_TRY(const schema::Schema made,
             connection.describe(context, "SELECT * FROM " + dialect::quote_identifier(after)));
  for (const schema::Field& field : made.fields) {
    const bool is_declared =
        std::ranges::any_of(pipeline.schema.columns, [&](const plan::DeclaredColumn& column) {
          return schema::same_column(column.name, field.name);
        });
    if (given.find(field.name) == nullptr && !is_declared) {
      return make_error(ErrorCode::InvalidContract,
                        fmt::format("the contract masks, and its external logic adds a column that "
                                    "is not declared: '{}'",
                                    field.name))
          .with_hint("declare it in model.fields, with `masking` where it shows masked values");
    }
  }
  return {};
}

std::string file_of(const Contract& contract, const std::string& contract_path) {
  return absolute_path(contract.external_logic->path.value,
                       folder_of(absolute_path(contract_path, working_folder())));
}

/// When a file was written last, and where it lies; empty: it is not there.
std::string stamp_of(const std::string& path) {
  struct stat found{};
  return ::stat(path.c_str(), &found) != 0
             ? ""
             : fmt::format("{}.{}-{}-{}", found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_ino,
                           found.st_size);
}

/// What an earlier run left there are not the rows of this one.
Status check_written(const run::ScriptCall& call, const std::string& before) {
  const std::string after = stamp_of(call.output_path);
  if (!after.empty() && after != before) {
    return {};
  }
  return make_error(
             ErrorCode::DataRejected,
             fmt::format("the external logic {} its output_path: '{}'",
                         after.empty() ? "did not write" : "left what lay at", call.output_path))
      .with_hint(
          "with handles_output the script writes that file anew in each run, or returns "
          "its rows without it");
}

bool is_below(const std::string& path, const std::string& folder) {
  return path == folder || path.starts_with(folder + "/");
}

run::ScriptKind kind_of(LogicType type) {
  switch (type) {
    case LogicType::Python: return run::ScriptKind::Python;
    case LogicType::Notebook: return run::ScriptKind::Notebook;
    case LogicType::Command: return run::ScriptKind::Command;
  }
  return run::ScriptKind::Python;
}

Result<std::vector<Handed>> find_links(const Context& context, engine::Connection& connection,
                                       const plan::Pipeline& pipeline,
                                       const std::string& exchange) {
  std::vector<Handed> links;
  for (const plan::Reference& reference : pipeline.references) {
    SLUICE_TRY(const std::string view, dialect::render_reference(reference));
    SLUICE_TRY(const schema::Schema columns, connection.describe(context, view));
    std::string list;
    for (const schema::Field& field : columns.fields) {
      list += (list.empty() ? "" : ", ") + in_known_type(field, false);
    }
    links.push_back({.name = reference.name,
                     .select = fmt::format("SELECT {} FROM ({})", list, view),
                     .path = fmt::format("{}/link-{}.parquet", exchange, links.size())});
  }
  return links;
}

Result<run::ScriptCall> make_call(const Context& context, engine::Connection& connection,
                                  const Contract& contract, const LogicInput& input,
                                  const plan::Pipeline& pipeline) {
  const ExternalLogic& logic = *contract.external_logic;
  const std::string home = folder_of(absolute_path(input.contract_path, working_folder()));
  run::ScriptCall call{
      .kind = kind_of(logic.type.value),
      .file = file_of(contract, input.contract_path),
      .entrypoint = logic.entrypoint.value,
      .arguments = logic.args ? to_json(*logic.args).dump() : "{}",
      .contract = identity_of(contract, input.contract_path),
      .rows = input.exchange + "/rows.parquet",
      .links = {},
      .result = input.exchange + "/result.parquet",
      .output_path = logic.output_path ? absolute_path(logic.output_path->value, home) : "",
      .output_format = logic.output_format ? logic.output_format->value : "",
      .run_id = input.run_id,
      .executed_copy = logic.type.value == LogicType::Notebook ? executed_copy(input.exchange) : "",
      .folder = input.exchange,
      .start_folder = home,
      .environment = input.environment,
      .time_limit = std::chrono::seconds(logic.timeout_seconds.value)};
  SLUICE_TRY(const std::vector<Handed> links,
             find_links(context, connection, pipeline, input.exchange));
  for (const Handed& link : links) {
    SLUICE_TRY([[maybe_unused]] const std::int64_t rows, write_parquet(context, connection, link));
    call.links.emplace_back(link.name, link.path);
  }
  return call;
}

/// The relation is called like the source, which is what the lineage of its rows says.
std::string relation_name(const plan::Pipeline& pipeline) {
  return pipeline.source_label.empty() ? "external_logic" : pipeline.source_label;
}

std::string view_of_result(const std::string& name, const std::string& path) {
  return fmt::format("CREATE OR REPLACE TEMP VIEW {} AS SELECT * FROM read_parquet({})",
                     dialect::quote_identifier(name), dialect::quote_path(path));
}

/// What it is to a dry run: the program, and what it is given.
std::string describe_external_logic(const Contract& contract, const std::string& contract_path) {
  const ExternalLogic& logic = *contract.external_logic;
  const std::string file = file_of(contract, contract_path);
  switch (logic.type.value) {
    case LogicType::Command: return fmt::format("external logic: {} ROWS RESULT", file);
    case LogicType::Notebook:
      return fmt::format("external logic: {} runs the cells of {}", run::kPythonProgram, file);
    case LogicType::Python: break;
  }
  return fmt::format("external logic: {} {} calls {}", run::kPythonProgram, file,
                     logic.entrypoint.value);
}

}  // namespace

std::string executed_copy(const std::string& exchange) { return exchange + "/executed.ipynb"; }

Result<run::LedgerEntry> run_external_logic(const Context& context, engine::Connection& connection,
                                            const Contract& contract, const LogicInput& input,
                                            plan::Pipeline& pipeline) {
  SLUICE_TRY(const run::ScriptCall call, make_call(context, connection, contract, input, pipeline));
  SLUICE_TRY(const std::string rows, select_rows(context, connection, pipeline));
  run::LedgerEntry entry{.step = "external_logic", .is_opaque = true};
  SLUICE_TRY(entry.in,
             write_parquet(context, connection, {.name = "", .select = rows, .path = call.rows}));
  const std::string before = stamp_of(call.output_path);
  SLUICE_TRY(const std::string output, run::run_script(context, call));
  if (!input.masks) {
    show_output(context, output);
  }
  if (contract.external_logic->handles_output.value) {
    SLUICE_CHECK(check_written(call, before));
  }
  SLUICE_CHECK(run::check_parquet_columns(
      context, connection,
      plan::FileScan{.files = {call.result}, .format = plan::ParquetFormat{}}));
  const std::string name = relation_name(pipeline);
  SLUICE_TRY_IN([[maybe_unused]] const std::int64_t none,
                connection.execute(context, view_of_result(name, call.result)),
                "reading the rows of the external logic");
  if (input.masks) {
    SLUICE_CHECK(check_added_columns(context, connection, pipeline, call.rows, name));
  }
  SLUICE_TRY(const std::vector<run::TextRow> counted,
             run::query_texts(context, connection,
                              "SELECT count(*) FROM " + dialect::quote_identifier(name)));
  entry.out = std::stoll(counted.front().front().value_or("0"));
  entry.dropped = std::max<std::int64_t>(entry.in - entry.out, 0);
  entry.added = std::max<std::int64_t>(entry.out - entry.in, 0);
  pipeline.source = plan::RelationScan{.name = name};
  return entry;
}

Result<PlannedLogic> plan_external_logic(const Context& context, engine::Connection& connection,
                                         const Contract& contract, const std::string& contract_path,
                                         const plan::Pipeline& pipeline) {
  constexpr const char* kExchange = "EXCHANGE";  // the run makes it
  PlannedLogic planned{.relation = relation_name(pipeline), .statements = {}, .given = {}};
  SLUICE_TRY(const std::vector<Handed> links, find_links(context, connection, pipeline, kExchange));
  for (const Handed& link : links) {
    planned.statements.push_back(copy_of(link));
  }
  SLUICE_TRY(const std::string rows, select_rows(context, connection, pipeline));
  planned.statements.push_back(
      copy_of({.name = "", .select = rows, .path = fmt::format("{}/rows.parquet", kExchange)}));
  SLUICE_TRY(planned.given, connection.describe(context, rows));
  planned.statements.push_back(describe_external_logic(contract, contract_path));
  planned.statements.push_back(
      view_of_result(planned.relation, fmt::format("{}/result.parquet", kExchange)));
  return planned;
}

namespace internal {

Status Runner::run_logic(plan::Pipeline& pipeline) {
  narrator_.begin("script");
  SLUICE_CHECK(check_logic_output());
  if (masks()) {
    result_.warnings.emplace_back("external logic sees the clear values of masked fields");
  }
  Result<run::LedgerEntry> entry = run_external_logic(context_, *connection_, *contract_,
                                                      {.contract_path = path_,
                                                       .exchange = exchange_->path(),
                                                       .run_id = result_.run_id,
                                                       .environment = options_.script_environment,
                                                       .masks = masks()},
                                                      pipeline);
  if (contract_->external_logic->type.value == LogicType::Notebook) {
    keep_notebook();
  }
  SLUICE_TRY(logic_, std::move(entry));
  return {};
}

/// What the script writes becomes rows of the target only behind the rules.
Status Runner::check_logic_output() const {
  const MaybeText& written = contract_->external_logic->output_path;
  const std::string path =
      written ? absolute_path(written->value, folder_of(absolute_path(path_, working_folder())))
              : "";
  for (const std::string* place : {&places_.target, &places_.quarantine, &places_.database_file}) {
    if (!path.empty() && !place->empty() && (is_below(path, *place) || is_below(*place, path))) {
      Error error = make_error(
          ErrorCode::InvalidContract,
          fmt::format("the external logic would write into the table itself, past the rules: '{}'",
                      written->value));
      error.at = place_of(written->span);
      return std::move(error).with_hint(
          "name another file as external_logic.output_path: its rows are judged, and the good ones "
          "are written to the target");
    }
  }
  return {};
}

void Runner::keep_notebook() {
  std::ifstream file(executed_copy(exchange_->path()), std::ios::binary);
  if (!file) {
    return;
  }
  if (masks()) {
    result_.warnings.emplace_back(
        "the executed notebook is not kept: its cells may show the clear values of masked fields");
    return;
  }
  std::ostringstream text;
  text << file.rdbuf();
  if (state_ == nullptr) {
    keep_notebook_beside(text.view());
    return;
  }
  const std::string path =
      fmt::format("{}notebooks/{}.ipynb",
                  places_.state_folder.empty() ? "" : places_.state_folder + "/", result_.run_id);
  const Status kept = state_->put(context_, path, text.view());
  if (kept) {
    context_.say(LogLevel::Info, "executed notebook: " + state_->uri(path));
  } else {
    result_.warnings.push_back("the executed notebook was not kept: " + kept.error().message);
  }
}

/// A run without a target keeps no records: its copy lies beside the rows that it gave.
void Runner::keep_notebook_beside(std::string_view text) {
  if (options_.output_good.empty()) {
    result_.warnings.emplace_back(
        "the executed notebook is not kept: the run has no target whose records it could lie "
        "with; --output-good keeps it beside its file");
    return;
  }
  const std::string path =
      absolute_path(options_.output_good, working_folder()) + ".executed.ipynb";
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (file) {
    context_.say(LogLevel::Info, "executed notebook: " + path);
  } else {
    result_.warnings.push_back(
        fmt::format("the executed notebook was not kept: '{}' cannot be written", path));
  }
}

}  // namespace internal
}  // namespace sluice::contract
