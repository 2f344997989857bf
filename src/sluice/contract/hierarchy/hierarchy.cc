#include "sluice/contract/hierarchy/hierarchy.h"

#include <algorithm>
#include <array>
#include <map>
#include <span>
#include <utility>

#include "sluice/contract/diagnostic/near.h"
#include "sluice/contract/diagnostic/secret.h"
#include "sluice/contract/hierarchy/inherit_internal.h"
#include "sluice/contract/hierarchy/outer_files_internal.h"
#include "sluice/contract/hierarchy/placeholders_internal.h"
#include "sluice/contract/source/yaml.h"

namespace sluice::contract {
namespace {

using internal::find;
using internal::map_at;
using internal::set;
using internal::Variables;

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

std::span<const Entry> entries_of(const Node* map) {
  return map == nullptr ? std::span<const Entry>{} : std::span<const Entry>(map->entries);
}

/// What `inner` writes wins; maps merge key by key; lists are joined, outer ones first, where
/// `joins_lists`.
void merge(Node& outer, const Node& inner, bool joins_lists) {
  if (inner.is_mapping() && outer.is_mapping()) {
    for (const Entry& entry : inner.entries) {
      Node* there = find(outer, entry.key);
      if (there == nullptr) {
        outer.entries.push_back(entry);
      } else {
        merge(*there, entry.value, joins_lists);
      }
    }
    return;
  }
  if (joins_lists && inner.is_sequence() && outer.is_sequence()) {
    outer.items.insert(outer.items.end(), inner.items.begin(), inner.items.end());
    return;
  }
  outer = inner;
}

/// bronze, silver, gold ... of a contract that is not read yet.
std::string layer_of(const Node& root) {
  const Node* info = root.find("info");
  for (const Node* word : {root.find("tier"), root.find("layer"), root.find("target_layer"),
                           info == nullptr ? nullptr : info->find("target_layer")}) {
    if (word != nullptr && word->is_scalar() && !word->is_null()) {
      Contract folded;
      folded.tier = Text{word->text, word->span};
      return layer(folded);
    }
  }
  return {};
}

/// One contract while it is put together.
class Weaver {
 public:
  Weaver(const HierarchyInput& input, std::string_view path, Diagnostics& out)
      : input_(input), path_(path), out_(out) {}

  void read_outer_files(ResolvedContract& result);
  Node weave(const Node& contract);
  Variables variables(const Node& root) const;
  bool has_outer() const { return outer_.has_value(); }
  void add_unsupported(std::vector<UnsupportedKey>& known) const;

 private:
  void take_stage(Node& root);
  void take_environment(Node& root);
  void take_block(Node& root, std::string_view key);
  void take_layered(Node& root, std::string_view key);
  void take_identity(Node& root);
  void report_identity(const Node& domain, const Node& system);

  std::string_view system_path() const {
    return input_.system ? std::string_view(input_.system->path) : std::string_view{};
  }

  const HierarchyInput& input_;
  std::string_view path_;
  Diagnostics& out_;
  std::optional<Node> outer_;  // domain and system as one
  std::string layer_;
  std::vector<UnsupportedKey> unsupported_;  // of the files above
};

/// What the files above ask for and no run does; what the contract inherits of it is in `known`
/// already, and blocks of layers say for which tables they are.
void Weaver::add_unsupported(std::vector<UnsupportedKey>& known) const {
  for (const UnsupportedKey& key : unsupported_) {
    const bool is_of_layers = key.path.starts_with("materialization") ||
                              key.path.starts_with("server") ||
                              key.path.starts_with("slo.row_count");
    const bool is_of_this =
        !layer_.empty() && key.path.find("." + layer_ + ".") != std::string::npos;
    const bool is_there = std::ranges::any_of(
        known, [&](const UnsupportedKey& other) { return other.span == key.span; });
    if (!is_there && !key.decides_rows && (!is_of_layers || is_of_this)) {
      known.push_back(key);
    }
  }
}

/// Scalars that name the mesh: the domain's word is the last.
constexpr std::array<std::string_view, 5> kIdentity{"domain", "bronze_layer", "silver_layer",
                                                    "gold_layer", "notifications_enabled"};

void Weaver::report_identity(const Node& domain, const Node& system) {
  for (const std::string_view key : kIdentity) {
    const Node* above = domain.find(key);
    const Node* below = system.find(key);
    if (above != nullptr && below != nullptr && !(*above == *below)) {
      out_.add(
          Code::ConflictingKeys, Severity::Warning, below->span,
          "the domain file says another " + quoted(key) + ", and it wins: " + quoted(above->text));
    }
  }
}

void Weaver::read_outer_files(ResolvedContract& result) {
  const auto read = [&](const std::optional<OuterFile>& file, internal::OuterKind kind) {
    if (!file) {
      return std::optional<Node>{};
    }
    const std::uint32_t number = out_.add_file(file->path);
    result.files.push_back(file->path);
    internal::OuterRead outer = internal::read_outer(*file, kind, number, out_);
    unsupported_.insert(unsupported_.end(), outer.unsupported.begin(), outer.unsupported.end());
    return std::move(outer.root);
  };
  const std::optional<Node> system = read(input_.system, internal::OuterKind::System);
  const std::optional<Node> domain = read(input_.domain, internal::OuterKind::Domain);
  if (!domain || !system) {
    outer_ = domain ? domain : system;
    return;
  }
  report_identity(*domain, *system);
  outer_ = domain;
  merge(*outer_, *system, true);
  for (const std::string_view key : kIdentity) {
    if (const Entry* above = domain->find_entry(key)) {
      set(*outer_, *above, above->value);
    }
  }
}

void Weaver::take_block(Node& root, std::string_view key) {
  const Entry* block = outer_->find_entry(key);
  if (block == nullptr || !block->value.is_mapping()) {
    return;
  }
  Node merged = block->value;
  if (const Node* own = root.find(key)) {
    merge(merged, *own, false);
  }
  set(root, *block, std::move(merged));
}

/// `_all`, then the layer's own, then the contract's.
void Weaver::take_layered(Node& root, std::string_view key) {
  const Entry* block = outer_->find_entry(key);
  if (block == nullptr || !block->value.is_mapping()) {
    return;
  }
  Node merged = map_at(block->value.span);
  for (const std::string_view part : {std::string_view("_all"), std::string_view(layer_)}) {
    if (const Node* defaults = part.empty() ? nullptr : block->value.find(part)) {
      merge(merged, *defaults, false);
    }
  }
  if (merged.entries.empty()) {
    return;
  }
  if (const Node* own = root.find(key)) {
    merge(merged, *own, false);
  }
  set(root, *block, std::move(merged));
}

/// info.domain and info.system, where the contract does not say them.
void Weaver::take_identity(Node& root) {
  Node* info = find(root, "info");
  if (info == nullptr || !info->is_mapping()) {
    return;
  }
  for (const std::string_view key : {"domain", "system"}) {
    const Entry* said = outer_->find_entry(key);
    if (said != nullptr && info->find(key) == nullptr) {
      info->entries.push_back(*said);
    }
  }
}

void Weaver::take_stage(Node& root) {
  if (input_.stage.empty()) {
    return;
  }
  const Node* stages = root.find("stages");
  const Node* overrides = stages == nullptr ? nullptr : stages->find(input_.stage);
  if (overrides == nullptr) {
    std::vector<std::string_view> names;
    for (const Entry& entry : entries_of(stages)) {
      names.push_back(entry.key);
    }
    out_.add(Code::UnknownWord, stages == nullptr ? root.span : stages->span,
             "the contract has no stage of this name: " + quoted(input_.stage),
             did_you_mean(input_.stage, names));
    return;
  }
  const Node copy = *overrides;
  merge(root, copy, false);
}

void Weaver::take_environment(Node& root) {
  if (input_.environment.empty()) {
    return;
  }
  const Node* own = root.find("environments");
  const Node* chosen = own == nullptr ? nullptr : own->find(input_.environment);
  const Node* outer = outer_ ? outer_->find("environments") : nullptr;
  const Node* values = outer == nullptr ? nullptr : outer->find(input_.environment);
  if (chosen == nullptr && values == nullptr) {
    std::vector<std::string_view> names;
    for (const Node* each : {own, outer}) {
      for (const Entry& entry : entries_of(each)) {
        names.push_back(entry.key);
      }
    }
    out_.add(Code::UnknownWord, own == nullptr ? root.span : own->span,
             "neither the contract nor its system has an environment of this name: " +
                 quoted(input_.environment),
             did_you_mean(input_.environment, names));
    return;
  }
  if (chosen == nullptr || !chosen->is_mapping()) {
    return;
  }
  const Node place = *chosen;
  Node server = root.find("server") != nullptr ? *root.find("server") : map_at(place.span);
  merge(server, place, false);
  const Entry entry{.key = "server", .key_span = place.span, .value = {}};
  set(root, entry, std::move(server));
}

Node Weaver::weave(const Node& contract) {
  Node root = contract;
  layer_ = layer_of(root);
  if (outer_) {
    if (layer_.empty()) {
      layer_ = internal::layer_in_roster(*outer_, system_path(), path_);
    }
    if (layer_.empty() && internal::needs_layer(*outer_)) {
      out_.add(Code::ObjectiveIncomplete, Severity::Notice, root.span,
               "the objectives above are by layer, and nothing says the layer of this contract",
               "write 'tier', list the contract in the roster of _system.yaml, or give objectives "
               "for '_all'");
    }
    internal::gather_ownership(*outer_);
    for (const std::string_view key :
         {"lineage", "quarantine", "observatory", "compliance", "ownership", "metadata"}) {
      take_block(root, key);
    }
    take_layered(root, "materialization");
    if (root.find("server") != nullptr) {
      take_layered(root, "server");
    }
    internal::inherit_owner(root, *outer_);
    internal::inherit_retention(root, *outer_, layer_);
    internal::inherit_objectives(root, *outer_, layer_, path_);
    take_identity(root);
  }
  take_stage(root);
  take_environment(root);
  return root;
}

Variables Weaver::variables(const Node& root) const {
  Variables known;
  const auto take_all = [&](const Node* map) {
    for (const Entry& entry : entries_of(map)) {
      if (entry.value.is_scalar() && !entry.value.is_null()) {
        known[entry.key] = entry.value.text;
      }
    }
  };
  if (outer_) {
    for (const std::string_view key :
         {"domain", "system", "bronze_layer", "silver_layer", "gold_layer"}) {
      if (const Node* said = outer_->find(key)) {
        known[std::string(key)] = said->text;
      }
    }
    take_all(outer_->find("storage"));
    const Node* environments = outer_->find("environments");
    take_all(environments == nullptr ? nullptr : environments->find(input_.environment));
  }
  if (!input_.environment.empty()) {
    known["environment"] = input_.environment;
    known["env"] = input_.environment;
  }
  if (const Node* info = root.find("info")) {
    for (const std::string_view key : {"domain", "system", "table_name"}) {
      if (const Node* said = info->find(key); said != nullptr && said->is_scalar()) {
        known.emplace(std::string(key), said->text);
      }
    }
  }
  return known;
}

}  // namespace

ResolvedContract resolve_contract(std::string_view text, std::string_view path,
                                  const HierarchyInput& input, const CheckOptions& options) {
  Diagnostics out{std::string(path)};
  ResolvedContract result{.checked = {}, .root = {}, .files = {std::string(path)}};
  Document document = read_yaml(text, out);
  Weaver weaver(input, path, out);
  weaver.read_outer_files(result);
  if (document.root && document.root->is_mapping() && document.is_complete) {
    Node root = weaver.weave(*document.root);
    const internal::PlaceholderOptions how{
        .variable = input.variable,
        .must_resolve = weaver.has_outer() || !input.environment.empty()};
    internal::fill_placeholders(root, weaver.variables(root), how, out);
    document.root = std::move(root);
  }
  result.root = document.root.value_or(Node{});
  result.checked = check_document(document, text, options, std::move(out));
  weaver.add_unsupported(result.checked.unsupported);
  return result;
}

}  // namespace sluice::contract
