// How a pipeline's files are read: readers are told all that the contract knows, so that nothing is
// guessed twice and no text is taken for a date.
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

using schema::LogicalType;
using schema::Schema;
using Text = Result<std::string>;

/// What names of folders say is no column by itself; of a link, which declares none, it is a text.
constexpr std::string_view kNoFolders = ", hive_partitioning=false";
constexpr std::string_view kFolders = ", hive_types_autocast=false";

std::string csv_options(const plan::CsvFormat& csv) {
  // A quoted empty text is a text; an empty place is NULL. Nothing is sniffed.
  std::string options = fmt::format(
      ", delim={}, quote={}, escape={}, header={}, all_varchar=true, allow_quoted_nulls=false",
      quote_literal(csv.delimiter), quote_literal(csv.quote), quote_literal(csv.quote),
      csv.has_header);
  if (csv.skip_rows > 0) {
    options += fmt::format(", skip={}", csv.skip_rows);
  }
  if (!csv.null_values.empty()) {
    std::vector<std::string> nulls = csv.null_values;
    nulls.emplace_back();
    options += fmt::format(", nullstr={}", literal_list(nulls));
  }
  if (csv.encoding != "utf-8") {
    options += fmt::format(", encoding={}", quote_literal(csv.encoding));
  }
  return options;
}

Result<std::string> columns_option(const Schema& columns) {
  std::string option;
  for (const schema::Field& field : columns.fields) {
    SLUICE_TRY(const std::string type, duckdb_dialect().render_type(field.type));
    option += fmt::format("{}{}: {}", option.empty() ? "" : ", ", quote_literal(field.name),
                          quote_literal(type));
  }
  return fmt::format(", columns={{{}}}", option);
}

/// The engine calls a column without a value JSON, which no arithmetic takes.
Result<std::string> replaced_nulls(const Schema& columns) {
  std::string list;
  for (const schema::Field& field : columns.fields) {
    SLUICE_TRY(const std::string type, duckdb_dialect().render_type(field.type));
    list += fmt::format("{}CAST(NULL AS {}) AS {}", list.empty() ? "" : ", ", type,
                        quote_identifier(field.name));
  }
  return list.empty() ? list : fmt::format(" REPLACE ({})", list);
}

std::string text_members(const std::vector<std::string>& names) {
  std::string members;
  for (const std::string& name : names) {
    members += fmt::format("{}{}: 'VARCHAR'", members.empty() ? "" : ", ", quote_literal(name));
  }
  return members;
}

/// How the values of a type are written where nothing declares one. '007', '1e5', '-0', a 'F', what
/// may be the second of January or the first of February and a tenth of a microsecond are texts.
struct Written {
  LogicalType type;
  std::string_view pattern;
};

const std::vector<Written>& written_types() {
  static const std::vector<Written> kTypes{
      {{schema::Boolean{}}, "(?i)true|false"},
      {{schema::Integer{}}, "0|-?[1-9][0-9]*"},
      {{schema::Float{}},
       "(?i)0|-?[1-9][0-9]{0,14}|-?(0|[1-9][0-9]*)?[.](0?|[0-9]*[1-9])"
       "|-?((0|[1-9][0-9]*)?[.][0-9]*e[+-]?|[0-9]e[+-])[0-9]+|nan|-?inf(inity)?"},
      {{schema::Date{}}, "[0-9]{4}-[0-9]{2}-[0-9]{2}"},
      {{schema::Timestamp{.utc = false}},
       "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{0,6})?)?)?"},
      {{schema::Timestamp{.utc = true}},
       "[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{0,6})?)?"
       "(Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?"},
      {{schema::Time{}}, "[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{0,6})?"},
  };
  return kTypes;
}

/// Fractions of as many places each, which floats would write with fewer: 1.50 and 1.10.
constexpr std::string_view kFraction = "-?(0|[1-9][0-9]*)[.][0-9]{1,18}";
constexpr int kPlacesAt = 8;  // of them, in the bits of a value

std::string pattern_of(const LogicalType& type) {
  if (const auto* decimal = std::get_if<schema::Decimal>(&type.kind)) {
    return fmt::format("-?(0|[1-9][0-9]*)[.][0-9]{{{}}}", decimal->scale);
  }
  const auto written = std::ranges::find(written_types(), type, &Written::type);
  return std::string(written->pattern);
}

/// Whether the value of a text, which is written as one of this type, keeps all of its digits. The
/// engine works out every side of a conjunction, and of a CASE what it needs.
Text keeps_digits(const LogicalType& type, const std::string& text) {
  if (const auto* decimal = std::get_if<schema::Decimal>(&type.kind)) {
    // A sign and the point are no digits, and a negative zero loses its sign.
    return fmt::format(
        "CASE WHEN starts_with({0}, '-') THEN length({0}) <= {1} + 2 AND ltrim({0}, '-0.') <> '' "
        "ELSE length({0}) <= {1} + 1 END",
        text, decimal->precision);
  }
  SLUICE_TRY(const std::string name, duckdb_dialect().render_type(type));
  const std::string value = fmt::format("TRY_CAST({} AS {})", text, name);
  if (!std::holds_alternative<schema::Float>(type.kind)) {
    return value + " IS NOT NULL";
  }
  // A double holds any 15 digits, and of more those that it is written with itself.
  constexpr std::string_view kDigits = "length(ltrim(replace(replace({}, '-', ''), '.', ''), '0'))";
  const std::string mantissa = fmt::format("regexp_extract({}, '^[^eE]*')", text);
  return fmt::format(
      "CASE WHEN contains({text}, 'e') OR contains({text}, 'E') THEN CASE WHEN NOT "
      "isfinite({value}) THEN "
      "FALSE WHEN {value} = 0 AND {digits_of_mantissa} > 0 THEN FALSE WHEN {digits_of_mantissa} <= "
      "15 THEN TRUE ELSE replace(lower({text}), 'e+', 'e') = replace(CAST({value} AS VARCHAR), "
      "'e+', 'e') END WHEN length({text}) <= 16 THEN {value} IS NOT NULL WHEN {digits} <= 15 THEN "
      "TRUE ELSE CAST({value} AS VARCHAR) = {text} END",
      fmt::arg("text", text), fmt::arg("value", value),
      fmt::arg("digits", fmt::format(fmt::runtime(kDigits), text)),
      fmt::arg("digits_of_mantissa", fmt::format(fmt::runtime(kDigits), mantissa)));
}

/// The files of one header, as one scan. `more` says what folders are.
std::string read_csv(const std::vector<std::string>& files, plan::CsvFormat csv,
                     const plan::CsvHeader& header, std::string_view more) {
  csv.skip_rows = header.skip_rows;
  return fmt::format("read_csv({}, auto_detect=false{}{}{})", file_list(files), csv_options(csv),
                     fmt::format(", columns={{{}}}", text_members(header.columns)), more);
}

/// All columns of all files. Files of one folder may have their columns in different orders: those
/// with the same header are read together, and the others beside them by name.
std::string scan_csv(const std::vector<std::string>& files, const plan::CsvFormat& csv,
                     const Schema& columns, std::string_view options,
                     std::string_view folders = kNoFolders) {
  const std::string more = fmt::format("{}{}", folders, options);
  if (csv.headers.empty()) {  // not looked at: all have these
    plan::CsvHeader header{.columns = {}, .skip_rows = csv.skip_rows};
    for (const schema::Field& field : columns.fields) {
      header.columns.push_back(field.name);
    }
    return read_csv(files, csv, header, more);
  }
  std::vector<std::pair<plan::CsvHeader, std::vector<std::string>>> groups;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (csv.headers[i].columns.empty()) {
      continue;  // a file without a line
    }
    const auto same = std::ranges::find_if(
        groups, [&](const auto& group) { return group.first == csv.headers[i]; });
    if (same == groups.end()) {
      groups.push_back({csv.headers[i], {files[i]}});
    } else {
      same->second.push_back(files[i]);
    }
  }
  if (groups.size() == 1) {
    return read_csv(groups[0].second, csv, groups[0].first, more);
  }
  std::string all;
  for (const auto& [header, of_header] : groups) {
    all += fmt::format("{}SELECT * FROM {}", all.empty() ? "" : " UNION ALL BY NAME ",
                       read_csv(of_header, csv, header, more));
  }
  return "(" + all + ")";
}

/// CSV files that are a link, whose columns nothing declares.
std::string link_texts(const plan::FileScan& scan) {
  return scan_csv(scan.files, std::get<plan::CsvFormat>(scan.format), {}, "", kFolders);
}

/// The columns of which every value is written as one of these types.
Result<std::string> replaced_texts(const Schema& columns) {
  std::string list;
  for (const schema::Field& field : columns.fields) {
    SLUICE_TRY(const std::string type, duckdb_dialect().render_type(field.type));
    list += fmt::format("{0}TRY_CAST(trim({1}) AS {2}) AS {1}", list.empty() ? "" : ", ",
                        quote_identifier(field.name), type);
  }
  return list.empty() ? list : fmt::format(" REPLACE ({})", list);
}

std::string probe_json(const std::vector<std::string>& files, const plan::JsonFormat& json,
                       std::string_view more) {
  // The whole input tells its columns: a field that first appears in the last record is one too.
  return fmt::format(
      "read_json({}, sample_size=-1, maximum_sample_files=2147483647, union_by_name=true, "
      "map_inference_threshold=-1, field_appearance_threshold=0, "
      "maximum_object_size={}{})",
      file_list(files), json.record_bytes_max, more);
}

Text scan_json(const std::vector<std::string>& files, const plan::JsonFormat& json,
               const Schema& columns) {
  SLUICE_TRY(const std::string option, columns_option(columns));
  return fmt::format(
      "read_json({}, records=true, maximum_object_size={}, hive_partitioning=false{})",
      file_list(files), json.record_bytes_max, option);
}

std::string scan_parquet(const std::vector<std::string>& files, std::string_view more) {
  return fmt::format("read_parquet({}, union_by_name=true{})", file_list(files), more);
}

/// The last lines of each file are told from the rest by counting all of them.
std::string lines(const std::vector<std::string>& files, const plan::FixedWidthFormat& fixed) {
  if (fixed.skip_footer == 0) {
    return read_lines(files, fixed.skip_rows, fixed.encoding, "");
  }
  std::string all;
  for (const std::string& file : files) {
    all += fmt::format(
        "{}SELECT * FROM (SELECT *, row_number() OVER () AS _sluice_number, count(*) OVER () AS "
        "_sluice_count FROM {} WHERE _sluice_line IS NOT NULL) WHERE _sluice_number <= "
        "_sluice_count - {}",
        all.empty() ? "" : " UNION ALL ", read_lines({file}, fixed.skip_rows, fixed.encoding, ""),
        fixed.skip_footer);
  }
  return "(" + all + ")";
}

Text select_fixed_width(const plan::FileScan& scan, const plan::FixedWidthFormat& fixed,
                        const Schema* columns, bool with_file) {
  return fmt::format("SELECT {}{} FROM {} WHERE _sluice_line IS NOT NULL",
                     fixed_width_columns(fixed, columns), with_file ? ", " + told_file(scan) : "",
                     lines(scan.files, fixed));
}

}  // namespace

std::string render_wrong_lengths(const std::vector<std::string>& files,
                                 const plan::FixedWidthFormat& fixed) {
  return fmt::format(
      "SELECT {}, CAST(length(_sluice_line) AS VARCHAR) FROM {} WHERE length(_sluice_line) <> {} "
      "LIMIT 1",
      kFileColumn, lines(files, fixed), fixed.record_length.value_or(0));
}

namespace {

std::string with_file_option(std::string reader) {
  reader.insert(reader.size() - 1, fmt::format(", filename={}", quote_literal(kFileColumn)));
  return reader;
}

/// What JSON's texts look like is no type: '2024-01-01' stays a text until the contract casts it.
LogicalType json_type_as_read(const LogicalType& type) {
  return std::visit(overloaded{
                        [&](const schema::Date&) { return LogicalType{schema::Text{}}; },
                        [&](const schema::Time&) { return LogicalType{schema::Text{}}; },
                        [&](const schema::Timestamp&) { return LogicalType{schema::Text{}}; },
                        [&](const schema::UuidType&) { return LogicalType{schema::Text{}}; },
                        [&](const schema::List& list) {
                          return LogicalType{schema::List{json_type_as_read(*list.element)}};
                        },
                        [&](const schema::Map& map) {
                          return LogicalType{schema::Map{json_type_as_read(*map.key),
                                                         json_type_as_read(*map.value)}};
                        },
                        [&](const schema::Struct& inner) {
                          schema::Struct copy = inner;
                          for (schema::Field& field : copy.fields) {
                            field.type = json_type_as_read(field.type);
                          }
                          return LogicalType{std::move(copy)};
                        },
                        [&](const schema::Boolean&) { return type; },
                        [&](const schema::Integer&) { return type; },
                        [&](const schema::Float&) { return type; },
                        [&](const schema::Decimal&) { return type; },
                        [&](const schema::Text&) { return type; },
                        [&](const schema::Bytes&) { return type; },
                        [&](const schema::Json&) { return type; },
                    },
                    type.kind);
}

const plan::FolderColumn* find_folder_column(const plan::FileScan& scan, std::string_view name) {
  const auto found = std::ranges::find_if(
      scan.folder_columns,
      [&](const plan::FolderColumn& column) { return schema::same_column(column.name, name); });
  return found == scan.folder_columns.end() ? nullptr : &*found;
}

/// A pattern that matches this name only.
std::string literal_pattern(std::string_view name) {
  std::string pattern;
  for (const char c : name) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
    pattern += is_word ? "" : "\\";
    pattern += c;
  }
  return pattern;
}

/// What stands before the folders that have values: any of the roots, or anything.
std::string root_pattern(const std::vector<std::string>& roots) {
  std::string patterns;
  for (const std::string& root : roots) {
    patterns += (patterns.empty() ? "" : "|") + literal_pattern(root == "/" ? "" : root);
  }
  return roots.empty() ? "(?is)^.*/" : fmt::format("(?is)^(?:{})/(?:.*/)?", patterns);
}

/// The column's value as a text: the row's own where its file has the column, else the one that the
/// file's folder is named after. Such names hold special characters as %XX, and a word of Hive's
/// for NULL.
std::string folder_value(const plan::FileScan& scan, const plan::FolderColumn& column) {
  const std::string named = fmt::format(
      "nullif(nullif(regexp_extract({}, {}, 1), ''), '__HIVE_DEFAULT_PARTITION__')", kFileColumn,
      quote_literal(root_pattern(scan.folder_roots) + literal_pattern(column.name) + "=([^/]*)/"));
  std::string value = fmt::format("coalesce(TRY(url_decode({0})), {0})", named);
  if (!column.own) {
    return value;
  }
  const std::string own = render_as_text(quote_identifier(column.name), *column.own);
  if (column.own_files.empty() || column.own_files.size() == scan.files.size()) {
    return column.own_files.empty() ? value : own;
  }
  const std::string files = literal_list(column.own_files);
  return fmt::format("CASE WHEN {} IN ({}) THEN {} ELSE {} END", kFileColumn,
                     files.substr(1, files.size() - 2), own, value);
}

}  // namespace

std::string literal_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) {
    list += (list.empty() ? "" : ", ") + quote_literal(text);
  }
  return "[" + list + "]";
}

std::string file_list(const std::vector<std::string>& files) {
  return "[" + quote_paths(files) + "]";
}

std::string told_file(const plan::FileScan& scan) {
  if (scan.told.empty()) {
    return quote_identifier(kFileColumn);
  }
  std::string names;
  for (std::size_t i = 0; i < scan.files.size(); ++i) {
    names +=
        fmt::format(" WHEN {} THEN {}", quote_literal(scan.files[i]), quote_literal(scan.told[i]));
  }
  return fmt::format("CASE {0}{1} ELSE {0} END AS {2}", kFileColumn, names,
                     quote_identifier(kFileColumn));
}

Schema columns_of_files(const plan::FileScan& scan, const Schema& columns) {
  Schema read;
  for (const schema::Field& field : columns.fields) {
    const plan::FolderColumn* folder = find_folder_column(scan, field.name);
    if (folder == nullptr || folder->own) {
      read.fields.push_back(field);
      read.fields.back().type = folder == nullptr ? field.type : *folder->own;
    }
  }
  return read;
}

std::string with_folder_columns(const plan::FileScan& scan, const Schema& columns,
                                const std::string& rows) {
  std::string list;
  for (const schema::Field& field : columns.fields) {
    const std::string name = quote_identifier(field.name);
    const plan::FolderColumn* folder = find_folder_column(scan, field.name);
    list += folder == nullptr ? name + ", "
                              : fmt::format("{} AS {}, ", folder_value(scan, *folder), name);
  }
  return fmt::format("SELECT {}{} FROM ({})", list, kFileColumn, rows);
}

Schema as_read(const plan::BoundPipeline& bound) {
  Schema columns = bound.source;
  for (schema::Field& field : columns.fields) {
    if (std::ranges::find(bound.read_whole, field.name) != bound.read_whole.end()) {
      field.type = {schema::Json{}};
    }
  }
  return columns;
}

std::string scan_csv_files(const plan::FileScan& scan, const Schema& columns,
                           std::string_view more) {
  return scan_csv(scan.files, std::get<plan::CsvFormat>(scan.format), columns, more);
}

std::string render_parquet_shapes(const std::vector<std::string>& files) {
  return fmt::format(
      "SELECT file_name, CAST(dense_rank() OVER (ORDER BY shape) AS VARCHAR) FROM (SELECT "
      "file_name, string_agg(concat_ws(' ', name, duckdb_type, num_children, converted_type, "
      "logical_type, \"precision\", scale), chr(10) ORDER BY column_id) AS shape FROM "
      "parquet_schema({}) GROUP BY file_name) ORDER BY file_name",
      file_list(files));
}

std::string render_parquet_nodes(const std::string& file) {
  return fmt::format(
      "SELECT name, CAST(num_children AS VARCHAR), CAST((converted_type = 'DECIMAL' OR "
      "starts_with(logical_type, 'Decimal')) AND NOT starts_with(duckdb_type, 'DECIMAL') AS "
      "VARCHAR), CAST(\"precision\" AS VARCHAR) FROM parquet_schema({}) ORDER BY column_id",
      quote_path(file));
}

Text render_changed_values(const plan::FileScan& scan, const Schema& from, const Schema& to) {
  std::string counts;
  for (std::size_t i = 0; i < from.fields.size(); ++i) {
    SLUICE_TRY(const std::string own, duckdb_dialect().render_type(from.fields[i].type));
    SLUICE_TRY(const std::string other, duckdb_dialect().render_type(to.fields[i].type));
    counts += fmt::format(
        "{}count(*) FILTER (WHERE TRY_CAST(TRY_CAST({} AS {}) AS {}) IS DISTINCT FROM {})",
        counts.empty() ? "" : ", ", quote_identifier(from.fields[i].name), other, own,
        quote_identifier(from.fields[i].name));
  }
  return fmt::format("SELECT {} FROM {}", counts, scan_parquet(scan.files, kNoFolders));
}

std::string render_files_with(const plan::FileScan& scan, const std::string& column) {
  if (std::holds_alternative<plan::ParquetFormat>(scan.format)) {
    // A member of a struct has the struct's name before its own.
    return fmt::format(
        "SELECT DISTINCT file_name FROM parquet_metadata({}) WHERE "
        "lower(path_in_schema) = lower({})",
        file_list(scan.files), quote_literal(column));
  }
  const auto& json = std::get<plan::JsonFormat>(scan.format);
  return fmt::format(
      "SELECT DISTINCT filename FROM read_json_objects({}, filename=true, "
      "maximum_object_size={}{}) WHERE list_contains(list_transform(json_keys(json), key -> "
      "lower(key)), lower({}))",
      file_list(scan.files), json.record_bytes_max,
      json.has_lines.value_or(false) ? ", format='newline_delimited', ignore_errors=true"
                                     : ", format='auto'",
      quote_literal(column));
}

Result<std::string> render_empty(const Schema& columns) {
  std::string list;
  for (const schema::Field& field : columns.fields) {
    SLUICE_TRY(const std::string type, duckdb_dialect().render_type(field.type));
    list += fmt::format("{}CAST(NULL AS {}) AS {}", list.empty() ? "" : ", ", type,
                        quote_identifier(field.name));
  }
  return fmt::format("(SELECT {} WHERE FALSE)", list.empty() ? "NULL AS _sluice_none" : list);
}

Result<std::string> render_probe(const plan::Scan& scan) {
  return std::visit(
      overloaded{
          [](const plan::FileScan& files) -> Text {
            const auto all_of = [](std::string reader) -> Text {
              return "SELECT * FROM " + std::move(reader);
            };
            return std::visit(overloaded{[&](const plan::CsvFormat& csv) {
                                           return all_of(scan_csv(files.files, csv, {}, ""));
                                         },
                                         [&](const plan::JsonFormat& json) {
                                           return all_of(probe_json(files.files, json, kNoFolders));
                                         },
                                         [&](const plan::ParquetFormat&) {
                                           return all_of(scan_parquet(files.files, kNoFolders));
                                         },
                                         [&](const plan::FixedWidthFormat& fixed) {
                                           return select_fixed_width(files, fixed, nullptr, false);
                                         }},
                              files.format);
          },
          [](const plan::RelationScan& relation) -> Text {
            return fmt::format("SELECT *{} FROM {}",
                               relation.has_origin
                                   ? fmt::format(" EXCLUDE ({}, {})", kFileColumn, kRowColumn)
                                   : "",
                               quote_identifier(relation.name));
          }},
      scan);
}

Schema columns_as_read(const plan::Scan& scan, const Schema& probed) {
  const auto* files = std::get_if<plan::FileScan>(&scan);
  if (files == nullptr || !std::holds_alternative<plan::JsonFormat>(files->format)) {
    return probed;
  }
  Schema read = probed;
  for (schema::Field& field : read.fields) {
    field.type = json_type_as_read(field.type);
  }
  return read;
}

Result<std::string> render_scan(const plan::Scan& scan, const Schema& columns, bool with_file) {
  std::vector<std::string> names;
  for (const schema::Field& field : columns.fields) {
    names.push_back(field.name);
  }
  const std::string list = quote_columns(names);
  if (names.empty()) {
    return fmt::format("SELECT '' AS {} WHERE FALSE", quote_identifier(kFileColumn));
  }
  if (const auto* relation = std::get_if<plan::RelationScan>(&scan)) {
    const std::string file = !with_file ? ""
                             : relation->has_origin
                                 ? fmt::format(", {}, {}", kFileColumn, kRowColumn)
                                 : fmt::format(", {} AS {}", quote_literal(relation->name),
                                               quote_identifier(kFileColumn));
    return fmt::format("SELECT {}{} FROM {}", list, file, quote_identifier(relation->name));
  }
  const auto& files = std::get<plan::FileScan>(scan);
  if (!files.folder_columns.empty()) {
    plan::FileScan own = files;
    own.folder_columns.clear();
    SLUICE_TRY(const std::string rows, render_scan(own, columns_of_files(files, columns), true));
    const std::string all = with_folder_columns(files, columns, rows);
    return with_file ? all : fmt::format("SELECT {} FROM ({})", list, all);
  }
  if (const auto* fixed = std::get_if<plan::FixedWidthFormat>(&files.format)) {
    return select_fixed_width(files, *fixed, &columns, with_file);
  }
  if (const auto* csv = std::get_if<plan::CsvFormat>(&files.format)) {
    const std::string more =
        with_file ? fmt::format(", filename={}", quote_literal(kFileColumn)) : "";
    return fmt::format("SELECT {}{} FROM {}", list, with_file ? ", " + told_file(files) : "",
                       scan_csv(files.files, *csv, columns, more));
  }
  SLUICE_TRY(std::string reader,
             std::visit(overloaded{[&](const plan::CsvFormat& csv) -> Text {
                                     return scan_csv(files.files, csv, columns, "");
                                   },
                                   [&](const plan::JsonFormat& json) {
                                     return scan_json(files.files, json, columns);
                                   },
                                   [&](const plan::ParquetFormat&) -> Text {
                                     return scan_parquet(files.files, kNoFolders);
                                   },
                                   [&](const plan::FixedWidthFormat& fixed) -> Text {
                                     return lines(files.files, fixed);
                                   }},
                        files.format));
  if (with_file) {
    return fmt::format("SELECT {}, {} FROM {}", list, told_file(files),
                       with_file_option(std::move(reader)));
  }
  return fmt::format("SELECT {} FROM {}", list, reader);
}

std::string render_first_written(const plan::FileScan& scan, const Schema& columns) {
  std::string values;
  std::string types;
  for (std::size_t i = 0; i < columns.fields.size(); ++i) {
    values += fmt::format("{}any_value(nullif(trim({}), '')) AS v{}", i == 0 ? "" : ", ",
                          quote_identifier(columns.fields[i].name), i);
    std::string bits;
    for (std::size_t type = 0; type < written_types().size(); ++type) {
      bits += fmt::format("{}CASE WHEN regexp_full_match(v{}, {}) THEN {} ELSE 0 END",
                          bits.empty() ? "" : " + ", i,
                          quote_literal(written_types()[type].pattern), 1 << type);
    }
    bits += fmt::format(
        " + CASE WHEN regexp_full_match(v{0}, {1}) THEN (length(v{0}) - strpos(v{0}, '.')) * {2} "
        "ELSE 0 END",
        i, quote_literal(kFraction), 1 << kPlacesAt);
    types += fmt::format("{}{}", i == 0 ? "" : ", ", bits);
  }
  return fmt::format("SELECT {} FROM (SELECT {} FROM {})", types, values, link_texts(scan));
}

std::vector<LogicalType> types_written_so(std::int64_t bits) {
  std::vector<LogicalType> types;
  for (std::size_t i = 0; i < written_types().size(); ++i) {
    if ((bits >> i) % 2 == 1) {
      types.push_back(written_types()[i].type);
    }
  }
  if (const auto places = static_cast<int>(bits >> kPlacesAt); places > 0) {
    types.push_back({schema::Decimal{.precision = 18, .scale = places}});
    types.push_back({schema::Decimal{.precision = 38, .scale = places}});
  }
  return types;
}

Result<std::string> render_written_otherwise(const plan::FileScan& scan, const Schema& columns) {
  std::string counts;
  std::string texts;
  for (std::size_t i = 0; i < columns.fields.size(); ++i) {
    const schema::Field& field = columns.fields[i];
    const std::string text = fmt::format("v{}", i);
    SLUICE_TRY(const std::string keeps, keeps_digits(field.type, text));
    texts +=
        fmt::format("{}trim({}) AS {}", i == 0 ? "" : ", ", quote_identifier(field.name), text);
    counts += fmt::format(
        "{0}count(*) FILTER (WHERE CASE WHEN coalesce({1}, '') = '' THEN FALSE WHEN NOT "
        "regexp_full_match({1}, {2}) THEN TRUE ELSE ({3}) IS NOT TRUE END)",
        i == 0 ? "" : ", ", text, quote_literal(pattern_of(field.type)), keeps);
  }
  return fmt::format("SELECT {} FROM (SELECT {} FROM {})", counts, texts, link_texts(scan));
}

Result<std::string> render_link_texts(const plan::FileScan& scan, const Schema& typed) {
  SLUICE_TRY(const std::string replaced, replaced_texts(typed));
  return fmt::format("SELECT *{} FROM {}", replaced, link_texts(scan));
}

Result<std::string> render_reference(const plan::Reference& reference) {
  SLUICE_TRY(std::string rows, [&]() -> Text {
    // A reference declares no types: the reader tells them.
    const auto* files = std::get_if<plan::FileScan>(&reference.scan);
    if (files != nullptr && files->files.empty()) {
      SLUICE_TRY(const std::string none, render_empty(reference.valueless));
      return "SELECT * FROM " + none;
    }
    if (files != nullptr && std::holds_alternative<plan::JsonFormat>(files->format)) {
      SLUICE_TRY(const std::string typed, replaced_nulls(reference.valueless));
      return fmt::format(
          "SELECT *{} FROM {}", typed,
          probe_json(files->files, std::get<plan::JsonFormat>(files->format), kFolders));
    }
    if (files != nullptr && std::holds_alternative<plan::ParquetFormat>(files->format)) {
      return "SELECT * FROM " + scan_parquet(files->files, kFolders);
    }
    if (const auto* view = std::get_if<plan::RelationScan>(&reference.scan)) {
      SLUICE_TRY(const std::string typed, replaced_nulls(reference.valueless));
      return fmt::format("SELECT *{} FROM {}", typed, quote_identifier(view->name));
    }
    return render_probe(reference.scan);
  }());
  if (reference.query) {
    std::string text = reference.query->text;
    const std::string place = "{link}";
    for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at)) {
      text.replace(at, place.size(), "_sluice_link");
      at += 1;
    }
    rows = fmt::format("WITH _sluice_link AS NOT MATERIALIZED ({}) SELECT * FROM (\n{}\n)", rows,
                       text);
  }
  const std::string list = reference.columns.empty() ? "*" : quote_columns(reference.columns);
  const std::string filter =
      reference.filter ? fmt::format(" WHERE (\n{}\n)", reference.filter->text) : "";
  return fmt::format("SELECT {} FROM ({}) AS _sluice_link{}", list, rows, filter);
}

}  // namespace sluice::dialect
