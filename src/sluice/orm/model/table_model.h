// A model as plain values: what the templates of orm/model/model.h lower to, once per type.
// Engines, codecs and the session know only this.
//
// Immutable; lives as long as the program; safe from any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/orm/model/check_model.h"
#include "sluice/orm/record/type.h"
#include "sluice/orm/rule/validate.h"

namespace sluice::plan {
struct CreateTable;
struct Expr;
struct TableId;
}  // namespace sluice::plan

namespace sluice::schema {
struct LogicalType;
struct Schema;
}  // namespace sluice::schema

namespace sluice::orm {

/// Who fills a column when a record is written.
enum class Stamp : std::uint8_t { None, CreateTime, UpdateTime };

struct Column {
  std::string name;
  const Member* member = nullptr;
  bool nullable = false;
  bool is_json = false;  // stored as JSON text, whatever the member's type
  bool is_immutable = false;
  bool is_defaulted = false;
  Stamp stamp = Stamp::None;
  std::string comment;
};

struct PartitionBy {
  std::string column;
  Partition by = Partition::Identity;
  int parameter = 0;
};

struct TableModel {
  const Record* record = nullptr;
  std::string table;  // as parse_table_id reads it
  std::vector<Column> columns;
  std::vector<std::string> key;
  std::vector<std::string> merge_key;
  std::vector<PartitionBy> partition_by;
  std::vector<std::string> sort_by;
  CheckPlan checks;

  const Column* find_member(std::string_view member) const;
  const Column* find_column(std::string_view name) const;
};

/// What the templates hand over.
struct ModelSource {
  const Record* record = nullptr;
  std::string_view table;
  std::span<const Note> notes;
  std::span<const MemberRule> rules;
  std::span<const RuleNode> nodes;
  std::span<const Check> nested;  // checks of members that are aggregates with rules
};

TableModel make_table_model(const ModelSource& source);

/// Tells the checks which columns the notes rename.
void name_columns(CheckPlan& plan, std::span<const Note> notes);

schema::LogicalType lower_type(const Type& type);
/// The columns that are written: the model's, then _ingest_id.
schema::Schema lower_schema(const TableModel& model);
plan::CreateTable lower_create(const TableModel& model);
/// The rules that SQL can say, as one condition over the columns.
plan::Expr lower_checks(const TableModel& model);

}  // namespace sluice::orm

namespace sluice::internal {

template <class T>
const orm::CheckPlan& check_plan_of();

/// The aggregate inside a member, if there is one: itself, in an optional, in a list.
template <class M>
constexpr auto nested_aggregate() {
  if constexpr (kind_of<M>() == orm::Kind::Record) {
    return std::type_identity<M>{};
  } else if constexpr (kind_of<M>() == orm::Kind::Optional || kind_of<M>() == orm::Kind::List) {
    return nested_aggregate<typename M::value_type>();
  } else {
    return std::type_identity<void>{};
  }
}

template <class T>
constexpr bool has_rules();

template <class T, std::size_t... I>
constexpr bool has_nested_rules(std::index_sequence<I...>) {
  return (has_rules<typename decltype(nested_aggregate<MemberAt<T, I>>())::type>() || ...);
}

template <class T>
constexpr bool has_rules() {
  if constexpr (std::is_void_v<T>) {
    return false;
  } else {
    return !model<T>.rules.rules.empty() ||
           has_nested_rules<T>(std::make_index_sequence<member_count<T>>{});
  }
}

template <class T, std::size_t I>
void add_nested_checks(std::vector<orm::Check>& checks) {
  using Nested = typename decltype(nested_aggregate<MemberAt<T, I>>())::type;
  if constexpr (has_rules<Nested>()) {
    checks.push_back({.member = &orm::record_of<T>().members[I],
                      .rule = nullptr,
                      .nested = &check_plan_of<Nested>()});
  }
}

template <class T>
std::vector<orm::Check> nested_checks() {
  std::vector<orm::Check> checks;
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (add_nested_checks<T, I>(checks), ...);
  }(std::make_index_sequence<member_count<T>>{});
  return checks;
}

template <class T>
const orm::CheckPlan& check_plan_of() {
  static const orm::CheckPlan plan = [] {
    orm::CheckPlan made =
        orm::make_check_plan(orm::record_of<T>(), model<T>.rules.rules, model<T>.rules.nodes);
    for (const orm::Check& check : nested_checks<T>()) {
      made.checks.push_back(check);
    }
    orm::name_columns(made, model<T>.notes);
    return made;
  }();
  return plan;
}

}  // namespace sluice::internal

namespace sluice::orm {

/// The model of T, made on first use. `check_model<T>` is for those who write.
template <class T>
const TableModel& table_model_of() {
  static_assert(internal::check_projection<T>());
  static const TableModel made = [] {
    const std::vector<Check> nested = internal::nested_checks<T>();
    return make_table_model({.record = &record_of<T>(),
                             .table = model<T>.table,
                             .notes = model<T>.notes,
                             .rules = model<T>.rules.rules,
                             .nodes = model<T>.rules.nodes,
                             .nested = nested});
  }();
  return made;
}

}  // namespace sluice::orm
