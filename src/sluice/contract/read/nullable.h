// Lines of a table for keys that the standard takes as null as if they were left out, and whose
// member is no optional: a list, a map, a word or a truth with a default. An optional member needs
// none of this, as null empties it.
#pragma once

#include <string_view>

#include "sluice/contract/read/reader.h"

namespace sluice::contract {

template <auto Member>
constexpr Key nullable(std::string_view name, std::string_view summary,
                       Support support = Support::Acted) {
  Key line = key<Member>(name, summary, support);
  line.read = [](Reader& reader, const Node& node, void* object) {
    if (!node.is_null()) {
      key<Member>({}, {}).read(reader, node, object);
    }
  };
  return line;
}

}  // namespace sluice::contract
