// One command: what it is called, what it takes, what it does. A command is one .cc file of this
// folder that defines a `const Command`, and one line in registry.cc; help, completion and dispatch
// need no more.
#pragma once

#include <span>
#include <string_view>

#include "sluice/cli/arguments.h"
#include "sluice/cli/exit_code.h"
#include "sluice/cli/terminal.h"

namespace sluice::cli {

struct Command {
  std::string_view name;
  std::string_view summary;  // one line
  std::string_view usage;    // behind "sluice name"
  std::string_view example;  // lines that can be pasted into a shell
  Operands operands;
  std::span<const Option> options;  // --help is understood by all
  ExitCode (*run)(const Arguments& arguments, const Terminal& terminal);
};

/// In the order of the help text.
std::span<const Command* const> commands();

const Command* find_command(std::string_view name);

std::string render_help(const Terminal& terminal);
std::string render_help(const Command& command, const Terminal& terminal);

}  // namespace sluice::cli
