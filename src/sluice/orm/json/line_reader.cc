#include "sluice/orm/json/line_reader.h"

#include <algorithm>

#include <fmt/format.h>

namespace sluice::orm {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

Result<std::optional<std::string_view>> LineReader::next() {
  while (true) {
    SLUICE_TRY(const std::optional<std::string_view> line, take_line());
    if (!line.has_value() || !is_blank(*line)) {
      return line;
    }
  }
}

Result<std::optional<std::string_view>> LineReader::take_line() {
  bool is_too_long = false;
  std::size_t searched = 0;
  std::size_t end = rest_.find('\n');
  while (end == std::string_view::npos) {
    if (source_ != nullptr && rest_.size() > line_bytes_max_) {
      is_too_long = true;
      rest_ = {};  // its end is still to come
    }
    searched = rest_.size();
    SLUICE_TRY(const bool is_more, fill());
    if (!is_more) {
      break;
    }
    end = rest_.find('\n', searched);
  }
  if (end == std::string_view::npos && rest_.empty() && !is_too_long) {
    return std::optional<std::string_view>{};
  }
  ++number_;
  const std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  if (is_too_long || (source_ != nullptr && line.size() > line_bytes_max_)) {
    return make_error(ErrorCode::ResourceExhausted,
                      fmt::format("a line of at most {} bytes was expected, got a longer one",
                                  line_bytes_max_))
        .with_hint("raise JsonLimits::bytes_max where such lines are meant");
  }
  return std::optional(line);
}

Result<bool> LineReader::fill() {
  if (source_ == nullptr || ended_) {
    return false;
  }
  // What was read goes; the beginning of a line comes to the front.
  held_.erase(0, held_.size() - rest_.size());
  const std::size_t kept = held_.size();
  held_.resize(kept + kPieceBytes);
  Result<std::size_t> filled = source_(std::span(held_).subspan(kept));
  const std::size_t added = filled.has_value() ? std::min(*filled, kPieceBytes) : 0;
  held_.resize(kept + added);
  rest_ = held_;
  ended_ = added == 0;
  if (!filled.has_value()) {
    rest_ = {};
    return std::move(filled).error();
  }
  return !ended_;
}

}  // namespace sluice::orm
