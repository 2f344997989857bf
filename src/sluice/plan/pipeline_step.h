// The steps of a pipeline: what happens to the rows between the scan and the target, one plain
// struct an operation. The set is closed; adding one does not compile until every dialect and the
// run handle it. A step says what it means, not how it is spelled: that is the dialect's.
//
// Three kinds, which decide how a step is accounted for (row_effect):
//   * row by row: one row in, one row out;
//   * dropping, adding, aggregating: rows are counted where they leave or appear;
//   * opaque: a SELECT of the contract; only its rows in and out are known.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sluice/plan/expr.h"
#include "sluice/plan/value.h"
#include "sluice/schema/schema.h"

namespace sluice::plan {

enum class TextCase : std::uint8_t { Lower, Upper };
struct ChangeCase {
  std::string column;
  TextCase to = TextCase::Lower;
  friend bool operator==(const ChangeCase&, const ChangeCase&) = default;
};
enum class TrimSide : std::uint8_t { Both, Left, Right };
struct TrimText {
  std::string column;
  TrimSide side = TrimSide::Both;
  friend bool operator==(const TrimText&, const TrimText&) = default;
};
/// The first of the columns that is not NULL, else `otherwise`.
struct FirstOf {
  std::vector<std::string> columns;
  std::optional<Value> otherwise;
  friend bool operator==(const FirstOf&, const FirstOf&) = default;
};
/// A list of texts.
struct SplitText {
  std::string column;
  std::string delimiter;
  friend bool operator==(const SplitText&, const SplitText&) = default;
};
/// Keys are compared as text. Without `otherwise` an unmatched value stays as it is.
struct MapValues {
  std::string column;
  std::vector<std::pair<Value, Value>> mapping;
  std::optional<Value> otherwise;
  friend bool operator==(const MapValues&, const MapValues&) = default;
};
struct Band {
  std::string label;
  std::optional<Value> below;     // <
  std::optional<Value> at_most;   // <=
  std::optional<Value> above;     // >
  std::optional<Value> at_least;  // >=
  std::optional<Value> equals;
  friend bool operator==(const Band&, const Band&) = default;
};
/// The label of the first band that holds, else `otherwise` or NULL.
struct Bands {
  std::string column;
  std::vector<Band> bands;
  std::optional<Value> otherwise;
  friend bool operator==(const Bands&, const Bands&) = default;
};
/// A scalar out of JSON text or of a struct; a value that does not cast quarantines its row.
struct JsonPath {
  std::string column;
  std::string path;
  std::optional<schema::LogicalType> type;  // empty: text
  friend bool operator==(const JsonPath&, const JsonPath&) = default;
};
enum class DateUnit : std::uint8_t { Days, Hours, Minutes, Seconds, Weeks, Months, Years };
/// How many times the unit changes from `from` to `to`.
struct DateDifference {
  std::string from;
  std::string to;
  DateUnit unit = DateUnit::Days;
  friend bool operator==(const DateDifference&, const DateDifference&) = default;
};
/// A value that does not cast quarantines its row.
struct CastTo {
  std::string column;
  schema::LogicalType type;
  std::string type_name;  // as the contract spells it, for messages
  friend bool operator==(const CastTo&, const CastTo&) = default;
};
/// How a source spells values that no cast reads: 1234 for 12.34, 31.12.2026, 1.234,5.
struct ImpliedDecimals {
  std::int64_t digits = 0;
  friend bool operator==(const ImpliedDecimals&, const ImpliedDecimals&) = default;
};
struct DatePattern {
  std::string strptime;
  bool has_time = false;
  friend bool operator==(const DatePattern&, const DatePattern&) = default;
};
struct DecimalComma {
  friend bool operator==(const DecimalComma&, const DecimalComma&) = default;
};
using Spelling = std::variant<ImpliedDecimals, DatePattern, DecimalComma>;
/// The text as a cast reads it; one in another spelling quarantines its row.
struct Respell {
  std::string column;
  Spelling from;
  std::string name;  // as the contract spells it, for messages
  friend bool operator==(const Respell&, const Respell&) = default;
};
/// The first group of an RE2 pattern, searched in the text; NULL where it is not found.
struct RegexGroup {
  std::string column;
  std::string pattern;
  friend bool operator==(const RegexGroup&, const RegexGroup&) = default;
};

using ColumnExpr = std::variant<RawSql, ChangeCase, TrimText, FirstOf, SplitText, MapValues, Bands,
                                JsonPath, DateDifference, CastTo, Respell, RegexGroup>;

/// Adds or replaces one column.
struct Assignment {
  std::string column;
  ColumnExpr value;
  friend bool operator==(const Assignment&, const Assignment&) = default;
};
/// All from the columns as they were before the step.
struct Assign {
  std::vector<Assignment> assignments;
  friend bool operator==(const Assign&, const Assign&) = default;
};
/// A source column that is not there is passed over.
struct RenameColumns {
  std::vector<std::pair<std::string, std::string>> from_to;
  friend bool operator==(const RenameColumns&, const RenameColumns&) = default;
};
struct KeepColumns {
  std::vector<std::string> columns;
  friend bool operator==(const KeepColumns&, const KeepColumns&) = default;
};
/// One that is not there is passed over.
struct DropColumns {
  std::vector<std::string> columns;
  friend bool operator==(const DropColumns&, const DropColumns&) = default;
};
/// NULL does not satisfy.
struct FilterRows {
  RawSql condition;
  friend bool operator==(const FilterRows&, const FilterRows&) = default;
};
/// One row a key, the first in the order given; NULL sorts last, ties are broken by the position in
/// the source. Rows with a NULL in the key are never grouped.
struct KeepFirst {
  std::vector<std::string> key;
  std::vector<std::string> sort_by;
  bool descending = true;
  friend bool operator==(const KeepFirst&, const KeepFirst&) = default;
};
/// One row an element; an empty or NULL list is one row with NULL. With `output` the list stays.
struct ExplodeList {
  std::string column;
  std::optional<std::string> output;
  friend bool operator==(const ExplodeList&, const ExplodeList&) = default;
};
/// One row a step from `start` to `end`, both included; an end that is NULL or later than the run's
/// day is that day. A row whose start is NULL or after its end stays one row, with its start.
struct ExplodeDates {
  std::string output;
  std::string start;
  std::optional<std::string> end;
  std::int64_t step = 1;
  DateUnit unit = DateUnit::Days;
  friend bool operator==(const ExplodeDates&, const ExplodeDates&) = default;
};
/// One column from a reference. Rows of the reference that agree on key and value are one; keys
/// with several values stop the run.
struct LookUp {
  std::string column;
  std::string reference;
  std::string on;
  std::string key;
  std::string value;
  std::optional<Value> otherwise;
  friend bool operator==(const LookUp&, const LookUp&) = default;
};
enum class JoinKind : std::uint8_t { Left, Inner, Right, Full };
struct JoinedColumn {
  std::string column;  // of the reference
  std::string output;
  std::optional<Value> otherwise;
  friend bool operator==(const JoinedColumn&, const JoinedColumn&) = default;
};
struct JoinReference {
  std::string reference;
  std::string on;
  std::string key;
  std::vector<JoinedColumn> columns;
  JoinKind kind = JoinKind::Left;
  friend bool operator==(const JoinReference&, const JoinReference&) = default;
};
struct Aggregation {
  std::string output;
  RawSql value;
  friend bool operator==(const Aggregation&, const Aggregation&) = default;
};
/// Groups rows and keeps track of which came into each group. A column that is empty is not made.
struct Rollup {
  std::vector<std::string> group_by;
  std::vector<Aggregation> aggregations;
  std::vector<std::string> keys;
  std::optional<RawSql> key_expr;
  std::optional<std::string> keys_column;
  std::optional<std::string> keys_count_column;
  std::optional<std::string> run_id_column;   // read
  std::optional<std::string> run_ids_column;  // made
  bool distinct = true;
  friend bool operator==(const Rollup&, const Rollup&) = default;
};
enum class Aggregate : std::uint8_t {
  First,
  Last,
  AnyValue,
  Sum,
  Avg,
  Min,
  Max,
  Count,
  CountDistinct
};
struct PivotedColumn {
  std::string output;
  std::string value_column;
  Value pivot_value;
  Aggregate aggregate = Aggregate::First;
  std::optional<Value> otherwise;
  friend bool operator==(const PivotedColumn&, const PivotedColumn&) = default;
};
struct Pivot {
  std::vector<std::string> id_columns;
  std::string pivot_column;
  std::vector<PivotedColumn> columns;
  friend bool operator==(const Pivot&, const Pivot&) = default;
};
struct Unpivot {
  std::vector<std::string> id_columns;                          // empty: all others
  std::vector<std::pair<std::string, std::string>> column_key;  // column, text of its key
  std::string key_column;
  std::string value_column;
  bool keep_nulls = false;
  friend bool operator==(const Unpivot&, const Unpivot&) = default;
};
/// A whole SELECT over `source`, the data set's names and the references.
struct SqlSelect {
  RawSql query;
  /// The items of its list in their order: the column that each names, empty for a star and
  /// whatever else the engine alone knows the columns of.
  std::vector<std::string> items;
  /// Set by binding where two columns have one name: a name for each, empty for one that another
  /// takes the place of.
  std::vector<std::string> columns;
  friend bool operator==(const SqlSelect&, const SqlSelect&) = default;
};

/// `SELECT *, trim(a) AS a` gives two columns of one name: the one that the list names takes the
/// place of the other, wherever the star stands. Of two that the list names the later one stays;
/// names that two relations share are left to the engine, which numbers them. `given` are the
/// columns of the query as the engine tells them.
void settle_columns(SqlSelect& select, const schema::Schema& given);

using Step = std::variant<Assign, RenameColumns, KeepColumns, DropColumns, FilterRows, KeepFirst,
                          ExplodeList, ExplodeDates, LookUp, JoinReference, Rollup, Pivot, Unpivot,
                          SqlSelect>;

/// What a step does to the number of rows.
enum class RowEffect : std::uint8_t { RowByRow, Drops, Adds, Joins, Aggregates, Opaque };
RowEffect row_effect(const Step& step);

/// Columns that a step is known to make without asking an engine; a SELECT names none.
std::vector<std::string> created_columns(const Step& step);

std::string to_string(const ColumnExpr& value);
std::string to_string(const Step& step);

}  // namespace sluice::plan
