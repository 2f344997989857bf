// What changed between two versions of a contract, and what that means: to producers, whose data
// the new version judges, and to consumers, who read the table. Each kind of change is a line of a
// constant table with its class and the reason for it. Comparison works on the typed model, so a
// shorthand and its long form, a comment or the order of keys are no change. Invariant: two models
// that differ give at least one change; what no kind knows is reported by its block.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/contract/model/contract.h"

namespace sluice::contract {

/// Breaking: who did right before now fails. Risky: it depends on what they do. Safe: nobody needs
/// to act.
enum class Impact : std::uint8_t { Safe, Risky, Breaking };

std::string_view to_string(Impact impact);

struct ChangeKind {
  std::string_view key;
  Impact producers;
  Impact consumers;
  std::string_view summary;
  std::string_view reason;
};

/// In the order of the docs.
std::span<const ChangeKind> change_kinds();

/// nullptr when there is none.
const ChangeKind* find_change_kind(std::string_view key);

struct Change {
  const ChangeKind* kind = nullptr;
  std::string path;  // "model.fields.email"
  std::string before;
  std::string after;
  SourcePosition at;     // in the new contract; in the old one when it is only there
  std::string allowed;   // the reason by which an exception lets it pass; empty: none
  std::string contract;  // of several: its path below their folder

  /// The worse of the two classes.
  Impact impact() const;
  bool is_blocking() const { return impact() == Impact::Breaking && allowed.empty(); }
};

/// One side of a comparison; the path is for places.
struct ContractVersion {
  const Contract& contract;
  std::string_view path;
  /// By Span::file, where values come from the files above the contract, too; else empty.
  std::span<const std::string> files = {};
};

/// Worst first, then by path.
std::vector<Change> diff_contracts(const ContractVersion& before, const ContractVersion& after);

}  // namespace sluice::contract
