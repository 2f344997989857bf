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
             .summary = "Two links have the same name, or a link is named as the source.",
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
             .why = "Steps run in the order of the list, pre before post.",
             .before = "transformations:\n"
                       "  - upper: {fields: [city]}\n"
                       "  - derive: {field: city, sql: \"'Berlin'\"}\n",
             .after = "transformations:\n"
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
};

}  // namespace

std::span<const CodeInfo> transformation_codes() { return kCodes; }

}  // namespace sluice::contract::internal
