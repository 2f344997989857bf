// One session and several threads. What each test counts holds however the threads are scheduled;
// that nothing is raced for is for ThreadSanitizer to see (the tsan preset).
#include <atomic>
#include <chrono>
#include <cstdint>
#include <latch>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/base/context.h"
#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/orm/model/validate.h"
#include "sluice/orm/observe/line_log.h"
#include "sluice/orm/observe/metrics.h"
#include "sluice/orm/session/relation.h"
#include "sluice/orm/session/session.h"

namespace mill {

struct Sack {
  std::int64_t number;
  std::string grain;
};

struct Scale {
  std::string name;
  std::int64_t weighed;
};

struct Visitor {
  std::string name;
  std::optional<std::string> email;
};

}  // namespace mill

template <>
inline constexpr auto sluice::model<mill::Sack> =
    sluice::orm::table("sacks").key<&mill::Sack::number>();
template <>
inline constexpr auto sluice::model<mill::Scale> =
    sluice::orm::table("scales").merge_key<&mill::Scale::name>();
template <>
inline constexpr auto sluice::model<mill::Visitor> =
    sluice::orm::table("visitors").check<&mill::Visitor::email>(sluice::email());

namespace sluice {
namespace {

using mill::Sack;
using mill::Scale;
using testing::HasSubstr;

constexpr int kThreads = 4;

/// Runs `work(number of the thread)` on several threads that begin together, and waits for them.
template <class Work>
void on_threads(Work work) {
  std::latch begin(kThreads);
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&begin, &work, t] {
      begin.arrive_and_wait();
      work(t);
    });
  }
}

/// Writes until it is done: a race may be lost as often as the scheduler likes. Anything else is
/// told.
template <class Record>
int write_until_done(Session& db, const Record& record, const InsertOptions& options) {
  while (true) {
    const Result<Receipt> receipt = db.insert(record, options);
    if (receipt.has_value()) {
      return 0;
    }
    if (receipt.error().code != ErrorCode::CommitConflict) {
      ADD_FAILURE() << to_string(receipt.error());
      return 1;
    }
  }
}

class ThreadsTest : public testing::Test {
 protected:
  Session open_session(const OpenOptions& options = {}) {
    return open(std::shared_ptr<engine::Engine>(engine::make_duckdb_engine().value()),
                duckdb_tables(), orm::storage(folder_.path()), options)
        .value();
  }

  TempFolder folder_ = TempFolder::make("sluice-threads").value();
};

TEST_F(ThreadsTest, WriteAndReadThroughOneSessionAndLoseNothing) {
  std::string lines;  // the sink is called by one thread at a time
  TextLog log([&lines](std::string_view line) { lines += line; });
  Metrics metrics;
  Session db = open_session(
      {.inflight_ingests_max = 2, .session_pool = 3, .log = &log, .metrics = &metrics});
  ASSERT_TRUE(db.migrate<Sack>().has_value());
  std::atomic<int> failures = 0;
  on_threads([&](int t) {
    for (int i = 0; i < 5; ++i) {
      const Via via = (t + i) % 2 == 0 ? Via::Direct : Via::Storage;
      failures += write_until_done(db, Sack{t * 100 + i, "rye"}, {.via = via});
      failures += db.query<Sack>().has_value() ? 0 : 1;
      failures += relation(db, from<Sack>()).count().has_value() ? 0 : 1;
      failures += metrics.to_prometheus().empty() ? 1 : 0;
      failures += db.cleanup_staging(std::chrono::seconds(0)).has_value() ? 0 : 1;
    }
  });
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(db.query<Sack>().value().size(), 20U);
  EXPECT_THAT(metrics.to_prometheus(), HasSubstr("sluice_ingest_rows_total{table=\"sacks\"} 20\n"));
  EXPECT_THAT(lines, HasSubstr("ingest committed"));
}

TEST_F(ThreadsTest, MeetOnOneKeyAndEndWithOneRow) {
  Session db = open_session({.inflight_ingests_max = kThreads, .commit_retry_max = 16});
  ASSERT_TRUE(db.migrate<Scale>().has_value());
  std::atomic<int> written = 0;
  std::atomic<int> others = 0;
  on_threads([&](int t) {
    for (int i = 0; i < 3; ++i) {
      const Result<Receipt> receipt = db.insert(Scale{"big", t * 10 + i});
      written += receipt.has_value() ? 1 : 0;
      others += receipt.has_value() || receipt.error().code == ErrorCode::CommitConflict ? 0 : 1;
    }
  });
  EXPECT_GT(written, 0);
  EXPECT_EQ(others, 0) << "a race that is lost too often is a conflict and nothing else";
  EXPECT_EQ(db.query<Scale>().value().size(), 1U);
}

TEST_F(ThreadsTest, SendOneKeyAtOnceAndItIsWrittenOnce) {
  Session db = open_session({.inflight_ingests_max = kThreads, .commit_retry_max = 16});
  ASSERT_TRUE(db.migrate<Sack>().has_value());
  std::vector<std::optional<Receipt>> receipts(kThreads);
  on_threads([&](int t) {
    Result<Receipt> receipt = make_error(ErrorCode::CommitConflict, "not yet");
    while (!receipt.has_value() && receipt.error().code == ErrorCode::CommitConflict) {
      receipt = db.insert({Sack{1, "rye"}, Sack{2, "oats"}}, {.idempotency_key = "request-1"});
    }
    if (receipt.has_value()) {
      receipts[static_cast<std::size_t>(t)] = *receipt;
    }
  });
  for (const std::optional<Receipt>& receipt : receipts) {
    EXPECT_EQ(receipt, receipts.front()) << "one receipt for all";
  }
  EXPECT_TRUE(receipts.front().has_value());
  EXPECT_EQ(db.query<Sack>().value().size(), 2U);
}

TEST_F(ThreadsTest, MakeADescriptorOnceAndValidateWithIt) {
  std::atomic<int> refused = 0;
  on_threads([&](int) {
    refused += sluice::validate(mill::Visitor{"Ann", "nobody"}).passed() ? 0 : 1;
    refused += sluice::validate(mill::Visitor{"Bob", {}}).passed() ? 0 : 1;
  });
  EXPECT_EQ(refused, kThreads);
}

TEST_F(ThreadsTest, StreamWhileOthersWrite) {
  Session db = open_session();
  ASSERT_TRUE(db.migrate<Sack>().has_value());
  std::vector<Sack> sacks;
  for (int i = 0; i < 20'000; ++i) {
    sacks.push_back({i, "rye"});
  }
  ASSERT_TRUE(db.insert(sacks).has_value());
  std::atomic<int> failures = 0;
  on_threads([&](int t) {
    if (t % 2 == 0) {
      std::size_t rows = 0;
      for (const auto& page : db.stream<Sack>()) {
        failures += page.has_value() ? 0 : 1;
        rows += page.has_value() ? (*page).size() : 0;
      }
      failures += rows >= sacks.size() ? 0 : 1;
    } else {
      failures += write_until_done(db, Sack{100'000 + t, "oats"}, {});
    }
  });
  EXPECT_EQ(failures, 0);
}

TEST_F(ThreadsTest, StopACallOfAnother) {
  Session db = open_session();
  std::stop_source stop;
  Context context;
  context.stop = stop.get_token();
  std::optional<ErrorCode> code;
  {
    const std::jthread caller([&, session = db.with(context)]() mutable {
      const auto slow = session.exec(
          "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE a.range < b.range");
      code = slow.has_value() ? std::nullopt : std::optional(slow.error().code);
    });
    stop.request_stop();
  }
  EXPECT_EQ(code, ErrorCode::Cancelled);
  EXPECT_TRUE(db.ping().has_value());
}

TEST_F(ThreadsTest, CloseWhileOthersCallAndEndTheirCalls) {
  Session db = open_session({.session_pool = 1});
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([db]() mutable {
      while (db.ping().has_value()) {
      }
    });
  }
  db.close();
  threads.clear();
  EXPECT_EQ(db.ping().error().code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace sluice
