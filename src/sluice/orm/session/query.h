// What is read, said in C++: typed columns and conditions that lower to plan::Read, or SQL with
// bound parameters. A member is its column: a rename of the member renames every query, and a
// column of another model does not compile.
//
//   auto dear = sluice::from<Trip>()
//                   .where(col<&Trip::fare> > 20.0 && !is_null(col<&Trip::note>))
//                   .order_by(descending(col<&Trip::picked_up>))
//                   .limit(100);
//   auto same = sluice::sql("SELECT * FROM trips WHERE fare > ?", 20.0);
//
// Plain values; copy and keep them as you like.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "sluice/base/box.h"
#include "sluice/orm/model/table_model.h"
#include "sluice/orm/session/value.h"
#include "sluice/plan/operators.h"
#include "sluice/plan/statement.h"

namespace sluice::plan {
struct Expr;
struct Read;
}  // namespace sluice::plan

namespace sluice {
extern template class Opaque<plan::Expr>;
extern template class Opaque<plan::Read>;
}  // namespace sluice

namespace sluice::orm {

// Not inline: a user's file does without what expressions are made of, half of what its compiler
// would have to write.
using Expression = Opaque<plan::Expr>;
using ReadPlan = Opaque<plan::Read>;

/// The column of a member.
Expression column_of(const TableModel& model, std::string_view member);
/// Its condition against a value.
Expression compared(plan::BinaryOp op, Expression left, Parameter right);
Expression combined(plan::BinaryOp op, Expression left, Expression right);
Expression applied(plan::UnaryOp op, Expression operand);
Expression listed(Expression left, std::initializer_list<Parameter> values);
Expression starting_with(Expression left, std::string_view text);
ReadPlan read_of(const TableModel& model);
/// Of several conditions all must hold.
void add_condition(plan::Read& read, Expression condition);
void add_ordering(plan::Read& read, Expression by, bool descending);
void limit_rows(plan::Read& read, std::uint64_t rows);
void skip_rows(plan::Read& read, std::uint64_t rows);
plan::Statement statement_of(std::string text, std::initializer_list<Parameter> parameters);

}  // namespace sluice::orm

namespace sluice {

/// A condition over the columns of T.
template <class T>
struct Condition {
  orm::Expression expr;

  friend Condition operator&&(Condition a, Condition b) {
    return {orm::combined(plan::BinaryOp::And, std::move(a.expr), std::move(b.expr))};
  }
  friend Condition operator||(Condition a, Condition b) {
    return {orm::combined(plan::BinaryOp::Or, std::move(a.expr), std::move(b.expr))};
  }
  friend Condition operator!(Condition a) {
    return {orm::applied(plan::UnaryOp::Not, std::move(a.expr))};
  }
};

}  // namespace sluice

namespace sluice::orm {

template <class M, class V>
constexpr bool is_comparable() {
  using Plain = std::remove_cvref_t<V>;
  if constexpr (internal::is_optional<M>) {
    return is_comparable<typename M::value_type, V>();
  } else if constexpr (std::is_arithmetic_v<M>) {
    return std::is_arithmetic_v<Plain> && std::is_same_v<M, bool> == std::is_same_v<Plain, bool>;
  } else if constexpr (std::is_same_v<M, std::string>) {
    return std::is_convertible_v<const Plain&, std::string_view>;
  } else if constexpr (internal::DecimalTraits<M>::value) {
    return internal::DecimalTraits<Plain>::value || internal::is_integer<Plain>;
  } else {
    return std::is_same_v<M, Plain>;
  }
}

}  // namespace sluice::orm

namespace sluice {

/// The column of one member; compare it with values of the member's type.
template <auto Member>
struct Column {
  using Model = internal::ClassOf<Member>;
  using Value = internal::MemberOf<Member>;

  orm::Expression expr() const {
    return orm::column_of(orm::table_model_of<Model>(), internal::member_name<Member>);
  }
  template <class... V>
  Condition<Model> in(const V&... values) const {
    static_assert((orm::is_comparable<Value, V>() && ...),
                  "this column and this value have no common type");
    return {orm::listed(expr(), {orm::value_of(values)...})};
  }
  Condition<Model> starts_with(std::string_view text) const {
    static_assert(std::is_convertible_v<Value, std::string> ||
                      std::is_same_v<Value, std::optional<std::string>>,
                  "only text starts with a text");
    return {orm::starting_with(expr(), text)};
  }
  /// SQL's LIKE, case-sensitive.
  Condition<Model> like(std::string_view pattern) const {
    return {orm::compared(plan::BinaryOp::Like, expr(), orm::text_value(pattern))};
  }
};

template <auto Member>
inline constexpr Column<Member> col{};

namespace internal {
template <auto Member, class V>
Condition<ClassOf<Member>> compare_column(plan::BinaryOp op, const V& value) {
  static_assert(orm::is_comparable<MemberOf<Member>, V>(),
                "this column and this value have no common type");
  return {orm::compared(op, Column<Member>{}.expr(), orm::value_of(value))};
}
template <auto Left, auto Right>
Condition<ClassOf<Left>> compare_columns(plan::BinaryOp op) {
  static_assert(std::is_same_v<ClassOf<Left>, ClassOf<Right>>,
                "this column belongs to another model");
  return {orm::combined(op, Column<Left>{}.expr(), Column<Right>{}.expr())};
}
}  // namespace internal

#define SLUICE_COMPARISON(sign, op)                                     \
  template <auto Member, class V>                                       \
  auto operator sign(Column<Member>, const V& value) {                  \
    return internal::compare_column<Member>(plan::BinaryOp::op, value); \
  }                                                                     \
  template <auto Left, auto Right>                                      \
  auto operator sign(Column<Left>, Column<Right>) {                     \
    return internal::compare_columns<Left, Right>(plan::BinaryOp::op);  \
  }
SLUICE_COMPARISON(==, Equal)
SLUICE_COMPARISON(!=, NotEqual)
SLUICE_COMPARISON(<, Less)
SLUICE_COMPARISON(<=, LessEqual)
SLUICE_COMPARISON(>, Greater)
SLUICE_COMPARISON(>=, GreaterEqual)
#undef SLUICE_COMPARISON

template <auto Member>
Condition<internal::ClassOf<Member>> is_null(Column<Member> column) {
  static_assert(internal::is_optional<internal::MemberOf<Member>>,
                "a column that is not optional is never NULL");
  return {orm::applied(plan::UnaryOp::IsNull, column.expr())};
}

namespace internal {
/// The members of the key that finds a row: the merge key, else the primary key.
template <class T>
constexpr auto find_key_members() {
  struct Found {
    std::array<std::string_view, kMembersMax> names{};
    std::size_t count = 0;
  };
  const auto named = [](orm::Note::Says says) {
    Found found;
    for (const orm::Note& note : model<T>.notes) {
      if (note.says == says) {
        found.names[found.count++] = note.member;
      }
    }
    return found;
  };
  const auto merge = named(orm::Note::Says::MergeKey);
  return merge.count > 0 ? merge : named(orm::Note::Says::Key);
}

template <class T, std::size_t I, class V>
Condition<T> key_part(const V& value) {
  constexpr std::string_view kName = find_key_members<T>().names[I];
  static_assert(orm::is_comparable<MemberAt<T, find_member<T>(kName)>, V>(),
                "this value is not of the type of its key column");
  return {orm::compared(plan::BinaryOp::Equal, orm::column_of(orm::table_model_of<T>(), kName),
                        orm::value_of(value))};
}
}  // namespace internal

/// The row with this key: a value for each member of the model's merge key, else of its key.
template <class T, class... V>
Condition<T> by_key(const V&... values) {
  static_assert(internal::find_key_members<T>().count > 0, "this model declares no key");
  static_assert(internal::find_key_members<T>().count == sizeof...(V),
                "a key needs a value for each of its columns");
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return (internal::key_part<T, I>(values) && ...);
  }(std::index_sequence_for<V...>{});
}

/// One column of an ORDER BY.
template <class T>
struct Ordering {
  orm::Expression by;
  bool is_descending = false;
};
template <auto Member>
Ordering<internal::ClassOf<Member>> ascending(Column<Member> column) {
  return {.by = column.expr()};
}
template <auto Member>
Ordering<internal::ClassOf<Member>> descending(Column<Member> column) {
  return {.by = column.expr(), .is_descending = true};
}

/// Rows of the table of T; what is selected is decided by the struct they are read into.
template <class T>
class Query {
 public:
  explicit Query(orm::ReadPlan read) : read_(std::move(read)) {}

  /// Several conditions must all hold.
  template <class U>
  Query where(Condition<U> condition) && {
    static_assert(std::is_same_v<T, U>, "this column belongs to another model");
    orm::add_condition(*read_, std::move(condition.expr));
    return std::move(*this);
  }
  template <class U>
  Query order_by(Ordering<U> ordering) && {
    static_assert(std::is_same_v<T, U>, "this column belongs to another model");
    orm::add_ordering(*read_, std::move(ordering.by), ordering.is_descending);
    return std::move(*this);
  }
  Query limit(std::uint64_t rows) && {
    orm::limit_rows(*read_, rows);
    return std::move(*this);
  }
  Query offset(std::uint64_t rows) && {
    orm::skip_rows(*read_, rows);
    return std::move(*this);
  }
  const plan::Read& plan() const { return *read_; }

 private:
  orm::ReadPlan read_;
};

template <class T>
Query<T> from() {
  return Query<T>(orm::read_of(orm::table_model_of<T>()));
}

/// SQL of the engine, with a value for each '?'.
template <class... V>
plan::Statement sql(std::string text, const V&... parameters) {
  return orm::statement_of(std::move(text), {orm::value_of(parameters)...});
}

/// The names of columns, for options that take them.
template <auto... Members>
std::vector<std::string> columns() {
  std::vector<std::string> names;
  (names.push_back(orm::table_model_of<internal::ClassOf<Members>>()
                       .find_member(internal::member_name<Members>)
                       ->name),
   ...);
  return names;
}

}  // namespace sluice
