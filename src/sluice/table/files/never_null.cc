#include "sluice/table/files/never_null.h"

#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "sluice/dialect/quote.h"
#include "sluice/table/change/text_rows.h"

namespace sluice::table {
namespace {

using Into = NestedPart::Into;

bool is_nested(const schema::LogicalType& type) {
  return std::holds_alternative<schema::List>(type.kind) ||
         std::holds_alternative<schema::Map>(type.kind) ||
         std::holds_alternative<schema::Struct>(type.kind);
}

void add_members(const schema::LogicalType& type, const NestedPart& at,
                 std::vector<NestedPart>& parts) {
  if (const auto* list = std::get_if<schema::List>(&type.kind)) {
    add_members(*list->element, at.with(Into::Element), parts);
  } else if (const auto* map = std::get_if<schema::Map>(&type.kind)) {
    add_members(*map->key, at.with(Into::Key), parts);
    add_members(*map->value, at.with(Into::Value), parts);
  } else if (const auto* members = std::get_if<schema::Struct>(&type.kind)) {
    for (const schema::Field& member : members->fields) {
      const NestedPart inner = at.with(Into::Member, member.name);
      if (!member.nullable) {
        parts.push_back(inner);
      }
      add_members(member.type, inner, parts);
    }
  }
}

/// True of a value whose part, behind the first `done` steps, is NULL. A part of nothing is none.
std::string render_fault(const NestedPart& part, std::size_t done, const std::string& value) {
  if (done == part.steps.size()) {
    return value + " IS NULL";
  }
  const NestedPart::Step& step = part.steps[done];
  if (step.into == Into::Member) {
    const std::string member =
        fmt::format("struct_extract({}, {})", value, dialect::quote_literal(step.member));
    return fmt::format("{} IS NOT NULL AND {}", value, render_fault(part, done + 1, member));
  }
  const std::string all = step.into == Into::Key     ? fmt::format("map_keys({})", value)
                          : step.into == Into::Value ? fmt::format("map_values({})", value)
                                                     : value;
  const std::string one = fmt::format("_sluice_p{}", done);
  return fmt::format("len(list_filter({}, lambda {}: {})) > 0", all, one,
                     render_fault(part, done + 1, one));
}

}  // namespace

NestedPart NestedPart::with(Into into, const std::string& member) const {
  NestedPart longer = *this;
  longer.steps.push_back({.into = into, .member = member});
  return longer;
}

std::string NestedPart::path() const {
  std::string path = column;
  for (const Step& step : steps) {
    switch (step.into) {
      case Into::Member: path += "." + step.member; break;
      case Into::Element: path += ".element"; break;
      case Into::Key: path += ".key"; break;
      case Into::Value: path += ".value"; break;
    }
  }
  return path;
}

std::vector<NestedPart> find_never_null(const schema::Schema& schema) {
  std::vector<NestedPart> parts;
  for (const schema::Field& field : schema.fields) {
    const NestedPart column{.column = field.name, .steps = {}};
    if (!field.nullable && is_nested(field.type)) {
      parts.push_back(column);
    }
    add_members(field.type, column, parts);
  }
  return parts;
}

Status check_nested_never_null(const Context& context, const FileCopy& copy,
                               const std::vector<NestedPart>& parts,
                               const std::vector<NewFile>& files) {
  if (parts.empty() || files.empty()) {
    return {};
  }
  std::string counts;
  for (const NestedPart& part : parts) {
    counts += fmt::format("{}CAST(count(*) FILTER ({}) AS VARCHAR)", counts.empty() ? "" : ", ",
                          render_fault(part, 0, dialect::quote_identifier(part.column)));
  }
  std::vector<std::string> places;
  for (const NewFile& file : files) {
    places.push_back(copy.storage->uri(file.path));
  }
  SLUICE_TRY(const auto rows,
             find_text_rows(context, *copy.connection,
                            fmt::format("SELECT {} FROM read_parquet([{}], hive_partitioning = "
                                        "false)",
                                        counts, quote_paths(places))));
  std::vector<std::pair<std::string, std::int64_t>> faults;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    SLUICE_TRY(const std::int64_t nulls, parse_count(rows.at(0).at(i).value_or("")));
    if (nulls > 0) {
      faults.emplace_back(parts[i].path(), nulls);
    }
  }
  return check_no_nulls(faults);
}

}  // namespace sluice::table
