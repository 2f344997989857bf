// Links and transformations.
#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "sluice/contract/check/checks_internal.h"
#include "sluice/contract/check/formats.h"
#include "sluice/contract/diagnostic/near.h"
#include "sluice/schema/schema.h"

namespace sluice::contract::internal {
namespace {

void check_reference(const Checking& checking, const Text& reference, std::string_view step) {
  if (reference.value.empty() || find_link(checking.contract, reference.value) != nullptr) {
    return;
  }
  std::vector<std::string_view> names;
  for (const Link& link : checking.contract.links) {
    names.push_back(link.name.value);
  }
  checking.out.add(
      Code::UnknownLink, reference.span,
      quoted(step) + " names a link that the contract does not have: " + quoted(reference.value),
      did_you_mean(reference.value, names));
}

void check_cast_type(const Checking& checking, const Text& type) {
  if (type_family(type.value) == TypeFamily::Unknown) {
    checking.out.add(Code::UnknownType, type.span, "no such type: " + quoted(type.value));
  }
}

void check_aggregate(const Checking& checking, const Text& aggregate) {
  constexpr std::string_view kKnown[] = {"first", "any_value", "last",  "sum",           "avg",
                                         "min",   "max",       "count", "count_distinct"};
  if (std::find(std::begin(kKnown), std::end(kKnown), aggregate.value) == std::end(kKnown)) {
    checking.out.add(
        Code::UnknownWord, aggregate.span,
        "expected " + quoted_list(kKnown) + " for 'agg', and came " + quoted(aggregate.value),
        did_you_mean(aggregate.value, kKnown));
  }
}

/// A bin that asks for nothing is skipped; without any the default stands in every row.
void check_bins(const Checking& checking, const Bucket& bucket) {
  for (const BucketBin& bin : bucket.bins) {
    if (!bin.lt && !bin.lte && !bin.gt && !bin.gte && !bin.eq) {
      checking.out.add(
          Code::BadStep, Severity::Warning, bin.span,
          "a bin without 'lt', 'lte', 'gt', 'gte' and 'eq' is skipped: " + quoted(bin.label.value));
    }
  }
}

void check_interval(const Checking& checking, const Text& interval) {
  const std::string fault = interval_fault(interval.value);
  if (!fault.empty()) {
    checking.out.add(Code::BadDuration, interval.span,
                     fault + " for 'interval', and came " + quoted(interval.value));
  }
}

void check_defaults(const Checking& checking, const Join& join) {
  std::vector<std::string_view> fields;
  for (const Text& field : join.fields) {
    fields.push_back(field.value);
  }
  for (const Pair<Value>& each : join.defaults) {
    const bool is_brought = std::ranges::any_of(
        fields, [&](std::string_view field) { return schema::same_column(field, each.key.value); });
    if (!is_brought) {
      checking.out.add(
          Code::BadStep, each.key.span,
          "'defaults' names a column that the join does not bring: " + quoted(each.key.value),
          did_you_mean(each.key.value, fields));
    }
  }
}

/// What only one kind of step can get wrong.
void check_kind(const Checking& checking, const Step& step) {
  if (const auto* lookup = std::get_if<Lookup>(&step)) {
    check_reference(checking, lookup->reference, "lookup");
  } else if (const auto* join = std::get_if<Join>(&step)) {
    check_reference(checking, join->reference, "join");
    check_defaults(checking, *join);
  } else if (const auto* cast = std::get_if<Cast>(&step)) {
    for (const Pair<Text>& each : cast->columns) {
      check_cast_type(checking, each.value);
    }
  } else if (const auto* json = std::get_if<JsonExtract>(&step)) {
    if (json->cast) {
      check_cast_type(checking, *json->cast);
    }
    if (!json->path.value.starts_with('$') && json->path.is_written()) {
      checking.out.add(Code::BadPattern, json->path.span,
                       "expected a path such as $.a.b, and came " + quoted(json->path.value));
    }
  } else if (const auto* pivot = std::get_if<Pivot>(&step)) {
    check_aggregate(checking, pivot->agg);
    for (const Pair<Text>& each : pivot->aggs) {
      check_aggregate(checking, each.value);
    }
  } else if (const auto* bucket = std::get_if<Bucket>(&step)) {
    check_bins(checking, *bucket);
  } else if (const auto* days = std::get_if<DateRangeExplode>(&step)) {
    check_interval(checking, days->interval);
  }
}

/// Where in the order of the run each column is first made.
std::map<std::string, std::size_t> first_makers(const ColumnFlow& flow) {
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < flow.steps().size(); ++i) {
    for (const MadeColumn& made : columns_made(flow.steps()[i]->step)) {
      if (!made.is_rewrite) {
        first.emplace(made.column.value, i);
      }
    }
  }
  return first;
}

/// Whether no row that the step sees can have a column that neither the model nor a step before it
/// names: a strict batch has the model's columns when it has passed the schema, and no others.
bool has_model_columns_only(const Checking& checking, const Transformation& step) {
  return step.phase.value == Phase::Post &&
         effective_schema_policy(checking.contract).evolution.value == Evolution::Strict;
}

/// Where the source may have the column itself, only the run can tell; without a model it may have
/// any.
void check_order_of_steps(const Checking& checking) {
  if (!checking.flow.has_model()) {
    return;
  }
  const std::map<std::string, std::size_t> makers = first_makers(checking.flow);
  const auto& steps = checking.flow.steps();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    for (const Text& column : columns_read(steps[i]->step)) {
      const auto maker = makers.find(column.value);
      const bool is_declared = checking.contract.model.find(column.value) != nullptr;
      if (maker == makers.end() || maker->second <= i || is_declared) {
        continue;
      }
      const bool is_absent = has_model_columns_only(checking, *steps[i]);
      const std::string later =
          "a later step makes (line " + std::to_string(steps[maker->second]->span.begin.line) + ")";
      checking.out.add(
          Code::ColumnMadeLater, is_absent ? Severity::Error : Severity::Warning, column.span,
          quoted(step_key(steps[i]->step)) + " reads a column that " +
              (is_absent
                   ? later
                   : "the model does not declare and " + later + ", so the source must have it") +
              ": " + quoted(column.value));
    }
  }
}

/// A column of a step's result, and what of the step gives it.
struct Given {
  Text column;
  std::string by;
};

void add_given(std::vector<Given>& given, const Texts& columns, std::string_view key) {
  for (const Text& column : columns) {
    given.push_back({column, quoted(column.value) + " of " + quoted(key)});
  }
}

std::vector<Given> given_by_pivot(const Pivot& step) {
  std::vector<Given> given;
  add_given(given, step.id_vars, "id_vars");
  const std::vector<MadeColumn> made = columns_made(step);
  for (std::size_t i = 0; i < made.size(); ++i) {
    const Value& value = step.values[i % step.values.size()];
    given.push_back({made[i].column, quoted(made[i].column.value) + " of the value " +
                                         quoted(value.value.text) + " of " +
                                         quoted(made[i].sources.front().value)});
  }
  return given;
}

/// Columns that a step's result has for certain; what comes from its input by other names is left
/// to the run, which knows the input.
std::vector<Given> given_by(const Step& step) {
  std::vector<Given> given;
  if (const auto* select = std::get_if<Select>(&step)) {
    add_given(given, select->columns, "columns");
  } else if (const auto* pivot = std::get_if<Pivot>(&step)) {
    given = given_by_pivot(*pivot);
  } else if (const auto* unpivot = std::get_if<Unpivot>(&step)) {
    add_given(given, unpivot->id_vars, "id_vars");
    add_given(given, {unpivot->key_field}, "key_field");
    add_given(given, {unpivot->value_field}, "value_field");
  } else if (const auto* rollup = std::get_if<Rollup>(&step)) {
    add_given(given, rollup->group_by, "group_by");
    for (const Pair<SqlText>& each : rollup->aggregations) {
      add_given(given, {each.key}, "aggregations");
    }
    const bool collects = !rollup->keys.empty() || rollup->key_expr;
    if (collects && rollup->rollup_keys_column) {
      add_given(given, {*rollup->rollup_keys_column}, "rollup_keys_column");
    }
    if (collects && rollup->rollup_keys_count_column) {
      add_given(given, {*rollup->rollup_keys_count_column}, "rollup_keys_count_column");
    }
  } else if (const auto* join = std::get_if<Join>(&step)) {
    for (const MadeColumn& made : columns_made(*join)) {
      add_given(given, {made.column}, "fields");
    }
  }
  return given;
}

/// A table has one column of a name, whatever its case; the other one would be lost.
void check_names_given(const Checking& checking, const Transformation& step) {
  const std::vector<Given> given = given_by(step.step);
  for (std::size_t i = 1; i < given.size(); ++i) {
    const std::span before = std::span(given).first(i);
    const auto first = std::ranges::find_if(before, [&](const Given& each) {
      return schema::same_column(each.column.value, given[i].column.value);
    });
    if (first == before.end()) {
      continue;
    }
    const bool is_pivot = std::holds_alternative<Pivot>(step.step);
    checking.out.add(
        Code::BadStep, given[i].column.span.is_written() ? given[i].column.span : step.span,
        quoted(step_key(step.step)) + " gives two columns one name: " + first->by + " and " +
            given[i].by,
        first->column.value == given[i].column.value
            ? (is_pivot ? "let 'name_template' or 'value_aliases' make different names" : "")
            : std::string("names are compared without case") +
                  (is_pivot ? "; 'value_aliases' gives one of the values another name" : ""));
  }
}

bool is_removed_by(const Step& step, std::string_view column) {
  const auto names = [&](const Texts& list) {
    return std::any_of(list.begin(), list.end(),
                       [&](const Text& each) { return each.value == column; });
  };
  if (const auto* drop = std::get_if<Drop>(&step)) {
    return names(drop->columns);
  }
  if (const auto* select = std::get_if<Select>(&step)) {
    return !names(select->columns);
  }
  if (const auto* rename = std::get_if<Rename>(&step)) {
    return std::any_of(rename->mappings.begin(), rename->mappings.end(),
                       [&](const Pair<Text>& each) { return each.key.value == column; });
  }
  return false;
}

void check_kept_keys(const Checking& checking) {
  for (const Text& key : checking.contract.primary_key) {
    const Transformation* remover = nullptr;
    for (const Transformation* step : checking.flow.steps()) {
      if (is_removed_by(step->step, key.value)) {
        remover = step;
      }
      const std::vector<MadeColumn> made = columns_made(step->step);
      const bool is_made = std::any_of(made.begin(), made.end(), [&](const MadeColumn& each) {
        return each.column.value == key.value;
      });
      if (is_made || std::holds_alternative<SqlStep>(step->step)) {
        remover = nullptr;
      }
    }
    if (remover != nullptr) {
      checking.out.add(Code::KeyDropped, remover->span,
                       "the step removes a column of the primary key: " + quoted(key.value));
    }
  }
}

bool is_own_name(std::string_view name) {
  constexpr std::array<std::string_view, 2> kOwn{"sluice_", "_sluice"};
  return std::ranges::any_of(kOwn, [&](std::string_view beginning) {
    return schema::same_column(name.substr(0, beginning.size()), beginning);
  });
}

}  // namespace

void check_links(const Checking& checking) {
  std::vector<const Link*> seen;
  for (const Link& link : checking.contract.links) {
    if (link.name.value.empty()) {
      continue;
    }
    const bool is_source = schema::same_column(link.name.value, "source");
    const auto before = std::ranges::find_if(seen, [&](const Link* other) {
      return schema::same_column(other->name.value, link.name.value);
    });
    if (before != seen.end() || is_source) {
      checking.out.add(Code::DuplicateLink, link.name.span,
                       is_source ? "a link cannot be named 'source', which is the data itself"
                                 : "a link of this name exists already (line " +
                                       std::to_string((*before)->name.span.begin.line) +
                                       "): " + quoted(link.name.value));
    }
    seen.push_back(&link);
    if (is_own_name(link.name.value)) {
      checking.out.add(Code::DuplicateLink, link.name.span,
                       "a link's name cannot begin with 'sluice_' or '_sluice', as tables of a run "
                       "do: " +
                           quoted(link.name.value));
    }
    if (!link.path && !link.table) {
      checking.out.add(Code::LinkWithoutPlace, link.span,
                       "expected 'path' or 'table' in the link " + quoted(link.name.value));
    }
  }
}

void check_steps(const Checking& checking) {
  for (const Transformation& step : checking.contract.transformations) {
    check_kind(checking, step.step);
    check_names_given(checking, step);
  }
  check_order_of_steps(checking);
  check_kept_keys(checking);
}

}  // namespace sluice::contract::internal
