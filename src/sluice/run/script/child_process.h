// A program of the user in a process group of its own: closed environment, nothing open but its
// output, a limit of time that is kept by killing the group. It blocks until the program is over;
// what outlives the program in its group is killed with it. No shell is involved. Safe from any
// thread; stopping the Context kills the group.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"

namespace sluice::run {

using EnvironmentList = std::vector<std::pair<std::string, std::string>>;

struct ChildCommand {
  /// The program and its arguments; a name without '/' is looked for on the PATH.
  std::vector<std::string> arguments;
  std::string folder;           // where it is started
  EnvironmentList environment;  // all of it
  std::chrono::milliseconds time_limit{std::chrono::seconds(300)};
};

struct ChildOutcome {
  int exit_code = 0;  // 128 + the signal that ended it
  bool is_overdue = false;
  /// Both outputs as they came; of a long one the end, behind a line that says how much is left
  /// out.
  std::string output;
};

/// NotFound when there is no such program, Cancelled when the Context was stopped.
Result<ChildOutcome> run_child(const Context& context, const ChildCommand& command);

}  // namespace sluice::run
