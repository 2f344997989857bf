// Shared by the files of this folder that write pipelines.
#pragma once

#include <string>
#include <string_view>

#include "sluice/dialect/duckdb/pipeline.h"

namespace sluice::dialect {

/// Marks rows that a step drops: they are counted, then left behind.
inline constexpr std::string_view kDroppedColumn = "_sluice_dropped";
/// Of a judged row that was refused: a list of the one struct of its errors, categories, file and
/// row as it came. Good rows hold none, so that they carry nothing of it.
inline constexpr std::string_view kRefusedColumn = "_sluice_refused";
/// How many rows of the input stand in a row of a group.
inline constexpr std::string_view kGroupedColumn = "_sluice_grouped";

/// ['a', 'b']
std::string literal_list(const std::vector<std::string>& texts);
/// Files as an argument of a reader, each of them itself whatever signs its name holds.
std::string file_list(const std::vector<std::string>& files);

/// `_sluice_file` as people know the file: SQL.
std::string told_file(const plan::FileScan& scan);

/// The columns of the source in the types in which they are read.
schema::Schema as_read(const plan::BoundPipeline& bound);
/// Whether a column is read as JSON and is a text to the steps: it has numbers and words.
bool is_mixed(const plan::BoundPipeline& bound, std::string_view column);
/// Which types the values of refused rows have: their column's, each its own, or text.
enum class BadForm { Typed, Json, Text };

/// The columns as the readers of the files give them, without those that only folders have.
schema::Schema columns_of_files(const plan::FileScan& scan, const schema::Schema& columns);
/// `rows`, a SELECT of those and of the file as people know it, with what folders say.
std::string with_folder_columns(const plan::FileScan& scan, const schema::Schema& columns,
                                const std::string& rows);

/// Asked once for each row that is read, and read by the first statement that keeps it.
inline constexpr std::string_view kSeenColumn = "_sluice_seen";
/// As an item of a select list.
std::string tallied(std::string_view tally);

/// All columns of a scan of CSV files, each found by its name; `more` are options of the reader.
std::string scan_csv_files(const plan::FileScan& scan, const schema::Schema& columns,
                           std::string_view more);
/// Whole lines of whatever characters, as `_sluice_line`, beside their file; an empty one is NULL.
std::string read_lines(const std::vector<std::string>& files, std::int64_t skip_rows,
                       std::string_view encoding, std::string_view more);
/// The columns of `_sluice_line`, as a select list; `columns` null: all.
std::string fixed_width_columns(const plan::FixedWidthFormat& fixed, const schema::Schema* columns);

/// Lines that are no records, from the table of them, as they leave the run.
std::string refused_lines_select(const plan::Pipeline& pipeline, std::string_view lines,
                                 bool as_text);

/// The reading of a source some of whose lines may be no records, each line once.
struct LinesRead {
  std::vector<std::string> statements;
  std::string rows;        // a SELECT of the columns and the file, from the table of lines
  std::string untallied;   // a query: how many lines the reader gave to no one
  std::string count;       // how many those are
  std::string impossible;  // SELECT of the number of a line that was not kept whole, or NULL
};
/// Of the source's columns, in the types in which they are read, into the tables `lines` and
/// `refused` (_sluice_number, _sluice_line, the errors, the categories and the file).
Result<LinesRead> read_with_refusals(const plan::BoundPipeline& bound, const schema::Schema& source,
                                     const std::string& lines, const std::string& refused,
                                     std::string_view tally);

/// The columns of a record of JSON: select lists, the one over the structs that the other makes.
struct JsonRecord {
  std::string columns;
  std::string structs;
};
/// In columns of `exact` each fraction that a double would change is a text, in those of
/// `exact_json`, which are JSON, it is as it is written.
Result<JsonRecord> json_record(const std::string& json, const schema::Schema& columns,
                               const std::vector<std::string>& exact,
                               const std::vector<std::string>& exact_json);
/// A text of JSON in which each such fraction is a text: SQL.
std::string exact_numbers(const std::string& json, std::string_view mark = "");
/// As render_scan, with the file, of JSON that has such fractions.
Result<std::string> scan_exact_json(const plan::BoundPipeline& bound,
                                    const schema::Schema& columns);

/// ", "a", "b"": our columns behind a select list.
std::string hidden_list(const Rows& input, std::string_view prefix);

/// A text that is neither a number nor a date.
bool holds_word(const plan::Value& value);
/// The value, or what stands for its absence, whatever the type of the column is: SQL.
std::string render_or_else(const std::string& value, const plan::Value& otherwise);

/// The contract's SELECT as a step, with one column of each name.
std::string sql_select(const plan::SqlSelect& step);

/// The columns of a source that is flattened, from those that were read; what is no JSON object
/// gives its row a reason.
Result<std::string> render_flattened(const plan::BoundPipeline& bound, const Rows& input,
                                     std::vector<std::string>& error_columns);

Result<std::string> filter_select(const plan::FilterRows& step, const Rows& input);
Result<std::string> keep_first_select(const plan::KeepFirst& step, const Rows& input);
Result<std::string> explode_select(const plan::ExplodeList& step, const Rows& input);
Result<std::string> explode_dates_select(const plan::ExplodeDates& step, const Rows& input);
Result<std::string> join_select(const plan::JoinReference& step, const Rows& input);
Result<std::string> rollup_select(const plan::Rollup& step, const Rows& input);
Result<std::string> pivot_select(const plan::Pivot& step, const Rows& input);
Result<std::string> unpivot_select(const plan::Unpivot& step, const Rows& input);

/// The rows for SQL of the contract that names `source` alone: the row as one value, without our
/// columns. A column of that name hides what the engine would give, which holds them all.
Rows with_whole_row(const plan::Step& step, const Rows& input);

/// How many rows one row becomes, as an expression over the input.
Result<std::string> rows_made(const plan::Step& step, const Rows& input);

/// What a join must make of the rows of `before`, from the keys of its two sides alone: in, out
/// (counted in `table`), quarantined, dropped, added, aggregated.
Result<std::string> join_counts(const plan::JoinReference& step, const Rows& input,
                                const std::string& table);

/// One judgement: its SELECT, and the queries that tell what it found in the table made of it.
struct Judged {
  std::string select;
  schema::Schema columns;
};
/// `kept` are our columns of the input that good rows still need; `made` is what steps made of a
/// row, as `made_values` says it.
Result<Judged> judge_select(const plan::BoundPipeline& bound, const plan::Judgement& judgement,
                            const Rows& input, Evaluation evaluation,
                            const std::vector<std::string>& kept, const std::string& made);
/// Columns of a judged table that count what each rule found.
std::string rule_counts_query(const plan::Judgement& judgement, std::string_view table);
/// The masks of a judged row, and for each rule the bit of theirs that says that it found the row.
std::vector<std::string> mask_columns(const plan::Judgement& judgement);
std::vector<std::size_t> flags_of_rules(const plan::Judgement& judgement);

/// kJudgedColumn before it leaves the run.
inline constexpr std::string_view kMadeColumn = "_sluice_made";
/// Adds the columns that a step makes, or gives another value.
void note_made(const plan::Step& step, const schema::Schema& input, const schema::Schema& output,
               std::vector<std::string>& made);
/// Those of `made` that are `columns` of the judged row, without those that hold what the row came
/// with; masked ones are '***'. SQL of a text; empty: there are none.
std::string made_values(const plan::Pipeline& pipeline, const schema::Schema& columns,
                        const schema::Schema& raw, const std::vector<std::string>& made);
/// The column of it in a select list, with a comma behind it.
std::string made_item(bool as_text);

/// What lineage says of a row, each behind a comma. `file`: what says where it is from.
std::string stamps(const plan::BoundPipeline& bound,
                   const std::vector<plan::LineageColumn>& columns, std::string_view file);

/// "a" := "a", "b" := "b"
std::string struct_members(const schema::Schema& columns);

/// Of a refused row, as it was judged: the columns that bound.kept_of_refused names.
inline constexpr std::string_view kKeptColumn = "_sluice_kept";
/// Those of them that a judged row of these columns has.
schema::Schema kept_of(const plan::BoundPipeline& bound, const schema::Schema& columns);
/// Whether a step may make another value of a column, or the first one.
bool may_make(const plan::Step& step, const schema::Schema& input, const schema::Schema& output,
              const std::string& column);
/// SELECT of the kept columns from a table of refused rows in the types that they leave in, masked;
/// those that are not in `kept` are NULL. `last` are the accepted rows before they leave.
Result<std::string> kept_select(const plan::BoundPipeline& bound, const schema::Schema& kept,
                                const schema::Schema& last, const std::string& table);

/// Which rows a rule refused at its step, by the rule's position; NULL: it has not.
inline constexpr std::string_view kJudgedPrefix = "_sluice_judged";
std::string judged_column(std::size_t rule);
/// A column of ours that a judgement reads and no row keeps after it.
bool is_reason(std::string_view hidden);

/// What a step reads a column's value as, where that may be something else.
struct Unread {
  std::string column;
  std::string_view what;  // "date"
  std::string is_met;     // SQL: a value is there, and is none
};
std::vector<Unread> unread_inputs(const plan::ColumnExpr& value, const Rows& input);
std::vector<Unread> unread_inputs(const plan::ExplodeDates& step, const Rows& input);
std::vector<Unread> unread_inputs(const plan::Unpivot& step, const Rows& input);
/// What columns that become one column are in it: SQL of each.
std::vector<std::string> as_one_type(const Rows& input, const std::vector<std::string>& columns,
                                     bool has_fraction);
/// The condition that a value of the column is none of those that a double holds, where the columns
/// become one of doubles; empty: there is no such value.
std::string inexact(const Rows& input, const std::vector<std::string>& columns, bool has_fraction,
                    const std::string& column);
/// A date as TIMESTAMP, NULL where it is none: SQL.
std::string instant(const Rows& input, const std::string& column);

/// SELECT of a step that drops rows, which it marks.
Result<std::string> dropping_select(const plan::Pipeline& pipeline, const plan::PlannedStep& step,
                                    const Rows& input);

/// A step whose values can fail on a row: the row carries the reason in columns of ours, whose
/// names are added to `error_columns`. Casts always can, texts that are read as dates, numbers or
/// JSON, and the contract's SQL where it is guarded.
bool can_fail(const plan::Step& step, const schema::Schema& input, Evaluation evaluation);
/// Whether a step after the split may refuse a row.
bool post_can_fail(const plan::BoundPipeline& bound, Evaluation evaluation);
Result<std::string> failing_assign(const plan::Pipeline& pipeline, const plan::PlannedStep& step,
                                   const Rows& input, Evaluation evaluation,
                                   std::vector<std::string>& error_columns);
/// The rows with what is wrong with values that a step which adds rows reads.
std::string with_unread_values(const plan::Pipeline& pipeline, const plan::PlannedStep& step,
                               const Rows& input, std::vector<std::string>& error_columns);
/// `value` where it can be worked out, else NULL. `input` are the rows that it is made of.
std::string tried(const std::string& value, const Rows& input);
Result<std::string> guarded_filter(const plan::FilterRows& step, const Rows& input,
                                   std::vector<std::string>& error_columns);

/// The value of one assignment.
Result<std::string> column_expr(const Rows& input, const plan::ColumnExpr& value);

/// `value` of a column as it may leave the run: masked where its column is.
std::string leaving_value(const plan::Pipeline& pipeline, std::string_view column,
                          const std::string& value, const schema::LogicalType& type);
/// What the masked columns of a refused row held, sealed; empty when nothing is to be.
std::string sealed_values(const plan::Pipeline& pipeline, const schema::Schema& raw,
                          std::string_view raw_column);
/// The value in a reason, as SQL: '***' where its column is masked.
std::string told_value(const plan::Pipeline& pipeline, std::string_view column,
                       const schema::LogicalType& type);

/// A text as the instant that it says, a TIMESTAMPTZ; NULL where it says none.
std::string instant_of_text(const std::string& text);

/// A text as a field of the type reads it, whose name is given, too; NULL where it is none.
std::string cast_of_text(const std::string& text, const schema::LogicalType& to,
                         const std::string& name);

/// The JSON pointer of a member, whose two special signs are written otherwise.
std::string json_pointer(std::string_view name);

/// What a reason says before the value: that it is none of the type, or too large for it.
std::string mismatch_text(const std::string& column, const std::string& type_name,
                          const schema::LogicalType& to);
bool is_nested(const schema::LogicalType& type);
const schema::Field* find_member(const schema::Struct& type, std::string_view name);
/// A value as a list, map or struct; NULL where a part of it is none of its type.
Result<std::string> nested_cast(const std::string& value, const schema::LogicalType& from,
                                const schema::LogicalType& to);
/// The declared members that a struct of the value lacks, as one text, or NULL: SQL; empty: none
/// can be lacking. `json` is the value as it came, where an engine has made lacking members NULL
/// since.
std::string lacking_members(const std::string& value, const schema::LogicalType& from,
                            const schema::LogicalType& to, const std::string& json);

/// SQL: whether a value of a column is the one that the contract spells, as a value of its type.
Result<std::string> is_value(const std::string& column, const schema::LogicalType& type,
                             const std::string& spelled);
/// The key of a reference as a value of the type that it is compared with.
Result<std::string> comparable_key(const std::string& key, const schema::LogicalType& with);
/// The column of the rows that is compared with it.
std::string comparable_on(std::string_view column, const Rows& input);

}  // namespace sluice::dialect
