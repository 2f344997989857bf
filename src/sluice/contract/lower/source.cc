// source and links -> scans.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sluice/contract/lower/lower_internal.h"
#include "sluice/contract/model/text_encoding.h"
#include "sluice/contract/rule/row_rules.h"

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
      {"jsonl", plan::JsonFormat{.has_lines = true}},
      {"ndjson", plan::JsonFormat{.has_lines = true}},
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

/// Types of links whose files have become JSON lines or Parquet by now.
std::optional<plan::FileFormat> format_of_link_type(std::string_view type) {
  for (const std::string_view word : {"xml", "xlsx", "excel"}) {
    if (type == word) {
      return plan::JsonFormat{.has_lines = true};
    }
  }
  for (const std::string_view word : {"arrow", "feather", "ipc"}) {
    if (type == word) {
      return plan::ParquetFormat{};
    }
  }
  return format_of_word(type);
}

/// What to do with a file that nothing here reads.
std::string hint_of_ending(std::string_view ending) {
  return ending == "xls"    ? "save it as .xlsx, or as CSV"
         : ending == "avro" ? "convert it to Parquet first, which keeps its types"
         : ending == "orc"
             ? "convert it to Parquet first"
             : "give csv, tsv, json, jsonl, ndjson, parquet, arrow, xml or xlsx files";
}

std::optional<plan::FileFormat> format_of(SourceFormat format) {
  switch (format) {
    case SourceFormat::Csv: return plan::CsvFormat{};
    case SourceFormat::Tsv: return plan::CsvFormat{.delimiter = "\t"};
    case SourceFormat::Json: return plan::JsonFormat{};
    case SourceFormat::Ndjson:
    case SourceFormat::Jsonl: return plan::JsonFormat{.has_lines = true};
    case SourceFormat::Parquet:
    case SourceFormat::Arrow: return plan::ParquetFormat{};  // Arrow: its rows, unpacked
    case SourceFormat::FixedWidth: return plan::FixedWidthFormat{};
    case SourceFormat::Xml:
    case SourceFormat::Xlsx:
    case SourceFormat::Excel: return plan::JsonFormat{.has_lines = true};  // records, unpacked
    case SourceFormat::Xls:
    case SourceFormat::Avro:
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
        .with_hint(hint_of_ending(dot == std::string::npos ? "" : name.substr(dot + 1)));
  }
  return *format;
}

namespace internal {
namespace {

/// Files in the encodings that are known have been made UTF-8.
Status check_encoding(const LowerInput& input, const SourceOptions& options) {
  if (!options.encoding || find_encoding(options.encoding->value)) {
    return {};
  }
  return unsupported(input, options.encoding->span,
                     fmt::format("an encoding that is not read: '{}'", options.encoding->value),
                     "write utf-8, utf-16, latin-1, latin-9 or cp1252, or convert the file to "
                     "UTF-8 first, for instance with iconv -t UTF-8");
}

Status apply_csv_options(const Contract& contract, const LowerInput& input,
                         const SourceOptions& options, plan::CsvFormat& csv) {
  if (options.delimiter) {
    const std::string& word = options.delimiter->value;
    csv.delimiter = word == "tab" || word == "\\t" ? "\t" : word;
  }
  if (options.quote_char) {
    csv.quote = options.quote_char->value;
  }
  if (options.skip_rows) {
    csv.skip_rows = options.skip_rows->value;
  }
  SLUICE_CHECK(check_encoding(input, options));
  if (options.null_values) {
    for (const Text& text : *options.null_values) {
      csv.null_values.push_back(text.value);
    }
  }
  if (options.has_header && !options.has_header->value) {
    csv.has_header = false;
    for (const Field& field : contract.model.fields) {
      csv.column_names.push_back(field.name.value);
    }
  }
  return {};
}

/// From `options.columns`, else from the `range` of the model's fields.
Status apply_fixed_width_options(const Contract& contract, const LowerInput& input,
                                 const SourceOptions& options, plan::FixedWidthFormat& fixed) {
  for (const FixedWidthColumn& column : options.columns) {
    fixed.columns.push_back(
        {.name = column.name.value, .start = column.start.value, .width = column.width.value});
  }
  if (fixed.columns.empty()) {
    for (const Field& field : contract.model.fields) {
      if (field.range.size() == 2) {
        fixed.columns.push_back({.name = field.name.value,
                                 .start = field.range[0].value + 1,
                                 .width = field.range[1].value - field.range[0].value});
      }
    }
  }
  if (fixed.columns.empty()) {
    return unsupported(input, contract.source->span,
                       "a source of fixed width does not say where its columns stand",
                       "write options.columns with name, start (from 1) and width of each");
  }
  SLUICE_CHECK(check_encoding(input, options));
  fixed.skip_rows = options.skip_rows ? options.skip_rows->value : 0;
  fixed.skip_footer = options.skip_footer ? options.skip_footer->value : 0;
  fixed.strip = !options.strip || options.strip->value;
  if (options.record_length) {
    fixed.record_length = options.record_length->value;
  }
  return {};
}

Status apply_options(const Contract& contract, const LowerInput& input,
                     const SourceOptions& options, plan::FileFormat& format) {
  if (auto* csv = std::get_if<plan::CsvFormat>(&format)) {
    return apply_csv_options(contract, input, options, *csv);
  }
  if (auto* json = std::get_if<plan::JsonFormat>(&format); json != nullptr && options.multiline) {
    json->has_lines = !options.multiline->value;
  }
  if (auto* fixed = std::get_if<plan::FixedWidthFormat>(&format)) {
    return apply_fixed_width_options(contract, input, options, *fixed);
  }
  return {};
}

bool is_number(const schema::LogicalType& type) {
  return std::holds_alternative<schema::Integer>(type.kind) ||
         std::holds_alternative<schema::Float>(type.kind) ||
         std::holds_alternative<schema::Decimal>(type.kind);
}

void add_respelling(const LowerInput& input, const Place& written, std::string_view option,
                    plan::Assign values, plan::Pipeline& out) {
  if (!values.assignments.empty()) {
    out.steps.push_back({.name = std::string(option),
                         .phase = plan::Phase::Pre,
                         .step = std::move(values),
                         .at = place(input, written)});
  }
}

/// How the source spells numbers and dates is settled before anything else sees them.
Status lower_spellings(const Contract& contract, const LowerInput& input,
                       const SourceOptions& options, plan::Pipeline& out) {
  const auto respell = [](const std::string& column, plan::Spelling from, std::string name) {
    return plan::Assignment{
        .column = column,
        .value = plan::Respell{.column = column, .from = std::move(from), .name = std::move(name)}};
  };
  plan::Assign numbers;
  for (const Pair<Integer>& one : options.implied_decimals) {
    numbers.assignments.push_back(
        respell(one.key.value, plan::ImpliedDecimals{.digits = one.value.value},
                fmt::format("a number with {} implied decimals", one.value.value)));
  }
  plan::Assign dates;
  for (const auto& one : options.date_formats) {
    const auto pattern = find_date_pattern(one.value.value);
    if (!pattern) {
      return unsupported(input, one.value.span,
                         fmt::format("a pattern of dates that is not read: '{}'", one.value.value),
                         "use yyyy, MM, dd, HH, mm, ss and SSS, as in dd.MM.yyyy HH:mm");
    }
    dates.assignments.push_back(respell(one.key.value, *pattern, one.value.value));
  }
  plan::Assign commas;
  if (options.decimal_comma && options.decimal_comma->value) {
    for (const Field& field : contract.model.fields) {
      const auto type = lower_type(field.type.value);
      const bool is_implied = std::ranges::any_of(options.implied_decimals, [&](const auto& one) {
        return schema::same_column(one.key.value, field.name.value);
      });
      if (type && is_number(*type) && !is_implied) {
        commas.assignments.push_back(
            respell(field.name.value, plan::DecimalComma{}, "a number with a decimal comma"));
      }
    }
  }
  add_respelling(input, options.span, "implied_decimals", std::move(numbers), out);
  add_respelling(input, options.span, "date_formats", std::move(dates), out);
  add_respelling(input, options.span, "decimal_comma", std::move(commas), out);
  return {};
}

/// Told by endings, one format is for all: a line of another one would lose its first values.
Status check_one_format(const std::vector<std::string>& files,
                        const std::vector<std::string>& told) {
  const auto told_of = [&](std::size_t i) { return told.empty() ? files[i] : told[i]; };
  SLUICE_TRY(const plan::FileFormat first, format_of_file(files.front()));
  for (std::size_t i = 1; i < files.size(); ++i) {
    const auto format = format_of_file(files[i]);
    const auto* csv = format ? std::get_if<plan::CsvFormat>(&*format) : nullptr;
    const auto* first_csv = std::get_if<plan::CsvFormat>(&first);
    const bool is_same = format && format->index() == first.index() &&
                         (csv == nullptr || csv->delimiter == first_csv->delimiter);
    if (!is_same) {
      return make_error(ErrorCode::DataRejected,
                        fmt::format("files that are read together are of one format: '{}', '{}'",
                                    told_of(0), told_of(i)))
          .with_hint("choose the files by their ending, for a source with source.pattern");
    }
  }
  return {};
}

Result<plan::FileFormat> source_format(const Contract& contract, const LowerInput& input) {
  const bool is_written = contract.source && contract.source->format;
  if (!is_written || input.is_source_replaced) {
    if (input.files.empty()) {
      return plan::FileFormat{plan::JsonFormat{}};  // nothing to read
    }
    auto by_ending = format_of_file(input.files.front());
    if (by_ending || !is_written) {
      SLUICE_CHECK(by_ending ? check_one_format(input.files, input.told) : Status{});
      return by_ending;
    }
  }
  const SourceFormat written = contract.source->format->value;
  const auto format = format_of(written);
  if (!format) {
    return unsupported(input, contract.source->format->span, "this format of a source is not read",
                       written == SourceFormat::Xls
                           ? "save the workbook as .xlsx or CSV and give that with --source"
                       : written == SourceFormat::Avro
                           ? "convert it to parquet, which keeps its types, and give that with "
                             "--source"
                           : "convert it to csv, json or parquet and give that with --source");
  }
  return *format;
}

/// A file, a folder's files, or rows that the run has loaded.
Result<plan::Scan> link_scan(const LowerInput& input, const Link& link) {
  const auto is_link = [&](const auto& one) { return one.first == link.name.value; };
  const auto relation = std::ranges::find_if(input.link_relations, is_link);
  if (relation != input.link_relations.end()) {
    return plan::Scan(plan::RelationScan{
        .name = relation->second, .has_origin = false, .may_lack_columns = false});
  }
  const auto files = std::ranges::find_if(input.link_files, is_link);
  if (files == input.link_files.end() || files->second.empty()) {
    return unsupported(input, link.span,
                       fmt::format("a link is read from files: '{}'", link.name.value),
                       "give the link a path to a file or a folder of files, or name a table");
  }
  plan::FileScan scan{.files = files->second, .format = plan::ParquetFormat{}};
  const std::string type = lower_text(link.type.value);
  // The written type, else the ending: the default of the key is parquet.
  if (!link.type.is_written() || type == "table") {
    SLUICE_TRY_IN(scan.format, format_of_file(scan.files.front()),
                  fmt::format("reading the link '{}'", link.name.value));
    if (Status one = check_one_format(scan.files, {}); !one) {
      return std::move(one).error().with_context(
          fmt::format("reading the link '{}'", link.name.value));
    }
    return plan::Scan(std::move(scan));
  }
  const auto format = format_of_link_type(type);
  if (!format) {
    return unsupported(input, link.type.span,
                       fmt::format("a link of this type is not read: '{}'", type),
                       type == "xls" || type == "avro"
                           ? hint_of_ending(type)
                           : "give csv, tsv, json, jsonl, parquet, arrow, xml, xlsx or table");
  }
  scan.format = *format;
  return plan::Scan(std::move(scan));
}

Result<plan::Reference> lower_link(const LowerInput& input, const Link& link) {
  SLUICE_TRY(plan::Scan scan, link_scan(input, link));
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

/// Where folders of values begin in a path: below what was asked for.
std::size_t root_of(const std::vector<std::string>& roots, std::string_view path) {
  for (const std::string& root : roots) {
    const bool is_below = path.starts_with(root) &&
                          (root.ends_with('/') || path.substr(root.size()).starts_with('/'));
    if (is_below) {
      return root.size() - (root.ends_with('/') ? 1 : 0);
    }
  }
  return std::string_view::npos;
}

/// Empty where a file lies elsewhere, as one of a batch that is finished with other words.
std::vector<std::string> folder_roots(const LowerInput& input,
                                      const std::vector<std::string>& paths) {
  const bool are_below = std::ranges::none_of(paths, [&](const std::string& path) {
    return root_of(input.source_roots, path) == std::string_view::npos &&
           std::ranges::find(input.source_roots, path) == input.source_roots.end();
  });
  return are_below ? input.source_roots : std::vector<std::string>{};
}

/// The declared columns that folders speak of; of an undeclared one a name of a folder is a name.
std::vector<plan::FolderColumn> folder_columns(const Contract& contract,
                                               const std::vector<std::string>& paths,
                                               const std::vector<std::string>& roots) {
  std::vector<plan::FolderColumn> columns;
  for (const Field& field : contract.model.fields) {
    const std::string& name = field.name.value;
    if (!is_added_at_write(contract, name) &&
        std::ranges::any_of(paths, [&](const std::string& path) {
          const std::size_t root = roots.empty() ? 0 : root_of(roots, path);
          return root != std::string_view::npos && has_folder_of(path, name, root);
        })) {
      columns.push_back({.name = name, .own = {}, .own_files = {}});
    }
  }
  return columns;
}

}  // namespace

bool has_folder_of(std::string_view path, std::string_view key, std::size_t root) {
  for (std::size_t slash = path.find('/', root); slash != std::string_view::npos;) {
    const std::size_t next = path.find('/', slash + 1);
    const std::string_view folder =
        next == std::string_view::npos ? "" : path.substr(slash + 1, next - slash - 1);
    const std::size_t sign = folder.find('=');
    if (sign != std::string_view::npos && schema::same_column(folder.substr(0, sign), key)) {
      return true;
    }
    slash = next;
  }
  return false;
}

Status lower_source(const Contract& contract, const LowerInput& input, plan::Pipeline& out) {
  if (contract.source && !input.is_source_replaced) {
    const Source& source = *contract.source;
    if (source.type.value != SourceType::Landing && source.type.value != SourceType::Stream) {
      return unsupported(input, source.type.span, "sources are files",
                         "give the files with --source");
    }
  }
  SLUICE_TRY(plan::FileFormat format, source_format(contract, input));
  if (contract.source) {
    SLUICE_CHECK(apply_options(contract, input, contract.source->options, format));
    SLUICE_CHECK(lower_spellings(contract, input, contract.source->options, out));
  }
  const std::vector<std::string>& paths = input.told.empty() ? input.files : input.told;
  const std::vector<std::string> roots = folder_roots(input, paths);
  out.source = plan::FileScan{.files = input.files,
                              .format = std::move(format),
                              .told = input.told,
                              .folder_columns = folder_columns(contract, paths, roots),
                              .folder_roots = roots};
  out.bad_lines = input.bad_lines;
  if (contract.source) {
    const FlattenNested& flatten = contract.source->flatten_nested;
    if (contract.external_logic && (flatten.all || !flatten.columns.empty())) {
      return unsupported(input, contract.source->span,
                         "'flatten_nested' is not carried out beside 'external_logic'",
                         "the script gets the nested columns: let it take them apart");
    }
    out.flatten.all = contract.source->flatten_nested.all;
    for (const Text& path : contract.source->flatten_nested.columns) {
      out.flatten.paths.push_back(path.value);
    }
  }
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
