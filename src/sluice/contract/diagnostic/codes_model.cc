// Fields: SL0201 to SL0299.
#include <array>

#include "sluice/contract/diagnostic/code_internal.h"

namespace sluice::contract::internal {
namespace {

constexpr std::array kCodes{
    CodeInfo{.code = Code::DuplicateField,
             .slug = "duplicate-field",
             .severity = Severity::Error,
             .summary = "Two fields have the same name.",
             .why =
                 "A table has one column of a name; which of the two types and rules holds would "
                 "be chance.",
             .before = "model:\n"
                       "  fields:\n"
                       "    - {name: fare, type: double}\n"
                       "    - {name: fare, type: string}\n",
             .after = "model:\n"
                      "  fields:\n"
                      "    - {name: fare, type: double}\n"
                      "    - {name: fare_text, type: string}\n"},
    CodeInfo{.code = Code::UnknownType,
             .slug = "unknown-type",
             .severity = Severity::Error,
             .summary = "A type that contracts do not know.",
             .why = "A column of an unknown type would not be cast, and bad values would pass.",
             .before = "model:\n"
                       "  fields:\n"
                       "    - {name: fare, type: duoble}\n",
             .after = "model:\n"
                      "  fields:\n"
                      "    - {name: fare, type: double}\n"},
    CodeInfo{.code = Code::MinOverMax,
             .slug = "min-over-max",
             .severity = Severity::Error,
             .summary = "The lower bound lies above the upper one.",
             .why = "No value can fulfil it: every row would be quarantined.",
             .before = "model:\n"
                       "  fields:\n"
                       "    - {name: fare, type: double, required: true, min: 10, max: 1}\n",
             .after = "model:\n"
                      "  fields:\n"
                      "    - {name: fare, type: double, required: true, min: 1, max: 10}\n"},
    CodeInfo{.code = Code::BoundOnNonNumber,
             .slug = "bound-on-non-number",
             .severity = Severity::Error,
             .summary = "`min` or `max` on a field that holds no numbers.",
             .why =
                 "A text or a boolean has no numeric order; use accepted_values, max_length or a "
                 "SQL rule.",
             .before = "model:\n"
                       "  fields:\n"
                       "    - {name: status, type: string, required: true, min: 1}\n",
             .after = "model:\n"
                      "  fields:\n"
                      "    - {name: status, type: string, required: true, max_length: 10}\n"},
    CodeInfo{.code = Code::UnmaskedPersonalData,
             .slug = "unmasked-personal-data",
             .severity = Severity::Warning,
             .summary = "A field is marked as personal data and is not masked.",
             .why = "Its clear values are written to the table and to the quarantine.",
             .before = "model:\n"
                       "  fields:\n"
                       "    - {name: email, type: string, pii: true}\n",
             .after = "model:\n"
                      "  fields:\n"
                      "    - {name: email, type: string, pii: true, masking: hash}\n"},
    CodeInfo{.code = Code::UnknownMasking,
             .slug = "unknown-masking",
             .severity = Severity::Error,
             .summary = "A masking that does not exist.",
             .why = "A misspelt masking must never mean a clear value, so the contract does not "
                    "run. The words are nullify, redact, hash, partial and encrypt, in lower case.",
             .before = "model:\n"
                       "  fields:\n"
                       "    - {name: email, type: string, pii: true, masking: HASH}\n",
             .after = "model:\n"
                      "  fields:\n"
                      "    - {name: email, type: string, pii: true, masking: hash}\n"},
    CodeInfo{
        .code = Code::MaskingFormatUnused,
        .slug = "masking-format-unused",
        .severity = Severity::Warning,
        .summary = "`masking_format` has an effect only with `partial`, or as `deterministic` with "
                   "`encrypt`.",
        .why = "The format is not applied, which is rarely what was meant.",
        .before =
            "model:\n"
            "  fields:\n"
            "    - {name: email, type: string, pii: true, masking: hash, masking_format: email}\n",
        .after = "model:\n"
                 "  fields:\n"
                 "    - {name: email, type: string, pii: true, masking: partial, masking_format: "
                 "email}\n"},
    CodeInfo{
        .code = Code::ValueOfWrongType,
        .slug = "value-of-wrong-type",
        .severity = Severity::Error,
        .summary = "An accepted value cannot be a value of the field's type.",
        .why = "The comparison would never hold, or compare texts where numbers are meant.",
        .before = "model:\n"
                  "  fields:\n"
                  "    - {name: seats, type: integer, required: true, accepted_values: [1, two]}\n",
        .after = "model:\n"
                 "  fields:\n"
                 "    - {name: seats, type: integer, required: true, accepted_values: [1, 2]}\n"},
    CodeInfo{.code = Code::LengthOnNonText,
             .slug = "length-on-non-text",
             .severity = Severity::Error,
             .summary = "`max_length` on a field that holds no text.",
             .why = "Numbers and dates have no length in characters; use min and max.",
             .before = "model:\n"
                       "  fields:\n"
                       "    - {name: fare, type: double, max_length: 5}\n",
             .after = "model:\n"
                      "  fields:\n"
                      "    - {name: fare, type: double, required: true, max: 99999}\n"},
    CodeInfo{.code = Code::RequiredNullable,
             .slug = "required-nullable",
             .severity = Severity::Error,
             .summary = "A field is both required and nullable.",
             .why = "Required rows without a value are quarantined, nullable ones are not.",
             .before = "model:\n"
                       "  fields:\n"
                       "    - {name: fare, type: double, required: true, nullable: true}\n",
             .after = "model:\n"
                      "  fields:\n"
                      "    - {name: fare, type: double, required: true}\n"},
    CodeInfo{.code = Code::LineageColumn,
             .slug = "lineage-column",
             .severity = Severity::Warning,
             .summary = "A field has the name of a lineage column that the run writes.",
             .why = "The value of the source is overwritten. `lineage.preserve_upstream` keeps it "
                    "under another name.",
             .before = "lineage: {enabled: true}\n"
                       "model:\n"
                       "  fields:\n"
                       "    - {name: _lakelogic_run_id, type: string}\n",
             .after = "lineage: {enabled: true, preserve_upstream: [_lakelogic_run_id]}\n"
                      "model:\n"
                      "  fields:\n"
                      "    - {name: _lakelogic_run_id, type: string}\n"},
    CodeInfo{.code = Code::FieldsDifferInCase,
             .slug = "fields-differ-in-case",
             .severity = Severity::Error,
             .summary = "Two fields differ only in upper and lower case.",
             .why = "Column names are matched without case by most engines and table formats; the "
                    "two would be one column.",
             .before = "model:\n"
                       "  fields:\n"
                       "    - {name: id, type: string}\n"
                       "    - {name: ID, type: string}\n",
             .after = "model:\n"
                      "  fields:\n"
                      "    - {name: id, type: string}\n"
                      "    - {name: source_id, type: string}\n"},
    CodeInfo{.code = Code::MaskingWithoutFlag,
             .slug = "masking-without-flag",
             .severity = Severity::Hint,
             .summary = "A field is masked and not marked as pii, phi or sensitive.",
             .why = "It is masked all the same. Other tools mask only marked fields, and erasure "
                    "finds only those.",
             .before = "model:\n"
                       "  fields:\n"
                       "    - {name: email, type: string, masking: hash}\n",
             .after = "model:\n"
                      "  fields:\n"
                      "    - {name: email, type: string, pii: true, masking: hash}\n"},
    CodeInfo{.code = Code::MaskedNonText,
             .slug = "masked-non-text",
             .severity = Severity::Warning,
             .summary = "A masking gives text, and the field is declared with another type.",
             .why = "Only nullify keeps the type: the column becomes a text column.",
             .before = "model:\n"
                       "  fields:\n"
                       "    - {name: age, type: integer, pii: true, masking: redact}\n",
             .after = "model:\n"
                      "  fields:\n"
                      "    - {name: age, type: integer, pii: true, masking: nullify}\n"},
    CodeInfo{.code = Code::BadByteRange,
             .slug = "bad-byte-range",
             .severity = Severity::Error,
             .summary = "`range` of a fixed-width field is not [begin, end) with begin below end.",
             .why = "The field would be cut from nowhere.",
             .before = "model:\n"
                       "  fields:\n"
                       "    - {name: code, type: string, range: [5, 3]}\n",
             .after = "model:\n"
                      "  fields:\n"
                      "    - {name: code, type: string, range: [3, 5]}\n"},
};

}  // namespace

std::span<const CodeInfo> model_codes() { return kCodes; }

}  // namespace sluice::contract::internal
