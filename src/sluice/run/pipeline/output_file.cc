#include "sluice/run/pipeline/output_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/quote.h"

namespace sluice::run {
namespace {

std::string_view copy_options(OutputFormat format) {
  switch (format) {
    case OutputFormat::Csv: return "FORMAT csv, HEADER true";
    case OutputFormat::Jsonl: return "FORMAT json";
    case OutputFormat::Parquet: return "FORMAT parquet, COMPRESSION zstd";
  }
  return "";
}

bool is_nested(const schema::LogicalType& type) {
  return std::holds_alternative<schema::List>(type.kind) ||
         std::holds_alternative<schema::Map>(type.kind) ||
         std::holds_alternative<schema::Struct>(type.kind);
}

/// A value as the format spells it: CSV has no nested ones, and JSON's numbers are of 64 bits, so
/// that one of 32 would be written with digits that it never had.
std::string output_value(const schema::Field& field, OutputFormat format) {
  std::string column = dialect::quote_identifier(field.name);
  const auto* number = std::get_if<schema::Float>(&field.type.kind);
  if (format == OutputFormat::Csv && is_nested(field.type)) {
    return fmt::format("{} AS {}", dialect::render_as_text(column, field.type), column);
  }
  if (format == OutputFormat::Jsonl && number != nullptr && number->bits == 32) {
    return fmt::format("CAST(CAST({0} AS VARCHAR) AS DOUBLE) AS {0}", column);
  }
  return column;
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
  std::string list;
  for (const schema::Field& field : columns.fields) {
    list += (list.empty() ? "" : ", ") + output_value(field, format);
  }
  const std::string staged =
      fmt::format("_{}.{}.tmp", name, to_string(make_uuid_v7(*context.clock, *context.random)));
  const auto written = connection.execute(
      context, fmt::format("COPY (SELECT {} FROM {}) TO {} ({})", list, relation,
                           dialect::quote_literal(folder.uri(staged)), copy_options(format)));
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
