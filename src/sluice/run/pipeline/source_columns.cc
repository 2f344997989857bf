#include "sluice/run/pipeline/source_columns.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/quote.h"
#include "sluice/run/pipeline/csv_header.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::run {
namespace {

using plan::BadLines;
using schema::Field;
using schema::Schema;
using std::string;

/// What the engine cannot take apart is the data's fault, not the command line's.
Error as_data_error(Error error) {
  if (error.code == ErrorCode::InvalidArgument) {
    error.code = ErrorCode::DataRejected;
    error.hint =
        "compare the file with source.format and source.options (delimiter, quote_char, "
        "encoding), or mend the line; --on-row-error quarantine keeps such lines apart";
  }
  return std::move(error).with_context("reading the columns of the source");
}

bool is_data_fault(const Error& error) { return error.code == ErrorCode::InvalidArgument; }

/// A value that its text says in full, and that a text can stand beside.
bool is_plain(const schema::LogicalType& type) {
  return !std::holds_alternative<schema::List>(type.kind) &&
         !std::holds_alternative<schema::Map>(type.kind) &&
         !std::holds_alternative<schema::Struct>(type.kind) &&
         !std::holds_alternative<schema::Bytes>(type.kind);
}

/// Names under which our own columns travel beside those of the source.
constexpr std::string_view kReserved = "_sluice_";

Status check_names(const Schema& columns, const string& first_file) {
  for (const Field& field : columns.fields) {
    if (schema::same_column(std::string_view(field.name).substr(0, kReserved.size()), kReserved)) {
      return make_error(ErrorCode::InvalidContract,
                        fmt::format("a column of the source has a reserved name: '{}'{}",
                                    field.name, first_file.empty() ? "" : " in " + first_file))
          .with_hint("rename the column in the source: names that begin with _sluice_ are ours");
    }
  }
  return {};
}

/// The files that have the column, as they are told.
Result<std::vector<string>> files_with(const Context& context, engine::Connection& connection,
                                       const plan::FileScan& scan, const string& column) {
  const std::vector<string>& told = scan.told.empty() ? scan.files : scan.told;
  const auto* csv = std::get_if<plan::CsvFormat>(&scan.format);
  if (std::holds_alternative<plan::FixedWidthFormat>(scan.format) ||
      (csv != nullptr && csv->headers.empty())) {
    return told;
  }
  std::vector<TextRow> having;
  if (csv == nullptr) {
    SLUICE_TRY(having, query_texts(context, connection, dialect::render_files_with(scan, column)));
  }
  std::vector<string> found;
  for (std::size_t i = 0; i < scan.files.size(); ++i) {
    const auto is_this = [&](const TextRow& row) { return row[0] == scan.files[i]; };
    const auto is_it = [&](const string& name) { return schema::same_column(name, column); };
    const bool has = csv == nullptr ? std::ranges::any_of(having, is_this)
                                    : std::ranges::any_of(csv->headers[i].columns, is_it);
    if (has) {
      found.push_back(told[i]);
    }
  }
  return found;
}

/// What folders say is text, and so is a plain column that files have beside it.
Status add_folder_columns(const Context& context, engine::Connection& connection,
                          plan::FileScan& files, SourceColumns& settled) {
  Schema& columns = settled.columns;
  if (columns.fields.empty()) {
    return {};  // there is no row
  }
  std::erase_if(files.folder_columns, [&](plan::FolderColumn& folder) {
    const auto own = std::ranges::find_if(columns.fields, [&](const Field& field) {
      return schema::same_column(field.name, folder.name);
    });
    if (own == columns.fields.end()) {
      columns.fields.push_back({.name = folder.name, .type = {schema::Text{}}});
      return false;
    }
    folder.own = own->type;
    if (is_plain(own->type)) {
      own->type = {schema::Text{}};
      std::erase(settled.valueless, own->name);
      return false;
    }
    return true;
  });
  for (plan::FolderColumn& folder : files.folder_columns) {
    if (folder.own) {
      SLUICE_TRY(folder.own_files, files_with(context, connection, files, folder.name));
    }
  }
  return {};
}

/// No record is larger than this; of a packed file nothing is known.
std::int64_t largest_of(const std::vector<string>& files) {
  std::int64_t largest = 0;
  for (const string& file : files) {
    std::error_code failed;
    const auto size = std::filesystem::file_size(file, failed);
    const bool is_packed = file.ends_with(".gz") || file.ends_with(".zst");
    largest = std::max(largest, failed || is_packed ? plan::JsonFormat::kRecordBytesMax
                                                    : static_cast<std::int64_t>(size));
  }
  return std::min(largest, plan::JsonFormat::kRecordBytesMax);
}

bool is_of_size(const Error& error) { return error.native.contains("maximum_object_size"); }

/// Reads all records to see their columns, and finds how large buffers have to be: those of the
/// usual size hold two records of it, and larger ones only where they lie well.
Result<Schema> read_in_size(const std::vector<string>& files, plan::JsonFormat& json,
                            const std::function<Result<Schema>()>& read) {
  constexpr std::int64_t kUsual = 1 << 24;
  json.record_bytes_max = kUsual;
  Result<Schema> columns = read();
  const std::int64_t largest = largest_of(files);
  if (columns || !is_of_size(columns.error())) {
    json.record_bytes_max = std::clamp(largest, kUsual, 2 * kUsual);
    return columns;
  }
  json.record_bytes_max = largest;
  columns = read();
  if (!columns && is_of_size(columns.error())) {
    return make_error(ErrorCode::DataRejected, fmt::format("a record of JSON is larger than {} MiB",
                                                           plan::JsonFormat::kRecordBytesMax >> 20))
        .with_native(columns.error().native)
        .with_hint("write it as several records, or without its largest value");
  }
  return columns;
}

class Settler {
 public:
  Settler(const Context& context, engine::Connection& connection, BadLines bad_lines)
      : context_(context), connection_(connection), bad_lines_(bad_lines) {}

  Result<SourceColumns> settle(plan::Scan& source);

 private:
  Result<SourceColumns> settle_csv(const std::vector<string>& files, plan::CsvFormat& csv);
  Result<std::optional<TextRow>> first_line(const string& file, const plan::CsvFormat& csv);
  Result<SourceColumns> settle_json(const std::vector<string>& files, plan::JsonFormat& json);
  Status find_lines(const std::vector<string>& files, plan::JsonFormat& json);
  Result<Schema> lenient_json(const std::vector<string>& files, const plan::JsonFormat& json);
  Status check_sizes(const std::vector<string>& files, const plan::JsonFormat& json);
  Status check_keys(const std::vector<string>& files, const plan::JsonFormat& json,
                    const Schema& columns);
  Status settle_plain(const std::vector<string>& files, const plan::JsonFormat& json,
                      SourceColumns& settled);
  Status check_objects(const std::vector<string>& files, const plan::JsonFormat& json);
  Result<Schema> probe(const plan::Scan& source);

  const Context& context_;
  engine::Connection& connection_;
  BadLines bad_lines_;
};

/// The first line, and those after it which a quote of it goes on to.
TextRow first_record(const std::vector<TextRow>& lines, const plan::CsvFormat& csv) {
  TextRow record = lines.front();
  for (std::size_t next = 1; next < lines.size() && !split_csv_line(*record[0], csv); ++next) {
    *record[0] += "\n" + lines[next][0].value_or("");
  }
  return split_csv_line(*record[0], csv) ? record : lines.front();
}

Result<std::optional<TextRow>> Settler::first_line(const string& file, const plan::CsvFormat& csv) {
  const auto row_of = [&](const std::vector<TextRow>& rows) {
    return rows.empty() || !rows[0][0] ? std::nullopt : std::optional(first_record(rows, csv));
  };
  auto rows = query_texts(context_, connection_, dialect::render_first_line(file, csv, false));
  if (rows) {
    return row_of(*rows);
  }
  if (bad_lines_ == BadLines::Stop || !is_data_fault(rows.error())) {
    return as_data_error(std::move(rows).error());
  }
  // Bytes that are no text stand near it: it must not be the header itself that they are in.
  for (const string& statement : dialect::render_forget_rejects()) {
    SLUICE_TRY([[maybe_unused]] const std::int64_t done, connection_.execute(context_, statement));
  }
  SLUICE_TRY(std::vector<TextRow> lenient,
             query_texts(context_, connection_, dialect::render_first_line(file, csv, true)));
  SLUICE_TRY(const std::vector<TextRow> rejected,
             query_texts(context_, connection_, dialect::render_first_reject()));
  std::optional<TextRow> line = row_of(lenient);
  const std::int64_t at = csv.skip_rows + 1 + (line ? std::stoll((*line)[1].value_or("0")) : 0);
  if (!rejected.empty() && rejected[0][0] && std::stoll(*rejected[0][0]) <= at) {
    return as_data_error(std::move(rows).error());
  }
  return line;
}

Result<SourceColumns> Settler::settle_csv(const std::vector<string>& files, plan::CsvFormat& csv) {
  SourceColumns settled;
  csv.headers.clear();
  for (const string& file : files) {
    SLUICE_TRY(const std::optional<TextRow> line, first_line(file, csv));
    plan::CsvHeader header{.columns = {}, .skip_rows = csv.skip_rows};
    if (line) {
      SLUICE_TRY(header.columns, csv_columns((*line)[0].value_or(""), csv, file));
      header.skip_rows += std::stoll((*line)[1].value_or("0"));
    }
    for (const string& name : header.columns) {
      if (settled.columns.find(name) == nullptr) {
        settled.columns.fields.push_back({.name = name, .type = {schema::Text{}}});
      }
    }
    csv.headers.push_back(std::move(header));
  }
  return settled;
}

Result<Schema> Settler::probe(const plan::Scan& source) {
  SLUICE_TRY(const string query, dialect::render_probe(source));
  SLUICE_TRY(const Schema described, connection_.describe(context_, query));
  Schema columns = dialect::columns_as_read(source, described);
  // What an input without a record looks like; one with records may truly have such a column.
  if (columns.fields.size() == 1 && columns.fields[0].name == "json" &&
      std::holds_alternative<schema::Json>(columns.fields[0].type.kind)) {
    SLUICE_TRY(
        const std::vector<TextRow> rows,
        query_texts(context_, connection_, fmt::format("SELECT 'x' FROM ({}) LIMIT 1", query)));
    if (rows.empty()) {
      columns.fields.clear();
    }
  }
  return columns;
}

/// The engine calls the second of two spellings of a key "id_1" and would find no value under it.
Status Settler::check_keys(const std::vector<string>& files, const plan::JsonFormat& json,
                           const Schema& columns) {
  for (const Field& field : columns.fields) {
    const std::size_t bar = field.name.rfind('_');
    const bool is_numbered = bar != string::npos && bar + 1 < field.name.size() &&
                             field.name.find_first_not_of("0123456789", bar + 1) == string::npos;
    const Field* plain = is_numbered ? columns.find(field.name.substr(0, bar)) : nullptr;
    if (plain == nullptr) {
      continue;
    }
    SLUICE_TRY(
        const std::vector<std::int64_t> records,
        query_counts(context_, connection_, dialect::render_json_keys(files, json, field.name)));
    if (records[0] == 0) {
      return make_error(
                 ErrorCode::DataRejected,
                 fmt::format("records spell a key in two ways, as '{}'", field.name.substr(0, bar)))
          .with_hint("spell it the same in all records: columns are one without regard to case");
    }
  }
  return {};
}

/// The engine calls a column JSON that never had a value, or numbers and words: no text compares
/// with it. As long as nothing nested stands in it, it is a column of texts.
Status Settler::settle_plain(const std::vector<string>& files, const plan::JsonFormat& json,
                             SourceColumns& settled) {
  Schema& columns = settled.columns;
  Schema unsure;
  string counts;
  for (const Field& field : columns.fields) {
    if (std::holds_alternative<schema::Json>(field.type.kind)) {
      unsure.fields.push_back(field);
      counts += fmt::format(
          "{0}count({1}), count(*) FILTER (WHERE json_type({1}) IN ('OBJECT', "
          "'ARRAY'))",
          counts.empty() ? "" : ", ", dialect::quote_identifier(field.name));
    }
  }
  if (unsure.fields.empty()) {
    return {};
  }
  const plan::Scan scan = plan::FileScan{.files = files, .format = json};
  SLUICE_TRY(const string values, dialect::render_scan(scan, unsure, false));
  SLUICE_TRY(
      const std::vector<std::int64_t> found,
      query_counts(context_, connection_, fmt::format("SELECT {} FROM ({})", counts, values)));
  for (std::size_t i = 0; i < unsure.fields.size(); ++i) {
    const bool has_value = found[2 * i] > 0;
    const bool has_nested = found[2 * i + 1] > 0;
    if (!has_nested) {
      const auto column = std::ranges::find_if(
          columns.fields, [&](const Field& field) { return field.name == unsure.fields[i].name; });
      column->type = {schema::Text{}};
      if (!has_value) {
        settled.valueless.push_back(column->name);
      }
    }
  }
  return {};
}

/// Of records that are no objects the engine makes one column, "json".
Status Settler::check_objects(const std::vector<string>& files, const plan::JsonFormat& json) {
  for (const string& file : files) {
    SLUICE_TRY(const std::vector<TextRow> other,
               query_texts(context_, connection_, dialect::render_json_no_object(file, json)));
    if (!other.empty()) {
      return make_error(ErrorCode::DataRejected,
                        fmt::format("a record of JSON is no object but {}: '{}'",
                                    other[0][0].value_or("NULL"), file))
          .with_hint(
              "each row is an object: in a list, or one on each line; --on-row-error "
              "quarantine keeps other lines apart");
    }
  }
  return {};
}

Status Settler::find_lines(const std::vector<string>& files, plan::JsonFormat& json) {
  for (std::size_t i = 0; i < files.size() && json.has_lines.value_or(true); ++i) {
    SLUICE_TRY(const std::vector<TextRow> first,
               query_texts(context_, connection_, dialect::render_is_by_line(files[i])));
    json.has_lines = !first.empty() && first[0][0] == "true";
  }
  return {};
}

Result<Schema> Settler::lenient_json(const std::vector<string>& files,
                                     const plan::JsonFormat& json) {
  SLUICE_TRY(Schema columns,
             connection_.describe(context_, dialect::render_lenient_json_probe(files, json)));
  const bool is_one = columns.fields.size() == 1 && columns.fields[0].name == "json";
  if (is_one) {
    // Numbers, texts or lists stand between the records.
    SLUICE_TRY(const std::vector<TextRow> structure,
               query_texts(context_, connection_, dialect::render_json_structure(files)));
    if (structure.empty() || !structure[0][0]) {
      return Schema{};
    }
    SLUICE_TRY(columns, connection_.describe(context_, dialect::render_structure_probe(
                                                           with_texts(*structure[0][0]))));
  }
  return columns;
}

/// The reader of lines leaves out one that is larger than this, and does not always say so.
Status Settler::check_sizes(const std::vector<string>& files, const plan::JsonFormat& json) {
  constexpr std::int64_t kLineBytesMax = 2'000'000;
  if (largest_of(files) < kLineBytesMax) {
    return {};
  }
  SLUICE_TRY(const std::vector<std::int64_t> largest,
             query_counts(context_, connection_, dialect::render_largest_record(files, json)));
  if (largest.front() < kLineBytesMax - 2) {
    return {};
  }
  return make_error(ErrorCode::DataRejected,
                    fmt::format("a record of JSON has {} bytes, and among lines that are no "
                                "records none of {} is read",
                                largest.front(), kLineBytesMax))
      .with_hint("mend or remove the lines that are no records: without such, it is read");
}

Result<SourceColumns> Settler::settle_json(const std::vector<string>& files,
                                           plan::JsonFormat& json) {
  Result<Schema> columns = read_in_size(
      files, json, [&] { return probe(plan::FileScan{.files = files, .format = json}); });
  const bool is_one = columns && columns->fields.size() == 1 && columns->fields[0].name == "json";
  if (columns && !(is_one && bad_lines_ == BadLines::Refuse)) {
    SLUICE_CHECK(is_one ? check_objects(files, json) : Status{});
    SLUICE_CHECK(check_keys(files, json, *columns));
    SourceColumns settled{.columns = *std::move(columns), .valueless = {}};
    if (!is_one) {
      SLUICE_CHECK(settle_plain(files, json, settled));
    }
    return settled;
  }
  const bool may_refuse =
      bad_lines_ == BadLines::Refuse && (columns || is_data_fault(columns.error()));
  if (may_refuse && !json.has_lines) {
    SLUICE_CHECK(find_lines(files, json));
  }
  if (!may_refuse || !json.has_lines.value_or(false)) {
    return columns ? Result<SourceColumns>(
                         SourceColumns{.columns = *std::move(columns), .valueless = {}})
                   : as_data_error(std::move(columns).error());
  }
  SLUICE_TRY(const Schema lenient,
             read_in_size(files, json, [&] { return lenient_json(files, json); }));
  SLUICE_CHECK(check_sizes(files, json));
  SLUICE_CHECK(check_keys(files, json, lenient));
  return SourceColumns{
      .columns = dialect::columns_as_read(plan::FileScan{.files = files, .format = json}, lenient),
      .valueless = {},
      .has_bad_lines = true};
}

Result<SourceColumns> Settler::settle(plan::Scan& source) {
  auto* files = std::get_if<plan::FileScan>(&source);
  if (files != nullptr) {
    if (auto* csv = std::get_if<plan::CsvFormat>(&files->format)) {
      return settle_csv(files->files, *csv);
    }
    if (auto* json = std::get_if<plan::JsonFormat>(&files->format)) {
      return settle_json(files->files, *json);
    }
  }
  Result<Schema> columns = probe(source);
  if (!columns) {
    return as_data_error(std::move(columns).error());
  }
  return SourceColumns{.columns = *std::move(columns), .valueless = {}};
}

}  // namespace

string with_texts(string structure) {
  for (const std::string_view type : {":\"UBIGINT\"", "[\"UBIGINT\"", ":\"NULL\"", "[\"NULL\""}) {
    for (std::size_t at = structure.find(type); at != string::npos; at = structure.find(type, at)) {
      structure.replace(at + 1, type.size() - 1, "\"VARCHAR\"");
    }
  }
  return structure;
}

Result<SourceColumns> settle_source(const Context& context, engine::Connection& connection,
                                    plan::Scan& source, BadLines bad_lines) {
  SLUICE_TRY(SourceColumns settled, Settler(context, connection, bad_lines).settle(source));
  auto* files = std::get_if<plan::FileScan>(&source);
  if (files != nullptr) {
    SLUICE_CHECK(add_folder_columns(context, connection, *files, settled));
  }
  const bool is_one = files != nullptr && files->files.size() == 1;
  SLUICE_CHECK(check_names(settled.columns, is_one ? "'" + files->files[0] + "'" : ""));
  return settled;
}

namespace {

/// Of a link's columns those that are NULL in every record: the engine calls them JSON.
Result<Schema> valueless_of(const Context& context, engine::Connection& connection,
                            const string& rows, const Schema& columns) {
  Schema unsure;
  string counts;
  for (const Field& field : columns.fields) {
    if (std::holds_alternative<schema::Json>(field.type.kind)) {
      unsure.fields.push_back(field);
      counts += fmt::format("{}count({})", counts.empty() ? "" : ", ",
                            dialect::quote_identifier(field.name));
    }
  }
  if (unsure.fields.empty()) {
    return unsure;
  }
  SLUICE_TRY(const std::vector<std::int64_t> found,
             query_counts(context, connection, fmt::format("SELECT {} FROM ({})", counts, rows)));
  Schema valueless;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i] == 0) {
      valueless.fields.push_back(
          {.name = std::move(unsure.fields[i].name), .type = schema::LogicalType{schema::Text{}}});
    }
  }
  return valueless;
}

Status settle_json_link(const Context& context, engine::Connection& connection,
                        plan::Reference& reference, plan::FileScan& files, plan::JsonFormat& json) {
  const auto rows_of = [&] {
    return dialect::render_reference({.name = reference.name,
                                      .scan = files,
                                      .columns = {},
                                      .filter = {},
                                      .query = {},
                                      .text_columns = {},
                                      .valueless = {}});
  };
  SLUICE_TRY(const Schema columns, read_in_size(files.files, json, [&]() -> Result<Schema> {
               SLUICE_TRY(const string rows, rows_of());
               return connection.describe(context, rows);
             }));
  SLUICE_TRY(const string rows, rows_of());
  SLUICE_TRY(reference.valueless, valueless_of(context, connection, rows, columns));
  return {};
}

Status settle_csv_link(const Context& context, engine::Connection& connection,
                       plan::Reference& reference, const plan::FileScan& files) {
  SLUICE_TRY(const string rows, dialect::render_reference({.name = reference.name,
                                                           .scan = files,
                                                           .columns = {},
                                                           .filter = {},
                                                           .query = {},
                                                           .text_columns = {},
                                                           .valueless = {}}));
  SLUICE_TRY(const Schema columns, connection.describe(context, rows));
  SLUICE_TRY(const std::vector<std::int64_t> changed,
             query_counts(context, connection, dialect::render_changed_texts(files, columns)));
  for (std::size_t i = 0; i < changed.size(); ++i) {
    if (changed[i] > 0) {
      reference.text_columns.push_back(columns.fields[i].name);
    }
  }
  return {};
}

}  // namespace

Status settle_references(const Context& context, engine::Connection& connection,
                         std::vector<plan::Reference>& references) {
  for (plan::Reference& reference : references) {
    auto* files = std::get_if<plan::FileScan>(&reference.scan);
    if (files == nullptr) {
      continue;
    }
    Status settled;
    if (auto* json = std::get_if<plan::JsonFormat>(&files->format)) {
      settled = settle_json_link(context, connection, reference, *files, *json);
    } else if (std::holds_alternative<plan::CsvFormat>(files->format)) {
      settled = settle_csv_link(context, connection, reference, *files);
    }
    if (!settled) {
      return std::move(settled).error().with_context(
          fmt::format("reading the link '{}'", reference.name));
    }
  }
  return {};
}

}  // namespace sluice::run
