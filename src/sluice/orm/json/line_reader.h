// Lines of NDJSON, from bytes in memory or from a function that gives them piece by piece. Of a
// source no more is held than one line and one piece, however long the text is; a line that is
// longer than its bound is an error, and the next one is read after it.
//
// Used by one thread. What a source throws passes through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sluice/base/function.h"
#include "sluice/base/result.h"

namespace sluice {

/// Fills the front of the room and says how much of it: a file, a socket, a request's body. 0 at
/// the end; an error ends the reading.
using ByteSource = Function<Result<std::size_t>(std::span<char> room)>;

}  // namespace sluice

namespace sluice::orm {

class LineReader {
 public:
  /// The bytes outlive the reader.
  explicit LineReader(std::string_view bytes) : rest_(bytes) {}
  LineReader(ByteSource source, std::size_t line_bytes_max)
      : source_(std::move(source)), line_bytes_max_(line_bytes_max) {}
  LineReader(const LineReader&) = delete;
  LineReader(LineReader&&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  LineReader& operator=(LineReader&&) = delete;
  ~LineReader() = default;

  /// The next line that is not blank, valid until the next call; empty at the end.
  /// ResourceExhausted: it is longer than the bound.
  Result<std::optional<std::string_view>> next();

  /// Of the line that was read last; the first is 1.
  std::uint32_t number() const { return number_; }

 private:
  Result<std::optional<std::string_view>> take_line();
  /// Adds to what is held; false at the end of the source.
  Result<bool> fill();

  std::string_view rest_;  // of bytes in memory, or of what is held of the source
  ByteSource source_;
  std::size_t line_bytes_max_ = 0;
  std::string held_;
  bool ended_ = false;
  std::uint32_t number_ = 0;
};

}  // namespace sluice::orm
