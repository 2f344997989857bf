#include <array>
#include <cstdio>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sluice/base/disk.h"
#include "sluice/base/limits.h"
#include "sluice/cli/commands/commands_internal.h"
#include "sluice/contract/check/check.h"
#include "sluice/contract/diff/exceptions.h"
#include "sluice/contract/diff/render.h"
#include "sluice/contract/file/contract_file.h"

namespace sluice::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "git",
     .value = "REV",
     .help = "Compare PATH with itself at this revision of its repository",
     .group = ""},
    {.name = "allow",
     .value = "FILE",
     .help = "Exceptions: breaking changes that are let pass, each with a reason",
     .group = ""},
    {.name = "lenient", .help = "Read old files the way LakeLogic does", .group = ""},
    {.name = "format",
     .value = "FORMAT",
     .help = "How changes are printed",
     .group = "",
     .choices = "text|json|markdown|sarif"},
    {.name = "json", .help = "The same as --format json", .group = ""},
};

/// One version that is compared.
struct Version {
  std::string path;  // as people name it
  std::string text;
  contract::CheckedContract checked;
};

Result<std::string> read_pipe(int descriptor) {
  const FileHandle handle(descriptor);
  std::string text;
  std::array<char, 65536> piece{};
  while (true) {
    const ssize_t count =
        retry_interrupted([&] { return read(handle.get(), piece.data(), piece.size()); });
    if (count < 0) {
      return make_disk_error(errno, "reading from", "git");
    }
    if (count == 0) {
      return text;
    }
    text.append(piece.data(), static_cast<std::size_t>(count));
    if (text.size() > limits::kContractBytesMax) {
      return make_error(ErrorCode::InvalidContract,
                        fmt::format("a contract has at most {} bytes", limits::kContractBytesMax));
    }
  }
}

/// What `git` prints; its own messages go to the terminal.
Result<std::string> run_git(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return make_disk_error(errno, "running", "git");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  pid_t child = 0;
  const int failed = posix_spawnp(&child, "git", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  auto text = read_pipe(ends[0]);
  if (failed != 0) {
    return make_error(ErrorCode::Unavailable, "git cannot be started")
        .with_hint("install git, or give both files: sluice diff OLD NEW");
  }
  int status = 0;
  retry_interrupted([&] { return waitpid(child, &status, 0); });
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return make_error(
               ErrorCode::InvalidArgument,
               fmt::format("git does not have this file at that revision: '{}'", words.back()))
        .with_hint("name a revision in which the file exists, for example HEAD or origin/main");
  }
  return text;
}

Result<std::string> load_from_git(const std::string& revision, const std::string& path) {
  if (revision.empty() || revision.starts_with('-') || revision.find(':') != std::string::npos) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected a revision, got '{}'", revision));
  }
  const std::filesystem::path file(path);
  const std::string folder = file.has_parent_path() ? file.parent_path().string() : ".";
  return run_git({"git", "-C", folder, "cat-file", "blob",
                  fmt::format("{}:./{}", revision, file.filename().string())});
}

Result<std::array<std::string, 2>> load_texts(const Arguments& arguments,
                                              std::array<std::string, 2>& paths) {
  const auto revision = arguments.find("git");
  const std::vector<std::string>& operands = arguments.operands();
  if (operands.size() != (revision ? 1U : 2U)) {
    return make_error(ErrorCode::InvalidArgument,
                      revision ? "--git takes one PATH" : "expected two contracts, OLD and NEW")
        .with_hint("sluice diff OLD NEW, or sluice diff --git REV PATH");
  }
  paths = {revision ? fmt::format("{}:{}", *revision, operands[0]) : operands[0], operands.back()};
  std::array<std::string, 2> texts;
  if (revision) {
    SLUICE_TRY(texts[0], load_from_git(*revision, operands[0]));
  } else {
    SLUICE_TRY(texts[0], contract::load_contract_text({}, operands[0]));
  }
  SLUICE_TRY(texts[1], contract::load_contract_text({}, operands.back()));
  return texts;
}

/// Says what is wrong with a version that cannot be compared.
bool is_comparable(const Version& version, const Terminal& terminal) {
  if (version.checked.is_runnable()) {
    return true;
  }
  for (const contract::Diagnostic& each : version.checked.diagnostics) {
    if (each.severity == contract::Severity::Error) {
      terminal.say(contract::render(each, version.text, false));
    }
  }
  return false;
}

void print_changes(std::span<const contract::Change> changes, const Arguments& arguments,
                   const std::array<std::string, 2>& paths, const Terminal& terminal) {
  const std::string format =
      arguments.has("json") ? "json" : arguments.find("format").value_or("text");
  terminal.print(format == "json"       ? contract::render_changes_json(changes, paths[0], paths[1])
                 : format == "markdown" ? contract::render_changes_markdown(changes, paths[1])
                 : format == "sarif"    ? contract::render_changes_sarif(changes)
                                        : contract::render_changes_text(changes));
}

Status allow_exceptions(const Arguments& arguments, std::span<contract::Change> changes,
                        const Terminal& terminal) {
  const auto path = arguments.find("allow");
  if (!path) {
    return {};
  }
  SLUICE_TRY(const std::string text, contract::load_contract_text({}, *path));
  SLUICE_TRY(auto exceptions, contract::parse_exceptions(text, *path));
  contract::apply_exceptions(exceptions, changes);
  for (const contract::ChangeException& each : exceptions) {
    if (!each.is_used) {
      terminal.say(fmt::format("{}:{}: this exception lets nothing pass: {} {}", *path,
                               each.at.line, each.change, each.path));
    }
  }
  return {};
}

ExitCode run_diff(const Arguments& arguments, const Terminal& terminal) {
  std::array<std::string, 2> paths;
  auto texts = load_texts(arguments, paths);
  if (!texts) {
    terminal.complain(texts.error());
    return exit_code_of(texts.error());
  }
  const contract::CheckOptions options{.lenient = arguments.has("lenient")};
  // The old name is the file's own: what takes its name from the file must not differ.
  const Version before{paths[0], (*texts)[0],
                       contract::check_contract((*texts)[0], arguments.operands()[0], options)};
  const Version after{paths[1], (*texts)[1],
                      contract::check_contract((*texts)[1], paths[1], options)};
  const bool both = is_comparable(before, terminal) && is_comparable(after, terminal);
  if (!both) {
    return ExitCode::InvalidContract;
  }
  auto changes = contract::diff_contracts({*before.checked.contract, before.path},
                                          {*after.checked.contract, after.path});
  if (const Status allowed = allow_exceptions(arguments, changes, terminal); !allowed) {
    terminal.complain(allowed.error());
    return exit_code_of(allowed.error());
  }
  print_changes(changes, arguments, paths, terminal);
  const contract::Impact verdict = contract::verdict_of(changes);
  terminal.say(fmt::format("{} change{}: {}", changes.size(), changes.size() == 1 ? "" : "s",
                           contract::to_string(verdict)));
  return verdict == contract::Impact::Breaking ? ExitCode::Failed : ExitCode::Done;
}

}  // namespace

constinit const Command kDiff{
    .name = "diff",
    .summary = "Says what changed between two contracts, and whom it breaks",
    .usage = "OLD NEW | --git REV PATH",
    .example =
        "sluice diff old.yaml new.yaml\n"
        "sluice diff --git origin/main customers.yaml --format markdown",
    .operands = {.name = "OLD NEW",
                 .help = "Two contracts; with --git one, which is compared with its own past",
                 .at_least = 1,
                 .at_most = 2},
    .options = kOptions,
    .run = run_diff,
};

}  // namespace sluice::cli
