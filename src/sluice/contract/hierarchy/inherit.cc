#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "sluice/contract/hierarchy/inherit_internal.h"

namespace sluice::contract::internal {
namespace {

constexpr std::string_view kAllLayers = "_all";

const Node* find_map(const Node& map, std::string_view key) {
  const Node* found = map.find(key);
  return found != nullptr && found->is_mapping() ? found : nullptr;
}

bool lists(const Node* list, std::string_view name) {
  return list != nullptr && std::ranges::any_of(list->items, [&](const Node& item) {
           return item.is_scalar() && item.text == name;
         });
}

/// The names under which a list of tables may mean the contract.
std::vector<std::string> names_of(const Node& root, std::string_view path) {
  std::vector<std::string> names{std::filesystem::path(path).stem().string()};
  const Node* info = find_map(root, "info");
  for (const Node* name :
       {info == nullptr ? nullptr : info->find("table_name"), root.find("dataset")}) {
    if (name != nullptr && name->is_scalar() && !name->is_null()) {
      names.push_back(name->text);
    }
  }
  return names;
}

bool is_meant(const Node& objective, const std::vector<std::string>& names) {
  const auto any_in = [&](const Node* list) {
    return std::ranges::any_of(names, [&](const std::string& name) { return lists(list, name); });
  };
  const Node* only = objective.find("include_tables");
  const bool is_included = only == nullptr || only->items.empty() || any_in(only);
  return is_included && !any_in(objective.find("exclude_tables"));
}

bool has_column(const Node& root, std::string_view name) {
  const Node* model = find_map(root, "model");
  const Node* fields = model == nullptr ? nullptr : model->find("fields");
  const bool is_declared =
      fields != nullptr && std::ranges::any_of(fields->items, [&](const Node& field) {
        const Node* said = field.find("name");
        return said != nullptr && said->text == name;
      });
  return is_declared || name.starts_with("_lakelogic_");
}

/// The first of these columns that the table has.
const Node* find_measured(const Node& root, const Node& objective) {
  for (const std::string_view key : {"check_columns", "source_check_columns", "check_column"}) {
    const Node* columns = objective.find(key);
    if (columns == nullptr) {
      continue;
    }
    if (columns->is_scalar() && has_column(root, columns->text)) {
      return columns;
    }
    for (const Node& column : columns->items) {
      if (has_column(root, column.text)) {
        return &column;
      }
    }
  }
  return nullptr;
}

Entry entry_of(std::string_view key, const Node& value) {
  return {.key = std::string(key), .key_span = value.span, .value = value};
}

/// `{threshold: 90m, field: updated_at}`.
std::optional<Node> freshness_of(const Node& root, const Node& objective) {
  const Node* minutes = objective.find("max_delay_minutes");
  if (minutes == nullptr) {
    minutes = objective.find("max_source_delay_minutes");
  }
  if (minutes == nullptr || !minutes->is_scalar() || minutes->is_null()) {
    return std::nullopt;
  }
  Node made = map_at(objective.span);
  Node threshold = *minutes;
  threshold.text += "m";
  threshold.style = ScalarStyle::DoubleQuoted;
  made.entries.push_back(entry_of("threshold", threshold));
  if (const Node* column = find_measured(root, objective)) {
    made.entries.push_back(entry_of("field", *column));
  }
  return made;
}

std::optional<Node> row_count_of(const Node& objective) {
  Node made = map_at(objective.span);
  for (const std::string_view key : {"min_rows", "max_rows", "check_field"}) {
    if (const Entry* entry = objective.find_entry(key)) {
      made.entries.push_back(*entry);
    }
  }
  return made.entries.empty() ? std::nullopt : std::optional(std::move(made));
}

/// The bounds that are written; the two that the language takes where none is.
Node quality_of(const Node& objective) {
  Node made = map_at(objective.span);
  for (const std::string_view key : {"min_good_ratio", "max_quarantine_ratio"}) {
    if (const Entry* entry = objective.find_entry(key)) {
      made.entries.push_back(*entry);
    }
  }
  if (made.entries.empty()) {
    const auto number = [&](std::string_view key, std::string_view text) {
      Node value{.kind = NodeKind::Scalar, .span = objective.span};
      value.text = text;
      made.entries.push_back(entry_of(key, value));
    };
    number("min_good_ratio", "0.95");
    number("max_quarantine_ratio", "0.05");
  }
  return made;
}

void add_level(Node& levels, std::string_view name, std::optional<Node> level) {
  if (level && levels.find(name) == nullptr) {  // the contract's own wins
    levels.entries.push_back(entry_of(name, *level));
  }
}

}  // namespace

Node* find(Node& map, std::string_view key) { return const_cast<Node*>(map.find(key)); }

void set(Node& map, const Entry& like, Node value) {
  if (Node* there = find(map, like.key)) {
    *there = std::move(value);
    return;
  }
  Entry entry = like;
  entry.value = std::move(value);
  map.entries.push_back(std::move(entry));
}

Node map_at(const Span& span) { return Node{.kind = NodeKind::Mapping, .span = span}; }

std::string layer_in_roster(const Node& outer, std::string_view system_path,
                            std::string_view path) {
  namespace fs = std::filesystem;
  const Node* roster = outer.find("contracts");
  if (roster == nullptr || system_path.empty()) {
    return {};
  }
  const fs::path wanted = fs::path(path).lexically_normal();
  for (const Node& entry : roster->items) {
    const Node* file = entry.find("path");
    const Node* layer = entry.find("layer");
    if (file != nullptr && layer != nullptr && file->is_scalar() && layer->is_scalar() &&
        (fs::path(system_path).parent_path() / file->text).lexically_normal() == wanted) {
      return layer->text;
    }
  }
  return {};
}

void gather_ownership(Node& outer) {
  for (const std::string_view key : {"owner", "contacts", "cost_centre", "cost_center"}) {
    const Entry* said = outer.find_entry(key);
    if (said == nullptr || said->value.is_null()) {
      continue;
    }
    const Entry copy = *said;
    if (outer.find("ownership") == nullptr) {
      set(outer, {.key = "ownership", .key_span = copy.key_span, .value = {}},
          map_at(copy.key_span));
    }
    Node* ownership = find(outer, "ownership");
    if (ownership->is_mapping() && ownership->find(key) == nullptr) {
      ownership->entries.push_back(copy);
    }
  }
}

void inherit_owner(Node& root, const Node& outer) {
  const Node* ownership = find_map(outer, "ownership");
  const Entry* owner = ownership == nullptr ? nullptr : ownership->find_entry("owner");
  Node* info = find(root, "info");
  if (owner != nullptr && owner->value.is_scalar() && info != nullptr && info->is_mapping() &&
      info->find("owner") == nullptr) {
    info->entries.push_back(*owner);
  }
}

void inherit_retention(Node& root, const Node& outer, std::string_view layer) {
  const Node* layers = find_map(outer, "retention");
  const Entry* kept = layers == nullptr || layer.empty() ? nullptr : layers->find_entry(layer);
  const Node* own = root.find("compliance");
  if (kept == nullptr || (own != nullptr && (!own->is_mapping() || own->find("retention")))) {
    return;
  }
  Node retention = kept->value;
  if (retention.is_scalar()) {
    const Node period = retention;
    retention = map_at(period.span);
    retention.entries.push_back(entry_of("period", period));
  }
  Node compliance = own == nullptr ? map_at(kept->key_span) : *own;
  compliance.entries.push_back(entry_of("retention", retention));
  set(root, {.key = "compliance", .key_span = kept->key_span, .value = {}}, std::move(compliance));
}

void inherit_objectives(Node& root, const Node& outer, std::string_view layer,
                        std::string_view path) {
  const Entry* slo = outer.find_entry("slo");
  if (slo == nullptr || !slo->value.is_mapping()) {
    return;
  }
  const Node* own = root.find("service_levels");
  Node levels = own != nullptr ? *own : map_at(slo->value.span);
  if (!levels.is_mapping()) {
    return;
  }
  const std::vector<std::string> names = names_of(root, path);
  const auto find_objective = [&](std::string_view name) -> const Node* {
    const Node* layers = find_map(slo->value, name);
    const Node* objective = layers == nullptr ? nullptr : find_map(*layers, layer);
    if (objective == nullptr && layers != nullptr) {
      objective = find_map(*layers, kAllLayers);
    }
    return objective != nullptr && is_meant(*objective, names) ? objective : nullptr;
  };
  const Node* freshness = find_objective("freshness");
  if (freshness != nullptr && levels.find("freshness_hours") == nullptr) {
    add_level(levels, "freshness", freshness_of(root, *freshness));
  }
  if (const Node* rows = find_objective("row_count")) {
    add_level(levels, "row_count", row_count_of(*rows));
    if (const Node* anomaly = find_map(*rows, "anomaly")) {
      add_level(levels, "anomaly", *anomaly);
    }
  }
  if (const Node* quality = find_map(slo->value, "quality")) {
    add_level(levels, "quality", quality_of(*quality));
  }
  if (!levels.entries.empty()) {
    set(root, {.key = "service_levels", .key_span = slo->key_span, .value = {}}, std::move(levels));
  }
}

bool needs_layer(const Node& outer) {
  const Node* slo = find_map(outer, "slo");
  const auto is_by_layer = [&](std::string_view name) {
    const Node* layers = slo == nullptr ? nullptr : find_map(*slo, name);
    return layers != nullptr && !layers->entries.empty() && layers->find(kAllLayers) == nullptr;
  };
  return is_by_layer("freshness") || is_by_layer("row_count");
}

}  // namespace sluice::contract::internal
