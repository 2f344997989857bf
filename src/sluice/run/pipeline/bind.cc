#include "sluice/run/pipeline/bind.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/quote.h"
#include "sluice/run/pipeline/flatten.h"
#include "sluice/run/pipeline/lost_numbers.h"
#include "sluice/run/pipeline/rule_binding.h"
#include "sluice/run/pipeline/source_columns.h"
#include "sluice/run/pipeline/step_columns.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/run/pipeline/valueless.h"

namespace sluice::run {
namespace {

using plan::Phase;
using schema::Field;
using schema::same_column;
using schema::Schema;
using std::string;

bool contains(const std::vector<string>& names, std::string_view name) {
  return std::ranges::any_of(names, [&](const string& one) { return same_column(one, name); });
}

Schema without_ours(Schema columns) {
  std::erase_if(columns.fields,
                [](const Field& field) { return field.name.starts_with("_sluice_"); });
  return columns;
}

/// Structs, or maps, which JSON spells as such.
bool holds_members(const schema::LogicalType& type) {
  const auto* list = std::get_if<schema::List>(&type.kind);
  return list != nullptr ? holds_members(*list->element)
                         : std::holds_alternative<schema::Map>(type.kind) ||
                               std::holds_alternative<schema::Struct>(type.kind);
}

class Binder {
 public:
  Binder(const Context& context, engine::Connection& connection, plan::BoundPipeline& bound)
      : context_(context), connection_(connection), bound_(bound), pipeline_(bound.pipeline) {}

  Status bind();

 private:
  Status open_session();
  bool has_untyped_links() const;
  bool name_in_empty_links(const Error& error);
  Status bind_typed(const Status& opened);
  Status probe();
  Status bind_columns();
  void retype_valueless(const schema::LogicalType& type);
  Status bind_steps(Phase phase, Schema columns, std::vector<plan::BoundStep>& into);
  Result<Schema> bind_step(plan::PlannedStep& step, const Schema& input);
  string hint_of(const plan::PlannedStep& step, const Schema& input, const Error& error) const;
  Status check_lookup(const plan::PlannedStep& step, const Schema& input);
  /// One attempt, with these declared columns made (NULL) at the scan or at the schema step.
  Status attempt(const std::vector<Field>& early);
  Status conform(const Schema& input, const std::vector<Field>& early);
  Status conform_after_post(const Schema& input);
  Status bind_rules(Phase phase, const Schema& columns, std::vector<std::size_t>& into);
  Status bind_rule(std::size_t rule, const Schema& columns);
  Status bind_dataset_rules(const Schema& columns);
  Status settle_good(const Schema& columns);

  std::vector<Field> missing_columns() const;
  bool is_assigned(std::string_view name) const;
  /// A column that the source lacks and that an engine did not find.
  std::optional<Field> find_named(const Error& error) const;
  const plan::DeclaredColumn* declared(std::string_view name) const {
    return find_declared(pipeline_, name);
  }
  std::optional<plan::BoundCast> cast_of(const Field& field) const;
  const Field* unchanged_source(std::string_view column) const;
  /// Taken out of a nested column of the source.
  bool is_of_a_member(const string& column) const;
  void read_whole(plan::BoundCast& cast);
  Result<Schema> describe(const string& query) { return connection_.describe(context_, query); }

  const Context& context_;
  engine::Connection& connection_;
  plan::BoundPipeline& bound_;
  plan::Pipeline& pipeline_;
  std::vector<bool> is_rule_bound_;
  std::vector<string> valueless_;
  std::vector<string> read_as_json_;  // mixed ones of the source
  Schema columns_;                    // of the source as the first step sees them
  schema::LogicalType valueless_type_{schema::Text{}};
};

Status Binder::open_session() {
  SLUICE_TRY(const std::vector<string> statements,
             dialect::render_session(pipeline_, bound_.clock));
  const std::size_t behind_links = statements.size();
  for (std::size_t i = 0; i < statements.size(); ++i) {
    Result<std::int64_t> made = connection_.execute(context_, statements[i]);
    if (!made) {
      const std::size_t link = i + pipeline_.references.size() - behind_links;
      Error error = std::move(made).error().with_context("opening the session");
      return link < pipeline_.references.size()
                 ? as_unbound_link(std::move(error), pipeline_.references[link])
                 : std::move(error);
    }
  }
  return {};
}

Status Binder::probe() {
  SLUICE_TRY(SourceColumns settled,
             settle_source(context_, connection_, pipeline_.source, pipeline_.bad_lines,
                           expected_columns(pipeline_)));
  SLUICE_TRY(LostNumbers lost, spell_numbers(context_, connection_, pipeline_, settled));
  bound_.exact_fractions = std::move(lost.fractions);
  bound_.exact_json = std::move(lost.json);
  SLUICE_TRY(bound_.flattened, settle_flattened(context_, connection_, pipeline_, settled));
  if (bound_.flattened) {
    SLUICE_CHECK(check_flattened_masks(pipeline_, *bound_.flattened));
  }
  bound_.source = std::move(settled.columns);
  bound_.has_bad_lines = settled.has_bad_lines;
  read_as_json_ = std::move(settled.mixed);
  valueless_ = std::move(settled.valueless);
  retype_valueless(valueless_type_);
  return {};
}

/// A column without a value is what the contract declares it to be, else of this type.
void Binder::retype_valueless(const schema::LogicalType& type) {
  valueless_type_ = type;
  for (plan::Reference& reference : pipeline_.references) {
    for (Field& field : reference.valueless.fields) {
      field.type = declared_of(pipeline_, reference, field.name).value_or(type);
    }
  }
  const auto type_of = [&](const string& name) {
    const plan::DeclaredColumn* column = declared(name);
    const bool has_type = column != nullptr && !column->is_opaque && !pipeline_.schema.cast_to_text;
    return has_type ? column->type : type;
  };
  for (Field& field : bound_.source.fields) {
    if (contains(valueless_, field.name)) {
      field.type = type_of(field.name);
    }
  }
  if (!bound_.flattened) {
    columns_ = bound_.source;
    return;
  }
  columns_ = {};
  for (plan::FlatColumn& column : bound_.flattened->columns) {
    if (column.members.empty()) {
      column.from = column.type = bound_.source.find(column.column)->type;
    } else if (contains(valueless_, column.name)) {
      column.type = type_of(column.name);
    }
    columns_.fields.push_back({.name = column.name, .type = column.type});
  }
}

Status Binder::check_lookup(const plan::PlannedStep& step, const Schema& input) {
  const auto* lookup = std::get_if<plan::LookUp>(&step.step);
  if (lookup == nullptr) {
    return {};
  }
  SLUICE_TRY(const string query, dialect::render_lookup_conflicts(*lookup, input));
  SLUICE_TRY(const std::vector<TextRow> conflicts, query_texts(context_, connection_, query));
  if (conflicts.empty()) {
    return {};
  }
  string keys;
  if (!pipeline_.masks.empty()) {
    keys = "'***'";  // a key may be a value that is masked
  }
  for (const TextRow& row : pipeline_.masks.empty() ? conflicts : std::vector<TextRow>{}) {
    keys += fmt::format("{}'{}'", keys.empty() ? "" : ", ", row.front().value_or(""));
  }
  return make_error(
             ErrorCode::DataRejected,
             fmt::format("the reference of a lookup has several values for one key: '{}': {}",
                         lookup->reference, keys))
      .with_hint("make the key unique in the reference, or use a join, which multiplies rows");
}

Result<Schema> Binder::bind_step(plan::PlannedStep& step, const Schema& input) {
  SLUICE_CHECK(check_names_made(step.step, input));
  dialect::Rows rows{.from = "", .columns = input, .hidden = {}};
  SLUICE_TRY(rows.from, dialect::render_empty(input));
  if (std::holds_alternative<plan::SqlSelect>(step.step)) {
    for (const string& view : dialect::source_views(pipeline_, rows.from)) {
      SLUICE_TRY([[maybe_unused]] const std::int64_t made, connection_.execute(context_, view));
    }
    auto& sql = std::get<plan::SqlSelect>(step.step);
    SLUICE_TRY(const Schema given, describe(dialect::select_text(sql)));
    plan::settle_columns(sql, given);
  } else if (dialect::breaks_ties(step.step) && input.find("rowid") == nullptr) {
    rows.from = fmt::format("(SELECT *, CAST(0 AS BIGINT) AS rowid FROM {})", rows.from);
  }
  SLUICE_TRY(const string select, dialect::render_step(step.step, rows));
  Result<Schema> output = describe(select);
  if (output) {
    return without_ours(*output);
  }
  const string name = name_used_too_early(output.error().native);
  if (!name.empty() && !std::holds_alternative<plan::SqlSelect>(step.step)) {
    // "trim(s) AS s" without an s is told as a use of the new s: asked for by itself it is absent.
    Result<Schema> asked = describe(
        fmt::format("SELECT {} FROM {} AS source", dialect::quote_identifier(name), rows.from));
    if (!asked) {
      return std::move(asked).error();
    }
  }
  return std::move(output).error();
}

/// What a person can do about a step that does not bind, as far as its columns tell.
string Binder::hint_of(const plan::PlannedStep& step, const Schema& input,
                       const Error& error) const {
  const bool reads_reference = std::holds_alternative<plan::LookUp>(step.step) ||
                               std::holds_alternative<plan::JoinReference>(step.step);
  if (!unknown_name(error.native).empty()) {
    return reads_reference ? string() : hint_of_columns(input);
  }
  return step.phase == Phase::Pre && error.native.find("VARCHAR") != string::npos
             ? hint_of_texts(step.step, input, pipeline_.schema.columns)
             : string();
}

Status Binder::bind_steps(Phase phase, Schema columns, std::vector<plan::BoundStep>& into) {
  into.clear();
  for (std::size_t i = 0; i < pipeline_.steps.size(); ++i) {
    plan::PlannedStep& step = pipeline_.steps[i];
    if (step.phase != phase) {
      continue;
    }
    Result<Schema> output = bind_step(step, columns);
    if (!output) {
      Error error = std::move(output).error();
      error.hint = error.hint.empty() ? hint_of(step, columns, error) : error.hint;
      return as_unbound(
          std::move(error),
          fmt::format("binding the transformation '{}' ({})", step.name, to_string(step.step)),
          step.at);
    }
    SLUICE_CHECK(check_lookup(step, columns));
    columns = *std::move(output);
    into.push_back({.step = i, .output = columns});
  }
  return {};
}

std::optional<plan::BoundCast> Binder::cast_of(const Field& field) const {
  const schema::LogicalType text{schema::Text{}};
  if (pipeline_.schema.cast_to_text) {
    return field.type == text
               ? std::nullopt
               : std::optional(plan::BoundCast{
                     .column = field.name, .from = field.type, .to = text, .type_name = "string"});
  }
  const plan::DeclaredColumn* column = declared(field.name);
  if (column == nullptr || column->is_opaque ||
      (column->type == field.type && !holds_members(field.type))) {
    return std::nullopt;
  }
  return plan::BoundCast{
      .column = field.name, .from = field.type, .to = column->type, .type_name = column->type_name};
}

bool Binder::is_of_a_member(const string& column) const {
  return bound_.flattened &&
         std::ranges::any_of(bound_.flattened->columns, [&](const plan::FlatColumn& flat) {
           return flat.name == column && !flat.members.empty();
         });
}

/// The column of the source that a column before the schema is, as long as no step changed it.
const Field* Binder::unchanged_source(std::string_view column) const {
  string name(column);
  for (std::size_t i = pipeline_.steps.size(); i-- > 0;) {
    const plan::PlannedStep& step = pipeline_.steps[i];
    if (step.phase != Phase::Pre) {
      continue;
    }
    const plan::RowEffect effect = plan::row_effect(step.step);
    const auto* assign = std::get_if<plan::Assign>(&step.step);
    const bool is_assigned =
        assign != nullptr &&
        std::ranges::any_of(assign->assignments, [&](const plan::Assignment& made) {
          return same_column(made.column, name);
        });
    const auto* rename = std::get_if<plan::RenameColumns>(&step.step);
    const std::optional<string> from =
        rename == nullptr ? std::nullopt : renamed_from(*rename, name);
    if (is_assigned || effect == plan::RowEffect::Aggregates || effect == plan::RowEffect::Opaque ||
        (!from && contains(created_columns(step.step), name))) {
      return nullptr;
    }
    name = from.value_or(name);
  }
  const Field* field = columns_.find(name);
  return field == nullptr || is_of_a_member(field->name) ? nullptr : bound_.source.find(name);
}

/// A struct of JSON has the members of all: which of them it came with, only its text tells, of
/// which keys a map is made, and what stays JSON.
void Binder::read_whole(plan::BoundCast& cast) {
  const auto* files = std::get_if<plan::FileScan>(&pipeline_.source);
  const Field* field = unchanged_source(cast.column);
  if (files == nullptr || !std::holds_alternative<plan::JsonFormat>(files->format) ||
      field == nullptr ||
      !((holds_members(cast.to) && holds_members(field->type)) ||
        dialect::keeps_json(field->type, cast.to))) {
    return;
  }
  cast.raw = field->name;
  if (!contains(bound_.read_whole, field->name)) {
    bound_.read_whole.push_back(field->name);
  }
}

std::vector<Field> Binder::missing_columns() const {
  std::vector<string> created;
  for (const plan::PlannedStep& step : pipeline_.steps) {
    for (string& name : created_columns(step.step)) {
      created.push_back(std::move(name));
    }
  }
  std::vector<Field> missing;
  for (const plan::DeclaredColumn& column : pipeline_.schema.columns) {
    if (!column.is_made_by_write && columns_.find(column.name) == nullptr &&
        !contains(created, column.name)) {
      missing.push_back({.name = column.name, .type = column.type});
    }
  }
  return missing;
}

Status Binder::conform(const Schema& input, const std::vector<Field>& early) {
  plan::Judgement& judgement = bound_.before_split;
  judgement = {};
  bound_.read_whole = read_as_json_;
  for (const Field& field : input.fields) {
    Field conformed = field;
    if (std::optional<plan::BoundCast> cast = cast_of(field)) {
      conformed.type = cast->to;
      read_whole(*cast);
      judgement.casts.push_back(*std::move(cast));
    }
    // What a pre step made is no unknown column of the source.
    const bool is_unknown = !pipeline_.schema.columns.empty() && !declared(field.name) &&
                            columns_.find(field.name) != nullptr &&
                            !field.name.starts_with("_lakelogic_") &&
                            !field.name.starts_with("_upstream");
    if (is_unknown && pipeline_.schema.unknown == plan::UnknownColumns::Quarantine) {
      judgement.unknown_refused.push_back(field.name);
    }
    judgement.output.fields.push_back(std::move(conformed));
  }
  for (const Field& field : early) {
    if (input.find(field.name) == nullptr) {
      judgement.missing.push_back(field);
      judgement.output.fields.push_back(field);
    }
  }
  if (pipeline_.schema.refuse_missing) {
    for (const Field& field : missing_columns()) {
      if (input.find(field.name) == nullptr) {
        judgement.missing_refused.push_back(field.name);
      }
    }
  }
  const auto* files = std::get_if<plan::FileScan>(&pipeline_.source);
  const auto* relation = std::get_if<plan::RelationScan>(&pipeline_.source);
  judgement.is_unknown_in_every_row = files != nullptr
                                          ? !std::holds_alternative<plan::JsonFormat>(files->format)
                                          : !relation->may_lack_columns;
  return {};
}

Status Binder::bind_rule(std::size_t rule, const Schema& columns) {
  SLUICE_TRY(const string condition, dialect::render_rule(pipeline_.row_rules[rule]));
  SLUICE_TRY(const string rows, dialect::render_empty(columns));
  SLUICE_TRY([[maybe_unused]] const Schema one,
             describe(fmt::format("SELECT {} FROM {} AS source", condition, rows)));
  const Result<Schema> beside_its_row =
      describe(fmt::format("SELECT source, {} FROM {} AS source", condition, rows));
  if (!beside_its_row) {
    return make_error(ErrorCode::InvalidContract,
                      "the row rule aggregates rows, and one value for each row is expected")
        .with_hint("make it a dataset rule, or a window: max(x) OVER ()");
  }
  return {};
}

Status Binder::bind_rules(Phase phase, const Schema& columns, std::vector<std::size_t>& into) {
  for (std::size_t i = 0; i < pipeline_.row_rules.size(); ++i) {
    const plan::RowRule& rule = pipeline_.row_rules[i];
    const bool is_taken_away = std::ranges::any_of(
        bound_.after_post.missing,
        [&](const Field& field) { return same_column(field.name, rule.asked_where_left); });
    if (is_rule_bound_[i] || (rule.phase && *rule.phase != phase) || is_taken_away) {
      continue;
    }
    Status bound = bind_rule(i, columns);
    if (!bound && !rule.phase && phase == Phase::Pre) {
      continue;  // it may read what a post step makes
    }
    if (!bound) {
      return as_unbound(std::move(bound).error(),
                        fmt::format("binding the row rule '{}'", rule.name), rule.at);
    }
    is_rule_bound_[i] = true;
    if (std::ranges::none_of(into, [&](std::size_t other) {
          return is_said_by(pipeline_.row_rules[other], rule);
        })) {
      into.push_back(i);
    }
  }
  return {};
}

Status Binder::conform_after_post(const Schema& input) {
  plan::Judgement& judgement = bound_.after_post;
  judgement = {};
  for (const Field& field : input.fields) {
    Field conformed = field;
    if (std::optional<plan::BoundCast> cast = cast_of(field)) {
      conformed.type = cast->to;
      judgement.casts.push_back(*std::move(cast));
    }
    judgement.output.fields.push_back(std::move(conformed));
  }
  for (const plan::DeclaredColumn& column : pipeline_.schema.columns) {
    if (!column.is_made_by_write && input.find(column.name) == nullptr) {
      judgement.missing.push_back({.name = column.name, .type = column.type});
      judgement.output.fields.push_back(judgement.missing.back());
    }
  }
  return {};
}

Status Binder::bind_dataset_rules(const Schema& columns) {
  if (pipeline_.dataset_rules.empty()) {
    return {};
  }
  SLUICE_TRY(const string rows, dialect::render_empty(columns));
  for (const string& view : dialect::source_views(pipeline_, rows)) {
    SLUICE_TRY([[maybe_unused]] const std::int64_t made, connection_.execute(context_, view));
  }
  for (plan::DatasetRule& rule : pipeline_.dataset_rules) {
    if (rule.is_deferred) {
      continue;
    }
    SLUICE_TRY(const string query, dialect::render_observation(rule.observation));
    Result<Schema> bound = describe(query);
    if (bound) {
      SLUICE_CHECK(check_is_number(context_, connection_, rule));
      continue;
    }
    const bool reads_write_column =
        std::ranges::any_of(pipeline_.schema.columns, [&](const plan::DeclaredColumn& column) {
          return column.is_made_by_write &&
                 same_column(column.name, unknown_name(bound.error().native));
        });
    if (reads_write_column) {
      rule.is_deferred = true;
      continue;
    }
    return as_unbound(std::move(bound).error(),
                      fmt::format("binding the data set rule '{}'", rule.name), rule.at);
  }
  return {};
}

/// Whether a step may give the column a value.
bool Binder::is_assigned(std::string_view name) const {
  return std::ranges::any_of(pipeline_.steps,
                             [&](const plan::PlannedStep& step) { return may_assign(step, name); });
}

Status Binder::settle_good(const Schema& columns) {
  const auto is_stamp = [&](std::string_view name) {
    return std::ranges::any_of(pipeline_.lineage, [&](const plan::LineageColumn& column) {
      return same_column(column.name, name);
    });
  };
  const auto leaving_type = [&](const Field& field) {
    const plan::ColumnMask* mask = plan::find_mask(pipeline_, field.name);
    return mask == nullptr || mask->kind == plan::MaskKind::Nullify
               ? field.type
               : schema::LogicalType{schema::Text{}};
  };
  bound_.good = {};
  bound_.untold.clear();
  for (const plan::DeclaredColumn& column : pipeline_.schema.columns) {
    if (const Field* field = columns.find(column.name); field && !is_stamp(column.name)) {
      bound_.good.fields.push_back({.name = column.name, .type = leaving_type(*field)});
    }
  }
  const bool keeps_more =
      pipeline_.schema.columns.empty() || pipeline_.schema.unknown != plan::UnknownColumns::Drop;
  const std::vector<string> refused = pipeline_.schema.keeps_refused_columns
                                          ? std::vector<string>{}
                                          : bound_.before_split.unknown_refused;
  for (const Field& field : columns.fields) {
    if (keeps_more && !declared(field.name) && !is_stamp(field.name) &&
        !contains(refused, field.name)) {
      bound_.good.fields.push_back({.name = field.name, .type = leaving_type(field)});
      if ((contains(valueless_, field.name) && !is_assigned(field.name)) ||
          is_looked_up_valueless(pipeline_, field.name)) {
        bound_.untold.push_back(field.name);
      }
    }
  }
  for (const plan::LineageColumn& column : pipeline_.lineage) {
    const bool is_instant = column.stamp == plan::Stamp::RunInstant;
    bound_.good.fields.push_back({.name = column.name,
                                  .type = is_instant ? schema::LogicalType{schema::Timestamp{}}
                                                     : schema::LogicalType{schema::Text{}}});
  }
  return {};
}

Status Binder::attempt(const std::vector<Field>& early) {
  is_rule_bound_.assign(pipeline_.row_rules.size(), false);
  Schema scanned = columns_;
  for (Field& field : scanned.fields) {
    for (const auto& [from, to] : pipeline_.preserved_upstream) {
      if (same_column(from, field.name)) {
        field.name = to;
        break;
      }
    }
  }
  SLUICE_CHECK(check_stamps(pipeline_, scanned));
  for (const Field& field : bound_.made_at_scan) {
    scanned.fields.push_back(field);
  }
  SLUICE_CHECK(bind_steps(Phase::Pre, scanned, bound_.pre));
  const Schema& shaped = bound_.pre.empty() ? scanned : bound_.pre.back().output;
  SLUICE_CHECK(conform(shaped, early));
  SLUICE_CHECK(bind_rules(Phase::Pre, bound_.before_split.output, bound_.before_split.rules));
  SLUICE_CHECK(bind_steps(Phase::Post, bound_.before_split.output, bound_.post));
  SLUICE_CHECK(conform_after_post(bound_.post.empty() ? bound_.before_split.output
                                                      : bound_.post.back().output));
  SLUICE_CHECK(bind_rules(Phase::Post, bound_.after_post.output, bound_.after_post.rules));
  SLUICE_CHECK(bind_dataset_rules(bound_.after_post.output));
  return settle_good(bound_.after_post.output);
}

Status Binder::bind() {
  retype_valueless(valueless_type_);
  Status opened = open_session();
  if (!opened && !has_untyped_links()) {
    return opened;
  }
  SLUICE_CHECK(probe());
  Status bound = bind_typed(opened);
  // References without a record have every column that the contract names.
  while (!bound && name_in_empty_links(bound.error())) {
    retype_valueless({schema::Text{}});
    opened = open_session();
    bound = bind_typed(opened);
  }
  return bound;
}

/// Links with columns of which nothing says what they are.
bool Binder::has_untyped_links() const {
  return std::ranges::any_of(pipeline_.references, [](const plan::Reference& reference) {
    return has_no_record(reference) || !reference.valueless.fields.empty();
  });
}

/// Whether a column that an engine did not find may be one of a reference without a record.
bool Binder::name_in_empty_links(const Error& error) {
  bool is_new = false;
  for (plan::Reference& reference : pipeline_.references) {
    std::vector<string> names = {unknown_name(error.native)};
    for (const plan::RowRule& rule : pipeline_.row_rules) {
      std::ranges::move(names_asked_of(reference.name, rule), std::back_inserter(names));
    }
    for (const string& name : has_no_record(reference) ? names : std::vector<string>{}) {
      if (!name.empty() && reference.valueless.find(name) == nullptr) {
        reference.valueless.fields.push_back({.name = name, .type = {schema::Text{}}});
        is_new = true;
      }
    }
  }
  return is_new;
}

/// With the columns of the source known, and the references opened as they are known or not.
Status Binder::bind_typed(const Status& opened) {
  const bool has_untyped = has_untyped_links();
  Status bound = opened ? bind_columns() : opened;
  const bool is_told = valueless_.empty() && !bound_.source.fields.empty() && !has_untyped;
  const bool is_of_types = bound || bound.error().code == ErrorCode::InvalidContract ||
                           (!opened && bound.error().code == ErrorCode::InvalidArgument);
  if (is_told || bound || !is_of_types) {
    return bound;
  }
  // Columns without a value are of the type under which the contract binds.
  // The narrowest first: beside it no value of another column becomes one of a wider type.
  const std::array<schema::LogicalType, 5> types{{{schema::Integer{}},
                                                  {schema::Float{}},
                                                  {schema::Boolean{}},
                                                  {schema::Date{}},
                                                  {schema::Timestamp{}}}};
  for (const schema::LogicalType& type : types) {
    retype_valueless(type);
    if ((!has_untyped || open_session()) && bind_columns()) {
      return {};
    }
  }
  return bound;
}

Status Binder::bind_columns() {
  bound_.made_at_scan.clear();
  const std::vector<Field> missing = missing_columns();
  // A SELECT after the split may itself make a column that the source lacks: it is asked first
  // without those columns, and with them only when it does not bind.
  const bool has_select = std::ranges::any_of(pipeline_.steps, [](const plan::PlannedStep& step) {
    return step.phase == Phase::Post && std::holds_alternative<plan::SqlSelect>(step.step);
  });
  Status first = attempt(has_select ? std::vector<Field>{} : missing);
  if (first || first.error().code != ErrorCode::InvalidContract) {
    return first;
  }
  if (has_select && !missing.empty() && attempt(missing)) {
    return {};
  }
  // A step before the schema may name a column that this batch lacks altogether.
  bound_.made_at_scan = missing;
  Status last = missing.empty() ? first : attempt({});
  // Or one that a step makes from itself, or that a rule is told to judge before a step makes it.
  const bool is_untold = bound_.source.fields.empty();
  while (!last && (!has_select || is_untold)) {
    const std::optional<Field> named = find_named(last.error());
    if (!named) {
      break;
    }
    bound_.made_at_scan.push_back(*named);
    last = attempt({});
  }
  return last ? Status{} : is_untold ? last : first;
}

std::optional<Field> Binder::find_named(const Error& error) const {
  const auto is_made = [&](std::string_view name) {
    return std::ranges::any_of(bound_.made_at_scan,
                               [&](const Field& field) { return same_column(field.name, name); });
  };
  for (const plan::DeclaredColumn& column : pipeline_.schema.columns) {
    if (!column.is_made_by_write && columns_.find(column.name) == nullptr &&
        !is_made(column.name) &&
        error.native.find(dialect::quote_identifier(column.name)) != string::npos) {
      return Field{.name = column.name, .type = column.type};
    }
  }
  // An input without a record tells no columns: any may have been meant.
  const string name = bound_.source.fields.empty() ? unknown_name(error.native) : string();
  return name.empty() || is_made(name)
             ? std::nullopt
             : std::optional(Field{.name = name, .type = valueless_type_});
}

}  // namespace

Result<plan::BoundPipeline> bind_pipeline(const Context& context, engine::Connection& connection,
                                          const plan::Pipeline& pipeline, sys_micros clock,
                                          const string& run_id) {
  plan::BoundPipeline bound{.pipeline = pipeline, .clock = clock, .run_id = run_id};
  SLUICE_CHECK(Binder(context, connection, bound).bind());
  return bound;
}

}  // namespace sluice::run
