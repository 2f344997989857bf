// What a write keeps to when others write too, when a batch repeats a key, when an option could not
// act, and while its records are still being made.
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/base/context.h"
#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/orm/observe/metrics.h"
#include "sluice/orm/session/session.h"

namespace yard {

struct Pallet {
  std::string code;
  std::int64_t height;
  friend bool operator==(const Pallet&, const Pallet&) = default;
};

struct Crate {
  std::string site;
  std::int64_t number;
  std::string kind = "plain";
  std::string origin;
  sluice::sys_micros created_at;
  friend bool operator==(const Crate&, const Crate&) = default;
};

struct Shelf {
  std::int64_t number;
};

struct Text {
  std::string text;
};

}  // namespace yard

template <>
inline constexpr auto sluice::model<yard::Pallet> =
    sluice::orm::table("pallets").key<&yard::Pallet::code>();
template <>
inline constexpr auto sluice::model<yard::Crate> =
    sluice::orm::table("crates")
        .merge_key<&yard::Crate::site, &yard::Crate::number>()
        .defaulted<&yard::Crate::kind>()
        .immutable<&yard::Crate::origin>()
        .create_time<&yard::Crate::created_at>();
template <>
inline constexpr auto sluice::model<yard::Shelf> =
    sluice::orm::table("shelves").partition<&yard::Shelf::number>(sluice::Partition::Bucket);

namespace sluice {
namespace {

using testing::HasSubstr;
using yard::Crate;
using yard::Pallet;

/// Does something once, between the moment a write is prepared and its commit.
class Meddler final : public Log {
 public:
  void write(const LogLine& line) override {
    messages += line.message + "; ";
    if (line.message == "ingest staged" && act != nullptr) {
      std::exchange(act, nullptr)();
    }
  }
  std::function<void()> act;
  std::string messages;
};

class InsertTest : public testing::Test {
 protected:
  Session open_memory(const OpenOptions& options = {}) { return open(engine_, options).value(); }
  std::size_t staged_files() const {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder_.path())) {
      files += entry.is_regular_file() ? 1U : 0U;
    }
    return files;
  }
  static std::vector<Pallet> pallets(Session& db) {
    return db.query<Pallet>(from<Pallet>().order_by(ascending(col<&Pallet::code>))).value();
  }

  std::shared_ptr<engine::Engine> engine_ = engine::make_duckdb_engine().value();
  TempFolder folder_ = TempFolder::make("sluice-insert").value();
};

TEST_F(InsertTest, AKeyThatAnotherWriterTakesInBetweenIsFoundInsideTheCommit) {
  struct Case {
    OnConflict on_conflict;
    std::vector<Pallet> left;
  };
  const std::vector<Case> cases{{OnConflict::Default, {{"a", 7}}},
                                {OnConflict::Error, {{"a", 7}}},
                                {OnConflict::Ignore, {{"a", 7}, {"b", 1}}},
                                {OnConflict::Update, {{"a", 1}, {"b", 1}}}};
  for (const Case& each : cases) {
    engine_ = engine::make_duckdb_engine().value();
    Meddler meddler;
    Session other = open_memory();
    Session mine = open_memory({.log = &meddler});
    ASSERT_TRUE(mine.migrate<Pallet>().has_value());
    meddler.act = [&] { ASSERT_TRUE(other.insert(Pallet{"a", 7}).has_value()); };
    const Result<Receipt> receipt =
        mine.insert({Pallet{"a", 1}, Pallet{"b", 1}}, {.on_conflict = each.on_conflict});
    EXPECT_EQ(receipt.has_value(), each.left.size() == 2);
    if (!receipt.has_value()) {
      EXPECT_EQ(receipt.error().code, ErrorCode::DataRejected) << to_string(receipt.error());
    }
    EXPECT_THAT(meddler.messages, HasSubstr("ingest met another writer; "));
    EXPECT_EQ(pallets(mine), each.left);
  }
}

TEST_F(InsertTest, AMergeKeyThatAnotherWriterTakesInBetweenIsOneRow) {
  Meddler meddler;
  Metrics metrics;
  Session other = open_memory();
  Session mine = open_memory({.log = &meddler, .metrics = &metrics});
  ASSERT_TRUE(mine.migrate<Crate>().has_value());
  const Crate theirs{.site = "x", .number = 1, .kind = "tall", .origin = "NZ", .created_at = {}};
  Crate ours = theirs;
  ours.kind = "wide";
  meddler.act = [&] { ASSERT_TRUE(other.insert(theirs).has_value()); };
  EXPECT_EQ(mine.insert(ours).value().updated, 1);
  EXPECT_EQ(mine.query_one<Crate>().value().kind, "wide");
  EXPECT_THAT(metrics.to_prometheus(),
              HasSubstr("sluice_commit_conflicts_total{table=\"crates\"} 1\n"));
}

TEST_F(InsertTest, ABatchThatRepeatsAKeyIsRefused) {
  Session db = open_memory();
  ASSERT_TRUE((db.migrate<Pallet, Crate>().has_value()));
  for (const OnConflict each : {OnConflict::Default, OnConflict::Ignore, OnConflict::Update}) {
    const Result<Receipt> twice =
        db.insert({Pallet{"a", 1}, Pallet{"b", 2}, Pallet{"a", 3}}, {.on_conflict = each});
    ASSERT_FALSE(twice.has_value()) << static_cast<int>(each);
    EXPECT_EQ(twice.error().code, ErrorCode::DataRejected);
  }
  const Crate crate{.site = "x", .number = 1, .origin = "NZ", .created_at = {}};
  EXPECT_EQ(db.insert({crate, crate}).error().code, ErrorCode::DataRejected);
  EXPECT_TRUE(pallets(db).empty());
  EXPECT_TRUE(db.query<Crate>().value().empty());
}

TEST_F(InsertTest, AnImmutableColumnKeepsTheTablesValue) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<Crate>().has_value());
  Crate crate{.site = "x", .number = 1, .origin = "NZ", .created_at = {}};
  ASSERT_TRUE(db.insert(crate).has_value());
  crate.origin = "AU";
  crate.kind = "tall";
  ASSERT_TRUE(db.insert(crate).has_value());
  EXPECT_EQ(db.query_one<Crate>().value().origin, "NZ");
  EXPECT_EQ(db.query_one<Crate>().value().kind, "tall");
  crate.kind = "wide";
  ASSERT_TRUE(db.update(crate).has_value());
  EXPECT_EQ(db.query_one<Crate>().value().origin, "NZ");
  EXPECT_EQ(db.query_one<Crate>().value().kind, "wide");
}

TEST_F(InsertTest, AnEmptyBatchWritesNothingAndStillNeedsASession) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<Pallet>().has_value());
  EXPECT_EQ(db.insert(std::vector<Pallet>{}).value(), Receipt{});
  EXPECT_EQ(db.insert(Pallet{"a", 1}).value().version, 1);
  EXPECT_EQ(db.within(std::chrono::milliseconds(-1)).insert(std::vector<Pallet>{}).error().code,
            ErrorCode::Cancelled);
  db.close();
  EXPECT_EQ(db.insert(std::vector<Pallet>{}).error().code, ErrorCode::InvalidArgument);
}

TEST_F(InsertTest, HintsThatCannotActAreRefused) {
  Session plain = open_memory();
  ASSERT_TRUE(plain.migrate<Pallet>().has_value());
  EXPECT_EQ(
      plain.insert(Pallet{"a", 1}, {.hints = {.compression = Compression::Gzip}}).error().code,
      ErrorCode::InvalidArgument);
  Session staging = open(engine_, duckdb_tables(), orm::storage(folder_.path())).value();
  const auto direct =
      staging.insert(Pallet{"a", 1}, {.via = Via::Direct, .hints = {.part_rows = 10}});
  EXPECT_THAT(direct.error().hint, HasSubstr("Via::Storage"));
  EXPECT_TRUE(staging.insert(Pallet{"a", 1}, {.hints = {.part_rows = 10}}).has_value());
}

TEST_F(InsertTest, BatchesMayLackWhatIsDefaultedOrStamped) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<Crate>().has_value());
  ColumnStream batches =
      db.batches("SELECT 'x' AS site, range AS number, 'NZ' AS origin FROM range(5000)").value();
  const Result<Receipt> receipt = db.insert_batches<Crate>(std::move(batches));
  ASSERT_TRUE(receipt.has_value()) << to_string(receipt.error());
  EXPECT_EQ(receipt->inserted, 5000);
  EXPECT_EQ(db.query<Crate>(from<Crate>().where(col<&Crate::kind> == "plain")).value().size(),
            5000U);
  EXPECT_GT(db.query<Crate>().value().back().created_at, sys_micros{});
  ColumnStream lacking = db.batches("SELECT 'x' AS site, 'NZ' AS origin").value();
  EXPECT_THAT(db.insert_batches<Crate>(std::move(lacking)).error().message, HasSubstr("'number'"));
  EXPECT_THAT(
      db.query<Crate>(sql("SELECT site, number, origin, created_at FROM crates")).error().message,
      HasSubstr("'kind'"))
      << "a read does not make values up";
}

TEST_F(InsertTest, ABucketWithoutANumberTakesTheSessionsCount) {
  Session db = open(engine_, {.bucket_count = 17}).value();
  ASSERT_TRUE(db.migrate<yard::Shelf>().has_value());
  auto stored =
      db.query_one<yard::Text>(sql("SELECT partition_by AS text FROM _sluice_table WHERE "
                                   "table_name = ?",
                                   "shelves"));
  EXPECT_THAT(stored.value().text, HasSubstr("17"));
}

TEST_F(InsertTest, PartsAreStagedWhileTheRangeStillGivesRecords) {
  Session db = open(engine_, duckdb_tables(), orm::storage(folder_.path())).value();
  ASSERT_TRUE(db.migrate<Pallet>().has_value());
  std::size_t seen = 0;
  auto records = std::views::iota(0, 60'000) | std::views::transform([&](int number) {
                   seen = number == 59'999 ? staged_files() : seen;
                   return Pallet{std::to_string(number), number};
                 });
  ASSERT_TRUE(
      db.insert(records, {.via = Via::Storage, .hints = {.part_rows = 16'384}}).has_value());
  EXPECT_EQ(seen, 3U);
  EXPECT_EQ(staged_files(), 0U);
}

TEST_F(InsertTest, TheCodecOfStagedFilesIsTheWritesElseTheSessions) {
  struct Case {
    Compression opened;
    std::optional<Compression> hinted;
    std::string codec;
  };
  Session reader = open_memory();
  const auto codec = sql("SELECT string_agg(DISTINCT compression) AS text FROM parquet_metadata(?)",
                         folder_.path() + "/_staging/*/*.parquet");
  for (const Case& each :
       {Case{OpenOptions{}.compression, {}, "ZSTD"}, Case{Compression::Snappy, {}, "SNAPPY"},
        Case{Compression::None, {}, "UNCOMPRESSED"},
        Case{Compression::Snappy, Compression::Gzip, "GZIP"}}) {
    Session db = open(engine::make_duckdb_engine().value(), duckdb_tables(),
                      orm::storage(folder_.path()), {.compression = each.opened})
                     .value();
    ASSERT_TRUE(db.migrate<yard::Shelf>().has_value());
    std::string seen;
    auto records = std::views::iota(0, 40'000) | std::views::transform([&](int number) {
                     if (number == 39'999) {
                       seen = reader.query_one<yard::Text>(codec).value().text;
                     }
                     return yard::Shelf{number};
                   });
    ASSERT_TRUE(db.insert(records, {.via = Via::Storage,
                                    .hints = {.compression = each.hinted, .part_rows = 16'384}})
                    .has_value());
    EXPECT_EQ(seen, each.codec);
  }
}

TEST_F(InsertTest, ARangeIsAskedForNoMoreThanThePage) {
  int asked = 0;
  auto records = std::views::iota(0, 1000) | std::views::transform([&asked](int number) {
                   ++asked;
                   return yard::Shelf{number};
                 });
  orm::RangeFeed feed(records);
  EXPECT_EQ(feed.next(100).count, 100U);
  EXPECT_EQ(asked, 100);
  EXPECT_EQ(feed.next(100).count, 100U);
  EXPECT_EQ(asked, 200);
}

TEST_F(InsertTest, WaitsForAPlaceOnlyAsLongAsItMay) {
  Session db = open_memory({.inflight_ingests_max = 1, .session_pool = 2});
  ASSERT_TRUE((db.migrate<Pallet, yard::Shelf>().has_value()));
  ErrorCode inner{};
  auto records =
      std::views::iota(0, 1) | std::views::transform([&](int number) {
        inner = db.within(std::chrono::milliseconds(20)).insert(yard::Shelf{number}).error().code;
        return Pallet{"a", number};
      });
  ASSERT_TRUE(db.insert(records).has_value());
  EXPECT_EQ(inner, ErrorCode::Cancelled) << "one ingest at a time";
  const NativeHandle first = db.native_handle().value();
  const NativeHandle second = db.native_handle().value();
  EXPECT_EQ(db.within(std::chrono::milliseconds(20)).ping().error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace sluice
