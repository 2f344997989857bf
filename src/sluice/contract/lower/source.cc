// source and links -> scans.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/lower/lower_internal.h"

namespace sluice::contract {
namespace {

std::string lower_text(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lowered;
}

struct Named {
  std::string_view word;
  plan::FileFormat format;
};

const std::array<Named, 7>& formats() {
  static const std::array<Named, 7> all{{
      {"csv", plan::CsvFormat{}},
      {"tsv", plan::CsvFormat{.delimiter = "\t"}},
      {"json", plan::JsonFormat{}},
      {"jsonl", plan::JsonFormat{}},
      {"ndjson", plan::JsonFormat{}},
      {"parquet", plan::ParquetFormat{}},
      {"pq", plan::ParquetFormat{}},
  }};
  return all;
}

std::optional<plan::FileFormat> format_of_word(std::string_view word) {
  for (const Named& one : formats()) {
    if (one.word == word) {
      return one.format;
    }
  }
  return std::nullopt;
}

std::optional<plan::FileFormat> format_of(SourceFormat format) {
  switch (format) {
    case SourceFormat::Csv: return plan::CsvFormat{};
    case SourceFormat::Tsv: return plan::CsvFormat{.delimiter = "\t"};
    case SourceFormat::Json:
    case SourceFormat::Ndjson:
    case SourceFormat::Jsonl: return plan::JsonFormat{};
    case SourceFormat::Parquet: return plan::ParquetFormat{};
    case SourceFormat::Xml:
    case SourceFormat::Xlsx:
    case SourceFormat::Xls:
    case SourceFormat::Excel:
    case SourceFormat::FixedWidth:
    case SourceFormat::Avro:
    case SourceFormat::Arrow:
    case SourceFormat::Delta:
    case SourceFormat::Iceberg:
    case SourceFormat::Pdf:
    case SourceFormat::Docx:
    case SourceFormat::Pptx:
    case SourceFormat::Html:
    case SourceFormat::Image: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Result<plan::FileFormat> format_of_file(std::string_view path) {
  std::string name = lower_text(path.substr(path.rfind('/') + 1));
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (name.ends_with(packed)) {
      name.resize(name.size() - packed.size());
    }
  }
  const std::size_t dot = name.rfind('.');
  const auto format =
      dot == std::string::npos ? std::nullopt : format_of_word(name.substr(dot + 1));
  if (!format) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("no reader for a file of this ending: '{}'", path))
        .with_hint("give csv, tsv, json, jsonl, ndjson or parquet files");
  }
  return *format;
}

namespace internal {
namespace {

/// Options that decide what is read and are not executed.
Status refuse_options(const LowerInput& input, const SourceOptions& options) {
  struct Refused {
    bool is_written;
    std::string_view key;
  };
  const std::array refused{
      Refused{options.archive_member.has_value(), "archive_member"},
      Refused{!options.implied_decimals.empty(), "implied_decimals"},
      Refused{!options.date_formats.empty(), "date_formats"},
      Refused{options.decimal_comma && options.decimal_comma->value, "decimal_comma"},
      Refused{options.skip_footer && options.skip_footer->value != 0, "skip_footer"},
  };
  for (const Refused& one : refused) {
    if (one.is_written) {
      return unsupported(input, options.span,
                         fmt::format("this option of a source is not executed: '{}'", one.key),
                         "leave it out and cast the column in a step of phase pre");
    }
  }
  return {};
}

Status apply_options(const Contract& contract, const LowerInput& input,
                     const SourceOptions& options, plan::FileFormat& format) {
  SLUICE_CHECK(refuse_options(input, options));
  auto* csv = std::get_if<plan::CsvFormat>(&format);
  if (csv == nullptr) {
    return {};
  }
  if (options.delimiter) {
    const std::string& word = options.delimiter->value;
    csv->delimiter = word == "tab" || word == "\\t" ? "\t" : word;
  }
  if (options.quote_char) {
    csv->quote = options.quote_char->value;
  }
  if (options.skip_rows) {
    csv->skip_rows = options.skip_rows->value;
  }
  if (options.comment_prefix) {
    csv->comment = options.comment_prefix->value;
  }
  if (options.encoding) {
    csv->encoding = lower_text(options.encoding->value);
    csv->encoding = csv->encoding == "utf8" ? "utf-8" : csv->encoding;
  }
  if (options.null_values) {
    for (const Text& text : *options.null_values) {
      csv->null_values.push_back(text.value);
    }
  }
  if (options.has_header && !options.has_header->value) {
    csv->has_header = false;
    for (const Field& field : contract.model.fields) {
      csv->column_names.push_back(field.name.value);
    }
  }
  return {};
}

Result<plan::FileFormat> source_format(const Contract& contract, const LowerInput& input) {
  const bool is_written = contract.source && contract.source->format && !input.is_source_replaced;
  if (!is_written) {
    if (input.files.empty()) {
      return plan::FileFormat{plan::JsonFormat{}};  // nothing to read
    }
    return format_of_file(input.files.front());
  }
  const auto format = format_of(contract.source->format->value);
  if (!format) {
    return unsupported(input, contract.source->format->span, "this format of a source is not read",
                       "convert it to csv, json or parquet and give that with --source");
  }
  return *format;
}

/// A file, or a folder's files, of one link.
Result<plan::Reference> lower_link(const LowerInput& input, const Link& link) {
  const auto files = std::ranges::find_if(
      input.link_files, [&](const auto& one) { return one.first == link.name.value; });
  if (link.table || files == input.link_files.end() || files->second.empty()) {
    return unsupported(input, link.span,
                       fmt::format("a link is read from files: '{}'", link.name.value),
                       "give the link a path to a csv, json or parquet file");
  }
  plan::FileScan scan{.files = files->second, .format = plan::ParquetFormat{}};
  const std::string type = lower_text(link.type.value);
  // The written type, else the ending: the default of the key is parquet.
  if (link.type.is_written()) {
    const auto format = format_of_word(type);
    if (!format) {
      return unsupported(input, link.type.span,
                         fmt::format("a link of this type is not read: '{}'", type),
                         "give csv, json or parquet");
    }
    scan.format = *format;
  } else {
    SLUICE_TRY(scan.format, format_of_file(scan.files.front()));
  }
  plan::Reference reference{
      .name = link.name.value, .scan = std::move(scan), .columns = {}, .filter = {}, .query = {}};
  for (const Text& column : link.columns) {
    reference.columns.push_back(column.value);
  }
  if (link.filter) {
    reference.filter = raw_sql(input, *link.filter);
  }
  if (link.query) {
    reference.query = raw_sql(input, *link.query);
  }
  return reference;
}

}  // namespace

Status lower_source(const Contract& contract, const LowerInput& input, plan::Pipeline& out) {
  if (contract.source && !input.is_source_replaced) {
    const Source& source = *contract.source;
    if (source.type.value != SourceType::Landing && source.type.value != SourceType::Stream) {
      return unsupported(input, source.type.span, "sources are files",
                         "give the files with --source");
    }
    if (source.flatten_nested.all || !source.flatten_nested.columns.empty()) {
      return unsupported(input, source.span, "'flatten_nested' is not executed",
                         "take nested values out with json_extract steps");
    }
    if (source.cdc_op_field || source.load_mode.value == LoadMode::Cdc) {
      return unsupported(input, source.span, "change data capture is not executed",
                         "use load_mode full or incremental");
    }
  }
  SLUICE_TRY(plan::FileFormat format, source_format(contract, input));
  if (contract.source) {
    SLUICE_CHECK(apply_options(contract, input, contract.source->options, format));
  }
  out.source = plan::FileScan{.files = input.files, .format = std::move(format)};
  out.source_label = input.source_label;
  for (const std::string& name :
       {table_name(contract), contract.dataset ? contract.dataset->value : std::string{}}) {
    if (!name.empty() && std::ranges::find(out.source_names, name) == out.source_names.end()) {
      out.source_names.push_back(name);
    }
  }
  return {};
}

Status lower_links(const Contract& contract, const LowerInput& input, plan::Pipeline& out) {
  for (const Link& link : contract.links) {
    SLUICE_TRY(plan::Reference reference, lower_link(input, link));
    out.references.push_back(std::move(reference));
  }
  return {};
}

}  // namespace internal
}  // namespace sluice::contract
