#include "sluice/cli/commands/commands_internal.h"
#include "sluice/contract/guide/guide.h"

namespace sluice::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "json", .help = "The schema is JSON; this changes nothing", .group = ""},
};

ExitCode run_schema(const Arguments&, const Terminal& terminal) {
  terminal.print(contract::render_json_schema());
  return ExitCode::Done;
}

}  // namespace

constinit const Command kSchema{
    .name = "schema",
    .summary = "Prints the JSON Schema of contracts, for editors",
    .usage = "",
    .example = "sluice schema > contract.schema.json",
    .operands = {},
    .options = kOptions,
    .run = run_schema,
};

}  // namespace sluice::cli
