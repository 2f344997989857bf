#include "sluice/schema/evolution.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"

namespace sluice::schema {
namespace {

const Field* find_match(const Schema& schema, const Field& field) {
  if (field.id != 0) {
    const auto by_id = std::ranges::find(schema.fields, field.id, &Field::id);
    if (by_id != schema.fields.end()) {
      return &*by_id;
    }
  }
  const Field* by_name = schema.find(field.name);
  const bool other_column = by_name != nullptr && field.id != 0 && by_name->id != 0;
  return other_column ? nullptr : by_name;
}

/// Digits before the point that a type can hold; 0 for what is no exact number.
int whole_digits(const LogicalType& type) {
  if (const auto* integer = std::get_if<Integer>(&type.kind)) {
    switch (integer->bits) {
      case 8: return 3;
      case 16: return 5;
      case 32: return 10;
      default: return integer->is_signed ? 19 : 20;
    }
  }
  const auto* decimal = std::get_if<Decimal>(&type.kind);
  return decimal == nullptr ? 0 : decimal->precision - decimal->scale;
}

bool widens_integer(const Integer& from, const LogicalType& to) {
  if (const auto* integer = std::get_if<Integer>(&to.kind)) {
    return from.is_signed == integer->is_signed ? from.bits <= integer->bits
                                                : !from.is_signed && from.bits < integer->bits;
  }
  if (const auto* number = std::get_if<Float>(&to.kind)) {
    return from.bits < number->bits && from.bits <= (number->bits == 64 ? 32 : 16);
  }
  return std::holds_alternative<Decimal>(to.kind) &&
         whole_digits(LogicalType{from}) <= whole_digits(to);
}

void add_changes(const Field& before, const Field& after, std::vector<Change>& changes) {
  if (!same_column(before.name, after.name)) {
    changes.emplace_back(RenameColumn{.from = before.name, .to = after.name});
  }
  if (before.type != after.type) {
    if (widens(before.type, after.type)) {
      changes.emplace_back(WidenColumn{.name = after.name, .from = before.type, .to = after.type});
    } else {
      changes.emplace_back(RetypeColumn{.name = after.name, .from = before.type, .to = after.type});
    }
  }
  if (before.nullable != after.nullable) {
    changes.emplace_back(ChangeNullability{.name = after.name, .nullable = after.nullable});
  }
}

}  // namespace

bool widens(const LogicalType& from, const LogicalType& to) {
  if (from == to) {
    return true;
  }
  if (const auto* integer = std::get_if<Integer>(&from.kind)) {
    return widens_integer(*integer, to);
  }
  if (const auto* number = std::get_if<Float>(&from.kind)) {
    const auto* wider = std::get_if<Float>(&to.kind);
    return wider != nullptr && number->bits <= wider->bits;
  }
  if (const auto* decimal = std::get_if<Decimal>(&from.kind)) {
    const auto* wider = std::get_if<Decimal>(&to.kind);
    return wider != nullptr && decimal->scale <= wider->scale &&
           whole_digits(from) <= whole_digits(to);
  }
  if (std::holds_alternative<Json>(from.kind)) {
    return std::holds_alternative<Text>(to.kind);
  }
  if (std::holds_alternative<Date>(from.kind)) {
    const auto* timestamp = std::get_if<Timestamp>(&to.kind);
    return timestamp != nullptr && !timestamp->utc;
  }
  return false;
}

std::vector<Change> diff(const Schema& from, const Schema& to) {
  std::vector<Change> changes;
  std::set<const Field*> kept;
  for (const Field& after : to.fields) {
    const Field* before = find_match(from, after);
    if (before == nullptr) {
      changes.emplace_back(AddColumn{.field = after});
      continue;
    }
    kept.insert(before);
    add_changes(*before, after, changes);
  }
  for (const Field& before : from.fields) {
    if (!kept.contains(&before)) {
      changes.emplace_back(DropColumn{.field = before});
    }
  }
  return changes;
}

std::string to_string(const Change& change) {
  return std::visit(
      overloaded{
          [](const AddColumn& add) {
            return fmt::format("add column {}: {}", add.field.name, to_string(add.field.type));
          },
          [](const DropColumn& drop) { return fmt::format("drop column {}", drop.field.name); },
          [](const RenameColumn& rename) {
            return fmt::format("rename column {} to {}", rename.from, rename.to);
          },
          [](const WidenColumn& widen) {
            return fmt::format("widen column {} from {} to {}", widen.name, to_string(widen.from),
                               to_string(widen.to));
          },
          [](const RetypeColumn& retype) {
            return fmt::format("retype column {} from {} to {}", retype.name,
                               to_string(retype.from), to_string(retype.to));
          },
          [](const ChangeNullability& nullability) {
            return fmt::format("make column {} {}", nullability.name,
                               nullability.nullable ? "optional" : "required");
          },
      },
      change);
}

}  // namespace sluice::schema
