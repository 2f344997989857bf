// Materialization, source, service levels and support: SL0501 to SL0999.
#include <array>

#include "sluice/contract/diagnostic/code_internal.h"

namespace sluice::contract::internal {
namespace {

constexpr std::array kCodes{
    CodeInfo{.code = Code::MergeWithoutKey,
             .slug = "merge-without-key",
             .severity = Severity::Error,
             .summary = "A merge or a history without a primary key.",
             .why = "Without a key nothing says which row is meant; an append would pile up "
                    "duplicates.",
             .before = "materialization: {strategy: merge}\n",
             .after = "materialization: {strategy: merge}\n"
                      "primary_key: [trip_id]\n"},
    CodeInfo{.code = Code::Scd2WithoutTimestamp,
             .slug = "scd2-without-timestamp",
             .severity = Severity::Warning,
             .summary = "A history (scd2) without `timestamp_field`.",
             .why = "A version begins when the run does, unless the rows have `effective_from`: a "
                    "late load writes another history.",
             .before = "primary_key: [trip_id]\n"
                       "materialization: {strategy: scd2}\n",
             .after = "primary_key: [trip_id]\n"
                      "materialization: {strategy: scd2, scd2: {timestamp_field: picked_up}}\n"},
    CodeInfo{.code = Code::KeyNotInModel,
             .slug = "key-not-in-model",
             .severity = Severity::Error,
             .summary = "A key column is not a field of the model and no step makes it.",
             .why = "Every row would have a key that does not exist.",
             .before = "primary_key: [trip]\n",
             .after = "primary_key: [trip_id]\n"},
    CodeInfo{
        .code = Code::MaskedKey,
        .slug = "masked-key",
        .severity = Severity::Error,
        .summary = "A masked field is used as a key, or to order, partition or compare rows.",
        .why = "After masking the values no longer identify anything: nullify and redact make "
               "all rows equal, encrypt makes every value new. `masking: hash` keeps equality.",
        .before =
            "primary_key: [email]\n"
            "model:\n"
            "  fields:\n"
            "    - {name: email, type: string, required: true, pii: true, masking: encrypt}\n",
        .after = "primary_key: [email]\n"
                 "model:\n"
                 "  fields:\n"
                 "    - {name: email, type: string, required: true, pii: true, masking: hash}\n"},
    CodeInfo{
        .code = Code::ColumnNotInModel,
        .slug = "column-not-in-model",
        .severity = Severity::Error,
        .summary = "A column that is named for partitioning, tracking or ordering does not exist.",
        .why = "The setting would be ignored or fail when the table is written.",
        .before = "materialization: {partition_by: [pickup_day]}\n",
        .after = "materialization: {partition_by: [picked_up]}\n"},
    CodeInfo{
        .code = Code::StrategyConflict,
        .slug = "strategy-conflict",
        .severity = Severity::Error,
        .summary = "A setting that contradicts the strategy.",
        .why = "The setting has no meaning under this strategy.",
        .before = "materialization: {strategy: append, deletion: {strategy: snapshot_reconcile}}\n",
        .after = "materialization: {strategy: merge, deletion: {strategy: snapshot_reconcile}}\n"
                 "primary_key: [trip_id]\n"},
    CodeInfo{
        .code = Code::NullableKey,
        .slug = "nullable-key",
        .severity = Severity::Hint,
        .summary = "A column of the merge key is not required.",
        .why = "Rows without a key are quarantined before the merge; `required: true` says so.",
        .before = "primary_key: [note]\n"
                  "materialization: {strategy: merge}\n",
        .after = "primary_key: [trip_id]\n"
                 "materialization: {strategy: merge}\n"},
    CodeInfo{
        .code = Code::SettingUnused,
        .slug = "setting-unused",
        .severity = Severity::Warning,
        .summary = "A setting that has no effect as the contract stands.",
        .why = "It looks as if it were applied.",
        .before = "source: {path: in/*.csv, type: landing, from_date: \"2026-01-01\"}\n",
        .after =
            "source: {path: in/*.csv, type: landing, load_mode: incremental, watermark_strategy: "
            "date_range, from_date: \"2026-01-01\", watermark_field: picked_up}\n"},
    CodeInfo{.code = Code::NoSourcePath,
             .slug = "no-source-path",
             .severity = Severity::Warning,
             .summary = "The source says no place to read from.",
             .why = "The contract runs only with --source.",
             .before = "source: {type: landing}\n",
             .after = "source: {type: landing, path: in/*.csv}\n"},
    CodeInfo{.code = Code::WatermarkMissing,
             .slug = "watermark-missing",
             .severity = Severity::Error,
             .summary = "An incremental read without what tells old from new.",
             .why = "Everything would be read every time, or nothing.",
             .before = "dataset: trips\n"
                       "source: {type: database, path: env:DB, load_mode: incremental}\n",
             .after = "dataset: trips\n"
                      "source: {type: database, path: env:DB, load_mode: incremental, "
                      "watermark_field: picked_up}\n"},
    CodeInfo{.code = Code::CdcWithoutField,
             .slug = "cdc-without-field",
             .severity = Severity::Error,
             .summary = "`load_mode: cdc` without cdc_op_field and without cdc_timestamp_field.",
             .why = "Nothing says what a change is.",
             .before = "primary_key: [trip_id]\n"
                       "materialization: {strategy: merge}\n"
                       "source: {type: landing, path: in/*.json, load_mode: cdc}\n",
             .after = "primary_key: [trip_id]\n"
                      "materialization: {strategy: merge}\n"
                      "source: {type: landing, path: in/*.json, load_mode: cdc, cdc_op_field: op, "
                      "cdc_delete_values: [D]}\n"},
    CodeInfo{
        .code = Code::OptionNotForFormat,
        .slug = "option-not-for-format",
        .severity = Severity::Error,
        .summary = "An option that this kind of source does not have.",
        .why = "It would be ignored; most often the format is another one than thought.",
        .before =
            "source: {type: landing, path: in/*.json, format: json, options: {delimiter: \";\"}}\n",
        .after =
            "source: {type: landing, path: in/*.csv, format: csv, options: {delimiter: \";\"}}\n"},
    CodeInfo{.code = Code::EmptyDlt,
             .slug = "empty-dlt",
             .severity = Severity::Error,
             .summary = "`dlt` names neither `source` nor `base_url`.",
             .why = "There is nothing to read from.",
             .before = "source: {type: dlt, dlt: {resource: charges}}\n",
             .after = "source: {type: dlt, dlt: {source: stripe_analytics, resource: charges}}\n"},
    CodeInfo{.code = Code::DatesInverted,
             .slug = "dates-inverted",
             .severity = Severity::Error,
             .summary = "A window ends before it begins.",
             .why = "No day lies in it, so nothing would be read.",
             .before = "source: {type: landing, path: in, partition: {format: \"day=%Y-%m-%d\", "
                       "start_date: \"2026-02-01\", end_date: \"2026-01-01\"}}\n",
             .after = "source: {type: landing, path: in, partition: {format: \"day=%Y-%m-%d\", "
                      "start_date: \"2026-01-01\", end_date: \"2026-02-01\"}}\n"},
    CodeInfo{
        .code = Code::BadPartitionFormat,
        .slug = "bad-partition-format",
        .severity = Severity::Error,
        .summary = "A partition format without a date in it, or with an unknown directive.",
        .why = "The format tells how folders are named after dates: year=%Y/month=%m/day=%d.",
        .before = "source: {type: landing, path: in, partition: {format: \"year/month\"}}\n",
        .after = "source: {type: landing, path: in, partition: {format: \"year=%Y/month=%m\"}}\n"},
    CodeInfo{
        .code = Code::StreamWithoutKind,
        .slug = "stream-without-kind",
        .severity = Severity::Error,
        .summary = "A broker is described without saying its kind, or without its address.",
        .why = "`options.kind` is kafka (with brokers) or eventhubs (with connection_string).",
        .before = "source: {type: stream, options: {topic: rides, brokers: \"localhost:9092\"}}\n",
        .after = "source: {type: stream, options: {kind: kafka, topic: rides, brokers: "
                 "\"localhost:9092\"}}\n"},
    CodeInfo{
        .code = Code::ArchiveWithoutPath,
        .slug = "archive-without-path",
        .severity = Severity::Error,
        .summary = "`action: archive` without `archive_path`.",
        .why = "There is no place to move the files to.",
        .before = "source: {type: landing, path: in/*.csv, post_ingestion: {action: archive}}\n",
        .after = "source: {type: landing, path: in/*.csv, post_ingestion: {action: archive, "
                 "archive_path: done}}\n"},
    CodeInfo{.code = Code::BadDuration,
             .slug = "bad-duration",
             .severity = Severity::Error,
             .summary = "A duration that cannot be read.",
             .why = "Durations are a number and a unit: 30s, 15m, 24h, 7d, 2w, \"6 hours\", or ISO "
                    "8601 (PT6H).",
             .before = "service_levels: {freshness: {threshold: \"soon\", field: picked_up}}\n",
             .after = "service_levels: {freshness: {threshold: \"6h\", field: picked_up}}\n"},
    CodeInfo{.code = Code::BadCron,
             .slug = "bad-cron",
             .severity = Severity::Error,
             .summary = "A schedule that is no cron line.",
             .why = "A cron line has five fields: minute, hour, day of month, month, day of week.",
             .before = "schedule: \"61 * * * *\"\n",
             .after = "schedule: \"0 * * * *\"\n"},
    CodeInfo{.code = Code::UnknownEvent,
             .slug = "unknown-event",
             .severity = Severity::Warning,
             .summary = "An event that nothing raises.",
             .why = "The notification would never be sent.",
             .before = "quarantine:\n"
                       "  notifications:\n"
                       "    - {type: slack, target: \"#alerts\", on_events: [quarantin]}\n",
             .after = "quarantine:\n"
                      "  notifications:\n"
                      "    - {type: slack, target: \"#alerts\", on_events: [quarantine]}\n"},
    CodeInfo{
        .code = Code::BadDate,
        .slug = "bad-date",
        .severity = Severity::Error,
        .summary = "A date or time that cannot be read.",
        .why = "Dates are written YYYY-MM-DD, with a time YYYY-MM-DDTHH:MM:SS.",
        .before = "source: {type: landing, path: in, load_mode: incremental, watermark_strategy: "
                  "date_range, watermark_field: picked_up, from_date: \"01/02/2026\"}\n",
        .after = "source: {type: landing, path: in, load_mode: incremental, watermark_strategy: "
                 "date_range, watermark_field: picked_up, from_date: \"2026-02-01\"}\n"},
    CodeInfo{.code = Code::ObjectiveIncomplete,
             .slug = "objective-incomplete",
             .severity = Severity::Error,
             .summary = "A service level without a threshold.",
             .why = "Nothing can be judged.",
             .before = "service_levels: {freshness: {field: picked_up}}\n",
             .after = "service_levels: {freshness: {threshold: 6h, field: picked_up}}\n"},
    CodeInfo{.code = Code::BadTemplate,
             .slug = "bad-template",
             .severity = Severity::Error,
             .summary = "A template of a notification that no text can be made of.",
             .why = "The mistake would show when something has failed, and nobody would be told. "
                    "Templates are written in Jinja: {{ name }}, {% for row in rows %} ... "
                    "{% endfor %}. They read no other template.",
             .before =
                 "quarantine:\n"
                 "  notifications:\n"
                 "    - {type: slack, target: \"#alerts\", message_template: \"{{ run_id\"}\n",
             .after = "quarantine:\n"
                      "  notifications:\n"
                      "    - {type: slack, target: \"#alerts\", message_template: \"{{ run_id "
                      "}}\"}\n",
             .needs_templates = true},
    CodeInfo{.code = Code::TemplateNotChecked,
             .slug = "template-not-checked",
             .severity = Severity::Notice,
             .summary = "A template of a notification that this build cannot check.",
             .why = "Templates are read by a library that this installation lacks; `sluice doctor` "
                    "says how to get it.",
             .before = "",
             .after = ""},
    CodeInfo{.code = Code::NotSupportedYet,
             .slug = "not-supported-yet",
             .severity = Severity::Notice,
             .summary = "A key that is understood and that no run executes yet.",
             .why = "A run refuses the contract when the key decides which rows are read or "
                    "written, unless a flag replaces it, and warns of any other.",
             .before = "logic: build_trips\n",
             .after = "dataset: trips\n"},
};

}  // namespace

std::span<const CodeInfo> run_codes() { return kCodes; }

}  // namespace sluice::contract::internal
