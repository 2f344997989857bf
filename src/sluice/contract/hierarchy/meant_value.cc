#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "sluice/contract/diagnostic/secret.h"
#include "sluice/contract/hierarchy/hierarchy.h"

namespace sluice::contract {
namespace {

/// The entry of a map, or the item of a list that has this name.
const Node* find_part(const Node& node, std::string_view part) {
  if (!node.is_sequence()) {
    return node.find(part);
  }
  const auto found = std::ranges::find_if(node.items, [&](const Node& item) {
    const Node* name = item.find("name");
    return name != nullptr && name->is_scalar() && name->text == part;
  });
  return found == node.items.end() ? nullptr : &*found;
}

/// Another key under which a value may stand.
struct OtherKey {
  std::string_view key;
  std::string_view written_as;
  std::string_view unit = {};   // follows the value
  bool is_scalar_only = false;  // a map under that key is no spelling of this one
};

constexpr std::array kSpellings{
    OtherKey{"service_levels.freshness.threshold", "service_levels.freshness_hours", "h"},
    OtherKey{"service_levels.freshness.threshold", "service_levels.freshness", "", true},
    OtherKey{"service_levels.availability.threshold", "service_levels.availability", "", true},
    OtherKey{"service_levels.completeness.threshold", "service_levels.completeness", "", true},
    OtherKey{"primary_key", "materialization.primary_key"},
    OtherKey{"materialization.soft_delete_column", "soft_deletes.flag_field"},
    OtherKey{"materialization.soft_delete_time_column", "soft_deletes.timestamp_field"},
    OtherKey{"materialization.soft_delete_reason_column", "soft_deletes.reason_field"},
    OtherKey{"materialization.target_path", "materialization.path"},
    OtherKey{"materialization.reprocess_date_column", "materialization.reprocess_column"},
    OtherKey{"materialization.scd2.timestamp_field", "materialization.scd2.change_date_field"},
    OtherKey{"materialization.scd2.end_date_default", "materialization.scd2.effective_to_default"},
    OtherKey{"materialization.scd2.start_date_default",
             "materialization.scd2.effective_from_default"},
    OtherKey{"server.schema_policy", "schema_policy"},
    OtherKey{"schema_policy", "server.schema_policy"},
    OtherKey{"server.schema_policy.evolution", "server.schema_evolution"},
    OtherKey{"schema_policy.evolution", "server.schema_evolution"},
    OtherKey{"tier", "layer"},
    OtherKey{"tier", "target_layer"},
    OtherKey{"tier", "info.target_layer"},
    OtherKey{"layer", "tier"},
    OtherKey{"layer", "target_layer"},
    OtherKey{"layer", "info.target_layer"},
    OtherKey{"info.target_layer", "tier"},
    OtherKey{"info.target_layer", "layer"},
    OtherKey{"info.target_layer", "target_layer"},
    OtherKey{"quarantine.write_mode", "quarantine.mode"},
};

/// What `key` has behind `prefix`: ".threshold"; nothing when it does not begin with it.
std::optional<std::string_view> rest_behind(std::string_view key, std::string_view prefix) {
  if (!key.starts_with(prefix)) {
    return std::nullopt;
  }
  const std::string_view rest = key.substr(prefix.size());
  return rest.empty() || rest.front() == '.' || rest.front() == '['
             ? std::optional<std::string_view>(rest)
             : std::nullopt;
}

/// `key` in the form of `spelling`: the value itself, or the maps around it.
std::optional<MeantValue> find_spelt(const Node& root, std::string_view key,
                                     const OtherKey& spelling) {
  const std::optional<std::string_view> rest = rest_behind(key, spelling.key);
  const std::optional<std::string_view> inner = rest_behind(spelling.key, key);
  if (!rest && !inner) {
    return std::nullopt;
  }
  const std::string written = std::string(spelling.written_as) + std::string(rest.value_or(""));
  const Node* node = find_value(root, written);
  if (node == nullptr || node->is_null() || (spelling.is_scalar_only && !node->is_scalar())) {
    return std::nullopt;
  }
  std::string text = render_value(*node, written) + std::string(spelling.unit);
  if (inner && !inner->empty()) {
    text = "{" + std::string(inner->substr(1)) + ": " + text + "}";
  }
  return MeantValue{.text = std::move(text), .written_as = written, .span = node->span};
}

}  // namespace

const Node* find_value(const Node& root, std::string_view key) {
  const Node* at = &root;
  while (!key.empty() && at != nullptr) {
    if (key.front() == '[') {
      const std::size_t end = key.find(']');
      std::size_t index = 0;
      const auto read = std::from_chars(key.data() + 1, key.data() + key.size(), index);
      if (end == std::string_view::npos || read.ec != std::errc{} || index >= at->items.size()) {
        return nullptr;
      }
      at = &at->items[index];
      key.remove_prefix(end + 1);
    } else {
      const std::size_t end = std::min(key.find_first_of(".["), key.size());
      at = find_part(*at, key.substr(0, end));
      key.remove_prefix(end);
    }
    if (!key.empty() && key.front() == '.') {
      key.remove_prefix(1);
    }
  }
  return at;
}

std::string render_value(const Node& node, std::string_view key) {
  const std::size_t dot = key.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? key : key.substr(dot + 1);
  if (node.is_scalar()) {
    if (is_secret_name(last) && !is_secret_reference(node.text)) {
      return "(hidden)";
    }
    return node.is_null() ? "null" : node.text;
  }
  std::string text = node.is_sequence() ? "[" : "{";
  for (const Node& item : node.items) {
    text += (text.size() == 1 ? "" : ", ") + render_value(item, key);
  }
  for (const Entry& entry : node.entries) {
    text +=
        (text.size() == 1 ? "" : ", ") + entry.key + ": " + render_value(entry.value, entry.key);
  }
  return text + (node.is_sequence() ? "]" : "}");
}

std::optional<MeantValue> find_meant(const Node& root, std::string_view key) {
  if (const Node* node = find_value(root, key)) {
    return MeantValue{.text = render_value(*node, key), .written_as = {}, .span = node->span};
  }
  for (const OtherKey& spelling : kSpellings) {
    if (std::optional<MeantValue> found = find_spelt(root, key, spelling)) {
      return found;
    }
  }
  return std::nullopt;
}

}  // namespace sluice::contract
