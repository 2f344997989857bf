#include "sluice/table/change/text_rows.h"

#include <charconv>
#include <span>
#include <string_view>

#include <fmt/format.h>

namespace sluice::table {
namespace {

template <class T>
T value_at(const ArrowArray& array, int buffer, std::int64_t row) {
  return static_cast<const T*>(array.buffers[buffer])[row];
}

bool is_null(const ArrowArray& array, std::int64_t row) {
  if (array.null_count == 0 || array.n_buffers == 0 || array.buffers[0] == nullptr) {
    return false;
  }
  const auto* bits = static_cast<const std::uint8_t*>(array.buffers[0]);
  return ((bits[row / 8] >> (row % 8)) & 1) == 0;
}

template <class Offset>
std::string text_at(const ArrowArray& array, std::int64_t row) {
  const auto begin = static_cast<std::size_t>(value_at<Offset>(array, 1, row));
  const auto end = static_cast<std::size_t>(value_at<Offset>(array, 1, row + 1));
  return begin == end
             ? std::string()
             : std::string(static_cast<const char*>(array.buffers[2]) + begin, end - begin);
}

}  // namespace

std::optional<std::string> find_cell(std::string_view format, const ArrowArray& array,
                                     std::int64_t place) {
  const std::int64_t row = array.offset + place;
  if (is_null(array, row)) {
    return std::nullopt;
  }
  if (format == "u") {
    return text_at<std::int32_t>(array, row);
  }
  if (format == "U") {
    return text_at<std::int64_t>(array, row);
  }
  if (format == "l") {
    return std::to_string(value_at<std::int64_t>(array, 1, row));
  }
  if (format == "L") {
    return std::to_string(value_at<std::uint64_t>(array, 1, row));
  }
  if (format == "i") {
    return std::to_string(value_at<std::int32_t>(array, 1, row));
  }
  return std::nullopt;
}

Result<std::vector<TextRow>> find_text_rows(const Context& context, engine::Connection& connection,
                                            const plan::Statement& statement) {
  SLUICE_TRY(ColumnStream stream, connection.query(context, statement));
  SLUICE_TRY(const ArrowSchemaOwned schema, stream.schema());
  const std::span columns(schema->children, static_cast<std::size_t>(schema->n_children));
  std::vector<TextRow> rows;
  while (true) {
    SLUICE_TRY(const std::optional<ArrowBatch> batch, stream.next());
    if (!batch.has_value()) {
      return rows;
    }
    for (std::int64_t place = 0; place < (*batch)->length; ++place) {
      TextRow& row = rows.emplace_back();
      for (std::size_t i = 0; i < columns.size(); ++i) {
        row.push_back(
            find_cell(columns[i]->format, *(*batch)->children[i], (*batch)->offset + place));
      }
    }
  }
}

Result<std::int64_t> parse_count(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size()) {
    return make_error(ErrorCode::Corrupt, fmt::format("expected a whole number, got '{}'", text));
  }
  return count;
}

Result<std::int64_t> load_count(const Context& context, engine::Connection& connection,
                                const plan::Statement& statement) {
  SLUICE_TRY(const auto rows, find_text_rows(context, connection, statement));
  if (rows.size() != 1 || rows[0].size() != 1) {
    return make_error(ErrorCode::Internal, "expected one number from a query that counts");
  }
  return parse_count(rows[0][0].value_or("0"));
}

}  // namespace sluice::table
