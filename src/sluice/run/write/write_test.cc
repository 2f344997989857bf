#include "sluice/run/write/write.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sluice::run {
namespace {

using testing::HasSubstr;

/// What the scripted table does with the next commit.
enum class Act : std::uint8_t { Commit, Conflict, RivalCommits, LoseReply, LoseRequest, Fail };

class FakePrepared final : public table::Prepared {
 public:
  FakePrepared(table::CommitKey committing, int& times_aborted)
      : key(std::move(committing)), aborted(&times_aborted) {}
  const table::Receipt& expected() const override { return receipt; }
  Status abort(const Context& context) override {
    SLUICE_CHECK(context.check());
    ++*aborted;
    return {};
  }
  table::CommitKey key;
  table::Receipt receipt;
  int* aborted;
};

/// A table that remembers commits and does with each what the test wrote down.
class ScriptedTable final : public table::Table {
 public:
  ScriptedTable() : Table({.uri = "memory:scripted", .format = "scripted", .reader_note = ""}) {}

  std::deque<Act> script;
  int maintained = 0;
  int conflicts_of_maintenance = 0;
  Error cause = make_error(ErrorCode::Unavailable, "no reply");
  int lookups_that_fail_after_commit = 0;
  std::function<void()> on_prepared = [] {};
  std::function<void()> on_commit = [] {};
  std::optional<Error> prepare_error;

  std::map<std::string, table::StoredCommit, std::less<>> commits;
  int prepared = 0;
  int sent = 0;
  int aborted = 0;
  int lookups = 0;

  Status create(const Context&, const plan::CreateTable&, const table::Properties&) override {
    return {};
  }
  Result<std::optional<table::TableState>> find_state(const Context&) override {
    return std::optional<table::TableState>{};
  }
  Result<std::optional<table::StoredCommit>> find_commit(const Context& context,
                                                         std::string_view key) override {
    SLUICE_CHECK(context.check());
    ++lookups;
    if (sent > 0 && lookups_that_fail_after_commit > 0) {
      --lookups_that_fail_after_commit;
      return make_error(ErrorCode::Unavailable, "the table cannot be read");
    }
    const auto found = commits.find(key);
    return found == commits.end() ? std::optional<table::StoredCommit>{}
                                  : std::optional(found->second);
  }
  Result<std::unique_ptr<table::Prepared>> prepare(const Context& context, const plan::Write&,
                                                   ColumnStream,
                                                   const table::CommitKey& key) override {
    ++prepared;
    SLUICE_CHECK(context.check());
    if (prepare_error.has_value()) {
      return *std::exchange(prepare_error, std::nullopt);
    }
    on_prepared();
    return std::unique_ptr<table::Prepared>(std::make_unique<FakePrepared>(key, aborted));
  }
  Result<table::CommitOutcome> commit(const Context& context,
                                      std::unique_ptr<table::Prepared> spent) override {
    const auto& mine = dynamic_cast<const FakePrepared&>(*spent);
    SLUICE_CHECK(context.check());
    on_commit();
    const Act act = script.empty() ? Act::Commit : script.front();
    if (!script.empty()) {
      script.pop_front();
    }
    ++sent;
    switch (act) {
      case Act::Commit: return table::CommitOutcome{table::Committed{apply(mine.key)}};
      case Act::Conflict: return table::CommitOutcome{table::Conflict{"version 7"}};
      case Act::RivalCommits:
        apply(mine.key);
        return table::CommitOutcome{table::Conflict{"version 7"}};
      case Act::LoseReply: apply(mine.key); return table::CommitOutcome{table::Unknown{cause}};
      case Act::LoseRequest: return table::CommitOutcome{table::Unknown{cause}};
      case Act::Fail: --sent; return make_error(ErrorCode::ResourceExhausted, "disk full");
    }
    return make_error(ErrorCode::Internal, "unreachable");
  }
  Result<std::vector<table::Version>> history(const Context&) override {
    return std::vector<table::Version>{};
  }
  Status make_view(const Context&, const table::At&, const std::string&) override { return {}; }
  Result<table::Maintained> maintain(const Context&, const table::Maintenance&) override {
    ++maintained;
    if (conflicts_of_maintenance > 0) {
      --conflicts_of_maintenance;
      return make_error(ErrorCode::CommitConflict, "another writer was first");
    }
    return table::Maintained{.deleted = 7};
  }

 private:
  table::Receipt apply(const table::CommitKey& key) {
    table::Receipt receipt{.ingest_id = key.ingest_id,
                           .version = static_cast<std::int64_t>(commits.size()) + 1,
                           .rows_in = 3};
    commits[key.key] = {.receipt = receipt, .fingerprint = key.fingerprint};
    return receipt;
  }
};

class WriteTest : public testing::Test {
 protected:
  Result<table::Receipt> write(const WriteOptions& options = {.pause_initial_ms = 0,
                                                              .pause_max_ms = 0}) {
    return write_once(context_, table_, plan_, nullptr, key_, options);
  }

  Context context_;
  ScriptedTable table_;
  plan::Write plan_{.target = {.parts = {"trips"}},
                    .schema = {},
                    .mode = plan::Append{},
                    .source = plan::Relation{.name = "good"}};
  table::CommitKey key_{.key = "trips#1",
                        .fingerprint = "f1",
                        .ingest_id = make_uuid_v7(system_clock(), system_random())};
};

TEST_F(WriteTest, AWriteCommitsOnce) {
  const table::Receipt receipt = write().value();
  EXPECT_EQ(receipt.ingest_id, key_.ingest_id);
  EXPECT_EQ(table_.sent, 1);
  EXPECT_EQ(table_.aborted, 0);
}

TEST_F(WriteTest, TheSameKeyAgainGivesTheSameReceiptAndPreparesNothing) {
  const table::Receipt first = write().value();
  EXPECT_EQ(write().value(), first);
  EXPECT_EQ(table_.prepared, 1);
}

TEST_F(WriteTest, AKnownKeyWithAnotherFingerprintIsRefused) {
  write().value();
  key_.fingerprint = "f2";
  const auto refused = write();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(refused.error().message, "this key has committed another content: 'trips#1'");
  EXPECT_EQ(table_.prepared, 1);
}

TEST_F(WriteTest, AKeyOfWhichOnlyTheVersionIsKnownIsDone) {
  const table::Receipt known{.version = 3};
  table_.commits[key_.key] = {.receipt = known, .fingerprint = {}};
  EXPECT_EQ(write().value(), known);
  EXPECT_EQ(table_.prepared, 0);
}

TEST_F(WriteTest, AConflictIsPreparedAgainOnTheReloadedTable) {
  table_.script = {Act::Conflict, Act::Conflict, Act::Conflict};
  EXPECT_TRUE(write().has_value());
  EXPECT_EQ(table_.prepared, 4);
  EXPECT_EQ(table_.lookups, 4) << "the key is looked up again before each attempt";
}

TEST_F(WriteTest, AConflictWithTheSameKeyReturnsTheRivalsReceipt) {
  table_.script = {Act::RivalCommits};
  const table::Receipt receipt = write().value();
  EXPECT_EQ(receipt, table_.commits.at("trips#1").receipt);
  EXPECT_EQ(table_.prepared, 1);
  EXPECT_EQ(table_.sent, 1);
}

TEST_F(WriteTest, ConflictsBeyondTheLimitAreReturnedAsCommitConflict) {
  table_.script = {Act::Conflict, Act::Conflict, Act::Conflict};
  const auto lost = write({.commit_retry_max = 2, .pause_initial_ms = 0, .pause_max_ms = 0});
  ASSERT_FALSE(lost.has_value());
  EXPECT_EQ(lost.error().code, ErrorCode::CommitConflict);
  EXPECT_THAT(lost.error().hint, HasSubstr("Nothing of this write is visible"));
  EXPECT_EQ(table_.sent, 3);
}

TEST_F(WriteTest, AConflictInPreparationIsRetriedToo) {
  table_.prepare_error = make_error(ErrorCode::CommitConflict, "the table is being written");
  EXPECT_TRUE(write().has_value());
  EXPECT_EQ(table_.prepared, 2);
}

TEST_F(WriteTest, ALostReplyOfAnAppliedCommitIsFoundByLooking) {
  table_.script = {Act::LoseReply};
  const table::Receipt receipt = write().value();
  EXPECT_EQ(receipt, table_.commits.at("trips#1").receipt);
  EXPECT_EQ(table_.sent, 1);
}

TEST_F(WriteTest, ALostRequestIsSentAgainAfterLooking) {
  table_.script = {Act::LoseRequest};
  EXPECT_TRUE(write().has_value());
  EXPECT_EQ(table_.sent, 2);
  EXPECT_EQ(table_.commits.size(), 1U);
}

TEST_F(WriteTest, ALostRequestWithALastingCauseIsReturnedAfterLooking) {
  table_.script = {Act::LoseRequest};
  table_.cause = make_error(ErrorCode::ResourceExhausted, "disk full");
  const auto failed = write();
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, ErrorCode::ResourceExhausted);
  EXPECT_EQ(table_.lookups, 2);
  EXPECT_TRUE(table_.commits.empty());
}

TEST_F(WriteTest, LookingIsRepeatedUntilTheTableCanBeRead) {
  table_.script = {Act::LoseReply};
  table_.lookups_that_fail_after_commit = 3;
  EXPECT_TRUE(write().has_value());
  EXPECT_EQ(table_.sent, 1);
}

TEST_F(WriteTest, OnlyATableThatCannotBeReadLeavesTheOutcomeUnknown) {
  table_.script = {Act::LoseReply};
  table_.lookups_that_fail_after_commit = 100;
  const auto unknown = write({.lookup_retry_max = 2, .pause_initial_ms = 0, .pause_max_ms = 0});
  ASSERT_FALSE(unknown.has_value());
  EXPECT_EQ(unknown.error().code, ErrorCode::CommitUnknown);
  EXPECT_THAT(unknown.error().hint, HasSubstr("with the key 'trips#1'"));
  EXPECT_EQ(table_.sent, 1) << "an unknown outcome is never sent again unread";
}

TEST_F(WriteTest, AnErrorOfCommitIsReturnedAsItIs) {
  table_.script = {Act::Fail};
  EXPECT_EQ(write().error().code, ErrorCode::ResourceExhausted);
}

TEST_F(WriteTest, AStopBeforeTheCommitAbortsWhatWasPrepared) {
  std::stop_source stop;
  context_.stop = stop.get_token();
  table_.on_prepared = [&] { stop.request_stop(); };
  EXPECT_EQ(write().error().code, ErrorCode::Cancelled);
  EXPECT_EQ(table_.aborted, 1);
  EXPECT_EQ(table_.sent, 0);
}

TEST_F(WriteTest, AStopAfterTheCommitWasSentDoesNotHideItsOutcome) {
  std::stop_source stop;
  context_.stop = stop.get_token();
  table_.on_commit = [&] { stop.request_stop(); };
  table_.script = {Act::LoseReply};
  table_.lookups_that_fail_after_commit = 1;
  const table::Receipt receipt = write().value();
  EXPECT_EQ(receipt, table_.commits.at("trips#1").receipt);
}

TEST_F(WriteTest, AStopEndsTheRetriesOfAConflict) {
  std::stop_source stop;
  context_.stop = stop.get_token();
  table_.on_commit = [&] { stop.request_stop(); };
  table_.script = {Act::Conflict};
  const auto stopped = write({.pause_initial_ms = 60'000, .pause_max_ms = 60'000});
  EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(table_.prepared, 1);
}

TEST_F(WriteTest, WhatComesBeforeTheCommitIsDoneOnceHoweverOftenItIsTried) {
  table_.script = {Act::Conflict, Act::LoseRequest};
  int called = 0;
  const auto receipt = write({.pause_initial_ms = 0, .pause_max_ms = 0, .before_commit = [&] {
                                EXPECT_EQ(table_.prepared, 1);
                                EXPECT_EQ(table_.sent, 0);
                                ++called;
                                return Status{};
                              }});
  EXPECT_TRUE(receipt.has_value());
  EXPECT_EQ(table_.sent, 3);
  EXPECT_EQ(called, 1);
}

TEST_F(WriteTest, NothingComesBeforeACommitThatIsNotSent) {
  int called = 0;
  const WriteOptions options{.pause_initial_ms = 0, .pause_max_ms = 0, .before_commit = [&] {
                               ++called;
                               return Status{};
                             }};
  table_.prepare_error = make_error(ErrorCode::DataRejected, "a key comes twice");
  EXPECT_EQ(write(options).error().code, ErrorCode::DataRejected);
  EXPECT_EQ(called, 0);
  ASSERT_TRUE(write().has_value());
  EXPECT_TRUE(write(options).has_value());
  EXPECT_EQ(called, 0);
}

TEST_F(WriteTest, AnErrorBeforeTheCommitAbortsWhatWasPrepared) {
  const auto receipt = write({.pause_initial_ms = 0, .pause_max_ms = 0, .before_commit = [] {
                                return Status(make_error(ErrorCode::CommitConflict, "too late"));
                              }});
  EXPECT_EQ(receipt.error().message, "too late");
  EXPECT_EQ(table_.aborted, 1);
  EXPECT_EQ(table_.sent, 0);
}

TEST_F(WriteTest, RowsAreAskedForOncePerAttempt) {
  int asked = 0;
  plan_.source = plan::Batches{};
  table_.script = {Act::Conflict};
  const RowSource rows = [&]() -> Result<ColumnStream> {
    ++asked;
    return ColumnStream{};
  };
  const WriteOptions at_once{.pause_initial_ms = 0, .pause_max_ms = 0};
  EXPECT_TRUE(write_once(context_, table_, plan_, rows, key_, at_once).has_value());
  EXPECT_EQ(asked, 2);
}

TEST_F(WriteTest, RowsThatCannotBeGivenAgainEndTheRetries) {
  bool spent = false;
  plan_.source = plan::Batches{};
  table_.script = {Act::Conflict};
  const RowSource rows = [&]() -> Result<ColumnStream> {
    if (std::exchange(spent, true)) {
      return make_error(ErrorCode::Unsupported, "the rows can be read once only");
    }
    return ColumnStream{};
  };
  const WriteOptions at_once{.pause_initial_ms = 0, .pause_max_ms = 0};
  const auto failed = write_once(context_, table_, plan_, rows, key_, at_once);
  EXPECT_EQ(failed.error().code, ErrorCode::Unsupported);
}

TEST_F(WriteTest, RowsBesideAPlanThatNamesARelationAreRefused) {
  const RowSource rows = []() -> Result<ColumnStream> { return ColumnStream{}; };
  EXPECT_EQ(write_once(context_, table_, plan_, rows, key_).error().code,
            ErrorCode::InvalidArgument);
  plan_.source = plan::Batches{};
  EXPECT_EQ(write_once(context_, table_, plan_, nullptr, key_).error().code,
            ErrorCode::InvalidArgument);
}

TEST_F(WriteTest, MaintenanceIsAskedForAgainWhileOthersAreFirst) {
  const WriteOptions at_once{.commit_retry_max = 3, .pause_initial_ms = 0, .pause_max_ms = 0};
  table_.conflicts_of_maintenance = 3;
  EXPECT_EQ(maintain(context_, table_, table::Compact{}, at_once).value().deleted, 7);
  EXPECT_EQ(table_.maintained, 4);
  table_.conflicts_of_maintenance = 4;
  EXPECT_EQ(maintain(context_, table_, table::Compact{}, at_once).error().code,
            ErrorCode::CommitConflict);
}

TEST_F(WriteTest, AnEmptyKeyIsRefused) {
  key_.key.clear();
  EXPECT_EQ(write().error().message, "expected a commit key, got an empty one");
}

TEST_F(WriteTest, OptionsOutOfBoundsAreNamed) {
  EXPECT_EQ(validate({.commit_retry_max = 17}).error().message,
            "expected commit_retry_max of 0 to 16, got '17'");
  EXPECT_EQ(validate({.lookup_retry_max = -1}).error().message,
            "expected lookup_retry_max of 0 to 16, got '-1'");
  EXPECT_EQ(validate({.pause_initial_ms = 500, .pause_max_ms = 100}).error().message,
            "expected pause_max_ms of 500 to 60000, got '100'");
  EXPECT_TRUE(validate({}).has_value());
}

TEST_F(WriteTest, PausesDoubleUpToTheLongestAndAreShortenedByAtMostHalf) {
  SeededRandom random(7);
  const WriteOptions options{.pause_initial_ms = 10, .pause_max_ms = 100};
  const int longest[] = {10, 20, 40, 80, 100, 100};
  for (int retry = 0; retry < 6; ++retry) {
    const int pause = pause_ms(options, retry, random);
    EXPECT_LE(pause, longest[retry]);
    EXPECT_GE(pause, longest[retry] / 2);
  }
}

}  // namespace
}  // namespace sluice::run
