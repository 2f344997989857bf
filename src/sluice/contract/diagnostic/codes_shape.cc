// Keys, types and words: SL0101 to SL0199.
#include <array>

#include "sluice/contract/diagnostic/code_internal.h"

namespace sluice::contract::internal {
namespace {

constexpr std::array kCodes{
    CodeInfo{.code = Code::UnknownKey,
             .slug = "unknown-key",
             .severity = Severity::Error,
             .summary = "A key that contracts do not have at this place.",
             .why = "A misspelt key is a setting that silently does not apply. Own data belongs "
                    "under `extensions` with a namespaced key.",
             .before = "qualitty:\n"
                       "  row_rules: []\n",
             .after = "quality:\n"
                      "  row_rules: []\n"},
    CodeInfo{.code = Code::WrongType,
             .slug = "wrong-type",
             .severity = Severity::Error,
             .summary = "A value of another type than the key takes.",
             .why = "`required: \"yes\"` is text and not true; guessing would change what a rule "
                    "means.",
             .before = "quality:\n"
                       "  enforce_required: \"yes\"\n",
             .after = "quality:\n"
                      "  enforce_required: true\n"},
    CodeInfo{.code = Code::UnknownWord,
             .slug = "unknown-word",
             .severity = Severity::Error,
             .summary = "A word that is not one of the allowed ones.",
             .why = "The key takes one of a fixed list of words; another one would fall back to a "
                    "default that nobody chose.",
             .before = "schema_policy:\n"
                       "  unknown_fields: quarantined\n",
             .after = "schema_policy:\n"
                      "  unknown_fields: quarantine\n"},
    CodeInfo{.code = Code::MissingKey,
             .slug = "missing-key",
             .severity = Severity::Error,
             .summary = "A key is missing that this block cannot be without.",
             .why = "The block has no sensible meaning without it.",
             .before = "links:\n"
                       "  - {path: cities.parquet}\n",
             .after = "links:\n"
                      "  - {name: cities, path: cities.parquet}\n"},
    CodeInfo{.code = Code::BadVersion,
             .slug = "bad-version",
             .severity = Severity::Error,
             .summary = "`version` is not a semantic version.",
             .why = "Versions of contracts are compared to tell a breaking change from a safe one; "
                    "that needs major.minor.patch.",
             .before = "version: banana\n",
             .after = "version: 1.0.0\n"},
    CodeInfo{
        .code = Code::DefaultTaken,
        .slug = "default-taken",
        .severity = Severity::Notice,
        .summary = "Something was left out that the standard asks for, and a default was taken.",
        .why = "Contracts in LakeLogic's own spelling may leave these out. Write the value "
               "down to make the contract portable.",
        .before = "quality:\n"
                  "  row_rules:\n"
                  "    - sql: \"fare_amount >= 0\"\n",
        .after = "quality:\n"
                 "  row_rules:\n"
                 "    - {name: fare_positive, sql: \"fare_amount >= 0\"}\n"},
    CodeInfo{.code = Code::ExtensionName,
             .slug = "extension-name",
             .severity = Severity::Error,
             .summary = "A key under `extensions` is not namespaced.",
             .why = "Extensions of different vendors must not collide: write com.acme.retention, "
                    "not retention.",
             .before = "extensions:\n"
                       "  retention: {policy: seven_years}\n",
             .after = "extensions:\n"
                      "  com.acme.retention: {policy: seven_years}\n"},
    CodeInfo{.code = Code::MisplacedKey,
             .slug = "misplaced-key",
             .severity = Severity::Error,
             .summary = "A known key stands in the wrong place.",
             .why = "Where it stands it has no effect; the message says where it belongs.",
             .before = "model:\n"
                       "  primary_key: [trip_id]\n"
                       "  fields:\n"
                       "    - {name: trip_id, type: string, required: true}\n",
             .after = "primary_key: [trip_id]\n"
                      "model:\n"
                      "  fields:\n"
                      "    - {name: trip_id, type: string, required: true}\n"},
    CodeInfo{
        .code = Code::DeprecatedKey,
        .slug = "deprecated-key",
        .severity = Severity::Warning,
        .summary = "A key that is still read but should not be written any more.",
        .why = "The message names what replaces it.",
        .before =
            "transformations:\n"
            "  - deduplicate_by_latest: {key_columns: [trip_id], timestamp_column: picked_up}\n",
        .after = "transformations:\n"
                 "  - deduplicate: {on: [trip_id], sort_by: [picked_up]}\n"},
    CodeInfo{.code = Code::ConflictingKeys,
             .slug = "conflicting-keys",
             .severity = Severity::Error,
             .summary =
                 "Keys that exclude each other stand together, or none of several alternatives "
                 "is written.",
             .why = "Only one of them can be meant.",
             .before = "quality:\n"
                       "  dataset_rules:\n"
                       "    - unique: {field: trip_id, columns: [trip_id, email]}\n",
             .after = "quality:\n"
                      "  dataset_rules:\n"
                      "    - unique: {columns: [trip_id, email]}\n"},
    CodeInfo{.code = Code::OutOfBounds,
             .slug = "out-of-bounds",
             .severity = Severity::Error,
             .summary = "A number outside the range that the key allows.",
             .why = "The value cannot be honoured.",
             .before = "materialization:\n"
                       "  strategy: merge\n"
                       "  deletion: {strategy: snapshot_reconcile, max_delete_ratio: 20}\n"
                       "primary_key: [trip_id]\n",
             .after = "materialization:\n"
                      "  strategy: merge\n"
                      "  deletion: {strategy: snapshot_reconcile, max_delete_ratio: 0.2}\n"
                      "primary_key: [trip_id]\n"},
    CodeInfo{.code = Code::LiteralSecret,
             .slug = "literal-secret",
             .severity = Severity::Error,
             .summary = "A secret is written into the contract.",
             .why = "Contracts are committed and shared. Name an environment variable, env:NAME or "
                    "${ENV:NAME}; the run reads it.",
             .before = "source:\n"
                       "  type: sftp\n"
                       "  path: sftp://host/inbox\n"
                       "  options: {password: hunter2}\n",
             .after = "source:\n"
                      "  type: sftp\n"
                      "  path: sftp://host/inbox\n"
                      "  options: {password: env:SFTP_PASSWORD}\n"},
    CodeInfo{.code = Code::EmptyValue,
             .slug = "empty-value",
             .severity = Severity::Error,
             .summary = "A name or a list is empty that must hold something.",
             .why = "An empty list of keys, columns or values matches nothing, or everything.",
             .before = "transformations:\n"
                       "  - select: {columns: []}\n",
             .after = "transformations:\n"
                      "  - select: {columns: [trip_id, fare_amount]}\n"},
    CodeInfo{.code = Code::ShorthandRead,
             .slug = "shorthand-read",
             .severity = Severity::Notice,
             .summary = "A short or older spelling was read as the standard one.",
             .why = "It means what the message says; tools that know only the standard do not read "
                    "it.",
             .before = "materialization:\n"
                       "  strategy: merge\n"
                       "  primary_key: [trip_id]\n",
             .after = "materialization:\n"
                      "  strategy: merge\n"
                      "primary_key: [trip_id]\n"},
    CodeInfo{.code = Code::Placeholder,
             .slug = "placeholder",
             .severity = Severity::Notice,
             .summary = "A placeholder stands where a typed value is expected.",
             .why = "It is filled in from the system file or the environment when the contract "
                    "runs, and is checked then.",
             .before = "source:\n"
                       "  type: database\n"
                       "  path: env:DB\n"
                       "  options: {fetch_size: \"{fetch_size}\"}\n"
                       "dataset: trips\n",
             .after = "source:\n"
                      "  type: database\n"
                      "  path: env:DB\n"
                      "  options: {fetch_size: 10000}\n"
                      "dataset: trips\n"},
    CodeInfo{.code = Code::BadPattern,
             .slug = "bad-pattern",
             .severity = Severity::Error,
             .summary = "A text does not have the form that the key asks for.",
             .why = "Other tools refuse the contract, or read the text as something else.",
             .before = "info: {title: Trips, data_product: Daily Trips}\n",
             .after = "info: {title: Trips, data_product: daily_trips}\n"},
    CodeInfo{.code = Code::RosterFile,
             .slug = "roster-file",
             .severity = Severity::Error,
             .summary = "The roster of `_system.yaml` names a file that is not there.",
             .why =
                 "The table has no contract, or another one than the roster says; nothing judges "
                 "its data. Paths count from the folder of `_system.yaml`.",
             .before = "",
             .after = ""},
};

}  // namespace

std::span<const CodeInfo> shape_codes() { return kCodes; }

}  // namespace sluice::contract::internal
