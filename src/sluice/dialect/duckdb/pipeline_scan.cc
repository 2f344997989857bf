// How a pipeline's files are read: readers are told all that the contract knows, so that nothing is
// guessed twice and no text is taken for a date.
#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

using schema::LogicalType;
using schema::Schema;
using Text = Result<std::string>;

std::string literal_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) {
    list += (list.empty() ? "" : ", ") + quote_literal(text);
  }
  return "[" + list + "]";
}

std::string csv_options(const plan::CsvFormat& csv) {
  // A quoted empty text is a text; an empty place is NULL.
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
  if (!csv.comment.empty()) {
    options += fmt::format(", comment={}", quote_literal(csv.comment));
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

std::string probe_csv(const std::vector<std::string>& files, const plan::CsvFormat& csv) {
  std::string options = csv_options(csv);
  if (csv.skip_rows == 0) {
    // Said aloud, or the reader takes lines that do not fit for a preface and leaves them out.
    options += ", skip=0";
  }
  if (!csv.column_names.empty()) {
    options += fmt::format(", names={}", literal_list(csv.column_names));
  }
  // Files of one folder may have their columns in different orders.
  options += files.size() > 1 ? ", union_by_name=true" : "";
  return fmt::format("read_csv({}{})", literal_list(files), options);
}

Text scan_csv(const std::vector<std::string>& files, const plan::CsvFormat& csv,
              const Schema& columns) {
  if (files.size() > 1) {
    return probe_csv(files, csv);
  }
  SLUICE_TRY(const std::string option, columns_option(columns));
  return fmt::format("read_csv({}, auto_detect=false{}{})", literal_list(files), csv_options(csv),
                     option);
}

std::string probe_json(const std::vector<std::string>& files) {
  // The whole input tells its columns: a field that first appears in the last record is one too.
  return fmt::format(
      "read_json({}, sample_size=-1, maximum_sample_files=2147483647, union_by_name=true, "
      "map_inference_threshold=-1, field_appearance_threshold=0, "
      "maximum_object_size=268435456)",
      literal_list(files));
}

Text scan_json(const std::vector<std::string>& files, const Schema& columns) {
  SLUICE_TRY(const std::string option, columns_option(columns));
  return fmt::format("read_json({}, maximum_object_size=268435456{})", literal_list(files), option);
}

std::string scan_parquet(const std::vector<std::string>& files) {
  return fmt::format("read_parquet({}, union_by_name=true)", literal_list(files));
}

/// Whole lines, of whatever characters: no quotes, and a separator that no text has.
std::string line_reader(const std::vector<std::string>& files,
                        const plan::FixedWidthFormat& fixed) {
  return fmt::format(
      "read_csv({}, auto_detect=false, header=false, strict_mode=false, delim={}, quote='', "
      "escape='', columns={{'_sluice_line': 'VARCHAR'}}, skip={}, encoding={}, filename={})",
      literal_list(files), quote_literal("\x01\x02\x01\x02"), fixed.skip_rows,
      quote_literal(fixed.encoding), quote_literal(kFileColumn));
}

/// The last lines of each file are told from the rest by counting all of them.
std::string lines(const std::vector<std::string>& files, const plan::FixedWidthFormat& fixed) {
  if (fixed.skip_footer == 0) {
    return line_reader(files, fixed);
  }
  std::string all;
  for (const std::string& file : files) {
    all += fmt::format(
        "{}SELECT * FROM (SELECT *, row_number() OVER () AS _sluice_number, count(*) OVER () AS "
        "_sluice_count FROM {} WHERE _sluice_line IS NOT NULL) WHERE _sluice_number <= "
        "_sluice_count - {}",
        all.empty() ? "" : " UNION ALL ", line_reader({file}, fixed), fixed.skip_footer);
  }
  return "(" + all + ")";
}

/// The columns `names` of each line; with the file, also the reason why a line is refused.
Text select_fixed_width(const plan::FileScan& scan, const plan::FixedWidthFormat& fixed,
                        const Schema* columns, bool with_file) {
  std::string list;
  for (const plan::FixedWidthFormat::Column& column : fixed.columns) {
    if (columns != nullptr && columns->find(column.name) == nullptr) {
      continue;
    }
    std::string value = fmt::format("substr(_sluice_line, {}, {})", column.start, column.width);
    value = fixed.strip ? fmt::format("nullif(trim({}), '')", value) : value;
    list +=
        fmt::format("{}{} AS {}", list.empty() ? "" : ", ", value, quote_identifier(column.name));
  }
  if (with_file) {
    list += fmt::format(", {}", quote_identifier(kFileColumn));
    if (fixed.record_length) {
      list += fmt::format(
          ", CASE WHEN length(_sluice_line) <> {0} THEN 'Line length mismatch: expected {0}, got ' "
          "|| length(_sluice_line) END AS {1}",
          *fixed.record_length, kLineErrorColumn);
    }
  }
  return fmt::format("SELECT {} FROM {} WHERE _sluice_line IS NOT NULL", list,
                     lines(scan.files, fixed));
}

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

}  // namespace

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
            return std::visit(
                overloaded{
                    [&](const plan::CsvFormat& csv) { return all_of(probe_csv(files.files, csv)); },
                    [&](const plan::JsonFormat&) { return all_of(probe_json(files.files)); },
                    [&](const plan::ParquetFormat&) { return all_of(scan_parquet(files.files)); },
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
  if (const auto* fixed = std::get_if<plan::FixedWidthFormat>(&files.format)) {
    return select_fixed_width(files, *fixed, &columns, with_file);
  }
  SLUICE_TRY(
      std::string reader,
      std::visit(
          overloaded{
              [&](const plan::CsvFormat& csv) { return scan_csv(files.files, csv, columns); },
              [&](const plan::JsonFormat&) { return scan_json(files.files, columns); },
              [&](const plan::ParquetFormat&) -> Text { return scan_parquet(files.files); },
              [&](const plan::FixedWidthFormat& fixed) -> Text {
                return lines(files.files, fixed);
              }},
          files.format));
  if (with_file) {
    return fmt::format("SELECT {}, {} FROM {}", list, quote_identifier(kFileColumn),
                       with_file_option(std::move(reader)));
  }
  return fmt::format("SELECT {} FROM {}", list, reader);
}

Result<std::string> render_reference(const plan::Reference& reference) {
  SLUICE_TRY(std::string rows, [&]() -> Text {
    const auto* files = std::get_if<plan::FileScan>(&reference.scan);
    if (files != nullptr && std::holds_alternative<plan::CsvFormat>(files->format)) {
      // A reference declares no types: the reader tells them.
      return fmt::format("SELECT * FROM read_csv({}, header=true, union_by_name=true)",
                         literal_list(files->files));
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
