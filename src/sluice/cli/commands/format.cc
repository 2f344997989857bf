#include "sluice/contract/format/format.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/contract/file/contract_file.h"

namespace sluice::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "check",
     .help = "Write nothing; exit 1 when a file is not in canonical form",
     .group = ""},
    {.name = "stdout", .help = "Print the result instead of writing it", .group = ""},
    {.name = "json", .help = "Print what changed as one JSON object", .group = ""},
};

struct Outcome {
  std::size_t seen = 0;
  std::vector<std::string> changed;
};

Status format_file(const std::string& path, const Arguments& arguments, const Terminal& terminal,
                   Outcome& outcome) {
  SLUICE_TRY(const std::string text, contract::load_contract_text({}, path));
  SLUICE_TRY(const std::string formatted, contract::format_contract(text, path));
  ++outcome.seen;
  if (arguments.has("stdout")) {
    terminal.print(formatted);
  }
  if (formatted == text) {
    return {};
  }
  outcome.changed.push_back(path);
  return arguments.has("check") || arguments.has("stdout")
             ? Status{}
             : contract::replace_text_file(path, formatted);
}

ExitCode run_format(const Arguments& arguments, const Terminal& terminal) {
  Outcome outcome;
  ExitCode code = ExitCode::Done;
  for (const std::string& operand : arguments.operands()) {
    const auto paths = contract::list_contracts(operand);
    if (!paths) {
      terminal.complain(paths.error());
      return exit_code_of(paths.error());
    }
    for (const std::string& path : *paths) {
      if (const Status done = format_file(path, arguments, terminal, outcome); !done) {
        terminal.complain(done.error());  // and the other files are formatted
        code = exit_code_of(done.error());
      }
    }
  }
  const bool checks = arguments.has("check");
  if (arguments.has("json")) {
    const nlohmann::ordered_json json{{"schema_version", 1},
                                      {"files", outcome.seen},
                                      {"changed", outcome.changed},
                                      {"written", !checks && !arguments.has("stdout")}};
    terminal.print(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                   "\n");
  } else if (!arguments.has("stdout")) {
    for (const std::string& path : outcome.changed) {
      terminal.say(fmt::format("{} {}", checks ? "would change" : "formatted", path));
    }
  }
  return code == ExitCode::Done && checks && !outcome.changed.empty() ? ExitCode::Failed : code;
}

}  // namespace

constinit const Command kFormat{
    .name = "fmt",
    .summary = "Puts contracts into canonical order and layout; comments stay",
    .usage = "PATH... [OPTIONS]",
    .example = "sluice fmt contracts/\nsluice fmt --check contracts/",
    .operands = {.name = "PATH",
                 .help = "A contract, or a folder of them",
                 .at_least = 1,
                 .at_most = 10'000},
    .options = kOptions,
    .run = run_format,
};

}  // namespace sluice::cli
