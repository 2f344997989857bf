// Rules: SL0301 to SL0399.
#include <array>

#include "sluice/contract/diagnostic/code_internal.h"

namespace sluice::contract::internal {
namespace {

constexpr std::array kCodes{
    CodeInfo{
        .code = Code::UnknownField,
        .slug = "unknown-field",
        .severity = Severity::Error,
        .summary = "A name that is neither a field of the model nor a column that a step makes.",
        .why = "The rule or step finds its column only where the source has it beside the model; a "
               "slip of the pen is found nowhere.",
        .before = "quality:\n"
                  "  row_rules:\n"
                  "    - range: {field: fare_amout, min: 0}\n",
        .after = "quality:\n"
                 "  row_rules:\n"
                 "    - range: {field: fare_amount, min: 0}\n"},
    CodeInfo{.code = Code::DuplicateRule,
             .slug = "duplicate-rule",
             .severity = Severity::Error,
             .summary = "Two rules have the same name.",
             .why = "Counts, reasons and reports name the rule; the two could not be told apart.",
             .before = "quality:\n"
                       "  row_rules:\n"
                       "    - {name: fare_ok, sql: \"fare_amount >= 0\"}\n"
                       "    - {name: fare_ok, sql: \"fare_amount < 500\"}\n",
             .after = "quality:\n"
                      "  row_rules:\n"
                      "    - {name: fare_positive, sql: \"fare_amount >= 0\"}\n"
                      "    - {name: fare_small, sql: \"fare_amount < 500\"}\n"},
    CodeInfo{.code = Code::BadRegex,
             .slug = "bad-regex",
             .severity = Severity::Error,
             .summary = "A pattern is not a regular expression of RE2.",
             .why = "RE2 has no back references and no look-around, and takes time linear in the "
                    "text.",
             .before = "quality:\n"
                       "  row_rules:\n"
                       "    - regex_match: {field: email, pattern: \"([a-z]+@\"}\n",
             .after = "quality:\n"
                      "  row_rules:\n"
                      "    - regex_match: {field: email, pattern: \"[a-z]+@\"}\n"},
    CodeInfo{.code = Code::NullFailsRule,
             .slug = "null-fails-rule",
             .severity = Severity::Hint,
             .summary = "An optional field carries a rule that NULL does not fulfil.",
             .why = "A row rule is a WHERE clause: rows without a value are quarantined. Say so "
                    "with `required: true`, or let NULL pass in a SQL rule.",
             .before = "model:\n"
                       "  fields:\n"
                       "    - {name: status, type: string, accepted_values: [open, closed]}\n",
             .after = "model:\n"
                      "  fields:\n"
                      "    - {name: status, type: string, required: true, accepted_values: [open, "
                      "closed]}\n"},
    CodeInfo{.code = Code::PhaseTooEarly,
             .slug = "phase-too-early",
             .severity = Severity::Error,
             .summary = "A rule is written `phase: pre` and reads a column that only a post "
                        "transformation makes.",
             .why = "The column does not exist yet when the rule is judged.",
             .before = "transformations:\n"
                       "  - {derive: {field: total, sql: \"fare_amount * 2\"}, phase: post}\n"
                       "quality:\n"
                       "  row_rules:\n"
                       "    - {not_null: {field: total}, phase: pre}\n",
             .after = "transformations:\n"
                      "  - {derive: {field: total, sql: \"fare_amount * 2\"}, phase: post}\n"
                      "quality:\n"
                      "  row_rules:\n"
                      "    - {not_null: {field: total}, phase: post}\n"},
    CodeInfo{
        .code = Code::BoundsContradict,
        .slug = "bounds-contradict",
        .severity = Severity::Error,
        .summary = "The must_be bounds of a rule contradict each other or hold more than a pair.",
        .why = "No value can lie within them.",
        .before =
            "quality:\n"
            "  dataset_rules:\n"
            "    - {name: rows, sql: \"SELECT COUNT(*) FROM source\", must_be_between: [100, 1]}\n",
        .after = "quality:\n"
                 "  dataset_rules:\n"
                 "    - {name: rows, sql: \"SELECT COUNT(*) FROM source\", must_be_between: [1, "
                 "100]}\n"},
    CodeInfo{.code = Code::RuleMeansNothing,
             .slug = "rule-means-nothing",
             .severity = Severity::Warning,
             .summary = "A rule that every row fulfils.",
             .why = "It looks like a guard and guards nothing.",
             .before = "quality:\n"
                       "  row_rules:\n"
                       "    - {range: {field: fare_amount}}\n",
             .after = "quality:\n"
                      "  row_rules:\n"
                      "    - {range: {field: fare_amount, min: 0}}\n"},
};

}  // namespace

std::span<const CodeInfo> quality_codes() { return kCodes; }

}  // namespace sluice::contract::internal
