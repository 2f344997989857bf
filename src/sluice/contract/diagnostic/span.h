// Places in a text that a person wrote, and values that remember theirs.
// A value of a contract keeps its span because a later check (a merge key that is masked, a rule on
// a field that does not exist) must point at what was written, long after the text was read.
// A span whose line is 0 belongs to a default that nobody wrote.
// Plain values; free to copy; no ownership of the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::contract {

/// One place: byte offset into the file, 1-based line, 1-based column in characters (not bytes).
struct Mark {
  std::uint32_t offset = 0;
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  friend bool operator==(const Mark&, const Mark&) = default;
};

/// Half-open stretch of one file. `file` counts the files that a contract inherits from; 0 is the
/// contract itself.
struct Span {
  Mark begin;
  Mark end;
  std::uint32_t file = 0;

  bool is_written() const { return begin.line != 0; }
  friend bool operator==(const Span&, const Span&) = default;
};

/// The span of a block of the contract. It takes no part in comparisons: two contracts that say the
/// same are equal wherever they say it.
struct Place : Span {
  Place() = default;
  // NOLINTNEXTLINE(google-explicit-constructor): a block says `.span = node.span`
  Place(const Span& span) : Span(span) {}
  friend bool operator==(const Place&, const Place&) { return true; }
};

/// A value and the place where it was written; `span` is empty for a default.
template <class T>
struct At {
  T value{};
  Span span{};

  bool is_written() const { return span.is_written(); }
  const T& operator*() const { return value; }
  const T* operator->() const { return &value; }
  /// Two contracts that say the same are equal wherever they say it.
  friend bool operator==(const At& left, const At& right) { return left.value == right.value; }
};

using Text = At<std::string>;
using MaybeText = std::optional<Text>;
using Texts = std::vector<Text>;
using Flag = At<bool>;
using MaybeFlag = std::optional<Flag>;
using Integer = At<std::int64_t>;
using MaybeInteger = std::optional<Integer>;

/// One `key: value` of a free map, in the order of the file.
template <class T>
struct Pair {
  Text key;
  T value;

  friend bool operator==(const Pair&, const Pair&) = default;
};

using TextMap = std::vector<Pair<Text>>;

}  // namespace sluice::contract
