// Tables of source, server, links and environments.
#include <array>

#include "sluice/contract/document/document_words.h"
#include "sluice/contract/document/shapes_internal.h"
#include "sluice/contract/read/nullable.h"
#include "sluice/contract/read/reader.h"

namespace sluice::contract {
namespace {

void read_known_hosts(Reader& reader, const Node& node, SourceOptions& options) {
  Value value;
  read_value(reader, node, value);  // a written null is a value here
  options.known_hosts = std::move(value);
}

/// A list of parts, or a map of part to column.
void read_date_parts(Reader& reader, const Node& node, Source& source) {
  if (node.is_sequence()) {
    Texts parts;
    read_value(reader, node, parts);
    for (const Text& part : parts) {
      source.watermark_date_parts.push_back({.key = part, .value = part});
    }
  } else if (!node.is_null()) {
    read_value(reader, node, source.watermark_date_parts);
  }
}

/// true, false, or a list of columns.
void read_flatten(Reader& reader, const Node& node, Source& source) {
  if (node.is_sequence()) {
    read_value(reader, node, source.flatten_nested.columns);
    return;
  }
  Flag all;
  read_value(reader, node, all);
  source.flatten_nested.all = all.value;
}

/// The older spelling of schema_policy.evolution.
void read_schema_evolution(Reader& reader, const Node& node, Server& server) {
  At<Evolution> evolution;
  read_value(reader, node, evolution);
  if (!server.schema_policy) {
    server.schema_policy = SchemaPolicy{.span = node.span};
  }
  server.schema_policy->evolution = evolution;
  if (evolution.value == Evolution::Strict) {
    server.schema_policy->unknown_fields = {UnknownFields::Quarantine, node.span};
  }
  reader.out().add(Code::DeprecatedKey, node.span,
                   "'server.schema_evolution' is read as 'server.schema_policy.evolution'");
}

void read_allow_drift(Reader& reader, const Node& node, Server& server) {
  Flag allows;
  read_value(reader, node, allows);
  if (!server.schema_policy) {
    server.schema_policy = SchemaPolicy{.span = node.span};
  }
  server.schema_policy->unknown_fields = {
      allows.value ? UnknownFields::Allow : UnknownFields::Quarantine, node.span};
  reader.out().add(Code::DeprecatedKey, node.span,
                   "'server.allow_schema_drift' is read as 'server.schema_policy.unknown_fields'");
}

constexpr std::array kColumnKeys{
    required<&FixedWidthColumn::name>("name", "Name of the column"),
    required<&FixedWidthColumn::start>("start", "First character, 1-based"),
    required<&FixedWidthColumn::width>("width", "Number of characters"),
};

using O = SourceOptions;
constexpr std::array kOptionKeys{
    key<&O::archive_member>("archive_member", "Glob of the files to read inside a zip"),
    key<&O::implied_decimals>("implied_decimals", "Column to number of implied decimal digits"),
    key<&O::date_formats>("date_formats", "Column to the pattern of its dates"),
    key<&O::decimal_comma>("decimal_comma", "Whether a comma separates decimals (false)"),
    key<&O::delimiter>("delimiter", "What separates values (,)"),
    key<&O::encoding>("encoding", "Encoding of the text (utf-8)"),
    key<&O::skip_rows>("skip_rows", "Lines to skip at the beginning (0)"),
    key<&O::has_header>("has_header", "Whether the first line names the columns (true)"),
    key<&O::quote_char>("quote_char", "What quotes values (\")"),
    key<&O::null_values>("null_values", "Texts that mean no value"),
    key<&O::comment_prefix>("comment_prefix", "Lines that begin with it are skipped"),
    key<&O::sheet_name>("sheet_name", "Sheet to read; absent: the first"),
    key<&O::header_row>("header_row", "Row that names the columns, 1-based (1)"),
    key<&O::skip_footer>("skip_footer", "Lines to skip at the end (0)"),
    key<&O::multiline>("multiline", "Whether the file is one document; absent: found out"),
    key<&O::row_tag>("row_tag", "Element that is a row; absent: the repeated one"),
    key<&O::columns>("columns", "Columns of a fixed-width line"),
    key<&O::record_length>("record_length", "Length of a fixed-width line"),
    key<&O::strip>("strip", "Whether blanks around values are removed (true)"),
    key<&O::fetch_size>("fetch_size", "Rows fetched at a time", Support::Later),
    key<&O::partition_column>("partition_column", "Column that parallel reads are cut by",
                              Support::LaterRows),
    key<&O::partition_num>("partition_num", "Number of parallel reads", Support::LaterRows),
    key<&O::partition_lower_bound>("partition_lower_bound", "Least value of that column",
                                   Support::LaterRows),
    key<&O::partition_upper_bound>("partition_upper_bound", "Greatest value of that column",
                                   Support::LaterRows),
    key<&O::cdc_provider>("cdc_provider", "azuresql, azure_sql, sqlserver or mssql",
                          Support::LaterRows),
    key<&O::cdc_capture_instance>("cdc_capture_instance", "Name of the capture instance",
                                  Support::LaterRows),
    key<&O::database>("database", "MongoDB database", Support::Later),
    key<&O::filter>("filter", "MongoDB filter", Support::LaterRows),
    key<&O::projection>("projection", "MongoDB projection", Support::LaterRows),
    key<&O::batch_size>("batch_size", "Documents or messages at a time (1000)", Support::Later),
    key<&O::username>("username", "User of the server", Support::Later),
    key<&O::password>("password", "env:NAME of the password", Support::Later),
    key<&O::private_key_path>("private_key_path", "File of the private key", Support::Later),
    custom<&read_known_hosts, O>("known_hosts", "File of known hosts; null switches the check off",
                                 ValueKind::AnyScalar),
    key<&O::staging_path>("staging_path", "Where files are put before they are read",
                          Support::Later),
    key<&O::kind>("kind", "kafka or eventhubs", Support::Later),
    key<&O::brokers>("brokers", "host:port, several by comma", Support::Later),
    key<&O::connection_string>("connection_string", "env:NAME of the connection string",
                               Support::Later),
    key<&O::topic>("topic", "Topic to read", Support::Later),
    key<&O::group_id>("group_id", "Consumer group", Support::Later),
    key<&O::starting_offsets>("starting_offsets", "earliest or latest, on the first run (earliest)",
                              Support::Later),
    key<&O::checkpoint>("checkpoint", "Where the position is kept", Support::Later),
    key<&O::trigger>("trigger", "available_now, continuous or processing_time (available_now)",
                     Support::Later),
    key<&O::processing_time>("processing_time", "Time between batches (30 seconds)",
                             Support::Later),
    key<&O::max_offsets_per_trigger>("max_offsets_per_trigger", "Most messages of a batch",
                                     Support::Later),
    key<&O::security_protocol>("security_protocol", "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
                               Support::Later),
    key<&O::sasl_mechanism>("sasl_mechanism", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
                            Support::Later),
    key<&O::sasl_username>("sasl_username", "User of the broker", Support::Later),
    key<&O::sasl_password>("sasl_password", "env:NAME of the broker's password", Support::Later),
    key<&O::engine_options>("engine_options", "Passed to the engine as it is", Support::Later),
};

constexpr std::array kPartitionKeys{
    required<&SourcePartition::format>("format", "Folders by date, e.g. year=%Y/month=%m"),
    key<&SourcePartition::lookback_days>("lookback_days", "Days before today (30)"),
    key<&SourcePartition::start_date>("start_date", "First day"),
    key<&SourcePartition::end_date>("end_date", "Last day"),
    key<&SourcePartition::file_pattern>("file_pattern", "Glob of the files in a folder"),
};

constexpr std::array kEndpointKeys{
    required<&DltEndpoint::name>("name", "Name of the endpoint"),
    required<&DltEndpoint::path>("path", "Path below base_url"),
    key<&DltEndpoint::params>("params", "Query parameters"),
    key<&DltEndpoint::paginator>("paginator", "How results are paged"),
};

constexpr std::array kDltKeys{
    key<&DltSource::source>("source", "Verified source"),
    key<&DltSource::resource>("resource", "Resource of the verified source"),
    key<&DltSource::base_url>("base_url", "Root of a REST API"),
    key<&DltSource::endpoints>("endpoints", "Endpoints of the REST API"),
    key<&DltSource::credentials>("credentials", "Names of environment variables"),
    key<&DltSource::write_disposition>("write_disposition", "append, replace or merge (replace)"),
    key<&DltSource::max_table_nesting>("max_table_nesting", "Levels that become tables (1)"),
};

constexpr std::array kPostIngestionKeys{
    key<&PostIngestion::action>("action", "retain, delete or archive (retain)"),
    key<&PostIngestion::cleanup_is_blocking>("cleanup_is_blocking",
                                             "Whether a failed clean-up fails the run (false)"),
    key<&PostIngestion::retry_orphaned_files>("retry_orphaned_files",
                                              "Each run tries again what one before could not",
                                              Support::Recorded),
    key<&PostIngestion::archive_path>("archive_path", "Where files are moved to"),
};

constexpr std::array kSourceKeys{
    standard<&Source::type>("type", "Kind of source", "read as 'landing', files"),
    key<&Source::query>("query", "SQL that a database runs", Support::LaterRows),
    key<&Source::path>("path", "File, folder, glob, URI, table or env:NAME"),
    key<&Source::format>("format", "Format of the files; absent: by their ending"),
    key<&Source::options>("options", "How to read the format"),
    key<&Source::load_mode>("load_mode", "full, incremental or cdc (full)"),
    key<&Source::pattern>("pattern", "Glob of the files in the folder"),
    key<&Source::watermark_field>("watermark_field", "Column that tells new from old",
                                  Support::Later),
    key<&Source::cdc_op_field>("cdc_op_field", "Column that holds the operation"),
    key<&Source::cdc_delete_values>("cdc_delete_values", "Its values that mean delete"),
    key<&Source::cdc_timestamp_field>("cdc_timestamp_field", "Column that orders changes"),
    key<&Source::dlt>("dlt", "Verified source or REST API", Support::LaterRows),
    key<&Source::partition>("partition", "Folders named after dates"),
    key<&Source::empty_behavior>("empty_behavior", "skip or fail when there is nothing to read"),
    nullable<&Source::watermark_strategy>("watermark_strategy",
                                          "How new is told from old (max_target)"),
    key<&Source::target_path>("target_path", "Table whose greatest value is the watermark",
                              Support::LaterRows),
    key<&Source::lookback>("lookback", "Window that is read again, e.g. 3d", Support::LaterRows),
    key<&Source::from_date>("from_date", "Begin of the window", Support::LaterRows),
    key<&Source::to_date>("to_date", "End of the window", Support::LaterRows),
    key<&Source::pipeline_log_table>("pipeline_log_table", "Table that keeps the position",
                                     Support::Later),
    key<&Source::pipeline_name>("pipeline_name", "Name under which the position is kept",
                                Support::Later),
    key<&Source::manifest_path>("manifest_path", "File that lists what to read",
                                Support::LaterRows),
    custom<&read_date_parts, Source>("watermark_date_parts", "Columns that form the date",
                                     ValueKind::StringMap, Support::LaterRows),
    key<&Source::partition_filters>("partition_filters", "Values of partition columns",
                                    Support::LaterRows),
    custom<&read_flatten, Source>("flatten_nested", "true, or a list of columns (false)",
                                  ValueKind::Anything),
    key<&Source::retry>("retry", "How a failed read is repeated", Support::Later),
    key<&Source::post_ingestion>("post_ingestion", "What happens to files that were read"),
};

constexpr std::array kPolicyKeys{
    key<&SchemaPolicy::evolution>("evolution", "How much the schema may change (allow)"),
    key<&SchemaPolicy::unknown_fields>("unknown_fields",
                                       "quarantine, drop or allow undeclared columns (allow)"),
};

constexpr std::array kServerKeys{
    key<&Server::type>("type", "Kind of server", Support::Recorded),
    standard<&Server::path>("path", "Where the data lives",
                            "source and target say where they are themselves"),
    key<&Server::format>("format", "Format of the data (parquet)"),
    key<&Server::mode>("mode", "validate or ingest (validate)", Support::Recorded),
    key<&Server::cast_to_string>("cast_to_string", "Whether every column becomes text (false)"),
    key<&Server::schema_policy>("schema_policy", "How a changed schema is handled"),
    key<&Server::post_ingestion>("post_ingestion", "What happens to files that were read"),
    custom<&read_schema_evolution, Server>("schema_evolution", "Older spelling", ValueKind::Word),
    custom<&read_allow_drift, Server>("allow_schema_drift", "Older spelling", ValueKind::Boolean),
};

constexpr std::array kEnvironmentKeys{
    required<&Environment::path>("path", "Where the data lives in this environment"),
    key<&Environment::format>("format", "Format of the data"),
};

constexpr std::array kLinkKeys{
    required<&Link::name>("name", "Name in SQL, lookups and rules"),
    key<&Link::path>("path", "File or folder"),
    key<&Link::type>("type", "Format of the file, or table (parquet)"),
    key<&Link::table>("table", "Table of a DuckDB file, or a folder that a run wrote"),
    key<&Link::broadcast>("broadcast", "Hint for a distributed engine", Support::Recorded),
    key<&Link::columns>("columns", "Columns to read; absent: all"),
    key<&Link::filter>("filter", "Rows to read"),
    key<&Link::query>("query", "SELECT that makes the link; {link} is the raw data"),
};

constexpr Shape kColumn{"source.options.columns[]", kColumnKeys};
constexpr Shape kOptions{"source.options", kOptionKeys};
constexpr Shape kPartition{"source.partition", kPartitionKeys};
constexpr Shape kEndpoint{"source.dlt.endpoints[]", kEndpointKeys};
constexpr Shape kDlt{"source.dlt", kDltKeys};
constexpr Shape kPostIngestion{"post_ingestion", kPostIngestionKeys};
constexpr Shape kSource{"source", kSourceKeys};
constexpr Shape kPolicy{"schema_policy", kPolicyKeys};
constexpr Shape kServer{"server", kServerKeys};
constexpr Shape kEnvironment{"environments.*", kEnvironmentKeys};
constexpr Shape kLink{"links[]", kLinkKeys};

}  // namespace

// clang-format off
template <> const Shape& shape_of<FixedWidthColumn>() { return kColumn; }
template <> const Shape& shape_of<SourceOptions>() { return kOptions; }
template <> const Shape& shape_of<SourcePartition>() { return kPartition; }
template <> const Shape& shape_of<DltEndpoint>() { return kEndpoint; }
template <> const Shape& shape_of<DltSource>() { return kDlt; }
template <> const Shape& shape_of<PostIngestion>() { return kPostIngestion; }
template <> const Shape& shape_of<Source>() { return kSource; }
template <> const Shape& shape_of<SchemaPolicy>() { return kPolicy; }
template <> const Shape& shape_of<Server>() { return kServer; }
template <> const Shape& shape_of<Environment>() { return kEnvironment; }
template <> const Shape& shape_of<Link>() { return kLink; }
// clang-format on

}  // namespace sluice::contract
