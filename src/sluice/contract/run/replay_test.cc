#include "sluice/contract/run/replay.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/base/test_size.h"
#include "sluice/contract/run/quarantine.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/storage/failing/failing_storage.h"
#include "sluice/storage/file/file_storage.h"

namespace sluice::contract {
namespace {

using run::RunResult;
using run::RunStatus;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view kOrders = R"(
info: {title: orders, table_name: orders, target_layer: silver}
source: {path: landing/*.json, load_mode: incremental, watermark_strategy: pipeline_log}
model:
  fields:
    - {name: id, type: integer, required: true}
    - {name: amount, type: integer}
    - {name: tags, type: "array<string>"}
quality:
  row_rules:
    - {name: amount_limit, sql: "amount <= LIMIT"}
    - {name: amount_sign, sql: "amount > 0"}
materialization: {STRATEGY, format: parquet, target_path: TARGET}
primary_key: [id]
)";

/// A folder below the root of a storage that fails as a whole.
class Below : public storage::Storage {
 public:
  Below(storage::Storage& inner, std::string folder)
      : inner_(inner), folder_(std::move(folder) + "/") {}

  std::string uri(std::string_view path) const override { return inner_.uri(at(path)); }
  Status put(const Context& context, std::string_view path, std::string_view bytes) override {
    return inner_.put(context, at(path), bytes);
  }
  Status put_if_absent(const Context& context, std::string_view path,
                       std::string_view bytes) override {
    return inner_.put_if_absent(context, at(path), bytes);
  }
  Result<std::optional<std::string>> find(const Context& context, std::string_view path,
                                          std::uint64_t bytes_max) override {
    return inner_.find(context, at(path), bytes_max);
  }
  Result<std::vector<storage::ObjectInfo>> list(const Context& context,
                                                std::string_view prefix) override {
    SLUICE_TRY(auto found, inner_.list(context, at(prefix)));
    for (storage::ObjectInfo& object : found) {
      object.path = object.path.substr(folder_.size());
    }
    return found;
  }
  Status publish(const Context& context, std::string_view from, std::string_view to) override {
    return inner_.publish(context, at(from), at(to));
  }
  Status remove(const Context& context, std::string_view path) override {
    return inner_.remove(context, at(path));
  }
  Status prepare_folder(const Context& context, std::string_view path) override {
    return inner_.prepare_folder(context, at(path));
  }

 private:
  std::string at(std::string_view path) const {
    std::string joined = folder_ + std::string(path);
    return path.empty() ? joined.substr(0, joined.size() - 1) : joined;
  }
  storage::Storage& inner_;
  std::string folder_;
};

/// The first commit of the target never arrives.
class WithoutTarget final : public Below {
 public:
  WithoutTarget(storage::Storage& inner, const std::string& folder)
      : Below(inner, folder), is_target_(folder.find("quarantine") == std::string::npos) {}

  Status put_if_absent(const Context& context, std::string_view path,
                       std::string_view bytes) override {
    return is_target_ && path.ends_with("manifest/00000000000000000001.json")
               ? make_error(ErrorCode::Unavailable, "the fault of this test")
               : Below::put_if_absent(context, path, bytes);
  }

 private:
  bool is_target_ = false;
};

/// Each fault starts an engine or two: the ordinary run takes a part of the calls.
bool is_left_out(const storage::Fault& fault) {
  const auto stride = static_cast<std::uint64_t>(test_size(43, 1));
  return fault.at_call % stride != 2 % stride;
}

class ReplayTest : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    const std::string path = folder_.path() + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
  }
  static void replace(std::string& text, const std::string& what, const std::string& with) {
    text.replace(text.find(what), what.size(), with);
  }
  /// The contract with another limit: what a person mends.
  std::string contract(int limit, const std::string& strategy = "strategy: append") {
    std::string text(kOrders);
    replace(text, "LIMIT", std::to_string(limit));
    replace(text, "STRATEGY", strategy);
    replace(text, "TARGET", folder_.path() + "/lake/orders");
    write("orders.yaml", text);
    return folder_.path() + "/orders.yaml";
  }
  void land() {
    write("landing/a.json", R"([{"id": 1, "amount": 5, "tags": ["a"]},
{"id": 2, "amount": 50, "tags": ["b", "c"]}, {"id": 3, "amount": "7x", "tags": []},
{"id": 4, "amount": 500, "tags": null}, {"id": 5, "amount": -1}])");
  }
  RunOptions options() {
    RunOptions options;
    options.open_engine = [](const engine::EngineOptions& open) {
      return engine::make_duckdb_engine(open);
    };
    options.render_record = [](const RunResult& result) { return result.run_id; };
    return options;
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
  std::vector<std::string> target() {
    return rows("SELECT id, amount, array_to_string(tags, '+') FROM '" + folder_.path() +
                "/lake/orders/*.parquet' ORDER BY 1");
  }
  QuarantineReader reader(const std::string& path) {
    return QuarantineReader::open(context_, path, options()).value();
  }

  Context context_;
  TempFolder folder_ = TempFolder::make("replay").value();
};

TEST_F(ReplayTest, StoredRowsCarryAllThatIsKnownOfThem) {
  land();
  const std::string path = contract(10);
  const RunResult result = run(context_, path, options()).value();
  EXPECT_EQ(result.rows.quarantined, 4);
  EXPECT_THAT(
      rows("SELECT id, amount, tags, array_to_string(_lakelogic_errors, '; '), "
           "array_to_string(_lakelogic_categories, ','), _lakelogic_source, "
           "starts_with(_lakelogic_row_id, _lakelogic_run_id || ':'), "
           "starts_with(_lakelogic_rule_set, 'sha256:'), _lakelogic_batch LIKE '%#1' FROM '" +
           folder_.path() + "/lake/quarantine/orders/*.parquet' WHERE id = '3'"),
      ElementsAre("3|7x|[]|" +
                  rows("SELECT array_to_string(_lakelogic_errors, '; ') FROM '" + folder_.path() +
                       "/lake/quarantine/orders/*.parquet' WHERE id = '3'")[0] +
                  "|" +
                  rows("SELECT array_to_string(_lakelogic_categories, ',') FROM '" +
                       folder_.path() + "/lake/quarantine/orders/*.parquet' WHERE id = '3'")[0] +
                  "|" + folder_.path() + "/landing/a.json|true|true|true"));
  // Both rules that a row broke are named.
  EXPECT_THAT(rows("SELECT len(_lakelogic_errors) FROM '" + folder_.path() +
                   "/lake/quarantine/orders/*.parquet' WHERE id = '5'"),
              ElementsAre("1"));
}

TEST_F(ReplayTest, MendedRowsMoveOnceAndKeepTheirHistory) {
  land();
  (void)run(context_, contract(10), options()).value();
  EXPECT_THAT(target(), ElementsAre("1|5|a"));
  const ReplayReport same = replay(context_, contract(10), {}, options()).value();
  EXPECT_EQ(same.tried, 4);
  EXPECT_EQ(same.moved, 0);
  const ReplayReport mended = replay(context_, contract(100), {}, options()).value();
  EXPECT_EQ(mended.moved, 1);
  EXPECT_EQ(mended.refused, 3);
  EXPECT_THAT(target(), ElementsAre("1|5|a", "2|50|b+c"));
  const ReplayReport wide = replay(context_, contract(1000), {}, options()).value();
  EXPECT_EQ(wide.moved, 1);
  EXPECT_THAT(target(), ElementsAre("1|5|a", "2|50|b+c", "4|500|-"));
  EXPECT_EQ(replay(context_, contract(1000), {}, options()).value().moved, 0);
  QuarantineReader quarantine = reader(contract(1000));
  const QuarantineStats stats = quarantine.stats(context_, {}).value();
  EXPECT_EQ(stats.all.waiting, 2);
  EXPECT_EQ(stats.all.replayed, 2);
  const QuarantineListing moved = quarantine.list(context_, {.state = "replayed"}, 10).value();
  ASSERT_THAT(moved.rows, SizeIs(2));
  const std::string shown = quarantine.show(context_, *moved.rows[0][0]).value();
  EXPECT_THAT(shown, HasSubstr(R"("event":"refused")"));
  EXPECT_THAT(shown, HasSubstr(R"("event":"replayed")"));
}

/// A gate on top of the contract of these tests.
std::string with_gate(const std::string& path, const std::string& gate) {
  std::ofstream(path, std::ios::app) << gate;
  return path;
}

constexpr std::string_view kFailOnQuarantine = "quarantine: {fail_on_quarantine: true}\n";

TEST_F(ReplayTest, WhatAStoppedRunRefusedIsKeptAndReadAgain) {
  land();
  const std::string gate(kFailOnQuarantine);
  const RunResult stopped = run(context_, with_gate(contract(10), gate), options()).value();
  EXPECT_EQ(stopped.status, RunStatus::Failed);
  ASSERT_TRUE(stopped.quarantine.has_value());
  EXPECT_EQ(stopped.quarantine->rows, 4);
  EXPECT_THAT(stopped.quarantine->uri, HasSubstr("/lake/quarantine/orders"));
  EXPECT_EQ(reader(contract(10)).stats(context_, {}).value().all.waiting, 4);
  // They are no batch: nothing moves them but their files.
  const ReplayReport report = replay(context_, contract(1000), {}, options()).value();
  EXPECT_EQ(report.tried, 0);
  EXPECT_EQ(report.left, 4);
  EXPECT_THAT(report.left_because, HasSubstr("a gate stopped the run"));
  // Stopped once more, they are kept once; and when the files are mended, not at all.
  (void)run(context_, with_gate(contract(10), gate), options()).value();
  EXPECT_EQ(reader(contract(10)).stats(context_, {}).value().all.waiting, 4);
  write("landing/a.json", R"([{"id": 1, "amount": 5, "tags": ["a"]}])");
  EXPECT_EQ(run(context_, with_gate(contract(10), gate), options()).value().rows.written, 1);
  EXPECT_EQ(reader(contract(10)).stats(context_, {}).value().all.waiting, 0);
  EXPECT_THAT(target(), ElementsAre("1|5|a"));
}

TEST_F(ReplayTest, OnlyTheRunThatReadsItsFilesReplacesWhatAStoppedOneKept) {
  land();
  const std::string gate(kFailOnQuarantine);
  (void)run(context_, with_gate(contract(10), gate), options()).value();
  write("other/b.json", R"([{"id": 9, "amount": 5, "tags": ["z"]}])");
  RunOptions other = options();
  other.sources = {folder_.path() + "/other/b.json"};
  EXPECT_EQ(run(context_, contract(10), other).value().rows.written, 1);
  EXPECT_EQ(reader(contract(10)).stats(context_, {}).value().all.waiting, 4);
  // Without the gate the same rows are an ordinary batch, and can be replayed.
  EXPECT_EQ(run(context_, contract(10), options()).value().rows.quarantined, 4);
  EXPECT_EQ(reader(contract(10)).stats(context_, {}).value().all.waiting, 4);
  EXPECT_EQ(replay(context_, contract(1000), {}, options()).value().moved, 2);
  EXPECT_THAT(target(), ElementsAre("1|5|a", "2|50|b+c", "4|500|-", "9|5|z"));
}

TEST_F(ReplayTest, ADatasetRuleThatStopsTheRunKeepsWhatWasRefused) {
  land();
  std::string path = contract(10);
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  std::string gated = text.str();
  replace(gated, "quality:\n",
          "quality:\n  fail_pipeline_on_dataset_error: true\n"
          "  dataset_rules: [{name: many, sql: \"SELECT count(*) > 100 FROM source\"}]\n");
  write("orders.yaml", gated);
  const RunResult stopped = run(context_, path, options()).value();
  EXPECT_EQ(stopped.status, RunStatus::Failed);
  EXPECT_EQ(stopped.rows.good, 1);
  EXPECT_EQ(reader(path).stats(context_, {}).value().all.waiting, 4);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/lake/orders/_sluice/manifest"));
}

TEST_F(ReplayTest, DiscardedRowsAreShownAndNeverReplayed) {
  land();
  (void)run(context_, contract(10), options()).value();
  QuarantineReader quarantine = reader(contract(10));
  // Also the row whose amount is no number: no value is no proof.
  EXPECT_EQ(quarantine.discard(context_, {.rule = "amount_sign"}, "test data").value(), 2);
  EXPECT_EQ(quarantine.discard(context_, {.rule = "amount_sign"}, "again").value(), 0);
  EXPECT_EQ(quarantine.stats(context_, {}).value().all.discarded, 2);
  const ReplayReport report = replay(context_, contract(1000), {}, options()).value();
  EXPECT_EQ(report.tried, 2);
  EXPECT_EQ(report.moved, 2);
}

TEST_F(ReplayTest, ASelectionLeavesTheOthers) {
  land();
  (void)run(context_, contract(10), options()).value();
  const QuarantineListing all = reader(contract(10)).list(context_, {}, 10).value();
  EXPECT_EQ(all.total, 4);
  const ReplayReport one =
      replay(context_, contract(1000), {.row_ids = {*all.rows[0][0]}}, options()).value();
  EXPECT_EQ(one.tried, 1);
  EXPECT_EQ(one.moved, 1);
  EXPECT_THAT(target(), ElementsAre("1|5|a", "2|50|b+c"));
}

TEST_F(ReplayTest, ANewFileAfterAReplayIsTheNextBatch) {
  land();
  (void)run(context_, contract(10), options()).value();
  EXPECT_EQ(replay(context_, contract(100), {}, options()).value().moved, 1);
  write("landing/b.json", R"([{"id": 9, "amount": 1, "tags": ["z"]}])");
  const RunResult next = run(context_, contract(100), options()).value();
  EXPECT_EQ(next.batch, 3);
  EXPECT_EQ(next.rows.source, 1);
  EXPECT_THAT(target(), ElementsAre("1|5|a", "2|50|b+c", "9|1|z"));
}

TEST_F(ReplayTest, AnOverwrittenTargetGetsRowsOfItsOwnBatchOnly) {
  land();
  (void)run(context_, contract(10, "strategy: overwrite"), options()).value();
  write("landing/a.json", R"([{"id": 7, "amount": 1}, {"id": 8, "amount": 60}])");
  RunOptions full = options();
  full.full = true;
  (void)run(context_, contract(10, "strategy: overwrite"), full).value();
  const ReplayReport report =
      replay(context_, contract(100, "strategy: overwrite"), {}, options()).value();
  EXPECT_EQ(report.moved, 1);
  EXPECT_THAT(target(), ElementsAre("7|1|-", "8|60|-"));
}

TEST_F(ReplayTest, ABatchThatIsRepeatedUnderOtherRulesLeavesNoStaleRow) {
  land();
  const auto disk = storage::make_file_storage({.root = folder_.path()}).value();
  RunOptions broken = options();
  broken.open_storage = [&](const std::string& root) -> Result<std::unique_ptr<storage::Storage>> {
    return std::unique_ptr<storage::Storage>(
        std::make_unique<WithoutTarget>(*disk, root.substr(folder_.path().size() + 1)));
  };
  EXPECT_FALSE(run(context_, contract(10), broken).has_value());
  EXPECT_EQ(reader(contract(10)).stats(context_, {}).value().all.waiting, 4);
  const RunResult repeated = run(context_, contract(100), options()).value();
  EXPECT_EQ(repeated.batch, 1);
  EXPECT_EQ(reader(contract(100)).stats(context_, {}).value().all.waiting, 3);
  EXPECT_EQ(replay(context_, contract(1000), {}, options()).value().moved, 1);
  EXPECT_THAT(target(), ElementsAre("1|5|a", "2|50|b+c", "4|500|-"));
}

TEST_F(ReplayTest, AReplayThatIsKilledAnywhereMovesEachRowOnce) {
  using storage::Fault;
  const std::vector<Fault> kinds{{.effect = Fault::Effect::None, .is_lasting = true},
                                 {.effect = Fault::Effect::LostReply, .is_lasting = true},
                                 {.effect = Fault::Effect::LostReply}};
  const std::uint64_t met = storage::sweep_faults(kinds, [&](const Fault& fault) {
    if (is_left_out(fault)) {
      return true;
    }
    std::filesystem::remove_all(folder_.path() + "/lake");
    land();
    (void)run(context_, contract(10), options()).value();
    const auto disk = storage::make_file_storage(
                          {.root = folder_.path(), .durability = storage::Durability::Process})
                          .value();
    storage::FailingStorage failing(*disk, fault);
    RunOptions broken = options();
    broken.open_storage =
        [&](const std::string& root) -> Result<std::unique_ptr<storage::Storage>> {
      return std::unique_ptr<storage::Storage>(
          std::make_unique<Below>(failing, root.substr(folder_.path().size() + 1)));
    };
    const auto first = replay(context_, contract(100), {}, broken);
    const std::string where = fmt::format("a fault at call {}: {}", fault.at_call,
                                          failing.trace().empty() ? "" : failing.trace().back());
    // Who comes next has other rules, or reads the source: neither moves a row twice.
    if (fault.at_call % 2 == 0) {
      EXPECT_TRUE(run(context_, contract(1000), options()).has_value()) << where;
      const QuarantineStats between = reader(contract(1000)).stats(context_, {}).value();
      EXPECT_EQ(between.all.replayed + between.all.waiting, 4) << where;
    }
    EXPECT_TRUE(replay(context_, contract(1000), {}, options()).has_value()) << where;
    EXPECT_THAT(target(), ElementsAre("1|5|a", "2|50|b+c", "4|500|-")) << where;
    const QuarantineStats stats = reader(contract(1000)).stats(context_, {}).value();
    EXPECT_EQ(stats.all.replayed, 2) << where;
    EXPECT_EQ(stats.all.waiting, 2) << where;
    return failing.has_failed();
  });
  EXPECT_GT(met, 30U);
  RecordProperty("faults_met", static_cast<int>(met));
}

TEST_F(ReplayTest, ARunThatIsKilledAnywhereEndsAsOneCleanRun) {
  using storage::Fault;
  const std::vector<Fault> kinds{{.effect = Fault::Effect::None, .is_lasting = true},
                                 {.effect = Fault::Effect::LostReply, .is_lasting = true}};
  const std::string strategies[] = {"strategy: append", "strategy: merge"};
  for (const std::string& strategy : strategies) {
    const std::uint64_t met = storage::sweep_faults(kinds, [&](const Fault& fault) {
      if (is_left_out(fault)) {
        return true;
      }
      std::filesystem::remove_all(folder_.path() + "/lake");
      std::filesystem::remove(folder_.path() + "/landing/b.json");
      land();
      const auto disk = storage::make_file_storage(
                            {.root = folder_.path(), .durability = storage::Durability::Process})
                            .value();
      storage::FailingStorage failing(*disk, fault);
      RunOptions broken = options();
      broken.open_storage =
          [&](const std::string& root) -> Result<std::unique_ptr<storage::Storage>> {
        return std::unique_ptr<storage::Storage>(
            std::make_unique<Below>(failing, root.substr(folder_.path().size() + 1)));
      };
      (void)run(context_, contract(10, strategy), broken);
      const std::string where = fmt::format("{}: a fault at call {}: {}", strategy, fault.at_call,
                                            failing.trace().empty() ? "" : failing.trace().back());
      write("landing/b.json", R"([{"id": 9, "amount": 1, "tags": ["z"]}])");
      // What is unfinished is finished, then the new file is read.
      EXPECT_TRUE(run(context_, contract(10, strategy), options()).has_value()) << where;
      EXPECT_TRUE(run(context_, contract(10, strategy), options()).has_value()) << where;
      EXPECT_THAT(target(), ElementsAre("1|5|a", "9|1|z")) << where;
      EXPECT_EQ(reader(contract(10, strategy)).stats(context_, {}).value().all.waiting, 4) << where;
      return failing.has_failed();
    });
    EXPECT_GT(met, 30U);
  }
}

}  // namespace
}  // namespace sluice::contract
