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
constexpr std::string_view kLongNumbers =
    R"('[:\[,]\s*(-?(?:[0-9.]{16,}(?:[eE][+-]?[0-9]+)?|[0-9.]+[eE][+-]?[0-9]{3,}))', 1)";

/// What stands before a number that is a text for as long as it is read: signs for private use.
constexpr std::string_view kMark = "\xEE\x94\x9C\xEF\x97\xAE";

/// Texts, numbers and what stands between them: all of JSON, in its order.
constexpr std::string_view kTokens = R"('"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|[^"0-9-]+|-')";

/// Whether a number that is written so is another one as a double: one with too many digits, or too
/// large or too small.
string is_lost(const string& number) {
  return fmt::format(
      "((length(regexp_replace({0}, '[^0-9]', '', 'g')) > 15 AND "
      "coalesce(regexp_replace(CAST(TRY_CAST({0} AS DOUBLE) AS VARCHAR), '[.]0$', ''), '') <> {0}) "
      "OR (regexp_matches({0}, '[eE][+-]?[0-9]{{3}}') AND (coalesce(isinf(TRY_CAST({0} AS "
      "DOUBLE)), "
      "TRUE) OR (TRY_CAST({0} AS DOUBLE) = 0 AND regexp_matches({0}, '^[^eE]*[1-9]')))))",
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
  const string pattern =
      R"re("(?:)re" + names + R"re()"\s*:\s*(?:-?[0-9.]{16}|-?[0-9.]+[eE][+-]?[0-9]{3}|[\{\[]))re";
  return fmt::format(R"(regexp_matches({0}, {1}) OR contains({0}, '\u'))", json,
                     quote_literal(pattern));
}

string objects_of(const plan::FileScan& scan, std::string_view more) {
  const auto& json = std::get<plan::JsonFormat>(scan.format);
  return fmt::format("read_json_objects({}, format='auto', maximum_object_size={}{})",
                     file_list(scan.files), json.record_bytes_max, more);
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

/// A column as it is taken out of the structs: without the marks of numbers.
string unmarked(const string& json) {
  return fmt::format(
      "CAST(regexp_replace(CAST({} AS VARCHAR), '\"{}([^\"]*)\"', '\\1', 'g') AS JSON)", json,
      kMark);
}

}  // namespace

string exact_numbers(const string& json, std::string_view mark) {
  return fmt::format(
      "CASE WHEN {1} THEN CAST(array_to_string(list_transform(regexp_extract_all({0}, {2}), "
      "lambda _sluice_x: CASE WHEN regexp_matches(_sluice_x, '^-?[0-9]+[.eE]') AND {3} THEN "
      "'\"{4}' || _sluice_x || '\"' ELSE _sluice_x END), '') AS JSON) ELSE CAST({0} AS JSON) END",
      json, has_lost_number(json), kTokens, is_lost("_sluice_x"), mark);
}

bool keeps_json(const schema::LogicalType& from, const schema::LogicalType& to) {
  if (std::holds_alternative<schema::Text>(to.kind) ||
      std::holds_alternative<schema::Json>(to.kind)) {
    return is_nested(from);
  }
  const auto* list = std::get_if<schema::List>(&from.kind);
  const auto* to_list = std::get_if<schema::List>(&to.kind);
  if (list != nullptr && to_list != nullptr) {
    return keeps_json(*list->element, *to_list->element);
  }
  const auto* inner = std::get_if<schema::Struct>(&from.kind);
  const auto* to_inner = std::get_if<schema::Struct>(&to.kind);
  const auto* to_map = std::get_if<schema::Map>(&to.kind);
  return inner != nullptr && std::ranges::any_of(inner->fields, [&](const schema::Field& member) {
           if (to_map != nullptr) {
             return keeps_json(member.type, *to_map->value);
           }
           const auto* found = to_inner == nullptr ? nullptr : find_member(*to_inner, member.name);
           return found != nullptr && keeps_json(member.type, found->type);
         });
}

bool is_mixed(const plan::BoundPipeline& bound, std::string_view column) {
  const schema::Field* field = bound.source.find(column);
  return field != nullptr && std::holds_alternative<schema::Text>(field->type.kind) &&
         std::ranges::find(bound.read_whole, field->name) != bound.read_whole.end();
}

Result<JsonRecord> json_record(const string& json, const schema::Schema& columns,
                               const std::vector<string>& exact,
                               const std::vector<string>& exact_json) {
  JsonRecord record;
  const string text = fmt::format("CAST({} AS VARCHAR)", json);
  struct Part {
    std::string_view name;
    string json;
    schema::Schema columns;
  };
  Part parts[] = {{"_sluice_record", json, {}},
                  {"_sluice_spelled", exact_numbers(text), {}},
                  {"_sluice_marked", exact_numbers(text, kMark), {}}};
  for (const schema::Field& field : columns.fields) {
    const bool is_json = std::ranges::find(exact_json, field.name) != exact_json.end() &&
                         std::holds_alternative<schema::Json>(field.type.kind);
    const bool is_exact = std::ranges::find(exact, field.name) != exact.end();
    Part& part = parts[is_json ? 2 : is_exact ? 1 : 0];
    part.columns.fields.push_back(field);
    const string value =
        fmt::format("struct_extract({}, {})", part.name, quote_literal(field.name));
    record.columns += fmt::format("{}{} AS {}", record.columns.empty() ? "" : ", ",
                                  is_json ? unmarked(value) : value, quote_identifier(field.name));
  }
  for (const Part& part : parts) {
    if (!part.columns.fields.empty()) {
      SLUICE_TRY(const string one, struct_of(part.json, part.columns));
      record.structs +=
          fmt::format("{}{} AS {}", record.structs.empty() ? "" : ", ", one, part.name);
    }
  }
  return record;
}

Result<string> scan_exact_json(const plan::BoundPipeline& bound, const schema::Schema& columns) {
  const auto& scan = std::get<plan::FileScan>(bound.pipeline.source);
  SLUICE_TRY(const JsonRecord record, json_record("json", columns_of_files(scan, columns),
                                                  bound.exact_fractions, bound.exact_json));
  const string rows = fmt::format(
      "SELECT {}, {} FROM (SELECT {}, {} FROM {})", record.columns, told_file(scan), kFileColumn,
      record.structs,
      objects_of(
          scan, fmt::format(", hive_partitioning=false, filename={}", quote_literal(kFileColumn))));
  return scan.folder_columns.empty() ? rows : with_folder_columns(scan, columns, rows);
}

Result<string> render_json_link(const plan::FileScan& scan, const schema::Schema& columns,
                                const std::vector<string>& exact,
                                const std::vector<string>& exact_json) {
  SLUICE_TRY(const JsonRecord record, json_record("json", columns, exact, exact_json));
  string ours = "json";
  for (const string made : {"_sluice_record", "_sluice_spelled", "_sluice_marked"}) {
    ours += record.structs.contains(made) ? ", " + made : "";
  }
  return fmt::format("SELECT {}, * EXCLUDE ({}) FROM (SELECT *, {} FROM {})", record.columns, ours,
                     record.structs, objects_of(scan, ", hive_types_autocast=false"));
}

string render_lost_texts(std::string_view rows, const std::vector<string>& columns) {
  string counts;
  for (const string& column : columns) {
    counts += fmt::format(
        "{}count(*) FILTER (WHERE {})", counts.empty() ? "" : ", ",
        has_lost(fmt::format("regexp_extract_all(CAST({} AS VARCHAR), '-?[0-9][0-9.eE+-]*')",
                             quote_identifier(column))));
  }
  return fmt::format("SELECT {} FROM {}", counts, rows);
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
