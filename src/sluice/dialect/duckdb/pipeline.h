// Pipelines as DuckDB's SQL. Everything here is pure text: the run binds a pipeline by describing
// these statements on empty relations of known columns, and executes the program made of the bound
// one. Row-by-row steps nest into one streaming statement; a step that changes the number of rows
// ends in a temporary table (which spills), so that what it dropped or added is counted there and
// never inferred.
//
// Columns whose names begin with `_sluice_` are ours and travel beside those of the contract.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/plan/bound_pipeline.h"
#include "sluice/plan/pipeline.h"
#include "sluice/plan/statement.h"
#include "sluice/schema/schema.h"

namespace sluice::dialect {

inline constexpr std::string_view kFileColumn = "_sluice_file";
inline constexpr std::string_view kRowColumn = "_sluice_row";
/// Of a line that is no record, where refused rows leave the run.
inline constexpr std::string_view kLineColumn = "_lakelogic_line";
inline constexpr std::string_view kLineTextColumn = "_lakelogic_raw";
/// Of a refused row: an object of JSON with the columns that steps had made when it was judged.
inline constexpr std::string_view kJudgedColumn = "_lakelogic_judged";
inline constexpr std::string_view kRawColumn = "_sluice_raw";
inline constexpr std::string_view kErrorsColumn = "_sluice_errors";
inline constexpr std::string_view kCategoriesColumn = "_sluice_categories";

/// Columns that say of a refused row why it was refused and how it is kept. A source has them when
/// refused rows are read again: those of the run that refuses now take their place.
bool is_refusal_column(std::string_view name);

/// A relation on its way through the steps.
struct Rows {
  std::string from;                 // a table's name or "(SELECT ...)"
  schema::Schema columns;           // the contract's
  std::vector<std::string> hidden;  // ours, carried along by every step but an opaque one
};

/// How expressions of the contract are evaluated. Guarded ones make a row that they fail on carry
/// the reason instead of ending the statement; they cost time on failing rows, so plain is first.
enum class Evaluation : std::uint8_t { Plain, Guarded };

/// What becomes of lines that are no records of their format.
enum class Reading : std::uint8_t { Strict, Refusing };

/// A relation without rows that has these columns; for describing what comes next.
Result<std::string> render_empty(const schema::Schema& columns);

/// What a connection needs before anything of the contract is bound on it: the run's clock in every
/// spelling of now, and the references as views.
Result<std::vector<std::string>> render_session(const plan::Pipeline& pipeline, sys_micros clock);

/// Keys of a lookup's reference that have several values, as rows of these columns see them; a run
/// with such a key stops.
Result<std::string> render_lookup_conflicts(const plan::LookUp& lookup,
                                            const schema::Schema& columns);

/// The contract's SELECT with `{dataset}` filled in, as it is written else.
std::string select_text(const plan::SqlSelect& step);

/// CASE that is 0 where the row satisfies the rule; for binding one.
Result<std::string> render_rule(const plan::RowRule& rule);

/// Reads the source to see its columns, as the files tell them.
Result<std::string> render_probe(const plan::Scan& scan);
/// The records of JSON files as a relation of one column, `json`; lenient: of lines some of which
/// are none.
std::string json_records(const std::vector<std::string>& files, const plan::JsonFormat& json,
                         bool is_lenient);
/// Of the lines of such files one that is not as long as a record, with its file: no row, or one of
/// the file and the length.
std::string render_wrong_lengths(const std::vector<std::string>& files,
                                 const plan::FixedWidthFormat& fixed);
/// The types of the keys of such records: one JSON text.
std::string render_json_structure(const std::string& records);
/// Of each of these keys, how many records of JSON hold a number that a double does not hold as it
/// is written, and how many a fraction such: one row.
std::string render_lost_numbers(const std::string& records,
                                const std::vector<std::string>& columns);
/// JSON files that are a link, as `columns`, with what their folders say. In those of `exact` no
/// fraction loses a digit where it is a text, in those of `exact_json` where it is a part of JSON.
Result<std::string> render_json_link(const plan::FileScan& scan, const schema::Schema& columns,
                                     const std::vector<std::string>& exact,
                                     const std::vector<std::string>& exact_json);
/// Of each of these columns, which are texts or JSON, how many rows hold such a number.
std::string render_lost_texts(std::string_view rows, const std::vector<std::string>& columns);
/// Whether a part of such a value becomes the JSON that it was: its own members, and no others.
bool keeps_json(const schema::LogicalType& from, const schema::LogicalType& to);
/// The same, those with objects in them as JSON.
std::string render_plain_structure(const std::string& records);
/// Of each of these keys, how many of the records hold a whole number that no BIGINT holds: one
/// row.
std::string render_large_wholes(const std::string& records,
                                const std::vector<std::string>& columns);
/// The columns of records of such a structure.
std::string render_structure_probe(const std::string& structure);
/// Whether the first line of a JSON file is a record by itself.
std::string render_is_by_line(const std::string& file);
/// The JSON type of a record that is no object; no row where all are.
std::string render_json_no_object(const std::string& file, const plan::JsonFormat& json);
/// Which of the JSON or Parquet files have a column, in whatever case.
std::string render_files_with(const plan::FileScan& scan, const std::string& column);
/// Each Parquet file, and the number, from 1, of its columns' shape among those of all.
std::string render_parquet_shapes(const std::vector<std::string>& files);
/// The schema of a Parquet file, each node before its members: name, number of members, whether it
/// is a decimal that is read as another number, and how many digits that has.
std::string render_parquet_nodes(const std::string& file);
/// How many values of each column are others once they are of `to`.
Result<std::string> render_changed_values(const plan::FileScan& scan, const schema::Schema& from,
                                          const schema::Schema& to);
/// How many records of JSON files have a key, spelled so.
std::string render_json_keys(const std::vector<std::string>& files, const plan::JsonFormat& json,
                             const std::string& key);
/// The bytes of the largest record of JSON lines of which some are no records.
std::string render_largest_record(const std::vector<std::string>& files,
                                  const plan::JsonFormat& json);
/// Rows of a settled source, of these columns; lenient: without the lines of CSV or JSON that are
/// none.
Result<std::string> render_settled_rows(const plan::Scan& scan, const schema::Schema& columns,
                                        bool is_lenient);
/// The members of all JSON objects that stand in a column of texts; NULL where there is none.
std::string render_object_structure(const std::string& rows, const std::string& column);
/// Of each member, which is JSON: how many values it has, and how many of them are nested.
std::string render_member_counts(const std::string& rows,
                                 const std::vector<plan::FlatColumn>& members);
/// Lines of a CSV file behind those above, whatever stands in them.
std::string render_lines(const std::string& file, const plan::CsvFormat& csv, std::int64_t above,
                         std::int64_t count);
/// The lines that are skipped and hold a quote, each behind its number.
std::string render_skipped_quotes(const std::string& file, const plan::CsvFormat& csv);
/// The first line of a CSV file that is not empty, and how many stand above it.
/// When the reader may reject lines, `render_first_reject` tells the first of them.
std::string render_first_line(const std::string& file, const plan::CsvFormat& csv, bool may_reject);
std::vector<std::string> render_forget_rejects();
std::string render_first_reject();
/// The columns as they are read after a probe: texts stay texts, whatever they look like.
schema::Schema columns_as_read(const plan::Scan& scan, const schema::Schema& probed);
/// Reads the source with its columns known.
Result<std::string> render_scan(const plan::Scan& scan, const schema::Schema& columns,
                                bool with_file);

/// A step that asks rows for their position in the source, their `rowid`.
bool breaks_ties(const plan::Step& step);

/// The select list and FROM of one step, for describing it. `from` must hold `input`'s columns.
Result<std::string> render_step(const plan::Step& step, const Rows& input);

/// `text` of type `from` as `to`; NULL where a value would be lost.
Result<std::string> render_cast(const std::string& text, const schema::LogicalType& from,
                                const schema::LogicalType& to);
/// A text in a spelling of the source as casts read it; NULL where it is in another one.
std::string render_respelled(const std::string& text, const plan::Spelling& from);
/// Any value as the text a person would write.
std::string render_as_text(const std::string& text, const schema::LogicalType& from);

/// SELECT of the one value that a data set rule looks at, over the relation `source`.
Result<std::string> render_observation(const plan::Observation& observation);
/// The same of a SELECT that a contract writes, in the type that it gives.
std::string render_observed(const plan::ScalarQuery& scalar);

/// A cheaper SELECT of the same value, over rows of these columns, that is NULL where it cannot
/// tell; empty: there is none.
std::string render_quick_observation(const plan::Observation& observation,
                                     const schema::Schema& columns);
/// Of CSV files that are a reference, whose headers are known: as what the first value of each
/// column is written, one number a column that `types_written_so` reads, the narrowest type first.
std::string render_first_written(const plan::FileScan& scan, const schema::Schema& columns);
std::vector<schema::LogicalType> types_written_so(std::int64_t bits);
/// How many values of each of these columns are not written as its type, as one row.
Result<std::string> render_written_otherwise(const plan::FileScan& scan,
                                             const schema::Schema& columns);

/// Their rows, with the columns that are no texts as what they are.
Result<std::string> render_link_texts(const plan::FileScan& scan, const schema::Schema& typed);

/// SELECT over a reference, as steps and rules will see it; one without a file has no row, and the
/// columns that are said to have no value.
Result<std::string> render_reference(const plan::Reference& reference);

/// The function that masks a column, by its position in pipeline.masks. The run makes it known to
/// the engine before a program's last SELECTs are executed.
std::string mask_function(std::size_t position);

/// The function that seals what a refused row held in the masks that are sealed: a JSON list of
/// texts in the order of pipeline.masks. Refused rows as text have its result as this column.
inline constexpr std::string_view kSealFunction = "_sluice_seal";
inline constexpr std::string_view kSealedColumn = "_lakelogic_sealed";

/// The functions of the run that a program asks, known under these names before it is executed.
struct ProgramFunctions {
  /// Counts the rows of the source as they are read.
  std::string tally = "_sluice_passed";
  /// Keeps refused rows in the table of this name while accepted ones stream on: for programs that
  /// can_stream. Empty: judged rows are kept in a table, accepted ones too.
  std::string gate;
};

/// One counted part of a run.
struct ProgramStep {
  std::string name;
  std::vector<std::string> statements;
  /// One row: in, out, quarantined, dropped, added, aggregated. Empty: rows pass one by one.
  std::string observe;
  /// Gives the number of a line that cannot be kept whole, else NULL. Empty: there are no lines.
  std::string impossible;
  /// Temporary tables that no later statement reads.
  std::vector<std::string> spent;
  /// A SELECT of the contract: which rows it dropped or added, no one can say.
  bool is_opaque = false;
};

/// `source` and its other names as views over `rows`.
std::vector<std::string> source_views(const plan::Pipeline& pipeline, const std::string& rows);

struct RuleCounts {
  std::string query;               // one row, one count a rule
  std::vector<std::size_t> rules;  // positions in pipeline.row_rules
};

/// Rows that are judged while `good` is read, which is done once.
struct ProgramGate {
  std::size_t step = 0;              // of steps, the judgement: it has no statements
  std::string table;                 // to be made before, for what is refused
  std::string shape;                 // a SELECT of what that table holds, without rows
  int flags = 0;                     // that the gate is told of every row
  std::vector<std::size_t> rules;    // positions in pipeline.row_rules
  std::vector<std::size_t> flag_of;  // each of these rules
  std::string dataset_columns;       // of `good`: the accepted rows before lineage
};

/// Everything that one run asks of the engine, in this order.
struct Program {
  std::vector<ProgramStep> steps;
  std::vector<std::string> tables;  // that the steps and the gate make
  /// How many rows of the source no tally sees, as one count; empty: the tally sees all.
  std::string untallied;
  std::vector<RuleCounts> rule_counts;
  std::string good;  // SELECT of the accepted rows in their final shape, masked
  std::string bad;   // SELECT of the refused rows as they came, masked
  /// The same with columns of JSON as JSON, in which each value is of the kind that it came as;
  /// empty: `bad` is no other.
  std::string bad_as_json;
  /// SELECT of the refused rows' bound.kept_of_refused as they were judged, masked; empty: none are
  /// asked for. A value that a later step would have made is NULL.
  std::string bad_kept;
  std::string bad_as_text;     // the same with every value as text, for the quarantine table
  std::string dataset_source;  // the accepted rows before lineage; of a gate: empty
  std::optional<ProgramGate> gate;
};

/// Whether lines of the source that are no records can be refused one by one; and whether they are
/// whatever the pipeline says, because their format demands it.
bool can_refuse_lines(const plan::BoundPipeline& bound);
bool must_refuse_lines(const plan::BoundPipeline& bound);

/// Whether nothing after the judgement changes which rows there are, or asks for what `good` does
/// not hold.
bool can_stream(const plan::BoundPipeline& bound, Evaluation evaluation);

Result<Program> render_program(const plan::BoundPipeline& bound, Evaluation evaluation,
                               Reading reading = Reading::Strict,
                               const ProgramFunctions& functions = {});

}  // namespace sluice::dialect
