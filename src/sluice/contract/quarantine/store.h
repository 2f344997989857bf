// The refused rows of a target and the history of each: the folder `<quarantine>` with the rows as
// they came, Parquet or Delta, never changed, and the Parquet folder and `_history/<name>` beside
// it, to which what becomes of rows is only ever appended. A row is waiting until its history says
// that it was replayed or discarded.
//
// What a replay says of its rows is appended before the target's commit and counts only once a line
// settles which run's commit it was; so a replay that dies at any point is finished by looking,
// also under another contract than the one that began it. Works on one engine connection, one call
// at a time. Nothing is cached between calls.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/base/uuid.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/expr.h"
#include "sluice/storage/storage.h"
#include "sluice/table/table.h"

namespace sluice::contract {

/// Columns that every stored row has beside its own.
inline constexpr std::string_view kRowIdColumn = "_lakelogic_row_id";
inline constexpr std::string_view kBatchColumn = "_lakelogic_batch";
inline constexpr std::string_view kRuleSetColumn = "_lakelogic_rule_set";
inline constexpr std::string_view kShapeColumn = "_lakelogic_shape";
/// Originals of masked columns: a sealed JSON list of texts, as the shape names them.
inline constexpr std::string_view kSealedColumn = dialect::kSealedColumn;
/// Values of columns that the stored table was made without, as JSON.
inline constexpr std::string_view kExtraColumn = "_lakelogic_extra";

/// What the history says of a row, in kRowsView beside the columns of the row. A row's own column
/// may be called `state`: these have names that no source may use.
inline constexpr std::string_view kStateColumn = "_sluice_state";
inline constexpr std::string_view kSettledAtColumn = "_sluice_settled_at";
inline constexpr std::string_view kSettledByColumn = "_sluice_settled_by";
inline constexpr std::string_view kAttemptsColumn = "_sluice_attempts";

/// How a folder is opened; a test opens one that fails.
using OpenStorage =
    std::function<Result<std::unique_ptr<storage::Storage>>(const std::string& root)>;

/// Where the history of the rows at `root` lies.
std::string history_root_of(const std::string& root);

/// Which rows a command is about; an empty part asks for nothing.
struct RowSelection {
  std::vector<std::string> row_ids;
  std::string rule;      // is named in a reason
  std::string category;  // is among the categories
  std::string run_id;    // refused the row first
  std::string state;     // waiting, replayed, discarded
};

/// What one commit keeps: every row of the relation of refused texts.
struct RefusedRows {
  std::string batch;       // the commit key of the batch
  std::string rule_set;    // its fingerprint
  std::string shape;       // render_shape
  std::string line_shape;  // of lines that are no records
  std::string table_name;
  Uuid run_id;
  /// They take the place of all that was kept before.
  bool replaces = false;
};

/// What a replay found about the rows that it judged.
struct ReplayOutcome {
  std::string batch;
  std::string rule_set;
  Uuid run_id;
  /// Relation of the rows that were judged (_sluice_row), and of those refused again.
  std::string judged;
  std::string refused;
};

class QuarantineStore {
 public:
  /// Makes nothing: a place that is not there is empty. `format` is that of the rows, "parquet" or
  /// one that table/module.h loads.
  static Result<QuarantineStore> open(engine::Connection& connection, const std::string& root,
                                      std::string_view format, const OpenStorage& open_storage);

  /// Folders of this machine.
  static Result<std::unique_ptr<storage::Storage>> open_folder(const std::string& root);

  /// Keeps the refused rows of a batch once. A batch that was kept under other rules, by a run that
  /// died before its target was written, is replaced.
  Result<table::Receipt> keep(const Context& context, const RefusedRows& rows);
  /// The rows that a run refused which a gate stopped: its files are read again, and then these
  /// go. Replaces what was kept of the same sources under `rows.batch`.
  Result<table::Receipt> keep_stopped(const Context& context, const RefusedRows& rows,
                                      const std::vector<std::string>& sources);
  Status forget_stopped(const Context& context, const std::string& batch,
                        const std::vector<std::string>& sources);
  /// A batch under which nothing is refused any more keeps nothing.
  Status forget_batch(const Context& context, const std::string& batch);

  /// Temporary views of the connection over what is stored now: kRowsView has all columns and
  /// `state`, `settled_at`, `settled_by`, `attempts`. False when nothing was ever refused.
  Result<bool> open_views(const Context& context);

  /// A condition over kRowsView.
  static std::string render_condition(const RowSelection& selection);

  /// Appends what a replay found; nothing counts before `settle`.
  Status append_outcome(const Context& context, const ReplayOutcome& outcome);
  /// The target holds the batch, committed by `run_id`: what that run said of its rows counts.
  Status settle(const Context& context, const std::string& batch, const Uuid& run_id);
  Result<bool> is_settled(const Context& context, const std::string& batch);

  /// Ends the rows of `relation` (row_id): they are shown and never replayed. One commit.
  Status discard(const Context& context, std::string_view relation, const Uuid& run_id,
                 const std::string& note);

  const std::string& root() const { return root_; }

 private:
  /// The rows that are kept, as a relation of the connection; empty: there are none.
  Result<std::string> find_rows(const Context& context);
  Result<bool> has_batch(const Context& context, const std::string& batch,
                         const std::string* rule_set);
  Result<table::Receipt> append_rows(const Context& context, const RefusedRows& rows,
                                     const std::string& key);
  Status remove_rows(const Context& context, plan::Expr condition, const std::string& what);
  Status append_history(const Context& context, const std::string& select, const std::string& key,
                        const Uuid& run_id);

  std::string root_;
  engine::Connection* connection_ = nullptr;
  std::unique_ptr<storage::Storage> row_storage_;
  std::unique_ptr<storage::Storage> history_storage_;
  std::unique_ptr<table::Table> rows_;
  std::unique_ptr<table::Table> history_;
};

inline constexpr std::string_view kRowsView = "sluice_quarantined";
inline constexpr std::string_view kHistoryView = "sluice_row_history";

}  // namespace sluice::contract
