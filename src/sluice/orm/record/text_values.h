// Value types that are stored as text of a form of their own: what does not have the form is
// refused where it is read, parsed or written, not stored. Each holds its text as its only member,
// so a column of them is a column of text in every dialect. Plain values; an empty one is none of
// them (a member that may be empty is a std::optional).
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "sluice/base/clock.h"
#include "sluice/base/result.h"

namespace sluice {

/// A KSUID: 27 characters of base 62 that sort by the second of their making.
struct SortableId {
  std::string text;

  friend auto operator<=>(const SortableId&, const SortableId&) = default;
};

/// Where something lies: "s3://bucket/path", "file:///folder/file".
struct Location {
  std::string text;

  friend auto operator<=>(const Location&, const Location&) = default;
};

/// The name of a table: one to three parts, in double quotes where they need them.
struct TableName {
  std::string text;

  friend auto operator<=>(const TableName&, const TableName&) = default;
};

/// A new id: 32 bits of seconds since 2014-05-13T16:53:20Z, 128 random bits.
SortableId make_sortable_id(const Clock& clock, Random& random);
/// InvalidArgument when it is no KSUID.
Result<SortableId> parse_sortable_id(std::string_view text);
/// The second of its making; 2014-05-13T16:53:20Z of a text that is none.
sys_micros time_of(const SortableId& id);

/// InvalidArgument when it has no scheme, or nothing behind it.
Result<Location> parse_location(std::string_view text);

/// "s3", "bucket" and "a/b" of "s3://bucket/a/b"; a file has no bucket and its path begins with
/// '/'. They refer to the location's text.
struct LocationParts {
  std::string_view scheme;
  std::string_view bucket;
  std::string_view path;
};
LocationParts parts_of(const Location& location);
/// With one '/' between.
Location join(const Location& location, std::string_view below);

/// InvalidArgument when it has no one to three parts. Quotes stay only where they are needed.
Result<TableName> parse_table_name(std::string_view text);
/// With the parts in front that it lacks; an empty one is left out, and those before it.
TableName qualified(const TableName& table, std::string_view catalog, std::string_view database);

}  // namespace sluice

namespace sluice::orm {

/// What a text must be to be a value of its type.
struct TextForm {
  bool (*holds)(std::string_view text);
  std::string_view wanted;
};

extern const TextForm kSortableIdForm;
extern const TextForm kLocationForm;
extern const TextForm kTableNameForm;

}  // namespace sluice::orm

namespace sluice::internal {

/// The form of a type that is stored as text; nullptr of any other.
template <class M>
inline constexpr const orm::TextForm* text_form = nullptr;
template <>
inline constexpr const orm::TextForm* text_form<SortableId> = &orm::kSortableIdForm;
template <>
inline constexpr const orm::TextForm* text_form<Location> = &orm::kLocationForm;
template <>
inline constexpr const orm::TextForm* text_form<TableName> = &orm::kTableNameForm;

// The codecs take the address of such a value for that of its text.
static_assert(std::is_standard_layout_v<SortableId> && sizeof(SortableId) == sizeof(std::string));
static_assert(std::is_standard_layout_v<Location> && sizeof(Location) == sizeof(std::string));
static_assert(std::is_standard_layout_v<TableName> && sizeof(TableName) == sizeof(std::string));

}  // namespace sluice::internal
