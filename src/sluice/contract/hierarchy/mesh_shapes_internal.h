// Which structs of the files above a contract have a table, and how their blocks are read where a
// plain table is not enough: maps by layer, blocks that stay open, older spellings.
#pragma once

#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "sluice/contract/hierarchy/mesh_files.h"
#include "sluice/contract/read/reader.h"
#include "sluice/contract/read/shape.h"

namespace sluice::contract {

// clang-format off
template <> const Shape& shape_of<Notification>();
template <> const Shape& shape_of<Quarantine>();
template <> const Shape& shape_of<Lineage>();
template <> const Shape& shape_of<AnomalyObjective>();
template <> const Shape& shape_of<Retention>();
template <> const Shape& shape_of<Materialization>();
template <> const Shape& shape_of<Server>();
template <> const Shape& shape_of<MeshContact>();
template <> const Shape& shape_of<Ownership>();
template <> const Shape& shape_of<LayerFreshness>();
template <> const Shape& shape_of<LayerRowCount>();
template <> const Shape& shape_of<QualityObjective>();
template <> const Shape& shape_of<AlertPolicy>();
template <> const Shape& shape_of<MeshObjectives>();
template <> const Shape& shape_of<Cluster>();
template <> const Shape& shape_of<LayerRate>();
template <> const Shape& shape_of<Budget>();
template <> const Shape& shape_of<Cost>();
template <> const Shape& shape_of<Observatory>();
template <> const Shape& shape_of<Erasure>();
template <> const Shape& shape_of<SharedWith>();
template <> const Shape& shape_of<MeshCompliance>();
template <> const Shape& shape_of<Coverage>();
template <> const Shape& shape_of<Notifications>();
template <> const Shape& shape_of<ExpectedOutput>();
template <> const Shape& shape_of<Product>();
template <> const Shape& shape_of<RosterEntry>();
template <> const Shape& shape_of<ExternalSource>();
template <> const Shape& shape_of<DomainFile>();
template <> const Shape& shape_of<SystemFile>();
template <> std::span<const Word<ScalingAssumption>> words_of<ScalingAssumption>();
template <> std::span<const Word<CostProvider>> words_of<CostProvider>();
template <> std::span<const Word<Lifecycle>> words_of<Lifecycle>();
template <> std::span<const Word<OutputKind>> words_of<OutputKind>();
// clang-format on

namespace internal {

/// Reads the known keys of a block that may hold others; of those, one that is nearly a known key
/// is a warning.
void read_open_object(Reader& reader, const Node& node, const Shape& shape, void* object);

/// Texts, or maps as in shape_of<MeshContact>().
void read_contacts(Reader& reader, const Node& node, std::vector<MeshContact>& out);
void read_ownership(Reader& reader, const Node& node, std::optional<Ownership>& out);
void read_compliance(Reader& reader, const Node& node, std::optional<MeshCompliance>& out);
/// A list of channels, or a map with `channels`.
void read_notifications(Reader& reader, const Node& node, Notifications& out);
/// A period for each layer, or a map as in compliance.retention.
void read_retention(Reader& reader, const Node& node, std::vector<Pair<Retention>>& out);
void read_environments(Reader& reader, const Node& node, std::vector<Pair<ValueMap>>& out);
void read_roster(Reader& reader, const Node& node, std::vector<RosterEntry>& out);
/// `_all` and layers, each as a contract's block of this name; nothing is said to be missing.
void read_target_defaults(Reader& reader, const Node& node,
                          std::vector<Pair<Materialization>>& out);
void read_server_defaults(Reader& reader, const Node& node, std::vector<Pair<Server>>& out);

/// A line of a table whose value is read by one of the functions above; `Part` is what it holds,
/// void where that has no table.
template <class T, auto Member, auto Read, class Part>
constexpr Key block(std::string_view name, std::string_view summary, ValueKind kind,
                    Support support = Support::Acted) {
  const Shape& (*child)() = nullptr;
  if constexpr (!std::is_void_v<Part>) {
    child = &shape_of<Part>;
  }
  return {.name = name,
          .summary = summary,
          .kind = kind,
          .support = support,
          .child = child,
          .read = [](Reader& reader, const Node& node, void* object) {
            Read(reader, node, static_cast<T*>(object)->*Member);
          }};
}

}  // namespace internal
}  // namespace sluice::contract
