#include "sluice/run/pipeline/execute.h"

#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/run/pipeline/bind.h"
#include "sluice/run/pipeline/ledger.h"
#include "sluice/run/pipeline/source_columns.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const schema::LogicalType kText{schema::Text{}};
const schema::LogicalType kInteger{schema::Integer{.bits = 32}};
const schema::LogicalType kBigint{schema::Integer{.bits = 64}};

plan::RawSql sql(std::string text) { return {.text = std::move(text), .reads = {}, .at = {}}; }

plan::DeclaredColumn declared(std::string name, schema::LogicalType type, std::string type_name) {
  return {.name = std::move(name),
          .type = std::move(type),
          .type_name = std::move(type_name),
          .at = {}};
}

enum class Keeping : std::uint8_t { Table, File };

/// Accepted rows kept in a table, and written while they are judged: the same either way.
class ExecutePipeline : public testing::TestWithParam<Keeping> {
 protected:
  void SetUp() override {
    engine_ = engine::make_duckdb_engine({.threads_max = 1}).value();
    connection_ = engine_->connect(context_).value();
  }

  std::string write(const std::string& name, std::string_view text) {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  plan::Pipeline over_json(std::string_view text) {
    return {
        .source = plan::FileScan{.files = {write("in.jsonl", text)}, .format = plan::JsonFormat{}},
        .source_label = "in.jsonl"};
  }
  plan::Pipeline over_csv(std::string_view text) {
    return {.source = plan::FileScan{.files = {write("in.csv", text)}, .format = plan::CsvFormat{}},
            .source_label = "in.csv"};
  }

  Result<Executed> run(plan::Pipeline pipeline) {
    SLUICE_CHECK(settle_references(context_, *connection_, pipeline.references));
    auto bound = bind_pipeline(context_, *connection_, pipeline, {}, "run-1");
    if (!bound) {
      return std::move(bound).error();
    }
    return execute_pipeline(context_, *connection_, *bound, nullptr,
                            GetParam() == Keeping::Table ? RowWriter() : writer());
  }

  RowWriter writer() {
    return [this](const std::string& select) -> Result<StreamedRows> {
      const std::string path = folder_.path() + "/good.parquet";
      SLUICE_TRY(const std::int64_t rows,
                 connection_->execute(
                     context_, fmt::format("COPY ({}) TO '{}' (FORMAT parquet)", select, path)));
      return StreamedRows{.from = fmt::format("read_parquet('{}')", path), .rows = rows};
    };
  }

  /// "a|b" a row, NULL as "-".
  std::vector<std::string> rows(const std::string& select) {
    std::vector<std::string> lines;
    for (const TextRow& row : query_texts(context_, *connection_, select).value()) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        line += (i == 0 ? "" : "|") + row[i].value_or("-");
      }
      lines.push_back(line);
    }
    return lines;
  }
  std::vector<std::string> good() { return rows("SELECT COLUMNS(*)::VARCHAR FROM sluice_good"); }
  std::vector<std::string> bad() { return rows("SELECT COLUMNS(*)::VARCHAR FROM sluice_bad"); }

  Context context_;
  TempFolder folder_ = TempFolder::make("execute").value();
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
};

void add_step(plan::Pipeline& pipeline, std::string name, plan::Phase phase, plan::Step step) {
  pipeline.steps.push_back(
      {.name = std::move(name), .phase = phase, .step = std::move(step), .at = {}});
}

void add_rule(plan::Pipeline& pipeline, std::string name, std::string text,
              plan::Severity severity = plan::Severity::Error) {
  pipeline.row_rules.push_back({.name = name,
                                .predicate = plan::Expr{sql(text)},
                                .message = fmt::format("Rule failed: {} ({})", name, text),
                                .category = "correctness",
                                .severity = severity,
                                .phase = {},
                                .at = {}});
}

TEST_P(ExecutePipeline, RowsAreSplitWithEveryReasonAndAsTheyCame) {
  plan::Pipeline pipeline = over_json(R"({"id": "C1", "email": " A@b.c "}
{"id": "C2", "email": "nope"}
{"id": null, "email": null}
)");
  pipeline.schema.columns = {declared("id", kText, "string"), declared("email", kText, "string")};
  add_step(pipeline, "lower", plan::Phase::Pre,
           plan::Assign{{{.column = "email", .value = plan::ChangeCase{.column = "email"}}}});
  add_rule(pipeline, "has_id", "id IS NOT NULL");
  add_rule(pipeline, "shape", "email LIKE '%@%.%'");
  const Executed done = run(pipeline).value();
  EXPECT_THAT(good(), ElementsAre("C1| a@b.c "));
  EXPECT_THAT(bad(),
              ElementsAre("C2|nope|['Rule failed: shape (email LIKE \\'%@%.%\\')']|[correctness]|-",
                          "-|-|['Rule failed: has_id (id IS NOT NULL)', 'Rule failed: shape (email "
                          "LIKE \\'%@%.%\\')']|"
                          "[correctness, correctness]|-"));
  EXPECT_EQ(done.rows, (RowTotals{.source = 3, .good = 1, .quarantined = 2}));
  EXPECT_EQ(done.row_rules.at(1).failed_rows, 2);
}

TEST_P(ExecutePipeline, ALateLineThatDoesNotFitIsTheDatasFault) {
  std::string text = "id,name\n";
  for (int line = 0; line < 30'000; ++line) {  // more than a reader looks at to know the file
    text += "1,x\n";
  }
  plan::Pipeline pipeline = over_csv(text + "1,x,extra\n");
  pipeline.schema.columns = {declared("id", kInteger, "int")};
  const auto done = run(pipeline);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::DataRejected);
  EXPECT_THAT(done.error().hint, testing::HasSubstr("source.options"));
}

TEST_P(ExecutePipeline, ACastThatFailsKeepsTheTextAndSaysIt) {
  plan::Pipeline pipeline = over_csv("id,amount\n1,1.5\n2,12.7x\n12.7,3\n 4 ,\n");
  pipeline.schema.columns = {
      declared("id", kInteger, "int"),
      declared("amount", schema::LogicalType{schema::Float{.bits = 64}}, "double")};
  (void)run(pipeline).value();
  EXPECT_THAT(good(), ElementsAre("1|1.5", "4|-"));
  EXPECT_THAT(
      bad(),
      ElementsAre("2|12.7x|['Type Mismatch: amount cannot be cast to double: \\'12.7x\\'']|"
                  "[schema]",
                  "12.7|3|['Type Mismatch: id cannot be cast to int: \\'12.7\\'']|[schema]"));
}

TEST_P(ExecutePipeline, AWarningCountsAndKeepsTheRow) {
  plan::Pipeline pipeline = over_json(R"({"id": 1}
{"id": -1})");
  add_rule(pipeline, "positive", "id > 0", plan::Severity::Warning);
  const Executed done = run(pipeline).value();
  EXPECT_EQ(done.rows.good, 2);
  EXPECT_EQ(done.row_rules.at(0).failed_rows, 1);
}

TEST_P(ExecutePipeline, WhatStepsDropAndAddIsCounted) {
  plan::Pipeline pipeline = over_json(R"({"id": 1, "v": 1, "tags": ["a", "b", "c"]}
{"id": 1, "v": 2, "tags": []}
{"id": 2, "v": 1, "tags": ["z"]}
{"id": null, "v": 1, "tags": null}
{"id": -5, "v": 1, "tags": ["q"]})");
  add_step(pipeline, "filter", plan::Phase::Pre, plan::FilterRows{sql("coalesce(id, 0) >= 0")});
  add_step(pipeline, "explode", plan::Phase::Pre,
           plan::ExplodeList{.column = "tags", .output = "tag"});
  add_step(pipeline, "deduplicate", plan::Phase::Post,
           plan::KeepFirst{.key = {"id"}, .sort_by = {"v"}});
  add_step(pipeline, "drop", plan::Phase::Post, plan::DropColumns{{"tags"}});
  const Executed done = run(pipeline).value();
  EXPECT_THAT(good(), ElementsAre("1|1|a", "2|1|z"));
  EXPECT_EQ(done.rows, (RowTotals{.source = 5, .good = 2, .dropped = 5, .added = 2}));
  EXPECT_EQ(done.ledger.at(0), (LedgerEntry{.step = "filter", .in = 5, .out = 4, .dropped = 1}));
  EXPECT_EQ(done.ledger.at(1),
            (LedgerEntry{.step = "explode", .in = 4, .out = 4, .dropped = 2, .added = 2}));
}

TEST_P(ExecutePipeline, ARuleThatErrorsOnARowQuarantinesThatRowOnly) {
  plan::Pipeline pipeline = over_json(R"({"id": "1"}
{"id": "x"})");
  add_rule(pipeline, "small", "CAST(id AS INTEGER) < 5");
  const Executed done = run(pipeline).value();
  EXPECT_THAT(good(), ElementsAre("1"));
  EXPECT_THAT(bad(), ElementsAre("x|['Rule could not be evaluated: small']|[correctness]"));
  EXPECT_EQ(done.rows.quarantined, 1);
  EXPECT_EQ(done.row_rules.at(0).failed_rows, 1);
}

/// The engine would work out what rules share before either of them, outside of what guards them.
TEST_P(ExecutePipeline, WhatRulesShareIsGuardedToo) {
  plan::Pipeline pipeline = over_json(R"({"id": "1"}
{"id": "x"}
{"id": "9"})");
  add_rule(pipeline, "small", "CAST(id AS INTEGER) < 5");
  add_rule(pipeline, "large", "CAST(id AS INTEGER) > 5", plan::Severity::Warning);
  const Executed done = run(pipeline).value();
  EXPECT_THAT(good(), ElementsAre("1"));
  EXPECT_THAT(bad(), ElementsAre("x|['Rule could not be evaluated: small', 'Rule could not be "
                                 "evaluated: large']|[correctness, correctness]",
                                 "9|['Rule failed: small (CAST(id AS INTEGER) < 5)']|"
                                 "[correctness]"));
  EXPECT_EQ(done.row_rules.at(0).failed_rows, 2);
  EXPECT_EQ(done.row_rules.at(1).failed_rows, 2);
}

/// Its rows leave before the groups are made, and whoever counts the others later adds to them.
TEST_P(ExecutePipeline, ARuleThatIsJudgedAtItsStepIsCounted) {
  plan::Pipeline pipeline = over_json(R"({"k": "a", "n": 1}
{"k": null, "n": 2}
{"k": "a", "n": 0})");
  add_step(pipeline, "deduplicate", plan::Phase::Pre,
           plan::KeepFirst{.key = {"k"}, .sort_by = {"n"}, .descending = false});
  add_step(pipeline, "rollup", plan::Phase::Pre,
           plan::Rollup{.group_by = {"k"},
                        .aggregations = {{.output = "total", .value = sql("sum(n)")}},
                        .keys = {},
                        .key_expr = {},
                        .keys_column = {},
                        .keys_count_column = {},
                        .run_id_column = {},
                        .run_ids_column = {}});
  add_rule(pipeline, "has_key", "k IS NOT NULL");
  pipeline.row_rules.back().judged_at = 0;
  add_rule(pipeline, "positive", "total > 0", plan::Severity::Warning);
  const Executed done = run(pipeline).value();
  EXPECT_THAT(good(), ElementsAre("a|0"));
  EXPECT_EQ(done.row_rules.at(0).failed_rows, 1);
  EXPECT_EQ(done.row_rules.at(1).failed_rows, 1);
}

TEST_P(ExecutePipeline, ADerivedValueThatErrorsQuarantinesItsRow) {
  plan::Pipeline pipeline = over_json(R"({"id": "1"}
{"id": "x"}
{"id": null})");
  add_step(pipeline, "derive", plan::Phase::Post,
           plan::Assign{{{.column = "n", .value = sql("CAST(id AS INTEGER) + 1")}}});
  (void)run(pipeline).value();
  EXPECT_THAT(good(), ElementsAre("1|2", "-|-"));
  EXPECT_THAT(
      bad(), ElementsAre(R"(x|['Column could not be evaluated: n (derive)']|[schema]|{"n":null})"));
}

TEST_P(ExecutePipeline, ARuleWithoutAPhaseRunsWhereItsColumnsExist) {
  plan::Pipeline pipeline = over_json(R"({"a": 1, "b": 2}
{"a": 5, "b": -9})");
  add_step(pipeline, "derive", plan::Phase::Post,
           plan::Assign{{{.column = "total", .value = sql("a + b")}}});
  add_rule(pipeline, "total_positive", "total > 0");
  add_rule(pipeline, "a_positive", "a > 0");
  const Executed done = run(pipeline).value();
  EXPECT_THAT(good(), ElementsAre("1|2|3"));
  EXPECT_THAT(
      bad(),
      ElementsAre(
          R"(5|-9|['Rule failed: total_positive (total > 0)']|[correctness]|{"total":"-4"})"));
  EXPECT_EQ(done.ledger.back().step, "post_row_rules");
}

TEST_P(ExecutePipeline, ARuleThatCannotBeBoundFailsBeforeRowsAreRead) {
  plan::Pipeline pipeline = over_json(R"({"fare_amount": 1})");
  add_rule(pipeline, "fare", "fare_amout > 0");
  const auto done = run(pipeline);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::InvalidContract);
  EXPECT_THAT(to_string(done.error()), HasSubstr("row rule 'fare'"));
}

TEST_P(ExecutePipeline, RollupAggregatesAndKeepsItsKeys) {
  plan::Pipeline pipeline =
      over_json(R"({"day": "a", "n": 1, "id": 7, "_upstream_lakelogic_run_id": "r1"}
{"day": "a", "n": 2, "id": 8, "_upstream_lakelogic_run_id": "r2"}
{"day": "b", "n": 5, "id": 7, "_upstream_lakelogic_run_id": "r1"})");
  add_step(pipeline, "rollup", plan::Phase::Post,
           plan::Rollup{.group_by = {"day"},
                        .aggregations = {{.output = "total", .value = sql("sum(n)")}},
                        .keys = {"id"},
                        .key_expr = {},
                        .keys_column = "keys",
                        .keys_count_column = "key_count",
                        .run_id_column = "_upstream_run_id",
                        .run_ids_column = "run_ids"});
  const Executed done = run(pipeline).value();
  EXPECT_THAT(good(), ElementsAre("a|3|[7, 8]|2|[r1, r2]", "b|5|[7]|1|[r1]"));
  EXPECT_EQ(done.ledger.back().aggregated, 1);
}

TEST_P(ExecutePipeline, PivotUnpivotAndBandsKeepTheirRows) {
  plan::Pipeline pipeline = over_json(R"({"id": 1, "k": "x", "v": 10}
{"id": 1, "k": "y", "v": 300}
{"id": 2, "k": "x", "v": null})");
  add_step(pipeline, "bucket", plan::Phase::Pre,
           plan::Assign{{{.column = "size",
                          .value = plan::Bands{.column = "v",
                                               .bands = {{.label = "small",
                                                          .below = plan::Value{std::int64_t{100}}}},
                                               .otherwise = plan::Value{std::string("big")}}}}});
  add_step(pipeline, "pivot", plan::Phase::Post,
           plan::Pivot{.id_columns = {"id"},
                       .pivot_column = "k",
                       .columns = {{.output = "v_x",
                                    .value_column = "v",
                                    .pivot_value = std::string("x"),
                                    .aggregate = plan::Aggregate::Sum},
                                   {.output = "v_y",
                                    .value_column = "v",
                                    .pivot_value = std::string("y"),
                                    .aggregate = plan::Aggregate::First}}});
  add_step(pipeline, "unpivot", plan::Phase::Post,
           plan::Unpivot{.id_columns = {"id"},
                         .column_key = {{"v_x", "x"}, {"v_y", "y"}},
                         .key_column = "k",
                         .value_column = "v"});
  const Executed done = run(pipeline).value();
  EXPECT_THAT(good(), ElementsAre("1|x|10", "1|y|300"));
  EXPECT_EQ(done.ledger.at(2).aggregated, 1);
  EXPECT_EQ(done.ledger.at(3),
            (LedgerEntry{.step = "unpivot", .in = 2, .out = 2, .dropped = 1, .added = 1}));
}

TEST_P(ExecutePipeline, JoinsCountWhatTheyMultiplyAndDrop) {
  plan::Pipeline pipeline = over_json(R"({"id": 1}
{"id": 2}
{"id": 3})");
  pipeline.references = {
      {.name = "ref",
       .scan = plan::FileScan{.files = {write("ref.csv", "key,area\n1,A\n1,B\n3,C\n")},
                              .format = plan::CsvFormat{}},
       .columns = {},
       .filter = {},
       .query = {}}};
  add_step(pipeline, "join", plan::Phase::Post,
           plan::JoinReference{.reference = "ref",
                               .on = "id",
                               .key = "key",
                               .columns = {{.column = "area", .output = "area", .otherwise = {}}},
                               .kind = plan::JoinKind::Inner});
  const Executed done = run(pipeline).value();
  EXPECT_EQ(done.ledger.back(),
            (LedgerEntry{.step = "join", .in = 3, .out = 3, .dropped = 1, .added = 1}));
}

TEST_P(ExecutePipeline, ALookupNeverMultipliesRows) {
  plan::Pipeline pipeline = over_json(R"({"code": "NZ"}
{"code": "XX"})");
  const auto with_reference = [&](std::string_view text) {
    pipeline.references = {
        {.name = "ref",
         .scan = plan::FileScan{.files = {write("ref.csv", text)}, .format = plan::CsvFormat{}},
         .columns = {},
         .filter = {},
         .query = {}}};
  };
  add_step(pipeline, "lookup", plan::Phase::Post,
           plan::LookUp{.column = "name",
                        .reference = "ref",
                        .on = "code",
                        .key = "code",
                        .value = "name",
                        .otherwise = plan::Value{std::string("Unknown")}});
  with_reference("code,name\nNZ,New Zealand\nNZ,New Zealand\n");
  (void)run(pipeline).value();
  EXPECT_THAT(good(), ElementsAre("NZ|New Zealand", "XX|Unknown"));
  with_reference("code,name\nNZ,New Zealand\nNZ,Aotearoa\n");
  const auto refused = run(pipeline);
  ASSERT_FALSE(refused);
  EXPECT_THAT(to_string(refused.error()), HasSubstr("'NZ'"));
}

TEST_P(ExecutePipeline, AnEmptyInputIsNoRowAndNoError) {
  for (const std::string_view text : {"", "[]"}) {
    plan::Pipeline pipeline = over_json(text);
    pipeline.schema.columns = {declared("id", kBigint, "bigint")};
    add_rule(pipeline, "positive", "id > 0");
    const Executed done = run(pipeline).value();
    EXPECT_EQ(done.rows, RowTotals{}) << text;
    EXPECT_THAT(good(), IsEmpty());
  }
}

TEST_P(ExecutePipeline, UnknownColumnsAreRefusedRowByRowInJson) {
  plan::Pipeline pipeline = over_json(R"({"id": 1}
{"id": 2, "extra": true})");
  pipeline.schema.columns = {declared("id", kBigint, "bigint")};
  pipeline.schema.unknown = plan::UnknownColumns::Quarantine;
  (void)run(pipeline).value();
  EXPECT_THAT(bad(), ElementsAre("2|true|['Unknown fields present: extra']|[schema]"));
  pipeline.schema.unknown = plan::UnknownColumns::Drop;
  (void)run(pipeline).value();
  EXPECT_THAT(good(), ElementsAre("1", "2"));
}

TEST_P(ExecutePipeline, KeysOfAReferenceStayAsTheyAreWrittenBelowWhatItsReaderSamples) {
  plan::Pipeline pipeline = over_json(R"({"code": "007"}
{"code": "7"})");
  std::string codes = "code,name\n";
  for (int i = 100; i < 30'000; ++i) {
    codes += fmt::format("{0},n{0}\n", i);
  }
  pipeline.references = {{.name = "ref",
                          .scan = plan::FileScan{.files = {write("ref.csv", codes + "007,bond\n")},
                                                 .format = plan::CsvFormat{}},
                          .columns = {},
                          .filter = {},
                          .query = {}}};
  add_step(pipeline, "lookup", plan::Phase::Post,
           plan::LookUp{
               .column = "name", .reference = "ref", .on = "code", .key = "code", .value = "name"});
  (void)run(pipeline).value();
  EXPECT_THAT(good(), ElementsAre("007|bond", "7|-"));
}

TEST_P(ExecutePipeline, DataSetRulesJudgeTheAcceptedRows) {
  plan::Pipeline pipeline = over_json(R"({"id": 1}
{"id": 1}
{"id": null})");
  pipeline.dataset_rules = {
      {.name = "unique",
       .observation = plan::DuplicateKeys{{"id"}},
       .bounds = {.at_most = 0, .text = "= 0"},
       .category = "uniqueness",
       .at = {}},
      {.name = "some",
       .observation = plan::ScalarQuery{sql("SELECT count(*) > 1 FROM source")},
       .bounds = {},
       .category = "validity",
       .at = {}},
      {.name = "nothing",
       .observation = plan::ScalarQuery{sql("SELECT NULL")},
       .bounds = {},
       .category = "validity",
       .at = {}}};
  const Executed done = run(pipeline).value();
  EXPECT_EQ(done.dataset_rules.at(0).passed, false);
  EXPECT_EQ(done.dataset_rules.at(0).observed, 1);
  EXPECT_EQ(done.dataset_rules.at(1).passed, true);
  EXPECT_EQ(done.dataset_rules.at(2).passed, false);
  EXPECT_THAT(done.broken_dataset_rules, ElementsAre("unique", "nothing"));
}

TEST_P(ExecutePipeline, RepeatedKeysAreFoundWhereverTheyLie) {
  std::string far;
  for (std::int64_t i = 0; i < 5'000; ++i) {
    far += fmt::format("{{\"id\": {}}}\n", i * 1'000'000'007);
  }
  for (const auto& [rows, repeats] :
       {std::pair(std::string("{\"id\": 7}\n{\"id\": 8}\n{\"id\": 7}"), 1),
        std::pair(std::string("{\"id\": \"a\"}\n{\"id\": \"a\"}\n{\"id\": \"a\"}"), 2),
        std::pair(far, 0), std::pair(far + far, 5'000)}) {
    plan::Pipeline pipeline = over_json(rows);
    pipeline.dataset_rules = {{.name = "unique",
                               .observation = plan::DuplicateKeys{{"id"}},
                               .bounds = {.at_most = 0, .text = "= 0"},
                               .category = "uniqueness",
                               .at = {}}};
    EXPECT_EQ(run(pipeline).value().dataset_rules.at(0).observed, repeats);
  }
}

TEST_P(ExecutePipeline, EverySpellingOfNowIsTheRunsClock) {
  plan::Pipeline pipeline = over_json(R"({"id": 1})");
  add_step(pipeline, "derive", plan::Phase::Post,
           plan::Assign{{{.column = "a", .value = sql("CAST(now() AS VARCHAR)")},
                         {.column = "b", .value = sql("CAST(current_date AS VARCHAR)")},
                         {.column = "c", .value = sql("CAST(current_timestamp AS VARCHAR)")},
                         {.column = "d", .value = sql("CAST(today() AS VARCHAR)")}}});
  (void)run(pipeline).value();
  EXPECT_THAT(good(),
              ElementsAre("1|1970-01-01 00:00:00+00|1970-01-01|1970-01-01 00:00:00+00|1970-01-01"));
}

TEST(CheckLedger, ALostRowIsAFaultOfOurs) {
  EXPECT_FALSE(check_ledger({{.step = "filter", .in = 3, .out = 1, .dropped = 1}}));
  EXPECT_FALSE(check_ledger({{.step = "a", .in = 3, .out = 3}, {.step = "b", .in = 2, .out = 2}}));
  EXPECT_TRUE(check_ledger({{.step = "a", .in = 3, .out = 3}, {.step = "b", .in = 3, .out = 3}}));
}

INSTANTIATE_TEST_SUITE_P(Kept, ExecutePipeline, testing::Values(Keeping::Table, Keeping::File),
                         [](const auto& one) {
                           return one.param == Keeping::Table ? "Table" : "File";
                         });

}  // namespace
}  // namespace sluice::run
