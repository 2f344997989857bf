#include "sluice/contract/evolution/json_parts.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sluice/dialect/quote.h"

namespace sluice::contract {
namespace {

using schema::Json;
using schema::List;
using schema::LogicalType;
using schema::Map;
using schema::Struct;

/// Goes through two types at once and gathers the conditions of the JSON parts.
class PartFinder {
 public:
  /// The type of `from` with what `to` has in the place of its JSON parts.
  LogicalType fill(const LogicalType& from, const LogicalType& to, const std::string& value) {
    if (std::holds_alternative<Json>(from.kind) && from != to) {
      add(fmt::format("coalesce(CAST({} AS VARCHAR) <> 'null', FALSE)", value));
      return to;
    }
    const auto* list = std::get_if<List>(&from.kind);
    const auto* list_to = std::get_if<List>(&to.kind);
    if (list != nullptr && list_to != nullptr) {
      return {List{fill_elements(*list->element, *list_to->element, value)}};
    }
    const auto* map = std::get_if<Map>(&from.kind);
    const auto* map_to = std::get_if<Map>(&to.kind);
    if (map != nullptr && map_to != nullptr) {
      return {Map{*map->key, fill_elements(*map->value, *map_to->value,
                                           fmt::format("map_values({})", value))}};
    }
    const auto* inner = std::get_if<Struct>(&from.kind);
    const auto* inner_to = std::get_if<Struct>(&to.kind);
    return inner != nullptr && inner_to != nullptr ? fill_members(*inner, *inner_to, value) : from;
  }

  const std::string& conditions() const { return conditions_; }

 private:
  void add(const std::string& condition) {
    conditions_ += (conditions_.empty() ? "" : " OR ") + condition;
  }

  LogicalType fill_elements(const LogicalType& from, const LogicalType& to,
                            const std::string& values) {
    PartFinder inner;
    inner.depth_ = depth_ + 1;
    const std::string element = fmt::format("_sluice_e{}", depth_);
    LogicalType filled = inner.fill(from, to, element);
    if (!inner.conditions_.empty()) {
      add(fmt::format("coalesce(len(list_filter({}, lambda {}: {})) > 0, FALSE)", values, element,
                      inner.conditions_));
    }
    return filled;
  }

  LogicalType fill_members(const Struct& from, const Struct& to, const std::string& value) {
    Struct filled = from;
    for (schema::Field& member : filled.fields) {
      const auto there = std::ranges::find_if(to.fields, [&](const schema::Field& one) {
        return schema::same_column(one.name, member.name);
      });
      if (there != to.fields.end()) {
        member.type =
            fill(member.type, there->type,
                 fmt::format("struct_extract({}, {})", value, dialect::quote_literal(member.name)));
      }
    }
    return {std::move(filled)};
  }

  std::string conditions_;
  int depth_ = 0;
};

}  // namespace

std::optional<UntoldParts> find_untold_parts(const schema::Field& column,
                                             const schema::LogicalType& stored) {
  if (std::holds_alternative<Json>(column.type.kind)) {
    return std::nullopt;
  }
  PartFinder finder;
  LogicalType filled = finder.fill(column.type, stored, dialect::quote_identifier(column.name));
  if (finder.conditions().empty()) {
    return std::nullopt;
  }
  return UntoldParts{.type = std::move(filled), .has_value = finder.conditions()};
}

}  // namespace sluice::contract
