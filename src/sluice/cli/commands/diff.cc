#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sluice/cli/commands/commands_internal.h"
#include "sluice/cli/mesh_options.h"
#include "sluice/contract/check/check.h"
#include "sluice/contract/diff/exceptions.h"
#include "sluice/contract/diff/render.h"
#include "sluice/contract/diff/tree.h"
#include "sluice/contract/file/contract_file.h"
#include "sluice/contract/mesh/git_tree.h"
#include "sluice/contract/mesh/mesh.h"

namespace sluice::cli {
namespace {

constexpr Option kOptions[] = {
    {.name = "git",
     .value = "REV",
     .help = "Compare PATH with itself at this revision of its repository",
     .group = ""},
    {.name = "env", .value = "NAME", .help = "The environment that places are of", .group = ""},
    {.name = "stage", .value = "NAME", .help = "The stage that is laid over", .group = ""},
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

/// One contract of a side.
struct Version {
  std::string key;   // below the folder that is compared; empty of a file alone
  std::string path;  // as people name it
  std::string text;
  contract::ResolvedContract resolved;

  bool is_valid() const { return resolved.checked.is_runnable(); }
};

struct Side {
  std::string name;  // as people name it
  bool is_folder = false;
  std::vector<Version> versions;
};

/// Reads contracts with what stands above them.
class SideReader {
 public:
  SideReader(std::string root, contract::MeshOptions mesh, const Arguments& arguments)
      : root_(std::move(root)), mesh_(std::move(mesh)), arguments_(arguments) {}

  /// `mark` stands before the names of files that are not on the disk.
  Status read(const std::string& path, std::string text, const std::string& mark, Side& side) {
    const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
    if (side.is_folder && (name == "_domain.yaml" || name == "_system.yaml")) {
      return {};  // what they say is in the contracts
    }
    SLUICE_TRY(contract::ResolvedContract resolved,
               mesh_.resolve(text, path, {.lenient = arguments_.has("lenient")}));
    for (std::string& file : resolved.files) {
      file.insert(0, mark);
    }
    const std::string key =
        side.is_folder ? std::filesystem::path(path).lexically_relative(root_).string() : "";
    side.versions.push_back(Version{
        .key = key, .path = mark + path, .text = std::move(text), .resolved = std::move(resolved)});
    return {};
  }

 private:
  std::string root_;
  contract::Mesh mesh_;
  const Arguments& arguments_;
};

contract::MeshOptions mesh_of(const Arguments& arguments) {
  contract::MeshOptions mesh = mesh_options(arguments);
  mesh.variable = {};  // what the environment says is no part of a contract
  return mesh;
}

/// What lies on the disk; nothing, where the other side alone has the path.
Result<Side> load_disk(const std::string& path, const Arguments& arguments, bool may_be_gone) {
  std::error_code code;
  Side side{.name = path, .is_folder = std::filesystem::is_directory(path, code), .versions = {}};
  if (may_be_gone && !std::filesystem::exists(path, code)) {
    return side;
  }
  SideReader reader(path, mesh_of(arguments), arguments);
  Result<std::vector<std::string>> paths = contract::list_contracts(path);
  if (!paths && side.is_folder && paths.error().code == ErrorCode::InvalidArgument) {
    return side;  // it holds none
  }
  SLUICE_TRY(const std::vector<std::string> found, std::move(paths));
  for (const std::string& each : found) {
    SLUICE_TRY(std::string text, contract::load_contract_text({}, each));
    SLUICE_CHECK(reader.read(each, std::move(text), "", side));
  }
  return side;
}

Result<Side> load_revision(const std::string& revision, const std::string& path,
                           const Arguments& arguments) {
  SLUICE_TRY(const contract::GitTree tree, contract::GitTree::load(revision, path));
  const std::string mark = revision + ":";
  Side side{.name = mark + path, .is_folder = tree.is_folder(), .versions = {}};
  contract::MeshOptions mesh = mesh_of(arguments);
  mesh.find_above = [&tree](const std::string& below, const std::string& name) {
    return tree.find_above(below, name);
  };
  SideReader reader(path, std::move(mesh), arguments);
  for (const std::string& each : tree.contracts()) {
    SLUICE_CHECK(reader.read(each, tree.text_of(each), mark, side));
  }
  return side;
}

Result<std::array<Side, 2>> load_sides(const Arguments& arguments) {
  const auto revision = arguments.find("git");
  const std::vector<std::string>& operands = arguments.operands();
  if (operands.size() != (revision ? 1U : 2U)) {
    return make_error(ErrorCode::InvalidArgument,
                      revision ? "--git takes one PATH" : "expected two contracts, OLD and NEW")
        .with_hint("sluice diff OLD NEW, or sluice diff --git REV PATH");
  }
  std::array<Side, 2> sides;
  if (revision) {
    SLUICE_TRY(sides[0], load_revision(*revision, operands[0], arguments));
  } else {
    SLUICE_TRY(sides[0], load_disk(operands[0], arguments, false));
  }
  SLUICE_TRY(sides[1], load_disk(operands.back(), arguments, revision.has_value()));
  const bool is_nowhere = sides[0].versions.empty() && sides[1].versions.empty();
  if (revision && is_nowhere) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("neither that revision nor the disk has a contract there: '{}'",
                                  operands[0]))
        .with_hint("name a contract, or a folder of them");
  }
  const bool is_mixed = sides[0].is_folder != sides[1].is_folder && !sides[0].versions.empty() &&
                        !sides[1].versions.empty();
  if (is_mixed) {
    return make_error(ErrorCode::InvalidArgument, "a file is compared with a folder")
        .with_hint("give two files, or two folders");
  }
  return sides;
}

/// Says what is wrong with a version.
void say_faults(const Version& version, const Terminal& terminal) {
  for (const contract::Diagnostic& each : version.resolved.checked.diagnostics) {
    if (each.severity == contract::Severity::Error) {
      const bool is_own = version.path.ends_with(each.at.file);
      terminal.say(contract::render(each, is_own ? version.text : "", false));
    }
  }
}

/// False when a contract is not valid as it stands now, or a file alone was not before.
bool are_comparable(const std::array<Side, 2>& sides, const Terminal& terminal) {
  bool is_good = true;
  for (const Side& side : sides) {
    const bool is_now = &side == &sides[1];
    for (const Version& version : side.versions) {
      if (!version.is_valid() && (is_now || !side.is_folder)) {
        if (!is_now) {
          terminal.say(fmt::format("the old version is not valid: '{}'", version.path));
        }
        say_faults(version, terminal);
        is_good = false;
      }
    }
  }
  return is_good;
}

std::vector<contract::TreeContract> contracts_of(const Side& side) {
  std::vector<contract::TreeContract> contracts;
  for (const Version& version : side.versions) {
    contracts.push_back(
        {.key = version.key,
         .contract = version.is_valid() ? &*version.resolved.checked.contract : nullptr,
         .path = version.path,
         .files = version.resolved.files});
  }
  return contracts;
}

void print_changes(std::span<const contract::Change> changes, const Arguments& arguments,
                   const std::array<Side, 2>& sides, const Terminal& terminal) {
  const std::string format =
      arguments.has("json") ? "json" : arguments.find("format").value_or("text");
  terminal.print(format == "json"
                     ? contract::render_changes_json(changes, sides[0].name, sides[1].name)
                 : format == "markdown" ? contract::render_changes_markdown(changes, sides[1].name)
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
  const auto sides = load_sides(arguments);
  if (!sides) {
    terminal.complain(sides.error());
    return exit_code_of(sides.error());
  }
  const bool are_good = are_comparable(*sides, terminal);
  if (!are_good && !(*sides)[1].is_folder) {
    return ExitCode::InvalidContract;
  }
  const auto before = contracts_of((*sides)[0]);
  const auto after = contracts_of((*sides)[1]);
  std::vector<contract::Change> changes = contract::diff_trees(before, after);
  if (const Status allowed = allow_exceptions(arguments, changes, terminal); !allowed) {
    terminal.complain(allowed.error());
    return exit_code_of(allowed.error());
  }
  print_changes(changes, arguments, *sides, terminal);
  const contract::Impact verdict = contract::verdict_of(changes);
  terminal.say(fmt::format("{} change{}: {}", changes.size(), changes.size() == 1 ? "" : "s",
                           contract::to_string(verdict)));
  return !are_good                               ? ExitCode::InvalidContract
         : verdict == contract::Impact::Breaking ? ExitCode::Failed
                                                 : ExitCode::Done;
}

}  // namespace

constinit const Command kDiff{
    .name = "diff",
    .summary = "Says what changed between two contracts, and whom it breaks",
    .usage = "OLD NEW | --git REV PATH",
    .example =
        "sluice diff old.yaml new.yaml\n"
        "sluice diff --git origin/main contracts/ --format markdown",
    .operands = {.name = "OLD NEW",
                 .help = "Contracts, or folders of them; one with --git",
                 .at_least = 1,
                 .at_most = 2},
    .options = kOptions,
    .run = run_diff,
};

}  // namespace sluice::cli
