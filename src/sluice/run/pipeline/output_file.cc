#include "sluice/run/pipeline/output_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/codec.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/quote.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::run {
namespace {

std::string copy_options(OutputFormat format) {
  switch (format) {
    case OutputFormat::Csv: return "FORMAT csv, HEADER true";
    case OutputFormat::Jsonl: return "FORMAT json";
    case OutputFormat::Parquet: {
      return fmt::format("FORMAT parquet, {}", dialect::render_codec(dialect::Codec::Zstd));
    }
  }
  return "";
}

bool is_nested(const schema::LogicalType& type) {
  return std::holds_alternative<schema::List>(type.kind) ||
         std::holds_alternative<schema::Map>(type.kind) ||
         std::holds_alternative<schema::Struct>(type.kind);
}

/// What the engine does not write as JSON has it: NaN, infinities, decimals below one, for which
/// it leaves the digit before the point out, and bytes.
bool needs_spelling(const schema::LogicalType& type) {
  return std::visit(
      overloaded{
          [](const schema::Float&) { return true; },
          [](const schema::Bytes&) { return true; },
          [](const schema::Decimal& decimal) { return decimal.precision == decimal.scale; },
          [](const schema::List& list) { return needs_spelling(*list.element); },
          [](const schema::Map& map) { return needs_spelling(*map.value); },
          [](const schema::Struct& inner) {
            return std::ranges::any_of(inner.fields, [](const schema::Field& field) {
              return needs_spelling(field.type);
            });
          },
          [](const auto&) { return false; },
      },
      type.kind);
}

/// JSON's numbers are of 64 bits, so that one of 32 would be written with digits that it never had.
std::string json_number(const std::string& value, const schema::Float& type) {
  return type.bits == 32 ? fmt::format("CAST(CAST({} AS VARCHAR) AS DOUBLE)", value) : value;
}

std::string json_fraction(const std::string& value) {
  return fmt::format("CAST(regexp_replace(CAST({} AS VARCHAR), '^(-?)[.]', '\\10.') AS JSON)",
                     value);
}

/// Bytes are read as those of a text, and so they are written; what is no text has escapes.
std::string text_of_bytes(const std::string& value) {
  return fmt::format("coalesce(TRY(decode({0})), CAST({0} AS VARCHAR))", value);
}

/// With the words nan, inf and -inf where JSON has no number, also inside of lists and structs.
std::string json_value(const std::string& value, const schema::LogicalType& type, int depth) {
  if (!needs_spelling(type)) {
    return value;
  }
  const std::string each = fmt::format("_sluice_v{}", depth);
  if (const auto* number = std::get_if<schema::Float>(&type.kind)) {
    return fmt::format(
        "CASE WHEN isfinite({0}) THEN to_json({1}) WHEN {0} IS NOT NULL THEN to_json(CAST({0} AS "
        "VARCHAR)) END",
        value, json_number(value, *number));
  }
  if (std::holds_alternative<schema::Decimal>(type.kind)) {
    return json_fraction(value);
  }
  if (std::holds_alternative<schema::Bytes>(type.kind)) {
    return text_of_bytes(value);
  }
  if (const auto* list = std::get_if<schema::List>(&type.kind)) {
    return fmt::format("list_transform({}, lambda {}: {})", value, each,
                       json_value(each, *list->element, depth + 1));
  }
  if (const auto* map = std::get_if<schema::Map>(&type.kind)) {
    return fmt::format(
        "map_from_entries(list_transform(map_entries({}), lambda {}: struct_pack(k := {}.key, v := "
        "{})))",
        value, each, each, json_value(each + ".value", *map->value, depth + 1));
  }
  std::string members;
  for (const schema::Field& field : std::get<schema::Struct>(type.kind).fields) {
    const std::string member =
        fmt::format("struct_extract({}, {})", value, dialect::quote_literal(field.name));
    members +=
        fmt::format("{}{} := {}", members.empty() ? "" : ", ",
                    dialect::quote_identifier(field.name), json_value(member, field.type, depth));
  }
  return fmt::format("CASE WHEN {} IS NOT NULL THEN struct_pack({}) END", value, members);
}

/// Which of the columns, all of numbers, hold one that JSON cannot write: NaN or an infinity.
Result<std::vector<std::string>> columns_without_number(const Context& context,
                                                        engine::Connection& connection,
                                                        std::string_view relation,
                                                        const schema::Schema& columns) {
  std::vector<std::string> floats;
  std::string list;
  for (const schema::Field& field : columns.fields) {
    if (std::holds_alternative<schema::Float>(field.type.kind)) {
      floats.push_back(field.name);
      list += fmt::format("{}count(*) FILTER (WHERE NOT isfinite({}))", list.empty() ? "" : ", ",
                          dialect::quote_identifier(field.name));
    }
  }
  if (floats.empty()) {
    return floats;
  }
  SLUICE_TRY(const std::vector<std::int64_t> found,
             query_counts(context, connection, fmt::format("SELECT {} FROM {}", list, relation)));
  std::vector<std::string> without;
  for (std::size_t i = 0; i < floats.size(); ++i) {
    if (found.at(i) > 0) {
      without.push_back(floats[i]);
    }
  }
  return without;
}

/// Whether a column of JSON has a number that the engine would write with other digits.
Result<bool> has_lost_json(const Context& context, engine::Connection& connection,
                           std::string_view relation, const schema::Schema& columns) {
  std::vector<std::string> json;
  for (const schema::Field& field : columns.fields) {
    if (std::holds_alternative<schema::Json>(field.type.kind)) {
      json.push_back(field.name);
    }
  }
  if (json.empty()) {
    return false;
  }
  SLUICE_TRY(const std::vector<std::int64_t> found,
             query_counts(context, connection, dialect::render_lost_texts(relation, json)));
  return std::ranges::any_of(found, [](std::int64_t count) { return count > 0; });
}

/// Rows as texts, each a JSON object on a line of its own, in which JSON stands as it is.
std::string json_lines(const std::string& rows, const schema::Schema& columns) {
  std::string line;
  for (const schema::Field& field : columns.fields) {
    const std::string column = dialect::quote_identifier(field.name);
    const bool is_json = std::holds_alternative<schema::Json>(field.type.kind);
    // A line break between two signs of JSON is a blank like others; none stands in a text of it.
    const std::string value =
        is_json ? fmt::format("translate(CAST({} AS VARCHAR), chr(10) || chr(13), '  ')", column)
                : fmt::format("CAST(to_json({}) AS VARCHAR)", column);
    line += fmt::format("{}CAST(to_json({}) AS VARCHAR) || ':' || coalesce({}, 'null')",
                        line.empty() ? "'{' || " : " || ',' || ",
                        dialect::quote_literal(field.name), value);
  }
  return fmt::format("SELECT {} || '}}' FROM ({})", line, rows);
}

/// A value as the format spells it: CSV has no nested ones.
std::string output_value(const schema::Field& field, OutputFormat format,
                         const std::vector<std::string>& without_number) {
  std::string column = dialect::quote_identifier(field.name);
  const auto* number = std::get_if<schema::Float>(&field.type.kind);
  if (format == OutputFormat::Csv && is_nested(field.type)) {
    return fmt::format("{} AS {}", dialect::render_as_text(column, field.type), column);
  }
  if (format == OutputFormat::Csv && std::holds_alternative<schema::Bytes>(field.type.kind)) {
    return fmt::format("{} AS {}", text_of_bytes(column), column);
  }
  if (format != OutputFormat::Jsonl || !needs_spelling(field.type)) {
    return column;
  }
  // Numbers that are finite are written as such, which takes half of the time.
  const bool is_plain =
      number != nullptr && std::ranges::find(without_number, field.name) == without_number.end();
  return fmt::format("{} AS {}",
                     is_plain ? json_number(column, *number) : json_value(column, field.type, 0),
                     column);
}

/// Best effort, also after a stop: what is half written goes.
void remove_staged(const Context& context, storage::Storage& folder, const std::string& staged) {
  Context unstoppable = context;
  unstoppable.stop = {};
  unstoppable.deadline.reset();
  if (const Status removed = folder.remove(unstoppable, staged); !removed) {
    context.say(LogLevel::Warning, fmt::format("a file that is half written could not be removed: "
                                               "'{}'",
                                               folder.uri(staged)));
  }
}

/// What an earlier run left under the name gives way in one step.
Status replace(const Context& context, storage::Storage& folder, const std::string& staged,
               const std::string& name) {
  SLUICE_CHECK(folder.publish(context, staged, staged));  // flushes
  if (std::rename(folder.uri(staged).c_str(), folder.uri(name).c_str()) != 0) {
    const std::string why = std::error_code(errno, std::generic_category()).message();
    return make_error(
               ErrorCode::InvalidArgument,
               fmt::format("the file could not get its name ({}): '{}'", why, folder.uri(name)))
        .with_hint("name a file, in a folder that can be written to");
  }
  return folder.publish(context, name, name);
}

}  // namespace

Result<OutputFormat> parse_output_format(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, OutputFormat>, 5> kWords{{
      {"csv", OutputFormat::Csv},
      {"jsonl", OutputFormat::Jsonl},
      {"json", OutputFormat::Jsonl},
      {"ndjson", OutputFormat::Jsonl},
      {"parquet", OutputFormat::Parquet},
  }};
  for (const auto& [name, format] : kWords) {
    if (name == word) {
      return format;
    }
  }
  return make_error(ErrorCode::InvalidArgument,
                    fmt::format("expected csv, jsonl or parquet, got '{}'", word))
      .with_hint("say the format with --output-format, or by the file's ending");
}

Result<OutputFormat> output_format_of(std::string_view path) {
  const std::size_t dot = path.rfind('.');
  const std::size_t slash = path.rfind('/');
  const bool has_ending =
      dot != std::string_view::npos && (slash == std::string_view::npos || dot > slash);
  return parse_output_format(has_ending ? path.substr(dot + 1) : std::string_view{});
}

Status write_output(const Context& context, engine::Connection& connection,
                    storage::Storage& folder, const std::string& name, std::string_view relation,
                    OutputFormat format, std::int64_t expected) {
  SLUICE_TRY(const schema::Schema columns,
             connection.describe(context, fmt::format("SELECT * FROM {}", relation)));
  std::vector<std::string> without_number;
  if (format == OutputFormat::Jsonl) {
    SLUICE_TRY(without_number, columns_without_number(context, connection, relation, columns));
  }
  std::string list;
  for (const schema::Field& field : columns.fields) {
    list += (list.empty() ? "" : ", ") + output_value(field, format, without_number);
  }
  const std::string staged =
      fmt::format("_{}.{}.tmp", name, to_string(make_uuid_v7(*context.clock, *context.random)));
  bool is_spelled = false;
  if (format == OutputFormat::Jsonl) {
    SLUICE_TRY(is_spelled, has_lost_json(context, connection, relation, columns));
  }
  const std::string rows = fmt::format("SELECT {} FROM {}", list, relation);
  const auto written = connection.execute(
      context,
      fmt::format("COPY ({}) TO {} ({})", is_spelled ? json_lines(rows, columns) : rows,
                  dialect::quote_literal(folder.uri(staged)),
                  is_spelled ? std::string_view("FORMAT csv, HEADER false, QUOTE '', ESCAPE '', "
                                                "DELIMITER '\x01'")
                             : copy_options(format)));
  if (!written) {
    remove_staged(context, folder, staged);
    return Error(written.error())
        .with_context(fmt::format("writing the rows to '{}'", folder.uri(name)));
  }
  if (*written != expected) {
    remove_staged(context, folder, staged);
    return make_error(ErrorCode::Internal,
                      fmt::format("{} rows were to be written and {} were: '{}'", expected,
                                  *written, folder.uri(name)));
  }
  if (Status published = replace(context, folder, staged, name); !published) {
    remove_staged(context, folder, staged);
    return std::move(published).error();
  }
  return {};
}

}  // namespace sluice::run
