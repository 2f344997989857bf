// Changes that are let pass although they break: a YAML list that says which, where and why.
//
//   allow:
//     - change: field-removed
//       path: model.fields.note      # '*' stands for any text
//       reason: nobody reads it
//       contract: silver/trips.yaml  # of several; all when it is left out
//
// Plain values; the file is read by the caller.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/contract/diff/change.h"

namespace sluice::contract {

struct ChangeException {
  std::string change;
  std::string path;
  std::string reason;
  std::string contract = "*";
  SourcePosition at;
  bool is_used = false;
};

/// InvalidContract when an entry lacks a key, has an unknown one or names no kind of change.
Result<std::vector<ChangeException>> parse_exceptions(std::string_view text, std::string_view path);

/// Marks the changes that an exception lets pass, and the exceptions that did.
void apply_exceptions(std::span<ChangeException> exceptions, std::span<Change> changes);

}  // namespace sluice::contract
