// Refused rows of contracts that mask: what is sealed beside them, and the replay of it.
#include "sluice/contract/run/quarantine.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/contract/run/replay.h"
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
using testing::Not;
using testing::SizeIs;

constexpr std::string_view kPeople = R"(
info: {title: people, table_name: people}
source: {path: landing/*.json, load_mode: incremental, watermark_strategy: pipeline_log}
model:
  fields:
    - {name: id, type: integer, required: true}
    - {name: mail, type: string, masking: MASKING, masking_format: FORMAT}
    - {name: born, type: date}
transformations: [{sql: "LOWER(TRIM(mail)) AS mail"}]
quality: {row_rules: [{name: mail_shape, sql: "mail LIKE 'PATTERN'"}]}
materialization: {strategy: append, format: parquet, target_path: TARGET}
QUARANTINE
)";

class SealTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    const std::string path = folder_.path() + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
  }
  static void replace(std::string& text, const std::string& what, const std::string& with) {
    text.replace(text.find(what), what.size(), with);
  }

  std::string contract(const std::string& masking, const std::string& pattern,
                       const std::string& quarantine = "", const std::string& lake = "lake") {
    std::string text(kPeople);
    const bool is_equal = masking == "encrypt";
    replace(text, ", masking_format: FORMAT", is_equal ? ", masking_format: deterministic" : "");
    replace(text, "MASKING", masking);
    replace(text, "PATTERN", pattern);
    replace(text, "TARGET", folder_.path() + "/" + lake + "/people");
    replace(text, "QUARANTINE", quarantine);
    write("people.yaml", text);
    return folder_.path() + "/people.yaml";
  }

  void land() {
    write("landing/a.json", R"([{"id": 1, "mail": " Ann.canary1@Example.org", "born": "1970-01-01"},
{"id": 2, "mail": "bob \"canary2\" \\2 at example", "born": "1980-02-03"},
{"id": 3, "mail": "\"eve\\canary3\" at home", "born": "no canary4 date"},
{"id": 4, "mail": null, "born": null}])");
  }

  RunOptions options(const std::string& key = "a key of the test") {
    RunOptions options;
    options.open_engine = [](const engine::EngineOptions& open) {
      return engine::make_duckdb_engine(open);
    };
    options.render_record = [](const RunResult& result) { return result.run_id; };
    options.keys = {.current = key, .older = {}};
    options.open_vault = masking::make_openssl_vault;
    return options;
  }

  std::vector<std::string> target(const std::string& lake = "lake") {
    auto engine = engine::make_duckdb_engine({}).value();
    auto connection = engine->connect(context_).value();
    std::vector<std::string> lines;
    for (const run::TextRow& row :
         run::query_texts(context_, *connection,
                          fmt::format("SELECT CAST(id AS VARCHAR), mail, CAST(born AS VARCHAR) "
                                      "FROM '{}/{}/people/*.parquet' ORDER BY id",
                                      folder_.path(), lake))
             .value()) {
      lines.push_back(fmt::format("{}|{}|{}", row[0].value_or("-"), row[1].value_or("-"),
                                  row[2].value_or("-")));
    }
    return lines;
  }

  /// Everything that lies below the lake; columns of Parquet files as they are read.
  std::string all_that_is_kept() {
    std::string all;
    auto engine = engine::make_duckdb_engine({}).value();
    auto connection = engine->connect(context_).value();
    for (const auto& file :
         std::filesystem::recursive_directory_iterator(folder_.path() + "/lake")) {
      if (!file.is_regular_file()) {
        continue;
      }
      std::stringstream bytes;
      bytes << std::ifstream(file.path(), std::ios::binary).rdbuf();
      all += bytes.str();
      if (file.path().extension() == ".parquet") {
        for (const run::TextRow& row :
             run::query_texts(
                 context_, *connection,
                 fmt::format("SELECT CAST(f AS VARCHAR) FROM '{}' AS f", file.path().string()))
                 .value()) {
          all += row[0].value_or("") + "\n";
        }
      }
    }
    return all;
  }

  Context context_;
  TempFolder folder_ = TempFolder::make("seal").value();
};

TEST_F(SealTest, WhatWasEncryptedMovesWhenTheRuleIsMended) {
  land();
  const RunResult first = run(context_, contract("encrypt", "%@%"), options()).value();
  EXPECT_EQ(first.rows.quarantined, 3);
  const std::string kept = all_that_is_kept();
  EXPECT_THAT(kept, HasSubstr("_lakelogic_sealed"));
  for (const char* canary : {"canary1", "canary2", "canary3"}) {
    EXPECT_THAT(kept, Not(HasSubstr(canary)));
  }
  const ReplayReport moved = replay(context_, contract("encrypt", "%"), {}, options()).value();
  EXPECT_EQ(moved.tried, 3);
  EXPECT_EQ(moved.moved, 1);  // one has no date, one no mail
  EXPECT_EQ(moved.left, 0);
  // A run that never failed brings the same rows: equal values are equal when they are encrypted.
  (void)run(context_, contract("encrypt", "%", "", "clean"), options()).value();
  EXPECT_THAT(target(), SizeIs(2));
  EXPECT_EQ(target(), target("clean"));
  EXPECT_THAT(all_that_is_kept(), Not(HasSubstr("canary2")));
}

TEST_F(SealTest, ARowIsReplayedFromItsOriginalAsOftenAsItIsTried) {
  land();
  (void)run(context_, contract("encrypt", "%@%"), options()).value();
  EXPECT_EQ(replay(context_, contract("encrypt", "%.%"), {}, options()).value().moved, 0);
  EXPECT_EQ(replay(context_, contract("encrypt", "%2 at%"), {}, options()).value().moved, 1);
  EXPECT_THAT(target(), SizeIs(2));
  EXPECT_THAT(all_that_is_kept(), Not(HasSubstr("canary2")));
}

TEST_F(SealTest, AnotherKeyOpensNothingAndSaysSo) {
  land();
  (void)run(context_, contract("encrypt", "%@%"), options()).value();
  const Result<ReplayReport> refused =
      replay(context_, contract("encrypt", "%"), {}, options("another"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
  EXPECT_THAT(refused.error().message, HasSubstr("another key"));
  EXPECT_THAT(refused.error().hint, HasSubstr("SLUICE_PII_OLD_KEYS"));
  // With the old key beside the new one it goes on where it was.
  RunOptions rotated = options("another");
  rotated.keys.older = {"a key of the test"};
  EXPECT_EQ(replay(context_, contract("encrypt", "%"), {}, rotated).value().moved, 1);
}

TEST_F(SealTest, OneWayMaskingsAreSealedOnlyWhenTheContractSaysSo) {
  for (const std::string masking : {"redact", "hash", "partial", "nullify"}) {
    SCOPED_TRACE(masking);
    std::filesystem::remove_all(folder_.path() + "/lake");
    land();
    (void)run(context_, contract(masking, "%@%"), options()).value();
    const ReplayReport left = replay(context_, contract(masking, "%"), {}, options()).value();
    EXPECT_EQ(left.tried, 0);
    EXPECT_EQ(left.left, 3);
    EXPECT_THAT(left.left_because, HasSubstr("masked and not sealed"));
    EXPECT_THAT(left.left_because, HasSubstr("'mail'"));
    std::filesystem::remove_all(folder_.path() + "/lake");
    const std::string seal = "quarantine: {seal: true}";
    (void)run(context_, contract(masking, "%@%", seal), options()).value();
    EXPECT_THAT(all_that_is_kept(), Not(HasSubstr("canary2")));
    const ReplayReport moved =
        replay(context_, contract(masking, "%", seal), {}, options()).value();
    EXPECT_EQ(moved.moved, 1);
    EXPECT_EQ(moved.left, 0);
    EXPECT_THAT(target(), SizeIs(2));
    EXPECT_THAT(all_that_is_kept(), Not(HasSubstr("canary2")));
  }
}

TEST_F(SealTest, SealingNeedsAKeyBeforeARowIsRead) {
  land();
  RunOptions without = options("");
  const Result<RunResult> refused =
      run(context_, contract("redact", "%@%", "quarantine: {seal: true}"), without);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
  EXPECT_THAT(refused.error().hint, HasSubstr("SLUICE_PII_KEY"));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/lake/quarantine"));
}

TEST_F(SealTest, ASealedRowIsShownMasked) {
  land();
  (void)run(context_, contract("encrypt", "%@%"), options()).value();
  auto reader = QuarantineReader::open(context_, contract("encrypt", "%@%"), options()).value();
  const QuarantineListing listed = reader.list(context_, {}, 10).value();
  ASSERT_THAT(listed.json, SizeIs(3));
  for (const std::string& row : listed.json) {
    EXPECT_THAT(row, Not(HasSubstr("canary2")));
    EXPECT_THAT(row, Not(HasSubstr("canary3")));
  }
}

}  // namespace
}  // namespace sluice::contract
