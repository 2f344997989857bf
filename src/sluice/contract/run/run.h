// A contract's run as one library call: read the contract, find the files, record the batch, judge
// the rows, keep the refused ones, commit the accepted ones, keep the record of the run. The
// command line is a thin shell on it.
//
// What is committed, in this order, each carrying the batch's number: the batch record (when the
// files are read and judged), the quarantine, the target, the record of the run. A run that dies
// is repeated exactly as its batch was written and repeats only what is missing. The contract's
// SQL runs on an engine of its own that reaches the files of this run and nothing else. One call
// at a time per Context; runs of any contracts may go on side by side, also in other processes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/mesh/mesh.h"
#include "sluice/contract/quarantine/store.h"
#include "sluice/engine/engine.h"
#include "sluice/masking/vault.h"
#include "sluice/run/pipeline/run_result.h"
#include "sluice/run/script/child_process.h"
#include "sluice/table/ducklake/ducklake.h"

namespace sluice::contract {

using OpenVault = std::function<Result<std::unique_ptr<masking::Vault>>(const masking::Keys& keys)>;
using OpenEngine =
    std::function<Result<std::unique_ptr<engine::Engine>>(const engine::EngineOptions& options)>;

/// What becomes of a row in error: one that is refused, or a line that cannot be read.
enum class OnRowError : std::uint8_t {
  Unset,       // a refused row is quarantined; a line that cannot be read ends the run
  Fail,        // the run ends, and nothing is published
  Skip,        // it is left out, counted and not kept
  Quarantine,  // it is kept with its reasons
};

/// More rows in error than this end the run, and nothing is published.
struct MaxErrors {
  std::optional<std::int64_t> rows;
  std::optional<double> percent;  // of the rows of the source
};

/// Rows of the calling program in the place of the contract's source.
struct RowInput {
  std::string name;  // what a person calls them, in records and messages
  /// Rows of one tag are the same rows: they are committed once. Empty: other rows than ever.
  std::string tag;
  /// Gives them from the first on; called once.
  std::function<Result<ColumnStream>()> open;
};

struct RunOptions {
  /// Files, folders or globs that replace the contract's source; relative to the working folder.
  std::vector<std::string> sources;

  std::optional<RowInput> rows;

  /// Called when all is committed, with the accepted rows and the refused ones (masked, with their
  /// reasons), each as the output files have them. An error of one is the run's.
  std::function<Status(ColumnStream good)> take_good;
  std::function<Status(ColumnStream bad)> take_bad;

  /// The result has its rows then: RunResult::good() and bad(). They lie in a file of the system's
  /// temporary folder, which goes with the last result or stream that holds it. A run that a gate
  /// stopped has the refused ones alone, one that was skipped has none.
  bool keep_rows = false;

  /// Whether the target is written. Empty: when the contract declares a materialization with a
  /// target, or `target` is given.
  std::optional<bool> materialize;

  /// Replaces the contract's target.
  std::string target;

  /// Files for the accepted and the refused rows; the format is the ending unless `output_format`
  /// (csv, jsonl, parquet) says otherwise.
  std::string output_good;
  std::string output_bad;
  std::string output_format;
  /// A file that the caller writes when the run is done: it may be none that the run reads or
  /// writes.
  std::string report;

  /// Where batches and records lie. Empty: in `_sluice` below the target; a run without a target
  /// then keeps none.
  std::string state_folder;

  /// Of a target in a DuckLake. An empty catalog is the file `<lake>.ducklake` of the working
  /// folder; the name is that of the target.
  table::LakeOptions lake;

  /// Commits files that were committed before as a new batch.
  bool again = false;
  /// Reads all files, also with load_mode: incremental.
  bool full = false;
  /// Where random() and uuid() of the contract's SQL begin, from -1 to 1; equal values want one
  /// thread.
  std::optional<double> random_seed;
  /// Old files the way LakeLogic reads them.
  bool lenient = false;
  /// Environment, stage and variables. Files above the contract are read in any case.
  MeshOptions mesh;

  OnRowError on_row_error = OnRowError::Unset;
  MaxErrors max_errors;

  /// Rows of each kind to keep in the result as samples.
  int sample_rows = 0;

  std::string pipeline_run_id;
  /// Who runs it, for the lineage column of that name.
  std::string created_by;

  /// Reads waiting rows of the quarantine in the place of the source, as one batch.
  std::optional<RowSelection> replay;
  /// Of a replay: rows that these runs refused again stay.
  std::vector<std::string> tried_by;

  /// How the folders of the target, the quarantine and the state are opened; as folders of this
  /// machine unless a test says otherwise.
  OpenStorage open_storage = QuarantineStore::open_folder;

  /// How the embedded engine is opened; the module on disk unless a caller links its own.
  OpenEngine open_engine;

  /// Keys for contracts that hash or encrypt; without one such a run ends before a row is read.
  masking::Keys keys;
  /// How the ciphers are opened; the library on disk unless a caller links its own.
  OpenVault open_vault;

  /// All that a script of the contract sees of the environment. Name what holds no secret.
  run::EnvironmentList script_environment;

  /// The record of the run as it is stored. Without one no record is written.
  std::function<std::string(const run::RunResult& result)> render_record;
};

/// A gate that stopped the run is a result with RunStatus::Failed, not an error.
Result<run::RunResult> run(const Context& context, const std::string& path,
                           const RunOptions& options = {});

/// A link and what it reads: its files, the folder of its table, or the name of one.
struct PlannedLink {
  std::string name;
  std::vector<std::string> reads;
};

/// What a run would do, without doing it: the source is looked at, nothing is written.
struct PlannedRun {
  std::string skipped;             // why there would be nothing to do; empty: there is
  std::string pipeline;            // as text, in the order of the run
  std::vector<std::string> files;  // of the source
  std::vector<PlannedLink> links;
  std::vector<std::string> statements;
  std::vector<std::string> changes;  // every file and table that would change
  std::vector<std::string> warnings;
};
Result<PlannedRun> plan_run(const Context& context, const std::string& path,
                            const RunOptions& options = {});

}  // namespace sluice::contract
