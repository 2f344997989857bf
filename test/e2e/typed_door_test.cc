// The typed door as a service meets it: against libsluice.so and its headers alone, over restarts,
// kills and retries.
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <ranges>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sluice/base/temp_folder.h>
#include <sluice/orm/orm.h>
#include <sluice/orm/testing/testing.h>
#include <sys/wait.h>
#include <unistd.h>

struct Account {
  std::string id;
  std::string email;
  std::int64_t cents;
  std::optional<sluice::sys_micros> changed_at;
};

template <>
inline constexpr auto sluice::model<Account> = sluice::table("accounts")
                                                   .merge_key<&Account::id>()
                                                   .update_time<&Account::changed_at>()
                                                   .check<&Account::email>(sluice::email());

struct Count {
  std::int64_t rows;
};

namespace {

Account make_account(std::int64_t number) {
  return {.id = "a" + std::to_string(number), .email = "x@example.com", .cents = number};
}

std::int64_t count_of(sluice::Session& db) {
  return db.query_one<Count>(sluice::sql("SELECT count(*) AS rows FROM accounts")).value().rows;
}

class TypedDoor : public testing::Test {
 protected:
  sluice::Session open() const {
    return sluice::open(sluice::duckdb(folder_.path() + "/accounts.duckdb"),
                        sluice::duckdb_tables(), sluice::storage(folder_.path() + "/files"))
        .value();
  }

  sluice::TempFolder folder_ = sluice::TempFolder::make("sluice-e2e").value();
};

TEST_F(TypedDoor, ARetryAfterARestartGivesTheFirstReceipt) {
  const std::vector<Account> accounts{make_account(1), make_account(2)};
  sluice::Receipt first;
  {
    sluice::Session db = open();
    ASSERT_TRUE(db.migrate<Account>().has_value());
    first = db.insert(accounts, {.idempotency_key = "request-1"}).value();
    db.close();
  }
  sluice::Session db = open();
  ASSERT_TRUE(db.assert_schema<Account>().has_value());
  EXPECT_EQ(db.insert(accounts, {.idempotency_key = "request-1"}).value(), first);
  EXPECT_EQ(count_of(db), 2);
}

/// Writes from a generator that kills its own process on the way, after three parts where it
/// stages.
void write_and_die(sluice::Session db, sluice::Via via) {
  auto generator = std::views::iota(std::int64_t{0}, std::int64_t{100'000}) |
                   std::views::transform([](std::int64_t number) {
                     if (number == 60'000) {
                       static_cast<void>(raise(SIGKILL));
                     }
                     return make_account(number);
                   });
  const sluice::WriteHints parts{.part_rows = 16'384};
  static_cast<void>(
      db.insert(generator,
                {.via = via, .hints = via == sluice::Via::Storage ? parts : sluice::WriteHints{}}));
}

/// A process that dies in the middle of an insert.
void kill_a_writer(const std::function<sluice::Session()>& open, sluice::Via via) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    sluice::Session db = open();
    static_cast<void>(db.migrate<Account>());
    write_and_die(std::move(db), via);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "it was killed in the middle";
}

TEST_F(TypedDoor, AKilledWriterLeavesNothingAndTheNextOneWritesAll) {
  for (const sluice::Via via : {sluice::Via::Direct, sluice::Via::Storage}) {
    kill_a_writer([this] { return open(); }, via);
  }
  sluice::Session db = open();
  ASSERT_TRUE(db.assert_schema<Account>().has_value());
  EXPECT_EQ(count_of(db), 0);
  auto all =
      std::views::iota(std::int64_t{0}, std::int64_t{70'000}) | std::views::transform(make_account);
  EXPECT_EQ(db.insert(all, {.via = sluice::Via::Storage}).value().inserted, 70'000);
  EXPECT_EQ(count_of(db), 70'000);
}

TEST_F(TypedDoor, WhatAKilledWriterStagedIsCleanedUpByItsAge) {
  kill_a_writer([this] { return open(); }, sluice::Via::Storage);
  sluice::Session db = open();
  const sluice::CleanupReport early = db.cleanup_staging(std::chrono::hours(24)).value();
  EXPECT_EQ(early.scanned, 1);
  EXPECT_TRUE(early.deleted.empty()) << "it could still be under way";
  const sluice::CleanupReport report = db.cleanup_staging(std::chrono::seconds(0)).value();
  ASSERT_EQ(report.deleted.size(), 1U);
  EXPECT_THAT(report.deleted[0], testing::StartsWith("_staging/"));
  EXPECT_GT(report.bytes, 0U);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path() + "/files/_staging"));
  EXPECT_EQ(db.cleanup_staging(std::chrono::seconds(0)).value().scanned, 0);
}

TEST_F(TypedDoor, EveryBatchSizeUpserts) {
  sluice::Session db = open();
  ASSERT_TRUE(db.migrate<Account>().has_value());
  for (const std::int64_t size : {1, 10, 3'000, 40'000}) {
    std::vector<Account> accounts;
    for (std::int64_t number = 0; number < size; ++number) {
      accounts.push_back(make_account(number));
      accounts.back().cents = size;
    }
    for (const sluice::Via via : {sluice::Via::Direct, sluice::Via::Storage}) {
      ASSERT_TRUE(db.insert(accounts, {.via = via}).has_value());
      EXPECT_EQ(count_of(db), size);
    }
  }
}

TEST_F(TypedDoor, ABadRecordStopsTheWriteAndSaysWhichAndWhy) {
  sluice::Session db = open();
  ASSERT_TRUE(db.migrate<Account>().has_value());
  std::vector<Account> accounts{make_account(1), make_account(2)};
  accounts[1].email = "nobody";
  const auto refused = db.insert(accounts);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, sluice::ErrorCode::DataRejected);
  EXPECT_THAT(sluice::to_string(refused.error()), testing::HasSubstr("record 1: email"));
  EXPECT_EQ(count_of(db), 0);
}

TEST(Harness, EveryRunIsTheSame) {
  std::vector<sluice::Uuid> ids;
  for (int run = 0; run < 2; ++run) {
    sluice::testing::Harness harness;
    sluice::Session db = harness.open().value();
    ASSERT_TRUE(db.migrate<Account>().has_value());
    ids.push_back(db.insert(make_account(1)).value().ingest_id);
  }
  EXPECT_EQ(ids[0], ids[1]);
}

TEST(Harness, StampsLogsAndCountsWhatATestAsksFor) {
  sluice::testing::Harness harness;
  sluice::testing::Factory<Account> accounts(
      [](Account& account, std::int64_t number) { account = make_account(number); });
  sluice::Session db = harness.open().value();
  ASSERT_TRUE(db.migrate<Account>().has_value());
  const sluice::Receipt receipt = db.insert(accounts.make(3)).value();
  harness.advance(std::chrono::hours(1));
  ASSERT_TRUE(db.insert(accounts.make(1, [](Account& a) { a.id = "a1"; })).has_value());
  const Account changed =
      db.query_one<Account>(sluice::from<Account>().where(sluice::by_key<Account>("a1"))).value();
  EXPECT_EQ(changed.changed_at, harness.now());
  EXPECT_EQ(changed.cents, 4);
  EXPECT_EQ(harness.log().count("ingest committed"), 2U);
  EXPECT_EQ(harness.log().about(sluice::to_string(receipt.ingest_id)).size(), 3U);
  EXPECT_THAT(harness.metrics().to_prometheus(),
              testing::HasSubstr("sluice_ingest_rows_total{table=\"accounts\"} 4\n"));
  EXPECT_EQ(harness.next_number(), 1);
  EXPECT_LT(harness.next_id().version(), 8);
}

}  // namespace
