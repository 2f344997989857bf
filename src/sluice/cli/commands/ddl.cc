#include "sluice/contract/ddl/ddl.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/cli/lake_environment.h"
#include "sluice/cli/mesh_options.h"
#include "sluice/contract/file/contract_file.h"
#include "sluice/contract/mesh/mesh.h"
#include "sluice/contract/target/target.h"

namespace sluice::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "dialect",
     .value = "NAME",
     .help = "Whose SQL; duckdb unless said",
     .group = "",
     .choices = "iceberg|delta|duckdb|ducklake|spark"},
    {.name = "name",
     .value = "TABLE",
     .help = "Replaces the contract's name: catalog.schema.table",
     .group = ""},
    {.name = "check",
     .help = "Exit code 1 when the table is missing or differs; changes nothing",
     .group = ""},
    {.name = "apply",
     .help = "Makes the table or changes columns, properties, comments; no row",
     .group = ""},
    {.name = "target",
     .value = "PATH",
     .help = "check, apply: replaces the contract's target",
     .group = ""},
    {.name = "env", .value = "NAME", .help = "The environment that places are of", .group = ""},
    {.name = "stage", .value = "NAME", .help = "The stage that is laid over", .group = ""},
    {.name = "json", .help = "Print one JSON object with the statements", .group = ""},
};

Result<std::string> make_ddl(const Arguments& arguments, const std::string& dialect) {
  const std::string& path = arguments.operands().front();
  SLUICE_TRY(const std::string text, contract::load_contract_text({}, path));
  contract::Mesh mesh(mesh_options(arguments));
  SLUICE_TRY(const contract::ResolvedContract resolved, mesh.resolve(text, path, {}));
  if (!resolved.checked.is_runnable()) {
    return contract::to_error(resolved.checked.diagnostics)
        .with_hint(fmt::format("`sluice validate {}` shows every mistake", path));
  }
  return contract::render_ddl(*resolved.checked.contract, dialect,
                              {.path = path, .name = arguments.find("name").value_or("")});
}

/// The words of one change are those of the table's history and of messages.
nlohmann::ordered_json changes_of(const contract::TargetDrift& found) {
  auto list = nlohmann::ordered_json::array();
  for (const schema::Change& change : found.drift.changes) {
    list.push_back(schema::to_string(change));
  }
  return list;
}

/// What of the table is otherwise than the contract says, and is no change of columns.
nlohmann::ordered_json differences_of(const contract::TargetDrift& found) {
  auto list = nlohmann::ordered_json::array();
  for (const auto* words : {&found.differences.layout, &found.differences.notes}) {
    for (const std::string& one : *words) {
      list.push_back(one);
    }
  }
  return list;
}

void print_drift(const contract::TargetDrift& found, bool is_applied, const Arguments& arguments,
                 const Terminal& terminal) {
  const nlohmann::ordered_json changes = changes_of(found);
  if (arguments.has("json")) {
    const nlohmann::ordered_json json{
        {"schema_version", 1},       {"table", found.table},
        {"drift", found.is_there()}, {"absent", found.is_absent},
        {"changes", changes},        {"differences", differences_of(found)},
        {"kept", found.drift.kept},  {"applied", is_applied && found.is_there()}};
    terminal.print(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                   "\n");
    return;
  }
  if (found.is_absent) {
    terminal.print(is_applied ? "made the table\n" : "the table is not there\n");
  }
  for (const auto& change : changes) {
    terminal.print(change.get<std::string>() + "\n");
  }
  for (const auto& difference : differences_of(found)) {
    terminal.print(difference.get<std::string>() + "\n");
  }
  if (!found.is_there()) {
    terminal.print("the table has the columns of the contract\n");
  }
  for (const std::string& column : found.drift.kept) {
    terminal.say(fmt::format("column '{}' of the table is not in the contract and stays", column));
  }
}

ExitCode compare_with_table(const Arguments& arguments, const Terminal& terminal) {
  const bool applies = arguments.has("apply");
  const std::string& path = arguments.operands().front();
  contract::RunOptions options;
  options.target = arguments.find("target").value_or("");
  options.mesh = mesh_options(arguments);
  options.lake = lake_of_environment();
  const Context context;
  const auto found = applies ? contract::apply_target(context, path, options)
                             : contract::find_target_drift(context, path, options);
  if (!found) {
    terminal.complain(found.error());
    return exit_code_of(found.error());
  }
  print_drift(*found, applies, arguments, terminal);
  return found->is_there() && !applies ? ExitCode::Failed : ExitCode::Done;
}

Status check_words(const Arguments& arguments) {
  const bool compares = arguments.has("check") || arguments.has("apply");
  if (arguments.has("check") && arguments.has("apply")) {
    return make_error(ErrorCode::InvalidArgument, "--check changes nothing and --apply does")
        .with_hint("give one of them");
  }
  if (compares && (arguments.has("dialect") || arguments.has("name"))) {
    return make_error(ErrorCode::InvalidArgument,
                      "--dialect and --name belong to the statements that are printed")
        .with_hint("leave them out; --target names the table");
  }
  if (!compares && arguments.has("target")) {
    return make_error(ErrorCode::InvalidArgument, "--target belongs to --check and --apply")
        .with_hint("--name names the table of the statements");
  }
  return {};
}

ExitCode run_ddl(const Arguments& arguments, const Terminal& terminal) {
  if (const Status usable = check_words(arguments); !usable) {
    terminal.complain(usable.error());
    return exit_code_of(usable.error());
  }
  if (arguments.has("check") || arguments.has("apply")) {
    return compare_with_table(arguments, terminal);
  }
  const std::string dialect = arguments.find("dialect").value_or("duckdb");
  const Result<std::string> text = make_ddl(arguments, dialect);
  if (!text) {
    terminal.complain(text.error());
    return exit_code_of(text.error());
  }
  if (!arguments.has("json")) {
    terminal.print(*text);
    return ExitCode::Done;
  }
  const nlohmann::ordered_json json{{"schema_version", 1}, {"dialect", dialect}, {"text", *text}};
  terminal.print(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                 "\n");
  return ExitCode::Done;
}

}  // namespace

constinit const Command kDdl{
    .name = "ddl",
    .summary = "Prints, checks or applies what makes a contract's table",
    .usage = "CONTRACT [OPTIONS]",
    .example =
        "sluice ddl customers.yaml\n"
        "sluice ddl customers.yaml --check\n"
        "sluice ddl customers.yaml --dialect iceberg --name lake.silver.customers",
    .operands = {.name = "CONTRACT", .help = "A YAML file", .at_least = 1, .at_most = 1},
    .options = kOptions,
    .run = run_ddl,
};

}  // namespace sluice::cli
