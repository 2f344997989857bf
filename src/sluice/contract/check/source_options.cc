// Which options a kind of source has, and secrets that are written instead of named.
#include <algorithm>
#include <array>

#include "sluice/contract/check/checks_internal.h"
#include "sluice/contract/check/formats.h"
#include "sluice/contract/diagnostic/near.h"
#include "sluice/contract/document/document_words.h"

namespace sluice::contract::internal {
namespace {

/// Kinds of sources as bits.
constexpr unsigned kCsv = 1U << 0U;
constexpr unsigned kExcel = 1U << 1U;
constexpr unsigned kJson = 1U << 2U;
constexpr unsigned kXml = 1U << 3U;
constexpr unsigned kFixedWidth = 1U << 4U;
constexpr unsigned kPlainFile = 1U << 5U;  // avro, parquet, arrow
constexpr unsigned kDatabase = 1U << 6U;
constexpr unsigned kMongo = 1U << 7U;
constexpr unsigned kSftp = 1U << 8U;
constexpr unsigned kKafka = 1U << 9U;
constexpr unsigned kEventHubs = 1U << 10U;
constexpr unsigned kBare = 1U << 11U;  // tables and documents: engine_options only
constexpr unsigned kFiles = kCsv | kExcel | kJson | kXml | kFixedWidth | kPlainFile;
constexpr unsigned kStreams = kKafka | kEventHubs;
constexpr unsigned kAll = ~0U;

struct Written {
  std::string_view key;
  const Span* span;
  unsigned kinds;
};

template <class T>
void note(std::vector<Written>& written, std::string_view key, const std::optional<At<T>>& value,
          unsigned kinds) {
  if (value) {
    written.push_back({key, &value->span, kinds});
  }
}

std::vector<Written> file_options(const SourceOptions& options) {
  std::vector<Written> written;
  note(written, "archive_member", options.archive_member, kFiles);
  note(written, "decimal_comma", options.decimal_comma, kFiles);
  note(written, "delimiter", options.delimiter, kCsv);
  note(written, "encoding", options.encoding, kCsv | kFixedWidth);
  note(written, "skip_rows", options.skip_rows, kCsv | kFixedWidth);
  note(written, "has_header", options.has_header, kCsv);
  note(written, "quote_char", options.quote_char, kCsv);
  note(written, "comment_prefix", options.comment_prefix, kCsv);
  note(written, "sheet_name", options.sheet_name, kExcel);
  note(written, "header_row", options.header_row, kExcel);
  note(written, "skip_footer", options.skip_footer, kExcel | kFixedWidth);
  note(written, "multiline", options.multiline, kJson);
  note(written, "row_tag", options.row_tag, kXml);
  note(written, "record_length", options.record_length, kFixedWidth);
  note(written, "strip", options.strip, kFixedWidth);
  if (!options.implied_decimals.empty()) {
    written.push_back({"implied_decimals", &options.implied_decimals[0].key.span, kFiles});
  }
  if (!options.date_formats.empty()) {
    written.push_back({"date_formats", &options.date_formats[0].key.span, kFiles});
  }
  if (options.null_values && !options.null_values->empty()) {
    written.push_back({"null_values", &options.null_values->front().span, kCsv});
  }
  if (!options.columns.empty()) {
    written.push_back({"columns", &options.columns[0].span, kFixedWidth});
  }
  return written;
}

std::vector<Written> server_options(const SourceOptions& options) {
  std::vector<Written> written;
  note(written, "fetch_size", options.fetch_size, kDatabase);
  note(written, "partition_column", options.partition_column, kDatabase);
  note(written, "partition_num", options.partition_num, kDatabase);
  note(written, "partition_lower_bound", options.partition_lower_bound, kDatabase);
  note(written, "partition_upper_bound", options.partition_upper_bound, kDatabase);
  note(written, "cdc_provider", options.cdc_provider, kDatabase);
  note(written, "cdc_capture_instance", options.cdc_capture_instance, kDatabase);
  note(written, "database", options.database, kMongo);
  note(written, "batch_size", options.batch_size, kMongo | kStreams);
  note(written, "username", options.username, kSftp);
  note(written, "password", options.password, kSftp);
  note(written, "private_key_path", options.private_key_path, kSftp);
  note(written, "known_hosts", options.known_hosts, kSftp);
  note(written, "staging_path", options.staging_path, kSftp);
  note(written, "kind", options.kind, kStreams);
  note(written, "brokers", options.brokers, kStreams);
  note(written, "connection_string", options.connection_string, kEventHubs);
  note(written, "topic", options.topic, kStreams);
  note(written, "group_id", options.group_id, kStreams);
  note(written, "starting_offsets", options.starting_offsets, kStreams);
  note(written, "checkpoint", options.checkpoint, kStreams);
  note(written, "trigger", options.trigger, kStreams);
  note(written, "processing_time", options.processing_time, kStreams);
  note(written, "max_offsets_per_trigger", options.max_offsets_per_trigger, kStreams);
  note(written, "security_protocol", options.security_protocol, kKafka);
  note(written, "sasl_mechanism", options.sasl_mechanism, kKafka);
  note(written, "sasl_username", options.sasl_username, kKafka);
  note(written, "sasl_password", options.sasl_password, kKafka);
  return written;
}

unsigned kind_of_format(const std::optional<At<SourceFormat>>& format) {
  if (!format) {
    return kFiles;  // told by the file's ending
  }
  switch (format->value) {
    case SourceFormat::Csv:
    case SourceFormat::Tsv: return kCsv;
    case SourceFormat::Json:
    case SourceFormat::Ndjson:
    case SourceFormat::Jsonl: return kJson;
    case SourceFormat::Xml: return kXml;
    case SourceFormat::Xlsx:
    case SourceFormat::Xls:
    case SourceFormat::Excel: return kExcel;
    case SourceFormat::FixedWidth: return kFixedWidth;
    case SourceFormat::Avro:
    case SourceFormat::Parquet:
    case SourceFormat::Arrow: return kPlainFile;
    case SourceFormat::Delta:
    case SourceFormat::Iceberg:
    case SourceFormat::Pdf:
    case SourceFormat::Docx:
    case SourceFormat::Pptx:
    case SourceFormat::Html:
    case SourceFormat::Image: break;
  }
  return kBare;
}

unsigned kind_of_source(const Source& source) {
  switch (source.type.value) {
    case SourceType::Landing: return kind_of_format(source.format);
    case SourceType::Sftp: return kSftp | kind_of_format(source.format);
    case SourceType::Database: {
      const bool is_mongo = source.path && source.path->value.starts_with("mongodb");
      const bool is_hidden = source.path && is_secret_reference(source.path->value);
      return is_mongo ? kMongo : is_hidden ? kDatabase | kMongo : kDatabase;
    }
    case SourceType::Stream: {
      if (!source.options.kind) {
        const bool has_broker = source.options.brokers || source.options.connection_string;
        return has_broker ? kStreams : kStreams | kind_of_format(source.format);
      }
      return source.options.kind->value == "eventhubs" ? kEventHubs : kKafka;
    }
    case SourceType::Table:
    case SourceType::Delta:
    case SourceType::Iceberg:
    case SourceType::Dlt: break;
  }
  return kBare | kind_of_format(source.format);
}

void check_word(const Checking& checking, const MaybeText& word, std::string_view key,
                std::span<const std::string_view> allowed) {
  if (word && std::find(allowed.begin(), allowed.end(), word->value) == allowed.end() &&
      !is_secret_reference(word->value)) {
    checking.out.add(Code::UnknownWord, word->span,
                     "expected " + quoted_list(allowed) + " for " + quoted(key) + ", and came " +
                         quoted(word->value),
                     did_you_mean(word->value, allowed));
  }
}

void check_words(const Checking& checking, const SourceOptions& options) {
  constexpr std::array<std::string_view, 2> kKinds{"kafka", "eventhubs"};
  constexpr std::array<std::string_view, 2> kOffsets{"earliest", "latest"};
  constexpr std::array<std::string_view, 3> kTriggers{"available_now", "continuous",
                                                      "processing_time"};
  constexpr std::array<std::string_view, 4> kProtocols{"PLAINTEXT", "SSL", "SASL_PLAINTEXT",
                                                       "SASL_SSL"};
  constexpr std::array<std::string_view, 3> kMechanisms{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
  constexpr std::array<std::string_view, 4> kProviders{"azuresql", "azure_sql", "sqlserver",
                                                       "mssql"};
  check_word(checking, options.kind, "kind", kKinds);
  check_word(checking, options.starting_offsets, "starting_offsets", kOffsets);
  check_word(checking, options.trigger, "trigger", kTriggers);
  check_word(checking, options.security_protocol, "security_protocol", kProtocols);
  check_word(checking, options.sasl_mechanism, "sasl_mechanism", kMechanisms);
  check_word(checking, options.cdc_provider, "cdc_provider", kProviders);
  if (options.processing_time && !parse_duration_seconds(options.processing_time->value)) {
    checking.out.add(Code::BadDuration, options.processing_time->span,
                     "expected a duration such as 30 seconds for 'processing_time', and came " +
                         quoted(options.processing_time->value));
  }
}

/// What parts the values of a CSV file and what quotes them: the reader takes so many bytes.
void check_separators(const Checking& checking, const SourceOptions& options) {
  constexpr std::size_t kDelimiterMax = 4;
  if (options.delimiter && options.delimiter->value.empty()) {
    checking.out.add(Code::EmptyValue, options.delimiter->span,
                     "expected what separates values for 'delimiter', and it is empty",
                     "leave it out for a comma, or write the sign, or tab");
  } else if (options.delimiter && options.delimiter->value.size() > kDelimiterMax) {
    checking.out.add(Code::OutOfBounds, options.delimiter->span,
                     "expected at most four bytes for 'delimiter', and came " +
                         quoted(options.delimiter->value));
  }
  if (options.quote_char && options.quote_char->value.size() > 1) {
    checking.out.add(Code::OutOfBounds, options.quote_char->span,
                     "expected one sign, or none, for 'quote_char', and came " +
                         quoted(options.quote_char->value));
  }
}

void check_numbers(const Checking& checking, const SourceOptions& options) {
  check_bounds(checking, options.skip_rows, "skip_rows", 0);
  check_bounds(checking, options.skip_footer, "skip_footer", 0);
  check_bounds(checking, options.header_row, "header_row", 1);
  check_bounds(checking, options.record_length, "record_length", 1);
  check_bounds(checking, options.fetch_size, "fetch_size", 1);
  check_bounds(checking, options.partition_num, "partition_num", 1);
  check_bounds(checking, options.batch_size, "batch_size", 1);
  check_bounds(checking, options.max_offsets_per_trigger, "max_offsets_per_trigger", 1);
  for (const FixedWidthColumn& column : options.columns) {
    check_bounds(checking, column.start, "start", 1);
    check_bounds(checking, column.width, "width", 1);
  }
}

void check_secret(const Checking& checking, const Text& value, std::string_view key) {
  if (!is_secret_reference(value.value)) {
    checking.out
        .add(Code::LiteralSecret, value.span,
             "expected a reference to a secret for " + quoted(key) + ", and it is written here",
             "write env:NAME, and set the environment variable NAME where the contract runs")
        .hides_source_line = true;
  }
}

void check_bag(const Checking& checking, const Node& node) {
  for (const Entry& entry : node.entries) {
    if (entry.value.is_scalar() && !entry.value.is_null() && is_secret_name(entry.key)) {
      check_secret(checking, {entry.value.text, entry.value.span}, entry.key);
    }
    check_bag(checking, entry.value);
  }
  for (const Node& item : node.items) {
    check_bag(checking, item);
  }
}

}  // namespace

void check_source_options(const Checking& checking) {
  if (!checking.contract.source) {
    return;
  }
  const Source& source = *checking.contract.source;
  const SourceOptions& options = source.options;
  const unsigned kind = kind_of_source(source);
  for (const auto list : {&file_options, &server_options}) {
    for (const Written& written : list(options)) {
      if ((written.kinds & kind & kAll) == 0) {
        const std::string format =
            source.format ? " of format " + quoted(word_of(source.format->value)) : "";
        checking.out.add(Code::OptionNotForFormat, *written.span,
                         "a source of type " + quoted(word_of(source.type.value)) + format +
                             " has no option " + quoted(written.key));
      }
    }
  }
  check_words(checking, options);
  check_separators(checking, options);
  check_numbers(checking, options);
  const bool has_broker = options.brokers || options.connection_string || options.topic;
  if (source.type.value != SourceType::Stream) {
    return;
  }
  const Span& span = options.span.is_written() ? options.span : source.span;
  if (!options.kind && has_broker) {
    checking.out.add(Code::StreamWithoutKind, span, "expected 'kind' in 'source.options'",
                     "write kind: kafka, or kind: eventhubs");
  } else if (options.kind && options.kind->value == "kafka" && !options.brokers) {
    checking.out.add(Code::StreamWithoutKind, span, "expected 'brokers' in 'source.options'");
  } else if (options.kind && options.kind->value == "eventhubs" && !options.connection_string) {
    checking.out.add(Code::StreamWithoutKind, span,
                     "expected 'connection_string' in 'source.options'");
  }
}

void check_secrets(const Checking& checking) {
  if (checking.contract.observatory) {
    check_bag(checking, *checking.contract.observatory);
  }
  for (const Notification& each : checking.contract.quarantine.notifications) {
    for (const Pair<Value>& setting : each.settings) {
      if (is_secret_name(setting.key.value)) {
        check_secret(checking, {setting.value.value.text, setting.value.span}, setting.key.value);
      }
    }
  }
  if (!checking.contract.source) {
    return;
  }
  const Source& source = *checking.contract.source;
  const SourceOptions& options = source.options;
  for (const auto& [value, key] :
       {std::pair<const MaybeText&, std::string_view>{options.password, "password"},
        std::pair<const MaybeText&, std::string_view>{options.connection_string,
                                                      "connection_string"},
        std::pair<const MaybeText&, std::string_view>{options.sasl_password, "sasl_password"}}) {
    if (value) {
      check_secret(checking, *value, key);
    }
  }
  if (source.dlt) {
    for (const Pair<Text>& each : source.dlt->credentials) {
      check_secret(checking, each.value, each.key.value);
    }
  }
  if (options.engine_options) {
    check_bag(checking, *options.engine_options);
  }
  if (source.path && has_password(source.path->value)) {
    checking.out
        .add(Code::LiteralSecret, source.path->span, "a password is written into 'source.path'",
             "write env:NAME, and set the environment variable NAME where the contract runs")
        .hides_source_line = true;
  }
}

}  // namespace sluice::contract::internal
