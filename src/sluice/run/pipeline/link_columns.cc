#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/quote.h"
#include "sluice/run/pipeline/lost_numbers.h"
#include "sluice/run/pipeline/parquet_columns.h"
#include "sluice/run/pipeline/source_columns.h"
#include "sluice/run/pipeline/source_internal.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::run {
namespace {

using internal::as_columns_error;
using internal::check_keys;
using internal::check_records;
using internal::is_one_column;
using internal::read_in_size;
using plan::BadLines;
using schema::Field;
using schema::Schema;
using std::string;

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

Status make_view(const Context& context, engine::Connection& connection, plan::Reference& reference,
                 const string& rows) {
  const plan::RelationScan view{.name = "_sluice_link_" + reference.name};
  SLUICE_TRY([[maybe_unused]] const std::int64_t made,
             connection.execute(context, fmt::format("CREATE OR REPLACE TEMP VIEW {} AS {}",
                                                     dialect::quote_identifier(view.name), rows)));
  reference.scan = view;
  return {};
}

/// Two spellings of one key within an object, of which the engine makes no struct.
Error of_json_link(Error error) {
  constexpr std::string_view kDuplicate = "Duplicate name \"";
  const std::size_t at = error.native.find(kDuplicate);
  if (at == string::npos) {
    return error;
  }
  const std::size_t name = at + kDuplicate.size();
  return make_error(ErrorCode::DataRejected,
                    fmt::format("objects within records spell a key in two ways, as '{}'",
                                error.native.substr(name, error.native.find('"', name) - name)))
      .with_hint("spell it the same in all records: members are one without regard to case");
}

/// A column of doubles that do not hold all of its numbers is one of texts, as in CSV.
Status spell_link(const Context& context, engine::Connection& connection,
                  plan::Reference& reference, const Schema& columns) {
  const auto files = std::get<plan::FileScan>(reference.scan);
  SLUICE_TRY(const LostNumbers lost, find_lost_numbers(context, connection, files, columns));
  if (lost.columns.empty() && lost.json.empty()) {
    return {};
  }
  SLUICE_TRY(const string query, dialect::render_probe(files));
  SLUICE_TRY(Schema read, connection.describe(context, query));
  for (Field& field : read.fields) {
    for (const Field& texts : lost.columns) {
      field.type = field.name == texts.name ? texts.type : field.type;
    }
  }
  SLUICE_TRY(const string rows, dialect::render_json_link(files, read, lost.fractions, lost.json));
  return make_view(context, connection, reference, rows);
}

Status settle_json_link(const Context& context, engine::Connection& connection,
                        plan::Reference& reference, plan::FileScan& files, plan::JsonFormat& json) {
  const auto rows_of = [&] {
    return dialect::render_reference(
        {.name = reference.name, .scan = files, .columns = {}, .filter = {}, .query = {}});
  };
  const auto described = read_in_size(files.files, json, [&]() -> Result<Schema> {
    SLUICE_TRY(const string rows, rows_of());
    return connection.describe(context, rows);
  });
  if (!described) {
    return of_json_link(described.error());
  }
  const Schema& columns = *described;
  const bool is_one = is_one_column(columns);
  SLUICE_CHECK(check_records(context, connection, is_one, files.files, json));
  SLUICE_CHECK(check_keys(context, connection, files.files, json, columns));
  if (is_one) {
    SLUICE_TRY(
        const std::vector<std::int64_t> records,
        query_counts(context, connection, dialect::render_json_keys(files.files, json, "json")));
    if (records[0] == 0) {
      files.files.clear();  // a record without a key is nothing that is met
    }
  }
  if (!files.files.empty()) {
    SLUICE_TRY(const string rows, rows_of());
    SLUICE_TRY(reference.valueless, valueless_of(context, connection, rows, columns));
    return spell_link(context, connection, reference, columns);
  }
  return {};
}

/// What the hints of a source say is of options, which a link does not have.
Error of_csv_link(Error error) {
  error = as_columns_error(std::move(error));
  if (error.hint.find("source.options") != string::npos) {
    error.hint =
        "a link of CSV is read with ',' between its values, '\"' around them and one header: mend "
        "the file, or write it as JSON lines or Parquet";
  }
  return error;
}

/// A column is of the first type as which all of its values are written.
Result<Schema> types_of_texts(const Context& context, engine::Connection& connection,
                              const plan::FileScan& files, const Schema& columns) {
  SLUICE_TRY(const std::vector<std::int64_t> first,
             query_counts(context, connection, dialect::render_first_written(files, columns)));
  Schema candidates;
  for (std::size_t i = 0; i < columns.fields.size(); ++i) {
    for (schema::LogicalType& type : dialect::types_written_so(first[i])) {
      candidates.fields.push_back({.name = columns.fields[i].name, .type = std::move(type)});
    }
  }
  Schema typed;
  if (candidates.fields.empty()) {
    return typed;
  }
  SLUICE_TRY(const string query, dialect::render_written_otherwise(files, candidates));
  SLUICE_TRY(const std::vector<std::int64_t> others, query_counts(context, connection, query));
  for (std::size_t i = 0; i < candidates.fields.size(); ++i) {
    if (others[i] == 0 && typed.find(candidates.fields[i].name) == nullptr) {
      typed.fields.push_back(std::move(candidates.fields[i]));
    }
  }
  return typed;
}

/// All values of one line behind a delimiter that a link is not read with are one value.
Status check_parted(const plan::FileScan& files, const plan::CsvFormat& csv,
                    const Schema& columns) {
  constexpr std::string_view kOthers = ";|\t";
  const string& name = columns.fields.front().name;
  if (columns.fields.size() > 1 || name.find_first_of(kOthers) == string::npos) {
    return {};
  }
  return make_error(
             ErrorCode::DataRejected,
             fmt::format("the header of a CSV file is one column, '{}', read with '{}' "
                         "between its values: '{}'",
                         name, csv.delimiter == "\t" ? "tab" : csv.delimiter, files.files.front()))
      .with_hint(
          "a link of CSV is read with ',' between its values and one of type tsv with tabs: write "
          "the file so");
}

Status settle_csv_link(const Context& context, engine::Connection& connection,
                       plan::Reference& reference) {
  auto settled = settle_source(context, connection, reference.scan, BadLines::Stop, {});
  if (!settled) {
    return of_csv_link(std::move(settled).error());
  }
  auto& files = std::get<plan::FileScan>(reference.scan);
  const Schema& columns = settled->columns;
  if (columns.fields.empty()) {
    files.files.clear();
    return {};
  }
  SLUICE_CHECK(check_parted(files, std::get<plan::CsvFormat>(files.format), columns));
  auto typed = types_of_texts(context, connection, files, columns);
  if (!typed) {
    return of_csv_link(std::move(typed).error());
  }
  SLUICE_TRY(const string rows, dialect::render_link_texts(files, *typed));
  return make_view(context, connection, reference, rows);
}

}  // namespace

bool has_no_record(const plan::Reference& reference) {
  const auto* files = std::get_if<plan::FileScan>(&reference.scan);
  return files != nullptr && files->files.empty();
}

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
      settled = settle_csv_link(context, connection, reference);
    } else {
      settled = check_parquet_columns(context, connection, *files);
    }
    if (has_no_record(reference)) {
      for (const string& column : reference.columns) {
        reference.valueless.fields.push_back({.name = column, .type = {schema::Text{}}});
      }
    }
    if (!settled) {
      return std::move(settled).error().with_context(
          fmt::format("reading the link '{}'", reference.name));
    }
  }
  return {};
}

}  // namespace sluice::run
