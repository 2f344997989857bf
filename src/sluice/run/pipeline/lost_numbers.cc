#include "sluice/run/pipeline/lost_numbers.h"

#include <algorithm>
#include <utility>

#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/run/pipeline/valueless.h"

namespace sluice::run {
namespace {

using schema::Field;
using schema::LogicalType;
using schema::Schema;
using std::string;

template <class Kind>
const Kind* as(const LogicalType& type) {
  return std::get_if<Kind>(&type.kind);
}

/// Than a double, which holds 15 for sure.
bool holds_more_digits(const LogicalType& type) {
  constexpr int kDigitsOfDouble = 15;
  const auto* decimal = as<schema::Decimal>(type);
  return as<schema::Integer>(type) != nullptr || as<schema::Text>(type) != nullptr ||
         (decimal != nullptr && decimal->precision > kDigitsOfDouble);
}

/// Whether a part of such a value may have more digits than a double.
bool may_hold_more(const LogicalType& type) {
  if (const auto* list = as<schema::List>(type)) {
    return may_hold_more(*list->element);
  }
  if (const auto* map = as<schema::Map>(type)) {
    return may_hold_more(*map->value);
  }
  if (const auto* inner = as<schema::Struct>(type)) {
    return std::ranges::any_of(inner->fields,
                               [](const Field& field) { return may_hold_more(field.type); });
  }
  return holds_more_digits(type);
}

/// `from` with texts where it has doubles and `to` has more digits.
LogicalType with_texts_for(const LogicalType& from, const LogicalType& to) {
  if (as<schema::Float>(from) != nullptr) {
    return holds_more_digits(to) ? LogicalType{schema::Text{}} : from;
  }
  const auto* list = as<schema::List>(from);
  const auto* to_list = as<schema::List>(to);
  if (list != nullptr && to_list != nullptr) {
    return {schema::List{with_texts_for(*list->element, *to_list->element)}};
  }
  const auto* inner = as<schema::Struct>(from);
  const auto* to_inner = as<schema::Struct>(to);
  const auto* to_map = as<schema::Map>(to);
  if (inner == nullptr || (to_inner == nullptr && to_map == nullptr)) {
    return from;
  }
  schema::Struct texts = *inner;
  for (Field& field : texts.fields) {
    const auto of_name = [&](const Field& member) {
      return schema::same_column(member.name, field.name);
    };
    if (to_map != nullptr) {
      field.type = with_texts_for(field.type, *to_map->value);
    } else if (const auto found = std::ranges::find_if(to_inner->fields, of_name);
               found != to_inner->fields.end()) {
      field.type = with_texts_for(field.type, found->type);
    }
  }
  return {std::move(texts)};
}

/// Whether a part that is JSON to the engine becomes one that holds more digits.
bool opens_json(const LogicalType& from, const LogicalType& to) {
  if (as<schema::Json>(from) != nullptr) {
    return may_hold_more(to);
  }
  const auto* list = as<schema::List>(from);
  const auto* to_list = as<schema::List>(to);
  if (list != nullptr && to_list != nullptr) {
    return opens_json(*list->element, *to_list->element);
  }
  const auto* inner = as<schema::Struct>(from);
  const auto* to_inner = as<schema::Struct>(to);
  const auto* to_map = as<schema::Map>(to);
  return inner != nullptr && std::ranges::any_of(inner->fields, [&](const Field& member) {
           if (to_map != nullptr) {
             return opens_json(member.type, *to_map->value);
           }
           return to_inner != nullptr &&
                  std::ranges::any_of(to_inner->fields, [&](const Field& other) {
                    return schema::same_column(other.name, member.name) &&
                           opens_json(member.type, other.type);
                  });
         });
}

/// `from` with texts for all doubles.
LogicalType all_texts(const LogicalType& from) {
  if (const auto* list = as<schema::List>(from)) {
    return {schema::List{all_texts(*list->element)}};
  }
  if (const auto* inner = as<schema::Struct>(from)) {
    schema::Struct texts = *inner;
    for (Field& field : texts.fields) {
      field.type = all_texts(field.type);
    }
    return {std::move(texts)};
  }
  return as<schema::Float>(from) != nullptr ? LogicalType{schema::Text{}} : from;
}

/// What a column of the source is declared as, under the name that steps before the schema give it.
const plan::DeclaredColumn* declared_as(const plan::Pipeline& pipeline, string name) {
  for (const plan::PlannedStep& step : pipeline.steps) {
    const auto* rename = std::get_if<plan::RenameColumns>(&step.step);
    if (rename == nullptr || step.phase != plan::Phase::Pre) {
      continue;
    }
    const auto found = std::ranges::find_if(
        rename->from_to, [&](const auto& one) { return schema::same_column(one.first, name); });
    if (found != rename->from_to.end()) {
      name = found->second;
    }
  }
  return find_declared(pipeline, name);
}

bool is_flattened(const plan::Pipeline& pipeline, const string& column) {
  return pipeline.flatten.all ||
         std::ranges::any_of(pipeline.flatten.paths, [&](const string& path) {
           return schema::same_column(path, column) ||
                  (path.size() > column.size() && path[column.size()] == '.' &&
                   schema::same_column(path.substr(0, column.size()), column));
         });
}

/// What the members of a struct are declared as where they become columns.
LogicalType declared_members(const plan::Pipeline& pipeline, const string& name,
                             const LogicalType& from) {
  if (const auto* inner = as<schema::Struct>(from)) {
    schema::Struct members = *inner;
    for (Field& field : members.fields) {
      field.type = declared_members(pipeline, name + "_" + field.name, field.type);
    }
    return {std::move(members)};
  }
  const plan::DeclaredColumn* column = declared_as(pipeline, name);
  if (column != nullptr && !column->is_opaque) {
    return column->type;
  }
  return as<schema::Json>(from) != nullptr ? LogicalType{schema::Text{}} : from;
}

/// A column that may hold such numbers.
struct Candidate {
  Field field;           // with texts in place of doubles
  bool is_json = false;  // it stays JSON, in which a fraction alone is changed
};

bool ends_as_json(const LogicalType& from, const LogicalType& to) {
  const bool is_json_or_text = as<schema::Text>(to) != nullptr || as<schema::Json>(to) != nullptr;
  return is_json_or_text && (as<schema::Json>(from) != nullptr || dialect::keeps_json(from, to));
}

/// Of one column of the source; none: a double holds all that the contract asks of it.
std::optional<Candidate> candidate_of(const plan::Pipeline& pipeline, const Field& field,
                                      bool is_mixed) {
  const plan::DeclaredColumn* column = declared_as(pipeline, field.name);
  if (column != nullptr && column->is_opaque) {
    return std::nullopt;
  }
  Candidate found{.field = field};
  const bool is_json = as<schema::Json>(field.type) != nullptr;
  bool is_asked_for = column == nullptr && is_mixed;
  if (column == nullptr) {
    found.is_json = is_json;
  } else {
    found.field.type = with_texts_for(field.type, column->type);
    found.is_json = ends_as_json(field.type, column->type);
    is_asked_for = ((is_json || is_mixed) &&
                    (may_hold_more(column->type) || as<schema::Json>(column->type) != nullptr)) ||
                   opens_json(field.type, column->type) ||
                   dialect::keeps_json(field.type, column->type);
  }
  if (as<schema::Struct>(field.type) != nullptr && is_flattened(pipeline, field.name)) {
    const LogicalType members = declared_members(pipeline, field.name, field.type);
    found.field.type = with_texts_for(found.field.type, members);
    is_asked_for = is_asked_for || opens_json(field.type, members);
  }
  const bool is_any = found.is_json || is_asked_for || found.field.type != field.type;
  return is_any ? std::optional(std::move(found)) : std::nullopt;
}

/// Of these, which the files truly have numbers for.
Result<LostNumbers> met(const Context& context, engine::Connection& connection,
                        const string& records, std::vector<Candidate> candidates) {
  LostNumbers lost;
  if (candidates.empty()) {
    return lost;
  }
  std::vector<string> names;
  for (const Candidate& one : candidates) {
    names.push_back(one.field.name);
  }
  SLUICE_TRY(const std::vector<std::int64_t> counts,
             query_counts(context, connection, dialect::render_lost_numbers(records, names)));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const bool has_fractions = counts[2 * i + 1] > 0;
    if (candidates[i].is_json) {
      if (has_fractions) {
        lost.json.push_back(candidates[i].field.name);
      }
      continue;
    }
    if (has_fractions) {
      lost.fractions.push_back(candidates[i].field.name);
    }
    if (counts[2 * i] > 0) {
      lost.columns.push_back(std::move(candidates[i].field));
    }
  }
  return lost;
}

}  // namespace

Result<LostNumbers> spell_numbers(const Context& context, engine::Connection& connection,
                                  const plan::Pipeline& pipeline, SourceColumns& settled) {
  const auto* files = std::get_if<plan::FileScan>(&pipeline.source);
  if (files == nullptr || !std::holds_alternative<plan::JsonFormat>(files->format)) {
    return LostNumbers{};
  }
  const auto is_mixed = [&](const string& name) {
    return std::ranges::find(settled.mixed, name) != settled.mixed.end();
  };
  std::vector<Candidate> candidates;
  for (const Field& field : settled.columns.fields) {
    if (auto found = candidate_of(pipeline, field, is_mixed(field.name))) {
      candidates.push_back(*std::move(found));
    }
  }
  const string records = dialect::json_records(
      files->files, std::get<plan::JsonFormat>(files->format), settled.has_bad_lines);
  SLUICE_TRY(LostNumbers lost, met(context, connection, records, std::move(candidates)));
  for (const Field& field : lost.columns) {
    std::ranges::find(settled.columns.fields, field.name, &Field::name)->type = field.type;
    if (!is_mixed(field.name)) {
      settled.mixed.push_back(field.name);
    }
  }
  return lost;
}

Result<LostNumbers> find_lost_numbers(const Context& context, engine::Connection& connection,
                                      const plan::FileScan& files, const Schema& columns) {
  std::vector<Candidate> candidates;
  for (const Field& field : columns.fields) {
    Candidate one{.field = {.name = field.name, .type = all_texts(field.type)},
                  .is_json = as<schema::Json>(field.type) != nullptr};
    if (one.is_json || one.field.type != field.type) {
      candidates.push_back(std::move(one));
    }
  }
  const string records =
      dialect::json_records(files.files, std::get<plan::JsonFormat>(files.format), false);
  return met(context, connection, records, std::move(candidates));
}

}  // namespace sluice::run
