#include "sluice/contract/check/column_flow.h"

#include <algorithm>
#include <utility>

#include "sluice/base/overloaded.h"
#include "sluice/contract/check/extraction_patterns.h"
#include "sluice/contract/rule/row_rules.h"
#include "sluice/contract/transform/sql_shape.h"
#include "sluice/schema/schema.h"

namespace sluice::contract {
namespace {

bool contains(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const std::string& each) { return schema::same_column(each, name); });
}

/// Names in an expression, each at its place in the file when the expression is one line.
Texts names_of(const SqlText& sql) {
  Texts names;
  for (const SqlName& name : names_in(sql.text)) {
    names.push_back({name.name, sql.span});
  }
  return names;
}

bool mentions(const Texts& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(),
                     [&](const Text& each) { return schema::same_column(each.value, name); });
}

Texts with(Texts list, const Text& one) {
  list.push_back(one);
  return list;
}

std::vector<MadeColumn> rewrites(const Texts& fields) {
  std::vector<MadeColumn> made;
  for (const Text& field : fields) {
    made.push_back({.column = field, .sources = {field}, .is_rewrite = true});
  }
  return made;
}

/// A column made from one or more others, or rewritten when it is among them.
std::vector<MadeColumn> one(const Text& column, Texts sources) {
  const bool is_rewrite = mentions(sources, column.value);
  return {{.column = column, .sources = std::move(sources), .is_rewrite = is_rewrite}};
}

std::vector<MadeColumn> made_by_rollup(const Rollup& step) {
  std::vector<MadeColumn> made;
  for (const Pair<SqlText>& each : step.aggregations) {
    made.push_back({.column = each.key, .sources = names_of(each.value)});
  }
  if (!step.keys.empty() || step.key_expr) {
    const Texts sources = step.key_expr ? names_of(*step.key_expr) : step.keys;
    if (step.rollup_keys_column) {
      made.push_back({.column = *step.rollup_keys_column, .sources = sources});
    }
    if (step.rollup_keys_count_column) {
      made.push_back({.column = *step.rollup_keys_count_column, .sources = {}});
    }
  }
  if (step.upstream_run_ids_column) {
    made.push_back({.column = *step.upstream_run_ids_column, .sources = {}});
  }
  return made;
}

std::string replaced(std::string text, std::string_view token, std::string_view value) {
  for (std::size_t at = text.find(token); at != std::string::npos;
       at = text.find(token, at + value.size())) {
    text.replace(at, token.size(), value);
  }
  return text;
}

std::vector<MadeColumn> made_by_pivot(const Pivot& step) {
  std::vector<MadeColumn> made;
  for (const Text& value_col : step.value_cols) {
    for (const Value& value : step.values) {
      std::string alias = value.value.text;
      for (const Pair<Text>& each : step.value_aliases) {
        alias = each.key.value == value.value.text ? each.value.value : alias;
      }
      std::string name = value_col.value + step.separator.value + alias;
      if (step.name_template) {
        name = replaced(step.name_template->value, "{value_col}", value_col.value);
        name = replaced(std::move(name), "{pivot_value}", value.value.text);
        name = replaced(std::move(name), "{pivot_alias}", alias);
      }
      made.push_back({.column = {name, value.span}, .sources = {value_col}});
    }
  }
  return made;
}

std::vector<MadeColumn> made_by_join(const Join& step) {
  std::vector<MadeColumn> made;
  for (const Text& field : step.fields) {
    const std::string prefix = step.prefix ? step.prefix->value : "";
    made.push_back({.column = {prefix + field.value, field.span}, .sources = {}});
  }
  return made;
}

std::vector<MadeColumn> made_by_rename(const Rename& step) {
  std::vector<MadeColumn> made;
  for (const Pair<Text>& each : step.mappings) {
    made.push_back({.column = each.value, .sources = {each.key}});
  }
  return made;
}

Texts keys_of(const TextMap& map) {
  Texts keys;
  for (const Pair<Text>& each : map) {
    keys.push_back(each.key);
  }
  return keys;
}

Texts coalesce_sources(const Coalesce& step) {
  return step.sources.empty() ? Texts{step.field} : step.sources;
}

}  // namespace

Texts columns_read(const Step& step) {
  return std::visit(
      overloaded{
          [](const SqlStep&) { return Texts{}; },
          [](const Rename& each) { return keys_of(each.mappings); },
          [](const Derive&) { return Texts{}; },
          [](const Lookup& each) { return Texts{each.on}; },
          [](const Join& each) { return Texts{each.on}; },
          [](const Filter&) { return Texts{}; },
          [](const Deduplicate& each) {
            Texts columns = each.on;
            columns.insert(columns.end(), each.sort_by.begin(), each.sort_by.end());
            return columns;
          },
          [](const Select& each) { return each.columns; },
          [](const Drop&) { return Texts{}; },  // a missing one is ignored
          [](const Cast& each) { return keys_of(each.columns); },
          [](const Trim& each) { return each.fields; },
          [](const Lower& each) { return each.fields; },
          [](const Upper& each) { return each.fields; },
          [](const Coalesce& each) { return coalesce_sources(each); },
          [](const Split& each) { return Texts{each.field}; },
          [](const Explode& each) { return Texts{each.field}; },
          [](const MapValues& each) { return Texts{each.field}; },
          [](const Rollup& each) {
            Texts columns = each.group_by;
            columns.insert(columns.end(), each.keys.begin(), each.keys.end());
            return columns;
          },
          [](const Pivot& each) {
            Texts columns = with(each.id_vars, each.pivot_col);
            columns.insert(columns.end(), each.value_cols.begin(), each.value_cols.end());
            return columns;
          },
          [](const Unpivot& each) {
            Texts columns = each.id_vars;
            columns.insert(columns.end(), each.value_vars.begin(), each.value_vars.end());
            return columns;
          },
          [](const Bucket& each) { return Texts{each.source}; },
          [](const JsonExtract& each) { return Texts{each.source}; },
          [](const DateDiff& each) { return Texts{each.from_col, each.to_col}; },
          [](const DateRangeExplode& each) {
            return each.end_col ? Texts{each.start_col, *each.end_col} : Texts{each.start_col};
          },
      },
      step);
}

std::vector<MadeColumn> columns_made(const Step& step) {
  using Made = std::vector<MadeColumn>;
  return std::visit(
      overloaded{
          [](const SqlStep&) { return Made{}; },
          [](const Rename& each) { return made_by_rename(each); },
          [](const Derive& each) {
            return one(each.field, names_of(each.sql_duckdb ? *each.sql_duckdb : each.sql));
          },
          [](const Lookup& each) { return Made{{.column = each.field}}; },
          [](const Join& each) { return made_by_join(each); },
          [](const Filter&) { return Made{}; },
          [](const Deduplicate&) { return Made{}; },
          [](const Select&) { return Made{}; },
          [](const Drop&) { return Made{}; },
          [](const Cast& each) { return rewrites(keys_of(each.columns)); },
          [](const Trim& each) { return rewrites(each.fields); },
          [](const Lower& each) { return rewrites(each.fields); },
          [](const Upper& each) { return rewrites(each.fields); },
          [](const Coalesce& each) {
            return one(each.output.value_or(each.field), with(coalesce_sources(each), each.field));
          },
          [](const Split& each) { return one(each.output.value_or(each.field), {each.field}); },
          [](const Explode& each) { return one(each.output.value_or(each.field), {each.field}); },
          [](const MapValues& each) { return one(each.output.value_or(each.field), {each.field}); },
          [](const Rollup& each) { return made_by_rollup(each); },
          [](const Pivot& each) { return made_by_pivot(each); },
          [](const Unpivot& each) {
            return Made{{.column = each.key_field},
                        {.column = each.value_field, .sources = each.value_vars}};
          },
          [](const Bucket& each) { return one(each.field, {each.source}); },
          [](const JsonExtract& each) { return one(each.field, {each.source}); },
          [](const DateDiff& each) { return one(each.field, {each.from_col, each.to_col}); },
          [](const DateRangeExplode& each) { return one(each.output, {each.start_col}); },
      },
      step);
}

namespace {

bool has_word(const SqlText& sql, std::string_view column) {
  return mentions(names_of(sql), column) || sql.text.find('*') != std::string::npos ||
         sql.text.find("COLUMNS") != std::string::npos;
}

/// Whether the step leaves a column that came to it and that it does not make.
bool keeps(const Step& step, std::string_view column) {
  return std::visit(
      overloaded{
          [&](const SqlStep& each) { return has_word(each.sql, column); },
          [&](const Rename& each) { return !mentions(keys_of(each.mappings), column); },
          [&](const Select& each) { return mentions(each.columns, column); },
          [&](const Drop& each) { return !mentions(each.columns, column); },
          [&](const Rollup& each) { return mentions(each.group_by, column); },
          [&](const Pivot& each) {
            // Values that the step does not list become columns, too.
            return mentions(each.id_vars, column) ||
                   (each.values.empty() &&
                    !mentions(with(each.value_cols, each.pivot_col), column));
          },
          [&](const Unpivot& each) { return mentions(each.id_vars, column); },
          [](const auto&) { return true; },
      },
      step);
}

}  // namespace

const Transformation* find_remover(const Contract& contract, std::string_view column) {
  const Transformation* remover = nullptr;
  for (const Transformation& step : contract.transformations) {
    if (step.phase.value != Phase::Post) {
      continue;
    }
    const std::vector<MadeColumn> made = columns_made(step.step);
    const bool is_made = std::ranges::any_of(made, [&](const MadeColumn& each) {
      return schema::same_column(each.column.value, column);
    });
    const auto* select = std::get_if<SqlStep>(&step.step);
    if (is_made || (select != nullptr && has_word(select->sql, column))) {
      remover = nullptr;
    } else if (remover == nullptr && !keeps(step.step, column)) {
      remover = &step;
    }
  }
  return remover;
}

ColumnFlow::ColumnFlow(const Contract& contract) : has_model_(!contract.model.fields.empty()) {
  for (const Phase phase : {Phase::Pre, Phase::Post}) {
    for (const Transformation& step : contract.transformations) {
      if (step.phase.value == phase) {
        steps_.push_back(&step);
      }
    }
  }
  for (const Field& field : contract.model.fields) {
    known_.push_back(field.name.value);
  }
  for (const Transformation* step : steps_) {
    const bool is_pre = step->phase.value == Phase::Pre;
    for (const MadeColumn& made : columns_made(step->step)) {
      known_.push_back(made.column.value);
      if (!made.is_rewrite) {
        (is_pre ? made_pre_ : made_post_).push_back(made.column.value);
      }
    }
    if (const auto* select = std::get_if<SqlStep>(&step->step)) {
      for (const SqlName& name : names_in(select->sql.text)) {
        words_of_selects_.push_back(name.name);
      }
    }
  }
  if (contract.extraction) {
    for (const Pair<Text>& each : patterns_of(contract)) {
      known_.push_back(each.key.value);
    }
    for (const Field& field : contract.extraction->output_schema) {
      known_.push_back(field.name.value);
    }
  }
  for (std::string& column : columns_added_at_write(contract)) {
    known_.push_back(std::move(column));
  }
}

bool ColumnFlow::is_known(std::string_view column) const {
  return contains(known_, column) || contains(words_of_selects_, column) ||
         column.starts_with("_lakelogic_") || column.starts_with("_upstream");
}

bool ColumnFlow::is_made_by_post_only(std::string_view column) const {
  return contains(made_post_, column) && !contains(made_pre_, column);
}

std::vector<std::string_view> ColumnFlow::known_names() const {
  return {known_.begin(), known_.end()};
}

Phase effective_phase(const RowRule& rule, const ColumnFlow& flow) {
  if (rule.phase) {
    return rule.phase->value;
  }
  Texts columns = columns_of(rule);
  if (const auto* check = std::get_if<SqlCheck>(&rule.check)) {
    columns = names_of(check->sql);
  }
  const bool is_late = std::any_of(columns.begin(), columns.end(), [&](const Text& column) {
    return flow.is_made_by_post_only(column.value);
  });
  return is_late ? Phase::Post : Phase::Pre;
}

}  // namespace sluice::contract
