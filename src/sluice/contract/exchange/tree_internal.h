// Trees of YAML made by hand and written as text: for documents that no one has written yet.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/contract/source/node.h"
#include "sluice/contract/source/yaml.h"

namespace sluice::contract::internal {

Node make_map();
Node make_list();
/// Text, quoted where it would else be read as something else.
Node make_text(std::string_view text);
/// A number, true, false: as it is written.
Node make_word(std::string_view text);

/// Puts `value` under `key`, in the place of what is there.
void put(Node& map, std::string_view key, Node value);
void remove(Node& map, std::string_view key);
/// The map under `key`, made when it is not there.
Node& map_under(Node& map, std::string_view key);
Node& list_under(Node& map, std::string_view key);

/// The text of a scalar under `key`; empty when there is none.
std::string text_of(const Node& map, std::string_view key);
bool is_true(const Node& map, std::string_view key);
/// Both absent or both the same.
bool is_same(const Node* left, const Node* right);

bool is_one_of(std::string_view key, std::span<const std::string_view> list);
/// An empty map for nothing.
const Node& map_or_none(const Node* node);
/// Those of the list under `key`; none when there is no list.
const std::vector<Node>& items_of(const Node& map, std::string_view key);
/// The item that says `key: value`, or nullptr.
const Node* find_item(const std::vector<Node>& items, std::string_view key, std::string_view value);
void append(Node& list, const std::vector<Node>& more);

/// Block style, two spaces, quoted where needed. Ends with a line end.
std::string render_yaml(const Node& node);
/// One line, JSON where YAML allows it.
std::string render_flow(const Node& node);

/// The root map of a document; InvalidContract with the place of what is wrong.
Result<Node> parse_root(std::string_view text, std::string_view path);

}  // namespace sluice::contract::internal
