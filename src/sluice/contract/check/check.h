// Checks a contract: reads the text, fills the typed model and says everything that is wrong with
// it that needs no engine to see. Nothing is opened, run or printed. SQL is not bound here; the
// engine does that against the schema that reaches each step.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "sluice/contract/diagnostic/diagnostic.h"
#include "sluice/contract/model/contract.h"
#include "sluice/contract/read/reader.h"
#include "sluice/contract/source/yaml.h"

namespace sluice::contract {

/// How strictly a contract is judged.
struct CheckOptions {
  /// Reads old files the way LakeLogic does: unknown and misplaced keys, duplicate keys and the
  /// like are warnings. Leave it off for contracts that are written today.
  bool lenient = false;
};

/// Reading never fails; it returns what it understood and everything it did not.
struct CheckedContract {
  std::optional<Contract> contract;  // empty only when nothing usable was found
  Diagnostics diagnostics;           // all of them, in source order
  /// Written keys that no run executes yet. A run refuses those that decide rows, unless a flag
  /// replaces them, and warns of the others.
  std::vector<UnsupportedKey> unsupported;

  /// There is a contract, and nothing is wrong with it.
  bool is_runnable() const { return contract.has_value() && !diagnostics.has_errors(); }
};

/// `path` is the file's name for places and for what takes its name from the file.
CheckedContract check_contract(std::string_view text, std::string_view path,
                               const CheckOptions& options = {});

/// The same of a document that was read before; `text` is the file's, for places inside scalars.
/// What reading said of it is in `out`.
CheckedContract check_document(const Document& document, std::string_view text,
                               const CheckOptions& options, Diagnostics out);

}  // namespace sluice::contract
