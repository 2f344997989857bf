// One run from the text of the contract to its record; the methods are its steps in the order of
// the calls. The class is seen by the .cc files of this folder only: run.cc drives, runner.cc
// judges, runner_source.cc finds what is read, runner_write.cc what is kept of it. One object is
// one run on one thread; it owns the engine, the tables and all that the steps hand on.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/temp_folder.h"
#include "sluice/contract/check/check.h"
#include "sluice/contract/landing/cleanup.h"
#include "sluice/contract/level/level_rows.h"
#include "sluice/contract/lower/lower.h"
#include "sluice/contract/run/commit.h"
#include "sluice/contract/run/database_name.h"
#include "sluice/contract/run/narrator.h"
#include "sluice/contract/run/places.h"
#include "sluice/contract/run/run.h"
#include "sluice/plan/bound_pipeline.h"
#include "sluice/run/pipeline/execute.h"
#include "sluice/run/state/batch.h"
#include "sluice/run/state/run_log.h"

namespace sluice::contract::internal {

using run::RunResult;
using run::RunStatus;

class Stopwatch {
 public:
  std::int64_t ms() const {
    const auto passed = std::chrono::steady_clock::now() - start_;
    return std::chrono::duration_cast<std::chrono::milliseconds>(passed).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The greatest watermark that a batch read; empty: no row that it read had one.
using VersionBound = std::optional<std::string>;

/// One run from the text of the contract to its record. Steps in the order of the calls.
class Runner {
 public:
  Runner(const Context& context, const std::string& path, const RunOptions& options,
         bool has_all_memory)
      : narrator_(context),
        context_(narrator_.context()),
        path_(path),
        options_(options),
        rows_(options.rows),
        has_all_memory_(has_all_memory) {}
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  ~Runner() { forget_staged(); }

  Result<RunResult> run();
  Result<PlannedRun> plan();
  /// Another process recorded the batch that this one has read.
  bool has_lost_race() const { return has_lost_race_; }
  /// The batch that a run before had left unfinished, when it is done now and other files wait.
  std::int64_t finished_batch() const { return finished_batch_; }
  /// A replay died: it is finished before anything else is read.
  bool needs_replay() const { return needs_replay_; }
  /// The rows did not fit into what streaming needs most often.
  bool lacks_memory() const { return lacks_memory_; }

 private:
  Status read_contract();
  Status refuse_unsupported();
  SourcePosition place_of(const Span& span) const;
  bool masks() const;
  Status open_vault();
  /// Opened when it is asked for: of a replay, what is sealed may be masked no more.
  Result<std::shared_ptr<const masking::Vault>> find_vault();
  Result<RunResult> run_steps();
  Result<PlannedRun> plan_steps();
  Result<bool> find_planned_batch();
  Status plan_statements(PlannedRun& planned);
  Status plan_logic(PlannedRun& planned);
  std::vector<PlannedLink> planned_links() const;
  Status plan_changes(PlannedRun& planned);
  Error as_told(Error error) const;
  Status list_files();
  /// A source that names a table: its rows, or the files of its folder.
  Status find_source_table();
  Status read_database(const DatabaseName& name, const std::string& told);
  /// The rows of a table of a file that is open until it is closed again.
  Result<ColumnStream> open_database(const DatabaseName& name);
  void close_database();
  /// A Delta table or one of a DuckLake: what is read of it is one version.
  bool keeps_versions() const { return !delta_source_.empty() || lake_source_; }
  std::string_view kind_of_source() const { return lake_source_ ? "DuckLake" : "Delta"; }
  Status open_delta_source();
  Status open_lake_source();
  /// Makes the view of a version of the source, on `versions_`.
  Status view_version(std::int64_t version, const std::string& name);
  /// What tells a version from the same one of a table that was made anew.
  Result<std::string> find_version_entry(std::int64_t version);
  /// What of the source the newest batch read; empty: none did, or all is read again.
  Result<std::optional<std::string>> find_tag_before() const;
  /// Which rows of that version are new, as what the batch is known by.
  Result<std::string> find_increment(std::int64_t version);
  Result<VersionBound> find_bound(const std::string& tag, const std::string& column);
  Result<schema::LogicalType> find_watermark_type(const std::string& column);
  Status check_watermark_is_clear() const;
  Status check_version(const std::string& entry, std::int64_t version);
  Status view_delta_source(plan::Pipeline& pipeline);
  Status load_lake_source(plan::Pipeline& pipeline);
  Result<std::vector<std::string>> find_source_files(std::string& asked);
  Status check_own_places(const std::vector<std::string>& paths) const;
  /// Folders below these may be named after values.
  std::vector<std::string> source_roots() const;
  bool is_source_replaced() const {
    return !options_.sources.empty() || rows_ || !source_folder_.empty();
  }
  /// The rows of the calling program or of a table, as the one file of the batch.
  void list_rows();
  Status check_batch_input(const std::vector<run::BatchFile>& recorded) const;
  Status load_rows(plan::Pipeline& pipeline);
  Status take_rows(ColumnStream rows, plan::Pipeline& pipeline);
  Status give_rows();
  /// For the result, where it is to have them.
  Status keep_rows(bool is_published);
  /// Of the contract, unless flags replace its source.
  std::optional<SourceFormat> declared_format() const;
  Status make_unpack_folder();
  const Link& link_of(const std::string& name) const;
  /// What the engine does not read stands in the unpack folder then, of the source and of links.
  Status unpack_files(LowerInput& input);
  Status list_links();
  Status list_link(const Link& link, const Text& named);
  Status load_links();
  struct TableLink {
    std::string name;
    DatabaseName database;
    std::string folder;  // of a Delta table, in the place of the database
    std::string relation;
    std::optional<Places> lake;  // of a table of one, in the place of both
  };
  Status view_delta_link(const TableLink& link);
  /// The table of a DuckLake that a name of three parts means; empty: something else has the name.
  Result<std::optional<Places>> find_lake_table(const std::string& written) const;
  /// The connection to a lake. A catalog in a file has one in a process: where the run writes into
  /// the same lake, it is the one that writes.
  Result<engine::Connection*> open_lake(const Places& places);
  Status load_lake_link(const TableLink& link);
  Status make_exchange();
  /// An output replaces what lies under its name: nothing that is read may lie there.
  std::string find_bad_file() const;
  Status check_outputs() const;
  Status open_state();
  std::uint64_t memory_bytes_max() const;
  /// As far as the contract and the options tell.
  bool may_stream() const;
  Status open_engine();
  Result<std::unique_ptr<engine::Engine>> make_engine(engine::EngineOptions options) const;
  Error with_way_to_spill(Error error) const;
  Status open_folder();
  Status open_tables();
  /// Null: no target is written.
  table::Table* target() {
    return database_ ? &database_->table() : target_ ? &target_->table() : nullptr;
  }
  /// False when there is nothing to do; result_ says why.
  Result<bool> find_batch();
  Result<bool> find_replay();
  Status record_batch();
  /// What stands from now on: called when the target has taken the rows and not shown them yet.
  Status bind_batch(const std::string& key);
  Error lost_race();
  Status tell_known_key();
  Status check_own_key();
  bool has_other_files() const;
  Status lower_unbound();
  /// Lowered, with what it reads in place: all but what a script makes of it.
  Result<plan::Pipeline> lower_over_source();
  Status lower_and_bind();
  Status bind(const plan::Pipeline& pipeline);
  Status run_logic(plan::Pipeline& pipeline);
  /// The executed copy of a notebook, beside the records of the runs or the good rows.
  void keep_notebook();
  void keep_notebook_beside(std::string_view text);
  Status check_logic_output() const;
  Status judge_rows();
  Status execute();
  /// Empty: the accepted rows are kept until all are judged.
  Result<run::RowWriter> find_writer();
  Result<run::StreamedRows> stage_rows(const std::string& select);
  void forget_staged();
  Status check_whole_rows() const;
  bool keeps_bad_lines() const;
  void count_skipped();
  Status check_has_columns();
  Status check_gates();
  std::string bad_rows(std::string_view relation) const;
  Status write_outputs();
  Status write_output(const std::string& path, std::string_view relation, std::int64_t expected);
  Result<plan::WriteMode> find_mode();
  Status commit();
  /// The data set rules that waited for the write: their verdict, and the run's if they stop it.
  void judge_written(const table::Receipt& receipt);
  void count_unjudged(const Error& error);
  Status view_written(const table::Receipt& receipt);
  void tell_unjudged();
  /// Data set rules that wait for the write bind on what it will leave.
  Status bind_deferred_rules();
  Status keep_quarantine(const std::string& key);
  Status keep_stopped();
  bool replaces_quarantine() const;
  Status check_kept(const table::Receipt& kept) const;
  /// The key of rows whose run was stopped, and what these rows may say of their source.
  std::string stopped_key() const;
  std::vector<std::string> source_names() const;
  Status append_outcome(const std::string& key);
  Status keep_refused_keys();
  Status spare_refused(plan::Merge& merge);
  void settle();
  Status take_samples();
  Result<std::optional<JudgedRows>> find_judged_rows();
  Result<std::vector<run::StoredRun>> load_runs_before();
  Status judge_levels();
  void try_judge_levels();
  /// The start, the end and the failure of a run, as `sluice runs` shows them.
  Status keep_start();
  Status keep_draft(const std::string& strategy);
  /// The record of a run that was killed between its commit and its record.
  Status settle_interrupted();
  run::RunStart run_start() const;
  Status keep_record();
  /// The table of runs, where the contract names one.
  void follow_records();
  void keep_failure(const Error& error);
  Result<run::Sample> sample(std::string_view relation);
  Result<run::Sample> sample_reasons();
  /// What the contract wants done with the files that are read, if anything.
  Status find_cleanup();
  Status check_archive(const PostIngestion& wanted) const;
  /// Files of batches that the target shows, of this run and of those before it.
  Result<std::vector<run::BatchFile>> find_read_files() const;
  Status clean_up_source();
  Result<RunResult> skip(std::string reason);
  Result<RunResult> finish();
  Result<RunResult> stop_at_gate();
  run::StreamId stream() const;
  bool is_incremental() const;

  Narrator narrator_;
  Context context_;
  std::string path_;
  const RunOptions& options_;
  /// A table of a database that is the source or a link, until its rows are loaded.
  std::unique_ptr<engine::Engine> source_engine_;
  std::unique_ptr<engine::Connection> source_connection_;
  std::optional<RowInput> rows_;  // of the calling program, or of that table
  std::string source_folder_;     // of a table that is a folder
  std::string delta_source_;      // the same, of a Delta table
  std::optional<Places> lake_source_;
  engine::Connection* versions_ = nullptr;  // that views versions of the source
  struct OpenLake {
    table::LakeOptions lake;
    std::unique_ptr<engine::Engine> engine;
    std::unique_ptr<engine::Connection> connection;
  };
  std::vector<OpenLake> lakes_;  // that are read and not written
  std::vector<TableLink> table_links_;
  Stopwatch watch_;
  RunResult result_;
  Uuid run_uuid_;
  sys_micros clock_{};
  CheckedContract checked_;
  std::vector<std::string> contract_files_;  // by Span::file
  const Contract* contract_ = nullptr;
  Places places_;
  std::string bad_file_;  // --output-bad, or beside the good rows where they have no other place
  std::vector<run::BatchFile> files_;
  std::vector<run::BatchFile> listed_;  // what was there, when the batch reads something else
  std::vector<std::pair<std::string, std::vector<std::string>>> links_;
  std::optional<TempFolder> exchange_;       // files for the contract's script
  std::optional<TempFolder> unpack_folder_;  // what stands in for archives and XML
  std::optional<run::LedgerEntry> logic_;
  std::unique_ptr<storage::Storage> state_;
  std::shared_ptr<const masking::Vault> vault_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
  std::vector<Folder> read_tables_;  // under views of the connection; that of the source is first
  std::optional<Folder> target_;
  std::optional<DatabaseTable> database_;
  StagedRows staged_;
  bool may_be_sent_ = false;  // a commit that names them, and no one knows what became of it
  std::optional<QuarantineStore> quarantine_;
  std::optional<run::BatchRecord> unrecorded_;
  run::BatchInput input_;           // of the batch
  std::uint64_t newest_batch_ = 0;  // when the engine was opened: its files may be read
  std::int64_t finished_batch_ = 0;
  std::optional<run::ReplayInput> replay_;
  bool is_start_kept_ = false;
  bool has_lost_race_ = false;
  bool needs_replay_ = false;
  bool has_all_memory_ = false;
  bool lacks_memory_ = false;
  std::optional<Cleanup> cleanup_;
  plan::BoundPipeline bound_;
  run::Executed executed_;
};

/// The ending, before one of packing, is of the format; a zip may hold any.
bool is_named_as(std::string_view path, SourceFormat format);
/// The path of the source with its pattern.
std::string source_as_written(const Source& source);

}  // namespace sluice::contract::internal
