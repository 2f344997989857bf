// A contract inside its mesh: `_domain.yaml` and `_system.yaml` above it, the environment and the
// stage that were asked for, and placeholders, become one document; every value keeps the file and
// line it came from. The order is domain, system, contract, stage, environment: maps merge key by
// key, lists of domain and system are joined, what the contract writes wins.
//
// Objectives (`slo`) of the contract's layer become its service_levels, `ownership`, `compliance`,
// `lineage`, `quarantine`, `observatory`, `cost` and the layer's `materialization` and `server`
// defaults reach every table. `{name}` is filled in from storage, environment, domain and system,
// `${NAME}` from the variables that the caller gives; SQL is left alone. Secrets stay references.
// Pure: files are found and read by contract/file.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/check/check.h"
#include "sluice/contract/hierarchy/mesh_files.h"
#include "sluice/contract/read/shape.h"

namespace sluice::contract {

/// A file above a contract.
struct OuterFile {
  std::string path;
  std::string text;
};

struct HierarchyInput {
  std::optional<OuterFile> domain;
  std::optional<OuterFile> system;
  std::string environment;  // --env; empty: none
  std::string stage;        // --stage; empty: none
  /// The value of ${NAME}; empty: it is left as it is written, which is no fault.
  std::function<std::optional<std::string>(const std::string& name)> variable;
};

struct ResolvedContract {
  CheckedContract checked;
  Node root;                       // the one document
  std::vector<std::string> files;  // by Span::file; 0 is the contract
};

ResolvedContract resolve_contract(std::string_view text, std::string_view path,
                                  const HierarchyInput& input, const CheckOptions& options = {});

/// Checks `_domain.yaml` or `_system.yaml` by itself. Whether the files of the roster are there is
/// checked by contract/mesh.
Diagnostics check_domain_file(const OuterFile& file);
struct CheckedSystem {
  Diagnostics diagnostics;
  SystemFile file;
};
CheckedSystem check_system_file(const OuterFile& file);

/// The tables of `_domain.yaml` and `_system.yaml`.
const Shape& domain_shape();
const Shape& system_shape();

/// The value at "service_levels.freshness", "model.fields[0].type" or "model.fields.email.type";
/// nullptr when nobody wrote it.
const Node* find_value(const Node& root, std::string_view key);

/// What a document says for a key, in the key's own form.
struct MeantValue {
  std::string text;        // in one line of YAML; a secret is "(hidden)"
  std::string written_as;  // the key that it was written under; empty when that is the same
  Span span;
};

/// As find_value, and under the other spellings of the key: freshness_hours for
/// service_levels.freshness.
std::optional<MeantValue> find_meant(const Node& root, std::string_view key);

/// A value in one line of YAML; what looks like a secret is shown as "(hidden)".
std::string render_value(const Node& node, std::string_view key);

}  // namespace sluice::contract
