#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/contract/file/contract_file.h"
#include "sluice/contract/starter/starter.h"

namespace sluice::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "layer",
     .value = "LAYER",
     .help = "What the contract is for; silver unless said",
     .group = "",
     .choices = "bronze|silver|gold"},
    {.name = "full", .help = "With every key of the language, as comments", .group = ""},
    {.name = "json", .help = "Print one JSON object with the path and the text", .group = ""},
};

ExitCode run_init(const Arguments& arguments, const Terminal& terminal) {
  const std::string layer = arguments.find("layer").value_or("silver");
  const auto text = arguments.has("full") ? contract::render_full_template(layer)
                                          : contract::render_starter(layer);
  if (!text) {
    terminal.complain(text.error());
    return exit_code_of(text.error());
  }
  const bool has_path = !arguments.operands().empty();
  const std::string path = has_path ? arguments.operands().front() : std::string();
  if (has_path) {
    if (const Status written = contract::create_text_file(path, *text); !written) {
      terminal.complain(written.error());
      return exit_code_of(written.error());
    }
    terminal.say(fmt::format("wrote {}; `sluice validate {}` checks it", path, path));
  }
  if (arguments.has("json")) {
    nlohmann::ordered_json json{{"schema_version", 1}, {"layer", layer}};
    json["path"] = has_path ? nlohmann::ordered_json(path) : nlohmann::ordered_json();
    json["text"] = *text;
    terminal.print(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                   "\n");
  } else if (!has_path) {
    terminal.print(*text);
  }
  return ExitCode::Done;
}

}  // namespace

constinit const Command kInit{
    .name = "init",
    .summary = "Prints or writes a contract to begin with",
    .usage = "[PATH] [OPTIONS]",
    .example = "sluice init customers.yaml\nsluice init --full --layer gold",
    .operands = {.name = "PATH",
                 .help = "File to write, which must not exist; without it, stdout",
                 .at_least = 0,
                 .at_most = 1},
    .options = kOptions,
    .run = run_init,
};

}  // namespace sluice::cli
