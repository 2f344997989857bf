// Nested columns of a source taken apart: the members of structs, and of texts that are JSON
// objects, as columns of their own.
#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/duckdb/pipeline_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

using std::string;

string object_column(std::size_t number) { return fmt::format("_sluice_o{}", number); }

string json_of(const string& name) { return fmt::format("TRY_CAST({} AS JSON)", name); }

/// What the column holds and is no object.
string object_reason(const plan::Pipeline& pipeline, const schema::Field& field) {
  const string name = quote_identifier(field.name);
  return fmt::format(
      "CASE WHEN {} IS NOT NULL AND coalesce(json_type({}), '') NOT IN ('OBJECT', 'NULL') THEN {} "
      "|| {} || '''' END",
      name, json_of(name),
      quote_literal(
          fmt::format("Type Mismatch: {} cannot be cast to a JSON object: '", field.name)),
      told_value(pipeline, field.name, field.type));
}

Result<string> flat_value(const plan::Flattened& flattened, const plan::FlatColumn& column) {
  const bool is_read_as_text = std::holds_alternative<schema::Json>(column.from.kind) &&
                               std::holds_alternative<schema::Text>(column.type.kind);
  if (column.from != column.type && !is_read_as_text) {
    SLUICE_TRY(const string type, duckdb_dialect().render_type(column.type));
    return fmt::format("CAST(NULL AS {})", type);  // no row has a value
  }
  string value = quote_identifier(column.column);
  for (std::size_t i = 0; i < flattened.texts.size(); ++i) {
    if (!column.members.empty() && flattened.texts[i].column == column.column) {
      value = object_column(i);
    }
  }
  for (const string& member : column.members) {
    value = fmt::format("struct_extract({}, {})", value, quote_literal(member));
  }
  return is_read_as_text && column.from != column.type ? fmt::format("({} ->> '$')", value) : value;
}

}  // namespace

Result<string> render_flattened(const plan::BoundPipeline& bound, const Rows& input,
                                std::vector<string>& error_columns) {
  const plan::Flattened& flattened = *bound.flattened;
  string rows = input.from;
  string objects;
  for (std::size_t i = 0; i < flattened.texts.size(); ++i) {
    const plan::ObjectText& text = flattened.texts[i];
    const schema::Field* field = input.columns.find(text.column);
    if (field == nullptr) {
      return make_error(ErrorCode::Internal, "a flattened column is not read: " + text.column);
    }
    error_columns.push_back(fmt::format("_sluice_e{}", error_columns.size()));
    objects +=
        fmt::format(", {} AS {}", object_reason(bound.pipeline, *field), error_columns.back());
    if (!text.structure.empty()) {
      const string name = quote_identifier(text.column);
      objects += fmt::format(
          ", from_json(CASE WHEN json_type({0}) = 'OBJECT' THEN {1} END, {2}) AS {3}",
          json_of(name),
          text.is_exact ? exact_numbers(fmt::format("CAST({} AS VARCHAR)", name)) : json_of(name),
          quote_literal(text.structure), object_column(i));
    }
  }
  if (!objects.empty()) {
    rows = fmt::format("(SELECT *{} FROM {})", objects, rows);
  }
  string list;
  for (const plan::FlatColumn& column : flattened.columns) {
    SLUICE_TRY(const string value, flat_value(flattened, column));
    list +=
        fmt::format("{}{} AS {}", list.empty() ? "" : ", ", value, quote_identifier(column.name));
  }
  for (const string& error : error_columns) {
    list += (list.empty() ? "" : ", ") + error;
  }
  return fmt::format("SELECT {}{} FROM {}", list.empty() ? "NULL AS _sluice_none" : list,
                     hidden_list(input, ""), rows);
}

Result<string> render_settled_rows(const plan::Scan& scan, const schema::Schema& columns,
                                   bool is_lenient) {
  const auto* files = std::get_if<plan::FileScan>(&scan);
  const bool is_csv = files != nullptr && std::holds_alternative<plan::CsvFormat>(files->format);
  const auto* json = files == nullptr ? nullptr : std::get_if<plan::JsonFormat>(&files->format);
  if (!is_lenient || (!is_csv && json == nullptr)) {
    return render_scan(scan, columns, false);
  }
  if (json != nullptr) {
    SLUICE_TRY(const JsonRecord record, json_record("json", columns, {}, {}));
    return fmt::format("SELECT {} FROM (SELECT {} FROM {})", record.columns, record.structs,
                       json_records(files->files, *json, true));
  }
  std::vector<string> names;
  for (const schema::Field& field : columns.fields) {
    names.push_back(field.name);
  }
  return fmt::format("SELECT {} FROM {}", quote_columns(names),
                     scan_csv_files(*files, columns, ", ignore_errors=true"));
}

string render_object_structure(const string& rows, const string& column) {
  const string json = json_of(quote_identifier(column));
  return fmt::format(
      "SELECT CAST(json_group_structure({0}) AS VARCHAR) FROM ({1}) WHERE json_type({0}) = "
      "'OBJECT'",
      json, rows);
}

string render_member_counts(const string& rows, const std::vector<plan::FlatColumn>& members) {
  string counts;
  for (const plan::FlatColumn& member : members) {
    string value = quote_identifier(member.column);
    for (const string& name : member.members) {
      value = fmt::format("struct_extract({}, {})", value, quote_literal(name));
    }
    counts += fmt::format(
        "{0}count(*) FILTER (WHERE coalesce(json_type({1}), 'NULL') <> 'NULL'), count(*) FILTER "
        "(WHERE json_type({1}) IN ('OBJECT', 'ARRAY'))",
        counts.empty() ? "" : ", ", value);
  }
  return fmt::format("SELECT {} FROM ({})", counts, rows);
}

}  // namespace sluice::dialect
