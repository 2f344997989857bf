#include <fmt/format.h>

#include "sluice/cli/commands/commands_internal.h"

namespace sluice::cli {
namespace {

std::string words_of(const Command& command) {
  std::string words = "--help";
  for (const Option& option : command.options) {
    words += fmt::format(" --{}", option.name);
  }
  return words;
}

std::string bash_script() {
  std::string names;
  std::string cases;
  for (const Command* command : commands()) {
    names += fmt::format("{}{}", names.empty() ? "" : " ", command->name);
    cases += fmt::format("    {}) words=\"{}\" ;;\n", command->name, words_of(*command));
  }
  return fmt::format(
      "_sluice() {{\n"
      "  local words=\"{}\" word=\"${{COMP_WORDS[COMP_CWORD]}}\"\n"
      "  [ \"$COMP_CWORD\" -gt 1 ] && case \"${{COMP_WORDS[1]}}\" in\n{}  esac\n"
      "  case \"$word\" in\n"
      "    -*|'') COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
      "    *) [ \"$COMP_CWORD\" -eq 1 ] && COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
      "  esac\n"
      "}}\n"
      "complete -o default -F _sluice sluice\n",
      names, cases);
}

std::string fish_script() {
  std::string text;
  for (const Command* command : commands()) {
    text += fmt::format("complete -c sluice -n __fish_use_subcommand -a {} -d '{}'\n",
                        command->name, command->summary);
    for (const Option& option : command->options) {
      text += fmt::format("complete -c sluice -n '__fish_seen_subcommand_from {}' -l {} -d '{}'\n",
                          command->name, option.name, option.help);
    }
  }
  return text;
}

ExitCode run_completion(const Arguments& arguments, const Terminal& terminal) {
  const std::string& shell = arguments.operands().front();
  if (shell == "bash") {
    terminal.print(bash_script());
  } else if (shell == "zsh") {
    terminal.print("autoload -U +X bashcompinit && bashcompinit\n" + bash_script());
  } else if (shell == "fish") {
    terminal.print(fish_script());
  } else {
    terminal.complain(make_error(ErrorCode::InvalidArgument,
                                 fmt::format("SHELL is one of: bash zsh fish; got '{}'", shell))
                          .with_hint("sluice completion --help tells how it is used"));
    return ExitCode::WrongUsage;
  }
  return ExitCode::Done;
}

}  // namespace

constinit const Command kCompletion{
    .name = "completion",
    .summary = "Prints the completion script of a shell",
    .usage = "SHELL",
    .example = "source <(sluice completion bash)",
    .operands = {.name = "SHELL", .help = "bash, zsh or fish", .at_least = 1, .at_most = 1},
    .options = {},
    .run = run_completion,
};

}  // namespace sluice::cli
