#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "sluice/cli/command.h"

namespace sluice::cli {
namespace {

constexpr Option kHelp{.name = "help", .short_name = 'h', .help = "This text", .group = "Help"};

ExitCode complain(const Terminal& terminal, Error error, std::string_view see) {
  if (error.hint.empty()) {
    error.hint = fmt::format("sluice {}--help tells how it is used", see);
  }
  terminal.complain(error);
  return ExitCode::WrongUsage;
}

ExitCode run_command(const Command& command, std::span<const std::string> words,
                     const Terminal& terminal) {
  std::vector<Option> options(command.options.begin(), command.options.end());
  options.push_back(kHelp);
  auto arguments = parse_arguments(options, command.operands, words);
  if (!arguments) {
    return complain(terminal, arguments.error(), fmt::format("{} ", command.name));
  }
  if (arguments->has("help")) {
    Command with_help = command;
    with_help.options = options;
    terminal.print(render_help(with_help, Terminal::of_stdout()));
    return ExitCode::Done;
  }
  return command.run(*arguments, terminal);
}

ExitCode unknown_command(const std::string& name, const Terminal& terminal) {
  std::vector<std::string_view> names;
  for (const Command* command : commands()) {
    names.push_back(command->name);
  }
  Error error =
      make_error(ErrorCode::InvalidArgument, fmt::format("there is no command '{}'", name));
  if (const auto near = find_nearest(name, names)) {
    error.hint = fmt::format("did you mean 'sluice {}'?", *near);
  }
  return complain(terminal, std::move(error), "");
}

ExitCode dispatch(std::vector<std::string> words, const Terminal& terminal) {
  if (words.empty() || words.front() == "--help" || words.front() == "-h" ||
      (words.front() == "help" && words.size() == 1)) {
    terminal.print(render_help(Terminal::of_stdout()));
    return words.empty() ? ExitCode::WrongUsage : ExitCode::Done;
  }
  if (words.front() == "help") {
    words = {words[1], "--help"};
  }
  if (words.front() == "--version") {
    words.front() = "version";
  }
  const Command* command = find_command(words.front());
  return command == nullptr ? unknown_command(words.front(), terminal)
                            : run_command(*command, std::span(words).subspan(1), terminal);
}

/// False when what was asked for could not be written. A reader that went away wanted no more.
bool has_told_all(const Terminal& terminal) {
  const bool is_flushed = std::fflush(stdout) == 0;
  struct pollfd out{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  const bool is_left = ::poll(&out, 1, 0) > 0 && (out.revents & POLLERR) != 0;
  if (is_left || (is_flushed && std::ferror(stdout) == 0)) {
    return true;
  }
  terminal.complain(
      make_error(ErrorCode::ResourceExhausted, "stdout did not take all of the output")
          .with_hint("look whether there is room where it goes to, and run the command again"));
  return false;
}

}  // namespace
}  // namespace sluice::cli

int main(int argc, char** argv) {
  // A reader that went away and a file that may not grow are errors of a write, not the end.
  std::signal(SIGPIPE, SIG_IGN);  // NOLINT(cert-err33-c): cannot fail for SIGPIPE
  std::signal(SIGXFSZ, SIG_IGN);  // NOLINT(cert-err33-c): cannot fail for SIGXFSZ
  using namespace sluice::cli;    // NOLINT(google-build-using-namespace): main is outside of it
  const Terminal terminal = Terminal::of_process();
  const ExitCode code = dispatch({argv + 1, argv + argc}, terminal);
  return static_cast<int>(has_told_all(terminal) ? code : ExitCode::Failed);
}
