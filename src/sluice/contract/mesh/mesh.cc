#include "sluice/contract/mesh/mesh.h"

#include <cstdlib>
#include <utility>

#include "sluice/base/sha256.h"
#include "sluice/contract/file/contract_file.h"

namespace sluice::contract {
namespace {

constexpr const char* kSystemFile = "_system.yaml";
constexpr const char* kDomainFile = "_domain.yaml";

}  // namespace

Mesh::Mesh(MeshOptions options) : options_(std::move(options)) {}

Result<std::optional<OuterFile>> Mesh::load_above(const std::string& path,
                                                  const std::string& name) {
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

Result<ResolvedContract> Mesh::resolve(const std::string& text, const std::string& path,
                                       const CheckOptions& options) {
  HierarchyInput input;
  SLUICE_TRY(input.system, load_above(path, kSystemFile));
  SLUICE_TRY(input.domain, load_above(path, kDomainFile));
  input.environment = options_.environment;
  input.stage = options_.stage;
  input.variable = options_.variable;
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
  for (const char* name : {kSystemFile, kDomainFile}) {
    SLUICE_TRY(const std::optional<OuterFile> file, load_above(path, name));
    if (file) {
      add(name, file->text);
    }
  }
  if (!options_.environment.empty()) {
    add("environment", options_.environment);
  }
  if (!options_.stage.empty()) {
    add("stage", options_.stage);
  }
  return "sha256:" + sha256_hex(all);
}

Result<LoadedContract> load_contract(const Context& context, const std::string& path,
                                     const MeshOptions& mesh, const CheckOptions& options) {
  SLUICE_TRY(const std::string text, load_contract_text(context, path));
  Mesh above(mesh);
  SLUICE_TRY(ResolvedContract resolved, above.resolve(text, path, options));
  SLUICE_TRY(std::string fingerprint, above.fingerprint(text, path));
  return LoadedContract{.resolved = std::move(resolved), .fingerprint = std::move(fingerprint)};
}

std::optional<std::string> variable_of_process(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace sluice::contract
