// SQL of a contract: its text and where its first character stands. `scalar` and `style` are of the
// whole YAML scalar and `offset` is where this text begins in it, so that a position inside the
// text finds its line and column also in folded and quoted scalars (source/scalar_map.h).
//
// `text` is always what the embedded engine reads. Where the contract writes another dialect,
// `written` is what stands in the file and `origins` say which part of it each part of `text` was
// made from; both are empty otherwise. Plain values; safe to share between threads when const.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/diagnostic/span.h"
#include "sluice/contract/source/node.h"

namespace sluice::contract {

/// A stretch of a text and the stretch that it was made from. Verbatim: character by character.
struct SqlOrigin {
  std::uint32_t begin = 0;
  std::uint32_t length = 0;
  std::uint32_t written_begin = 0;
  std::uint32_t written_length = 0;
  bool is_verbatim = false;
};

struct SqlText {
  std::string text;
  Span span;
  Span scalar;
  ScalarStyle style = ScalarStyle::Plain;
  std::uint32_t offset = 0;
  std::string written;
  std::vector<SqlOrigin> origins;  // by `begin`
  /// Its dialect could not be translated, which was said; `text` is what was written.
  bool is_refused = false;

  /// As people wrote them.
  friend bool operator==(const SqlText& left, const SqlText& right) {
    return left.as_written() == right.as_written();
  }

  const std::string& as_written() const { return written.empty() ? text : written; }
};

/// Where a part of `sql.text` stands in the document; the whole text when it is another file's.
Span span_in_sql(std::string_view document, const SqlText& sql, std::size_t begin,
                 std::size_t length);

}  // namespace sluice::contract
