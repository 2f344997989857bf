#include "sluice/cli/commands/mesh.h"

#include <cstdlib>
#include <utility>

#include "sluice/contract/file/contract_file.h"

namespace sluice::cli {

Mesh::Mesh(const Arguments& arguments,
           std::function<std::optional<std::string>(const std::string&)> variable)
    : environment_(arguments.find("env").value_or("")),
      stage_(arguments.find("stage").value_or("")),
      variable_(std::move(variable)) {}

Result<std::optional<contract::OuterFile>> Mesh::load_above(const std::string& path,
                                                            const std::string& name) {
  const std::optional<std::string> found = contract::find_file_above(path, name);
  if (!found) {
    return std::optional<contract::OuterFile>{};
  }
  const auto there = read_.find(*found);
  if (there != read_.end()) {
    return std::optional(there->second);
  }
  SLUICE_TRY(std::string text, contract::load_contract_text({}, *found));
  contract::OuterFile file{.path = *found, .text = std::move(text)};
  read_.emplace(*found, file);
  return std::optional(std::move(file));
}

Result<contract::ResolvedContract> Mesh::resolve(const std::string& text, const std::string& path,
                                                 const contract::CheckOptions& options) {
  contract::HierarchyInput input;
  SLUICE_TRY(input.system, load_above(path, "_system.yaml"));
  SLUICE_TRY(input.domain, load_above(path, "_domain.yaml"));
  input.environment = environment_;
  input.stage = stage_;
  input.variable = variable_;
  return contract::resolve_contract(text, path, input, options);
}

std::optional<std::string> variable_of_process(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace sluice::cli
