#include "sluice/run/pipeline/source_columns.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/quote.h"
#include "sluice/run/pipeline/csv_header.h"
#include "sluice/run/pipeline/parquet_columns.h"
#include "sluice/run/pipeline/source_internal.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::run {
namespace {

using internal::as_columns_error;
using internal::check_keys;
using internal::check_records;
using internal::is_one_column;
using internal::largest_of;
using internal::read_in_size;
using plan::BadLines;
using schema::Field;
using schema::Schema;
using std::string;

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
      std::erase(settled.mixed, own->name);
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

class Settler {
 public:
  Settler(const Context& context, engine::Connection& connection, BadLines bad_lines,
          const ExpectedColumns& expected)
      : context_(context), connection_(connection), bad_lines_(bad_lines), expected_(expected) {}

  Result<SourceColumns> settle(plan::Scan& source);

 private:
  Result<SourceColumns> settle_csv(const plan::FileScan& scan, plan::CsvFormat& csv);
  Result<string> whole_record(const string& file, const plan::CsvFormat& csv, const string& first,
                              std::int64_t above);
  Status check_skipped(const string& file, const plan::CsvFormat& csv);
  Result<std::optional<TextRow>> first_line(const string& file, const plan::CsvFormat& csv);
  Result<SourceColumns> settle_json(const std::vector<string>& files, plan::JsonFormat& json);
  Status find_lines(const std::vector<string>& files, plan::JsonFormat& json);
  Status check_sizes(const std::vector<string>& files, const plan::JsonFormat& json);
  Status settle_plain(const std::vector<string>& files, const plan::JsonFormat& json,
                      SourceColumns& settled);
  Status stand_in_for_keys(const std::vector<string>& files, const plan::JsonFormat& json,
                           SourceColumns& settled) const;
  Result<SourceColumns> complete_json(const std::vector<string>& files,
                                      const plan::JsonFormat& json, SourceColumns settled);
  Result<Schema> describe_maps(const string& records);
  Result<Schema> describe_records(const string& records);
  Result<Schema> describe_structure(const string& structure, const string& records);
  Result<Schema> probe(const plan::Scan& source);

  const Context& context_;
  engine::Connection& connection_;
  BadLines bad_lines_;
  const ExpectedColumns& expected_;
};

/// Its first line, and those after it which a quote of it goes on to: names may hold line breaks.
Result<string> Settler::whole_record(const string& file, const plan::CsvFormat& csv,
                                     const string& first, std::int64_t above) {
  constexpr std::int64_t kLinesMax = 64;
  if (split_csv_line(first, csv)) {
    return first;
  }
  SLUICE_TRY(const std::vector<TextRow> lines,
             query_texts(context_, connection_,
                         dialect::render_lines(file, csv, csv.skip_rows + above, kLinesMax)));
  string record;
  for (const TextRow& line : lines) {
    const string text = line[0].value_or("");
    record += record.empty() ? "" : "\n";
    record += text.ends_with('\r') ? text.substr(0, text.size() - 1) : text;
    if (split_csv_line(record, csv)) {
      return record;
    }
  }
  return first;
}

/// The engine takes lines that are skipped for records: a quote that one of them leaves open would
/// take the whole file.
Status Settler::check_skipped(const string& file, const plan::CsvFormat& csv) {
  if (csv.skip_rows == 0) {
    return {};
  }
  const auto lines = query_texts(context_, connection_, dialect::render_skipped_quotes(file, csv));
  if (!lines) {
    return is_data_fault(lines.error()) ? Status{} : Status(lines.error());
  }
  for (const TextRow& line : *lines) {
    if (!split_csv_line(line[1].value_or(""), csv)) {
      return make_error(ErrorCode::DataRejected,
                        fmt::format("line {} of '{}' is skipped and leaves a quote open",
                                    line[0].value_or("?"), file))
          .with_hint(
              "close the quote or take the line out of the file, or write "
              "source.options.quote_char where values have another quote");
    }
  }
  return {};
}

Result<std::optional<TextRow>> Settler::first_line(const string& file, const plan::CsvFormat& csv) {
  const auto row_of = [&](const std::vector<TextRow>& rows) {
    return rows.empty() || !rows[0][0] ? std::nullopt : std::optional(rows[0]);
  };
  auto rows = query_texts(context_, connection_, dialect::render_first_line(file, csv, false));
  if (rows) {
    return row_of(*rows);
  }
  if (bad_lines_ == BadLines::Stop || !is_data_fault(rows.error())) {
    return as_columns_error(std::move(rows).error());
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
    return as_columns_error(std::move(rows).error());
  }
  return line;
}

Result<SourceColumns> Settler::settle_csv(const plan::FileScan& scan, plan::CsvFormat& csv) {
  SourceColumns settled;
  csv.headers.clear();
  for (std::size_t i = 0; i < scan.files.size(); ++i) {
    const string& file = scan.files[i];
    SLUICE_CHECK(check_skipped(file, csv));
    SLUICE_TRY(const std::optional<TextRow> line, first_line(file, csv));
    plan::CsvHeader header{.columns = {}, .skip_rows = csv.skip_rows};
    if (line) {
      const std::int64_t above = std::stoll((*line)[1].value_or("0"));
      SLUICE_TRY(const string record, whole_record(file, csv, (*line)[0].value_or(""), above));
      SLUICE_TRY(header.columns, csv_columns(record, csv, file));
      SLUICE_CHECK(
          check_csv_header(record, csv, expected_, scan.told.empty() ? file : scan.told[i]));
      header.skip_rows += above;
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

/// Without a name, or two that differ in case alone.
bool has_keys_of_map(const schema::LogicalType& type) {
  return std::visit(
      overloaded{[](const schema::List& list) { return has_keys_of_map(*list.element); },
                 [](const schema::Map& map) { return has_keys_of_map(*map.value); },
                 [](const schema::Struct& inner) {
                   return std::ranges::any_of(inner.fields, [&](const Field& member) {
                     const auto is_same = [&](const Field& other) {
                       return schema::same_column(other.name, member.name);
                     };
                     return member.name.empty() ||
                            std::ranges::count_if(inner.fields, is_same) > 1 ||
                            has_keys_of_map(member.type);
                   });
                 },
                 [](const auto&) { return false; }},
      type.kind);
}

bool is_unsigned(const schema::Integer& type) { return type.bits == 64 && !type.is_signed; }

bool has_unsigned(const schema::LogicalType& type) {
  return std::visit(overloaded{[](const schema::List& list) { return has_unsigned(*list.element); },
                               [](const schema::Struct& inner) {
                                 return std::ranges::any_of(inner.fields, [](const Field& member) {
                                   return has_unsigned(member.type);
                                 });
                               },
                               [](const schema::Integer& integer) { return is_unsigned(integer); },
                               [](const auto&) { return false; }},
                    type.kind);
}

/// With `whole` for whole numbers that have no sign.
schema::LogicalType with_wholes(const schema::LogicalType& type, const schema::LogicalType& whole) {
  if (const auto* list = std::get_if<schema::List>(&type.kind)) {
    return {schema::List{with_wholes(*list->element, whole)}};
  }
  if (const auto* inner = std::get_if<schema::Struct>(&type.kind)) {
    schema::Struct copy = *inner;
    for (Field& member : copy.fields) {
      member.type = with_wholes(member.type, whole);
    }
    return {std::move(copy)};
  }
  const auto* integer = std::get_if<schema::Integer>(&type.kind);
  return integer != nullptr && is_unsigned(*integer) ? whole : type;
}

string replaced_all(string structure, std::initializer_list<std::string_view> types,
                    std::string_view with) {
  for (const std::string_view type : types) {
    for (std::size_t at = structure.find(type); at != string::npos; at = structure.find(type, at)) {
      structure.replace(at + 1, type.size() - 1, with);
    }
  }
  return structure;
}

/// Keys within a record that no struct can have: without a name, or two that differ in case.
bool has_keys_of_maps(const Result<Schema>& described) {
  return described
             ? std::ranges::any_of(described->fields,
                                   [](const Field& field) { return has_keys_of_map(field.type); })
             : described.error().native.find("in struct auto-detected in JSON") != string::npos;
}

/// A map may have such keys: what holds objects is read as JSON.
Result<Schema> Settler::describe_maps(const string& records) {
  SLUICE_TRY(const std::vector<TextRow> structure,
             query_texts(context_, connection_, dialect::render_plain_structure(records)));
  return structure.empty() || !structure[0][0] ? Schema{}
                                               : describe_structure(*structure[0][0], records);
}

/// What the reader of whole files would say of these records alone.
Result<Schema> Settler::describe_records(const string& records) {
  SLUICE_TRY(const std::vector<TextRow> structure,
             query_texts(context_, connection_, dialect::render_json_structure(records)));
  if (structure.empty() || !structure[0][0]) {
    return Schema{};
  }
  if (!structure[0][0]->starts_with('{')) {  // no record has a key
    return Schema{{{.name = "json", .type = {schema::Json{}}}}};
  }
  Result<Schema> described = describe_structure(*structure[0][0], records);
  return has_keys_of_maps(described) ? describe_maps(records) : described;
}

/// As the reader of whole files types it: whole numbers as the narrowest type that holds them.
Result<Schema> Settler::describe_structure(const string& structure, const string& records) {
  const string typed = replaced_all(structure, {":\"NULL\"", "[\"NULL\""}, "\"JSON\"");
  SLUICE_TRY(Schema columns,
             connection_.describe(context_, dialect::render_structure_probe(typed)));
  std::vector<string> names;
  for (const Field& field : columns.fields) {
    if (has_unsigned(field.type)) {
      names.push_back(field.name);
    }
  }
  if (names.empty()) {
    return columns;
  }
  SLUICE_TRY(const std::vector<std::int64_t> large,
             query_counts(context_, connection_, dialect::render_large_wholes(records, names)));
  constexpr int kDigitsOfHugeint = 38;
  for (std::size_t i = 0; i < names.size(); ++i) {
    Field& field = *std::ranges::find(columns.fields, names[i], &Field::name);
    field.type = with_wholes(
        field.type, large[i] > 0
                        ? schema::LogicalType{schema::Decimal{.precision = kDigitsOfHugeint}}
                        : schema::LogicalType{schema::Integer{.bits = 64}});
  }
  return columns;
}

Result<Schema> Settler::probe(const plan::Scan& source) {
  SLUICE_TRY(const string query, dialect::render_probe(source));
  Result<Schema> described = connection_.describe(context_, query);
  const auto* files = std::get_if<plan::FileScan>(&source);
  const auto* json = files == nullptr ? nullptr : std::get_if<plan::JsonFormat>(&files->format);
  if (json != nullptr && has_keys_of_maps(described)) {
    described = describe_maps(dialect::json_records(files->files, *json, false));
  }
  if (!described) {
    return std::move(described).error();
  }
  Schema columns = dialect::columns_as_read(source, *described);
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
  SLUICE_TRY(const string values,
             dialect::render_settled_rows(scan, unsure, settled.has_bad_lines));
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
      (has_value ? settled.mixed : settled.valueless).push_back(column->name);
    }
  }
  return {};
}

/// Records without a key are rows all the same: a column of the contract stands for those they
/// lack.
Status Settler::stand_in_for_keys(const std::vector<string>& files, const plan::JsonFormat& json,
                                  SourceColumns& settled) const {
  SLUICE_TRY(const std::vector<std::int64_t> records,
             query_counts(context_, connection_, dialect::render_json_keys(files, json, "json")));
  if (records[0] > 0) {
    return {};
  }
  if (expected_.stand_in.empty()) {
    return make_error(ErrorCode::DataRejected,
                      "no record of the source has a key, and the "
                      "contract declares no column")
        .with_hint("declare the columns in model.fields");
  }
  settled.columns.fields = {{.name = expected_.stand_in, .type = {schema::Text{}}}};
  settled.valueless = {expected_.stand_in};
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

/// What a line that is no record changes of the others: nothing.
Result<SourceColumns> Settler::complete_json(const std::vector<string>& files,
                                             const plan::JsonFormat& json, SourceColumns settled) {
  SLUICE_CHECK(check_keys(context_, connection_, files, json, settled.columns));
  if (is_one_column(settled.columns)) {
    SLUICE_CHECK(stand_in_for_keys(files, json, settled));
  } else {
    SLUICE_CHECK(settle_plain(files, json, settled));
  }
  return settled;
}

Result<SourceColumns> Settler::settle_json(const std::vector<string>& files,
                                           plan::JsonFormat& json) {
  Result<Schema> columns = read_in_size(
      files, json, [&] { return probe(plan::FileScan{.files = files, .format = json}); });
  const bool is_one = columns && is_one_column(*columns);
  Status whole = columns ? check_records(context_, connection_, is_one, files, json)
                         : Status(as_columns_error(columns.error()));
  bool is_of_lines = columns ? !whole && whole.error().code == ErrorCode::DataRejected
                             : is_data_fault(columns.error());
  if (whole) {
    auto settled = complete_json(files, json, {.columns = *columns, .valueless = {}, .mixed = {}});
    if (settled || !is_data_fault(settled.error())) {
      return settled;
    }
    whole = std::move(settled).error();
    is_of_lines = true;
  }
  const bool may_refuse = is_of_lines && bad_lines_ == BadLines::Refuse;
  if (may_refuse && !json.has_lines) {
    SLUICE_CHECK(find_lines(files, json));
  }
  if (!may_refuse || !json.has_lines.value_or(false)) {
    return std::move(whole).error();
  }
  SLUICE_TRY(const Schema lenient, read_in_size(files, json, [&] {
               return describe_records(dialect::json_records(files, json, true));
             }));
  SLUICE_CHECK(check_sizes(files, json));
  return complete_json(
      files, json,
      {.columns = dialect::columns_as_read(plan::FileScan{.files = files, .format = json}, lenient),
       .valueless = {},
       .mixed = {},
       .has_bad_lines = true});
}

Result<SourceColumns> Settler::settle(plan::Scan& source) {
  auto* files = std::get_if<plan::FileScan>(&source);
  if (files != nullptr) {
    if (auto* csv = std::get_if<plan::CsvFormat>(&files->format)) {
      return settle_csv(*files, *csv);
    }
    if (auto* json = std::get_if<plan::JsonFormat>(&files->format)) {
      return settle_json(files->files, *json);
    }
    SLUICE_CHECK(check_parquet_columns(context_, connection_, *files));
  }
  Result<Schema> columns = probe(source);
  if (!columns) {
    return as_columns_error(std::move(columns).error());
  }
  return SourceColumns{.columns = *std::move(columns), .valueless = {}, .mixed = {}};
}

}  // namespace

string with_texts(string structure) {
  return replaced_all(std::move(structure),
                      {":\"UBIGINT\"", "[\"UBIGINT\"", ":\"NULL\"", "[\"NULL\""}, "\"VARCHAR\"");
}

string with_texts_for_doubles(string structure) {
  return replaced_all(std::move(structure), {":\"DOUBLE\"", "[\"DOUBLE\""}, "\"VARCHAR\"");
}

Result<SourceColumns> settle_source(const Context& context, engine::Connection& connection,
                                    plan::Scan& source, BadLines bad_lines,
                                    const ExpectedColumns& expected) {
  SLUICE_TRY(SourceColumns settled,
             Settler(context, connection, bad_lines, expected).settle(source));
  auto* files = std::get_if<plan::FileScan>(&source);
  if (files != nullptr) {
    SLUICE_CHECK(add_folder_columns(context, connection, *files, settled));
  }
  const bool is_one = files != nullptr && files->files.size() == 1;
  SLUICE_CHECK(check_names(settled.columns, is_one ? "'" + files->files[0] + "'" : ""));
  return settled;
}

ExpectedColumns expected_columns(const plan::Pipeline& pipeline) {
  const auto* files = std::get_if<plan::FileScan>(&pipeline.source);
  ExpectedColumns expected;
  for (const plan::DeclaredColumn& column : pipeline.schema.columns) {
    if (column.is_made_by_write) {
      continue;
    }
    expected.stand_in = expected.stand_in.empty() ? column.name : expected.stand_in;
    const bool is_of_folders =
        files != nullptr && std::ranges::any_of(files->folder_columns, [&](const auto& folder) {
          return schema::same_column(folder.name, column.name);
        });
    if (!is_of_folders) {
      expected.declared.push_back(column.name);
    }
  }
  for (const plan::PlannedStep& step : pipeline.steps) {
    expected.steps += plan::to_string(step.step) + "\n";
  }
  return expected;
}

}  // namespace sluice::run
