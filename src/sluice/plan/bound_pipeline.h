// A pipeline whose columns are known: the source was looked at, every expression was bound, and
// each rule was given its phase. Still a plain value; from it the statements of a run are rendered
// without asking anyone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sluice/plan/pipeline.h"
#include "sluice/schema/schema.h"

namespace sluice::plan {

struct BoundStep {
  std::size_t step = 0;   // position in pipeline.steps
  schema::Schema output;  // columns after it
  friend bool operator==(const BoundStep&, const BoundStep&) = default;
};

/// One column that the schema step gives a type.
struct BoundCast {
  std::string column;
  schema::LogicalType from;
  schema::LogicalType to;
  std::string type_name;
  /// The column as it came, of those that are read whole: its JSON tells which members each value
  /// has. Empty: the value itself does.
  std::string raw;
  friend bool operator==(const BoundCast&, const BoundCast&) = default;
};

/// One judgement of all rows: types first, then rules, all failures of a row in one pass.
struct Judgement {
  std::vector<BoundCast> casts;
  std::vector<schema::Field> missing;        // declared, not there: made, NULL
  std::vector<std::string> missing_refused;  // every row is refused for lack of these
  std::vector<std::string> unknown_refused;  // a row with a value there is refused
  /// Files whose header names a column have it in every row; JSON tells it row by row.
  bool is_unknown_in_every_row = false;
  std::vector<std::string> dropped;  // unknown columns that end here
  std::vector<std::size_t> rules;    // positions in pipeline.row_rules
  schema::Schema output;
  bool is_empty() const {
    return casts.empty() && missing_refused.empty() && unknown_refused.empty() && rules.empty();
  }
  friend bool operator==(const Judgement&, const Judgement&) = default;
};

/// A column as the first step sees it, where nested ones of the source are taken apart.
struct FlatColumn {
  std::string name;
  std::string column;                // of the source
  std::vector<std::string> members;  // the path inside of it; empty: the column itself
  schema::LogicalType from;          // of the member
  schema::LogicalType type;          // of what steps see: a text of JSON's, NULL where they differ
  friend bool operator==(const FlatColumn&, const FlatColumn&) = default;
};
/// A column of texts that are JSON objects; a row with another one is refused.
struct ObjectText {
  std::string column;
  std::string structure;  // of the struct that they are read as; empty: there is not one object
  bool is_exact = false;  // fractions that a double would change are texts
  friend bool operator==(const ObjectText&, const ObjectText&) = default;
};
struct Flattened {
  std::vector<ObjectText> texts;
  std::vector<FlatColumn> columns;
  friend bool operator==(const Flattened&, const Flattened&) = default;
};

struct BoundPipeline {
  Pipeline pipeline;
  schema::Schema source;  // as read
  /// Empty: the first step sees the columns of `source`.
  std::optional<Flattened> flattened;
  /// Lines that are no records were seen already: read so that they are refused.
  bool has_bad_lines = false;
  /// Columns of `source` that are read as JSON, because a struct may lack what another one has;
  /// they get their type when the row as it came is kept.
  std::vector<std::string> read_whole;
  /// Columns of JSON with fractions that a double would change: such are read as texts.
  std::vector<std::string> exact_fractions;
  /// Others with such, that stay JSON: as they are written.
  std::vector<std::string> exact_json;
  /// Columns that no file of this batch has and a step before the schema names: NULL.
  std::vector<schema::Field> made_at_scan;
  /// Of `good`: columns that nobody declares or makes and that have no value in this batch, so that
  /// their type says nothing.
  std::vector<std::string> untold;
  std::vector<BoundStep> pre;
  Judgement before_split;
  std::vector<BoundStep> post;
  Judgement after_post;
  /// Accepted rows: declared columns first, then what the policy lets through, then lineage.
  schema::Schema good;
  /// Columns of `good` whose values stay beside the rows that are refused, as they were judged.
  std::vector<std::string> kept_of_refused;
  sys_micros clock;
  std::string run_id;
  friend bool operator==(const BoundPipeline&, const BoundPipeline&) = default;
};

}  // namespace sluice::plan
