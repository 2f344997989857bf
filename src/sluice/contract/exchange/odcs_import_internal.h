// One import of an ODCS document while it is carried out. What the native fields say now (`after`)
// is compared with what they would say of the contract that the document carries (`before`, empty
// when it carries none); only what differs is laid over `root`, the contract's tree. What cannot be
// said in a contract is kept where an export finds it, or becomes a note. Used once, then read.
#pragma once

#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/exchange/odcs_internal.h"

namespace sluice::contract::internal {

class Import {
 public:
  Import(Node root, Node before, const Node& after)
      : root_(std::move(root)), before_(std::move(before)), after_(after) {}

  void apply();
  const Node& root() const { return root_; }
  std::vector<std::string>& notes() { return notes_; }

 private:
  void take_identity();
  void take_description();
  void take_table();
  void take_fields(const Node& was, const Node& is);
  void take_property(Node& field, const Node& was, const Node& is);
  void take_type(Node& field, const Node& was, const Node& is);
  void take_protection(Node& field, const Node& was, const Node& is);
  void take_options(Node& field, const Node& was, const Node& is);
  void take_accepted(Node& field, const Node& was, const Node& is);
  void take_checks(Node& field, const Node& was, const Node& is);
  Node take_new_checks(const std::vector<Node>& had, const std::vector<Node>& has,
                       const std::string& property);
  void take_relationships(Node& field, const Node& was, const Node& is);
  void take_other(Node& field, const Node& was, const Node& is);
  void take_places(const Node& was, const Node& is);
  void find_ours();
  Node take_own_rules(std::string_view name, const Node& was, const Node& is);
  void take_rules(const Node& was, const Node& is);
  void take_levels();
  void take_level(std::string_view property);
  void take_rest();
  void add_rule(RuleOf made, const Node& check, const std::string& property);
  const Node* table_of_document();

  Node root_;
  Node before_;
  const Node& after_;
  std::set<std::string> ours_;
  std::vector<Node> added_rows_;
  std::vector<Node> added_datasets_;
  std::vector<std::string> notes_;
};

/// Takes over what `is` holds as `key` of `map` when it is another than before.
void take_text(Node& map, std::string_view key, const Node* was, const Node* is);

}  // namespace sluice::contract::internal
