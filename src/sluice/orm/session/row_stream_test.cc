#include "sluice/orm/session/row_stream.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/base/context.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/orm/codec/encode.h"
#include "sluice/orm/session/session.h"

namespace shop {

enum class Tier { Free, Paid };

struct Event {
  std::int64_t number;
};

}  // namespace shop

namespace sluice {
namespace {

using shop::Event;

class RowStreamTest : public testing::Test {
 protected:
  static Session open_memory(const OpenOptions& options = {}) {
    return open(std::shared_ptr<engine::Engine>(engine::make_duckdb_engine().value()), options)
        .value();
  }
};

TEST_F(RowStreamTest, StreamsPagesAndGivesTheConnectionBackWhenLeftEarly) {
  Session db = open_memory({.session_pool = 1});
  ASSERT_TRUE(db.migrate<Event>().has_value());
  const auto numbers = sql("SELECT range AS number FROM range(100000)");
  std::int64_t sum = 0;
  std::size_t largest = 0;
  for (const auto& page : db.stream<Event>(numbers)) {
    ASSERT_TRUE(page.has_value());
    largest = std::max(largest, (*page).size());
    for (const Event& event : *page) {
      sum += event.number;
    }
  }
  EXPECT_EQ(sum, 99'999LL * 100'000 / 2);
  EXPECT_LT(largest, 100'000U);
  for (const auto& page : db.stream<Event>(numbers)) {
    EXPECT_TRUE(page.has_value());
    break;
  }
  EXPECT_TRUE(db.ping().has_value()) << "the only connection is free again";
}

TEST_F(RowStreamTest, AFailureOfAStreamIsItsLastPage) {
  Session db = open_memory();
  int pages = 0;
  for (const auto& page : db.stream<Event>(sql("SELECT x FROM missing"))) {
    EXPECT_FALSE(page.has_value());
    ++pages;
  }
  EXPECT_EQ(pages, 1);
}

TEST_F(RowStreamTest, AStopEndsAStreamAfterThePageThatIsBeingRead) {
  Session db = open_memory({.session_pool = 1});
  std::stop_source stop;
  Context context;
  context.stop = stop.get_token();
  int good = 0;
  ErrorCode last{};
  for (const auto& page :
       db.with(context).stream<Event>(sql("SELECT range AS number FROM range(10000000)"))) {
    stop.request_stop();
    good += page.has_value() ? 1 : 0;
    last = page.has_value() ? ErrorCode::Internal : page.error().code;
  }
  EXPECT_LT(good, 100) << "what was computed before may still come";
  EXPECT_EQ(last, ErrorCode::Cancelled);
  EXPECT_TRUE(db.ping().has_value()) << "the connection can be used again";
}

TEST_F(RowStreamTest, ReadsADictionaryOfTheEngine) {
  Session db = open_memory();
  ASSERT_TRUE(db.exec("CREATE TYPE mood AS ENUM ('Paid', 'Free')").has_value());
  struct Row {
    shop::Tier tier;
    std::optional<std::string> text;
  };
  const auto rows = db.query<Row>(sql("SELECT 'Free'::mood AS tier, NULL::mood AS text"));
  ASSERT_TRUE(rows.has_value()) << to_string(rows.error());
  EXPECT_EQ((*rows)[0].tier, shop::Tier::Free);
  EXPECT_EQ((*rows)[0].text, std::nullopt);
}

TEST_F(RowStreamTest, SumsAreReadIntoIntegers) {
  Session db = open_memory();
  EXPECT_EQ(db.query_one<Event>(sql("SELECT sum(range) AS number FROM range(10)")).value().number,
            45);
}

TEST_F(RowStreamTest, ReadsArrowBatchesFromAnywhere) {
  const std::vector<Event> events{{1}, {2}, {3}};
  ColumnStream stream =
      orm::encode_stream(orm::table_model_of<Event>(), events.data(), sizeof(Event), events.size(),
                         {.now = {}, .ingest_id = "x"});
  const std::vector<Event> back = collect_as<Event>(std::move(stream)).value();
  ASSERT_EQ(back.size(), 3U);
  EXPECT_EQ(back[2].number, 3);
}

TEST_F(RowStreamTest, GivesTheColumnsThemselves) {
  Session db = open_memory({.session_pool = 1});
  {
    ColumnStream batches = db.batches(sql("SELECT range AS number FROM range(10)")).value();
    EXPECT_EQ(collect_as<Event>(std::move(batches)).value().size(), 10U);
  }
  EXPECT_TRUE(db.ping().has_value());
}

}  // namespace
}  // namespace sluice
