// Collects changes; the comparisons of the model's parts, one file for each group.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sluice/contract/diff/change.h"
#include "sluice/contract/read/words.h"

namespace sluice::contract::internal {

inline std::string shown(const Text& text) { return text.value; }
inline std::string shown(const Flag& flag) { return flag.value ? "true" : "false"; }
inline std::string shown(const Integer& number) { return std::to_string(number.value); }
inline std::string shown(const Number& number) {
  return number.value.text.empty() ? fmt::format("{}", number.value.value) : number.value.text;
}
inline std::string shown(const Value& value) { return value.value.text; }
inline std::string shown(const SqlText& sql) { return sql.as_written(); }
template <class E>
  requires std::is_enum_v<E>
std::string shown(const At<E>& word) {
  return std::string(word_of(word.value));
}
template <class T>
std::string shown(const std::vector<T>& list) {
  std::string out;
  for (const T& item : list) {
    out += (out.empty() ? "" : ", ") + shown(item);
  }
  return fmt::format("[{}]", out);
}
template <class T>
std::string shown(const std::optional<T>& value) {
  return value ? shown(*value) : std::string();
}

inline Span span_of(const SqlText& sql) { return sql.span; }
template <class T>
Span span_of(const T& value) {
  return value.span;
}
template <class T>
Span span_of(const std::vector<T>& list) {
  return list.empty() ? Span{} : span_of(list.front());
}
template <class T>
Span span_of(const std::optional<T>& value) {
  return value ? span_of(*value) : Span{};
}

template <class T>
bool is_there(const T&) {
  return true;
}
template <class T>
bool is_there(const std::optional<T>& value) {
  return value.has_value();
}
template <class T>
bool is_there(const std::vector<T>& list) {
  return !list.empty();
}

/// The kinds of one value's changes.
struct Kinds {
  std::string_view added;
  std::string_view removed;
  std::string_view changed;
};

class Differ {
 public:
  Differ(const ContractVersion& before, const ContractVersion& after) : old_(before), new_(after) {}

  const Contract& before() const { return old_.contract; }
  const Contract& after() const { return new_.contract; }

  void add(std::string_view kind, std::string path, std::string before, std::string after,
           const Span& old_span, const Span& new_span);

  /// Reports a value that came, went or changed.
  template <class T>
  void compare(std::string_view path, const T& before, const T& after, const Kinds& kinds) {
    if (before == after) {
      return;
    }
    const std::string_view kind = !is_there(before)  ? kinds.added
                                  : !is_there(after) ? kinds.removed
                                                     : kinds.changed;
    add(kind, std::string(path), shown(before), shown(after), span_of(before), span_of(after));
  }
  template <class T>
  void compare(std::string_view path, const T& before, const T& after, std::string_view kind) {
    compare(path, before, after, Kinds{kind, kind, kind});
  }

  /// Reports a flag by the way it went.
  void compare_flag(std::string_view path, const Flag& before, const Flag& after,
                    std::string_view set, std::string_view unset);

  /// A bound: `tighter` when less is allowed than before.
  void compare_bound(std::string_view path, const MaybeNumber& before, const MaybeNumber& after,
                     bool is_lower, std::string_view tighter, std::string_view looser);

  /// Reports a block whose parts no kind compares.
  template <class T>
  void compare_block(std::string_view path, const T& before, const T& after,
                     std::string_view kind) {
    if (!(before == after)) {
      add(kind, std::string(path), {}, {}, span_of(before), span_of(after));
    }
  }

  bool is_empty() const { return changes_.empty(); }
  bool has_changes_under(std::string_view path) const;
  std::vector<Change> take() { return std::move(changes_); }

 private:
  ContractVersion old_;
  ContractVersion new_;
  std::vector<Change> changes_;
};

std::span<const ChangeKind> row_change_kinds();
std::span<const ChangeKind> setting_change_kinds();
std::span<const ChangeKind> whole_change_kinds();

void diff_identity(Differ& differ);
void diff_fields(Differ& differ);
void diff_rules(Differ& differ);
void diff_source(Differ& differ);
void diff_target(Differ& differ);
void diff_operations(Differ& differ);
/// Last: blocks that differ and gave no change yet.
void diff_rest(Differ& differ);

}  // namespace sluice::contract::internal
