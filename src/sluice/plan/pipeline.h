// One run of a contract as a plain value: where rows are read, what happens to them in which order,
// which rules judge them, and where the good and the refused ones go. Both the dry run and the run
// work from it; it prints, compares and holds no live thing. Which columns the source really has is
// found out when the pipeline is bound to an engine (run/pipeline): until then it knows only what
// was declared.
//
// Order of a run: scan, flattening, extraction, pre steps, schema, pre rules (all failures of a row
// at once), split, post steps, schema again for what the post steps made, post rules, dataset
// rules, masking, lineage columns, write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sluice/plan/expr.h"
#include "sluice/plan/masking.h"
#include "sluice/plan/pipeline_step.h"
#include "sluice/plan/write.h"
#include "sluice/schema/schema.h"

namespace sluice::plan {

/// What the first line of one file says; found when the source is looked at.
struct CsvHeader {
  std::vector<std::string> columns;
  std::int64_t skip_rows = 0;  // lines above it
  friend bool operator==(const CsvHeader&, const CsvHeader&) = default;
};
struct CsvFormat {
  std::string delimiter = ",";
  std::string quote = "\"";
  bool has_header = true;
  std::vector<std::string> column_names;  // without a header, by position
  std::int64_t skip_rows = 0;
  std::vector<std::string> null_values;
  std::string encoding = "utf-8";
  std::vector<CsvHeader> headers;  // by file; empty until the source was looked at
  friend bool operator==(const CsvFormat&, const CsvFormat&) = default;
};
/// An array, one object, or one object a line.
struct JsonFormat {
  /// Each line is a record by itself, so that one can be refused and the others taken. Empty: the
  /// first line tells.
  std::optional<bool> has_lines;
  /// No record is larger. The engine takes buffers of twice the size for every thread and file.
  static constexpr std::int64_t kRecordBytesMax = 268435456;
  std::int64_t record_bytes_max = kRecordBytesMax;
  friend bool operator==(const JsonFormat&, const JsonFormat&) = default;
};
struct ParquetFormat {
  friend bool operator==(const ParquetFormat&, const ParquetFormat&) = default;
};
/// One record a line, its columns at fixed places, counted in characters.
struct FixedWidthFormat {
  struct Column {
    std::string name;
    std::int64_t start = 1;  // 1-based
    std::int64_t width = 0;
    friend bool operator==(const Column&, const Column&) = default;
  };
  std::vector<Column> columns;
  /// A line of another length is refused.
  std::optional<std::int64_t> record_length;
  std::int64_t skip_rows = 0;
  std::int64_t skip_footer = 0;
  bool strip = true;
  std::string encoding = "utf-8";
  friend bool operator==(const FixedWidthFormat&, const FixedWidthFormat&) = default;
};
using FileFormat = std::variant<CsvFormat, JsonFormat, ParquetFormat, FixedWidthFormat>;

/// A column whose values folders named `column=value` give to the rows of the files below them.
struct FolderColumn {
  std::string name;
  /// Of the files' own column of this name, whose values count before the folder's; found when the
  /// source is looked at.
  std::optional<schema::LogicalType> own;
  /// The files, as they are told, that have it: a NULL of theirs stays one.
  std::vector<std::string> own_files;
  friend bool operator==(const FolderColumn&, const FolderColumn&) = default;
};

/// Rows of files, read in this order.
struct FileScan {
  std::vector<std::string> files;  // absolute paths
  FileFormat format;
  /// How people know each file, where what is read was unpacked from another; empty: by its path.
  std::vector<std::string> told;
  /// A folder's value is that of the last folder of a path that has the key.
  std::vector<FolderColumn> folder_columns;
  /// Only folders below one of these have values; empty: all folders.
  std::vector<std::string> folder_roots;
  friend bool operator==(const FileScan&, const FileScan&) = default;
};
/// Rows of a relation that the engine connection knows by name.
struct RelationScan {
  std::string name;
  /// Its columns `_sluice_file` and `_sluice_row` say from which file a row came and which row it
  /// is; the second stays with the row when it is refused. Else the relation's name is its file.
  bool has_origin = false;
  /// A NULL may stand for a column that the row never had, as in JSON.
  bool may_lack_columns = false;
  friend bool operator==(const RelationScan&, const RelationScan&) = default;
};
using Scan = std::variant<FileScan, RelationScan>;

/// Data that steps and rules name beside the source.
struct Reference {
  std::string name;
  Scan scan;
  std::vector<std::string> columns;  // empty: all
  std::optional<RawSql> filter;
  std::optional<RawSql> query;  // a SELECT over `{link}`
  /// Columns of JSON that are NULL in every record, and what they are taken for; found when the
  /// file is looked at.
  schema::Schema valueless;
  friend bool operator==(const Reference&, const Reference&) = default;
};

/// Nested columns of the source that become columns of their members, `column_member`.
struct Flatten {
  bool all = false;                // every struct; else those of the paths
  std::vector<std::string> paths;  // "column", "column.member"; a text column holds JSON objects
  bool is_empty() const { return !all && paths.empty(); }
  friend bool operator==(const Flatten&, const Flatten&) = default;
};

enum class Phase : std::uint8_t { Pre, Post };

struct PlannedStep {
  std::string name;  // the operation's key in the contract: "trim", "rollup"
  Phase phase = Phase::Post;
  Step step;
  SourcePosition at;
  friend bool operator==(const PlannedStep&, const PlannedStep&) = default;
};

struct DeclaredColumn {
  std::string name;
  schema::LogicalType type;
  std::string type_name;  // as written
  /// The engine casts nothing: a type that only the contract's reader knows.
  bool is_opaque = false;
  /// Made by the write (validity windows, surrogate keys): neither missing nor required before it.
  bool is_made_by_write = false;
  SourcePosition at;
  friend bool operator==(const DeclaredColumn&, const DeclaredColumn&) = default;
};

enum class UnknownColumns : std::uint8_t { Allow, Drop, Quarantine };

/// What the rows must look like after the pre steps.
struct SchemaRule {
  std::vector<DeclaredColumn> columns;  // empty: any shape
  UnknownColumns unknown = UnknownColumns::Allow;
  /// Unknown columns whose rows are refused stay columns of the rows that pass: a table that takes
  /// no others then fails the run.
  bool keeps_refused_columns = false;
  /// Rows of a batch that lacks a declared column are refused; else the column is NULL.
  bool refuse_missing = false;
  /// Everything becomes text and nothing is refused.
  bool cast_to_text = false;
  friend bool operator==(const SchemaRule&, const SchemaRule&) = default;
};

enum class Severity : std::uint8_t { Error, Warning, Info };
std::string_view to_string(Severity severity);

struct RowRule {
  std::string name;
  Expr predicate;       // NULL does not satisfy it
  std::string message;  // "Rule failed: ..."
  std::string category;
  std::string description = {};  // what the contract says of it, for people
  Severity severity = Severity::Error;
  std::optional<Phase> phase;  // empty: where its columns exist
  /// Position in the steps: it judges the rows that come to this KeepFirst, whatever later steps
  /// make of its columns. Empty: it judges after the steps of its phase.
  std::optional<std::size_t> judged_at = std::nullopt;
  /// A column: nothing is asked where the steps take it away. Empty: it is always asked.
  std::string asked_where_left = {};
  SourcePosition at;
  friend bool operator==(const RowRule&, const RowRule&) = default;
};

/// A SELECT that gives one number or one truth.
struct ScalarQuery {
  RawSql query;
  friend bool operator==(const ScalarQuery&, const ScalarQuery&) = default;
};
/// How many rows repeat a key that came before; a NULL in the key is no duplicate.
struct DuplicateKeys {
  std::vector<std::string> columns;
  friend bool operator==(const DuplicateKeys&, const DuplicateKeys&) = default;
};
struct NullShare {
  std::string column;
  friend bool operator==(const NullShare&, const NullShare&) = default;
};
struct RowCount {
  friend bool operator==(const RowCount&, const RowCount&) = default;
};
using Observation = std::variant<ScalarQuery, DuplicateKeys, NullShare, RowCount>;

/// Empty bounds: the query gives a truth.
struct NumberBounds {
  std::optional<double> at_least;
  std::optional<double> at_most;
  std::optional<double> above;
  std::optional<double> below;
  std::string text;  // "= 0", "> 0.6", for reports
  bool is_empty() const { return !at_least && !at_most && !above && !below; }
  friend bool operator==(const NumberBounds&, const NumberBounds&) = default;
};

struct DatasetRule {
  std::string name;
  Observation observation;
  NumberBounds bounds;
  std::string category;
  std::string description = {};  // what the contract says of it, for people
  Severity severity = Severity::Error;
  /// Reads a column that the write makes: judged there, not here.
  bool is_deferred = false;
  /// What it observes may be a value that is masked: only its verdict is told.
  bool is_hidden = false;
  SourcePosition at;
  friend bool operator==(const DatasetRule&, const DatasetRule&) = default;
};

enum class Stamp : std::uint8_t { SourceFile, RunInstant, RunId, Text };
struct LineageColumn {
  std::string name;
  Stamp stamp = Stamp::Text;
  std::string text;  // of Stamp::Text
  friend bool operator==(const LineageColumn&, const LineageColumn&) = default;
};

/// What becomes of a line that is no record of its format: it ends the run, or it is refused and
/// the others are read.
enum class BadLines : std::uint8_t { Stop, Refuse };

struct Pipeline {
  Scan source;
  /// How a person calls the source, for rows that come from no single file.
  std::string source_label;
  /// What the contract's SQL may call the rows besides `source` and `{dataset}`.
  std::vector<std::string> source_names;
  BadLines bad_lines = BadLines::Stop;
  Flatten flatten;
  std::vector<Reference> references;
  std::vector<PlannedStep> steps;
  SchemaRule schema;
  std::vector<RowRule> row_rules;
  std::vector<DatasetRule> dataset_rules;
  bool stop_on_dataset_error = false;
  /// Empty: nothing is masked. Else clear rows are seen by steps and rules and by nothing else.
  std::vector<ColumnMask> masks;
  /// Fields that stay clear although they may be made from a masked one, with a reason.
  std::vector<std::string> declassified;
  std::vector<LineageColumn> lineage;
  /// Source columns that get another name before anything else sees them: from, to.
  std::vector<std::pair<std::string, std::string>> preserved_upstream;
  /// Its schema is empty until the run has bound the pipeline.
  std::optional<Write> target;
  std::optional<TableId> quarantine;
  friend bool operator==(const Pipeline&, const Pipeline&) = default;
};

/// The mask of a column by its name; null when it stays clear.
const ColumnMask* find_mask(const Pipeline& pipeline, std::string_view column);

/// One line a part, in the order of the run.
std::string to_string(const Pipeline& pipeline);

}  // namespace sluice::plan
