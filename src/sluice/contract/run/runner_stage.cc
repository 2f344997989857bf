#include <utility>

#include <fmt/format.h>

#include "sluice/contract/lower/lower.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/table/files/staged.h"

namespace sluice::contract::internal {

bool Runner::may_stream() const {
  const bool reads_rows_later = options_.replay || options_.take_good;
  const bool is_partitioned =
      contract_->materialization && !contract_->materialization->partition_by.empty();
  const bool has_folder = !places_.target.empty() && places_.table.parts.empty();
  if (!has_folder || reads_rows_later || is_partitioned) {
    return false;
  }
  const Result<plan::WriteMode> mode = lower_strategy(*contract_);
  return mode && plan::adds_rows(*mode);
}

Result<run::RowWriter> Runner::find_writer() {
  if (!may_stream()) {
    return run::RowWriter();
  }
  SLUICE_TRY(const bool takes_files, target_->takes_files(context_, places_.state_folder));
  return takes_files
             ? run::RowWriter([this](const std::string& select) { return stage_rows(select); })
             : run::RowWriter();
}

Result<run::StreamedRows> Runner::stage_rows(const std::string& select) {
  forget_staged();  // of a way of judging that failed
  staged_.storage = &target_->storage();
  SLUICE_TRY(staged_.files, table::stage_rows(context_, *connection_, *staged_.storage,
                                              target_->table().describe(), run_uuid_, select));
  run::StreamedRows streamed;
  if (staged_.files.empty()) {
    SLUICE_TRY(const std::string nothing, dialect::render_empty(bound_.good));
    streamed.from = "(" + nothing + ")";
    return streamed;
  }
  std::vector<std::string> places;
  for (const table::NewFile& file : staged_.files) {
    streamed.rows += file.rows;
    places.push_back(staged_.storage->uri(file.path));
  }
  streamed.from =
      fmt::format("read_parquet([{}], hive_partitioning = false)", table::quote_paths(places));
  return streamed;
}

/// What no commit names: the run's own files, which no reader has seen. Where a commit may have
/// named them they stay for `sluice table clean`, which asks the log.
void Runner::forget_staged() {
  std::vector<std::string> paths;
  for (const table::NewFile& file : staged_.files) {
    paths.push_back(file.path);
  }
  if (!paths.empty() && !may_be_sent_) {
    Context unstoppable = context_;
    unstoppable.stop = {};
    unstoppable.deadline.reset();
    table::remove_files(unstoppable, *staged_.storage, paths);
  }
  staged_.files.clear();
}

}  // namespace sluice::contract::internal
