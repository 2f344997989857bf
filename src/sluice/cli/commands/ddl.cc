#include "sluice/contract/ddl/ddl.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/cli/commands/mesh_options_internal.h"
#include "sluice/contract/file/contract_file.h"
#include "sluice/contract/mesh/mesh.h"

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

ExitCode run_ddl(const Arguments& arguments, const Terminal& terminal) {
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
    .summary = "Prints the statements that make a contract's table",
    .usage = "CONTRACT [OPTIONS]",
    .example =
        "sluice ddl customers.yaml\n"
        "sluice ddl customers.yaml --dialect iceberg --name lake.silver.customers",
    .operands = {.name = "CONTRACT", .help = "A YAML file", .at_least = 1, .at_most = 1},
    .options = kOptions,
    .run = run_ddl,
};

}  // namespace sluice::cli
