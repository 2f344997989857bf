// Numbers of JSON as they are written. The engine's reader makes a double of each one with a
// fraction or an exponent, and of all numbers of a column in which one has such: where that loses
// digits, the number is made a text of JSON before it is read.
#include <algorithm>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/duckdb/pipeline_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

using std::string;

/// Numbers of JSON that are long enough to lose a digit, and others that look alike in texts.
constexpr std::string_view kLongNumbers = R"('[:\[,]\s*(-?[0-9.]{16,}(?:[eE][+-]?[0-9]+)?)', 1)";

/// Texts, numbers and what stands between them: all of JSON, in its order.
constexpr std::string_view kTokens = R"('"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|[^"0-9-]+|-')";

/// Whether a number that is written so is another one as a double.
string is_lost(const string& number) {
  return fmt::format(
      "(length(regexp_replace({0}, '[^0-9]', '', 'g')) > 15 AND "
      "coalesce(regexp_replace(CAST(TRY_CAST({0} AS DOUBLE) AS VARCHAR), '[.]0$', ''), '') <> {0})",
      number);
}

string has_lost(const string& numbers) {
  return fmt::format("len(list_filter({}, lambda _sluice_x: {})) > 0", numbers,
                     is_lost("_sluice_x"));
}

string has_lost_number(const string& json) {
  return has_lost(fmt::format("regexp_extract_all({}, {})", json, kLongNumbers));
}

/// Whether one of the columns may hold such a number, told from the text alone; what is nested may,
/// and so may what has a name that JSON can spell in several ways.
string may_be_lost(const string& json, const std::vector<string>& columns) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_- ";
  string names;
  for (const string& column : columns) {
    if (column.find_first_not_of(kPlain) != string::npos) {
      return "TRUE";
    }
    names += (names.empty() ? "" : "|") + column;
  }
  const string pattern = R"re("(?:)re" + names + R"re()"\s*:\s*(?:-?[0-9.]{16}|[\{\[]))re";
  return fmt::format(R"(regexp_matches({0}, {1}) OR contains({0}, '\u'))", json,
                     quote_literal(pattern));
}

string objects_of(const plan::FileScan& scan, std::string_view more) {
  const auto& json = std::get<plan::JsonFormat>(scan.format);
  return fmt::format("read_json_objects({}, format='auto', maximum_object_size={}{})",
                     literal_list(scan.files), json.record_bytes_max, more);
}

/// JSON in which each fraction that a double would change is a text.
string exact_numbers(const string& json) {
  return fmt::format(
      "CASE WHEN {1} THEN CAST(array_to_string(list_transform(regexp_extract_all({0}, {2}), "
      "lambda "
      "_sluice_x: CASE WHEN regexp_matches(_sluice_x, '^-?[0-9]+[.eE]') AND {3} THEN '\"' || "
      "_sluice_x || '\"' ELSE _sluice_x END), '') AS JSON) ELSE CAST({0} AS JSON) END",
      json, has_lost_number(json), kTokens, is_lost("_sluice_x"));
}

Result<string> struct_of(const string& json, const schema::Schema& columns) {
  string structure;
  for (const schema::Field& field : columns.fields) {
    SLUICE_TRY(const string type, duckdb_dialect().render_type(field.type));
    structure += fmt::format("{}{}, {}", structure.empty() ? "" : ", ", quote_literal(field.name),
                             quote_literal(type));
  }
  return fmt::format("from_json({}, json_object({}))", json, structure);
}

}  // namespace

bool is_mixed(const plan::BoundPipeline& bound, std::string_view column) {
  const schema::Field* field = bound.source.find(column);
  return field != nullptr && std::holds_alternative<schema::Text>(field->type.kind) &&
         std::ranges::find(bound.read_whole, field->name) != bound.read_whole.end();
}

Result<JsonRecord> json_record(const string& json, const schema::Schema& columns,
                               const std::vector<string>& exact) {
  JsonRecord record;
  schema::Schema plain;
  schema::Schema spelled;
  for (const schema::Field& field : columns.fields) {
    const bool is_exact = std::ranges::find(exact, field.name) != exact.end();
    (is_exact ? spelled : plain).fields.push_back(field);
    record.columns +=
        fmt::format("{}struct_extract({}, {}) AS {}", record.columns.empty() ? "" : ", ",
                    is_exact ? "_sluice_spelled" : "_sluice_record", quote_literal(field.name),
                    quote_identifier(field.name));
  }
  if (!plain.fields.empty()) {
    SLUICE_TRY(const string one, struct_of(json, plain));
    record.structs = one + " AS _sluice_record";
  }
  if (!spelled.fields.empty()) {
    const string text = fmt::format("CAST({} AS VARCHAR)", json);
    SLUICE_TRY(const string one, struct_of(exact_numbers(text), spelled));
    record.structs += (record.structs.empty() ? "" : ", ") + one + " AS _sluice_spelled";
  }
  return record;
}

Result<string> scan_exact_json(const plan::BoundPipeline& bound, const schema::Schema& columns) {
  const auto& scan = std::get<plan::FileScan>(bound.pipeline.source);
  SLUICE_TRY(const JsonRecord record,
             json_record("json", columns_of_files(scan, columns), bound.exact_fractions));
  const string rows = fmt::format(
      "SELECT {}, {} FROM (SELECT {}, {} FROM {})", record.columns, told_file(scan), kFileColumn,
      record.structs,
      objects_of(
          scan, fmt::format(", hive_partitioning=false, filename={}", quote_literal(kFileColumn))));
  return scan.folder_columns.empty() ? rows : with_folder_columns(scan, columns, rows);
}

Result<string> render_json_link(const plan::FileScan& scan, const schema::Schema& columns,
                                const std::vector<string>& exact) {
  SLUICE_TRY(const JsonRecord record, json_record("json", columns, exact));
  string ours = "json";
  for (const string made : {"_sluice_record", "_sluice_spelled"}) {
    ours += record.structs.contains(made) ? ", " + made : "";
  }
  return fmt::format("SELECT {}, * EXCLUDE ({}) FROM (SELECT *, {} FROM {})", record.columns, ours,
                     record.structs, objects_of(scan, ", hive_types_autocast=false"));
}

string render_lost_numbers(const string& records, const std::vector<string>& columns) {
  string counts;
  for (const string& column : columns) {
    const string pointer = quote_literal(json_pointer(column));
    const string value = fmt::format("CAST(json_extract(_sluice_exact, {}) AS VARCHAR)", pointer);
    counts += fmt::format(
        "{}count(*) FILTER (WHERE {}), count(*) FILTER (WHERE {} IS DISTINCT FROM "
        "CAST(json_extract(json, {}) AS VARCHAR))",
        counts.empty() ? "" : ", ",
        has_lost(fmt::format("regexp_extract_all({}, '-?[0-9][0-9.eE+-]*')", value)), value,
        pointer);
  }
  const string text = "CAST(json AS VARCHAR)";
  return fmt::format(
      "SELECT {} FROM (SELECT json, {} AS _sluice_exact FROM {} WHERE {})", counts,
      exact_numbers(text), records,
      fmt::format("CASE WHEN {} THEN {} END", may_be_lost(text, columns), has_lost_number(text)));
}

}  // namespace sluice::dialect
