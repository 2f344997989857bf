// What surrounds the data: quarantine, lineage columns, service levels, notifications, external
// logic, extraction, retention and the edges of the mesh. Plain values: nothing here is carried
// out, and a text that names a secret is still only the name.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sluice/contract/model/field.h"
#include "sluice/contract/model/value.h"

namespace sluice::contract {

struct Notification {
  Text type{"apprise", {}};
  Texts targets;  // target, targets, to, channel and url, in this order
  Texts on_events{{"quarantine", {}}, {"failure", {}}};
  MaybeText subject_template;
  MaybeText subject_template_file;
  MaybeText message_template;
  MaybeText message_template_file;
  MaybeText body_template;
  MaybeText body_template_file;
  MaybeBag template_context;
  ValueMap settings;  // of the channel: smtp_host, from_email ...
  Place span;
  friend bool operator==(const Notification&, const Notification&) = default;
};

enum class QuarantineWriteMode : std::uint8_t { Append, Overwrite };

struct Quarantine {
  MaybeText target;
  MaybeText table;
  MaybeText location;
  Flag enabled{true, {}};
  Flag include_error_reason{true, {}};
  Flag strict_notifications{true, {}};
  Flag fail_on_quarantine;
  Flag notifications_enabled{true, {}};
  MaybeText format;
  At<QuarantineWriteMode> write_mode{QuarantineWriteMode::Append, {}};
  std::vector<Notification> notifications;
  Flag seal;  // keep originals of one-way maskings sealed, so that such rows can be replayed
  Place span;
  friend bool operator==(const Quarantine&, const Quarantine&) = default;
};

enum class RunIdSource : std::uint8_t { RunId, PipelineRunId };

/// Provenance columns; off unless `enabled`.
struct Lineage {
  Flag enabled;
  Flag capture_source_path{true, {}};
  Flag capture_timestamp{true, {}};
  Flag capture_run_id{true, {}};
  Text source_column_name{"_lakelogic_source", {}};
  Text timestamp_column_name{"_lakelogic_processed_at", {}};
  Text run_id_column_name{"_lakelogic_run_id", {}};
  Flag capture_contract_name{true, {}};
  Text contract_name_column_name{"_lakelogic_contract_name", {}};
  Flag capture_domain{true, {}};
  Flag capture_system{true, {}};
  Text domain_column_name{"_lakelogic_domain", {}};
  Text system_column_name{"_lakelogic_system", {}};
  Flag capture_created_at{true, {}};
  Text created_at_column_name{"_lakelogic_created_at", {}};
  Flag capture_created_by{true, {}};
  Text created_by_column_name{"_lakelogic_created_by", {}};
  MaybeText created_by_override;
  Texts preserve_upstream;
  Text upstream_prefix{"_upstream", {}};
  At<RunIdSource> run_id_source{RunIdSource::RunId, {}};
  Place span;
  friend bool operator==(const Lineage&, const Lineage&) = default;
};

/// Freshness: `threshold_text` is a duration ("6h"). Availability and completeness: a fraction.
struct Objective {
  MaybeText description;
  MaybeText threshold;  // as written: a duration, or a number
  MaybeText field;
  Place span;
  friend bool operator==(const Objective&, const Objective&) = default;
};

struct RowCountObjective {
  MaybeInteger min_rows;
  MaybeInteger max_rows;
  Text check_field{"counts_good", {}};
  Integer skip_reprocess_days{3, {}};
  MaybeText description;
  Place span;
  friend bool operator==(const RowCountObjective&, const RowCountObjective&) = default;
};

enum class AnomalyBaseline : std::uint8_t { Median, RollingAverage, SeasonalMedian };

/// The row count against the history of the table's own runs.
struct AnomalyObjective {
  At<AnomalyBaseline> method{AnomalyBaseline::Median, {}};
  Integer lookback_runs{14, {}};
  Integer lookback_days{35, {}};
  Integer min_runs_before_enforcement{5, {}};
  Number min_ratio{{0.5, "0.5"}, {}};
  Number max_ratio{{2.0, "2.0"}, {}};
  MaybeNumber critical_ratio;
  MaybeText description;
  Place span;
  friend bool operator==(const AnomalyObjective&, const AnomalyObjective&) = default;
};

/// Shares of the rows that a run judged; what is not written is no bound.
struct QualityLevel {
  MaybeNumber min_good_ratio;
  MaybeNumber max_quarantine_ratio;
  Place span;
  friend bool operator==(const QualityLevel&, const QualityLevel&) = default;
};

struct ServiceLevels {
  std::optional<Objective> freshness;  // `freshness_hours: 24` is a threshold of 24h
  std::optional<Objective> availability;
  std::optional<RowCountObjective> row_count;
  std::optional<Objective> completeness;
  MaybeText schedule;  // a cron line by which a run is due
  std::optional<AnomalyObjective> anomaly;
  std::optional<QualityLevel> quality;
  Place span;
  friend bool operator==(const ServiceLevels&, const ServiceLevels&) = default;
};

enum class LogicType : std::uint8_t { Python, Notebook, Command };

struct ExternalLogic {
  At<LogicType> type{LogicType::Python, {}};
  Text path;
  MaybeText engine;
  Text entrypoint{"run", {}};
  MaybeBag args;
  MaybeText output_path;
  MaybeText output_format;
  Flag handles_output;
  MaybeText kernel_name;
  Integer timeout_seconds{300, {}};
  Place span;
  friend bool operator==(const ExternalLogic&, const ExternalLogic&) = default;
};

struct Preprocessing {
  Text content_type;
  MaybeBag ocr;
  MaybeBag transcription;
  MaybeBag frame_extraction;
  MaybeBag chunking;
  MaybeText file_column;
  Text text_output_column{"_extracted_text", {}};
  Place span;
  friend bool operator==(const Preprocessing&, const Preprocessing&) = default;
};

struct Retry {
  Integer max_attempts{3, {}};
  Text backoff{"exponential", {}};
  Number initial_delay{{1.0, "1.0"}, {}};
  Place span;
  friend bool operator==(const Retry&, const Retry&) = default;
};

struct Confidence {
  Flag enabled{true, {}};
  Text method{"field_completeness", {}};
  Text column{"_lakelogic_extraction_confidence", {}};
  Integer consistency_runs{3, {}};
  Place span;
  friend bool operator==(const Confidence&, const Confidence&) = default;
};

/// Text into columns: `provider: regex` by patterns, the others by a language model.
struct Extraction {
  Text provider;
  Text model{"auto", {}};
  Number temperature{{0.1, "0.1"}, {}};
  Integer max_tokens{1000, {}};
  Text response_format{"json", {}};
  MaybeText prompt_template;
  MaybeText system_prompt;
  MaybeText text_column;
  Texts context_columns;
  std::optional<Preprocessing> preprocessing;
  std::vector<Field> output_schema;
  TextMap patterns;  // column -> regular expression with one group
  Integer batch_size{50, {}};
  Integer concurrency{5, {}};
  std::optional<Retry> retry;
  std::optional<Confidence> confidence;
  MaybeNumber max_cost_per_run;
  MaybeInteger max_rows_per_run;
  MaybeText fallback_model;
  MaybeText fallback_provider;
  Flag redact_pii_before_llm;
  Texts pii_fields;
  Place span;
  friend bool operator==(const Extraction&, const Extraction&) = default;
};

struct UpstreamContract {
  Text contract;
  MaybeText layer;
  MaybeText domain;
  MaybeText system;
  MaybeText note;
  Place span;
  friend bool operator==(const UpstreamContract&, const UpstreamContract&) = default;
};

struct UpstreamSource {
  Text type;
  Text name;
  MaybeText system;
  MaybeText path;
  MaybeText format;
  MaybeText catalog_path;
  MaybeText owner;
  MaybeText description;
  MaybeText note;
  Texts columns_used;
  std::vector<UpstreamSource> upstream_sources;
  Place span;
  friend bool operator==(const UpstreamSource&, const UpstreamSource&) = default;
};

struct DownstreamConsumer {
  Text type;
  Text name;
  MaybeText platform;
  MaybeText url;
  MaybeText owner;
  MaybeText description;
  MaybeText refresh;
  Texts columns_used;
  MaybeText sla;
  MaybeFlag managed;
  std::vector<DownstreamConsumer> consumers;
  Place span;
  friend bool operator==(const DownstreamConsumer&, const DownstreamConsumer&) = default;
};

struct Retention {
  Text period;
  MaybeText column;
  MaybeText starts;
  MaybeText basis;
  Place span;
  friend bool operator==(const Retention&, const Retention&) = default;
};

}  // namespace sluice::contract
