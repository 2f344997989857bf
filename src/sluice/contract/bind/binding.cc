// The walk: source, pre steps, schema, rules, post steps, rules, data set rules.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/contract/bind/binding_internal.h"
#include "sluice/contract/check/extraction_patterns.h"
#include "sluice/contract/lower/lower.h"
#include "sluice/contract/rule/row_rules.h"
#include "sluice/contract/transform/sql_shape.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/quote.h"

namespace sluice::contract::internal {
namespace {

using dialect::quote_identifier;
using schema::same_column;
using schema::Schema;

const schema::LogicalType kText{schema::Text{}};

schema::LogicalType type_of(const Field& field) {
  return lower_type(field.type.value).value_or(kText);
}

void add_column(Schema& columns, const std::string& name, const schema::LogicalType& type) {
  if (!name.empty() && columns.find(name) == nullptr) {
    columns.fields.push_back({.name = name, .type = type});
  }
}

/// An expression that aggregates the rows, or each group of them.
Piece aggregate(const SqlText& sql, std::string what, const std::string& groups = {}) {
  return {.sql = &sql,
          .before = "SELECT (\n",
          .behind = "\n) FROM source" + groups,
          .what = std::move(what)};
}

/// One column of each name, as a run has it.
void settle_columns(const SqlStep& step, schema::Schema& given) {
  Contract alone;
  alone.transformations = {Transformation{.step = step}};
  const Result<plan::Pipeline> lowered = lower_contract(alone, {});
  if (!lowered || lowered->steps.size() != 1) {
    return;
  }
  auto select = std::get<plan::SqlSelect>(lowered->steps.front().step);
  plan::settle_columns(select, given);
  schema::Schema settled;
  for (std::size_t i = 0; i < select.columns.size(); ++i) {
    if (!select.columns[i].empty()) {
      settled.fields.push_back(given.fields[i]);
    }
  }
  if (!select.columns.empty()) {
    given = std::move(settled);
  }
}

}  // namespace

Binding::Binding(const Context& context, engine::Connection& connection, std::string_view text,
                 CheckedContract& checked)
    : context_(context),
      connection_(connection),
      text_(text),
      contract_(*checked.contract),
      out_(checked.diagnostics),
      flow_(contract_) {}

Status Binding::run() {
  SLUICE_CHECK(start());
  SLUICE_CHECK(bind_links());
  SLUICE_CHECK(bind_steps(Phase::Pre));
  conform();
  const std::vector<RowRule> rules = all_row_rules(contract_);
  for (const RowRule& rule : rules) {
    const bool is_own = rule.origin == RuleOrigin::Declared || rule.origin == RuleOrigin::FieldRule;
    if (is_own && std::holds_alternative<SqlCheck>(rule.check)) {
      unbound_rules_.push_back(&rule);
    }
  }
  SLUICE_CHECK(bind_row_rules(Phase::Pre));
  SLUICE_CHECK(bind_steps(Phase::Post));
  for (const Field& field : contract_.model.fields) {
    add_column(columns_, field.name.value, type_of(field));
  }
  SLUICE_CHECK(bind_row_rules(Phase::Post));
  return bind_dataset_rules();
}

/// Declared columns, and those that steps name and nobody makes. A column that a later step makes
/// is among them: another check says when it is read too early.
Status Binding::start() {
  is_open_ = true;
  for (const Field& field : contract_.model.fields) {
    const std::string& name = field.name.value;
    if (!is_added_at_write(contract_, name)) {
      add_column(columns_, name, type_of(field));
    }
  }
  std::vector<std::string> made;
  for (const Transformation* step : flow_.steps()) {
    for (const Text& column : columns_read(step->step)) {
      const bool is_made = std::ranges::any_of(
          made, [&](const std::string& name) { return same_column(name, column.value); });
      if (!is_made) {
        if (columns_.find(column.value) == nullptr) {
          unseen_.push_back(column.value);
        }
        add_column(columns_, column.value, kText);
      }
    }
    for (const MadeColumn& each : columns_made(step->step)) {
      made.push_back(each.column.value);
    }
  }
  if (contract_.extraction) {
    for (const Pair<Text>& pattern : patterns_of(contract_)) {
      add_column(columns_, pattern.key.value, kText);
    }
    for (const Field& field : contract_.extraction->output_schema) {
      add_column(columns_, field.name.value, type_of(field));
    }
  }
  for (const Link& link : contract_.links) {
    LinkColumns known{
        .link = &link, .name = link.name.value, .columns = {}, .is_open = link.columns.empty()};
    for (const Text& column : link.columns) {
      add_column(known.columns, column.value, kText);
    }
    links_.push_back(std::move(known));
  }
  return {};
}

/// The column behind the expression refuses an aggregate, which would give one value for all rows.
Piece Binding::per_row(const SqlText& sql, std::string what) const {
  const std::string column =
      columns_.fields.empty() ? "_sluice_none" : columns_.fields.front().name;
  return {.sql = &sql,
          .before = "SELECT (\n",
          .behind = "\n), " + quote_identifier(column) + " FROM source",
          .what = std::move(what),
          .is_row = true};
}

/// The query reads the raw data, of which nothing is known: it may have each column that is named.
/// What the query gives are the link's columns.
Status Binding::bind_query(LinkColumns& link) {
  raw_link_ = LinkColumns{.link = link.link, .name = std::string(kRawLink), .columns = {}};
  for (const SqlName& name : names_in(link.link->query->text)) {
    add_column(raw_link_->columns, name.name, kText);
  }
  const Piece piece{.sql = &*link.link->query,
                    .before = "",
                    .behind = "",
                    .what = fmt::format("the query of the link '{}'", link.name)};
  const auto bound = bind(piece);
  raw_link_.reset();
  SLUICE_CHECK(bound);
  // With a `*` it may give more than is known here.
  if (*bound && link.is_open && link.link->query->text.find('*') == std::string::npos) {
    link.columns = **bound;
    link.is_open = false;
  }
  return {};
}

Status Binding::bind_links() {
  for (LinkColumns& link : links_) {
    if (link.link->query) {
      SLUICE_CHECK(bind_query(link));
    }
    if (!link.link->filter) {
      continue;
    }
    const Piece piece{.sql = &*link.link->filter,
                      .before = "SELECT 1 FROM " + quote_identifier(link.name) + " WHERE (\n",
                      .behind = "\n)",
                      .what = fmt::format("the filter of the link '{}'", link.name)};
    SLUICE_TRY([[maybe_unused]] const auto bound, bind(piece));
  }
  return {};
}

Status Binding::bind_steps(Phase phase) {
  for (const Transformation* step : flow_.steps()) {
    if (step->phase.value == phase) {
      SLUICE_CHECK(bind_step(*step));
    }
  }
  return {};
}

Status Binding::bind_step(const Transformation& step) {
  if (const auto* select = std::get_if<SqlStep>(&step.step)) {
    return bind_select(*select);
  }
  if (const auto* derive = std::get_if<Derive>(&step.step)) {
    const SqlText& sql = derive->sql_duckdb ? *derive->sql_duckdb : derive->sql;
    SLUICE_TRY(const auto bound,
               bind(per_row(sql, fmt::format("the column '{}'", derive->field.value))));
    const schema::LogicalType type =
        bound && bound->fields.size() == 1 ? bound->fields[0].type : kText;
    if (!bound) {
      unseen_.push_back(derive->field.value);
    }
    std::erase_if(columns_.fields, [&](const schema::Field& field) {
      return same_column(field.name, derive->field.value);
    });
    add_column(columns_, derive->field.value, type);
    return {};
  }
  if (const auto* filter = std::get_if<Filter>(&step.step)) {
    SLUICE_TRY([[maybe_unused]] const auto bound, bind({.sql = &filter->sql,
                                                        .before = "SELECT 1 FROM source WHERE (\n",
                                                        .behind = "\n)",
                                                        .what = "a filter"}));
    return {};
  }
  if (const auto* rollup = std::get_if<Rollup>(&step.step)) {
    SLUICE_CHECK(bind_rollup(*rollup));
  }
  return pass(step);
}

Status Binding::bind_select(const SqlStep& step) {
  const Piece piece{.sql = &step.sql, .before = "", .behind = "", .what = "the SELECT"};
  SLUICE_TRY(auto bound, bind(piece));
  if (!bound) {
    is_open_ = true;  // what it makes is not known
    for (const SqlName& name : names_in(step.sql.text)) {
      unseen_.push_back(name.name);
      add_column(columns_, name.name, kText);
    }
    return {};
  }
  settle_columns(step, *bound);
  judge_select(step, *bound);
  columns_ = *std::move(bound);
  // A SELECT ends what the source may have beyond the model, unless it takes everything along.
  is_open_ = is_open_ && step.sql.text.find('*') != std::string::npos;
  return {};
}

Status Binding::bind_rollup(const Rollup& step) {
  std::string groups;
  for (const Text& column : step.group_by) {
    groups += (groups.empty() ? " GROUP BY " : ", ") + quote_identifier(column.value);
  }
  std::vector<Piece> pieces;
  for (const Pair<SqlText>& made : step.aggregations) {
    pieces.push_back(
        aggregate(made.value, fmt::format("the aggregate '{}'", made.key.value), groups));
  }
  SLUICE_CHECK(bind_all(pieces));
  if (step.key_expr) {
    SLUICE_TRY([[maybe_unused]] const auto bound, bind({.sql = &*step.key_expr,
                                                        .before = "SELECT list((\n",
                                                        .behind = "\n)) FROM source" + groups,
                                                        .what = "'key_expr'"}));
  }
  return {};
}

/// True for a step after which the columns and their types are what they were.
bool Binding::keeps_columns(const Transformation& step) const {
  const auto are_texts = [&](const Texts& fields) {
    return std::ranges::all_of(fields, [&](const Text& name) {
      const schema::Field* field = columns_.find(name.value);
      return field != nullptr && field->type == kText;
    });
  };
  if (const auto* trim = std::get_if<Trim>(&step.step)) {
    return are_texts(trim->fields);
  }
  if (const auto* lower = std::get_if<Lower>(&step.step)) {
    return are_texts(lower->fields);
  }
  if (const auto* upper = std::get_if<Upper>(&step.step)) {
    return are_texts(upper->fields);
  }
  return std::holds_alternative<Deduplicate>(step.step);
}

Status Binding::pass(const Transformation& step) {
  if (keeps_columns(step)) {
    return {};
  }
  Contract alone;
  alone.transformations = {step};
  const Result<plan::Pipeline> lowered = lower_contract(alone, {});
  if (!lowered || lowered->steps.size() != 1) {
    pass_unbound(step);
    return {};
  }
  const plan::Step& one = lowered->steps.front().step;
  const dialect::Rows input{
      .from = dialect::breaks_ties(one) && columns_.find("rowid") == nullptr
                  ? fmt::format("(SELECT *, CAST(0 AS BIGINT) AS rowid FROM {})", rows())
                  : rows(),
      .columns = columns_,
      .hidden = {}};
  const Result<std::string> select = dialect::render_step(one, input);
  Result<Schema> output = select ? describe(*select) : Result<Schema>(select.error());
  if (!output) {
    if (!refusal_of(output.error(), "")) {
      return output.error();
    }
    pass_unbound(step);
    return {};
  }
  columns_ = *std::move(output);
  std::erase_if(columns_.fields,
                [](const schema::Field& field) { return field.name.starts_with("_sluice_"); });
  const bool keeps_others =
      !std::holds_alternative<Select>(step.step) && !std::holds_alternative<Rollup>(step.step) &&
      !std::holds_alternative<Pivot>(step.step) && !std::holds_alternative<Unpivot>(step.step);
  is_open_ = is_open_ && keeps_others;
  return {};
}

/// A step that does not bind or that no run executes: the names it makes, with types unknown.
void Binding::pass_unbound(const Transformation& step) {
  for (const MadeColumn& made : columns_made(step.step)) {
    add_column(columns_, made.column.value, kText);
    unseen_.push_back(made.column.value);
  }
}

/// What the schema step does to the columns.
void Binding::conform() {
  if (!flow_.has_model()) {
    return;
  }
  for (const Field& field : contract_.model.fields) {
    const std::string& name = field.name.value;
    const auto found = std::ranges::find_if(
        columns_.fields, [&](const schema::Field& each) { return same_column(each.name, name); });
    if (found != columns_.fields.end()) {
      found->type = type_of(field);
      std::erase_if(unseen_, [&](const std::string& each) { return same_column(each, name); });
    } else if (!flow_.is_made_by_post_only(name) && !is_added_at_write(contract_, name)) {
      add_column(columns_, name, type_of(field));
    }
  }
  if (contract_.server && contract_.server->cast_to_string.value) {
    for (schema::Field& field : columns_.fields) {
      field.type = kText;
    }
  }
  const SchemaPolicy policy = effective_schema_policy(contract_);
  is_open_ = is_open_ && policy.unknown_fields.value == UnknownFields::Allow &&
             policy.evolution.value != Evolution::Strict;
}

Status Binding::bind_row_rules(Phase phase) {
  std::vector<const RowRule*> now;
  std::vector<const RowRule*> later;
  std::vector<Piece> pieces;
  for (const RowRule* rule : unbound_rules_) {
    const bool is_now = !rule->phase || rule->phase->value == phase;
    (is_now ? now : later).push_back(rule);
    if (is_now) {
      pieces.push_back(per_row(std::get<SqlCheck>(rule->check).sql,
                               fmt::format("the row rule '{}'", rule->name.value)));
    }
  }
  SLUICE_TRY(const bool are_bound, bind_together(pieces));
  for (std::size_t i = 0; i < now.size() && !are_bound; ++i) {
    const bool may_wait = !now[i]->phase && phase == Phase::Pre;
    SLUICE_TRY(const auto bound, bind(pieces[i], may_wait));
    if (!bound && may_wait) {
      later.push_back(now[i]);
    }
  }
  unbound_rules_ = std::move(later);
  return {};
}

Status Binding::bind_dataset_rules() {
  const std::vector<std::string> late = columns_added_at_write(contract_);
  for (const std::string& name : late) {
    add_column(columns_, name, kText);
    unseen_.push_back(name);
  }
  std::vector<Piece> expressions;
  for (const DatasetRule& rule : contract_.quality.dataset_rules) {
    const auto* check = std::get_if<DatasetSqlCheck>(&rule.check);
    if (check == nullptr) {
      continue;
    }
    std::string what = fmt::format("the data set rule '{}'", rule.name.value);
    if (!is_statement(check->sql.text)) {
      expressions.push_back(aggregate(check->sql, std::move(what)));
      continue;
    }
    SLUICE_TRY([[maybe_unused]] const auto bound,
               bind({.sql = &check->sql, .before = "", .behind = "", .what = std::move(what)}));
  }
  return bind_all(expressions);
}

}  // namespace sluice::contract::internal
