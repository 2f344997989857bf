#include "sluice/contract/run/run.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/contract/landing/source_files.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/masking/openssl/openssl_vault.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::contract {
namespace {

using run::RunResult;
using run::RunStatus;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kCustomers = R"(
info: {title: customers, target_layer: silver}
source: {path: landing/*.json, load_mode: incremental, watermark_strategy: pipeline_log}
model:
  fields:
    - {name: cus_id, type: string, required: true}
    - {name: email, required: true}
transformations: [{sql: "LOWER(TRIM(email)) AS email"}]
quality: {row_rules: [{sql: "email LIKE '%@%.%'"}]}
materialization: {strategy: merge, primary_key: [cus_id], format: parquet, target_path: TARGET}
)";

class Run : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& text) {
    const std::string path = folder_.path() + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    return path;
  }

  std::string customers() {
    std::string text(kCustomers);
    text.replace(text.find("TARGET"), 6, folder_.path() + "/lake/silver_customers");
    write("landing/a.json", R"([{"cus_id": "C100", "email": "Logged@Corp.com "},
 {"cus_id": "C101", "email": "user101@corp.com"}])");
    write("landing/b.json", R"({"cus_id": "C102", "email": "not_an_email"}
{"cus_id": "C103", "email": null})");
    return write("customers.yaml", text);
  }

  RunOptions options() {
    RunOptions options;
    options.open_engine = [](const engine::EngineOptions& open) {
      return engine::make_duckdb_engine(open);
    };
    options.render_record = [](const RunResult& result) { return result.run_id; };
    return options;
  }

  RunOptions masking_options() {
    RunOptions with = options();
    with.keys = {.current = "a key of the test", .older = {}};
    with.open_vault = masking::make_openssl_vault;
    return with;
  }

  std::string rows_text(const std::string& name, const std::string& columns) {
    std::string text;
    for (const std::string& line : table(name, columns)) {
      text += line + "\n";
    }
    return text;
  }

  std::vector<std::string> rows(const std::string& select) {
    auto engine = engine::make_duckdb_engine({}).value();
    auto connection = engine->connect(context_).value();
    std::vector<std::string> lines;
    for (const run::TextRow& row : run::query_texts(context_, *connection, select).value()) {
      std::string line;
      for (std::size_t i = 0; i < row.size(); ++i) {
        line += (i == 0 ? "" : "|") + row[i].value_or("-");
      }
      lines.push_back(line);
    }
    return lines;
  }
  std::vector<std::string> table(const std::string& name, const std::string& columns) {
    return rows("SELECT " + columns + " FROM '" + folder_.path() + "/" + name +
                "/*.parquet' ORDER BY 1");
  }
  std::string text_of(const std::string& name) {
    std::stringstream text;
    text << std::ifstream(folder_.path() + "/" + name).rdbuf();
    return text.str();
  }

  Context context_;
  TempFolder folder_ = TempFolder::make("run").value();
};

TEST_F(Run, TheQuickstartSplitsAndExplainsItsRows) {
  const RunResult result = run(context_, customers(), options()).value();
  EXPECT_EQ(result.status, RunStatus::Succeeded);
  EXPECT_EQ(result.rows, (run::RowTotals{.source = 4, .good = 2, .quarantined = 2, .written = 2}));
  EXPECT_THAT(table("lake/silver_customers", "cus_id, email"),
              ElementsAre("C100|logged@corp.com", "C101|user101@corp.com"));
  EXPECT_THAT(table("lake/quarantine/silver_customers",
                    "cus_id, email, _lakelogic_errors[1], _lakelogic_categories[1]"),
              ElementsAre("C102|not_an_email|Rule failed: email LIKE '%@%.%'|correctness",
                          "C103|-|Rule failed: email is required|completeness"));
  EXPECT_TRUE(std::filesystem::exists(folder_.path() + "/lake/silver_customers/_sluice/runs/" +
                                      result.run_id + ".json"));
}

TEST_F(Run, WhatStandsAboveAContractIsReadAsValidateReadsIt) {
  write("landing/a.csv", "id,name\n1,a\n,b\n");
  write("mesh/_system.yaml",
        "storage: {landing: " + folder_.path() +
            "/landing}\n"
            "environments:\n  dev: {lake: " +
            folder_.path() +
            "/dev}\n"
            "lineage: {enabled: true, capture_source_path: false, capture_run_id: false,\n"
            "          capture_contract_name: false, capture_domain: false}\n");
  write("mesh/_domain.yaml", "domain: mobility\n");
  const std::string path = write("mesh/silver/people.yaml", R"(version: 1.0.0
info: {title: People, version: 1.0.0}
source: {type: landing, path: '{landing}/*.csv', load_mode: full}
model:
  fields:
    - {name: id, type: int, required: true}
    - {name: name, type: string}
materialization: {strategy: overwrite, target_path: '{lake}/${SLUICE_PART}'}
stages:
  loose: {quality: {enforce_required: false}}
)");
  RunOptions with = options();
  with.mesh.environment = "dev";
  with.mesh.variable = [](const std::string& name) {
    return name == "SLUICE_PART" ? std::optional<std::string>("people") : std::nullopt;
  };
  const RunResult strict = run(context_, path, with).value();
  EXPECT_EQ(strict.rows.good, 1);
  EXPECT_THAT(table("dev/people", "id, _lakelogic_created_at IS NOT NULL"), ElementsAre("1|true"));

  with.mesh.stage = "loose";
  with.again = true;
  const RunResult loose = run(context_, path, with).value();
  EXPECT_EQ(loose.rows.good, 2);
  EXPECT_NE(loose.contract.fingerprint, strict.contract.fingerprint);

  with.mesh.stage = "unheard";
  const auto unknown = run(context_, path, with);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code, ErrorCode::InvalidContract);
  with.mesh.stage.clear();
  with.mesh.environment.clear();
  const auto unresolved = run(context_, path, with);
  ASSERT_FALSE(unresolved) << "nothing says what {lake} is";
  EXPECT_EQ(unresolved.error().code, ErrorCode::InvalidContract);
}

TEST_F(Run, ASecondRunReadsOnlyNewFiles) {
  const std::string contract = customers();
  (void)run(context_, contract, options()).value();
  const RunResult again = run(context_, contract, options()).value();
  EXPECT_EQ(again.status, RunStatus::Skipped);
  EXPECT_THAT(again.reason, HasSubstr("no new file"));
  write("landing/c.json", R"({"cus_id": "C100", "email": "new@corp.com"})");
  const RunResult third = run(context_, contract, options()).value();
  EXPECT_THAT(third.files, SizeIs(1));
  EXPECT_EQ(third.target->updated, 1);
  EXPECT_THAT(table("lake/silver_customers", "cus_id, email"),
              ElementsAre("C100|new@corp.com", "C101|user101@corp.com"));
}

TEST_F(Run, AFileThatCannotBeReadBindsNoLaterRun) {
  const std::string contract = customers();
  write("landing/c.json", R"([{"cus_id": "C104", "email")");
  const auto broken = run(context_, contract, options());
  ASSERT_FALSE(broken.has_value());
  EXPECT_EQ(broken.error().code, ErrorCode::DataRejected);
  EXPECT_THAT(broken.error().hint, HasSubstr("mend the line"));
  write("landing/c.json", R"([{"cus_id": "C104", "email": "user104@corp.com"}])");
  const RunResult mended = run(context_, contract, options()).value();
  EXPECT_EQ(mended.rows.source, 5);
  EXPECT_EQ(mended.batch, 1);
}

TEST_F(Run, LinesCarryTheRunAndSayWhatBecameOfRows) {
  struct Lines final : Log {
    void write(const LogLine& line) override { all.push_back(line); }
    std::vector<LogLine> all;
  } lines;
  context_.log = &lines;
  const RunResult result = run(context_, customers(), options()).value();
  ASSERT_THAT(lines.all, SizeIs(4));
  EXPECT_EQ(lines.all[0].level, LogLevel::Warning);
  EXPECT_THAT(lines.all[0].message,
              HasSubstr("2 records quarantined in 'customers'. Total: 4 (ratio 50.0%)"));
  EXPECT_EQ(lines.all[1].message,
            "Quality Check: cus_id_unique | Result: 0 | Expected: = 0 | Status: PASS");
  EXPECT_THAT(lines.all[2].message, HasSubstr("Wrote 2 quarantined rows to "));
  EXPECT_THAT(lines.all[3].message, HasSubstr("Wrote 2 valid rows to "));
  for (const LogLine& line : lines.all) {
    EXPECT_THAT(line.fields, testing::Contains(testing::Pair("run_id", result.run_id)));
    EXPECT_THAT(line.fields, testing::Contains(testing::Pair("layer", "silver")));
  }
}

TEST_F(Run, OutputsAreFilesAndNothingElseIsWritten) {
  const std::string contract = customers();
  RunOptions with = options();
  with.materialize = false;
  with.output_good = folder_.path() + "/out/good.jsonl";
  with.output_bad = folder_.path() + "/out/bad.csv";
  const RunResult result = run(context_, contract, with).value();
  EXPECT_EQ(text_of("out/good.jsonl"),
            "{\"cus_id\":\"C100\",\"email\":\"logged@corp.com\"}\n"
            "{\"cus_id\":\"C101\",\"email\":\"user101@corp.com\"}\n");
  EXPECT_THAT(text_of("out/bad.csv"), HasSubstr("C103,,"));
  EXPECT_FALSE(result.target.has_value());
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/lake"));
}

TEST_F(Run, AFailedDataSetGateKeepsTheTargetAsItWas) {
  write("in.jsonl", "{\"id\": 1}\n{\"id\": 1}\n");
  const std::string contract = write("c.yaml", R"(
version: 1.0.0
info: {title: T, table_name: t}
source: {type: landing, path: in.jsonl}
model: {fields: [{name: id, type: integer, required: true}]}
quality:
  fail_pipeline_on_dataset_error: true
  dataset_rules: [{name: id_unique, unique: id}]
)");
  RunOptions with = options();
  with.target = folder_.path() + "/target";
  const RunResult result = run(context_, contract, with).value();
  EXPECT_EQ(result.status, RunStatus::Failed);
  EXPECT_THAT(result.reason, HasSubstr("id_unique"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/target/_sluice/manifest/1.json"));
}

TEST_F(Run, WhatAGateStoppedIsReadAgainAsItIsByThen) {
  const std::string contract = write("c.yaml", R"(
version: 1.0.0
info: {title: T, table_name: t}
source: {type: landing, path: in/*.jsonl, load_mode: incremental}
model: {fields: [{name: id, type: integer, required: true}]}
quarantine: {fail_on_quarantine: true}
)");
  RunOptions with = options();
  with.target = folder_.path() + "/target";
  write("in/a.jsonl", "{\"id\": 1}\n{\"id\": null}\n");
  const RunResult stopped = run(context_, contract, with).value();
  EXPECT_EQ(stopped.status, RunStatus::Failed);
  EXPECT_EQ(stopped.batch, 0);
  EXPECT_THAT(stopped.reasons_sample.rows, SizeIs(1));
  ASSERT_TRUE(stopped.quarantine.has_value());
  EXPECT_EQ(stopped.quarantine->rows, 1) << "what a gate stopped is kept";
  write("in/a.jsonl", "{\"id\": 1}\n{\"id\": 2}\n");
  write("in/b.jsonl", "{\"id\": 3}\n");
  const RunResult mended = run(context_, contract, with).value();
  EXPECT_EQ(mended.status, RunStatus::Succeeded) << mended.reason;
  EXPECT_EQ(mended.batch, 1);
  EXPECT_THAT(table("target", "id"), ElementsAre("1", "2", "3"));
  EXPECT_EQ(run(context_, contract, with).value().status, RunStatus::Skipped);
}

TEST_F(Run, WhatTheTableRefusesBindsNobody) {
  const std::string contract = write("c.yaml", R"(
version: 1.0.0
info: {title: T, table_name: t}
primary_key: [id]
source: {type: landing, path: in/*.jsonl, load_mode: incremental}
model: {fields: [{name: id, type: integer}, {name: n, type: integer, required: true}]}
materialization: {strategy: merge}
)");
  RunOptions with = options();
  with.target = folder_.path() + "/target";
  with.output_good = folder_.path() + "/good.jsonl";
  write("in/a.jsonl", "{\"id\": 1, \"n\": 1}\n{\"id\": 1, \"n\": 2}\n{\"id\": 2}\n");
  EXPECT_THAT(run(context_, contract, with).error().message, HasSubstr("a key may come once"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/quarantine"));
  EXPECT_FALSE(std::filesystem::exists(with.output_good));
  write("in/a.jsonl", "{\"id\": 1, \"n\": 2}\n{\"id\": 2}\n");
  const RunResult mended = run(context_, contract, with).value();
  EXPECT_EQ(mended.batch, 1);
  EXPECT_EQ(mended.rows.quarantined, 1);
  EXPECT_THAT(table("target", "id"), ElementsAre("1"));
  EXPECT_EQ(run(context_, contract, with).value().status, RunStatus::Skipped);
}

TEST_F(Run, AnOutputReplacesThatOfTheRunBeforeAndNothingThatIsRead) {
  const std::string contract = customers();
  RunOptions with = options();
  with.materialize = false;
  with.output_good = folder_.path() + "/good.csv";
  ASSERT_TRUE(run(context_, contract, with).has_value());
  const std::string first = text_of("good.csv");
  write("landing/a.json", R"([{"cus_id": "C1", "email": "a@b.org"}])");
  ASSERT_TRUE(run(context_, contract, with).has_value());
  EXPECT_NE(text_of("good.csv"), first);
  EXPECT_EQ(text_of("good.csv"), "cus_id,email\nC1,a@b.org\n");
  std::filesystem::create_hard_link(folder_.path() + "/landing/a.json",
                                    folder_.path() + "/same.jsonl");
  with.output_good = folder_.path() + "/same.jsonl";
  EXPECT_EQ(run(context_, contract, with).error().code, ErrorCode::InvalidArgument);
  with.output_good = with.output_bad = folder_.path() + "/both.csv";
  EXPECT_EQ(run(context_, contract, with).error().code, ErrorCode::InvalidArgument);
  with.output_good = contract;
  EXPECT_EQ(run(context_, contract, with).error().code, ErrorCode::InvalidArgument);
  with.output_good = folder_.path();
  with.output_bad = "";
  with.output_format = "csv";
  EXPECT_FALSE(run(context_, contract, with).has_value());
  EXPECT_THAT(text_of("landing/a.json"), HasSubstr("a@b.org"));
}

TEST_F(Run, TheContractsSqlReachesNoOtherFile) {
  write("secret.csv", "a\n1\n");
  write("in.jsonl", "{\"id\": 1}\n");
  std::string text = R"yaml(
version: 1.0.0
info: {title: T, table_name: t}
source: {type: landing, path: in.jsonl}
model: {fields: [{name: id, type: integer}]}
quality: {row_rules: [{name: peek, sql: "id IN (SELECT a FROM 'SECRET')"}]}
)yaml";
  text.replace(text.find("SECRET"), 6, folder_.path() + "/secret.csv");
  const std::string contract = write("c.yaml", text);
  EXPECT_FALSE(run(context_, contract, options()));
}

constexpr std::string_view kMasked = R"(
version: 1.0.0
info: {title: T, table_name: t}
source: {type: landing, path: in.jsonl}
model:
  fields:
    - {name: id, type: integer}
    - {name: email, type: string, pii: true, masking: encrypt}
transformations: [{sql: "LOWER(mail) AS email", phase: pre}]
quality: {row_rules: [{name: shape, sql: "email LIKE '%@%'"}]}
)";

TEST_F(Run, MaskedFieldsAndWhatTheyAreMadeFromLeaveMasked) {
  write("in.jsonl", "{\"id\": 1, \"mail\": \"A@b.c\"}\n{\"id\": 2, \"mail\": \"secret\"}\n");
  RunOptions with = masking_options();
  with.output_good = folder_.path() + "/good.jsonl";
  with.output_bad = folder_.path() + "/bad.jsonl";
  with.target = folder_.path() + "/target";
  with.sample_rows = 5;
  const RunResult result = run(context_, write("c.yaml", std::string(kMasked)), with).value();
  EXPECT_EQ(result.rows.good, 1);
  EXPECT_EQ(result.rows.quarantined, 1);
  for (const std::string& text :
       {text_of("good.jsonl"), text_of("bad.jsonl"), rows_text("target", "id, email, mail"),
        rows_text("quarantine/target", "id, mail"),
        result.good_sample.rows.at(0).at(1).value_or("") + "," +
            result.bad_sample.rows.at(0).at(1).value_or("")}) {
    EXPECT_THAT(text, HasSubstr("enc:"));
    EXPECT_THAT(text, testing::Not(testing::AnyOf(HasSubstr("@b.c"), HasSubstr("secret"))));
  }
}

TEST_F(Run, AMissingKeyStopsTheRunBeforeARowIsRead) {
  write("in.jsonl", "no JSON at all");
  RunOptions with = masking_options();
  with.keys = {};
  with.target = folder_.path() + "/target";
  const auto refused = run(context_, write("c.yaml", std::string(kMasked)), with);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
  EXPECT_THAT(refused.error().hint, HasSubstr("SLUICE_PII_KEY"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/target"));
}

TEST_F(Run, WhatTheEngineSaysStaysInsideWhenAContractMasks) {
  write("in.jsonl", "{\"id\": 1, \"mail\": \"A@b.c\n");
  const auto broken = run(context_, write("c.yaml", std::string(kMasked)), masking_options());
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().native, IsEmpty());
  EXPECT_THAT(to_string(broken.error()), testing::Not(HasSubstr("@b.c")));
  // But which file it is, and where.
  EXPECT_THAT(to_string(broken.error()),
              testing::ContainsRegex("reading line [0-9]+ of '[^']*in.jsonl'"));
}

TEST_F(Run, AClearColumnMadeFromAMaskedOneDoesNotRun) {
  write("in.jsonl", "{\"id\": 1, \"mail\": \"A@b.c\"}\n");
  for (const std::string step :
       {"{sql: \"SELECT *, email AS id FROM source\"}", "{sql: \"SELECT email AS id FROM source\"}",
        "{sql: \"SELECT s.*, s AS id FROM source s\"}",
        "{sql: \"SELECT id FROM source UNION SELECT email FROM source\"}",
        "{sql: \"SELECT t.* FROM source t(email, id)\"}",
        "{sql: \"SELECT s.id FROM source s, source t\"}",
        "{sql: \"SELECT *, (SELECT max(email) FROM source) AS id FROM source\"}",
        "{sql: \"WITH x AS (SELECT 1) SELECT * FROM source\"}",
        "{sql: \"length(to_json(source)) AS id\"}"}) {
    std::string text(kMasked);
    text.replace(text.find("transformations: ["), 18, "transformations: [" + step + ", ");
    const auto refused = run(context_, write("c.yaml", text), masking_options());
    ASSERT_FALSE(refused) << step;
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidContract) << to_string(refused.error());
  }
}

TEST_F(Run, AJoinedSelectKeepsMasksUnderEveryNameThatTheEngineGives) {
  write("in.jsonl", "{\"id\": 1, \"mail\": \"A@b.c\"}\n");
  write("people.csv", "key,mail,email,email_1\n1,other,clear,taken\n");
  std::string text(kMasked);
  text.replace(text.find("transformations: ["), 18,
               "links: [{name: people, path: people.csv}]\ntransformations: [{phase: post, sql: "
               "\"SELECT p.*, s.* FROM source AS s LEFT JOIN people p ON p.key = s.id\"}, ");
  RunOptions with = masking_options();
  with.output_good = folder_.path() + "/good.jsonl";
  const auto done = run(context_, write("c.yaml", text), with);
  ASSERT_TRUE(done) << to_string(done.error());
  EXPECT_THAT(text_of("good.jsonl"), HasSubstr("\"email_2\":\"enc:"));
  EXPECT_THAT(text_of("good.jsonl"), testing::Not(HasSubstr("@b.c")));
}

TEST_F(Run, AnObservedValueOfAMaskedColumnIsNotTold) {
  write("in.jsonl", "{\"id\": 1, \"mail\": \"4711@x\"}\n");
  std::string text(kMasked);
  text.replace(
      text.find("quality: {"), 10,
      "quality: {dataset_rules: [{name: top, sql: \"SELECT "
      "max(CAST(split_part(email, '@', 1) AS INTEGER)) FROM source\", must_be_less_than: 1}], ");
  const RunResult result = run(context_, write("c.yaml", text), masking_options()).value();
  EXPECT_FALSE(*result.dataset_rules.at(0).passed);
  EXPECT_TRUE(result.dataset_rules.at(0).is_hidden);
  EXPECT_FALSE(result.dataset_rules.at(0).observed.has_value());
}

TEST_F(Run, PlanningTouchesNothing) {
  const PlannedRun planned = plan_run(context_, customers(), options()).value();
  EXPECT_THAT(planned.files, SizeIs(2));
  EXPECT_THAT(planned.pipeline, HasSubstr("rule email LIKE"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/lake"));
}

TEST_F(Run, PlanningLeavesAnInterruptedCommitAsItIs) {
  namespace fs = std::filesystem;
  write("in.csv", "id\n1\n");
  const std::string path = write("c.yaml", R"(
version: 1.0.0
info: {title: T, table_name: t}
source: {type: landing, path: in.csv}
model: {fields: [{name: id, type: int}]}
materialization: {strategy: append, format: parquet, target_path: )" +
                                               folder_.path() + "/lake/t}\n");
  ASSERT_TRUE(run(context_, path, options()));
  fs::path shown;
  for (const auto& entry : fs::directory_iterator(folder_.path() + "/lake/t")) {
    shown = entry.path().extension() == ".parquet" ? entry.path() : shown;
  }
  const fs::path staged = shown.parent_path() / ("_" + shown.filename().string() + ".staged");
  fs::rename(shown, staged);  // as a commit leaves it that was killed before its renames
  ASSERT_TRUE(plan_run(context_, path, options()));
  EXPECT_TRUE(fs::exists(staged));
  EXPECT_FALSE(fs::exists(shown));
}

TEST_F(Run, NoMatchingFileIsAnErrorWithAHint) {
  const std::string contract = write("c.yaml", R"(
version: 1.0.0
info: {title: T, table_name: t}
source: {type: landing, path: nothing/*.json}
model: {fields: [{name: id, type: integer}]}
)");
  const auto missing = run(context_, contract, options());
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::NotFound);
  EXPECT_THAT(missing.error().hint, HasSubstr("empty_behavior"));
}

TEST(MatchesGlob, StarsStayInTheirFolderUnlessDoubled) {
  EXPECT_TRUE(matches_glob("a/*.json", "a/b.json"));
  EXPECT_FALSE(matches_glob("a/*.json", "a/b/c.json"));
  EXPECT_TRUE(matches_glob("a/**/*.json", "a/b/c.json"));
  EXPECT_TRUE(matches_glob("a/**/*.json", "a/c.json"));
  EXPECT_TRUE(matches_glob("year=202[45]/x?.csv", "year=2024/x1.csv"));
}

}  // namespace
}  // namespace sluice::contract
