// What a struct says about its table beyond its members: sluice::model<T>, a constexpr value that
// stands beside the struct and names only what reflection cannot know.
//
//   template <>
//   inline constexpr auto sluice::model<Trip> = sluice::table("trips")
//       .key<&Trip::id>()
//       .rename<&Trip::picked_up>("pickup_ts")
//       .partition<&Trip::picked_up>(sluice::Partition::Day)
//       .require<&Trip::fare>(sluice::at_least(0.0));
//
// Without one, the table's name is derived and every member is a column. It is checked while the
// program is compiled; lowering to plan values happens once per type, in orm/model/table_model.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "sluice/orm/record/type_of.h"
#include "sluice/orm/rule/rule_set.h"
#include "sluice/orm/rule/rules.h"

namespace sluice {

/// How rows are put into partitions by a column.
enum class Partition : std::uint8_t { Identity, Bucket, Truncate, Year, Month, Day, Hour };

}  // namespace sluice

namespace sluice::orm {

/// One thing a model says about one member.
struct Note {
  enum class Says : std::uint8_t {
    Key,
    MergeKey,
    Rename,
    Partition,
    Sort,
    CreateTime,
    UpdateTime,
    Immutable,
    Json,
    Comment,
    Default,
  };
  Says says = Says::Key;
  std::string_view member;
  std::string_view text;  // of Rename and Comment
  Partition partition = Partition::Identity;
  int parameter = 0;  // buckets, or the width of a truncation
};

}  // namespace sluice::orm

namespace sluice {

template <class T, std::size_t Notes = 0, std::size_t Rules = 0, std::size_t Nodes = 0>
struct ModelSpec {
  std::string_view table;
  std::array<orm::Note, Notes> notes{};
  RuleSet<T, Rules, Nodes> rules{};

  /// The primary key: unique in the table, checked inside every commit.
  template <auto... Members>
  constexpr auto key() const {
    static_assert((!internal::is_optional<internal::MemberOf<Members>> && ...),
                  "a key cannot be optional: NULL equals nothing");
    return noted<Members...>(orm::Note{.says = orm::Note::Says::Key});
  }
  /// What an insert finds the row by that it replaces; several members are one key.
  template <auto... Members>
  constexpr auto merge_key() const {
    static_assert((!internal::is_optional<internal::MemberOf<Members>> && ...),
                  "a merge key cannot be optional: NULL equals nothing");
    return noted<Members...>(orm::Note{.says = orm::Note::Says::MergeKey});
  }
  /// The column's name, where it is not the member's.
  template <auto Member>
  constexpr auto rename(std::string_view column) const {
    return noted<Member>(orm::Note{.says = orm::Note::Says::Rename, .text = column});
  }
  /// `parameter`: buckets of Bucket (0: as the session was opened), width of Truncate.
  template <auto Member>
  constexpr auto partition(Partition by = Partition::Identity, int parameter = 0) const {
    return noted<Member>(
        orm::Note{.says = orm::Note::Says::Partition, .partition = by, .parameter = parameter});
  }
  template <auto... Members>
  constexpr auto sort() const {
    return noted<Members...>(orm::Note{.says = orm::Note::Says::Sort});
  }
  /// Stamped by Sluice with the time of the first insert; kept by later ones.
  template <auto Member>
  constexpr auto create_time() const {
    static_assert(is_instant<Member>(), "a stamped time is a sluice::sys_micros");
    return noted<Member>(orm::Note{.says = orm::Note::Says::CreateTime});
  }
  /// Stamped by Sluice with the time of every write.
  template <auto Member>
  constexpr auto update_time() const {
    static_assert(is_instant<Member>(), "a stamped time is a sluice::sys_micros");
    return noted<Member>(orm::Note{.says = orm::Note::Says::UpdateTime});
  }
  /// Keeps the table's value when an insert meets the row's key again.
  template <auto... Members>
  constexpr auto immutable() const {
    return noted<Members...>(orm::Note{.says = orm::Note::Says::Immutable});
  }
  /// Stored as JSON text, whatever its type.
  template <auto... Members>
  constexpr auto json() const {
    return noted<Members...>(orm::Note{.says = orm::Note::Says::Json});
  }
  /// May be missing in JSON and in Arrow batches that are inserted, and then is what the struct
  /// initialises it with. There is no DEFAULT in the table: docs/decisions/009-defaults.md.
  template <auto... Members>
  constexpr auto defaulted() const {
    return noted<Members...>(orm::Note{.says = orm::Note::Says::Default});
  }
  template <auto Member>
  constexpr auto comment(std::string_view text) const {
    return noted<Member>(orm::Note{.says = orm::Note::Says::Comment, .text = text});
  }
  /// Rules that every record passes before it is written.
  template <auto Member, class... R>
  constexpr auto check(R... rule) const {
    const auto mine = owned<internal::ClassOf<Member>>();
    return with_rules(mine, mine.rules.template check<Member>(rule...));
  }
  /// As check: sluice::require reads better for a bound.
  template <auto Member, class... R>
  constexpr auto require(R... rule) const {
    return check<Member>(rule...);
  }

 private:
  template <class U, std::size_t N, std::size_t R, std::size_t M>
  friend struct ModelSpec;

  template <auto Member>
  static constexpr bool is_instant() {
    using M = internal::MemberOf<Member>;
    return std::is_same_v<M, sys_micros> || std::is_same_v<M, std::optional<sys_micros>>;
  }

  /// This model as one of U, whose first member was just named.
  template <class U>
  constexpr auto owned() const {
    static_assert(std::is_same_v<T, U> || std::is_void_v<T>,
                  "this member belongs to another model");
    if constexpr (std::is_void_v<T>) {
      return ModelSpec<U>{.table = table};
    } else {
      return *this;
    }
  }

  template <auto First, auto... Members>
  constexpr auto noted(orm::Note note) const {
    using U = internal::ClassOf<First>;
    static_assert((std::is_same_v<U, internal::ClassOf<Members>> && ...),
                  "this member belongs to another model");
    constexpr std::size_t kAdded = 1 + sizeof...(Members);
    const auto mine = owned<U>();
    ModelSpec<U, Notes + kAdded, Rules, Nodes> longer{
        .table = mine.table, .notes = {}, .rules = mine.rules};
    for (std::size_t i = 0; i < Notes; ++i) {
      longer.notes[i] = mine.notes[i];
    }
    std::size_t at = Notes;
    for (const std::string_view member :
         {internal::member_name<First>, internal::member_name<Members>...}) {
      note.member = member;
      longer.notes[at++] = note;
    }
    return longer;
  }

  template <class Mine, class U, std::size_t R, std::size_t M>
  static constexpr auto with_rules(const Mine& mine, const RuleSet<U, R, M>& rules) {
    return ModelSpec<U, Notes, R, M>{.table = mine.table, .notes = mine.notes, .rules = rules};
  }
};

}  // namespace sluice

namespace sluice::orm {

/// Starts a model. One to three parts, "catalog.schema.table". Users know it as sluice::table,
/// which sluice/orm/orm.h makes of it; inside, that name is the namespace of the port.
constexpr ModelSpec<void> table(std::string_view name) { return {.table = name}; }

}  // namespace sluice::orm

namespace sluice {

/// Starts a model whose table has the derived name.
constexpr ModelSpec<void> derived_table() { return {}; }

/// What T says about its table; specialise it beside the struct.
template <class T>
inline constexpr auto model = ModelSpec<T>{};

}  // namespace sluice
