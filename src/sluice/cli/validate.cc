#include <algorithm>

#include <fmt/format.h>

#include "sluice/cli/commands_internal.h"
#include "sluice/contract/check/check.h"
#include "sluice/contract/file/contract_file.h"

namespace sluice::cli {
namespace {

using contract::Severity;

constexpr Option kOptions[] = {
    {.name = "lenient",
     .help = "Read old files the way LakeLogic does, and say what was let pass",
     .group = ""},
    {.name = "strict", .help = "Fail on warnings, too", .group = ""},
    {.name = "format",
     .value = "FORMAT",
     .help = "How findings are printed",
     .group = "",
     .choices = "text|json|github"},
    {.name = "json", .help = "The same as --format json", .group = ""},
};

/// All that was found in one file.
struct Checked {
  std::string path;
  std::string text;
  contract::Diagnostics diagnostics;
};

/// What GitHub shows beside the line of a pull request.
std::string render_github(const contract::Diagnostic& diagnostic) {
  const std::string_view level = diagnostic.severity == Severity::Error     ? "error"
                                 : diagnostic.severity == Severity::Warning ? "warning"
                                                                            : "notice";
  std::string message = diagnostic.message;
  for (std::size_t at = message.find_first_of("%\r\n"); at != std::string::npos;
       at = message.find_first_of("%\r\n", at + 3)) {
    message.replace(at, 1, message[at] == '%' ? "%25" : message[at] == '\r' ? "%0D" : "%0A");
  }
  return fmt::format("::{} file={},line={},col={},title={}::{}\n", level, diagnostic.at.file,
                     diagnostic.at.line, diagnostic.at.column, contract::code_id(diagnostic.code),
                     message);
}

void print_findings(const std::vector<Checked>& files, std::string_view format) {
  if (format == "json") {
    std::string json;
    for (const Checked& file : files) {
      for (const contract::Diagnostic& diagnostic : file.diagnostics) {
        json += (json.empty() ? "" : ", ") + contract::render_json(diagnostic);
      }
    }
    Terminal::of_stdout().print(fmt::format(
        "{{\"schema_version\": 1, \"files\": {}, \"diagnostics\": [{}]}}\n", files.size(), json));
    return;
  }
  for (const Checked& file : files) {
    for (const contract::Diagnostic& diagnostic : file.diagnostics) {
      Terminal::of_stdout().print(
          format == "github"
              ? render_github(diagnostic)
              : contract::render(diagnostic, file.text, Terminal::of_stdout().is_coloured()));
    }
  }
}

std::string counted(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

std::size_t count(const std::vector<Checked>& files, Severity severity) {
  std::size_t total = 0;
  for (const Checked& file : files) {
    total += file.diagnostics.count(severity);
  }
  return total;
}

Result<std::vector<Checked>> check_paths(const Arguments& arguments) {
  const contract::CheckOptions options{.lenient = arguments.has("lenient")};
  std::vector<Checked> files;
  for (const std::string& operand : arguments.operands()) {
    SLUICE_TRY(const std::vector<std::string> paths, contract::list_contracts(operand));
    for (const std::string& path : paths) {
      SLUICE_TRY(std::string text, contract::load_contract_text({}, path));
      contract::CheckedContract checked = contract::check_contract(text, path, options);
      files.push_back(Checked{
          .path = path, .text = std::move(text), .diagnostics = std::move(checked.diagnostics)});
    }
  }
  return files;
}

ExitCode run_validate(const Arguments& arguments, const Terminal& terminal) {
  const auto files = check_paths(arguments);
  if (!files) {
    terminal.complain(files.error());
    return exit_code_of(files.error());
  }
  const std::string format =
      arguments.has("json") ? "json" : arguments.find("format").value_or("text");
  print_findings(*files, format);
  const std::size_t errors = count(*files, Severity::Error);
  const std::size_t warnings = count(*files, Severity::Warning);
  const bool invalid = errors > 0 || (arguments.has("strict") && warnings > 0);
  terminal.say(fmt::format(
      "{}: {}, {}, {}",
      terminal.paint(invalid ? Colour::Red : Colour::Green, invalid ? "invalid" : "valid"),
      counted(files->size(), "contract"), counted(errors, "error"), counted(warnings, "warning")));
  return invalid ? ExitCode::InvalidContract : ExitCode::Done;
}

}  // namespace

constinit const Command kValidate{
    .name = "validate",
    .summary = "Checks contracts and explains every mistake at its place",
    .usage = "PATH... [OPTIONS]",
    .example = "sluice validate contracts/\nsluice validate customers.yaml --format github",
    .operands = {.name = "PATH",
                 .help = "A contract, or a folder of them",
                 .at_least = 1,
                 .at_most = 10'000},
    .options = kOptions,
    .run = run_validate,
};

}  // namespace sluice::cli
