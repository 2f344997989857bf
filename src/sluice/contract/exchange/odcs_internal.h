// Shared by both directions of ODCS: what of a contract stands in its native fields.
#pragma once

#include <string>
#include <string_view>

#include "sluice/contract/diagnostic/diagnostic.h"
#include "sluice/contract/exchange/tree_internal.h"
#include "sluice/contract/model/contract.h"

namespace sluice::contract::internal {

inline constexpr std::string_view kOdcsVersion = "v3.1.0";
/// The name under customProperties that the contract's text lies under.
inline constexpr std::string_view kNamespace = "sluice";
/// The check that stands for `accepted_values` of a field.
inline constexpr std::string_view kAcceptedId = "accepted_values";
/// Keys of metadata that hold what an import could not say otherwise.
inline constexpr std::string_view kKept = "odcs_";
inline constexpr std::string_view kKeptQuality = "odcs_quality";
inline constexpr std::string_view kKeptTable = "odcs_table";
inline constexpr std::string_view kKeptDescription = "odcs_description";
inline constexpr std::string_view kKeptLevels = "odcs_slaProperties";

/// What ODCS 3.1 allows as an `id`: letters, digits, '-' and '_'.
bool is_stable_id(std::string_view text);

/// Everything in the document that is not as ODCS 3.1 says. Errors cannot be read; warnings can.
void check_odcs(const Node& document, Diagnostics& out);

/// The whole document but for the namespace. `root` is the contract's own tree.
Node odcs_of(const Node& root, const Contract& contract);

/// A check of ODCS for a rule of the contract; the rule's other way is rule_of.
Node quality_of(const Node& rule, std::string_view id);

/// The type of a property: its own word, else what its logical type says, with its parts.
std::string type_of_property(const Node& property);

struct RuleOf {
  bool is_dataset = false;
  Node rule;  // no map: a check that a contract has no word for
};
RuleOf rule_of(const Node& quality, std::string_view property);

}  // namespace sluice::contract::internal
