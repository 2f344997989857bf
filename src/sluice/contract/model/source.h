// source, server, links and environments: where data comes from and where it lives. Plain values;
// paths are as written, relative to the folder of the contract. Which types and formats this build
// can read is not decided here.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sluice/contract/model/value.h"

namespace sluice::contract {

enum class SourceType : std::uint8_t {
  Landing,
  Stream,
  Table,
  Delta,
  Iceberg,
  Database,
  Dlt,
  Sftp,
};

enum class SourceFormat : std::uint8_t {
  Csv,
  Tsv,
  Json,
  Ndjson,
  Jsonl,
  Xml,
  Xlsx,
  Xls,
  Excel,
  FixedWidth,
  Avro,
  Parquet,
  Arrow,
  Delta,
  Iceberg,
  Pdf,
  Docx,
  Pptx,
  Html,
  Image,
};

enum class LoadMode : std::uint8_t { Full, Incremental, Cdc };

/// How an incremental read knows what is new.
enum class WatermarkStrategy : std::uint8_t {
  MaxTarget,
  PipelineLog,
  Manifest,
  Lookback,
  DateRange,
  DeltaVersion,
  Append,
};

enum class EmptyBehavior : std::uint8_t { Skip, Fail };
enum class CleanupAction : std::uint8_t { Retain, Delete, Archive };

struct PostIngestion {
  At<CleanupAction> action{CleanupAction::Retain, {}};
  Flag cleanup_is_blocking;
  Flag retry_orphaned_files;
  MaybeText archive_path;
  Place span;
  friend bool operator==(const PostIngestion&, const PostIngestion&) = default;
};

struct FixedWidthColumn {
  Text name;
  Integer start;  // 1-based
  Integer width;
  Place span;
  friend bool operator==(const FixedWidthColumn&, const FixedWidthColumn&) = default;
};

/// Every option of every kind of source; which of them a source may write depends on its type and
/// format and is checked (source_options.cc). Absent means the kind's default.
struct SourceOptions {
  // every file format
  MaybeText archive_member;
  std::vector<Pair<Integer>> implied_decimals;
  TextMap date_formats;
  MaybeFlag decimal_comma;
  // csv, tsv; encoding and skip_rows also fixed_width
  MaybeText delimiter;
  MaybeText encoding;
  MaybeInteger skip_rows;
  MaybeFlag has_header;
  MaybeText quote_char;
  std::optional<Texts> null_values;
  MaybeText comment_prefix;
  // spreadsheets; skip_footer also fixed_width
  MaybeText sheet_name;
  MaybeInteger header_row;
  MaybeInteger skip_footer;
  // json, xml, fixed_width
  MaybeFlag multiline;
  MaybeText row_tag;
  std::vector<FixedWidthColumn> columns;
  MaybeInteger record_length;
  MaybeFlag strip;
  // database
  MaybeInteger fetch_size;
  MaybeText partition_column;
  MaybeInteger partition_num;
  MaybeValue partition_lower_bound;
  MaybeValue partition_upper_bound;
  MaybeText cdc_provider;
  MaybeText cdc_capture_instance;
  // mongodb; batch_size also streams
  MaybeText database;
  MaybeBag filter;
  MaybeBag projection;
  MaybeInteger batch_size;
  // sftp
  MaybeText username;
  MaybeText password;
  MaybeText private_key_path;
  MaybeValue known_hosts;  // a written null switches the check off
  MaybeText staging_path;
  // streams
  MaybeText kind;
  MaybeText brokers;
  MaybeText connection_string;
  MaybeText topic;
  MaybeText group_id;
  MaybeText starting_offsets;
  MaybeText checkpoint;
  MaybeText trigger;
  MaybeText processing_time;
  MaybeInteger max_offsets_per_trigger;
  MaybeText security_protocol;
  MaybeText sasl_mechanism;
  MaybeText sasl_username;
  MaybeText sasl_password;
  MaybeBag engine_options;
  Place span;
  friend bool operator==(const SourceOptions&, const SourceOptions&) = default;
};

struct SourcePartition {
  Text format;  // strftime path, e.g. year=%Y/month=%m
  MaybeInteger lookback_days;
  MaybeText start_date;
  MaybeText end_date;
  MaybeText file_pattern;
  Place span;
  friend bool operator==(const SourcePartition&, const SourcePartition&) = default;
};

struct DltEndpoint {
  Text name;
  Text path;
  MaybeBag params;
  MaybeText paginator;
  Place span;
  friend bool operator==(const DltEndpoint&, const DltEndpoint&) = default;
};

struct DltSource {
  MaybeText source;
  MaybeText resource;
  MaybeText base_url;
  std::vector<DltEndpoint> endpoints;
  TextMap credentials;
  Text write_disposition{"replace", {}};
  Integer max_table_nesting{1, {}};
  Place span;
  friend bool operator==(const DltSource&, const DltSource&) = default;
};

/// `flatten_nested: true` or a list of columns.
struct FlattenNested {
  bool all = false;
  Texts columns;
  friend bool operator==(const FlattenNested&, const FlattenNested&) = default;
};

struct Source {
  At<SourceType> type{SourceType::Landing, {}};
  MaybeSql query;
  MaybeText path;
  std::optional<At<SourceFormat>> format;
  SourceOptions options;
  At<LoadMode> load_mode{LoadMode::Full, {}};
  MaybeText pattern;
  MaybeText watermark_field;
  MaybeText cdc_op_field;
  Texts cdc_delete_values;
  MaybeText cdc_timestamp_field;
  std::optional<DltSource> dlt;
  std::optional<SourcePartition> partition;
  std::optional<At<EmptyBehavior>> empty_behavior;
  At<WatermarkStrategy> watermark_strategy{WatermarkStrategy::MaxTarget, {}};
  MaybeText target_path;
  MaybeText lookback;
  MaybeText from_date;
  MaybeText to_date;
  MaybeText pipeline_log_table;
  MaybeText pipeline_name;
  MaybeText manifest_path;
  TextMap watermark_date_parts;  // part -> column; of a list both are the same word
  MaybeBag partition_filters;
  FlattenNested flatten_nested;
  MaybeBag retry;  // as written
  std::optional<PostIngestion> post_ingestion;
  Place span;
  friend bool operator==(const Source&, const Source&) = default;
};

enum class Evolution : std::uint8_t { Strict, Append, Merge, Overwrite, Compatible, Allow };
enum class UnknownFields : std::uint8_t { Quarantine, Drop, Allow };

struct SchemaPolicy {
  At<Evolution> evolution{Evolution::Allow, {}};
  At<UnknownFields> unknown_fields{UnknownFields::Allow, {}};
  Place span;
  friend bool operator==(const SchemaPolicy&, const SchemaPolicy&) = default;
};

enum class ServerMode : std::uint8_t { Validate, Ingest };

struct Server {
  MaybeText type;
  MaybeText path;
  Text format{"parquet", {}};
  At<ServerMode> mode{ServerMode::Validate, {}};
  Flag cast_to_string;
  std::optional<SchemaPolicy> schema_policy;
  std::optional<PostIngestion> post_ingestion;
  Place span;
  friend bool operator==(const Server&, const Server&) = default;
};

/// One entry of `environments`; the key of the map is its name.
struct Environment {
  Text path;
  MaybeText format;
  Place span;
  friend bool operator==(const Environment&, const Environment&) = default;
};

/// Reference data that SQL, lookups and rules may name.
struct Link {
  Text name;
  MaybeText path;
  Text type{"parquet", {}};
  MaybeText table;
  Flag broadcast;
  Texts columns;
  MaybeSql filter;
  MaybeSql query;
  Place span;
  friend bool operator==(const Link&, const Link&) = default;
};

}  // namespace sluice::contract
