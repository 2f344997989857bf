// Tables of `_domain.yaml` and `_system.yaml`.
#include <algorithm>
#include <array>

#include "sluice/contract/hierarchy/hierarchy.h"
#include "sluice/contract/hierarchy/mesh_shapes_internal.h"

namespace sluice::contract {
namespace {

using internal::block;

constexpr std::array kLifecycles{Word<Lifecycle>{"proposed", Lifecycle::Proposed},
                                 Word<Lifecycle>{"active", Lifecycle::Active},
                                 Word<Lifecycle>{"deprecated", Lifecycle::Deprecated},
                                 Word<Lifecycle>{"retired", Lifecycle::Retired}};
constexpr std::array kOutputKinds{Word<OutputKind>{"table", OutputKind::Table},
                                  Word<OutputKind>{"view", OutputKind::View},
                                  Word<OutputKind>{"api", OutputKind::Api},
                                  Word<OutputKind>{"semantic_model", OutputKind::SemanticModel}};

using O = ExpectedOutput;
constexpr std::array kOutputKeys{
    required<&O::id>("id", "Id of the output", Support::Recorded),
    required<&O::name>("name", "Its name", Support::Recorded),
    key<&O::kind>("kind", "table, view, api or semantic_model (table)", Support::Recorded),
    key<&O::required>("required", "Whether the product is incomplete without it (true)",
                      Support::Recorded),
    key<&O::description>("description", "What it is", Support::Recorded),
};

using P = Product;
constexpr std::array kProductKeys{
    required<&P::id>("id", "Id that contracts refer to", Support::Recorded),
    required<&P::name>("name", "Name for people", Support::Recorded),
    key<&P::description>("description", "What it offers", Support::Recorded),
    key<&P::owner>("owner", "Who answers for it", Support::Recorded),
    key<&P::lifecycle>("lifecycle", "proposed, active, deprecated or retired (proposed)",
                       Support::Recorded),
    key<&P::expected_outputs>("expected_outputs", "Outputs that make it complete",
                              Support::Recorded),
};

using R = RosterEntry;
constexpr std::array kRosterKeys{
    required<&R::layer>("layer", "Layer of the contract"),
    required<&R::entity>("entity", "Its name in depends_on"),
    required<&R::path>("path", "Its file"),
    key<&R::enabled>("enabled", "Whether it is run (true)"),
    key<&R::depends_on>("depends_on", "Entities that run before it", Support::Later),
    key<&R::contract_version>("contract_version", "Version that is expected", Support::Recorded),
    key<&R::metadata>("metadata", "Free data", Support::Recorded),
};

using E = ExternalSource;
constexpr std::array kExternalKeys{
    required<&E::name>("name", "Where data comes from", Support::Recorded),
    key<&E::type>("type", "Kind of source", Support::Recorded),
    key<&E::source_domain>("source_domain", "Its domain", Support::Recorded),
    key<&E::catalog_path>("catalog_path", "Its name in a catalog", Support::Recorded),
    key<&E::path>("path", "Where it is", Support::Recorded),
    key<&E::format>("format", "Its format", Support::Recorded),
    key<&E::owner>("owner", "Who owns it", Support::Recorded),
    key<&E::description>("description", "What it is", Support::Recorded),
    key<&E::consumed_by>("consumed_by", "Entities that read it", Support::Recorded),
};

/// The keys that both files have. A pointer to a member of MeshDefaults is one of each of them.
template <class T, auto Member>
constexpr Key shared(std::string_view name, std::string_view summary,
                     Support support = Support::Acted) {
  Key line = key<Member>(name, summary, support);
  line.read = [](Reader& reader, const Node& node, void* object) {
    read_value(reader, node, static_cast<T*>(object)->*Member);
  };
  return line;
}

using M = MeshDefaults;
constexpr std::size_t kSharedKeys = 21;

template <class T>
constexpr std::array<Key, kSharedKeys> shared_keys() {
  return {
      shared<T, &M::domain>("domain", "Name of the domain"),
      shared<T, &M::description>("description", "What it holds", Support::Recorded),
      block<T, &M::ownership, &internal::read_ownership, Ownership>(
          "ownership", "Owner, contacts, cost centre", ValueKind::Object),
      block<T, &M::contacts, &internal::read_contacts, MeshContact>("contacts", "Whom to reach",
                                                                    ValueKind::ObjectList),
      shared<T, &M::slo>("slo", "Objectives of each layer"),
      block<T, &M::notifications, &internal::read_notifications, Notifications>(
          "notifications", "Who is told", ValueKind::ObjectList, Support::Later),
      shared<T, &M::quarantine>("quarantine", "Defaults of quarantine"),
      block<T, &M::compliance, &internal::read_compliance, MeshCompliance>(
          "compliance", "Regulations and controls", ValueKind::Object),
      shared<T, &M::lineage>("lineage", "Defaults of lineage"),
      block<T, &M::materialization, &internal::read_target_defaults, Materialization>(
          "materialization", "Defaults: _all, then each layer", ValueKind::ObjectMap),
      block<T, &M::server, &internal::read_server_defaults, Server>(
          "server", "Defaults of each layer", ValueKind::ObjectMap),
      shared<T, &M::cost>("cost", "Rates, budgets, currency"),
      shared<T, &M::observatory>("observatory", "Where runs are reported to", Support::Later),
      block<T, &M::retention, &internal::read_retention, Retention>(
          "retention", "How long rows of each layer are kept", ValueKind::ObjectMap),
      shared<T, &M::metadata>("metadata", "Free data", Support::Recorded),
      shared<T, &M::quality_coverage>("quality_coverage", "How many checks are enough",
                                      Support::Later),
      shared<T, &M::active_gates>("active_gates", "Gates that are on", Support::Later),
      shared<T, &M::notifications_enabled>("notifications_enabled", "Send them (true)",
                                           Support::Recorded),
      shared<T, &M::bronze_layer>("bronze_layer", "Name of the bronze layer"),
      shared<T, &M::silver_layer>("silver_layer", "Name of the silver layer"),
      shared<T, &M::gold_layer>("gold_layer", "Name of the gold layer"),
  };
}

template <class T, std::size_t N>
constexpr auto with_shared(const std::array<Key, N>& own) {
  const std::array all = shared_keys<T>();
  std::array<Key, N + kSharedKeys> keys{};
  std::copy(all.begin(), all.end(), keys.begin());
  std::copy(own.begin(), own.end(), keys.begin() + kSharedKeys);
  return keys;
}

using D = DomainFile;
constexpr auto kDomainKeys = with_shared<D>(std::array{
    key<&D::owner>("owner", "Who answers for the domain"),
    key<&D::cost_centre>("cost_centre", "Who pays"),
    key<&D::cost_centre>("cost_center", "Same as cost_centre"),
    key<&D::products>("products", "Data products of the domain", Support::Recorded),
});

using S = SystemFile;
constexpr auto kSystemKeys = with_shared<S>(std::array{
    key<&S::system>("system", "Name of the system"),
    block<S, &S::environments, &internal::read_environments, void>(
        "environments", "Values of each environment", ValueKind::ObjectMap),
    key<&S::storage>("storage", "Roots and names of places"),
    block<S, &S::contracts, &internal::read_roster, RosterEntry>(
        "contracts", "The contracts of the system", ValueKind::ObjectList),
    key<&S::external_sources>("external_sources", "Where data comes from", Support::Recorded),
});

constexpr Shape kOutput{"products[].expected_outputs[]", kOutputKeys};
constexpr Shape kProduct{"products[]", kProductKeys};
constexpr Shape kRoster{"contracts[]", kRosterKeys};
constexpr Shape kExternal{"external_sources[]", kExternalKeys};
constexpr Shape kDomain{"the domain file", kDomainKeys};
constexpr Shape kSystem{"the system file", kSystemKeys};

}  // namespace

// clang-format off
template <> std::span<const Word<Lifecycle>> words_of<Lifecycle>() { return kLifecycles; }
template <> std::span<const Word<OutputKind>> words_of<OutputKind>() { return kOutputKinds; }
template <> const Shape& shape_of<ExpectedOutput>() { return kOutput; }
template <> const Shape& shape_of<Product>() { return kProduct; }
template <> const Shape& shape_of<RosterEntry>() { return kRoster; }
template <> const Shape& shape_of<ExternalSource>() { return kExternal; }
template <> const Shape& shape_of<DomainFile>() { return kDomain; }
template <> const Shape& shape_of<SystemFile>() { return kSystem; }
// clang-format on

const Shape& domain_shape() { return kDomain; }
const Shape& system_shape() { return kSystem; }

}  // namespace sluice::contract
