// What a session's options and its further verbs do: staging, batches, updates, keys, exceptions,
// deadlines, logs and counters.
#include <atomic>
#include <filesystem>
#include <list>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/base/context.h"
#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/orm/observe/line_log.h"
#include "sluice/orm/observe/metrics.h"
#include "sluice/orm/session/relation.h"
#include "sluice/orm/session/session.h"

namespace depot {

struct Part {
  std::string number;
  int stock;
  std::optional<std::string> shelf;
  friend bool operator==(const Part&, const Part&) = default;
};

struct Reading {
  std::string sensor;
  std::int64_t second;
  double value;
  friend bool operator==(const Reading&, const Reading&) = default;
};

struct Fussy {
  std::int64_t number;
};

inline bool is_fine(std::int64_t number) {
  if (number == 20'000) {
    throw std::domain_error("not this one");
  }
  return true;
}

}  // namespace depot

template <>
inline constexpr auto sluice::model<depot::Part> =
    sluice::orm::table("parts").key<&depot::Part::number>();
template <>
inline constexpr auto sluice::model<depot::Reading> =
    sluice::orm::table("readings").merge_key<&depot::Reading::sensor, &depot::Reading::second>();
template <>
inline constexpr auto sluice::model<depot::Fussy> =
    sluice::orm::table("fussy").check<&depot::Fussy::number>(
        sluice::satisfies<depot::is_fine>("fine"));

namespace sluice {
namespace {

using depot::Part;
using depot::Reading;
using testing::HasSubstr;

class KeptLog final : public Log {
 public:
  void write(const LogLine& line) override { lines.push_back(line); }
  std::string messages() const {
    std::string text;
    for (const LogLine& line : lines) {
      text += line.message + "; ";
    }
    return text;
  }
  std::string field(std::size_t line, std::string_view name) const {
    for (const auto& [key, value] : lines.at(line).fields) {
      if (key == name) {
        return value;
      }
    }
    return "(none)";
  }
  std::vector<LogLine> lines;
};

class ClientTest : public testing::Test {
 protected:
  static std::shared_ptr<engine::Engine> engine() { return engine::make_duckdb_engine().value(); }
  static Session open_memory(const OpenOptions& options = {}) {
    return open(engine(), options).value();
  }
  Session open_staging(const OpenOptions& options = {}) {
    return open(engine(), duckdb_tables(), orm::storage(folder_.path()), options).value();
  }
  std::size_t staged_files() const {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      files += entry.is_regular_file() ? 1U : 0U;
    }
    return files;
  }
  static std::vector<Reading> readings(int count) {
    std::vector<Reading> made;
    for (int i = 0; i < count; ++i) {
      made.push_back({.sensor = "s" + std::to_string(i % 7), .second = i, .value = i * 0.5});
    }
    return made;
  }

  TempFolder folder_ = TempFolder::make("sluice-client").value();
};

TEST_F(ClientTest, StagedAndDirectWritesLeaveTheSameRows) {
  KeptLog log;
  Session db = open_staging({.log = &log});
  ASSERT_TRUE(db.migrate<Reading>().has_value());
  const std::vector<Reading> all = readings(5'000);
  const Result<Receipt> staged = db.insert(
      all, {.via = Via::Storage, .hints = {.compression = Compression::Snappy, .part_rows = 2048}});
  ASSERT_TRUE(staged.has_value()) << to_string(staged.error());
  EXPECT_EQ(staged->inserted, 5'000);
  EXPECT_EQ(log.field(0, "path"), "storage");
  EXPECT_EQ(log.field(0, "staging_prefix"), "_staging/" + to_string(staged->ingest_id));
  EXPECT_EQ(log.messages(), "ingest started; ingest staged; ingest committed; ");
  EXPECT_NE(log.field(1, "parts"), "0");
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path() + "/_staging")) << "staging is temporary";
  EXPECT_EQ(db.insert(all, {.via = Via::Direct}).value().unchanged, 5'000);
  EXPECT_EQ(db.query<Reading>(from<Reading>().order_by(ascending(col<&Reading::second>))).value(),
            all);
}

TEST_F(ClientTest, ALongRangeIsStagedInPartsAsTheyFill) {
  KeptLog log;
  Session db = open_staging({.log = &log});
  ASSERT_TRUE(db.migrate<Reading>().has_value());
  const std::vector<Reading> all = readings(50'000);
  const std::list<Reading> range(all.begin(), all.end());
  const Receipt receipt =
      db.insert(range, {.via = Via::Storage, .hints = {.part_rows = 16'384}}).value();
  EXPECT_EQ(receipt.inserted, 50'000);
  EXPECT_EQ(log.field(1, "parts"), "4");
}

TEST_F(ClientTest, SizeDecidesWhereAStorageIsGiven) {
  KeptLog log;
  Session db = open_staging({.stage_above_bytes = 64 << 10, .log = &log});
  ASSERT_TRUE(db.migrate<Reading>().has_value());
  ASSERT_TRUE(db.insert(readings(10)).has_value());
  ASSERT_TRUE(db.insert(readings(10'000)).has_value());
  EXPECT_EQ(log.field(0, "path"), "direct");
  EXPECT_EQ(log.field(3, "path"), "storage");
  std::vector<Reading> few = readings(10);
  for (Reading& reading : few) {
    reading.sensor.resize(20'000, 'x');
  }
  ASSERT_TRUE(db.insert(few).has_value());
  EXPECT_EQ(log.field(6, "path"), "storage") << "long texts weigh, however few they are";
}

TEST_F(ClientTest, AFailedStagedWriteLeavesNoFile) {
  Session db = open_staging();
  const Result<Receipt> refused = db.insert(readings(10), {.via = Via::Storage});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
  EXPECT_EQ(staged_files(), 0U);
}

TEST_F(ClientTest, WhatIsNotSupportedSaysWhatToDo) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<Part>().has_value());
  const auto hint = [](const auto& result) { return result.error().hint; };
  EXPECT_THAT(hint(db.insert(Part{.number = "a", .stock = 1}, {.via = Via::Storage})),
              HasSubstr("sluice::storage"));
  EXPECT_EQ(open(engine(), iceberg()).error().code, ErrorCode::Unsupported);
  EXPECT_EQ(open(spark("sc://host:15002"), iceberg()).error().code, ErrorCode::Unsupported);
  EXPECT_EQ(open(engine(), {.deletion_vectors = true}).error().code, ErrorCode::Unsupported);
  EXPECT_EQ(open(engine(), {.layout_hints = {"number"}}).error().code, ErrorCode::Unsupported);
  EXPECT_THAT(hint(db.cleanup_staging(std::chrono::hours(1))), HasSubstr("sluice::storage"));
  EXPECT_EQ(open_staging().cleanup_staging(std::chrono::seconds(-1)).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(open(engine(), {.bucket_count = 0}).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(open(engine(), {.stage_above_bytes = 1}).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(db.insert(Part{.number = "a", .stock = 1}, {.hints = {.part_rows = 0}}).error().code,
            ErrorCode::InvalidArgument);
}

TEST_F(ClientTest, TheDefaultsAreThoseOfThePage) {
  const OpenOptions opened;
  EXPECT_EQ(opened.compression, Compression::Zstd);
  EXPECT_EQ(opened.idempotency_ttl, std::chrono::hours(24));
  EXPECT_EQ(opened.stage_above_bytes, 128U << 20);
  EXPECT_EQ(opened.inflight_ingests_max, 4);
  EXPECT_EQ(opened.session_pool, 8);
  EXPECT_EQ(opened.commit_retry_max, 8);
  EXPECT_EQ(opened.log, nullptr);
  EXPECT_EQ(opened.metrics, nullptr);
  EXPECT_EQ(InsertOptions{}.via, Via::Auto);
  EXPECT_EQ(InsertOptions{}.on_conflict, OnConflict::Default);
}

TEST_F(ClientTest, ACleanupLeavesWhatThisSessionIsStaging) {
  Session db = open_staging();
  ASSERT_TRUE(db.migrate<Reading>().has_value());
  CleanupReport seen;
  auto range = std::views::iota(0, 40'000) | std::views::transform([&](int i) {
                 if (i == 39'999) {
                   seen = db.cleanup_staging(std::chrono::seconds(0)).value();
                 }
                 return Reading{.sensor = "s", .second = i, .value = 0};
               });
  EXPECT_EQ(
      db.insert(range, {.via = Via::Storage, .hints = {.part_rows = 16'384}}).value().inserted,
      40'000);
  EXPECT_EQ(seen.scanned, 1);
  EXPECT_TRUE(seen.deleted.empty());
}

TEST_F(ClientTest, NamesAreQualifiedByCatalogAndDatabase) {
  Session db = open(engine(), {.database = "warehouse"}).value();
  ASSERT_TRUE(db.migrate<Part>().has_value());
  ASSERT_TRUE(db.insert(Part{.number = "a", .stock = 1}).has_value());
  EXPECT_EQ(db.query<Part>(sql("SELECT * FROM warehouse.parts")).value().size(), 1U);
  EXPECT_EQ(db.query<Part>(from_table("parts")).value().size(), 1U);
  Session named = open_memory({.default_catalog = "memory", .default_database = "main"});
  ASSERT_TRUE(named.migrate<Part>().has_value());
  EXPECT_TRUE(named.query<Part>(sql("SELECT * FROM memory.main.parts")).has_value());
}

TEST_F(ClientTest, ArrowBatchesPassTheSameRules) {
  Session db = open_memory();
  ASSERT_TRUE((db.migrate<Part, Reading>().has_value()));
  ColumnStream batches =
      db.batches(
            "SELECT 'n' || range AS number, range::INTEGER AS stock, NULL::VARCHAR AS shelf "
            "FROM range(30000)")
          .value();
  const Result<Receipt> receipt = db.insert_batches<Part>(std::move(batches));
  ASSERT_TRUE(receipt.has_value()) << to_string(receipt.error());
  EXPECT_EQ(receipt->inserted, 30'000);
  ColumnStream nulls = db.batches(
                             "SELECT 'x' AS number, NULL::INTEGER AS stock, NULL::VARCHAR AS "
                             "shelf")
                           .value();
  const Result<Receipt> refused = db.insert_batches<Part>(std::move(nulls));
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(to_string(refused.error()), HasSubstr("stock"));
  ColumnStream lacking = db.batches("SELECT 'x' AS number").value();
  EXPECT_THAT(db.insert_batches<Part>(std::move(lacking)).error().message,
              HasSubstr("'stock', 'shelf'"));
}

TEST_F(ClientTest, AnUpdateChangesWhatItFindsAndAddsNothing) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<Part>().has_value());
  ASSERT_TRUE(db.insert({Part{"a", 1, "s"}, Part{"b", 2, "s"}}).has_value());
  const std::vector<Part> changes{{"a", 9, "t"}, {"z", 1, "t"}};
  const Receipt receipt = db.update(changes, {.update_columns = columns<&Part::stock>()}).value();
  EXPECT_EQ(receipt.updated, 1);
  EXPECT_EQ(receipt.inserted, 0);
  EXPECT_EQ(db.query_one<Part>(from<Part>().where(by_key<Part>("a"))).value(), (Part{"a", 9, "s"}));
  EXPECT_EQ(db.query<Part>().value().size(), 2U);
  EXPECT_EQ(db.update(changes, {.on_conflict = OnConflict::Ignore}).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(db.insert(changes, {.on_conflict = OnConflict::Ignore,
                                .update_columns = columns<&Part::stock>()})
                .error()
                .code,
            ErrorCode::InvalidArgument);
}

TEST_F(ClientTest, RemovesTheRowOfAKey) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<Reading>().has_value());
  ASSERT_TRUE(db.insert(readings(10)).has_value());
  EXPECT_EQ(db.remove(by_key<Reading>("s3", 3)).value().deleted, 1);
  EXPECT_EQ(db.remove(by_key<Reading>("s3", 3)).value().deleted, 0);
  EXPECT_EQ(db.query<Reading>().value().size(), 9U);
}

TEST_F(ClientTest, ForgetsKeysAfterTheirTime) {
  const FixedClock early(sys_micros(std::chrono::hours(1000)));
  const FixedClock late(sys_micros(std::chrono::hours(1030)));
  Session db = open_memory();
  Context then;
  then.clock = &early;
  Context now;
  now.clock = &late;
  ASSERT_TRUE(db.migrate<Reading>().has_value());
  ASSERT_TRUE(db.with(then).insert(readings(1), {.idempotency_key = "k"}).has_value());
  ASSERT_TRUE(db.with(now).insert(readings(2), {.idempotency_key = "l"}).has_value());
  EXPECT_EQ(db.with(then).maintain<Reading>().value().keys_forgotten, 0);
  EXPECT_EQ(db.with(now).maintain<Reading>().value().keys_forgotten, 1);
  EXPECT_TRUE(db.with(now).insert(readings(3), {.idempotency_key = "k"}).has_value());
  EXPECT_EQ(db.insert(readings(3), {.idempotency_key = "l"}).error().code,
            ErrorCode::InvalidArgument);
}

TEST_F(ClientTest, WhatAVisitorThrowsPassesThroughAndFreesTheConnection) {
  Session db = open_memory({.session_pool = 1});
  const auto visit = [](const Reading&) { throw std::out_of_range("enough"); };
  ASSERT_TRUE(db.migrate<Reading>().has_value());
  ASSERT_TRUE(db.insert(readings(3)).has_value());
  EXPECT_THROW(static_cast<void>(db.for_each<Reading>(from<Reading>(), visit)), std::out_of_range);
  EXPECT_TRUE(db.ping().has_value());
}

TEST_F(ClientTest, WhatARuleThrowsPassesThroughAndNothingIsWritten) {
  KeptLog log;
  Session db = open_memory({.log = &log});
  ASSERT_TRUE(db.migrate<depot::Fussy>().has_value());
  std::vector<depot::Fussy> all;
  for (int i = 0; i < 30'000; ++i) {
    all.push_back({i});
  }
  EXPECT_THROW(static_cast<void>(db.insert(all)), std::domain_error) << "before anything began";
  EXPECT_TRUE(log.lines.empty());
  const std::list<depot::Fussy> range(all.begin(), all.end());
  EXPECT_THROW(static_cast<void>(db.insert(range)), std::domain_error) << "in the middle";
  EXPECT_EQ(log.messages(), "ingest started; ingest aborted; ");
  EXPECT_TRUE(db.query<depot::Fussy>().value().empty());
}

TEST_F(ClientTest, ALogThatThrowsFailsNoWrite) {
  class Broken final : public Log {
   public:
    void write(const LogLine&) override { throw std::runtime_error("the disk is full"); }
  };
  Broken log;
  Session db = open_memory({.log = &log});
  ASSERT_TRUE(db.migrate<Reading>().has_value());
  EXPECT_EQ(db.insert(readings(3)).value().inserted, 3);
  EXPECT_EQ(db.remove(by_key<Reading>("s1", 1)).value().deleted, 1);
  EXPECT_EQ(db.query<Reading>().value().size(), 2U);
}

TEST_F(ClientTest, NoCallOutlivesItsDeadlineOrItsStop) {
  Session open = open_staging();
  ASSERT_TRUE(open.migrate<Reading>().has_value());
  std::stop_source stop;
  stop.request_stop();
  Context stopped;
  stopped.stop = stop.get_token();
  for (Session db : {open.within(std::chrono::milliseconds(-1)), open.with(stopped)}) {
    const auto cancelled = [](const auto& result) {
      return !result.has_value() && result.error().code == ErrorCode::Cancelled;
    };
    EXPECT_TRUE(cancelled(db.migrate<Part>()));
    EXPECT_TRUE(cancelled(db.assert_schema<Reading>()));
    EXPECT_TRUE(cancelled(db.insert(readings(1))));
    EXPECT_TRUE(cancelled(db.insert(readings(1), {.via = Via::Storage})));
    EXPECT_TRUE(cancelled(db.insert_batches<Reading>(open.batches("FROM readings").value())));
    EXPECT_TRUE(cancelled(db.update(readings(1))));
    EXPECT_TRUE(cancelled(db.remove(by_key<Reading>("s", 1))));
    EXPECT_TRUE(cancelled(db.query<Reading>()));
    EXPECT_TRUE(cancelled(db.query_first<Reading>()));
    EXPECT_TRUE(cancelled(db.query_one<Reading>()));
    EXPECT_TRUE(cancelled(db.for_each<Reading>(from<Reading>(), [](const Reading&) {})));
    EXPECT_TRUE(cancelled(db.query<Reading>(from_rows(std::span<const Reading>()))));
    EXPECT_TRUE(cancelled(db.exec("SELECT 1")));
    EXPECT_TRUE(cancelled(db.batches("SELECT 1")));
    EXPECT_TRUE(cancelled(db.describe("SELECT 1")));
    EXPECT_TRUE(cancelled(db.maintain<Reading>()));
    EXPECT_TRUE(cancelled(db.cleanup_staging(std::chrono::hours(1))));
    EXPECT_TRUE(cancelled(db.native_handle()));
    EXPECT_TRUE(cancelled(relation(db, from<Reading>()).count()));
    EXPECT_TRUE(cancelled(collect_as<Reading>(relation(db, from<Reading>()))));
    EXPECT_TRUE(cancelled(db.ping()));
  }
  EXPECT_TRUE(open.query<Reading>().value().empty());
}

TEST_F(ClientTest, ADeadlineEndsAQueryThatRuns) {
  Session db = open_memory();
  const Result<std::int64_t> slow =
      db.within(std::chrono::milliseconds(50))
          .exec("SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range < b.range");
  ASSERT_FALSE(slow.has_value());
  EXPECT_EQ(slow.error().code, ErrorCode::Cancelled);
}

TEST_F(ClientTest, ThreadsShareASessionItsLogAndItsCounters) {
  KeptLog quiet;
  TextLog log([&quiet](std::string_view line) {
    quiet.write({.level = LogLevel::Info, .message = std::string(line), .fields = {}});
  });
  Metrics metrics;
  Session db = open_staging(
      {.inflight_ingests_max = 2, .session_pool = 3, .log = &log, .metrics = &metrics});
  ASSERT_TRUE(db.migrate<Reading>().has_value());
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&db, &metrics, &failures, t] {
        for (int i = 0; i < 2; ++i) {
          const Reading reading{.sensor = std::to_string(t), .second = i, .value = 1};
          const Via via = t % 2 == 0 ? Via::Direct : Via::Storage;
          failures += db.insert(reading, {.via = via}).has_value() ? 0 : 1;
          failures += db.query<Reading>().has_value() ? 0 : 1;
          failures += metrics.to_prometheus().empty() ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(db.query<Reading>().value().size(), 8U);
  EXPECT_THAT(metrics.to_prometheus(),
              HasSubstr("sluice_ingest_rows_total{table=\"readings\"} 8\n"));
}

TEST_F(ClientTest, ClosingWhileOthersCallEndsTheirCalls) {
  Session db = open_memory({.session_pool = 1});
  ASSERT_TRUE(db.migrate<Reading>().has_value());
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([db]() mutable {
      while (db.ping().has_value()) {
      }
    });
  }
  db.close();
  threads.clear();
  EXPECT_EQ(db.ping().error().code, ErrorCode::InvalidArgument);
}

TEST_F(ClientTest, CountsWhatItWritesAndReads) {
  Metrics metrics;
  Session db = open_memory({.metrics = &metrics});
  ASSERT_TRUE(db.migrate<Reading>().has_value());
  ASSERT_TRUE(db.insert(readings(1000)).has_value());
  ASSERT_TRUE(db.query<Reading>().has_value());
  EXPECT_FALSE(db.query<Reading>(sql("SELECT 1 AS n")).has_value());
  const std::string text = metrics.to_prometheus();
  EXPECT_THAT(text,
              HasSubstr("sluice_ingests_total{table=\"readings\",outcome=\"committed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sluice_ingests_in_flight{table=\"readings\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("sluice_ingest_rows_total{table=\"readings\"} 1000\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("sluice_ingest_bytes_total{table=\"readings\"} 0\n")));
  EXPECT_THAT(text, HasSubstr("sluice_reads_total{table=\"readings\",outcome=\"done\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sluice_reads_total{table=\"readings\",outcome=\"failed\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sluice_rows_read_total{table=\"readings\"} 1000\n"));
}

}  // namespace
}  // namespace sluice
