#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/landing/cleanup.h"
#include "sluice/contract/run/external_logic.h"
#include "sluice/contract/run/faults.h"
#include "sluice/contract/run/records.h"
#include "sluice/contract/run/runner_internal.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/quote.h"

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

namespace {

/// Relations without rows in the place of what a script gives back, the likeliest first: its
/// columns are known when it has run.
Result<std::vector<std::string>> likely_results(const PlannedLogic& logic,
                                                const plan::SchemaRule& declared) {
  schema::Schema grown = logic.given;
  for (const plan::DeclaredColumn& column : declared.columns) {
    if (!column.is_made_by_write && grown.find(column.name) == nullptr) {
      grown.fields.push_back({.name = column.name, .type = column.type});
    }
  }
  std::vector<std::string> likely;
  for (const schema::Schema* one :
       std::initializer_list<const schema::Schema*>{&grown, &logic.given}) {
    if (!one->fields.empty()) {
      SLUICE_TRY(const std::string rows, dialect::render_empty(*one));
      likely.push_back(fmt::format("CREATE OR REPLACE TEMP VIEW {} AS SELECT * FROM {}",
                                   dialect::quote_identifier(logic.relation), rows));
    }
  }
  return likely;
}

}  // namespace

/// What comes after the script is rendered for the columns that it is likely to give back.
Status Runner::plan_logic(PlannedRun& planned) {
  SLUICE_CHECK(check_logic_output());
  SLUICE_TRY(plan::Pipeline pipeline, lower_over_source());
  const plan::BoundPipeline lowered = bound_;
  planned.pipeline = to_string(lowered.pipeline);
  SLUICE_TRY(const PlannedLogic logic,
             plan_external_logic(context_, *connection_, *contract_, path_, pipeline));
  planned.statements = logic.statements;
  pipeline.source = plan::RelationScan{.name = logic.relation};
  const std::vector<std::string> warnings = result_.warnings;
  SLUICE_TRY(const std::vector<std::string> likely, likely_results(logic, lowered.pipeline.schema));
  std::string why = "its rows have no columns that are known";
  for (const std::string& view : likely) {
    SLUICE_TRY([[maybe_unused]] const std::int64_t made, connection_->execute(context_, view));
    Status bound = bind(pipeline);
    if (bound) {
      planned.statements.emplace_back(
          "the columns are known when the external logic has run: what follows is rendered for "
          "those that it is given and those that the model declares");
      SLUICE_TRY(const run::RowWriter writer, find_writer());
      SLUICE_TRY(const auto statements, run::planned_statements(bound_, writer));
      planned.statements.insert(planned.statements.end(), statements.begin(), statements.end());
      return {};
    }
    if (bound.error().code != ErrorCode::InvalidContract) {
      return bound;
    }
    why = as_told(std::move(bound).error()).message;
    result_.warnings = warnings;
    bound_ = lowered;
  }
  SLUICE_TRY(const auto session, dialect::render_session(bound_.pipeline, clock_));
  planned.statements.insert(planned.statements.end(), session.begin(), session.end());
  planned.statements.push_back(fmt::format(
      "the columns are known when the external logic has run: the statements of the steps, the "
      "rules and the write cannot be rendered before ({})",
      why));
  return {};
}

Status Runner::plan_statements(PlannedRun& planned) {
  if (contract_->external_logic) {
    return plan_logic(planned);
  }
  SLUICE_CHECK(lower_and_bind());
  SLUICE_TRY(const run::RowWriter writer, find_writer());
  SLUICE_TRY(planned.statements, run::planned_statements(bound_, writer));
  planned.pipeline = to_string(bound_.pipeline);
  return {};
}

/// As they were listed: what stands in for an archive or a workbook is the run's own affair.
std::vector<PlannedLink> Runner::planned_links() const {
  std::vector<PlannedLink> planned;
  for (const Link& link : contract_->links) {
    const std::string& name = link.name.value;
    for (const auto& [of, paths] : links_) {
      if (of == name) {
        planned.push_back({.name = name, .reads = paths});
      }
    }
    for (const TableLink& table : table_links_) {
      if (table.name == name) {
        planned.push_back(
            {.name = name,
             .reads = {table.lake ? plan::to_string(table.lake->table)
                       : !table.folder.empty()
                           ? table.folder
                           : table.database.file + "/" + plan::to_string(table.database.table)}});
      }
    }
  }
  return planned;
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
    planned.links = planned_links();
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
