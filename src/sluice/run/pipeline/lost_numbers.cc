#include "sluice/run/pipeline/lost_numbers.h"

#include <algorithm>
#include <utility>

#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/run/pipeline/text_rows.h"

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

/// Of these, which the files truly have numbers for.
Result<LostNumbers> met(const Context& context, engine::Connection& connection,
                        const string& records, std::vector<Field> candidates) {
  LostNumbers lost;
  if (candidates.empty()) {
    return lost;
  }
  std::vector<string> names;
  for (const Field& field : candidates) {
    names.push_back(field.name);
  }
  SLUICE_TRY(const std::vector<std::int64_t> counts,
             query_counts(context, connection, dialect::render_lost_numbers(records, names)));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (counts[2 * i + 1] > 0) {
      lost.fractions.push_back(candidates[i].name);
    }
    if (counts[2 * i] > 0) {
      lost.columns.push_back(std::move(candidates[i]));
    }
  }
  return lost;
}

}  // namespace

Result<std::vector<string>> spell_numbers(const Context& context, engine::Connection& connection,
                                          const plan::Pipeline& pipeline, SourceColumns& settled) {
  const auto* files = std::get_if<plan::FileScan>(&pipeline.source);
  if (files == nullptr || !std::holds_alternative<plan::JsonFormat>(files->format)) {
    return std::vector<string>{};
  }
  const auto is_mixed = [&](const string& name) {
    return std::ranges::find(settled.mixed, name) != settled.mixed.end();
  };
  std::vector<Field> candidates;
  for (const plan::DeclaredColumn& column : pipeline.schema.columns) {
    const Field* field = settled.columns.find(column.name);
    if (field == nullptr || column.is_opaque) {
      continue;
    }
    LogicalType texts = with_texts_for(field->type, column.type);
    // What is no struct to the engine is read as JSON, and only a text keeps its fractions.
    const bool is_taken_apart = as<schema::Json>(field->type) != nullptr &&
                                as<schema::Text>(column.type) == nullptr &&
                                as<schema::Json>(column.type) == nullptr;
    if (texts != field->type ||
        ((is_taken_apart || is_mixed(field->name)) && may_hold_more(column.type))) {
      candidates.push_back({.name = field->name, .type = std::move(texts)});
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
  return std::move(lost.fractions);
}

Result<LostNumbers> find_lost_numbers(const Context& context, engine::Connection& connection,
                                      const plan::FileScan& files, const Schema& columns) {
  std::vector<Field> candidates;
  for (const Field& field : columns.fields) {
    if (as<schema::Float>(field.type) != nullptr) {
      candidates.push_back({.name = field.name, .type = {schema::Text{}}});
    }
  }
  const string records =
      dialect::json_records(files.files, std::get<plan::JsonFormat>(files.format), false);
  return met(context, connection, records, std::move(candidates));
}

}  // namespace sluice::run
