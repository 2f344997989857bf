// What the verbs promise, over every format that a session writes. A new format is one line in the
// list of cases.
#include <barrier>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <ranges>
#include <system_error>
#include <thread>

#include <gmock/gmock.h>

#include "sluice/base/clock.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/orm/session/relation.h"
#include "sluice/orm/session/verbs_internal.h"
#include "sluice/table/ducklake/ducklake.h"

namespace sluice {

void VerbSuite::SetUp() {
  if (!GetParam().is_lake) {
    return;
  }
  const std::string catalog = GetParam().format(folder_.path()).metadata;
  if (const Status there = table::check_lake_extensions(catalog); !there) {
    GTEST_SKIP() << there.error().message;
  }
  if (catalog == "postgres:") {
    const char* reason = std::getenv("SLUICE_NO_POSTGRES");
    GTEST_SKIP() << (reason == nullptr ? "SLUICE_TEST_POSTGRES names no server" : reason);
  }
}

Session VerbSuite::open_anew() {
  engine_.reset();
  const std::string file = GetParam().is_database ? folder_.path() + "/wharf.duckdb" : "";
  engine_ = engine::make_duckdb_engine({.address = file}).value();
  return open_again();
}

Session VerbSuite::open_on(const std::shared_ptr<engine::Engine>& engine,
                           const OpenOptions& options) const {
  return open(engine, GetParam().format(folder_.path()), orm::storage(folder_.path() + "/staged"),
              options)
      .value();
}

void VerbSuite::migrate(Session& db) {
  if (GetParam().is_database) {
    db.exec("CREATE SCHEMA IF NOT EXISTS yard").value();
  }
  const Status made = db.migrate<wharf::Crate, wharf::Berth>();
  ASSERT_TRUE(made.has_value()) << to_string(made.error());
}

std::vector<wharf::Crate> VerbSuite::crates(Session& db) {
  return db.query<wharf::Crate>(from<wharf::Crate>().order_by(ascending(col<&wharf::Crate::code>)))
      .value();
}

std::size_t VerbSuite::staged_files() const {
  std::size_t files = 0;
  std::error_code failed;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(folder_.path() + "/staged", failed)) {
    files += entry.is_regular_file() ? 1U : 0U;
  }
  return files;
}

namespace {

using testing::HasSubstr;
using wharf::Berth;
using wharf::Crate;
using wharf::Visit;

TEST_P(VerbSuite, MigratingIsDoneOnceAndSeesWhatDiffers) {
  Session db = open_anew();
  EXPECT_EQ(db.assert_schema<Crate>().error().code, ErrorCode::NotFound);
  EXPECT_EQ(db.query<Crate>().error().code, ErrorCode::NotFound);
  EXPECT_EQ(db.insert(Crate{"a", 1}).error().code, ErrorCode::NotFound);
  migrate(db);
  ASSERT_TRUE(db.migrate<Crate>().has_value()) << "twice is once";
  EXPECT_TRUE(db.assert_schema<Crate>().has_value());
  EXPECT_TRUE(db.assert_schema<Berth>().has_value());
  const Status differs = db.assert_schema<wharf::OtherCrate>();
  EXPECT_THAT(differs.error().message, HasSubstr("weight"));
  ASSERT_TRUE(db.migrate<wharf::OtherCrate>().has_value()) << "a table that is there stays";
  const auto refused = db.insert(wharf::OtherCrate{"a", 1.5});
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument) << to_string(refused.error());
  EXPECT_THAT(to_string(refused.error()), HasSubstr("weight"));
  EXPECT_TRUE(crates(db).empty());
}

TEST_P(VerbSuite, AKnownKeyIsRefusedLeftOrReplaced) {
  struct Case {
    OnConflict on_conflict;
    std::vector<Crate> left;
    bool passes;
  };
  const std::vector<Case> cases{{OnConflict::Default, {{"a", 1}}, false},
                                {OnConflict::Error, {{"a", 1}}, false},
                                {OnConflict::Ignore, {{"a", 1}, {"b", 9}}, true},
                                {OnConflict::Update, {{"a", 9}, {"b", 9}}, true}};
  Session db = open_anew();
  migrate(db);
  for (const Case& each : cases) {
    const Result<Receipt> first = db.insert(Crate{"a", 1});
    ASSERT_TRUE(first.has_value()) << to_string(first.error());
    const std::vector<Crate> again{{"a", 9}, {"b", 9}};
    const Result<Receipt> receipt = db.insert(again, {.on_conflict = each.on_conflict});
    EXPECT_EQ(receipt.has_value(), each.passes);
    if (!receipt.has_value()) {
      EXPECT_EQ(receipt.error().code, ErrorCode::DataRejected) << to_string(receipt.error());
    }
    EXPECT_EQ(crates(db), each.left);
    const auto removed = db.remove(col<&Crate::height> >= 0);
    ASSERT_TRUE(removed.has_value()) << to_string(removed.error());
    EXPECT_EQ(removed->deleted, static_cast<std::int64_t>(each.left.size()));
  }
}

TEST_P(VerbSuite, AMergeKeepsWhatMayNotChange) {
  for (const Via via : {Via::Direct, Via::Storage}) {
    Session db = open_anew();
    migrate(db);
    Berth berth{.dock = "north",
                .number = 1,
                .ship = "a",
                .built = "1990",
                .created_at = {},
                .updated_at = {}};
    ASSERT_TRUE(db.insert(berth, {.via = via}).has_value());
    const Berth first = db.query_one<Berth>().value();
    berth.built = "2020";
    berth.ship = "b";
    const std::vector<Berth> more{berth,
                                  {.dock = "north",
                                   .number = 2,
                                   .ship = "c",
                                   .built = "2000",
                                   .created_at = {},
                                   .updated_at = {}}};
    const Result<Receipt> receipt = db.insert(more, {.via = via});
    ASSERT_TRUE(receipt.has_value()) << to_string(receipt.error());
    EXPECT_EQ(receipt->inserted, 1);
    EXPECT_EQ(receipt->updated, 1);
    const Berth merged =
        db.query_one<Berth>(from<Berth>().where(by_key<Berth>("north", 1))).value();
    EXPECT_EQ(merged.built, "1990");
    EXPECT_EQ(merged.ship, "b");
    EXPECT_EQ(merged.created_at, first.created_at);
    EXPECT_GT(merged.updated_at, first.updated_at);
    EXPECT_EQ(staged_files(), 0U);
    EXPECT_EQ(db.remove(col<&Berth::number> > 0).value().deleted, 2);
  }
}

TEST_P(VerbSuite, AnUpdateAddsNothingAndARemovalTakesWhatItNames) {
  Session db = open_anew();
  migrate(db);
  ASSERT_TRUE(db.insert({Crate{"a", 1}, Crate{"b", 2}, Crate{"c", 3}}).has_value());
  const std::vector<Crate> changes{{"a", 9}, {"z", 9}};
  const Receipt updated = db.update(changes).value();
  EXPECT_EQ(updated.updated, 1);
  EXPECT_EQ(updated.inserted, 0);
  EXPECT_EQ(db.remove(by_key<Crate>("b")).value().deleted, 1);
  EXPECT_EQ(db.remove(by_key<Crate>("b")).value().deleted, 0);
  EXPECT_EQ(crates(db), (std::vector<Crate>{{"a", 9}, {"c", 3}}));
}

TEST_P(VerbSuite, AKeyIsOneWriteAlsoAfterARestart) {
  const InsertOptions named{.idempotency_key = "order 7"};
  const std::vector<Crate> batch{{"a", 1}, {"b", 2}};
  std::optional<Receipt> first;
  {
    Session db = open_anew();
    migrate(db);
    first = db.insert(batch, named).value();
    EXPECT_EQ(db.insert(batch, named).value(), *first);
    ASSERT_TRUE(db.insert(Crate{"c", 3}).has_value());
  }
  Session db = open_anew();
  EXPECT_EQ(db.insert(batch, named).value(), *first);
  EXPECT_EQ(db.insert(Crate{"x", 1}, named).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(crates(db).size(), 3U);
  const Receipt removed = db.remove(by_key<Crate>("a"), "removal 1").value();
  EXPECT_EQ(db.remove(by_key<Crate>("a"), "removal 1").value(), removed);
  EXPECT_EQ(crates(db).size(), 2U);
}

TEST_P(VerbSuite, TwoProgramsWithOneKeyWriteOnce) {
  if (GetParam().is_exclusive) {
    return;
  }
  constexpr int kKeys = 6;
  Session db = open_anew();
  migrate(db);
  const std::shared_ptr<engine::Engine> other = engine::make_duckdb_engine().value();
  std::vector<Session> programs{db, open_on(other)};
  std::vector<std::vector<Receipt>> receipts(programs.size());
  std::barrier meeting(static_cast<std::ptrdiff_t>(programs.size()));
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < programs.size(); ++i) {
      threads.emplace_back([&, i] {
        for (int key = 0; key < kKeys; ++key) {
          meeting.arrive_and_wait();
          const std::string name = std::to_string(key);
          const std::vector<Crate> batch{{"a" + name, key}, {"b" + name, key}};
          const auto written = programs[i].insert(batch, {.idempotency_key = "order " + name});
          EXPECT_TRUE(written.has_value()) << to_string(written.error());
          receipts[i].push_back(written.has_value() ? *written : Receipt{});
        }
      });
    }
  }
  EXPECT_EQ(receipts[0], receipts[1]) << "the first receipt for both";
  EXPECT_EQ(crates(db).size(), std::size_t{2} * kKeys);
}

TEST_P(VerbSuite, BatchesAndRangesPassTheSameRules) {
  Session db = open_anew();
  migrate(db);
  ColumnStream batches =
      db.batches("SELECT 'n' || range AS code, range AS height FROM range(30000)").value();
  const Result<Receipt> receipt = db.insert_batches<Crate>(std::move(batches));
  ASSERT_TRUE(receipt.has_value()) << to_string(receipt.error());
  EXPECT_EQ(receipt->inserted, 30'000);
  for (const Via via : {Via::Direct, Via::Storage}) {
    const std::string prefix = via == Via::Direct ? "d" : "s";
    auto made = std::views::iota(0, 20'000) |
                std::views::transform([&](int i) { return Crate{prefix + std::to_string(i), i}; });
    const Result<Receipt> ranged = db.insert(made, {.via = via});
    ASSERT_TRUE(ranged.has_value()) << to_string(ranged.error());
    EXPECT_EQ(ranged->inserted, 20'000);
    auto known = std::views::iota(0, 3) |
                 std::views::transform([&](int i) { return Crate{prefix + std::to_string(i), i}; });
    EXPECT_EQ(db.insert(known, {.via = via}).error().code, ErrorCode::DataRejected);
  }
  EXPECT_EQ(relation(db, from<Crate>()).count().value(), 70'000);
  EXPECT_EQ(staged_files(), 0U);
}

TEST_P(VerbSuite, NotesOfTheLayoutReachTheTable) {
  static_cast<void>(open_anew());
  Session db = open_again({.compression = Compression::Gzip});
  const Status made = db.migrate<Visit>();
  ASSERT_TRUE(made.has_value()) << to_string(made.error());
  ASSERT_TRUE(db.insert({Visit{"north", 1}, Visit{"south", 2}}).has_value());
  EXPECT_EQ(db.query_one<Visit>(from<Visit>().where(col<&Visit::dock> == "south")).value(),
            (Visit{"south", 2}));
  if (GetParam().has_no_names) {
    EXPECT_TRUE(std::filesystem::is_directory(folder_.path() + "/lake/visits/dock=north"));
  }
  if (GetParam().has_no_names) {
    const auto codecs = db.query<Visit>(
        sql("SELECT compression AS dock, count(*) AS number FROM parquet_metadata('" +
            folder_.path() + "/lake/visits/*/*.parquet') GROUP BY compression"));
    ASSERT_TRUE(codecs.has_value()) << to_string(codecs.error());
    ASSERT_EQ(codecs->size(), 1U);
    EXPECT_EQ(codecs->front().dock, "GZIP");
  }
  const Status months = db.migrate<wharf::Shift>();
  EXPECT_EQ(months.has_value(), GetParam().refuses_months.empty());
  if (!months.has_value()) {
    EXPECT_EQ(months.error().code, ErrorCode::Unsupported) << to_string(months.error());
    EXPECT_THAT(to_string(months.error()), HasSubstr(GetParam().refuses_months));
  }
}

TEST_P(VerbSuite, MaintenanceLeavesTheRows) {
  const FixedClock soon(system_clock().now() + std::chrono::hours(48));
  Session db = open_anew();
  migrate(db);
  const InsertOptions named{.idempotency_key = "once"};
  ASSERT_TRUE(db.insert({Crate{"a", 1}, Crate{"b", 2}}, named).has_value());
  ASSERT_TRUE(db.update(Crate{"a", 9}).has_value());
  Session later = open_again({.clock = &soon});
  const Result<Maintenance> done = later.maintain<Crate>();
  ASSERT_TRUE(done.has_value()) << to_string(done.error());
  EXPECT_EQ(done->keys_forgotten > 0, GetParam().is_database);
  EXPECT_EQ(done->files_removed > 0, !GetParam().is_database);
  EXPECT_EQ(crates(db), (std::vector<Crate>{{"a", 9}, {"b", 2}}));
}

std::vector<VerbCase> verb_cases() {
  const std::string parts = "partitioned by columns as they are";
  return {
      {.name = "duckdb",
       .format = [](const std::string&) { return duckdb_tables(); },
       .is_database = true,
       .is_exclusive = true,
       .refuses_months = "",
       .foreign_rows = "yard.crates"},
      {.name = "parquet",
       .format = [](const std::string& folder) { return parquet_tables(folder + "/lake"); },
       .has_no_names = true,
       .refuses_months = parts,
       .foreign_rows = "read_parquet('ROOT/yard/crates/*.parquet')"},
#ifdef SLUICE_HAS_DELTA
      {.name = "delta",
       .format = [](const std::string& folder) { return delta_tables(folder + "/lake"); },
       .has_no_names = true,
       .has_all_types = false,
       .refuses_months = parts,
       .foreign_rows = "read_parquet('ROOT/yard/crates/*.parquet')"},
#endif
      {.name = "ducklake_file",
       .format = [](const std::string& folder) { return lake_tables(folder + "/shop.ducklake"); },
       .is_exclusive = true,
       .is_lake = true,
       .foreign_rows = "seen.yard.crates"},
      {.name = "ducklake_sqlite",
       .format =
           [](const std::string& folder) {
             return lake_tables("sqlite:" + folder + "/shop.sqlite", folder + "/data");
           },
       .is_lake = true,
       .foreign_rows = "seen.yard.crates"},
      {.name = "ducklake_postgres",
       .format =
           [](const std::string& folder) {
             const char* server = std::getenv("SLUICE_TEST_POSTGRES");
             return lake_tables(std::string("postgres:") + (server == nullptr ? "" : server),
                                folder + "/data",
                                {.metadata_schema = folder.substr(folder.rfind('/') + 1)});
           },
       .is_lake = true,
       .foreign_rows = "seen.yard.crates"},
  };
}

INSTANTIATE_TEST_SUITE_P(Formats, VerbSuite, testing::ValuesIn(verb_cases()),
                         [](const auto& one) { return one.param.name; });

}  // namespace
}  // namespace sluice
