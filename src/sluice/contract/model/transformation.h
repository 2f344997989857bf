// transformations: one struct per operation, shorthands normalised.
// `deduplicate.by`, `deduplicate_by_latest`, `pivot_cols`, `filter: "sql"`, `rename: {a: b}` and
// the expression form `sql: "LOWER(email) AS email"` (a Derive) have become the canonical operation
// here. Steps run in list order within their phase; the written phase is honoured for every
// operation.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "sluice/contract/model/quality.h"
#include "sluice/contract/model/value.h"

namespace sluice::contract {

/// A whole SELECT over `source`, the data set's name or `{dataset}`; links are tables.
struct SqlStep {
  SqlText sql;
  friend bool operator==(const SqlStep&, const SqlStep&) = default;
};

struct Rename {
  std::vector<Pair<Text>> mappings;  // from -> to
  friend bool operator==(const Rename&, const Rename&) = default;
};

/// Adds or replaces one column. Where an engine's own spelling is given it wins.
struct Derive {
  Text field;
  SqlText sql;
  MaybeSql sql_duckdb;
  MaybeSql sql_spark;
  MaybeText declassify;
  friend bool operator==(const Derive&, const Derive&) = default;
};

struct Lookup {
  Text field;
  Text reference;
  Text on;
  Text key;
  Text value;
  MaybeValue default_value;
  friend bool operator==(const Lookup&, const Lookup&) = default;
};

enum class JoinType : std::uint8_t { Left, Inner, Right, Full };

struct Join {
  Text reference;
  Text on;
  Text key;
  Texts fields;
  At<JoinType> type{JoinType::Left, {}};
  MaybeText prefix;
  ValueMap defaults;
  friend bool operator==(const Join&, const Join&) = default;
};

struct Filter {
  SqlText sql;
  friend bool operator==(const Filter&, const Filter&) = default;
};

enum class SortOrder : std::uint8_t { Descending, Ascending };
enum class BlankKeys : std::uint8_t { Quarantine, Keep };

struct Deduplicate {
  Texts on;
  Texts sort_by;
  At<SortOrder> order{SortOrder::Descending, {}};
  At<BlankKeys> blank_keys{BlankKeys::Quarantine, {}};
  friend bool operator==(const Deduplicate&, const Deduplicate&) = default;
};

struct Select {
  Texts columns;
  friend bool operator==(const Select&, const Select&) = default;
};

struct Drop {
  Texts columns;
  friend bool operator==(const Drop&, const Drop&) = default;
};

struct Cast {
  TextMap columns;  // column -> type
  friend bool operator==(const Cast&, const Cast&) = default;
};

enum class TrimSide : std::uint8_t { Both, Left, Right };

struct Trim {
  Texts fields;
  At<TrimSide> side{TrimSide::Both, {}};
  friend bool operator==(const Trim&, const Trim&) = default;
};

struct Lower {
  Texts fields;
  friend bool operator==(const Lower&, const Lower&) = default;
};

struct Upper {
  Texts fields;
  friend bool operator==(const Upper&, const Upper&) = default;
};

/// First of `sources` that is not NULL, else `default_value`, into `output` or else `field`.
struct Coalesce {
  Text field;
  Texts sources;
  MaybeValue default_value;
  MaybeText output;
  friend bool operator==(const Coalesce&, const Coalesce&) = default;
};

struct Split {
  Text field;
  Text delimiter{",", {}};
  MaybeText output;
  friend bool operator==(const Split&, const Split&) = default;
};

/// One row per element; with `output` the source column stays.
struct Explode {
  Text field;
  MaybeText output;
  friend bool operator==(const Explode&, const Explode&) = default;
};

/// Without `default_value` an unmatched value stays as it is.
struct MapValues {
  Text field;
  ValueMap mapping;
  MaybeValue default_value;
  MaybeText output;
  friend bool operator==(const MapValues&, const MapValues&) = default;
};

/// Columns that are empty were switched off with a written null.
struct Rollup {
  Texts group_by;
  std::vector<Pair<SqlText>> aggregations;  // output column -> expression
  Texts keys;
  MaybeSql key_expr;
  MaybeText rollup_keys_column{Text{"_lakelogic_rollup_keys", {}}};
  MaybeText rollup_keys_count_column{Text{"_lakelogic_rollup_keys_count", {}}};
  MaybeText upstream_run_id_column{Text{"_upstream_lakelogic_run_id", {}}};
  MaybeText upstream_run_ids_column{Text{"_upstream_lakelogic_run_ids", {}}};
  Flag distinct{true, {}};
  friend bool operator==(const Rollup&, const Rollup&) = default;
};

struct Pivot {
  Texts id_vars;
  Text pivot_col;
  Texts value_cols;
  Values values;
  Text agg{"first", {}};
  TextMap aggs;  // value column -> aggregate
  MaybeValue fill_value;
  Text separator{"_", {}};
  MaybeText name_template;
  TextMap value_aliases;  // value -> alias
  friend bool operator==(const Pivot&, const Pivot&) = default;
};

struct Unpivot {
  Texts id_vars;
  Texts value_vars;
  Text key_field{"key", {}};
  Text value_field{"value", {}};
  Flag include_nulls;
  TextMap value_aliases;
  friend bool operator==(const Unpivot&, const Unpivot&) = default;
};

struct BucketBin {
  Text label;
  MaybeNumber lt;
  MaybeNumber lte;
  MaybeNumber gt;
  MaybeNumber gte;
  MaybeValue eq;
  Place span;
  friend bool operator==(const BucketBin&, const BucketBin&) = default;
};

/// Label of the first bin that holds, else `default_value` or NULL.
struct Bucket {
  Text field;
  Text source;
  std::vector<BucketBin> bins;
  MaybeValue default_value;
  friend bool operator==(const Bucket&, const Bucket&) = default;
};

struct JsonExtract {
  Text field;
  Text source;
  Text path;
  MaybeText cast;
  friend bool operator==(const JsonExtract&, const JsonExtract&) = default;
};

enum class DateUnit : std::uint8_t { Days, Hours, Minutes, Seconds, Weeks, Months, Years };

struct DateDiff {
  Text field;
  Text from_col;
  Text to_col;
  At<DateUnit> unit{DateUnit::Days, {}};
  friend bool operator==(const DateDiff&, const DateDiff&) = default;
};

struct DateRangeExplode {
  Text output;
  Text start_col;
  MaybeText end_col;
  Text interval{"1d", {}};
  friend bool operator==(const DateRangeExplode&, const DateRangeExplode&) = default;
};

/// Closed set: visit without a catch-all.
using Step = std::variant<SqlStep, Rename, Derive, Lookup, Join, Filter, Deduplicate, Select, Drop,
                          Cast, Trim, Lower, Upper, Coalesce, Split, Explode, MapValues, Rollup,
                          Pivot, Unpivot, Bucket, JsonExtract, DateDiff, DateRangeExplode>;

struct Transformation {
  Step step;
  At<Phase> phase{Phase::Post, {}};
  Place span;

  friend bool operator==(const Transformation&, const Transformation&) = default;
};

/// The YAML key of an operation: "sql", "derive", "rollup" ...
std::string_view step_key(const Step& step);

}  // namespace sluice::contract
