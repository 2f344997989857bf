#include <utility>

#include "sluice/contract/diagnostic/near.h"
#include "sluice/contract/hierarchy/mesh_shapes_internal.h"

namespace sluice::contract::internal {
namespace {

/// Reads defaults as the contracts below will: under the same path, so that a fault has the same
/// words wherever it is met, and without asking for what a contract adds.
template <class T>
void read_layers(Reader& reader, const Node& node, std::vector<Pair<T>>& out) {
  if (node.is_null() || !begin_object(reader, node)) {
    return;
  }
  for (const Entry& entry : node.entries) {
    if (entry.value.is_null()) {
      continue;
    }
    Reader inner(reader.text(), reader.out(), {.is_complete = false, .is_olc = false});
    const Reader::Step step(inner, reader.path());
    Pair<T> pair{.key = {entry.key, entry.key_span}, .value = {}};
    if (begin_object(inner, entry.value)) {
      pair.value.span = entry.value.span;
      inner.read_object(entry.value, shape_of<T>(), &pair.value);
    }
    out.push_back(std::move(pair));
  }
}

}  // namespace

void read_open_object(Reader& reader, const Node& node, const Shape& shape, void* object) {
  Node known = node;
  std::erase_if(known.entries,
                [&](const Entry& entry) { return shape.find(entry.key) == nullptr; });
  reader.read_object(known, shape, object);
  std::vector<std::string_view> names;
  for (const Key& key : shape.keys) {
    names.push_back(key.name);
  }
  for (const Entry& entry : node.entries) {
    std::string near = did_you_mean(entry.key, names);
    if (shape.find(entry.key) == nullptr && !near.empty() && !entry.key.starts_with("x-")) {
      reader.out().add(Code::UnknownKey, Severity::Warning, entry.key_span,
                       "no such key in '" + std::string(shape.name) + "': '" + entry.key + "'",
                       std::move(near));
    }
  }
}

void read_contacts(Reader& reader, const Node& node, std::vector<MeshContact>& out) {
  if (node.is_null() || !begin_list(reader, node, "a list of contacts")) {
    return;
  }
  reader.for_each_item(
      node,
      [](Reader& each, const Node& item, void* list) {
        MeshContact contact;
        contact.span = item.span;
        if (item.is_mapping()) {
          read_open_object(each, item, shape_of<MeshContact>(), &contact);
        } else {
          read_value(each, item, contact.email);
        }
        static_cast<std::vector<MeshContact>*>(list)->push_back(std::move(contact));
      },
      &out);
}

void read_ownership(Reader& reader, const Node& node, std::optional<Ownership>& out) {
  if (!node.is_null() && begin_object(reader, node)) {
    out.emplace().span = node.span;
    read_open_object(reader, node, shape_of<Ownership>(), &*out);
  }
}

void read_compliance(Reader& reader, const Node& node, std::optional<MeshCompliance>& out) {
  if (!node.is_null() && begin_object(reader, node)) {
    out.emplace().span = node.span;
    read_open_object(reader, node, shape_of<MeshCompliance>(), &*out);
  }
}

void read_notifications(Reader& reader, const Node& node, Notifications& out) {
  if (node.is_sequence()) {
    out.span = node.span;
    read_value(reader, node, out.channels);
  } else if (!node.is_null()) {
    read_value(reader, node, out);
  }
}

void read_retention(Reader& reader, const Node& node, std::vector<Pair<Retention>>& out) {
  if (node.is_null() || !begin_object(reader, node)) {
    return;
  }
  for (const Entry& entry : node.entries) {
    const Reader::Step step(reader, entry.key);
    Pair<Retention> pair{.key = {entry.key, entry.key_span}, .value = {}};
    pair.value.span = entry.value.span;
    if (entry.value.is_mapping()) {
      read_value(reader, entry.value, pair.value);
    } else {
      read_value(reader, entry.value, pair.value.period);
    }
    out.push_back(std::move(pair));
  }
}

void read_environments(Reader& reader, const Node& node, std::vector<Pair<ValueMap>>& out) {
  if (node.is_null() || !begin_object(reader, node)) {
    return;
  }
  for (const Entry& entry : node.entries) {
    const Reader::Step step(reader, entry.key);
    Pair<ValueMap> pair{.key = {entry.key, entry.key_span}, .value = {}};
    if (!entry.value.is_null()) {
      read_value(reader, entry.value, pair.value);
    }
    out.push_back(std::move(pair));
  }
}

void read_roster(Reader& reader, const Node& node, std::vector<RosterEntry>& out) {
  if (node.is_null() || !begin_list(reader, node, expected_kind(ValueKind::ObjectList))) {
    return;
  }
  reader.for_each_item(
      node,
      [](Reader& each, const Node& item, void* list) {
        if (begin_object(each, item)) {
          RosterEntry entry;
          entry.span = item.span;
          read_open_object(each, item, shape_of<RosterEntry>(), &entry);
          static_cast<std::vector<RosterEntry>*>(list)->push_back(std::move(entry));
        }
      },
      &out);
}

void read_target_defaults(Reader& reader, const Node& node,
                          std::vector<Pair<Materialization>>& out) {
  read_layers(reader, node, out);
}

void read_server_defaults(Reader& reader, const Node& node, std::vector<Pair<Server>>& out) {
  read_layers(reader, node, out);
}

}  // namespace sluice::contract::internal
