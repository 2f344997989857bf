// `_domain.yaml` and `_system.yaml` as plain values: what they say for every table below them
// (mesh_blocks.h, and defaults in the contract's own types), products, storage, environments and
// the roster of contracts. hierarchy.h lays them over the contracts. Places count in the file that
// was read.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sluice/contract/hierarchy/mesh_blocks.h"
#include "sluice/contract/model/materialization.h"
#include "sluice/contract/model/source.h"

namespace sluice::contract {

/// What both files may say for every table below them.
struct MeshDefaults {
  MaybeText domain;
  MaybeText description;
  std::optional<Ownership> ownership;
  std::vector<MeshContact> contacts;
  std::optional<MeshObjectives> slo;
  Notifications notifications;
  std::optional<Quarantine> quarantine;
  std::optional<MeshCompliance> compliance;
  std::optional<Lineage> lineage;
  std::vector<Pair<Materialization>> materialization;  // _all, then by layer
  std::vector<Pair<Server>> server;                    // as above
  std::optional<Cost> cost;
  std::optional<Observatory> observatory;
  std::vector<Pair<Retention>> retention;  // by layer
  MaybeBag metadata;
  std::vector<Pair<Coverage>> quality_coverage;
  MaybeBag active_gates;
  MaybeFlag notifications_enabled;
  MaybeText bronze_layer;
  MaybeText silver_layer;
  MaybeText gold_layer;
};

enum class Lifecycle : std::uint8_t { Proposed, Active, Deprecated, Retired };
enum class OutputKind : std::uint8_t { Table, View, Api, SemanticModel };

struct ExpectedOutput {
  Text id;
  Text name;
  At<OutputKind> kind{OutputKind::Table, {}};
  Flag required{true, {}};
  MaybeText description;
  Place span;
};

struct Product {
  Text id;
  Text name;
  MaybeText description;
  MaybeText owner;
  At<Lifecycle> lifecycle{Lifecycle::Proposed, {}};
  std::vector<ExpectedOutput> expected_outputs;
  Place span;
};

struct DomainFile : MeshDefaults {
  MaybeText owner;
  MaybeText cost_centre;
  std::vector<Product> products;
};

struct RosterEntry {
  Text layer;
  Text entity;
  Text path;
  Flag enabled{true, {}};
  Texts depends_on;
  MaybeText contract_version;
  MaybeBag metadata;
  Place span;
};

struct ExternalSource {
  Text name;
  MaybeText type;
  MaybeText source_domain;
  MaybeText catalog_path;
  MaybeText path;
  MaybeText format;
  MaybeText owner;
  MaybeText description;
  Texts consumed_by;
  Place span;
};

struct SystemFile : MeshDefaults {
  MaybeText system;
  std::vector<Pair<ValueMap>> environments;
  TextMap storage;
  std::vector<RosterEntry> contracts;
  std::vector<ExternalSource> external_sources;
};

}  // namespace sluice::contract
