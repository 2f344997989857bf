#include "sluice/dialect/duckdb/pipeline.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/dialect/duckdb/pipeline_internal.h"

namespace sluice::dialect {
namespace {

using plan::BoundPipeline;
using plan::BoundStep;
using schema::LogicalType;
using schema::Schema;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const LogicalType kText{schema::Text{}};
const LogicalType kInteger{schema::Integer{.bits = 32}};
const LogicalType kBigint{schema::Integer{.bits = 64}};
const LogicalType kDouble{schema::Float{.bits = 64}};
const LogicalType kTexts{schema::List{LogicalType{schema::Text{}}}};

std::string printed(const BoundPipeline& bound, const Program& program) {
  std::string text;
  const auto add = [&](std::string_view title, const std::string& statement) {
    text += fmt::format("-- {}\n{};\n", title, statement);
  };
  for (const std::string& statement : render_session(bound.pipeline, bound.clock).value()) {
    add("session", statement);
  }
  for (const ProgramStep& step : program.steps) {
    for (const std::string& statement : step.statements) {
      add("step " + step.name, statement);
    }
    if (!step.observe.empty()) {
      add(step.is_opaque ? "observe an opaque step" : "observe", step.observe);
    }
    for (const std::string& table : step.spent) {
      add("spent", "DROP TABLE " + table);
    }
  }
  if (program.gate) {
    add("gate", fmt::format("CREATE TABLE {} AS {}", program.gate->table, program.gate->shape));
  }
  for (const RuleCounts& counts : program.rule_counts) {
    add("rules", counts.query);
  }
  add("good", program.good);
  add("bad", program.bad);
  add("bad as text", program.bad_as_text);
  return text;
}

/// Compares with test/suites/pipeline/<name>.sql; UPDATE_GOLDEN=1 writes it.
void expect_golden(const std::string& name, const BoundPipeline& bound,
                   Evaluation evaluation = Evaluation::Plain,
                   const ProgramFunctions& functions = {}) {
  const std::string path = "test/suites/pipeline/" + name + ".sql";
  const std::string got =
      to_string(bound.pipeline) + "\n" +
      printed(bound, render_program(bound, evaluation, Reading::Strict, functions).value());
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << got;
  }
  std::stringstream want;
  want << std::ifstream(path).rdbuf();
  EXPECT_EQ(got, want.str()) << "UPDATE_GOLDEN=1 rewrites " << path;
}

plan::RawSql sql(std::string text) { return {.text = std::move(text), .reads = {}, .at = {}}; }

BoundPipeline bound_over(Schema source, plan::FileFormat format) {
  BoundPipeline bound;
  bound.pipeline.source = plan::FileScan{.files = {"landing/a.in"}, .format = std::move(format)};
  bound.pipeline.source_label = "landing";
  bound.pipeline.source_names = {"customers"};
  bound.source = std::move(source);
  bound.before_split.output = bound.source;
  bound.good = bound.source;
  bound.run_id = "run-1";
  return bound;
}

plan::RowRule rule(const std::string& name, plan::Expr predicate, std::string category,
                   plan::Severity severity = plan::Severity::Error) {
  return {.name = name,
          .predicate = std::move(predicate),
          .message = "Rule failed: " + name,
          .category = std::move(category),
          .severity = severity,
          .phase = {},
          .at = {}};
}

/// Adds a step whose output the test knows.
void add_step(BoundPipeline& bound, std::string name, plan::Phase phase, plan::Step step,
              Schema output) {
  bound.pipeline.steps.push_back(
      {.name = std::move(name), .phase = phase, .step = std::move(step), .at = {}});
  auto& list = phase == plan::Phase::Pre ? bound.pre : bound.post;
  list.push_back({.step = bound.pipeline.steps.size() - 1, .output = std::move(output)});
}

TEST(Pipeline, QuickstartIsOneStatementAndTwoSelects) {
  const Schema columns{{{.name = "cus_id", .type = kText}, {.name = "email", .type = kText}}};
  BoundPipeline bound = bound_over(columns, plan::JsonFormat{});
  bound.pipeline.row_rules = {
      rule("email is required", plan::unary(plan::UnaryOp::IsNotNull, plan::column("email")),
           "completeness"),
      rule("email LIKE '%@%.%'", plan::Expr{sql("email LIKE '%@%.%'")}, "correctness")};
  bound.before_split.rules = {0, 1};
  add_step(bound, "sql", plan::Phase::Post,
           plan::Assign{{{.column = "email", .value = sql("LOWER(TRIM(email))")}}}, columns);
  expect_golden("quickstart", bound);
}

TEST(Pipeline, TypesAndRulesAreJudgedInOnePass) {
  BoundPipeline bound = bound_over({{{.name = "id", .type = kText},
                                     {.name = "amount", .type = kText},
                                     {.name = "extra", .type = kText}}},
                                   plan::CsvFormat{});
  bound.before_split.casts = {
      {.column = "id", .from = kText, .to = kInteger, .type_name = "int"},
      {.column = "amount", .from = kText, .to = kDouble, .type_name = "double"}};
  bound.before_split.missing = {{.name = "note", .type = kText}};
  bound.before_split.unknown_refused = {"extra"};
  bound.before_split.is_unknown_in_every_row = true;
  bound.before_split.output = {{{.name = "id", .type = kInteger},
                                {.name = "amount", .type = kDouble},
                                {.name = "note", .type = kText}}};
  bound.good = bound.before_split.output;
  bound.pipeline.row_rules = {
      rule("positive", plan::Expr{sql("amount > 0 -- always")}, "validity"),
      rule("small", plan::Expr{sql("amount < 9")}, "validity", plan::Severity::Warning)};
  bound.before_split.rules = {0, 1};
  expect_golden("typed_csv", bound);
  expect_golden("typed_csv_guarded", bound, Evaluation::Guarded);
  ASSERT_TRUE(can_stream(bound, Evaluation::Plain));
  expect_golden("typed_csv_streamed", bound, Evaluation::Plain,
                {.tally = "_sluice_passed", .gate = "_sluice_gate"});
}

TEST(Pipeline, WhatAStepDropsOrAddsIsCountedInItsOwnTable) {
  Schema columns{{{.name = "id", .type = kBigint}, {.name = "tags", .type = kTexts}}};
  BoundPipeline bound = bound_over(columns, plan::JsonFormat{});
  add_step(bound, "filter", plan::Phase::Pre, plan::FilterRows{sql("id > 0")}, columns);
  add_step(bound, "deduplicate", plan::Phase::Pre,
           plan::KeepFirst{.key = {"id"}, .sort_by = {"id"}}, columns);
  Schema exploded = columns;
  exploded.fields.push_back({.name = "tag", .type = kText});
  add_step(bound, "explode", plan::Phase::Pre, plan::ExplodeList{.column = "tags", .output = "tag"},
           exploded);
  bound.before_split.output = exploded;
  bound.good = exploded;
  expect_golden("counted_steps", bound);
}

TEST(Pipeline, ReferencesAreJoinedByComparableKeys) {
  Schema columns{{{.name = "id", .type = kBigint}, {.name = "code", .type = kText}}};
  BoundPipeline bound = bound_over(columns, plan::JsonFormat{});
  bound.pipeline.references = {{.name = "countries",
                                .scan = plan::RelationScan{.name = "sluice_link_countries"},
                                .columns = {},
                                .filter = sql("active"),
                                .query = {}}};
  Schema named = columns;
  named.fields.push_back({.name = "country", .type = kText});
  add_step(bound, "lookup", plan::Phase::Post,
           plan::LookUp{.column = "country",
                        .reference = "countries",
                        .on = "code",
                        .key = "code",
                        .value = "name",
                        .otherwise = plan::Value{std::string("Unknown")}},
           named);
  Schema joined = named;
  joined.fields.push_back({.name = "c_area", .type = kDouble});
  add_step(bound, "join", plan::Phase::Post,
           plan::JoinReference{.reference = "countries",
                               .on = "id",
                               .key = "id",
                               .columns = {{.column = "area", .output = "c_area", .otherwise = {}}},
                               .kind = plan::JoinKind::Inner},
           joined);
  bound.good = joined;
  expect_golden("references", bound);
}

TEST(Pipeline, AContractsSelectSeesItsRowsByEveryName) {
  Schema columns{{{.name = "id", .type = kBigint}, {.name = "day", .type = kText}}};
  BoundPipeline bound = bound_over(columns, plan::ParquetFormat{});
  Schema grouped{{{.name = "day", .type = kText}, {.name = "n", .type = kBigint}}};
  add_step(bound, "sql", plan::Phase::Post,
           plan::SqlSelect{.query = sql("SELECT day, count(*) AS n FROM {dataset} GROUP BY 1"),
                           .items = {},
                           .columns = {}},
           grouped);
  bound.good = grouped;
  bound.good.fields.push_back({.name = "_lakelogic_run_id", .type = kText});
  bound.pipeline.lineage = {{.name = "_lakelogic_run_id", .stamp = plan::Stamp::RunId, .text = ""}};
  expect_golden("opaque_select", bound);
}

TEST(Pipeline, NoNameAndNoTextEndsAQuote) {
  const Schema columns{{{.name = "a\"b", .type = kText}}};
  BoundPipeline bound = bound_over(columns, plan::CsvFormat{});
  bound.pipeline.row_rules = {rule("it's", plan::Expr{sql("\"a\"\"b\" <> 'x'")}, "o'clock")};
  bound.before_split.rules = {0};
  const std::string text = printed(bound, render_program(bound, Evaluation::Plain).value());
  EXPECT_THAT(text, HasSubstr("'Rule failed: it''s'"));
  EXPECT_THAT(text, HasSubstr("'o''clock'"));
  EXPECT_THAT(text, HasSubstr("\"a\"\"b\""));
  EXPECT_THAT(text, Not(HasSubstr("a\"b\" :=")));
}

TEST(Pipeline, IntegersAreNotRoundedAndOffsetsAreNotCutOff) {
  EXPECT_EQ(render_cast("x", kText, kInteger).value(),
            "CASE WHEN TRY_CAST(_sluice_whole(x) AS INTEGER) IS NOT NULL THEN "
            "TRY_CAST(_sluice_whole(x) AS INTEGER) WHEN regexp_full_match(_sluice_trim(x), "
            "'[+-]?[0-9]*([.]0*)?') THEN TRY_CAST(x AS INTEGER) WHEN regexp_matches(x, "
            "'[eE]') AND NOT contains(x, '_') THEN CASE WHEN regexp_full_match(_sluice_trim(x), "
            "'[+-]?[0-9]+([.]0*)?[eE][+]?[0-9]+') THEN TRY_CAST(x AS INTEGER) WHEN "
            "length(trim(regexp_replace(regexp_extract(x, '^[^eE]*'), '[^0-9]', '', 'g'), '0')) <= "
            "15 THEN CASE WHEN TRY_CAST(x AS DOUBLE) = TRY_CAST(x AS INTEGER) THEN TRY_CAST(x AS "
            "INTEGER) END END END");
  EXPECT_THAT(render_cast("x", kText, LogicalType{schema::Timestamp{.utc = false}}).value(),
              AllOf(StartsWith("CAST(coalesce(TRY_CAST(CASE WHEN _sluice_is_stamp(x) THEN x WHEN "),
                    EndsWith(" THEN x END AS TIMESTAMPTZ)) END) AS TIMESTAMP)")));
  EXPECT_EQ(render_cast("x", kTexts, kText).value(), "CAST(to_json(x) AS VARCHAR)");
  EXPECT_EQ(render_cast("x", kText, kText).value(), "x");
}

std::size_t count_of(const std::string& part, const std::string& text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

TEST(Pipeline, AnObjectIsReadOnceHoweverManyMembersItHas) {
  const LogicalType json{schema::Json{}};
  std::vector<std::size_t> read;
  for (const int members : {2, 50}) {
    schema::Struct inner;
    for (int i = 0; i < members; ++i) {
      inner.fields.push_back({.name = fmt::format("m{}", i), .type = kInteger});
    }
    const LogicalType list{schema::List{LogicalType{inner}}};
    const std::string all =
        render_cast("x", json, list).value() + lacking_members("x", json, list, "");
    read.push_back(count_of("json", all));
  }
  EXPECT_EQ(read[0], read[1]);
}

TEST(Pipeline, TextsInJsonStayTexts) {
  const plan::Scan json = plan::FileScan{.files = {"a.json"}, .format = plan::JsonFormat{}};
  const Schema read = columns_as_read(
      json, {{{.name = "d", .type = {schema::Date{}}},
              {.name = "l", .type = {schema::List{LogicalType{schema::Timestamp{}}}}},
              {.name = "n", .type = kBigint}}});
  EXPECT_EQ(to_string(read), to_string(Schema{{{.name = "d", .type = kText},
                                               {.name = "l", .type = kTexts},
                                               {.name = "n", .type = kBigint}}}));
}

}  // namespace
}  // namespace sluice::dialect
