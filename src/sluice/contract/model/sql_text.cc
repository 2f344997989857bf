#include "sluice/contract/model/sql_text.h"

#include <algorithm>

#include "sluice/contract/source/scalar_map.h"

namespace sluice::contract {
namespace {

struct Stretch {
  std::size_t begin = 0;
  std::size_t length = 0;
};

/// The part of what was written that the character at `at` was made from.
Stretch written_at(const SqlText& sql, std::size_t at) {
  const auto behind = std::upper_bound(
      sql.origins.begin(), sql.origins.end(), at,
      [](std::size_t place, const SqlOrigin& origin) { return place < origin.begin; });
  if (behind == sql.origins.begin()) {
    return {.begin = 0, .length = sql.written.size()};
  }
  const SqlOrigin& origin = *std::prev(behind);
  if (origin.is_verbatim && at - origin.begin < origin.length) {
    return {.begin = origin.written_begin + (at - origin.begin), .length = 1};
  }
  return {.begin = origin.written_begin, .length = origin.written_length};
}

}  // namespace

Span span_in_sql(std::string_view document, const SqlText& sql, std::size_t begin,
                 std::size_t length) {
  if (sql.scalar.file != 0) {
    return sql.span;  // the text at hand is another file's
  }
  Stretch place{.begin = begin, .length = length};
  if (!sql.written.empty()) {
    place = written_at(sql, begin);
    const Stretch last = length > 1 ? written_at(sql, begin + length - 1) : place;
    const std::size_t end = last.begin + last.length;
    place.length = end > place.begin ? end - place.begin : place.length;
  }
  return span_in_scalar(document, sql.scalar, sql.style,
                        sql.offset + static_cast<std::uint32_t>(place.begin),
                        static_cast<std::uint32_t>(place.length));
}

}  // namespace sluice::contract
