#include "sluice/run/pipeline/long_lines.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/line_count.h"
#include "sluice/run/pipeline/source_internal.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::run::internal {
namespace {

using std::string;

/// The engine's own bound of a line.
constexpr std::int64_t kLineBytesMax = 2'000'000;
/// A line over the bound covers one of these, which begin at their multiples, as a whole.
constexpr std::int64_t kWindow = kLineBytesMax / 2;
constexpr std::int64_t kPiece = 4096;
constexpr std::string_view kEnds = "\r\n";

Error too_long(const string& told, const string& line) {
  return make_error(ErrorCode::DataRejected,
                    fmt::format("a line is longer than 2 MB, which is not read beside lines that "
                                "are refused:{} '{}'",
                                line, told))
      .with_hint(
          "look for a quote that is never closed and compare quote_char; rows with values as long "
          "as that are read from Parquet or JSON");
}

/// The places of line ends in a file, found in pieces.
class Ends {
 public:
  explicit Ends(const string& path) : in_(path, std::ios::binary) {
    in_.seekg(0, std::ios::end);
    size_ = in_ ? static_cast<std::int64_t>(in_.tellg()) : 0;
  }

  std::int64_t size() const { return size_; }

  /// The first one of [from, to); -1: there is none.
  std::int64_t first(std::int64_t from, std::int64_t to) {
    for (std::int64_t at = from; at < to; at += kPiece) {
      const std::string_view piece = read(at, std::min(kPiece, to - at));
      if (const std::size_t end = piece.find_first_of(kEnds); end != std::string_view::npos) {
        return at + static_cast<std::int64_t>(end);
      }
    }
    return -1;
  }

  std::int64_t last(std::int64_t from, std::int64_t to) {
    for (std::int64_t at = to; at > from; at -= std::min(kPiece, at - from)) {
      const std::int64_t begin = std::max(from, at - kPiece);
      const std::string_view piece = read(begin, at - begin);
      if (const std::size_t end = piece.find_last_of(kEnds); end != std::string_view::npos) {
        return begin + static_cast<std::int64_t>(end);
      }
    }
    return -1;
  }

  /// The number of the line that holds this place.
  std::int64_t line_at(std::int64_t place) {
    std::int64_t line = 1;
    char before = 0;
    for (std::int64_t at = 0; at < place; at += kPiece) {
      for (const char c : read(at, std::min(kPiece, place - at))) {
        line += c == '\r' || (c == '\n' && before != '\r') ? 1 : 0;
        before = c;
      }
    }
    return line;
  }

 private:
  std::string_view read(std::int64_t from, std::int64_t bytes) {
    piece_.resize(static_cast<std::size_t>(bytes));
    in_.clear();
    in_.seekg(from);
    in_.read(piece_.data(), bytes);
    return std::string_view(piece_).substr(0, static_cast<std::size_t>(in_.gcount()));
  }

  std::ifstream in_;
  std::int64_t size_ = 0;
  string piece_;
};

Status check_plain(const Context& context, const string& path, const string& told) {
  Ends ends(path);
  for (std::int64_t window = 0; window + kWindow <= ends.size(); window += kWindow) {
    SLUICE_CHECK(context.check());
    if (ends.first(window, window + kWindow) >= 0) {
      continue;
    }
    const std::int64_t begin = ends.last(std::max<std::int64_t>(0, window - kLineBytesMax), window);
    const std::int64_t end = ends.first(window + kWindow, ends.size());
    const std::int64_t length = (end < 0 ? ends.size() : end) - begin - 1;
    if (length > kLineBytesMax) {
      return too_long(told, fmt::format(" line {} of", ends.line_at(window)));
    }
  }
  return {};
}

/// A byte above 127 counts as two.
Status check_packed(const Context& context, engine::Connection& connection, const string& path,
                    const string& told) {
  const auto counted =
      query_texts(context, connection, dialect::render_line_count(path, 2 * kLineBytesMax));
  if (counted) {
    return {};
  }
  Error why = counted.error();
  const auto says = [&](std::string_view text) { return why.native.find(text) != string::npos; };
  if (!says("Maximum line size") && !says("does not support a full read")) {
    return as_data_error(std::move(why));
  }
  return too_long(told, "");
}

}  // namespace

Status check_line_lengths(const Context& context, engine::Connection& connection,
                          const plan::FileScan& scan) {
  if (!std::holds_alternative<plan::CsvFormat>(scan.format) &&
      !std::holds_alternative<plan::FixedWidthFormat>(scan.format)) {
    return {};
  }
  for (std::size_t i = 0; i < scan.files.size(); ++i) {
    const string& path = scan.files[i];
    const string& told = scan.told.empty() ? path : scan.told[i];
    const bool is_packed = path.ends_with(".gz") || path.ends_with(".zst");
    SLUICE_CHECK(is_packed ? check_packed(context, connection, path, told)
                           : check_plain(context, path, told));
  }
  return {};
}

}  // namespace sluice::run::internal
