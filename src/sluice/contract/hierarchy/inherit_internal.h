// What a contract takes over from the files above it where more is needed than laying one map over
// another: owners, objectives of its layer, how long rows are kept. Works on trees, so that each
// value keeps the file and line that it came from. What the contract writes itself stays.
#pragma once

#include <string>
#include <string_view>

#include "sluice/contract/source/node.h"

namespace sluice::contract::internal {

Node* find(Node& map, std::string_view key);
/// Puts `value` under the key of `like`, which gives a new entry its place.
void set(Node& map, const Entry& like, Node value);
Node map_at(const Span& span);

/// The layer that the roster gives the contract at `path`; empty when it is not in it.
std::string layer_in_roster(const Node& outer, std::string_view system_path, std::string_view path);

/// `owner`, `contacts` and `cost_centre` beside `ownership` are meant as part of it.
void gather_ownership(Node& outer);

/// info.owner, where the contract names none.
void inherit_owner(Node& root, const Node& outer);

/// The period of the layer becomes compliance.retention.
void inherit_retention(Node& root, const Node& outer, std::string_view layer);

/// The objectives of the layer, else those of `_all`, become service_levels, for the tables that
/// they are meant for; those of quality have no layer.
void inherit_objectives(Node& root, const Node& outer, std::string_view layer,
                        std::string_view path);

/// True when objectives are written that reach no table without a layer.
bool needs_layer(const Node& outer);

}  // namespace sluice::contract::internal
