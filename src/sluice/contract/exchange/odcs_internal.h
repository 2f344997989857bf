// Shared by both directions of ODCS: what of a contract stands in its native fields.
#pragma once

#include <string>
#include <string_view>

#include "sluice/contract/exchange/tree_internal.h"
#include "sluice/contract/model/contract.h"

namespace sluice::contract::internal {

inline constexpr std::string_view kOdcsVersion = "v3.1.0";
/// The name under customProperties that the contract's text lies under.
inline constexpr std::string_view kNamespace = "sluice";
/// Keys of metadata that hold what an import could not say otherwise.
inline constexpr std::string_view kKept = "odcs_";
inline constexpr std::string_view kKeptQuality = "odcs_quality";
inline constexpr std::string_view kKeptTable = "odcs_table";
inline constexpr std::string_view kKeptLevels = "odcs_slaProperties";

/// The whole document but for the namespace. `root` is the contract's own tree.
Node odcs_of(const Node& root, const Contract& contract);

/// A check of ODCS for a rule of the contract; the rule's other way is rule_of.
Node quality_of(const Node& rule, std::string_view id);

struct RuleOf {
  bool is_dataset = false;
  Node rule;  // no map: a check that a contract has no word for
};
RuleOf rule_of(const Node& quality, std::string_view property);

}  // namespace sluice::contract::internal
