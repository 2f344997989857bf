#include "sluice/contract/document/document_words.h"

#include <array>

namespace sluice::contract {
namespace {

constexpr std::array kSourceTypes{
    Word<SourceType>{"landing", SourceType::Landing},
    Word<SourceType>{"stream", SourceType::Stream},
    Word<SourceType>{"table", SourceType::Table},
    Word<SourceType>{"delta", SourceType::Delta},
    Word<SourceType>{"iceberg", SourceType::Iceberg},
    Word<SourceType>{"database", SourceType::Database},
    Word<SourceType>{"dlt", SourceType::Dlt},
    Word<SourceType>{"sftp", SourceType::Sftp},
};
constexpr std::array kSourceFormats{
    Word<SourceFormat>{"csv", SourceFormat::Csv},
    Word<SourceFormat>{"tsv", SourceFormat::Tsv},
    Word<SourceFormat>{"json", SourceFormat::Json},
    Word<SourceFormat>{"ndjson", SourceFormat::Ndjson},
    Word<SourceFormat>{"jsonl", SourceFormat::Jsonl},
    Word<SourceFormat>{"xml", SourceFormat::Xml},
    Word<SourceFormat>{"xlsx", SourceFormat::Xlsx},
    Word<SourceFormat>{"xls", SourceFormat::Xls},
    Word<SourceFormat>{"excel", SourceFormat::Excel},
    Word<SourceFormat>{"fixed_width", SourceFormat::FixedWidth},
    Word<SourceFormat>{"avro", SourceFormat::Avro},
    Word<SourceFormat>{"parquet", SourceFormat::Parquet},
    Word<SourceFormat>{"arrow", SourceFormat::Arrow},
    Word<SourceFormat>{"delta", SourceFormat::Delta},
    Word<SourceFormat>{"iceberg", SourceFormat::Iceberg},
    Word<SourceFormat>{"pdf", SourceFormat::Pdf},
    Word<SourceFormat>{"docx", SourceFormat::Docx},
    Word<SourceFormat>{"pptx", SourceFormat::Pptx},
    Word<SourceFormat>{"html", SourceFormat::Html},
    Word<SourceFormat>{"image", SourceFormat::Image},
};
constexpr std::array kLoadModes{
    Word<LoadMode>{"full", LoadMode::Full},
    Word<LoadMode>{"incremental", LoadMode::Incremental},
    Word<LoadMode>{"cdc", LoadMode::Cdc},
};
constexpr std::array kWatermarkStrategies{
    Word<WatermarkStrategy>{"max_target", WatermarkStrategy::MaxTarget},
    Word<WatermarkStrategy>{"pipeline_log", WatermarkStrategy::PipelineLog},
    Word<WatermarkStrategy>{"manifest", WatermarkStrategy::Manifest},
    Word<WatermarkStrategy>{"lookback", WatermarkStrategy::Lookback},
    Word<WatermarkStrategy>{"date_range", WatermarkStrategy::DateRange},
    Word<WatermarkStrategy>{"delta_version", WatermarkStrategy::DeltaVersion},
    Word<WatermarkStrategy>{"append", WatermarkStrategy::Append},
};
constexpr std::array kEmptyBehaviors{
    Word<EmptyBehavior>{"skip", EmptyBehavior::Skip},
    Word<EmptyBehavior>{"fail", EmptyBehavior::Fail},
};
constexpr std::array kCleanupActions{
    Word<CleanupAction>{"retain", CleanupAction::Retain},
    Word<CleanupAction>{"delete", CleanupAction::Delete},
    Word<CleanupAction>{"archive", CleanupAction::Archive},
};
constexpr std::array kEvolutions{
    Word<Evolution>{"strict", Evolution::Strict},
    Word<Evolution>{"append", Evolution::Append},
    Word<Evolution>{"merge", Evolution::Merge},
    Word<Evolution>{"overwrite", Evolution::Overwrite},
    Word<Evolution>{"compatible", Evolution::Compatible},
    Word<Evolution>{"allow", Evolution::Allow},
};
constexpr std::array kUnknownFields{
    Word<UnknownFields>{"quarantine", UnknownFields::Quarantine},
    Word<UnknownFields>{"drop", UnknownFields::Drop},
    Word<UnknownFields>{"allow", UnknownFields::Allow},
};
constexpr std::array kServerModes{
    Word<ServerMode>{"validate", ServerMode::Validate},
    Word<ServerMode>{"ingest", ServerMode::Ingest},
};
constexpr std::array kStrategies{
    Word<Strategy>{"append", Strategy::Append},
    Word<Strategy>{"overwrite", Strategy::Overwrite},
    Word<Strategy>{"merge", Strategy::Merge},
    Word<Strategy>{"scd2", Strategy::Scd2},
};
constexpr std::array kSurrogateKeyStrategies{
    Word<SurrogateKeyStrategy>{"hash", SurrogateKeyStrategy::Hash},
    Word<SurrogateKeyStrategy>{"uuid", SurrogateKeyStrategy::Uuid},
};
constexpr std::array kReprocessPolicies{
    Word<ReprocessPolicy>{"overwrite_partition", ReprocessPolicy::OverwritePartition},
    Word<ReprocessPolicy>{"overwrite_partition_safe", ReprocessPolicy::OverwritePartitionSafe},
    Word<ReprocessPolicy>{"append", ReprocessPolicy::Append},
    Word<ReprocessPolicy>{"window", ReprocessPolicy::Window},
};
constexpr std::array kQuarantineWriteModes{
    Word<QuarantineWriteMode>{"append", QuarantineWriteMode::Append},
    Word<QuarantineWriteMode>{"overwrite", QuarantineWriteMode::Overwrite},
};
constexpr std::array kRunIdSources{
    Word<RunIdSource>{"run_id", RunIdSource::RunId},
    Word<RunIdSource>{"pipeline_run_id", RunIdSource::PipelineRunId},
};
constexpr std::array kAnomalyBaselines{
    Word<AnomalyBaseline>{"median", AnomalyBaseline::Median},
    Word<AnomalyBaseline>{"rolling_average", AnomalyBaseline::RollingAverage},
    Word<AnomalyBaseline>{"seasonal_median", AnomalyBaseline::SeasonalMedian},
};
constexpr std::array kLogicTypes{
    Word<LogicType>{"python", LogicType::Python},
    Word<LogicType>{"notebook", LogicType::Notebook},
    Word<LogicType>{"command", LogicType::Command},
};
constexpr std::array kSqlDialects{
    Word<SqlDialect>{"duckdb", SqlDialect::Duckdb},
    Word<SqlDialect>{"spark", SqlDialect::Spark},
};

}  // namespace

template <>
std::span<const Word<SourceType>> words_of<SourceType>() {
  return kSourceTypes;
}
template <>
std::span<const Word<SourceFormat>> words_of<SourceFormat>() {
  return kSourceFormats;
}
template <>
std::span<const Word<LoadMode>> words_of<LoadMode>() {
  return kLoadModes;
}
template <>
std::span<const Word<WatermarkStrategy>> words_of<WatermarkStrategy>() {
  return kWatermarkStrategies;
}
template <>
std::span<const Word<EmptyBehavior>> words_of<EmptyBehavior>() {
  return kEmptyBehaviors;
}
template <>
std::span<const Word<CleanupAction>> words_of<CleanupAction>() {
  return kCleanupActions;
}
template <>
std::span<const Word<Evolution>> words_of<Evolution>() {
  return kEvolutions;
}
template <>
std::span<const Word<UnknownFields>> words_of<UnknownFields>() {
  return kUnknownFields;
}
template <>
std::span<const Word<ServerMode>> words_of<ServerMode>() {
  return kServerModes;
}
template <>
std::span<const Word<Strategy>> words_of<Strategy>() {
  return kStrategies;
}
template <>
std::span<const Word<SurrogateKeyStrategy>> words_of<SurrogateKeyStrategy>() {
  return kSurrogateKeyStrategies;
}
template <>
std::span<const Word<ReprocessPolicy>> words_of<ReprocessPolicy>() {
  return kReprocessPolicies;
}
template <>
std::span<const Word<QuarantineWriteMode>> words_of<QuarantineWriteMode>() {
  return kQuarantineWriteModes;
}
template <>
std::span<const Word<RunIdSource>> words_of<RunIdSource>() {
  return kRunIdSources;
}
template <>
std::span<const Word<AnomalyBaseline>> words_of<AnomalyBaseline>() {
  return kAnomalyBaselines;
}
template <>
std::span<const Word<LogicType>> words_of<LogicType>() {
  return kLogicTypes;
}
template <>
std::span<const Word<SqlDialect>> words_of<SqlDialect>() {
  return kSqlDialects;
}

}  // namespace sluice::contract
