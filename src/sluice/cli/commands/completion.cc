#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/contract/diagnostic/code.h"
#include "sluice/contract/guide/guide.h"

namespace sluice::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "json", .value = "", .help = "One JSON object with the script", .group = ""},
};

std::string words_of(const Command& command) {
  std::string words = "--help";
  for (const Option& option : command.options) {
    words += fmt::format(" --{}", option.name);
  }
  return words;
}

/// What `explain` explains.
std::string names_to_explain() {
  std::string names;
  for (const std::string_view name : contract::guide_names()) {
    names += fmt::format("{}{}", names.empty() ? "" : " ", name);
  }
  for (const contract::CodeInfo& info : contract::all_codes()) {
    names += " " + contract::code_id(info.code);
  }
  return names;
}

std::string choices_of(const Option& option) {
  std::string words(option.choices);
  std::ranges::replace(words, '|', ' ');
  return words;
}

std::string bash_script() {
  std::string names;
  std::string cases;
  std::string values;
  for (const Command* command : commands()) {
    names += fmt::format("{}{}", names.empty() ? "" : " ", command->name);
    const std::string operands =
        command == &kExplain ? fmt::format(" names=\"{}\"", names_to_explain()) : "";
    cases +=
        fmt::format("    {}) words=\"{}\"{} ;;\n", command->name, words_of(*command), operands);
    for (const Option& option : command->options) {
      if (!option.choices.empty()) {
        values += fmt::format("    \"{} --{}\") words=\"\" names=\"{}\" ;;\n", command->name,
                              option.name, choices_of(option));
      }
    }
  }
  return fmt::format(
      "_sluice() {{\n"
      "  local words=\"{0}\" names=\"{0}\" word=\"${{COMP_WORDS[COMP_CWORD]}}\"\n"
      "  if [ \"$COMP_CWORD\" -gt 1 ]; then\n"
      "  names=\"\"\n"
      "  case \"${{COMP_WORDS[1]}}\" in\n{1}  esac\n"
      "  case \"${{COMP_WORDS[1]}} ${{COMP_WORDS[COMP_CWORD-1]}}\" in\n{2}  esac\n"
      "  fi\n"
      "  case \"$word\" in\n"
      "    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$word\")) ;;\n"
      "    '') COMPREPLY=($(compgen -W \"$words $names\" -- \"$word\")) ;;\n"
      "    *) [ -n \"$names\" ] && COMPREPLY=($(compgen -W \"$names\" -- \"$word\")) ;;\n"
      "  esac\n"
      "}}\n"
      "complete -o default -F _sluice sluice\n",
      names, cases, values);
}

std::string fish_script() {
  std::string text;
  for (const Command* command : commands()) {
    text += fmt::format("complete -c sluice -n __fish_use_subcommand -a {} -d '{}'\n",
                        command->name, command->summary);
    for (const Option& option : command->options) {
      const std::string values =
          option.choices.empty() ? "" : fmt::format(" -x -a '{}'", choices_of(option));
      text +=
          fmt::format("complete -c sluice -n '__fish_seen_subcommand_from {}' -l {}{} -d '{}'\n",
                      command->name, option.name, values, option.help);
    }
  }
  return text + fmt::format("complete -c sluice -n '__fish_seen_subcommand_from explain' -a '{}'\n",
                            names_to_explain());
}

ExitCode run_completion(const Arguments& arguments, const Terminal& terminal) {
  const std::string& shell = arguments.operands().front();
  std::string script;
  if (shell == "bash") {
    script = bash_script();
  } else if (shell == "zsh") {
    script = "autoload -U +X bashcompinit && bashcompinit\n" + bash_script();
  } else if (shell == "fish") {
    script = fish_script();
  } else {
    terminal.complain(make_error(ErrorCode::InvalidArgument,
                                 fmt::format("SHELL is one of: bash zsh fish; got '{}'", shell))
                          .with_hint("sluice completion --help tells how it is used"));
    return ExitCode::WrongUsage;
  }
  if (arguments.has("json")) {
    const nlohmann::ordered_json object{
        {"schema_version", 1}, {"shell", shell}, {"script", script}};
    script = object.dump() + "\n";
  }
  terminal.print(script);
  return ExitCode::Done;
}

}  // namespace

constinit const Command kCompletion{
    .name = "completion",
    .summary = "Prints the completion script of a shell",
    .usage = "SHELL [--json]",
    .example = "source <(sluice completion bash)",
    .operands = {.name = "SHELL", .help = "bash, zsh or fish", .at_least = 1, .at_most = 1},
    .options = kOptions,
    .run = run_completion,
};

}  // namespace sluice::cli
