#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/landing/cleanup.h"
#include "sluice/contract/run/external_logic.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/records.h"
#include "sluice/contract/run/runner_internal.h"

namespace sluice::contract::internal {

Result<PlannedRun> Runner::plan() {
  Result<PlannedRun> result = plan_steps();
  return result ? std::move(result) : Result<PlannedRun>(as_told(std::move(result).error()));
}

/// A table of a database is not opened: the newest batch that was recorded counts as committed.
Result<bool> Runner::find_planned_batch() {
  SLUICE_CHECK(open_folder());
  if (target() != nullptr) {
    SLUICE_TRY(quarantine_,
               QuarantineStore::open(*connection_, places_.quarantine, places_.quarantine_format,
                                     options_.open_storage));
  }
  SLUICE_TRY(const bool has_work, find_batch());
  if (has_work && files_.empty()) {
    result_.reason = "the source has no file";
  }
  return has_work && !files_.empty();
}

Status Runner::plan_statements(PlannedRun& planned) {
  if (contract_->external_logic) {
    SLUICE_CHECK(lower_unbound());  // what the script gives is known when it has run
    planned.statements.push_back(describe_external_logic(*contract_, path_));
  } else {
    SLUICE_CHECK(lower_and_bind());
    SLUICE_TRY(const run::RowWriter writer, find_writer());
    SLUICE_TRY(planned.statements, run::planned_statements(bound_, writer));
  }
  planned.pipeline = to_string(bound_.pipeline);
  return {};
}

Status Runner::plan_changes(PlannedRun& planned) {
  SLUICE_TRY(const RecordTable table, find_record_table(*contract_));
  std::vector<std::pair<std::string_view, std::string>> places{
      {"run record below", places_.state_root},
      {"table of runs", places_.state_root.empty() ? "" : table.place},
      {"report", options_.report}};
  if (planned.skipped.empty()) {
    places.insert(places.begin(), {"batch record below", places_.state_root});
    places.insert(places.end(), {{"quarantine", places_.quarantine},
                                 {"target", places_.target_name()},
                                 {"file", options_.output_good},
                                 {"file", bad_file_}});
  }
  for (const auto& [what, place] : places) {
    if (!place.empty()) {
      planned.changes.push_back(fmt::format("{} {}", what, place));
    }
  }
  for (const run::BatchFile& file : cleanup_ ? files_ : std::vector<run::BatchFile>{}) {
    planned.changes.push_back(cleanup_->action == CleanupAction::Archive
                                  ? fmt::format("source file {}, moved to {}", file.path,
                                                archived_path(*cleanup_, file.path))
                                  : fmt::format("source file {}, removed", file.path));
  }
  return {};
}

Result<PlannedRun> Runner::plan_steps() {
  SLUICE_CHECK(read_contract());
  SLUICE_CHECK(list_files());
  SLUICE_CHECK(find_cleanup());
  SLUICE_CHECK(make_unpack_folder());
  SLUICE_CHECK(list_links());
  SLUICE_CHECK(check_outputs());
  SLUICE_CHECK(open_state());
  SLUICE_CHECK(open_engine());
  SLUICE_CHECK(open_lake_source());
  SLUICE_TRY(const bool has_work, find_planned_batch());
  PlannedRun planned;
  if (has_work) {
    SLUICE_CHECK(plan_statements(planned));
  } else {
    planned.skipped = result_.reason;
  }
  planned.warnings = result_.warnings;
  for (const run::BatchFile& file : files_) {
    planned.files.push_back(file.path);
  }
  SLUICE_CHECK(plan_changes(planned));
  return planned;
}

}  // namespace sluice::contract::internal
