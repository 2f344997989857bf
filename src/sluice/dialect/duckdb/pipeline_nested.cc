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

/// A member of a JSON object.
string json_member(const string& json, std::string_view name) {
  return fmt::format("json_extract({}, {})", json, quote_literal(json_pointer(name)));
}

string is_json(const string& json, std::string_view kind) {
  return fmt::format("(json_type({}) IS NOT DISTINCT FROM '{}')", json, kind);
}

Result<Part> part_of(const string& value, const LogicalType& from, const LogicalType& to,
                     int depth);

Result<Part> leaf(const string& value, const LogicalType& from, const LogicalType& to) {
  SLUICE_TRY(const string cast, render_cast(value, from, to));
  if (is<schema::Text>(to)) {
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

Result<Part> members(const string& value, const schema::Struct* from, const schema::Struct& to,
                     int depth) {
  string list;
  string fits;
  for (const schema::Field& member : to.fields) {
    const schema::Field* found = from == nullptr ? nullptr : find_member(*from, member.name);
    Part part{.value = fmt::format("CAST(NULL AS {})", type_text(member.type)), .fits = ""};
    if (from == nullptr) {
      SLUICE_TRY(part, part_of(json_member(value, member.name), kJson, member.type, depth));
    } else if (found != nullptr) {
      const string there = fmt::format("struct_extract({}, {})", value, quote_literal(found->name));
      SLUICE_TRY(part, part_of(there, found->type, member.type, depth));
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
  SLUICE_TRY(const Part part, members(json, nullptr, std::get<schema::Struct>(to.kind), depth));
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

/// A member that is asked for, and when some struct of the value lacks it.
struct Lack {
  string path;
  string when;
};

/// `json` is empty where the value's type says all that there is to say.
struct Seen {
  string value;
  const LogicalType* type = nullptr;  // null: nothing but JSON is known
  string json;
};

std::vector<Lack> lacks_of(const Seen& seen, const LogicalType& to, const string& path, int depth);

std::vector<Lack> member_lacks(const Seen& seen, const schema::Struct& to, const string& path,
                               int depth) {
  const auto* from = seen.type == nullptr ? nullptr : std::get_if<schema::Struct>(&seen.type->kind);
  if (from == nullptr && seen.json.empty()) {
    return {};  // no struct at all: the cast says so
  }
  const string is_there =
      seen.json.empty() ? fmt::format("{} IS NOT NULL", seen.value) : is_json(seen.json, "OBJECT");
  std::vector<Lack> all;
  for (const schema::Field& member : to.fields) {
    const string name = path.empty() ? member.name : path + "." + member.name;
    const schema::Field* found = from == nullptr ? nullptr : find_member(*from, member.name);
    if (from != nullptr && found == nullptr) {
      all.push_back({.path = name, .when = is_there});
      continue;
    }
    const string& key = found == nullptr ? member.name : found->name;
    Seen inside{.value = {}, .type = found == nullptr ? nullptr : &found->type, .json = {}};
    if (seen.json.empty()) {
      inside.value = fmt::format("struct_extract({}, {})", seen.value, quote_literal(key));
    } else {
      inside.json = json_member(seen.json, key);
      all.push_back(
          {.path = name, .when = fmt::format("{} AND {} IS NULL", is_there, inside.json)});
    }
    for (Lack& lack : lacks_of(inside, member.type, name, depth)) {
      all.push_back(std::move(lack));
    }
  }
  return all;
}

std::vector<Lack> lacks_of(const Seen& seen, const LogicalType& to, const string& path, int depth) {
  if (const auto* inner = std::get_if<schema::Struct>(&to.kind)) {
    return member_lacks(seen, *inner, path, depth);
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
  std::vector<Lack> found = lacks_of(element, to_element, path + "[]", depth + 1);
  for (Lack& lack : found) {
    lack.when = fmt::format("len(list_filter({}, lambda {}: {})) > 0", all, one, lack.when);
  }
  return found;
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
  string list;
  for (const Lack& lack : lacks_of(seen, to, "", 0)) {
    list += fmt::format(", CASE WHEN {} THEN {} END", lack.when, quote_literal(lack.path));
  }
  return list.empty() ? list : fmt::format("nullif(concat_ws(', '{}), '')", list);
}

}  // namespace sluice::dialect
