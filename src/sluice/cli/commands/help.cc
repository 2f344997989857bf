#include <algorithm>

#include <fmt/format.h>

#include "sluice/cli/command.h"

namespace sluice::cli {
namespace {

constexpr std::string_view kExitCodes =
    "0 done | 1 failed, or a gate stopped it | 2 wrong command line | 3 invalid contract\n"
    "  4 engine, storage or catalog unavailable | 130 interrupted";

std::string option_head(const Option& option) {
  const std::string short_form =
      option.short_name == 0 ? "    " : fmt::format("-{}, ", option.short_name);
  return fmt::format("{}--{}{}{}", short_form, option.name, option.value.empty() ? "" : " ",
                     option.value);
}

std::string option_line(const Option& option) {
  const std::string head = option_head(option);
  const std::string help =
      option.choices.empty()
          ? fmt::format("{}{}", option.help, option.repeats ? " (may be repeated)" : "")
          : fmt::format("{} ({})", option.help, option.choices);
  return head.size() > 28 ? fmt::format("  {}\n  {:30}{}\n", head, "", help)
                          : fmt::format("  {:30}{}\n", head, help);
}

std::string options_text(const Command& command, const Terminal& terminal) {
  std::string text;
  std::string_view group = "-";
  for (const Option& option : command.options) {
    if (option.group != group) {
      group = option.group;
      const std::string_view heading = group.empty() ? "Options" : group;
      text += fmt::format("\n{}\n", terminal.paint(Colour::Bold, heading));
    }
    text += option_line(option);
  }
  return text;
}

std::string indented(std::string_view lines) {
  std::string text;
  for (std::string_view rest = lines; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    text += fmt::format("  {}\n", rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text;
}

}  // namespace

std::string render_help(const Terminal& terminal) {
  std::string text = fmt::format(
      "{} - the gate of a lakehouse: what passes its contract is written exactly once,\n"
      "what fails is kept, explained and can be replayed.\n\n{}\n  sluice COMMAND "
      "[OPTIONS]\n\n{}\n",
      terminal.paint(Colour::Bold, "sluice"), terminal.paint(Colour::Bold, "Usage"),
      terminal.paint(Colour::Bold, "Commands"));
  for (const Command* command : commands()) {
    text += fmt::format("  {:14}{}\n", command->name, command->summary);
  }
  text += fmt::format("\n{}\n  sluice COMMAND --help tells all about one command\n\n{}\n  {}\n",
                      terminal.paint(Colour::Bold, "More"),
                      terminal.paint(Colour::Bold, "Exit codes"), kExitCodes);
  return text;
}

std::string render_help(const Command& command, const Terminal& terminal) {
  std::string text =
      fmt::format("{}\n\n{}\n  sluice {} {}\n", command.summary,
                  terminal.paint(Colour::Bold, "Usage"), command.name, command.usage);
  if (!command.operands.name.empty()) {
    text += fmt::format("\n  {:30}{}\n", command.operands.name, command.operands.help);
  }
  text += options_text(command, terminal);
  return text + fmt::format("\n{}\n{}", terminal.paint(Colour::Bold, "Example"),
                            indented(command.example));
}

}  // namespace sluice::cli
