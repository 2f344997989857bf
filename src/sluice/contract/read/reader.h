// Reads a YAML tree into the typed model, table by table (shape.h), and says of every value what
// was expected and what came. It goes on after every fault: a value that cannot be read keeps its
// default. The overloads of `read_value` are the only place that knows how a C++ type is written in
// YAML; a member's type decides which one its key uses. One reader per document; not thread-safe.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sluice/contract/diagnostic/diagnostic.h"
#include "sluice/contract/model/value.h"
#include "sluice/contract/read/shape.h"
#include "sluice/contract/read/words.h"

namespace sluice::contract {

/// A written key that no run executes yet.
struct UnsupportedKey {
  std::string path;  // "materialization.compaction"
  bool decides_rows = false;
  Span span;
};

struct ReadOptions {
  /// False when a fault of syntax cut the document off; then nothing is said to be missing.
  bool is_complete = true;
  /// Lets unknown keys pass as warnings.
  bool lenient = false;
  /// What the standard asks for and LakeLogic's spelling may leave out is an error.
  bool is_olc = true;
};

class Reader {
 public:
  /// `text` is the document, for places inside scalars.
  Reader(std::string_view text, Diagnostics& out, const ReadOptions& options)
      : out_(out), text_(text), options_(options) {}

  Diagnostics& out() { return out_; }
  std::string_view text() const { return text_; }
  bool is_lenient() const { return options_.lenient; }
  bool is_complete() const { return options_.is_complete; }
  bool is_olc() const { return options_.is_olc; }
  const std::vector<UnsupportedKey>& unsupported() const { return unsupported_; }

  /// The key that is being read: "quality.row_rules[2].sql".
  const std::string& path() const { return path_; }
  /// Its last part, for messages.
  std::string key_name() const;

  /// Reads every entry of a map by its table; unknown keys and missing ones are reported.
  void read_object(const Node& node, const Shape& shape, void* object);
  /// Calls `read` for each item of a list, with its path.
  void for_each_item(const Node& list, void (*read)(Reader&, const Node&, void*), void* object);

  void report_wrong_type(const Node& node, std::string_view expected);
  void report_lost_indentation(const Entry& entry, const std::string& block);
  void report_unknown_key(const Entry& entry, const Shape& shape);
  void report_unknown_word(const Node& node, std::span<const std::string_view> words);
  void note_unsupported(const Span& span, bool decides_rows);

  /// True when the text is a placeholder such as {name} or ${NAME}, which is reported as one.
  bool is_placeholder(const Node& node);

  /// Enters a part of the path for as long as it lives.
  class Step {
   public:
    Step(Reader& reader, std::string_view part);
    ~Step() { reader_.path_.resize(length_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    Reader& reader_;
    std::size_t length_;
  };

 private:
  void read_entry(const Entry& entry, const Key& key, void* object);
  void report_missing(const Node& node, const Key& key);

  Diagnostics& out_;
  std::string_view text_;
  ReadOptions options_;
  std::string path_;
  std::vector<UnsupportedKey> unsupported_;
};

void read_value(Reader& reader, const Node& node, Text& out);
void read_value(Reader& reader, const Node& node, Flag& out);
void read_value(Reader& reader, const Node& node, Integer& out);
void read_value(Reader& reader, const Node& node, Number& out);
void read_value(Reader& reader, const Node& node, Value& out);
void read_value(Reader& reader, const Node& node, SqlText& out);
void read_value(Reader& reader, const Node& node, Node& out);

/// The SQL of a scalar from byte `offset` on, `length` bytes long.
SqlText make_sql(std::string_view document, const Node& node, std::size_t offset,
                 std::size_t length);

namespace internal {

/// Where the value of a map's key goes.
struct WordList {
  std::span<const std::string_view> words;
};

/// The number of the word in the list, or npos after a diagnostic.
std::size_t find_word(Reader& reader, const Node& node, std::span<const std::string_view> words);
bool begin_list(Reader& reader, const Node& node, std::string_view expected);
bool begin_map(Reader& reader, const Node& node, std::string_view expected);
bool begin_object(Reader& reader, const Node& node);

template <class T>
struct Traits;

/// False for a value that could not be read and kept its default.
template <class T>
bool was_read(const T& value) {
  if constexpr (requires { value.span.is_written(); }) {
    return value.span.is_written();
  } else {
    return true;
  }
}

template <class E>
std::span<const std::string_view> word_texts() {
  static const std::vector<std::string_view> texts = [] {
    std::vector<std::string_view> all;
    for (const Word<E>& each : words_of<E>()) {
      all.push_back(each.word);
    }
    return all;
  }();
  return texts;
}

}  // namespace internal

template <class E>
  requires std::is_enum_v<E>
void read_value(Reader& reader, const Node& node, At<E>& out) {
  const std::size_t found = internal::find_word(reader, node, internal::word_texts<E>());
  if (found != std::string_view::npos) {
    out = {words_of<E>()[found].value, node.span};
  }
}

/// Structs with a table.
template <class T>
  requires std::is_class_v<T>
void read_value(Reader& reader, const Node& node, T& out) {
  if (!node.is_null() && internal::begin_object(reader, node)) {
    if constexpr (requires { out.span.begin; }) {
      out.span = node.span;
    }
    reader.read_object(node, shape_of<T>(), &out);
  }
}

template <class T>
void read_value(Reader& reader, const Node& node, std::optional<T>& out) {
  if (node.is_null()) {
    out.reset();  // a written null switches a default off
    return;
  }
  T value{};
  read_value(reader, node, value);
  if (internal::was_read(value)) {
    out = std::move(value);
  }
}

template <class T>
void read_value(Reader& reader, const Node& node, std::vector<T>& out) {
  out.clear();
  if (internal::begin_list(reader, node, expected_kind(internal::Traits<std::vector<T>>::kKind))) {
    reader.for_each_item(
        node,
        [](Reader& each_reader, const Node& item, void* list) {
          T value{};
          if (item.is_null() && internal::Traits<std::vector<T>>::kKind == ValueKind::ObjectList) {
            each_reader.report_wrong_type(item, expected_kind(ValueKind::Object));
            return;
          }
          read_value(each_reader, item, value);
          if (!internal::was_read(value)) {
            return;
          }
          static_cast<std::vector<T>*>(list)->push_back(std::move(value));
        },
        &out);
  }
}

template <class T>
void read_value(Reader& reader, const Node& node, std::vector<Pair<T>>& out) {
  out.clear();
  using Map = internal::Traits<std::vector<Pair<T>>>;
  if (!internal::begin_map(reader, node, expected_kind(Map::kKind))) {
    return;
  }
  for (const Entry& entry : node.entries) {
    const Reader::Step step(reader, entry.key);
    Pair<T> pair{.key = {entry.key, entry.key_span}, .value = {}};
    read_value(reader, entry.value, pair.value);
    out.push_back(std::move(pair));
  }
}

namespace internal {

constexpr const Shape& (*kNoShape)() = nullptr;
constexpr std::span<const std::string_view> (*kNoWords)() = nullptr;

template <ValueKind Kind>
struct PlainTraits {
  static constexpr ValueKind kKind = Kind;
  static constexpr auto kChild = kNoShape;
  static constexpr auto kWords = kNoWords;
};

template <class T>
struct Traits {  // a struct with a table
  static constexpr ValueKind kKind = ValueKind::Object;
  static constexpr const Shape& (*kChild)() = &shape_of<T>;
  static constexpr auto kWords = kNoWords;
};
template <class E>
  requires std::is_enum_v<E>
struct Traits<At<E>> {
  static constexpr ValueKind kKind = ValueKind::Word;
  static constexpr auto kChild = kNoShape;
  static constexpr std::span<const std::string_view> (*kWords)() = &word_texts<E>;
};
template <>
struct Traits<Text> : PlainTraits<ValueKind::String> {};
template <>
struct Traits<Flag> : PlainTraits<ValueKind::Boolean> {};
template <>
struct Traits<Integer> : PlainTraits<ValueKind::Whole> {};
template <>
struct Traits<Number> : PlainTraits<ValueKind::Real> {};
template <>
struct Traits<Value> : PlainTraits<ValueKind::AnyScalar> {};
template <>
struct Traits<SqlText> : PlainTraits<ValueKind::Sql> {};
template <>
struct Traits<Node> : PlainTraits<ValueKind::Anything> {};
template <class T>
struct Traits<std::optional<T>> : Traits<T> {};
template <>
struct Traits<std::vector<Text>> : PlainTraits<ValueKind::StringList> {};
template <>
struct Traits<std::vector<Integer>> : PlainTraits<ValueKind::WholeList> {};
template <>
struct Traits<std::vector<Number>> : PlainTraits<ValueKind::RealList> {};
template <>
struct Traits<std::vector<Value>> : PlainTraits<ValueKind::ScalarList> {};
template <>
struct Traits<std::vector<Pair<Text>>> : PlainTraits<ValueKind::StringMap> {};
template <>
struct Traits<std::vector<Pair<Integer>>> : PlainTraits<ValueKind::WholeMap> {};
template <>
struct Traits<std::vector<Pair<Value>>> : PlainTraits<ValueKind::ScalarMap> {};
template <>
struct Traits<std::vector<Pair<SqlText>>> : PlainTraits<ValueKind::SqlMap> {};
template <class T>
struct Traits<std::vector<T>> {
  static constexpr ValueKind kKind = ValueKind::ObjectList;
  static constexpr const Shape& (*kChild)() = &shape_of<T>;
  static constexpr auto kWords = kNoWords;
};
template <class T>
struct Traits<std::vector<Pair<T>>> {
  static constexpr ValueKind kKind = ValueKind::ObjectMap;
  static constexpr const Shape& (*kChild)() = &shape_of<T>;
  static constexpr auto kWords = kNoWords;
};

template <class M>
struct MemberOf;
template <class C, class V>
struct MemberOf<V C::*> {
  using Class = C;
  using Value = V;
};

}  // namespace internal

/// A line of a table: the key whose value goes to `Member`.
template <auto Member>
constexpr Key key(std::string_view name, std::string_view summary, Support support = Support::Acted,
                  Need need = Need::Optional) {
  using Class = typename internal::MemberOf<decltype(Member)>::Class;
  using Traits = internal::Traits<typename internal::MemberOf<decltype(Member)>::Value>;
  return {.name = name,
          .summary = summary,
          .kind = Traits::kKind,
          .need = need,
          .support = support,
          .child = Traits::kChild,
          .words = Traits::kWords,
          .read = [](Reader& reader, const Node& node, void* object) {
            read_value(reader, node, static_cast<Class*>(object)->*Member);
          }};
}

/// A key that the standard asks for; `fallback` says what is taken where it may be left out.
template <auto Member>
constexpr Key standard(std::string_view name, std::string_view summary, std::string_view fallback,
                       Support support = Support::Acted) {
  Key line = key<Member>(name, summary, support, Need::Standard);
  line.fallback = fallback;
  return line;
}

template <auto Member>
constexpr Key required(std::string_view name, std::string_view summary,
                       Support support = Support::Acted) {
  return key<Member>(name, summary, support, Need::Required);
}

/// A line whose value is read by a function: shorthands, and values with several forms.
template <auto Read, class Class>
constexpr Key custom(std::string_view name, std::string_view summary, ValueKind kind,
                     Support support = Support::Acted, const Shape& (*child)() = nullptr) {
  return {.name = name,
          .summary = summary,
          .kind = kind,
          .support = support,
          .child = child,
          .read = [](Reader& reader, const Node& node, void* object) {
            Read(reader, node, *static_cast<Class*>(object));
          }};
}

}  // namespace sluice::contract
