// What a refused row was before its values became texts: its columns with their types, and whether
// it can go through the contract once more. Stored with each row as one line of JSON that carries a
// format number, so that a replay reads the row as the run did that refused it.
// Plain values and pure functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/plan/bound_pipeline.h"
#include "sluice/run/pipeline/run_result.h"
#include "sluice/schema/schema.h"

namespace sluice::contract {

struct RowShape {
  /// Columns of the source as it was read, with the engine's names of their types.
  std::vector<std::pair<std::string, std::string>> columns;
  /// A NULL may stand for a column that the row never had, as in JSON.
  bool may_lack_columns = false;
  /// Made by a step from another row, or with others: the row alone cannot be judged again.
  bool is_piece = false;
  /// The run was stopped by a gate: its files are read again, and so is the row.
  bool is_stopped = false;
  /// A line of the source that is no record: only its text is there.
  bool is_line = false;
  /// Columns whose originals are not there.
  std::vector<std::string> masked;
  /// Columns whose originals are sealed beside the row, in the order of the sealed list.
  std::vector<std::string> sealed;

  bool is_replayable() const { return !is_piece && !is_stopped && !is_line && masked.empty(); }
  friend bool operator==(const RowShape&, const RowShape&) = default;
};

/// 2: a row may be sealed or of a stopped run; a shape without either is written as 1.
inline constexpr int kRowShapeFormat = 2;

std::string render_shape(const RowShape& shape);

/// Corrupt when it is no shape; Unsupported when a newer sluice wrote it.
Result<RowShape> parse_shape(std::string_view text);

/// The shape of what a run refused, as it is stored: masked, and sealed where the plan says so.
Result<RowShape> shape_of(const plan::BoundPipeline& bound,
                          const std::vector<run::LedgerEntry>& ledger);

/// SHA-256 over what judges rows: the declared columns, the steps and the rules, and not where
/// rows come from or go to.
std::string rule_set_fingerprint(const plan::Pipeline& pipeline);

}  // namespace sluice::contract
