// Fills {name} and ${NAME} in the values of a document. SQL, templates ({{ ... }}) and the words
// that SQL and steps keep for themselves are left as they are. Two passes, so that a value may hold
// a placeholder of its own. Pure.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "sluice/contract/diagnostic/diagnostic.h"
#include "sluice/contract/source/node.h"

namespace sluice::contract::internal {

using Variables = std::map<std::string, std::string>;

struct PlaceholderOptions {
  /// The value of ${NAME}; empty function: it is left.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  /// What cannot be filled in is an error.
  bool must_resolve = false;
};

void fill_placeholders(Node& root, const Variables& known, const PlaceholderOptions& options,
                       Diagnostics& out);

}  // namespace sluice::contract::internal
