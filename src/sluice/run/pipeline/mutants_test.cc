// A row that an operator loses or doubles is an error, whatever the operator. Between the pipeline
// and the engine stands a connection that changes the statement of one operator: the SELECT in
// which a text stands that only this operator writes gives one row fewer, or its first one twice.
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/run/pipeline/bind.h"
#include "sluice/run/pipeline/execute.h"
#include "sluice/run/pipeline/source_columns.h"

namespace sluice::run {
namespace {

enum class Mutation : std::uint8_t { None, Lose, Double };

struct Mutant {
  Mutation mutation = Mutation::None;
  std::string mark;  // stands in the SELECT to change
  int changed = 0;   // statements
};

/// Where the SELECT begins and ends in which the text at `at` stands.
std::pair<std::size_t, std::size_t> select_around(const std::string& text, std::size_t at) {
  constexpr std::string_view kSelect = "(SELECT";
  int depth = 0;
  for (std::size_t open = at; open-- > 0;) {
    if (text[open] == ')') {
      ++depth;
    } else if (text[open] == '(' && depth-- == 0) {
      depth = 0;
      if (std::string_view(text).substr(open).starts_with(kSelect)) {
        std::size_t end = open + 1;
        for (int inner = 1; inner > 0; ++end) {
          inner += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
        }
        return {open + 1, end - 1};
      }
    }
  }
  return {text.find(" AS SELECT ") + 4, text.size()};
}

std::string mutated(std::string text, const Mutant& mutant) {
  const std::size_t at = text.rfind(mutant.mark);
  const auto [begin, end] = select_around(text, at);
  const std::string numbered =
      fmt::format("(SELECT *, row_number() OVER () AS mutant_number FROM ({}))",
                  text.substr(begin, end - begin));
  const std::string changed =
      mutant.mutation == Mutation::Lose
          ? fmt::format("SELECT * EXCLUDE (mutant_number) FROM {} WHERE mutant_number <> 1",
                        numbered)
          : fmt::format(
                "SELECT * EXCLUDE (mutant_number, mutant_copy) FROM (SELECT *, "
                "unnest(CASE WHEN mutant_number = 1 THEN [1, 2] ELSE [1] END) AS "
                "mutant_copy FROM {})",
                numbered);
  text.replace(begin, end - begin, changed);
  return text;
}

class MutantConnection final : public engine::Connection {
 public:
  MutantConnection(std::unique_ptr<engine::Connection> inner, std::shared_ptr<Mutant> mutant)
      : inner_(std::move(inner)), mutant_(std::move(mutant)) {}

  Result<std::int64_t> execute(const Context& context, const plan::Statement& statement) override {
    const bool is_target = mutant_->mutation != Mutation::None &&
                           (statement.text.starts_with("CREATE OR REPLACE TEMP ") ||
                            statement.text.starts_with("COPY ")) &&
                           !statement.text.starts_with("CREATE OR REPLACE TEMP MACRO") &&
                           statement.text.find(mutant_->mark) != std::string::npos;
    if (!is_target) {
      return inner_->execute(context, statement);
    }
    ++mutant_->changed;
    return inner_->execute(context, plan::Statement(mutated(statement.text, *mutant_)));
  }
  Result<ColumnStream> query(const Context& context, const plan::Statement& statement) override {
    return inner_->query(context, statement);
  }
  Result<schema::Schema> describe(const Context& context,
                                  const plan::Statement& statement) override {
    return inner_->describe(context, statement);
  }
  Result<std::int64_t> load(const Context& context, std::string_view name,
                            ColumnStream rows) override {
    return inner_->load(context, name, std::move(rows));
  }
  Status add_function(engine::Function function) override {
    return inner_->add_function(std::move(function));
  }
  Result<std::unique_ptr<engine::Gate>> add_gate(const engine::GateOptions& options) override {
    return inner_->add_gate(options);
  }
  Result<std::int64_t> execute_over(const Context& context, const plan::Statement& statement,
                                    std::string_view name, ColumnStream rows) override {
    return inner_->execute_over(context, statement, name, std::move(rows));
  }
  void* native_handle() override { return inner_->native_handle(); }

 private:
  std::unique_ptr<engine::Connection> inner_;
  std::shared_ptr<Mutant> mutant_;
};

plan::RawSql sql(std::string text) { return {.text = std::move(text), .reads = {}, .at = {}}; }

plan::Step assign(std::string column, plan::ColumnExpr value) {
  return plan::Assign{{{.column = std::move(column), .value = std::move(value)}}};
}

struct Operator {
  std::string name;
  plan::Step step;
  std::string mark;
};

std::vector<Operator> column_operators() {
  return {
      {"sql", assign("note", sql("upper(note)")), "upper(note)"},
      {"derive", assign("twice", sql("amount * 2")), "amount * 2"},
      {"cast",
       assign("size",
              plan::CastTo{
                  .column = "size", .type = {schema::Integer{.bits = 64}}, .type_name = "bigint"}),
       "TRY_CAST(\"size\" AS"},
      {"trim", assign("note", plan::TrimText{.column = "note"}), "trim(\"note\""},
      {"lower", assign("note", plan::ChangeCase{.column = "note"}), "lower(\"note\")"},
      {"upper", assign("note", plan::ChangeCase{.column = "note", .to = plan::TextCase::Upper}),
       "upper(\"note\")"},
      {"coalesce", assign("note", plan::FirstOf{.columns = {"note", "size"}, .otherwise = {}}),
       "coalesce(\"note\", \"size\""},
      {"split", assign("notes", plan::SplitText{.column = "note", .delimiter = ";"}),
       "string_split("},
      {"map_values",
       assign("note", plan::MapValues{.column = "note",
                                      .mapping = {{std::string("b"), std::string("bee")}},
                                      .otherwise = {}}),
       "'b' THEN 'bee'"},
      {"json_extract",
       assign("city", plan::JsonPath{.column = "blob", .path = "$.city", .type = {}}),
       "->> '$.city'"},
      {"bucket",
       assign("band", plan::Bands{.column = "amount",
                                  .bands = {{.label = "low", .below = std::int64_t{3}}},
                                  .otherwise = {}}),
       "THEN 'low'"},
      {"date_diff", assign("age", plan::DateDifference{.from = "first", .to = "last"}),
       "date_diff('day'"},
      {"rename", plan::RenameColumns{{{"note", "remark"}}}, "\"note\" AS \"remark\""},
      {"select", plan::KeepColumns{{"note", "id"}}, "SELECT \"note\", \"id\""},
      {"drop", plan::DropColumns{{"note"}}, "SELECT \"id\", \"amount\""},
      {"lookup",
       plan::LookUp{.column = "city",
                    .reference = "cities",
                    .on = "id",
                    .key = "id",
                    .value = "city",
                    .otherwise = std::string("none")},
       "coalesce(CAST(_sluice_r._sluice_value"},
  };
}

plan::Step join(plan::JoinKind kind) {
  return plan::JoinReference{.reference = "places",
                             .on = "id",
                             .key = "id",
                             .columns = {{.column = "place", .output = "place", .otherwise = {}}},
                             .kind = kind};
}

std::vector<Operator> row_operators() {
  const std::string joined = " JOIN \"places\" AS _sluice_r ON ";
  return {
      {"filter", plan::FilterRows{sql("amount > 1")}, "amount > 1"},
      {"deduplicate", plan::KeepFirst{.key = {"id"}, .sort_by = {"amount"}},
       "row_number() OVER (PARTITION BY \"id\""},
      {"explode", plan::ExplodeList{.column = "tags", .output = "tag"}, "unnest("},
      {"date_range_explode", plan::ExplodeDates{.output = "day", .start = "first", .end = "last"},
       "generate_series("},
      {"left join", join(plan::JoinKind::Left), joined},
      {"inner join", join(plan::JoinKind::Inner), joined},
      {"right join", join(plan::JoinKind::Right), joined},
      {"full join", join(plan::JoinKind::Full), joined},
      {"rollup",
       plan::Rollup{.group_by = {"id"},
                    .aggregations = {{.output = "n", .value = sql("count(*)")}},
                    .keys = {},
                    .key_expr = {}},
       "AS _sluice_grouped"},
      {"pivot",
       plan::Pivot{.id_columns = {"id"},
                   .pivot_column = "note",
                   .columns = {{.output = "b",
                                .value_column = "amount",
                                .pivot_value = std::string("b"),
                                .aggregate = plan::Aggregate::Sum}}},
       "AS _sluice_grouped"},
      {"unpivot",
       plan::Unpivot{.id_columns = {"id"},
                     .column_key = {{"amount", "amount"}, {"weight", "weight"}},
                     .key_column = "metric",
                     .value_column = "value"},
       "_sluice_u.k AS"},
  };
}

/// Written over several lines: an array of objects is read as they are.
constexpr std::string_view kRows = R"([
{"id": 1, "note": " a", "amount": 1, "weight": 5, "size": "10", "first": "1969-12-01",
 "last": "1969-12-03", "tags": ["x", "y"], "blob": "{\"city\": \"Oslo\"}"},
{"id": 2, "note": "b", "amount": 2, "weight": 6, "size": "11", "first": "1969-12-01",
 "last": "1969-12-01", "tags": [], "blob": null},
{"id": 3, "note": null, "amount": 3, "weight": null, "size": null, "first": null,
 "last": null, "tags": null, "blob": "{}"},
{"id": 1, "note": "c;d", "amount": 4, "weight": 8, "size": "13", "first": "1969-12-02",
 "last": "1969-12-04", "tags": ["z"], "blob": "{\"city\": \"Ulm\"}"},
{"id": 7, "note": "refused", "amount": 9, "weight": 9, "size": "14", "first": "1969-12-01",
 "last": "1969-12-02", "tags": ["q"], "blob": null}
])";

class Mutants : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    open();
    write("in.json", kRows);
    write("cities.csv", "id,city\n1,Oslo\n2,Ulm\n");
    write("places.csv", "id,place\n1,A\n1,B\n3,C\n99,D\n");
  }

  void open() {
    connection_.reset();
    engine_ = engine::make_duckdb_engine({.threads_max = 1}).value();
    auto inner = engine_->connect(context_);
    connection_ = std::make_unique<MutantConnection>(std::move(inner).value(), mutant_);
  }

  std::string write(const std::string& name, std::string_view text) {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  plan::Reference reference(const std::string& name) const {
    return {.name = name,
            .scan = plan::FileScan{.files = {folder_.path() + "/" + name + ".csv"},
                                   .format = plan::CsvFormat{}},
            .columns = {},
            .filter = {},
            .query = {}};
  }

  /// A rule that refuses one row, and a step or none.
  plan::Pipeline pipeline(const Operator* one, plan::Phase phase) const {
    plan::Pipeline made{.source = plan::FileScan{.files = {folder_.path() + "/in.json"},
                                                 .format = plan::JsonFormat{}},
                        .source_label = "in.json"};
    made.references = {reference("cities"), reference("places")};
    made.row_rules.push_back({.name = "known",
                              .predicate = plan::Expr{sql("coalesce(id, 0) <> 7")},
                              .message = "Rule failed: known",
                              .category = "correctness",
                              .severity = plan::Severity::Error,
                              .phase = {},
                              .at = {}});
    if (one != nullptr) {
      made.steps.push_back({.name = one->name, .phase = phase, .step = one->step, .at = {}});
    }
    return made;
  }

  Result<Executed> run(plan::Pipeline pipeline, Mutation mutation, const std::string& mark) {
    SLUICE_CHECK(settle_references(context_, *connection_, pipeline.references));
    *mutant_ = {.mutation = Mutation::None, .mark = mark, .changed = 0};
    auto bound = bind_pipeline(context_, *connection_, pipeline, {}, "run-1");
    if (!bound) {
      return std::move(bound).error();
    }
    mutant_->mutation = mutation;
    const RowWriter writer = [&](const std::string& select) -> Result<StreamedRows> {
      const std::string path = folder_.path() + "/good.parquet";
      SLUICE_TRY(const std::int64_t rows,
                 connection_->execute(
                     context_, fmt::format("COPY ({}) TO '{}' (FORMAT parquet)", select, path)));
      return StreamedRows{.from = fmt::format("read_parquet('{}')", path), .rows = rows};
    };
    return execute_pipeline(context_, *connection_, *bound, nullptr,
                            GetParam() ? writer : RowWriter());
  }

  void expect_failure(const plan::Pipeline& pipeline, Mutation mutation, const std::string& mark) {
    const auto result = run(pipeline, mutation, mark);
    EXPECT_GT(mutant_->changed, 0) << "no statement holds " << mark;
    ASSERT_FALSE(result) << "the run took it";
    EXPECT_EQ(result.error().code, ErrorCode::Internal) << to_string(result.error());
  }

  void expect_failures(const std::vector<Operator>& operators) {
    for (const plan::Phase phase : {plan::Phase::Pre, plan::Phase::Post}) {
      for (const Operator& one : operators) {
        SCOPED_TRACE(fmt::format("{} {}", phase == plan::Phase::Pre ? "pre" : "post", one.name));
        open();
        const plan::Pipeline whole = pipeline(&one, phase);
        const auto done = run(whole, Mutation::None, one.mark);
        ASSERT_TRUE(done) << to_string(done.error());
        expect_failure(whole, Mutation::Lose, one.mark);
        expect_failure(whole, Mutation::Double, one.mark);
      }
    }
  }

  Context context_;
  TempFolder folder_ = TempFolder::make("mutants").value();
  std::shared_ptr<Mutant> mutant_ = std::make_shared<Mutant>();
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
};

TEST_P(Mutants, ARowThatAnOperatorOnColumnsLosesOrDoublesIsAnError) {
  expect_failures(column_operators());
}

TEST_P(Mutants, ARowThatAnOperatorOnRowsLosesOrDoublesIsAnError) {
  expect_failures(row_operators());
}

TEST_P(Mutants, ARowThatTheJudgementOrTheSplitLosesOrDoublesIsAnError) {
  const plan::Pipeline plain = pipeline(nullptr, plan::Phase::Pre);
  for (const Mutation mutation : {Mutation::Lose, Mutation::Double}) {
    for (const std::string_view mark :
         {"list_filter(", "TEMP VIEW sluice_good AS", "TEMP VIEW sluice_bad AS",
          "TEMP VIEW sluice_bad_text AS"}) {
      SCOPED_TRACE(mark);
      expect_failure(plain, mutation, std::string(mark));
    }
  }
}

/// Which rows a SELECT of the contract gives is its own say: it is marked, and nothing is claimed.
TEST_P(Mutants, OfASelectOfTheContractOnlyItsEndsAreKnown) {
  const Operator select{
      "sql",
      plan::SqlSelect{
          .query = sql("SELECT * FROM source WHERE amount > 1"), .items = {}, .columns = {}},
      "amount > 1"};
  const auto result = run(pipeline(&select, plan::Phase::Post), Mutation::Lose, select.mark);
  ASSERT_TRUE(result) << to_string(result.error());
  EXPECT_TRUE(result->ledger.back().is_opaque);
}

INSTANTIATE_TEST_SUITE_P(Rows, Mutants, testing::Bool(),
                         [](const auto& one) { return one.param ? "Streamed" : "Kept"; });

}  // namespace
}  // namespace sluice::run
