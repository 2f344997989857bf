// The tree of a YAML document, each node with its place.
// It is the only thing the model reader sees of YAML: comments and layout are not kept here, they
// are kept by the text, which spans point into. Scalars are text; what a plain scalar means (null,
// bool, integer, float by the YAML 1.2 core schema) is asked for, never decided here: `on`, `yes`,
// `no` and `off` are strings. Aliases and merge keys are expanded within the limits of
// base/limits.h, so a tree never shares nodes. Plain values, no threads, no I/O.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/diagnostic/span.h"

namespace sluice::contract {

enum class NodeKind : std::uint8_t { Scalar, Sequence, Mapping };

enum class ScalarStyle : std::uint8_t { Plain, SingleQuoted, DoubleQuoted, Literal, Folded };

/// What a scalar is by the YAML 1.2 core schema. Quoted and block scalars are always text.
enum class ScalarType : std::uint8_t { Null, Bool, Int, Float, String };

struct Entry;

struct Node {
  NodeKind kind = NodeKind::Scalar;
  ScalarStyle style = ScalarStyle::Plain;
  bool is_flow = false;  // `{...}` or `[...]`
  Span span;             // of a scalar with its quotes or its block header
  std::string text;      // of a scalar, decoded
  std::string tag;  // as written after expansion, e.g. "tag:yaml.org,2002:str"; empty when none
  std::vector<Node> items;
  std::vector<Entry> entries;

  bool is_scalar() const { return kind == NodeKind::Scalar; }
  bool is_sequence() const { return kind == NodeKind::Sequence; }
  bool is_mapping() const { return kind == NodeKind::Mapping; }
  bool is_null() const;

  /// The value under `key`, or nullptr.
  const Node* find(std::string_view key) const;
  const Entry* find_entry(std::string_view key) const;

  /// Same content, wherever it stands.
  friend bool operator==(const Node& left, const Node& right);
};

struct Entry {
  std::string key;
  Span key_span;
  ScalarStyle key_style = ScalarStyle::Plain;
  bool is_merged = false;  // came in through `<<`
  Node value;

  friend bool operator==(const Entry& left, const Entry& right);
};

ScalarType scalar_type(const Node& scalar);

/// The typed value of a scalar; empty when it is something else.
std::optional<bool> as_bool(const Node& node);
std::optional<std::int64_t> as_integer(const Node& node);
/// Integers too. Infinity and NaN are values of YAML, and of no contract: they are empty.
std::optional<double> as_number(const Node& node);

/// For messages: "a list", "a map", "the text 'x'", "the number 3", "null".
std::string describe(const Node& node);

/// The value's kind with an article, for "expected ...": "a map", "text".
std::string_view kind_name(const Node& node);

}  // namespace sluice::contract
