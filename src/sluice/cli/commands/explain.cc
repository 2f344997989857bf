#include <fmt/format.h>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/contract/diagnostic/code.h"

namespace sluice::cli {
namespace {

ExitCode run_explain(const Arguments& arguments, const Terminal& terminal) {
  if (arguments.operands().empty()) {
    for (const contract::CodeInfo& info : contract::all_codes()) {
      terminal.print(
          fmt::format("{}  {:24}  {}\n", contract::code_id(info.code), info.slug, info.summary));
    }
    return ExitCode::Done;
  }
  const std::string& name = arguments.operands().front();
  const contract::CodeInfo* info = contract::find_code(name);
  if (info == nullptr) {
    terminal.complain(
        make_error(ErrorCode::InvalidArgument, fmt::format("there is no diagnostic '{}'", name))
            .with_hint("`sluice explain` without a code lists them all"));
    return ExitCode::WrongUsage;
  }
  terminal.print(contract::render_page(*info));
  return ExitCode::Done;
}

}  // namespace

constinit const Command kExplain{
    .name = "explain",
    .summary = "Tells what a diagnostic means, with an example before and after",
    .usage = "[CODE]",
    .example = "sluice explain SL0501",
    .operands = {.name = "CODE",
                 .help = "SL0501 or its name; without one, all are listed",
                 .at_least = 0,
                 .at_most = 1},
    .options = {},
    .run = run_explain,
};

}  // namespace sluice::cli
