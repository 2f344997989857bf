#include "sluice/contract/mesh/mesh.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "sluice/base/sha256.h"
#include "sluice/contract/file/contract_file.h"

namespace sluice::contract {
namespace {

constexpr const char* kSystemFile = "_system.yaml";
constexpr const char* kDomainFile = "_domain.yaml";

/// Folders that paths of the roster may count from; those that a placeholder names are not known.
std::vector<std::filesystem::path> roster_folders(const std::filesystem::path& system,
                                                  const SystemFile& file) {
  std::vector<std::filesystem::path> folders{system.parent_path()};
  constexpr std::array<std::string_view, 2> kRoots{"contract_root", "contract_path"};
  for (const Pair<Text>& place : file.storage) {
    if (std::ranges::find(kRoots, place.key.value) != kRoots.end() &&
        place.value.value.find('{') == std::string::npos) {
      folders.push_back(system.parent_path() / place.value.value);
    }
  }
  return folders;
}

}  // namespace

Mesh::Mesh(MeshOptions options) : options_(std::move(options)) {}

Result<std::optional<OuterFile>> Mesh::load_above(const std::string& path,
                                                  const std::string& name) {
  if (options_.find_above) {
    return options_.find_above(path, name);
  }
  const std::optional<std::string> found = find_file_above(path, name);
  if (!found) {
    return std::optional<OuterFile>{};
  }
  const auto there = read_.find(*found);
  if (there != read_.end()) {
    return std::optional(there->second);
  }
  SLUICE_TRY(std::string text, load_contract_text({}, *found));
  OuterFile file{.path = *found, .text = std::move(text)};
  read_.emplace(*found, file);
  return std::optional(std::move(file));
}

namespace {

/// The environment of this machine, where none was asked for.
std::string usual_environment(const MeshOptions& options) {
  if (!options.variable) {
    return {};
  }
  const std::string own = options.variable("SLUICE_ENV").value_or("");
  return own.empty() ? options.variable("LAKELOGIC_ENV").value_or("") : own;
}

/// What is usual on a machine has no part in a contract that knows no environments.
bool knows_environments(const std::string& text, const std::string& path,
                        const HierarchyInput& input, const CheckOptions& options) {
  const ResolvedContract plain = resolve_contract(text, path, input, options);
  return (plain.checked.contract && !plain.checked.contract->environments.empty()) ||
         (input.system && !check_system_file(*input.system).file.environments.empty());
}

}  // namespace

Result<HierarchyInput> Mesh::input_of(const std::string& text, const std::string& path,
                                      const CheckOptions& options) {
  HierarchyInput input;
  SLUICE_TRY(input.system, load_above(path, kSystemFile));
  SLUICE_TRY(input.domain, load_above(path, kDomainFile));
  input.stage = options_.stage;
  input.variable = options_.variable;
  input.environment = options_.environment;
  if (const std::string usual = usual_environment(options_);
      input.environment.empty() && !usual.empty() &&
      knows_environments(text, path, input, options)) {
    input.environment = usual;
  }
  return input;
}

Result<ResolvedContract> Mesh::resolve(const std::string& text, const std::string& path,
                                       const CheckOptions& options) {
  SLUICE_TRY(const HierarchyInput input, input_of(text, path, options));
  return resolve_contract(text, path, input, options);
}

Result<std::string> Mesh::fingerprint(const std::string& text, const std::string& path) {
  std::string all = text;
  const auto add = [&](std::string_view what, std::string_view part) {
    all += '\0';
    all += what;
    all += '\0';
    all += part;
  };
  SLUICE_TRY(const HierarchyInput input, input_of(text, path, {}));
  if (input.system) {
    add(kSystemFile, input.system->text);
  }
  if (input.domain) {
    add(kDomainFile, input.domain->text);
  }
  if (!input.environment.empty()) {
    add("environment", input.environment);
  }
  if (!input.stage.empty()) {
    add("stage", input.stage);
  }
  return "sha256:" + sha256_hex(all);
}

Diagnostics check_system(const OuterFile& file) {
  CheckedSystem checked = check_system_file(file);
  const auto folders = roster_folders(file.path, checked.file);
  for (const RosterEntry& entry : checked.file.contracts) {
    const std::string& path = entry.path.value;
    const bool is_known = !path.empty() && path.find('{') == std::string::npos &&
                          path.find("://") == std::string::npos;
    const bool is_there = std::ranges::any_of(folders, [&](const std::filesystem::path& folder) {
      std::error_code code;
      return std::filesystem::is_regular_file(folder / path, code);
    });
    if (is_known && !is_there) {
      checked.diagnostics.add(
          Code::RosterFile, entry.enabled.value ? Severity::Error : Severity::Warning,
          entry.path.span, "the roster names a contract that is not there: '" + path + "'",
          "paths count from the folder of this file");
    }
  }
  checked.diagnostics.sort();
  return std::move(checked.diagnostics);
}

Result<LoadedContract> load_contract(const Context& context, const std::string& path,
                                     const MeshOptions& mesh, const CheckOptions& options) {
  SLUICE_TRY(std::string text, load_contract_text(context, path));
  Mesh above(mesh);
  SLUICE_TRY(ResolvedContract resolved, above.resolve(text, path, options));
  SLUICE_TRY(std::string fingerprint, above.fingerprint(text, path));
  return LoadedContract{.text = std::move(text),
                        .resolved = std::move(resolved),
                        .fingerprint = std::move(fingerprint)};
}

std::optional<std::string> variable_of_process(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace sluice::contract
