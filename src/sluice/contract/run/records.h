// The runs of a contract as their records tell them: a list, one run, SQL over all of them. A run
// without a record is told from its start: running, or interrupted.
// The records as a table for other readers: a row for each run that has ended, in a Delta table, a
// Parquet folder or a table of a DuckDB file. The records stay JSON files; the table is brought up
// to date from them, so that a run that cannot reach it has lost nothing. Reads the state of the
// moment; free functions, safe from any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/model/contract.h"
#include "sluice/contract/run/run.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/run/state/run_log.h"
#include "sluice/table/table.h"

namespace sluice::contract {

/// The newest runs of a contract, newest first. NotFound when it keeps no state.
Result<std::vector<run::StoredRun>> load_runs(const Context& context, const std::string& path,
                                              const RunOptions& options, std::size_t count_max);

/// The same by the folder in which the state lies: a target's, or what --state named.
Result<std::vector<run::StoredRun>> load_runs_of(const Context& context, const RunOptions& options,
                                                 std::size_t count_max);

/// The record as JSON; of a run that left none, its start with the status it has now.
std::string record_text(const run::StoredRun& run);

/// Begins the warning of a record whose run was killed before it could judge what it had written.
inline constexpr std::string_view kUnjudged = "no verdict on rules over the written table";

/// What a run that was killed after its commit would have recorded, from its draft and the receipt
/// that the target keeps; empty when the draft is no record. Rules that wait for the write have no
/// verdict there, and a warning says why.
std::string interrupted_record(const std::string& draft, const table::Receipt& receipt);

struct QueryAnswer {
  schema::Schema columns;
  std::vector<run::TextRow> rows;
};

/// One SELECT over the tables `runs` (a line for each), `steps` (the ledger), `row_rules`,
/// `dataset_rules`, `service_levels` and `files`, on an engine that reaches nothing else.
Result<QueryAnswer> query_runs(const Context& context, const std::vector<run::StoredRun>& runs,
                               const std::string& select, const RunOptions& options);

struct RecordTable {
  std::string format;  // delta, parquet, duckdb
  std::string place;   // a folder, or a file and its table

  bool is_empty() const { return place.empty(); }
  friend bool operator==(const RecordTable&, const RecordTable&) = default;
};

/// What the contract's metadata says: `run_log_table` is the place and `run_log_backend` the
/// format, delta unless said. Empty without a place; Unsupported for other formats.
Result<RecordTable> find_record_table(const Contract& contract);

/// The same of the contract at `path`; what `place` and `format` name comes first.
Result<RecordTable> find_record_table(const Context& context, const std::string& path,
                                      const std::string& place, const std::string& format,
                                      const RunOptions& options);

/// Brings the runs into the table and makes it when it is not there. Runs that are still at it are
/// left out. The receipt tells how many were new or had changed.
Result<table::Receipt> put_runs(const Context& context, const std::vector<run::StoredRun>& runs,
                                const RecordTable& place, const RunOptions& options);

}  // namespace sluice::contract
