#include "sluice/run/pipeline/source_internal.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/run/pipeline/json_nulls.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::run::internal {
namespace {

using schema::Schema;
using std::string;

bool is_of_size(const Error& error) { return error.native.contains("maximum_object_size"); }

/// Of records that are no objects the engine makes one column, "json", or a row of NULLs.
Status check_objects(const Context& context, engine::Connection& connection,
                     const std::vector<string>& files, const plan::JsonFormat& json) {
  for (const string& file : files) {
    SLUICE_TRY(const std::vector<TextRow> other,
               query_texts(context, connection, dialect::render_json_no_object(file, json)));
    if (!other.empty()) {
      return make_error(ErrorCode::DataRejected,
                        fmt::format("a record of JSON is no object but {}: '{}'",
                                    other[0][0].value_or("NULL"), file))
          .with_hint(
              "each row is an object: in a list, or one on each line; --on-row-error "
              "quarantine keeps other lines apart");
    }
  }
  return {};
}

/// The engine calls a key without a name "C1", by its position, and would find no value under it.
Status check_no_empty_key(const Context& context, engine::Connection& connection,
                          const std::vector<string>& files, const plan::JsonFormat& json) {
  for (const string& file : files) {
    SLUICE_TRY(const std::vector<std::int64_t> records,
               query_counts(context, connection, dialect::render_json_keys({file}, json, "")));
    if (records[0] > 0) {
      return make_error(ErrorCode::DataRejected,
                        fmt::format("{} records of JSON have a key without a name, '\"\"': '{}'",
                                    records[0], file))
          .with_hint("give the key a name in all records, or leave it out");
    }
  }
  return {};
}

Error spelled_twice(const string& key) {
  return make_error(ErrorCode::DataRejected,
                    fmt::format("records spell a key in two ways, as '{}'", key))
      .with_hint("spell it the same in all records: columns are one without regard to case");
}

}  // namespace

std::int64_t largest_of(const std::vector<string>& files) {
  std::int64_t largest = 0;
  for (const string& file : files) {
    std::error_code failed;
    const auto size = std::filesystem::file_size(file, failed);
    const bool is_packed = file.ends_with(".gz") || file.ends_with(".zst");
    largest = std::max(largest, failed || is_packed ? plan::JsonFormat::kRecordBytesMax
                                                    : static_cast<std::int64_t>(size));
  }
  return std::min(largest, plan::JsonFormat::kRecordBytesMax);
}

Error as_data_error(Error error) {
  if (error.code == ErrorCode::InvalidArgument) {
    error.code = ErrorCode::DataRejected;
    error.hint =
        "compare the file with source.format and source.options (delimiter, quote_char, "
        "encoding), or mend the line; --on-row-error quarantine keeps such lines apart";
  }
  return error;
}

Error as_columns_error(Error error) {
  return as_data_error(std::move(error)).with_context("reading the columns of the source");
}

Result<Schema> read_in_size(const std::vector<string>& files, plan::JsonFormat& json,
                            const std::function<Result<Schema>()>& read) {
  constexpr std::int64_t kUsual = 1 << 24;
  json.record_bytes_max = kUsual;
  Result<Schema> columns = read();
  const std::int64_t largest = largest_of(files);
  if (columns || !is_of_size(columns.error())) {
    json.record_bytes_max = std::clamp(largest, kUsual, 2 * kUsual);
    return columns;
  }
  // The reader takes two buffers of this size a thread, however small the other records are; and
  // what is packed does not tell how large it is.
  for (std::int64_t size = 2 * kUsual;
       json.record_bytes_max < largest && !columns && is_of_size(columns.error()); size *= 2) {
    json.record_bytes_max = std::min(size, largest);
    columns = read();
  }
  if (!columns && is_of_size(columns.error())) {
    return make_error(ErrorCode::DataRejected, fmt::format("a record of JSON is larger than {} MiB",
                                                           plan::JsonFormat::kRecordBytesMax >> 20))
        .with_native(columns.error().native)
        .with_hint("write it as several records, or without its largest value");
  }
  return columns;
}

Status check_records(const Context& context, engine::Connection& connection, bool is_one,
                     const std::vector<string>& files, const plan::JsonFormat& json) {
  std::vector<string> unsure;
  for (const string& file : files) {
    SLUICE_TRY(const bool is_unsure,
               is_one ? Result<bool>(true) : may_hold_null_record(context, file));
    if (is_unsure) {
      unsure.push_back(file);
    }
  }
  return check_objects(context, connection, unsure, json);
}

Status check_keys(const Context& context, engine::Connection& connection,
                  const std::vector<string>& files, const plan::JsonFormat& json,
                  const Schema& columns) {
  // So it is named by the reader of files, and by the one of records.
  const bool may_be_empty = std::ranges::any_of(columns.fields, [](const schema::Field& field) {
    const std::size_t digits = field.name.starts_with("element") ? 7 : 1;
    return field.name.size() > digits && (digits > 1 || field.name.starts_with('C')) &&
           field.name.find_first_not_of("0123456789", digits) == string::npos;
  });
  SLUICE_CHECK(may_be_empty ? check_no_empty_key(context, connection, files, json) : Status{});
  for (const schema::Field& field : columns.fields) {
    const schema::Field* first = columns.find(field.name);
    if (first != nullptr && first != &field) {
      return spelled_twice(first->name);
    }
    const std::size_t bar = field.name.rfind('_');
    const bool is_numbered = bar != string::npos && bar + 1 < field.name.size() &&
                             field.name.find_first_not_of("0123456789", bar + 1) == string::npos;
    const schema::Field* plain = is_numbered ? columns.find(field.name.substr(0, bar)) : nullptr;
    if (plain == nullptr) {
      continue;
    }
    SLUICE_TRY(
        const std::vector<std::int64_t> records,
        query_counts(context, connection, dialect::render_json_keys(files, json, field.name)));
    if (records[0] == 0) {
      return spelled_twice(field.name.substr(0, bar));
    }
  }
  return {};
}

bool is_one_column(const Schema& columns) {
  return columns.fields.size() == 1 && columns.fields[0].name == "json";
}

}  // namespace sluice::run::internal
