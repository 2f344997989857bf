// The typed contract -> plan values: the YAML door stops here. What the contract says about rows is
// lowered completely or refused with its place; nothing that decides which rows are read, judged or
// written is passed over. Pure: files were listed before, nothing is opened.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/contract/model/contract.h"
#include "sluice/plan/pipeline.h"

namespace sluice::contract {

/// What a contract does not know of itself.
struct LowerInput {
  /// The contract's file, for places and names.
  std::string path;
  /// Absolute paths of the source files, in the order in which they are read.
  std::vector<std::string> files;
  /// How people know each of them, where they were unpacked; empty: by their paths.
  std::vector<std::string> told;
  /// The fixed parts of what was asked for: folders below them may hold values, those above do not.
  std::vector<std::string> source_roots;
  /// The files replace the contract's source: their endings tell the format.
  bool is_source_replaced = false;
  /// How a person calls the source.
  std::string source_label;
  /// Absolute paths of each link that is a file or a folder of files, by name.
  std::vector<std::pair<std::string, std::vector<std::string>>> link_files;
  /// Relations of the engine that hold the rows of a link, by its name.
  std::vector<std::pair<std::string, std::string>> link_relations;
  plan::BadLines bad_lines = plan::BadLines::Stop;
  /// Of lineage columns.
  std::string pipeline_run_id;
  std::string created_by;
};

/// Source, steps, schema, rules and lineage of the run.
Result<plan::Pipeline> lower_contract(const Contract& contract, const LowerInput& input);

/// How the target converges; InvalidContract when a key is needed and not there.
Result<plan::WriteMode> lower_strategy(const Contract& contract);

/// The rows that are accepted, with the columns that the mode itself keeps in the target: a history
/// needs its own from the first version on.
schema::Schema with_kept_columns(const schema::Schema& accepted, const plan::WriteMode& mode);

/// The columns of the target as the contract declares them: masked ones in the type of their mask,
/// then lineage, then what the mode keeps.
Result<schema::Schema> lower_target_columns(const Contract& contract, const LowerInput& input);

/// "decimal(10,2)", "array<string>", "struct<a:int>": the standard's type names, any case. Empty
/// for a name that stands for no type of ours.
std::optional<schema::LogicalType> lower_type(std::string_view name);

/// csv, json, parquet ... by the ending of a file's name; a compressed file's inner ending counts.
Result<plan::FileFormat> format_of_file(std::string_view path);

}  // namespace sluice::contract
