#include "sluice/run/pipeline/text_rows.h"

#include <charconv>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

namespace sluice::run {
namespace {

bool is_set(const ArrowArray& array, std::int64_t row) {
  if (array.null_count == 0 || array.buffers[0] == nullptr) {
    return true;
  }
  const auto* bits = static_cast<const std::uint8_t*>(array.buffers[0]);
  const std::int64_t at = row + array.offset;
  return ((bits[at / 8] >> (at % 8)) & 1) != 0;
}

template <class Number>
Number value_at(const ArrowArray& array, std::int64_t row) {
  Number number{};
  std::memcpy(&number,
              static_cast<const std::uint8_t*>(array.buffers[1]) +
                  static_cast<std::size_t>(row + array.offset) * sizeof(Number),
              sizeof(Number));
  return number;
}

template <class Offset>
std::string text_at(const ArrowArray& array, std::int64_t row) {
  const auto* offsets = static_cast<const Offset*>(array.buffers[1]) + row + array.offset;
  const auto* bytes = static_cast<const char*>(array.buffers[2]);
  return {bytes + offsets[0], static_cast<std::size_t>(offsets[1] - offsets[0])};
}

Result<std::string> cell(const ArrowSchema& schema, const ArrowArray& array, std::int64_t row) {
  const std::string_view format = schema.format;
  if (format == "u") {
    return text_at<std::int32_t>(array, row);
  }
  if (format == "U") {
    return text_at<std::int64_t>(array, row);
  }
  if (format == "l") {
    return std::to_string(value_at<std::int64_t>(array, row));
  }
  if (format == "i") {
    return std::to_string(value_at<std::int32_t>(array, row));
  }
  if (format == "g") {
    return fmt::format("{}", value_at<double>(array, row));
  }
  if (format == "b") {
    const std::int64_t at = row + array.offset;
    const auto* bits = static_cast<const std::uint8_t*>(array.buffers[1]);
    return std::string(((bits[at / 8] >> (at % 8)) & 1) != 0 ? "true" : "false");
  }
  if (format.starts_with("d:")) {
    // Counts: sums of whole numbers are wide decimals without a fraction, and fit 64 bits.
    return std::to_string(static_cast<std::int64_t>(value_at<__int128_t>(array, row)));
  }
  return make_error(ErrorCode::Internal,
                    fmt::format("an answer came in a form that is not read here: '{}'", format));
}

}  // namespace

Result<std::vector<TextRow>> query_texts(const Context& context, engine::Connection& connection,
                                         const std::string& query) {
  SLUICE_TRY(ColumnStream stream, connection.query(context, plan::Statement(query)));
  SLUICE_TRY(const ArrowSchemaOwned schema, stream.schema());
  std::vector<TextRow> rows;
  while (true) {
    SLUICE_TRY(const std::optional<ArrowBatch> batch, stream.next());
    if (!batch) {
      return rows;
    }
    const ArrowArray& table = *batch->get();
    for (std::int64_t row = 0; row < table.length; ++row) {
      TextRow texts;
      for (std::int64_t column = 0; column < schema->n_children; ++column) {
        const ArrowArray& array = *table.children[column];
        if (!is_set(array, row)) {
          texts.emplace_back();
          continue;
        }
        SLUICE_TRY(std::string text, cell(*schema->children[column], array, row));
        texts.emplace_back(std::move(text));
      }
      rows.push_back(std::move(texts));
    }
  }
}

Result<std::vector<std::int64_t>> query_counts(const Context& context,
                                               engine::Connection& connection,
                                               const std::string& query) {
  SLUICE_TRY(const std::vector<TextRow> rows, query_texts(context, connection, query));
  if (rows.size() != 1) {
    return make_error(ErrorCode::Internal,
                      fmt::format("expected one row of counts, got {}", rows.size()));
  }
  std::vector<std::int64_t> counts;
  for (const std::optional<std::string>& text : rows.front()) {
    std::int64_t number = 0;
    if (text) {
      const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
      if (read.ec != std::errc{}) {
        return make_error(ErrorCode::Internal, fmt::format("expected a count, got '{}'", *text));
      }
    }
    counts.push_back(number);
  }
  return counts;
}

}  // namespace sluice::run
