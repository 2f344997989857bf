// What the files above a contract may hold.
#include <algorithm>
#include <array>
#include <set>

#include "sluice/contract/hierarchy/outer_files_internal.h"
#include "sluice/contract/read/reader.h"
#include "sluice/contract/source/yaml.h"

namespace sluice::contract {
namespace {

enum class Lifecycle : std::uint8_t { Proposed, Active, Deprecated, Retired };
enum class OutputKind : std::uint8_t { Table, View, Api, SemanticModel };

constexpr std::array kLifecycles{Word<Lifecycle>{"proposed", Lifecycle::Proposed},
                                 Word<Lifecycle>{"active", Lifecycle::Active},
                                 Word<Lifecycle>{"deprecated", Lifecycle::Deprecated},
                                 Word<Lifecycle>{"retired", Lifecycle::Retired}};
constexpr std::array kOutputKinds{Word<OutputKind>{"table", OutputKind::Table},
                                  Word<OutputKind>{"view", OutputKind::View},
                                  Word<OutputKind>{"api", OutputKind::Api},
                                  Word<OutputKind>{"semantic_model", OutputKind::SemanticModel}};

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

/// What both files may say for every table below them.
struct Shared {
  MaybeText domain;
  MaybeText description;
  MaybeBag ownership;
  MaybeBag contacts;
  MaybeBag slo;
  MaybeBag notifications;
  MaybeBag quarantine;
  MaybeBag compliance;
  MaybeBag lineage;
  MaybeBag materialization;
  MaybeBag server;
  MaybeBag cost;
  MaybeBag observatory;
  MaybeBag retention;
  MaybeBag metadata;
  MaybeBag quality_coverage;
  MaybeBag active_gates;
  MaybeFlag notifications_enabled;
  MaybeText bronze_layer;
  MaybeText silver_layer;
  MaybeText gold_layer;
};

struct DomainFile : Shared {
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

struct SystemFile : Shared {
  MaybeText system;
  MaybeBag environments;
  TextMap storage;
  std::vector<RosterEntry> contracts;
  std::vector<ExternalSource> external_sources;
};

}  // namespace

// clang-format off
template <> std::span<const Word<Lifecycle>> words_of<Lifecycle>() { return kLifecycles; }
template <> std::span<const Word<OutputKind>> words_of<OutputKind>() { return kOutputKinds; }
template <> const Shape& shape_of<ExpectedOutput>();
template <> const Shape& shape_of<Product>();
template <> const Shape& shape_of<RosterEntry>();
template <> const Shape& shape_of<ExternalSource>();
// clang-format on

namespace {

using O = ExpectedOutput;
constexpr std::array kOutputKeys{
    required<&O::id>("id", "Id of the output"),
    required<&O::name>("name", "Its name"),
    key<&O::kind>("kind", "table, view, api or semantic_model (table)"),
    key<&O::required>("required", "Whether the product is incomplete without it (true)"),
    key<&O::description>("description", "What it is"),
};

using P = Product;
constexpr std::array kProductKeys{
    required<&P::id>("id", "Id that contracts refer to"),
    required<&P::name>("name", "Name for people"),
    key<&P::description>("description", "What it offers"),
    key<&P::owner>("owner", "Who answers for it"),
    key<&P::lifecycle>("lifecycle", "proposed, active, deprecated or retired (proposed)"),
    key<&P::expected_outputs>("expected_outputs", "Outputs that make it complete"),
};

using R = RosterEntry;
constexpr std::array kRosterKeys{
    required<&R::layer>("layer", "Layer of the contract"),
    required<&R::entity>("entity", "Its name in depends_on"),
    required<&R::path>("path", "Its file"),
    key<&R::enabled>("enabled", "Whether it is run (true)"),
    key<&R::depends_on>("depends_on", "Entities that run before it"),
    key<&R::contract_version>("contract_version", "Version that is expected"),
    key<&R::metadata>("metadata", "Free data"),
};

using E = ExternalSource;
constexpr std::array kExternalKeys{
    required<&E::name>("name", "Where data comes from"),
    key<&E::type>("type", "Kind of source"),
    key<&E::source_domain>("source_domain", "Its domain"),
    key<&E::catalog_path>("catalog_path", "Its name in a catalog"),
    key<&E::path>("path", "Where it is"),
    key<&E::format>("format", "Its format"),
    key<&E::owner>("owner", "Who owns it"),
    key<&E::description>("description", "What it is"),
    key<&E::consumed_by>("consumed_by", "Entities that read it"),
};

/// The keys that both files have. A pointer to a member of Shared is one of each of them.
template <class T, auto Member>
constexpr Key shared(std::string_view name, std::string_view summary) {
  Key line = key<Member>(name, summary);
  line.read = [](Reader& reader, const Node& node, void* object) {
    read_value(reader, node, static_cast<T*>(object)->*Member);
  };
  return line;
}

template <class T, std::size_t N>
constexpr auto with_shared(const std::array<Key, N>& own) {
  const std::array all{
      shared<T, &Shared::domain>("domain", "Name of the domain"),
      shared<T, &Shared::description>("description", "What it holds"),
      shared<T, &Shared::ownership>("ownership", "Owner, contacts, cost centre"),
      shared<T, &Shared::contacts>("contacts", "Whom to reach"),
      shared<T, &Shared::slo>("slo", "Objectives of each layer"),
      shared<T, &Shared::notifications>("notifications", "Who is told"),
      shared<T, &Shared::quarantine>("quarantine", "Defaults of quarantine"),
      shared<T, &Shared::compliance>("compliance", "Regulations and controls"),
      shared<T, &Shared::lineage>("lineage", "Defaults of lineage"),
      shared<T, &Shared::materialization>("materialization", "Defaults: _all, then each layer"),
      shared<T, &Shared::server>("server", "Defaults of each layer"),
      shared<T, &Shared::cost>("cost", "Rates, budgets, currency"),
      shared<T, &Shared::observatory>("observatory", "Where runs are reported to"),
      shared<T, &Shared::retention>("retention", "How long rows are kept"),
      shared<T, &Shared::metadata>("metadata", "Free data"),
      shared<T, &Shared::quality_coverage>("quality_coverage", "Targets of rule coverage"),
      shared<T, &Shared::active_gates>("active_gates", "Gates that are on"),
      shared<T, &Shared::notifications_enabled>("notifications_enabled", "Send them (true)"),
      shared<T, &Shared::bronze_layer>("bronze_layer", "Name of the bronze layer"),
      shared<T, &Shared::silver_layer>("silver_layer", "Name of the silver layer"),
      shared<T, &Shared::gold_layer>("gold_layer", "Name of the gold layer"),
  };
  std::array<Key, N + 21> keys{};
  std::copy(all.begin(), all.end(), keys.begin());
  std::copy(own.begin(), own.end(), keys.begin() + 21);
  return keys;
}

using D = DomainFile;
constexpr auto kDomainKeys = with_shared<D>(std::array{
    key<&D::owner>("owner", "Who answers for the domain"),
    key<&D::cost_centre>("cost_centre", "Who pays"),
    key<&D::products>("products", "Data products of the domain"),
});

using S = SystemFile;
constexpr auto kSystemKeys = with_shared<S>(std::array{
    key<&S::system>("system", "Name of the system"),
    key<&S::environments>("environments", "Values of each environment"),
    key<&S::storage>("storage", "Roots and names of places"),
    key<&S::contracts>("contracts", "The contracts of the system"),
    key<&S::external_sources>("external_sources", "Where data comes from"),
});

constexpr Shape kOutput{"products[].expected_outputs[]", kOutputKeys};
constexpr Shape kProduct{"products[]", kProductKeys};
constexpr Shape kRoster{"contracts[]", kRosterKeys};
constexpr Shape kExternal{"external_sources[]", kExternalKeys};
constexpr Shape kDomain{"the domain file", kDomainKeys};
constexpr Shape kSystem{"the system file", kSystemKeys};

/// ^[a-z][a-z0-9_]{1,62}$
bool is_id(std::string_view id) {
  return id.size() > 1 && id.size() < 64 && id[0] >= 'a' && id[0] <= 'z' &&
         std::ranges::all_of(
             id,
             [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

void check_ids(const DomainFile& file, Diagnostics& out) {
  std::set<std::string> seen;
  const auto check = [&](const Text& id, std::set<std::string>& before) {
    if (!id.value.empty() && !is_id(id.value)) {
      out.add(Code::BadPattern, id.span,
              "expected an id of small letters, digits and '_', and came '" + id.value + "'");
    }
    if (!id.value.empty() && !before.insert(id.value).second) {
      out.add(Code::ConflictingKeys, id.span, "two of this id: '" + id.value + "'");
    }
  };
  for (const Product& product : file.products) {
    check(product.id, seen);
    std::set<std::string> outputs;
    for (const ExpectedOutput& output : product.expected_outputs) {
      check(output.id, outputs);
    }
  }
}

void check_roster(const SystemFile& file, Diagnostics& out) {
  std::set<std::string> entities;
  for (const RosterEntry& entry : file.contracts) {
    if (!entry.entity.value.empty() &&
        !entities.insert(entry.layer.value + "/" + entry.entity.value).second) {
      out.add(Code::ConflictingKeys, entry.entity.span,
              "two contracts of this layer and entity: '" + entry.entity.value + "'");
    }
  }
  for (const RosterEntry& entry : file.contracts) {
    for (const Text& needed : entry.depends_on) {
      const bool is_listed = std::ranges::any_of(file.contracts, [&](const RosterEntry& other) {
        return other.entity.value == needed.value;
      });
      if (!is_listed) {
        out.add(
            Code::UnknownField, Severity::Warning, needed.span,
            "'depends_on' names an entity that the roster does not have: '" + needed.value + "'");
      }
    }
  }
}

}  // namespace

// clang-format off
template <> const Shape& shape_of<ExpectedOutput>() { return kOutput; }
template <> const Shape& shape_of<Product>() { return kProduct; }
template <> const Shape& shape_of<RosterEntry>() { return kRoster; }
template <> const Shape& shape_of<ExternalSource>() { return kExternal; }
// clang-format on

namespace internal {

std::optional<Node> read_outer(const OuterFile& file, OuterKind kind, std::uint32_t number,
                               Diagnostics& out) {
  Document document = read_yaml(file.text, out, number);
  if (!document.root || !document.root->is_mapping()) {
    if (document.is_complete && document.root && !document.root->is_null()) {
      out.add(Code::WrongType, document.root->span,
              "expected a map in this file, and came " + describe(*document.root));
    }
    return std::nullopt;
  }
  Reader reader(file.text, out, {.is_complete = document.is_complete, .is_olc = false});
  if (kind == OuterKind::Domain) {
    DomainFile domain;
    reader.read_object(*document.root, kDomain, &domain);
    check_ids(domain, out);
  } else {
    SystemFile system;
    reader.read_object(*document.root, kSystem, &system);
    check_roster(system, out);
  }
  return std::move(document.root);
}

}  // namespace internal

Diagnostics check_domain_file(const OuterFile& file) {
  Diagnostics out(file.path);
  (void)internal::read_outer(file, internal::OuterKind::Domain, 0, out);
  out.sort();
  return out;
}

Diagnostics check_system_file(const OuterFile& file) {
  Diagnostics out(file.path);
  (void)internal::read_outer(file, internal::OuterKind::System, 0, out);
  out.sort();
  return out;
}

}  // namespace sluice::contract
