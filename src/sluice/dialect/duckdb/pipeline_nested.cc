// Lists, maps and structs part by part, so that a part is read as a value of its own would be: not
// rounded, not cut off, and a value with a part that does not fit is none. And which members a
// struct lacks: an engine fills them with NULL and says nothing.
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/duckdb/pipeline_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

using schema::LogicalType;
using std::string;

const LogicalType kText{schema::Text{}};
const LogicalType kJson{schema::Json{}};

template <class Kind>
bool is(const LogicalType& type) {
  return std::holds_alternative<Kind>(type.kind);
}

/// Whether the engine's own cast of such values says the same as ours.
bool is_cast_alike(const LogicalType& from, const LogicalType& to) {
  if (from == to) {
    return true;
  }
  const auto* list = std::get_if<schema::List>(&from.kind);
  const auto* to_list = std::get_if<schema::List>(&to.kind);
  if (list != nullptr && to_list != nullptr) {
    return is_cast_alike(*list->element, *to_list->element);
  }
  const auto* inner = std::get_if<schema::Struct>(&from.kind);
  const auto* to_inner = std::get_if<schema::Struct>(&to.kind);
  if (inner != nullptr && to_inner != nullptr) {
    for (const schema::Field& member : to_inner->fields) {
      const schema::Field* found = find_member(*inner, member.name);
      if (found == nullptr || !is_cast_alike(found->type, member.type)) {
        return false;
      }
    }
    return true;
  }
  const bool from_number = is<schema::Integer>(from) || is<schema::Boolean>(from);
  // A text may be written as what the engine alone takes for a number.
  const bool from_exact = from_number || is<schema::Decimal>(from);
  return is<schema::Integer>(to)   ? from_number
         : is<schema::Float>(to)   ? from_exact || is<schema::Float>(from)
         : is<schema::Decimal>(to) ? from_exact
         : is<schema::Text>(to)    ? from_exact || is<schema::Float>(from)
                                   : false;
}

/// The value of a part, and whether it is one; an empty condition always holds, none is NULL.
struct Part {
  string value;
  string fits;
};

string both(const string& one, const string& other) {
  return one.empty() || other.empty() ? one + other : one + " AND " + other;
}

string variable(int depth) { return fmt::format("_sluice_n{}", depth); }

string type_text(const LogicalType& type) {
  const auto text = duckdb_dialect().render_type(type);
  return text ? *text : "VARCHAR";
}

Part none_of(const string& value, const LogicalType& to) {
  return {.value = fmt::format("CAST(NULL AS {})", type_text(to)),
          .fits = fmt::format("({} IS NULL)", value)};
}

/// `body`, in which `value` has the name `one`: what is read from it is read once.
string bound_to(const string& one, const string& value, const string& body) {
  return fmt::format("list_extract(list_transform([{}], lambda {}: {}), 1)", value, one, body);
}

string member_of(const string& value, std::string_view name) {
  return fmt::format("struct_extract({}, {})", value, quote_literal(name));
}

/// As what a member of a JSON object is taken out of it: a text tells all of a plain one.
const LogicalType& taken_as(const LogicalType& to) {
  return is_nested(to) || is<schema::Json>(to) ? kJson : kText;
}

/// The members of a JSON object as a struct, all of them in one pass over its keys.
string opened(const string& json, const std::vector<const schema::Field*>& members) {
  string list;
  for (const schema::Field* member : members) {
    list += fmt::format("{}{}, '{}'", list.empty() ? "" : ", ", quote_literal(member->name),
                        is<schema::Json>(taken_as(member->type)) ? "JSON" : "VARCHAR");
  }
  return fmt::format("from_json({}, json_object({}))", json, list);
}

string is_json(const string& json, std::string_view kind) {
  return fmt::format("(json_type({}) IS NOT DISTINCT FROM '{}')", json, kind);
}

Result<Part> part_of(const string& value, const LogicalType& from, const LogicalType& to,
                     int depth);

Result<Part> leaf(const string& value, const LogicalType& from, const LogicalType& to) {
  SLUICE_TRY(const string cast, render_cast(value, from, to));
  if (is<schema::Text>(to) && !is<schema::Bytes>(from)) {
    return Part{.value = cast, .fits = ""};
  }
  const string there = is<schema::Json>(from) ? fmt::format("({} ->> '$')", value) : value;
  return Part{.value = cast, .fits = fmt::format("({} IS NULL OR {} IS NOT NULL)", there, cast)};
}

/// Each element of `list`, which is SQL of a list that is NULL where the whole is.
Result<Part> elements(const string& list, const LogicalType& from, const LogicalType& to,
                      int depth) {
  const string one = variable(depth);
  SLUICE_TRY(const Part part, part_of(one, from, to, depth + 1));
  Part all{.value = list, .fits = ""};
  if (part.value != one) {
    all.value = fmt::format("list_transform({}, lambda {}: {})", list, one, part.value);
  }
  if (!part.fits.empty()) {
    all.fits = fmt::format("coalesce(len(list_filter({}, lambda {}: NOT ({}))) = 0, TRUE)", list,
                           one, part.fits);
  }
  return all;
}

/// `from` null: `value` is an opened JSON object.
Result<Part> members(const string& value, const schema::Struct* from, const schema::Struct& to,
                     int depth) {
  string list;
  string fits;
  for (const schema::Field& member : to.fields) {
    const schema::Field* found = from == nullptr ? nullptr : find_member(*from, member.name);
    Part part{.value = fmt::format("CAST(NULL AS {})", type_text(member.type)), .fits = ""};
    if (from == nullptr) {
      const string there = member_of(value, member.name);
      SLUICE_TRY(part, part_of(there, taken_as(member.type), member.type, depth));
    } else if (found != nullptr) {
      SLUICE_TRY(part, part_of(member_of(value, found->name), found->type, member.type, depth));
    }
    list += fmt::format("{}{} := {}", list.empty() ? "" : ", ", quote_identifier(member.name),
                        part.value);
    fits = both(fits, part.fits);
  }
  return Part{.value = fmt::format("struct_pack({})", list), .fits = fits};
}

/// `keys` and `values` are SQL of lists.
Result<Part> entries(const string& keys, const string& values, const LogicalType& key_from,
                     const LogicalType& value_from, const schema::Map& to, int depth) {
  SLUICE_TRY(const Part key, elements(keys, key_from, *to.key, depth));
  SLUICE_TRY(const Part value, elements(values, value_from, *to.value, depth));
  // Keys that are one after their cast, or none, are refused by the engine: it would stop.
  const string distinct =
      fmt::format("coalesce(len(list_distinct({0})) = len({0}), TRUE)", key.value);
  return Part{.value = fmt::format("map({}, {})", key.value, value.value),
              .fits = both(both(key.fits, distinct), value.fits)};
}

Result<Part> part_of_json(const string& json, const LogicalType& to, int depth) {
  const auto when = [&](std::string_view kind, const Part& part) {
    const string is_kind = is_json(json, kind);
    return Part{.value = fmt::format("CASE WHEN {} THEN {} END", is_kind, part.value),
                .fits = fmt::format("(coalesce(json_type({}), 'NULL') = 'NULL' OR ({}))", json,
                                    both(is_kind, part.fits))};
  };
  if (const auto* list = std::get_if<schema::List>(&to.kind)) {
    SLUICE_TRY(const Part part, elements(fmt::format("json_extract({}, '$[*]')", json), kJson,
                                         *list->element, depth));
    return when("ARRAY", part);
  }
  if (const auto* map = std::get_if<schema::Map>(&to.kind)) {
    SLUICE_TRY(const Part part,
               entries(fmt::format("json_keys({})", json),
                       fmt::format("json_extract({}, '$.*')", json), kText, kJson, *map, depth));
    return when("OBJECT", part);
  }
  const auto& inner = std::get<schema::Struct>(to.kind);
  std::vector<const schema::Field*> all;
  for (const schema::Field& member : inner.fields) {
    all.push_back(&member);
  }
  const string one = variable(depth);
  SLUICE_TRY(Part part, members(one, nullptr, inner, depth + 1));
  part.value = bound_to(one, opened(json, all), part.value);
  part.fits = part.fits.empty() ? "" : bound_to(one, opened(json, all), part.fits);
  return when("OBJECT", part);
}

/// As it is in structs and maps that may be NULL as a whole.
Part unless_null(const string& value, const Part& part) {
  return {.value = fmt::format("CASE WHEN {} IS NOT NULL THEN {} END", value, part.value),
          .fits = part.fits.empty() ? "" : fmt::format("({} IS NULL OR ({}))", value, part.fits)};
}

Result<Part> part_of(const string& value, const LogicalType& from, const LogicalType& to,
                     int depth) {
  if (from == to) {
    return Part{.value = value, .fits = ""};
  }
  if (!is_nested(to)) {
    return leaf(value, from, to);
  }
  if (is<schema::Json>(from)) {
    return part_of_json(value, to, depth);
  }
  if (is<schema::Text>(from)) {
    const string json = fmt::format("TRY_CAST({} AS JSON)", value);
    SLUICE_TRY(Part part, part_of_json(json, to, depth));
    part.fits = fmt::format("({} IS NULL OR ({} IS NOT NULL AND {}))", value, json, part.fits);
    return part;
  }
  const auto* list = std::get_if<schema::List>(&from.kind);
  const auto* to_list = std::get_if<schema::List>(&to.kind);
  if (list != nullptr && to_list != nullptr) {
    return elements(value, *list->element, *to_list->element, depth);
  }
  const auto* inner = std::get_if<schema::Struct>(&from.kind);
  const auto* to_inner = std::get_if<schema::Struct>(&to.kind);
  if (inner != nullptr && to_inner != nullptr) {
    SLUICE_TRY(const Part part, members(value, inner, *to_inner, depth));
    return unless_null(value, part);
  }
  const auto* map = std::get_if<schema::Map>(&from.kind);
  const auto* to_map = std::get_if<schema::Map>(&to.kind);
  if (map != nullptr && to_map != nullptr) {
    SLUICE_TRY(const Part part,
               entries(fmt::format("map_keys({})", value), fmt::format("map_values({})", value),
                       *map->key, *map->value, *to_map, depth));
    return unless_null(value, part);
  }
  if (inner != nullptr && to_map != nullptr) {
    return part_of_json(fmt::format("to_json({})", value), to, depth);
  }
  return none_of(value, to);
}

/// `json` is empty where the value's type says all that there is to say.
struct Seen {
  string value;
  const LogicalType* type = nullptr;  // null: nothing but JSON is known
  string json;
};

/// Finds the members that structs of a value lack. Its SQL is a list of their numbers, which count
/// from 1 in the order of `paths`; empty: none can be lacking.
class Lacking {
 public:
  string of(const Seen& seen, const LogicalType& to, const string& path, int depth);
  const std::vector<string>& paths() const { return paths_; }

 private:
  string of_struct(const Seen& seen, const schema::Struct& to, const string& path, int depth);
  string of_object(const Seen& seen, const schema::Struct& to, const string& path, int depth);
  string of_members(const string& struct_value, const schema::Struct& from,
                    const schema::Struct& to, const string& path, int depth);
  std::size_t number(const string& path) {
    paths_.push_back(path);
    return paths_.size();
  }

  std::vector<string> paths_;
};

/// Beside the members that a struct lacks: which of two values is one of its members is not told.
const string kKeyTwice = "a key stands twice";

string inside(const string& path, const string& name) {
  return path.empty() ? name : path + "." + name;
}

string flattened(const std::vector<string>& lists) {
  string all;
  for (const string& list : lists) {
    all += (all.empty() ? "" : ", ") + list;
  }
  return lists.size() < 2 ? all : fmt::format("flatten([{}])", all);
}

string Lacking::of_members(const string& struct_value, const schema::Struct& from,
                           const schema::Struct& to, const string& path, int depth) {
  string own;
  std::vector<string> lists;
  for (const schema::Field& member : to.fields) {
    const string name = inside(path, member.name);
    const schema::Field* found = find_member(from, member.name);
    if (found == nullptr) {
      own += fmt::format("{}{}", own.empty() ? "" : ", ", number(name));
      continue;
    }
    const Seen seen{
        .value = member_of(struct_value, found->name), .type = &found->type, .json = {}};
    string list = of(seen, member.type, name, depth);
    if (!list.empty()) {
      lists.push_back(std::move(list));
    }
  }
  if (!own.empty()) {
    lists.push_back(fmt::format("CASE WHEN {} IS NOT NULL THEN [{}] END", struct_value, own));
  }
  return flattened(lists);
}

/// Of a JSON object its keys are asked for, all at once: most have all of them.
string Lacking::of_object(const Seen& seen, const schema::Struct& to, const string& path,
                          int depth) {
  const auto* from = seen.type == nullptr ? nullptr : std::get_if<schema::Struct>(&seen.type->kind);
  const string one = variable(depth);
  const string keys = member_of(one, "keys");
  string names;
  string absent;
  schema::Struct nested;
  std::vector<string> lists;
  for (const schema::Field& member : to.fields) {
    const string name = inside(path, member.name);
    const schema::Field* found = from == nullptr ? nullptr : find_member(*from, member.name);
    const string key = found == nullptr ? member.name : found->name;
    names += (names.empty() ? "" : ", ") + quote_literal(key);
    absent += fmt::format("{}CASE WHEN NOT list_contains({}, {}) THEN {} END",
                          absent.empty() ? "" : ", ", keys, quote_literal(key), number(name));
    const Seen seen_inside{.value = {},
                           .type = found == nullptr ? nullptr : &found->type,
                           .json = member_of(member_of(one, "members"), key)};
    string list = of(seen_inside, member.type, name, depth + 1);
    if (!list.empty()) {
      nested.fields.push_back({.name = key, .type = member.type});
      lists.push_back(std::move(list));
    }
  }
  const string number_of = variable(depth + 1);
  const std::size_t twice = number(kKeyTwice + (path.empty() ? "" : " in " + path));
  absent += fmt::format("{0}CASE WHEN len({1}) <> len(list_distinct({1})) THEN {2} END",
                        absent.empty() ? "" : ", ", keys, twice);
  lists.push_back(
      fmt::format("CASE WHEN list_has_all({0}, [{1}]) AND (len({0}) = {2} OR len({0}) = "
                  "len(list_distinct({0}))) THEN CAST([] AS INTEGER[]) ELSE "
                  "list_filter([{3}], lambda {4}: {4} IS NOT NULL) END",
                  keys, names, to.fields.size(), absent, number_of));
  std::vector<const schema::Field*> members;
  for (const schema::Field& member : nested.fields) {
    members.push_back(&member);
  }
  const string parts = members.empty() ? "" : ", members := " + opened(seen.json, members);
  return bound_to(one,
                  fmt::format("CASE WHEN {} THEN struct_pack(keys := json_keys({}){}) END",
                              is_json(seen.json, "OBJECT"), seen.json, parts),
                  fmt::format("CASE WHEN {} IS NOT NULL THEN {} END", one, flattened(lists)));
}

string Lacking::of_struct(const Seen& seen, const schema::Struct& to, const string& path,
                          int depth) {
  if (!seen.json.empty()) {
    return of_object(seen, to, path, depth);
  }
  const auto* from = seen.type == nullptr ? nullptr : std::get_if<schema::Struct>(&seen.type->kind);
  // No struct at all: the cast says so.
  return from == nullptr ? string() : of_members(seen.value, *from, to, path, depth);
}

string Lacking::of(const Seen& seen, const LogicalType& to, const string& path, int depth) {
  if (const auto* inner = std::get_if<schema::Struct>(&to.kind)) {
    return of_struct(seen, *inner, path, depth);
  }
  const auto* list = std::get_if<schema::List>(&to.kind);
  const auto* map = std::get_if<schema::Map>(&to.kind);
  if (list == nullptr && map == nullptr) {
    return {};
  }
  const string one = variable(depth);
  Seen element{.value = {}, .type = nullptr, .json = {}};
  string all;
  if (!seen.json.empty()) {
    element.json = one;
    all = fmt::format("json_extract({}, '{}')", seen.json, list != nullptr ? "$[*]" : "$.*");
  }
  if (seen.type != nullptr) {
    const auto* from_list = std::get_if<schema::List>(&seen.type->kind);
    const auto* from_map = std::get_if<schema::Map>(&seen.type->kind);
    element.type = list != nullptr && from_list != nullptr ? &*from_list->element
                   : map != nullptr && from_map != nullptr ? &*from_map->value
                                                           : nullptr;
    if (element.type == nullptr && seen.json.empty()) {
      return {};
    }
  }
  if (seen.json.empty()) {
    element.value = one;
    all = list != nullptr ? seen.value : fmt::format("map_values({})", seen.value);
  }
  const LogicalType& to_element = list != nullptr ? *list->element : *map->value;
  const string found = of(element, to_element, path + "[]", depth + 1);
  return found.empty() ? found
                       : fmt::format("flatten(list_transform({}, lambda {}: {}))", all, one, found);
}

}  // namespace

string json_pointer(std::string_view name) {
  string pointer = "/";
  for (const char c : name) {
    pointer += c == '~' ? "~0" : c == '/' ? "~1" : string(1, c);
  }
  return pointer;
}

bool is_nested(const LogicalType& type) {
  return is<schema::List>(type) || is<schema::Map>(type) || is<schema::Struct>(type);
}

const schema::Field* find_member(const schema::Struct& type, std::string_view name) {
  for (const schema::Field& field : type.fields) {
    if (schema::same_column(field.name, name)) {
      return &field;
    }
  }
  return nullptr;
}

Result<string> nested_cast(const string& value, const LogicalType& from, const LogicalType& to) {
  if (is_cast_alike(from, to)) {
    return fmt::format("TRY(CAST({} AS {}))", value, type_text(to));
  }
  SLUICE_TRY(const Part part, part_of(value, from, to, 0));
  return part.fits.empty() ? part.value
                           : fmt::format("CASE WHEN {} THEN {} END", part.fits, part.value);
}

string lacking_members(const string& value, const LogicalType& from, const LogicalType& to,
                       const string& json) {
  Seen seen{.value = value, .type = &from, .json = json};
  if (json.empty() && (is<schema::Text>(from) || is<schema::Json>(from))) {
    seen = {.value = {},
            .type = nullptr,
            .json = is<schema::Json>(from) ? value : fmt::format("TRY_CAST({} AS JSON)", value)};
  }
  Lacking lacking;
  string found = lacking.of(seen, to, "", 2);
  if (found.empty()) {
    return found;
  }
  string paths;
  for (const string& path : lacking.paths()) {
    paths += (paths.empty() ? "" : ", ") + quote_literal(path);
  }
  const string all = variable(0);
  const string one = variable(1);
  return bound_to(all, found,
                  fmt::format("CASE WHEN len({}) > 0 THEN array_to_string(list_transform(list_sort("
                              "list_distinct({})), lambda {}: list_extract([{}], {})), ', ') END",
                              all, all, one, paths, one));
}

}  // namespace sluice::dialect
