#include "sluice/base/version.h"

#include <fmt/format.h>

#include "sluice/cli/commands/commands_internal.h"

namespace sluice::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "json", .value = "", .help = "One JSON object", .group = ""},
};

ExitCode run_version(const Arguments& arguments, const Terminal& terminal) {
  if (arguments.has("json")) {
    terminal.print(
        fmt::format("{{\"version\": \"{}\", \"build\": \"{}\"}}\n", kVersionText, kBuildText));
  } else {
    terminal.print(fmt::format("sluice {} ({})\n", kVersionText, kBuildText));
  }
  return ExitCode::Done;
}

}  // namespace

constinit const Command kVersion{
    .name = "version",
    .summary = "Prints the version and how it was built",
    .usage = "[--json]",
    .example = "sluice version --json",
    .operands = {},
    .options = kOptions,
    .run = run_version,
};

}  // namespace sluice::cli
