#include <algorithm>

#include <fmt/format.h>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/cli/mesh_options.h"
#include "sluice/contract/bind/bind.h"
#include "sluice/contract/check/check.h"
#include "sluice/contract/file/contract_file.h"
#include "sluice/contract/findings/findings.h"
#include "sluice/contract/mesh/mesh.h"
#include "sluice/contract/notification/check_templates.h"

namespace sluice::cli {
namespace {

using contract::Severity;

constexpr Option kOptions[] = {
    {.name = "lenient",
     .help = "Read old files the way LakeLogic does, and say what was let pass",
     .group = ""},
    {.name = "env", .value = "NAME", .help = "The environment that places are of", .group = ""},
    {.name = "stage", .value = "NAME", .help = "The stage that is laid over", .group = ""},
    {.name = "strict", .help = "Fail on warnings, too", .group = ""},
    {.name = "format",
     .value = "FORMAT",
     .help = "How findings are printed",
     .group = "",
     .choices = "text|json|sarif|github|junit"},
    {.name = "json", .help = "The same as --format json", .group = ""},
};

std::string render_text(const std::vector<contract::FileFindings>& files) {
  std::string text;
  for (const contract::FileFindings& file : files) {
    for (const contract::Diagnostic& diagnostic : file.diagnostics) {
      const bool is_own = diagnostic.at.file == file.path;
      text += contract::render(diagnostic, is_own ? file.text : "",
                               Terminal::of_stdout().is_coloured());
    }
  }
  return text;
}

std::string render_findings(const std::vector<contract::FileFindings>& files,
                            std::string_view format, bool warnings_fail) {
  return format == "json"     ? contract::render_json(files)
         : format == "sarif"  ? contract::render_sarif(files)
         : format == "github" ? contract::render_github(files)
         : format == "junit"  ? contract::render_junit(files, warnings_fail)
                              : render_text(files);
}

std::string counted(std::size_t count, std::string_view word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

std::size_t count(const std::vector<contract::FileFindings>& files, Severity severity) {
  std::size_t total = 0;
  for (const contract::FileFindings& file : files) {
    total += file.diagnostics.count(severity);
  }
  return total;
}

/// A contract, or one of the files above contracts.
Result<contract::Diagnostics> check_file(const std::string& path, const std::string& text,
                                         const contract::CheckOptions& options,
                                         contract::Mesh& mesh, contract::SqlRoom& room) {
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  if (name == "_domain.yaml") {
    return contract::check_domain_file({.path = path, .text = text});
  }
  if (name == "_system.yaml") {
    return contract::check_system({.path = path, .text = text});
  }
  SLUICE_TRY(contract::ResolvedContract resolved, mesh.resolve(text, path, options));
  SLUICE_CHECK(room.bind({}, text, resolved.checked));
  SLUICE_CHECK(contract::check_templates({}, text, resolved.files, resolved.checked));
  return std::move(resolved.checked.diagnostics);
}

/// A file that is too large to be looked at; the others are checked all the same.
contract::FileFindings unreadable(const std::string& path, const Error& error) {
  contract::FileFindings file{.path = path, .text = {}, .diagnostics = contract::Diagnostics(path)};
  file.diagnostics.add(contract::Code::DocumentTooLarge, {}, error.message);
  return file;
}

Result<std::vector<contract::FileFindings>> check_paths(const Arguments& arguments) {
  const contract::CheckOptions options{.lenient = arguments.has("lenient")};
  std::vector<contract::FileFindings> files;
  contract::SqlRoom room;
  contract::Mesh mesh(mesh_options(arguments));
  for (const std::string& operand : arguments.operands()) {
    SLUICE_TRY(const std::vector<std::string> paths, contract::list_contracts(operand));
    for (const std::string& path : paths) {
      Result<std::string> loaded = contract::load_contract_text({}, path);
      if (!loaded && loaded.error().code == ErrorCode::InvalidContract) {
        files.push_back(unreadable(path, loaded.error()));
        continue;
      }
      SLUICE_TRY(std::string text, std::move(loaded));
      SLUICE_TRY(contract::Diagnostics found, check_file(path, text, options, mesh, room));
      files.push_back(contract::FileFindings{
          .path = path, .text = std::move(text), .diagnostics = std::move(found)});
    }
  }
  contract::say_once(files);
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
  terminal.print(render_findings(*files, format, arguments.has("strict")));
  const std::size_t errors = count(*files, Severity::Error);
  const std::size_t warnings = count(*files, Severity::Warning);
  const bool invalid = errors > 0 || (arguments.has("strict") && warnings > 0);
  terminal.say(fmt::format(
      "{}: {}, {}, {}",
      terminal.paint(invalid ? Colour::Red : Colour::Green, invalid ? "invalid" : "valid"),
      counted(files->size(), "contract"), counted(errors, "error"), counted(warnings, "warning")));
  for (const contract::FileFindings& file : *files) {
    if (const std::size_t more = file.diagnostics.suppressed(); more > 0) {
      terminal.say(
          fmt::format("{} of one file are left out: '{}'", counted(more, "finding"), file.path));
    }
  }
  return invalid ? ExitCode::InvalidContract : ExitCode::Done;
}

}  // namespace

constinit const Command kValidate{
    .name = "validate",
    .summary = "Checks contracts and explains every mistake at its place",
    .usage = "PATH... [OPTIONS]",
    .example =
        "sluice validate contracts/\nsluice validate contracts/ --format sarif > findings.sarif",
    .operands = {.name = "PATH",
                 .help = "A contract, or a folder of them",
                 .at_least = 1,
                 .at_most = 10'000},
    .options = kOptions,
    .run = run_validate,
};

}  // namespace sluice::cli
