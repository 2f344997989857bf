// Steps and links: SL0401 to SL0499.
#include <array>

#include "sluice/contract/diagnostic/code_internal.h"

namespace sluice::contract::internal {
namespace {

constexpr std::array kCodes{
    CodeInfo{.code = Code::NotOneOperation,
             .slug = "not-one-operation",
             .severity = Severity::Error,
             .summary = "A step holds no operation, or more than one.",
             .why = "Their order would be chance. Write one list item for each.",
             .before = "transformations:\n"
                       "  - lower: {fields: [email]}\n"
                       "    trim: {fields: [email]}\n",
             .after = "transformations:\n"
                      "  - trim: {fields: [email]}\n"
                      "  - lower: {fields: [email]}\n"},
    CodeInfo{
        .code = Code::UnknownLink,
        .slug = "unknown-link",
        .severity = Severity::Error,
        .summary = "A reference to a link that the contract does not declare.",
        .why = "Links are the only tables that a step or a rule may read.",
        .before =
            "transformations:\n"
            "  - lookup: {field: city, reference: cities, on: trip_id, key: id, value: name}\n",
        .after =
            "links:\n"
            "  - {name: cities, path: cities.parquet}\n"
            "transformations:\n"
            "  - lookup: {field: city, reference: cities, on: trip_id, key: id, value: name}\n"},
    CodeInfo{.code = Code::DuplicateLink,
             .slug = "duplicate-link",
             .severity = Severity::Error,
             .summary =
                 "Two links have the same name, or a link is named as the source or a table of a "
                 "run.",
             .why = "In SQL the name stands for one table.",
             .before = "links:\n"
                       "  - {name: cities, path: a.parquet}\n"
                       "  - {name: cities, path: b.parquet}\n",
             .after = "links:\n"
                      "  - {name: cities, path: a.parquet}\n"
                      "  - {name: old_cities, path: b.parquet}\n"},
    CodeInfo{.code = Code::SqlWithoutAlias,
             .slug = "sql-without-alias",
             .severity = Severity::Error,
             .summary = "An expression does not say which column it makes.",
             .why = "`sql` holds a whole SELECT, or expressions that each end with AS and the name "
                    "of a column.",
             .before = "transformations:\n"
                       "  - sql: \"LOWER(TRIM(email))\"\n",
             .after = "transformations:\n"
                      "  - sql: \"LOWER(TRIM(email)) AS email\"\n"},
    CodeInfo{.code = Code::LinkWithoutPlace,
             .slug = "link-without-place",
             .severity = Severity::Error,
             .summary = "A link says neither `path` nor `table`.",
             .why = "There is nothing to read.",
             .before = "links:\n"
                       "  - {name: cities}\n",
             .after = "links:\n"
                      "  - {name: cities, path: cities.parquet}\n"},
    CodeInfo{.code = Code::KeyDropped,
             .slug = "key-dropped",
             .severity = Severity::Error,
             .summary = "A step removes a column of the primary key.",
             .why = "The merge would have nothing to match rows by.",
             .before = "primary_key: [trip_id]\n"
                       "transformations:\n"
                       "  - drop: {columns: [trip_id]}\n",
             .after = "primary_key: [trip_id]\n"
                      "transformations:\n"
                      "  - drop: {columns: [note]}\n"},
    CodeInfo{.code = Code::ColumnMadeLater,
             .slug = "column-made-later",
             .severity = Severity::Error,
             .summary = "A step reads a column that only a later step makes.",
             .why = "Steps run in the order of the list, pre before post. It is a warning where "
                    "the source may have a column of this name that the later step writes anew.",
             .before = "schema_policy: {evolution: strict}\n"
                       "transformations:\n"
                       "  - upper: {fields: [city]}\n"
                       "  - derive: {field: city, sql: \"'Berlin'\"}\n",
             .after = "schema_policy: {evolution: strict}\n"
                      "transformations:\n"
                      "  - derive: {field: city, sql: \"'Berlin'\"}\n"
                      "  - upper: {fields: [city]}\n"},
    CodeInfo{.code = Code::MaskedLeak,
             .slug = "masked-leak",
             .severity = Severity::Error,
             .summary = "A column is made from a masked field and is not masked itself.",
             .why =
                 "Its values would leave in clear. Declare the column with a masking, or say why "
                 "it may be clear: `declassify: reason`.",
             .before = "transformations:\n"
                       "  - derive: {field: domain, sql: \"split_part(email, '@', 2)\"}\n",
             .after = "transformations:\n"
                      "  - derive: {field: domain, sql: \"split_part(email, '@', 2)\", declassify: "
                      "\"the mail provider names no person\"}\n"},
    CodeInfo{.code = Code::BadStep,
             .slug = "bad-step",
             .severity = Severity::Error,
             .summary = "The parameters of a step contradict each other.",
             .why = "The message says which.",
             .before =
                 "transformations:\n"
                 "  - pivot: {id_vars: [trip_id], pivot_col: note, value_cols: [fare_amount]}\n",
             .after = "transformations:\n"
                      "  - pivot: {id_vars: [trip_id], pivot_col: note, value_cols: [fare_amount], "
                      "values: [a, b]}\n"},
    CodeInfo{.code = Code::BadSql,
             .slug = "bad-sql",
             .severity = Severity::Error,
             .summary = "A text that is no SQL of the contract's dialect.",
             .why =
                 "The run would stop at it. The place is where the engine's parser gave up; what "
                 "is missing often stands just before.",
             .before = "transformations:\n"
                       "  - filter: {sql: \"fare_amount > > 0\"}\n",
             .after = "transformations:\n"
                      "  - filter: {sql: \"fare_amount > 0\"}\n",
             .needs_engine = true},
    CodeInfo{.code = Code::SqlColumn,
             .slug = "sql-unknown-column",
             .severity = Severity::Error,
             .summary = "SQL names a column that does not reach it.",
             .why = "Neither the model nor a step before has it, or a step before dropped it.",
             .before = "transformations:\n"
                       "  - derive: {field: doubled, sql: \"fare_amont * 2\"}\n",
             .after = "transformations:\n"
                      "  - derive: {field: doubled, sql: \"fare_amount * 2\"}\n",
             .needs_engine = true},
    CodeInfo{.code = Code::SqlColumnUndeclared,
             .slug = "sql-undeclared-column",
             .severity = Severity::Warning,
             .summary = "SQL names a column that only the source may have.",
             .why =
                 "The model does not declare it, so nothing says that the source has it; the run "
                 "stops where it has not.",
             .before = "transformations:\n"
                       "  - {derive: {field: line, sql: \"zyx || note\"}, phase: pre}\n",
             .after = "transformations:\n"
                      "  - {derive: {field: line, sql: \"trip_id || note\"}, phase: pre}\n",
             .needs_engine = true},
    CodeInfo{.code = Code::SqlFunction,
             .slug = "sql-unknown-function",
             .severity = Severity::Error,
             .summary = "SQL calls a function that the engine does not have.",
             .why = "The run would stop at it.",
             .before = "transformations:\n"
                       "  - derive: {field: code, sql: \"uppr(note)\"}\n",
             .after = "transformations:\n"
                      "  - derive: {field: code, sql: \"upper(note)\"}\n",
             .needs_engine = true},
    CodeInfo{.code = Code::SqlTypes,
             .slug = "sql-does-not-bind",
             .severity = Severity::Error,
             .summary = "SQL whose parts do not fit together.",
             .why = "A function is given types that it does not take, a column stands outside of "
                    "GROUP BY, or a SELECT gives several columns where one is expected.",
             .before = "transformations:\n"
                       "  - derive: {field: year, sql: \"date_part('year', passengers)\"}\n",
             .after = "transformations:\n"
                      "  - derive: {field: year, sql: \"date_part('year', picked_up)\"}\n",
             .needs_engine = true},
    CodeInfo{.code = Code::SqlForbidden,
             .slug = "sql-leaves-its-room",
             .severity = Severity::Error,
             .summary = "SQL that reads something else than the source and the links.",
             .why = "A contract's SQL may open no file and no address, and no table that the "
                    "contract does not declare as a link.",
             .before =
                 "transformations:\n"
                 "  - sql: \"SELECT s.*, p.content FROM source s, read_text('notes.txt') p\"\n",
             .after = "links:\n"
                      "  - {name: notes, path: notes.csv, type: csv}\n"
                      "transformations:\n"
                      "  - sql: \"SELECT s.*, p.content FROM source s, notes p\"\n",
             .needs_engine = true},
    CodeInfo{.code = Code::SqlManyValues,
             .slug = "sql-of-many-values",
             .severity = Severity::Error,
             .summary = "An expression that gives several rows or columns where one value is "
                        "expected.",
             .why =
                 "A rule judges each row once and a derived column has one value in it. unnest() "
                 "would multiply the rows, and COLUMNS() would make one column of many.",
             .before = "quality:\n"
                       "  row_rules:\n"
                       "    - {name: tagged, sql: \"unnest(string_split(note, ',')) <> ''\"}\n",
             .after = "quality:\n"
                      "  row_rules:\n"
                      "    - {name: tagged, sql: \"NOT list_contains(string_split(note, ','), "
                      "'')\"}\n"},
    CodeInfo{.code = Code::SparkSql,
             .slug = "spark-sql",
             .severity = Severity::Error,
             .summary = "SQL of Spark that has no meaning on the engine that runs the contract.",
             .why = "With `sql_dialect: spark` each SQL is translated, and what is not in the "
                    "tables is refused rather than judged by another dialect's rules. "
                    "docs/spark-sql.md lists them; `sql_duckdb` of a derive is taken as it is.",
             .before = "sql_dialect: spark\n"
                       "transformations:\n"
                       "  - derive: {field: code, sql: \"soundex(note)\"}\n",
             .after = "sql_dialect: spark\n"
                      "transformations:\n"
                      "  - derive: {field: code, sql: \"substring_index(note, ' ', 1)\"}\n"},
};

}  // namespace

std::span<const CodeInfo> transformation_codes() { return kCodes; }

}  // namespace sluice::contract::internal
