// The checks of a document: rules of a contract.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "sluice/contract/exchange/odcs_import_internal.h"

namespace sluice::contract::internal {
namespace {

bool contains(const std::vector<Node>& items, const Node& item) {
  return std::ranges::find(items, item) != items.end();
}

/// A check where it stands: `property` is the column it is said of, or empty.
struct PlacedCheck {
  const Node* check = nullptr;
  std::string property;
};

/// The check of this id in the table or in one of its properties.
PlacedCheck find_check(const Node& table, const std::string& id) {
  if (const Node* check = find_item(items_of(table, "quality"), "id", id)) {
    return {check, ""};
  }
  for (const Node& property : items_of(table, "properties")) {
    if (const Node* check = find_item(items_of(property, "quality"), "id", id)) {
      return {check, text_of(property, "name")};
    }
  }
  return {};
}

}  // namespace

void Import::add_rule(RuleOf made, const Node& check, const std::string& property) {
  const std::string where = property.empty() ? "" : " of " + property;
  if (!made.rule.is_mapping()) {
    notes_.push_back(
        fmt::format("kept, but no rule: a check of type '{}'{}",
                    text_of(check, "type").empty() ? "library" : text_of(check, "type"), where));
    return;
  }
  static constexpr std::array<std::string_view, 8> kUnread{
      "method",         "schedule", "scheduler",        "unit",
      "businessImpact", "tags",     "customProperties", "authoritativeDefinitions"};
  for (const std::string_view key : kUnread) {
    if (check.find(key) != nullptr && text_of(check, key) != "rows") {
      notes_.push_back(fmt::format("not taken over: {} of a check{}", key, where));
    }
  }
  (made.is_dataset ? added_datasets_ : added_rows_).push_back(std::move(made.rule));
}

/// Checks that are none of the contract's rules become rules, or are kept.
Node Import::take_new_checks(const std::vector<Node>& had, const std::vector<Node>& has,
                             const std::string& property) {
  Node kept = make_list();
  for (const Node& check : has) {
    const std::string id = text_of(check, "id");
    if (id == kAcceptedId || ours_.contains(id)) {
      continue;
    }
    RuleOf made = rule_of(check, property);
    if (!made.rule.is_mapping()) {
      kept.items.push_back(check);
    }
    if (!contains(had, check)) {
      add_rule(std::move(made), check, property);
    }
  }
  return kept;
}

/// The ids that stand for rules of the contract.
void Import::find_ours() {
  const Node& quality = map_or_none(root_.find("quality"));
  for (const std::string_view name : {"row_rules", "dataset_rules"}) {
    for (std::size_t i = 0; i < items_of(quality, name).size(); ++i) {
      ours_.insert(fmt::format("{}-{}", name, i));
    }
  }
}

/// The contract's own rules: as they were, as they are now, or gone.
Node Import::take_own_rules(std::string_view name, const Node& was, const Node& is) {
  Node list = make_list();
  const std::vector<Node>& rules = items_of(map_or_none(root_.find("quality")), name);
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string id = fmt::format("{}-{}", name, i);
    const PlacedCheck had = find_check(was, id);
    const PlacedCheck has = find_check(is, id);
    if (has.check == nullptr) {
      continue;
    }
    if (is_same(had.check, has.check) && had.property == has.property) {
      list.items.push_back(rules[i]);
      continue;
    }
    RuleOf made = rule_of(*has.check, has.property);
    const bool stays = made.rule.is_mapping() && made.is_dataset == (name == "dataset_rules");
    if (stays) {
      list.items.push_back(std::move(made.rule));
    } else {
      add_rule(std::move(made), *has.check, has.property);
    }
  }
  return list;
}

void Import::take_rules(const Node& was, const Node& is) {
  Node kept = take_new_checks(items_of(was, "quality"), items_of(is, "quality"), "");
  Node rows = take_own_rules("row_rules", was, is);
  Node datasets = take_own_rules("dataset_rules", was, is);
  append(rows, added_rows_);
  append(datasets, added_datasets_);
  const Node quality = map_or_none(root_.find("quality"));
  for (auto& [name, list] : {std::pair{"row_rules", &rows}, {"dataset_rules", &datasets}}) {
    if (!list->items.empty() || quality.find(name) != nullptr) {
      put(map_under(root_, "quality"), name, std::move(*list));
    }
  }
  if (!kept.items.empty()) {
    put(map_under(root_, "metadata"), kKeptQuality, std::move(kept));
  } else if (root_.find("metadata") != nullptr) {
    remove(map_under(root_, "metadata"), kKeptQuality);
  }
}

}  // namespace sluice::contract::internal
