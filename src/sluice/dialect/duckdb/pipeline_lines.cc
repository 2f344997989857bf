// How a source is read of which some lines are no records: those go into a table of their own with
// their number, their text and the reason, and all others are read as ever.
//
// CSV: the reader itself says which records it rejected. JSON and fixed width: whole lines are read
// and looked at one by one; the reader rejects only what is no text in the encoding. Reasons are
// made of fixed texts and counts: no value of a line stands in them.
#include <algorithm>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/duckdb/path.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/duckdb/pipeline_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

using std::string;

constexpr std::string_view kRejects = "sluice_rejects";
constexpr std::string_view kRejectScans = "sluice_reject_scans";
/// The reader keeps this much of a record that it rejects.
constexpr int kRejectedBytesMax = 10'000;

string reject_options() {
  return fmt::format(", store_rejects=true, rejects_table={}, rejects_scan={}, rejects_limit=0",
                     quote_literal(kRejects), quote_literal(kRejectScans));
}

/// No quote of the record lies. Of one that no buffer holds the reader says that one does, and
/// gives the text of the record before it.
string is_well_quoted(const plan::CsvFormat& csv) {
  const auto sign = [](const string& text) {
    string escaped;
    for (const char c : text) {
      escaped += fmt::format("\\x{{{:02x}}}", static_cast<unsigned char>(c));
    }
    return escaped;
  };
  if (csv.quote.size() != 1 || csv.delimiter.size() != 1) {
    return "FALSE";
  }
  const string value =
      fmt::format("(?: *{q}(?:[^{q}]|{q}{q})*{q} *| *|[^{q}{d} ][^{d}]*| +[^{q}{d} ][^{d}]*)",
                  fmt::arg("q", sign(csv.quote)), fmt::arg("d", sign(csv.delimiter)));
  return fmt::format("regexp_full_match(trim(r.csv_line, chr(13) || chr(10)), {}, 's')",
                     quote_literal(fmt::format("{0}(?:{1}{0})*", value, sign(csv.delimiter))));
}

/// What the reader rejected: file, line, text, reason, and whether the text is not all of it.
string rejects(const plan::CsvFormat* csv = nullptr) {
  const auto has = [](std::string_view kind) {
    return fmt::format("bool_or(r.error_type = {})", quote_literal(kind));
  };
  return fmt::format(
      "(SELECT s.file_path AS _sluice_file, CAST(r.line AS BIGINT) AS _sluice_number, "
      "trim(any_value(r.csv_line), chr(13) || chr(10)) AS _sluice_line, 'Line could not be read: ' "
      "|| CASE WHEN {} THEN 'its bytes are no text in the encoding of the source' WHEN {} THEN 'it "
      "is too long' WHEN {} THEN 'a quote is never closed, or ends before its value does' WHEN {} "
      "THEN 'expected ' || (min(r.column_idx) - 1) || ' values, got more' WHEN {} THEN 'expected ' "
      "|| (max(r.column_idx) + 1) || ' values, got ' || min(r.column_idx) ELSE 'it does not fit "
      "the format' END AS _sluice_fault, (strlen(any_value(r.csv_line)) >= {} OR "
      "bool_or(r.error_type = 'UNQUOTED VALUE' AND {})) AS _sluice_is_cut "
      "FROM "
      "{} AS r JOIN {} AS s USING (scan_id, file_id) GROUP BY s.file_path, r.scan_id, r.file_id, "
      "r.line)",
      has("INVALID ENCODING"), has("LINE SIZE OVER MAXIMUM"), has("UNQUOTED VALUE"),
      has("TOO MANY COLUMNS"), has("MISSING COLUMNS"), kRejectedBytesMax,
      csv == nullptr ? "FALSE" : is_well_quoted(*csv), kRejects, kRejectScans);
}

string refused_select(const plan::FileScan& scan, const string& from) {
  return fmt::format(
      "SELECT _sluice_number, _sluice_line, [_sluice_fault] AS {}, ['schema'] AS {}, {} FROM {} "
      "ORDER BY {}, _sluice_number",
      kErrorsColumn, kCategoriesColumn, told_file(scan), from, kFileColumn);
}

LinesRead begin(const plan::CsvFormat* csv = nullptr) {
  return {.statements = {fmt::format("DROP TABLE IF EXISTS {}", kRejects),
                         fmt::format("DROP TABLE IF EXISTS {}", kRejectScans)},
          .rows = "",
          .untallied = "SELECT count(*) FROM " + rejects(),
          .count = "",
          .impossible = fmt::format("SELECT CAST(min(_sluice_number) AS VARCHAR) FROM {} WHERE "
                                    "_sluice_is_cut",
                                    rejects(csv))};
}

string make_table(const string& name, const string& select) {
  return fmt::format("CREATE OR REPLACE TEMP TABLE {} AS {}", name, select);
}

string names_of(const schema::Schema& columns) {
  std::vector<string> names;
  for (const schema::Field& field : columns.fields) {
    names.push_back(field.name);
  }
  return quote_columns(names);
}

LinesRead read_csv_records(const plan::FileScan& scan, const schema::Schema& columns,
                           const string& lines, const string& refused, std::string_view tally) {
  LinesRead read = begin(&std::get<plan::CsvFormat>(scan.format));
  const string select = fmt::format("{}, {}, {}", names_of(columns), kFileColumn, tallied(tally));
  const string more = fmt::format(", filename={}{}", quote_literal(kFileColumn), reject_options());
  read.statements.push_back(make_table(
      lines, fmt::format("SELECT {} FROM {}", select, scan_csv_files(scan, columns, more))));
  read.statements.push_back(make_table(refused, refused_select(scan, rejects())));
  read.rows = fmt::format("SELECT {}, {} FROM {}", names_of(columns), told_file(scan), lines);
  read.count = fmt::format("SELECT count(*) FROM {}", lines);
  return read;
}

/// Which lines of a file are looked at, and what one of them must be.
struct LineFormat {
  std::int64_t skip_rows = 0;
  std::int64_t skip_footer = 0;
  std::string_view encoding = "utf-8";
  std::string_view is_line;  // a condition
  string fault;              // why one is no record, else NULL
};

/// The lines of one file with their numbers.
string numbered_lines(const string& file, const LineFormat& format) {
  const string all = fmt::format(
      "SELECT * FROM (SELECT *, row_number() OVER () + {} AS _sluice_number FROM {}) WHERE {}",
      format.skip_rows, read_lines({file}, format.skip_rows, format.encoding, reject_options()),
      format.is_line);
  return format.skip_footer == 0
             ? all
             : fmt::format(
                   "SELECT * FROM (SELECT *, row_number() OVER () AS _sluice_at, count(*) OVER () "
                   "AS _sluice_count FROM ({})) WHERE _sluice_at <= _sluice_count - {}",
                   all, format.skip_footer);
}

LinesRead read_numbered(const plan::FileScan& scan, const LineFormat& format, const string& lines,
                        const string& refused, std::string_view tally) {
  LinesRead read = begin();
  string all;
  for (const string& file : scan.files) {
    all += (all.empty() ? "" : " UNION ALL ") + numbered_lines(file, format);
  }
  read.statements.push_back(make_table(
      lines,
      fmt::format("SELECT {}, {}, _sluice_number, _sluice_line, {} AS _sluice_fault FROM ({})",
                  kFileColumn, tallied(tally), format.fault, all)));
  // Numbers were given to the lines that came: those that the reader rejected stand between them.
  const string numbered = fmt::format(
      "(SELECT {0}, _sluice_number + (SELECT count(*) FROM (SELECT _sluice_file AS f, "
      "_sluice_number - row_number() OVER (PARTITION BY _sluice_file ORDER BY _sluice_number) AS "
      "before FROM {1}) WHERE f = {0} AND before < _sluice_number) AS _sluice_number, "
      "_sluice_line, _sluice_fault FROM {2} WHERE _sluice_fault IS NOT NULL UNION ALL SELECT "
      "_sluice_file, _sluice_number, _sluice_line, _sluice_fault FROM {1})",
      kFileColumn, rejects(), lines);
  read.statements.push_back(make_table(refused, refused_select(scan, numbered)));
  read.count = fmt::format("SELECT count(*) FROM {} WHERE _sluice_fault IS NULL", lines);
  return read;
}

/// Why a line is no record of JSON, or NULL. Of two values of a key the reader would take one, and
/// say nothing.
constexpr std::string_view kJsonFault =
    "CASE WHEN NOT json_valid(_sluice_line) THEN 'Line could not be read: it is not valid JSON' "
    "WHEN json_type(_sluice_line) <> 'OBJECT' THEN 'Line could not be read: it is not a JSON "
    "object' WHEN len(json_keys(_sluice_line)) <> len(list_distinct(json_keys(_sluice_line))) "
    "THEN 'Line could not be read: a key stands in it twice' END";

/// Whether a key stands twice in an object that is read as such a struct, or in one inside of it;
/// empty: there is no struct.
string has_key_twice(const string& json, const schema::LogicalType& type, int depth) {
  if (const auto* list = std::get_if<schema::List>(&type.kind)) {
    const string one = fmt::format("_sluice_k{}", depth);
    const string inside = has_key_twice(one, *list->element, depth + 1);
    return inside.empty()
               ? inside
               : fmt::format(
                     "coalesce(len(list_filter(json_extract({}, '$[*]'), lambda {}: {})) > "
                     "0, FALSE)",
                     json, one, inside);
  }
  const auto* inner = std::get_if<schema::Struct>(&type.kind);
  if (inner == nullptr) {
    return {};
  }
  string any = fmt::format("len(json_keys({0})) <> len(list_distinct(json_keys({0})))", json);
  for (const schema::Field& member : inner->fields) {
    const string value =
        fmt::format("json_extract({}, {})", json, quote_literal(json_pointer(member.name)));
    const string inside = has_key_twice(value, member.type, depth);
    any += inside.empty() ? "" : " OR " + inside;
  }
  return fmt::format("(CASE WHEN json_type({}) = 'OBJECT' THEN {} ELSE FALSE END)", json, any);
}

/// The same of the objects that are values of the columns.
string json_fault(const schema::Schema& columns) {
  string any;
  for (const schema::Field& field : columns.fields) {
    const string inside = has_key_twice(
        fmt::format("json_extract(_sluice_line, {})", quote_literal(json_pointer(field.name))),
        field.type, 0);
    any += inside.empty() || any.empty() ? inside : " OR " + inside;
  }
  return any.empty() ? string(kJsonFault)
                     : fmt::format(
                           "coalesce({}, CASE WHEN NOT coalesce(json_valid(_sluice_line), "
                           "FALSE) THEN NULL WHEN {} THEN 'Line could not be read: a key "
                           "stands in an object of it twice' END)",
                           kJsonFault, any);
}

Result<LinesRead> read_json_lines(const plan::FileScan& scan, const schema::Schema& columns,
                                  const plan::BoundPipeline& bound, const string& lines,
                                  const string& refused, std::string_view tally) {
  LinesRead read =
      read_numbered(scan, {.is_line = "trim(_sluice_line) <> ''", .fault = json_fault(columns)},
                    lines, refused, tally);
  if (columns.fields.empty()) {  // not one record
    read.rows = fmt::format("SELECT {} FROM {} WHERE FALSE", told_file(scan), lines);
    return read;
  }
  SLUICE_TRY(const JsonRecord record,
             json_record("_sluice_line", columns, bound.exact_fractions, bound.exact_json));
  read.rows = fmt::format("SELECT {}, {} FROM (SELECT {}, {} FROM {} WHERE _sluice_fault IS NULL)",
                          record.columns, told_file(scan), kFileColumn, record.structs, lines);
  return read;
}

LinesRead read_fixed_lines(const plan::FileScan& scan, const plan::FixedWidthFormat& fixed,
                           const schema::Schema& columns, const string& lines,
                           const string& refused, std::string_view tally) {
  const string fault =
      fixed.record_length
          ? fmt::format(
                "CASE WHEN length(_sluice_line) <> {0} THEN 'Line length mismatch: expected "
                "{0}, got ' || length(_sluice_line) END",
                *fixed.record_length)
          : "CAST(NULL AS VARCHAR)";
  LinesRead read = read_numbered(scan,
                                 {.skip_rows = fixed.skip_rows,
                                  .skip_footer = fixed.skip_footer,
                                  .encoding = fixed.encoding,
                                  .is_line = "_sluice_line IS NOT NULL",
                                  .fault = fault},
                                 lines, refused, tally);
  read.rows = fmt::format("SELECT {}, {} FROM {} WHERE _sluice_fault IS NULL",
                          fixed_width_columns(fixed, &columns), told_file(scan), lines);
  return read;
}

}  // namespace

string read_lines(const std::vector<string>& files, std::int64_t skip_rows,
                  std::string_view encoding, std::string_view more) {
  // No quotes, and a separator that no text has.
  return fmt::format(
      "read_csv({}, auto_detect=false, header=false, strict_mode=false, delim={}, quote='', "
      "escape='', columns={{'_sluice_line': 'VARCHAR'}}, skip={}, encoding={}, filename={}, "
      "hive_partitioning=false{})",
      file_list(files), quote_literal("\x01\x02\x01\x02"), skip_rows, quote_literal(encoding),
      quote_literal(kFileColumn), more);
}

string tallied(std::string_view tally) { return fmt::format("{}() AS {}", tally, kSeenColumn); }

string fixed_width_columns(const plan::FixedWidthFormat& fixed, const schema::Schema* columns) {
  string list;
  for (const plan::FixedWidthFormat::Column& column : fixed.columns) {
    if (columns != nullptr && columns->find(column.name) == nullptr) {
      continue;
    }
    string value = fmt::format("substr(_sluice_line, {}, {})", column.start, column.width);
    value = fixed.strip ? fmt::format("nullif(trim({}), '')", value) : value;
    list +=
        fmt::format("{}{} AS {}", list.empty() ? "" : ", ", value, quote_identifier(column.name));
  }
  return list;
}

bool can_refuse_lines(const plan::BoundPipeline& bound) {
  const auto* files = std::get_if<plan::FileScan>(&bound.pipeline.source);
  return files != nullptr && !files->files.empty() &&
         std::visit(overloaded{[&](const plan::CsvFormat&) { return !bound.source.fields.empty(); },
                               [](const plan::JsonFormat& json) { return json.has_lines == true; },
                               [](const plan::ParquetFormat&) { return false; },
                               [](const plan::FixedWidthFormat&) { return true; }},
                    files->format);
}

bool must_refuse_lines(const plan::BoundPipeline& bound) {
  const auto* files = std::get_if<plan::FileScan>(&bound.pipeline.source);
  const auto* fixed =
      files == nullptr ? nullptr : std::get_if<plan::FixedWidthFormat>(&files->format);
  return fixed != nullptr && fixed->record_length.has_value() && can_refuse_lines(bound);
}

Result<LinesRead> read_with_refusals(const plan::BoundPipeline& bound, const schema::Schema& source,
                                     const string& lines, const string& refused,
                                     std::string_view tally) {
  const auto& scan = std::get<plan::FileScan>(bound.pipeline.source);
  const schema::Schema columns = columns_of_files(scan, source);
  auto read = std::visit(
      overloaded{[&](const plan::CsvFormat&) -> Result<LinesRead> {
                   return read_csv_records(scan, columns, lines, refused, tally);
                 },
                 [&](const plan::JsonFormat&) {
                   return read_json_lines(scan, columns, bound, lines, refused, tally);
                 },
                 [&](const plan::ParquetFormat&) -> Result<LinesRead> {
                   return make_error(ErrorCode::Internal, "a Parquet file has no lines to refuse");
                 },
                 [&](const plan::FixedWidthFormat& fixed) -> Result<LinesRead> {
                   return read_fixed_lines(scan, fixed, columns, lines, refused, tally);
                 }},
      scan.format);
  if (read && !scan.folder_columns.empty()) {
    read->rows = with_folder_columns(scan, source, read->rows);
  }
  return read;
}

/// The engine's own buffers are of 32 MiB, which takes longer to fill than a small file to run.
constexpr std::string_view kSmallBuffer = ", buffer_size=4194304";

string render_first_line(const string& file, const plan::CsvFormat& csv, bool may_reject) {
  const string numbered = fmt::format(
      "(SELECT *, row_number() OVER () AS _sluice_number FROM {}) WHERE "
      "trim(_sluice_line) <> ''",
      read_lines({file}, csv.skip_rows, csv.encoding,
                 may_reject ? reject_options() : string(kSmallBuffer)));
  // What was rejected is told when the reader has come to the end.
  return may_reject
             ? fmt::format(
                   "SELECT arg_min(_sluice_line, _sluice_number), "
                   "min(_sluice_number) - 1 FROM {}",
                   numbered)
             : fmt::format("SELECT _sluice_line, _sluice_number - 1 FROM {} LIMIT 1", numbered);
}

string render_lines(const string& file, const plan::CsvFormat& csv, std::int64_t above,
                    std::int64_t count) {
  return fmt::format("SELECT coalesce(_sluice_line, '') FROM {} LIMIT {}",
                     read_lines({file}, above, csv.encoding, kSmallBuffer), count);
}

string render_skipped_quotes(const string& file, const plan::CsvFormat& csv) {
  return fmt::format(
      "SELECT CAST(_sluice_number AS VARCHAR), _sluice_line FROM (SELECT *, row_number() OVER () "
      "AS "
      "_sluice_number FROM {} LIMIT {}) WHERE contains(_sluice_line, {})",
      read_lines({file}, 0, csv.encoding, kSmallBuffer), csv.skip_rows, quote_literal(csv.quote));
}

std::vector<string> render_forget_rejects() { return begin().statements; }

string render_first_reject() {
  return fmt::format("SELECT CAST(min(line) AS VARCHAR) FROM {}", kRejects);
}

string render_is_by_line(const string& file) {
  return fmt::format(
      "SELECT CASE WHEN json_valid(_sluice_line) THEN json_type(_sluice_line) = 'OBJECT' ELSE "
      "FALSE "
      "END FROM {} WHERE trim(_sluice_line) <> '' LIMIT 1",
      read_lines({file}, 0, "utf-8", ", ignore_errors=true"));
}

string render_json_no_object(const string& file, const plan::JsonFormat& json) {
  return fmt::format(
      "SELECT coalesce(json_type(json), 'NULL') FROM read_json_objects({}, format='auto', "
      "maximum_object_size={}) WHERE coalesce(json_type(json), 'NULL') <> 'OBJECT' LIMIT 1",
      quote_path(file), json.record_bytes_max);
}

string json_records(const std::vector<string>& files, const plan::JsonFormat& json,
                    bool is_lenient) {
  return is_lenient
             ? fmt::format("(SELECT CAST(_sluice_line AS JSON) AS json FROM {} WHERE ({}) IS NULL)",
                           read_lines(files, 0, "utf-8", ", ignore_errors=true"), kJsonFault)
             : fmt::format("read_json_objects({}, format='auto', maximum_object_size={})",
                           file_list(files), json.record_bytes_max);
}

string render_json_structure(const string& records) {
  return fmt::format("SELECT CAST(json_group_structure(json) AS VARCHAR) FROM {}", records);
}

string render_plain_structure(const string& records) {
  return fmt::format(
      "SELECT CAST(json_group_object(key, type) AS VARCHAR) FROM (SELECT key, CASE WHEN "
      "contains(CAST(value AS VARCHAR), '{{') THEN to_json('JSON') ELSE value END AS type FROM "
      "(SELECT json_group_structure(json) AS s FROM {}), json_each(s) ORDER BY id)",
      records);
}

string render_large_wholes(const string& records, const std::vector<string>& columns) {
  string counts;
  for (const string& column : columns) {
    counts += fmt::format(
        "{}count(*) FILTER (WHERE len(list_filter(regexp_extract_all(CAST(json_extract(json, {}) "
        "AS VARCHAR), '[0-9]{{19,20}}'), lambda _sluice_x: TRY_CAST(_sluice_x AS HUGEINT) > "
        "9223372036854775807)) > 0)",
        counts.empty() ? "" : ", ", quote_literal(json_pointer(column)));
  }
  return fmt::format("SELECT {} FROM {}", counts, records);
}

string render_structure_probe(const string& structure) {
  return fmt::format(
      "SELECT unnest(_sluice_record) FROM (SELECT from_json(CAST('{{}}' AS JSON), {}) AS "
      "_sluice_record)",
      quote_literal(structure));
}

string render_json_keys(const std::vector<string>& files, const plan::JsonFormat& json,
                        const string& key) {
  return fmt::format(
      "SELECT count(*) FROM read_json_objects({}, ignore_errors=true, maximum_object_size={}) "
      "WHERE json_type(json) = 'OBJECT' AND list_contains(json_keys(json), {})",
      file_list(files), json.record_bytes_max, quote_literal(key));
}

string render_largest_record(const std::vector<string>& files, const plan::JsonFormat& json) {
  return fmt::format(
      "SELECT coalesce(max(strlen(CAST(json AS VARCHAR))), 0) FROM read_json_objects({}, "
      "format='newline_delimited', ignore_errors=true, maximum_object_size={})",
      file_list(files), json.record_bytes_max);
}

/// A line is whatever someone wrote: where anything is masked, no part of it leaves in clear.
string refused_lines_select(const plan::Pipeline& pipeline, std::string_view lines, bool as_text) {
  const bool has_keys = std::ranges::any_of(pipeline.masks, [](const plan::ColumnMask& mask) {
    return mask.kind == plan::MaskKind::Encrypt || mask.kind == plan::MaskKind::EncryptEqual ||
           mask.kind == plan::MaskKind::Hash;
  });
  const string text = pipeline.masks.empty() ? "_sluice_line"
                      : has_keys             ? fmt::format("{}(_sluice_line)", kSealFunction)
                                             : "'***'";
  return fmt::format(
      "SELECT {} AS {}, {} AS {}, {} AS _lakelogic_errors, {} AS _lakelogic_categories, {} FROM {}",
      as_text ? "CAST(_sluice_number AS VARCHAR)" : "_sluice_number", kLineColumn, text,
      kLineTextColumn, kErrorsColumn, kCategoriesColumn, kFileColumn, lines);
}

}  // namespace sluice::dialect
