// What one run of a contract did, as plain data: what `sluice run --json` prints, what a report
// shows and what a run record keeps. rows.source = good + quarantined + dropped - added always
// holds; a run whose ledger does not add up is an error, not a result.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/clock.h"
#include "sluice/base/error.h"
#include "sluice/base/result.h"

namespace sluice::run {

enum class RunStatus : std::uint8_t {
  Succeeded,
  Skipped,  // nothing new to read, or these files were committed before
  Failed,   // a gate that is set to stop the run did; nothing was committed to the target
};
std::string_view to_string(RunStatus status);

struct RowTotals {
  std::int64_t source = 0;
  std::int64_t good = 0;
  std::int64_t quarantined = 0;
  std::int64_t dropped = 0;  // by named steps, aggregated rows included
  std::int64_t added = 0;    // by named steps
  std::int64_t written = 0;  // to the target
  friend bool operator==(const RowTotals&, const RowTotals&) = default;
};

/// One step as it was counted. in + added = out + quarantined + dropped + aggregated.
struct LedgerEntry {
  std::string step;
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::int64_t quarantined = 0;
  std::int64_t dropped = 0;
  std::int64_t added = 0;
  std::int64_t aggregated = 0;
  /// SQL of the contract that is not one row for one: only its in and out are known.
  bool is_opaque = false;
  friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};

struct RowRuleResult {
  std::string name;
  std::string category;
  std::string severity;
  std::string description = {};  // the contract's words
  std::int64_t failed_rows = 0;
  friend bool operator==(const RowRuleResult&, const RowRuleResult&) = default;
};

struct DatasetRuleResult {
  std::string name;
  std::string category;
  std::string severity;
  std::string description = {};        // the contract's words
  std::optional<bool> passed;          // empty: judged where the table is written
  std::optional<double> observed;      // of a rule that gives a number
  std::optional<bool> observed_truth;  // of a rule that gives a truth
  bool is_hidden = false;              // what was observed may be a masked value
  std::string expected;                // "= 0", "> 0.6", "true"
  friend bool operator==(const DatasetRuleResult&, const DatasetRuleResult&) = default;
};

struct ServiceLevelResult {
  std::string name;
  bool met = false;
  std::string observed;
  std::string threshold;
  /// What was computed, with its numbers, so that a person can do it again.
  std::string formula;
  /// Of freshness: the instant that the age was counted from, so that it can be judged later.
  std::optional<sys_micros> newest;
  friend bool operator==(const ServiceLevelResult&, const ServiceLevelResult&) = default;
};

struct TargetResult {
  std::string uri;
  std::string format;
  std::string strategy;
  std::int64_t version = 0;
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t deleted = 0;
  std::int64_t unchanged = 0;
  std::int64_t files = 0;  // that the commit added, where the format has files
  std::int64_t bytes = 0;  // of them
  /// What a reader that does not know the format may see while a commit is made; empty: nothing
  /// odd.
  std::string reader_note;
  friend bool operator==(const TargetResult&, const TargetResult&) = default;
};

struct QuarantineResult {
  std::string uri;
  std::int64_t rows = 0;
  friend bool operator==(const QuarantineResult&, const QuarantineResult&) = default;
};

/// Of a run that reads rows of the quarantine in the place of the source.
struct ReplayResult {
  std::int64_t refused = 0;  // rows that stay in the quarantine with new reasons
  /// Waiting rows that were asked for and cannot be replayed, and why.
  std::int64_t left = 0;
  std::string left_because;
  friend bool operator==(const ReplayResult&, const ReplayResult&) = default;
};

/// Of source files that are not to stay when their rows are written.
struct CleanupResult {
  std::string archive;  // empty: they are removed
  std::int64_t files = 0;
  std::int64_t left = 0;  // the warnings say why
  friend bool operator==(const CleanupResult&, const CleanupResult&) = default;
};

struct StepTime {
  std::string step;
  std::int64_t ms = 0;
  friend bool operator==(const StepTime&, const StepTime&) = default;
};

struct Durations {
  std::int64_t load_ms = 0;       // open, look at the source, bind
  std::int64_t transform_ms = 0;  // steps that count rows
  std::int64_t quality_ms = 0;    // judging, data set rules
  std::int64_t materialize_ms = 0;
  std::int64_t total_ms = 0;
  /// In the order of the run; statements that count nothing belong to the step after them.
  std::vector<StepTime> steps;
  friend bool operator==(const Durations&, const Durations&) = default;
};

struct ContractReference {
  std::string path;
  std::string title;
  std::string version;
  std::string fingerprint;  // "sha256:..." of its text
  std::string layer;
  std::string table_name;
  friend bool operator==(const ContractReference&, const ContractReference&) = default;
};

struct SourceFile {
  std::string path;
  std::uint64_t size_bytes = 0;
  sys_micros modified;
  std::string tag;
  friend bool operator==(const SourceFile&, const SourceFile&) = default;
};

/// A few rows as texts, for `--show` and reports.
struct Sample {
  std::vector<std::string> columns;
  std::vector<std::vector<std::optional<std::string>>> rows;
  friend bool operator==(const Sample&, const Sample&) = default;
};

/// The rows of a run that its caller reads when the run is over, as the run published them. Streams
/// are of their own: several at once, and they may outlive the result. Safe from any thread.
class KeptRows {
 public:
  KeptRows() = default;
  KeptRows(const KeptRows&) = delete;
  KeptRows& operator=(const KeptRows&) = delete;
  virtual ~KeptRows() = default;

  virtual Result<ColumnStream> good() const = 0;
  virtual Result<ColumnStream> bad() const = 0;
};

struct RunResult {
  std::string run_id;
  RunStatus status = RunStatus::Succeeded;
  /// Why it was skipped or failed, for people.
  std::string reason;
  std::string engine;
  std::string pipeline_run_id;
  ContractReference contract;
  sys_micros started_at;
  sys_micros finished_at;
  /// Of a run that ended in an error: its text, which holds no value of a row.
  std::string error;
  std::vector<SourceFile> files;
  std::int64_t batch = 0;  // 0: the run keeps no state
  RowTotals rows;
  std::vector<LedgerEntry> ledger;
  std::vector<RowRuleResult> row_rules;
  std::vector<DatasetRuleResult> dataset_rules;
  std::vector<ServiceLevelResult> service_levels;
  std::optional<TargetResult> target;
  std::optional<QuarantineResult> quarantine;
  std::optional<ReplayResult> replay;
  std::optional<CleanupResult> cleanup;
  std::string output_good;  // paths of files that were asked for
  std::string output_bad;
  Sample good_sample;
  Sample bad_sample;
  /// Refused rows of each reason, masked where the contract masks: what the record keeps.
  Sample reasons_sample;
  /// What a person should know and the run did not stop for.
  std::vector<std::string> warnings;
  Durations durations;
  /// Of a run that was asked to keep them; null: good() and bad() are errors.
  std::shared_ptr<const KeptRows> kept_rows;

  /// The accepted rows, and the refused ones with their reasons, masked where the contract masks.
  Result<ColumnStream> good() const;
  Result<ColumnStream> bad() const;
  friend bool operator==(const RunResult&, const RunResult&) = default;
};

}  // namespace sluice::run
