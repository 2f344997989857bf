#include "sluice/orm/session/source.h"

#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/base/context.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/orm/session/relation.h"

namespace post {

struct Letter {
  std::int64_t id;
  std::string to;
  double weight;
  friend bool operator==(const Letter&, const Letter&) = default;
};

struct To {
  std::string to;
};

struct Total {
  std::string to;
  double weight;
};

}  // namespace post

namespace sluice {
namespace {

using post::Letter;
using testing::HasSubstr;

class SourceTest : public testing::Test {
 protected:
  SourceTest() {
    EXPECT_TRUE(db_.migrate<Letter>().has_value());
    EXPECT_TRUE(db_.insert(letters_).has_value());
  }

  const std::vector<Letter> letters_{{1, "Ann", 10}, {2, "Bob", 20}, {3, "Ann", 30}};
  Session db_ = open(std::shared_ptr<engine::Engine>(engine::make_duckdb_engine().value())).value();
};

TEST_F(SourceTest, ATableABatchAndRowsInHandAreReadAlike) {
  EXPECT_EQ(db_.query<Letter>(from_table("letters")).value().size(), 3U);
  EXPECT_EQ(db_.query<Letter>(from_arrow(db_.batches("FROM letters").value())).value(), letters_);
  EXPECT_EQ(db_.query<post::To>(from_rows(std::span<const Letter>(letters_))).value()[1].to, "Bob");
  EXPECT_EQ(db_.query_first<Letter>(from_table("letters")).value()->id, 1);
  int seen = 0;
  EXPECT_TRUE(
      db_.for_each<Letter>(from_table("letters"), [&](const Letter&) { ++seen; }).has_value());
  EXPECT_EQ(seen, 3);
  EXPECT_EQ(db_.query<Letter>(from_table("a.b.c.d")).error().code, ErrorCode::InvalidArgument);
}

TEST_F(SourceTest, BatchesAreReadOnce) {
  const Source once = from_arrow(db_.batches("FROM letters").value());
  EXPECT_TRUE(db_.query<Letter>(once).has_value());
  EXPECT_EQ(db_.query<Letter>(once).error().code, ErrorCode::InvalidArgument);
}

TEST_F(SourceTest, ParametersAreBoundNeverSpliced) {
  const std::string evil = "Ann' OR '1'='1";
  EXPECT_TRUE(
      db_.query<Letter>(sql("SELECT * FROM letters WHERE \"to\" = ?", evil)).value().empty());
  EXPECT_EQ(db_.query<Letter>(sql("SELECT * FROM letters WHERE \"to\" <> '?' AND id = ?", 2))
                .value()
                .size(),
            1U);
  EXPECT_EQ(db_.exec(sql("UPDATE letters SET weight = ? WHERE id < ?", 1.5, 3)).value(), 2);
  EXPECT_FALSE(db_.query<Letter>(sql("SELECT * FROM letters WHERE id = ?")).has_value());
}

TEST_F(SourceTest, ExtraColumnsAreDroppedOrRefused) {
  const plan::Statement more("SELECT *, 1 AS extra FROM letters");
  EXPECT_EQ(db_.query<Letter>(more).value().size(), 3U);
  const auto refused = db_.query<Letter>(more, orm::DecodeOptions{.refuse_extra_columns = true});
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("extra"));
}

TEST_F(SourceTest, ANullInAMemberThatIsNotOptionalNamesRowAndColumn) {
  const auto refused = db_.query<Letter>(
      sql("SELECT id, CASE WHEN id = 2 THEN NULL ELSE \"to\" END AS \"to\", weight FROM letters "
          "ORDER BY id"));
  ASSERT_FALSE(refused.has_value());
  const std::string text = to_string(refused.error());
  EXPECT_THAT(text, HasSubstr("in column 'to' of row 1"));
}

TEST_F(SourceTest, AFunctionBringsRowsAndIsReleasedOnce) {
  int released = 0;
  const Source statement = from_source([&](const Context&) -> Result<NativeRows> {
    return NativeRows(sql("SELECT * FROM letters WHERE id = ?", 2), [&released] { ++released; });
  });
  EXPECT_EQ(db_.query_one<Letter>(statement).value().to, "Bob");
  EXPECT_EQ(released, 1);
  EXPECT_EQ(db_.query_one<Letter>(statement).value().to, "Bob");
  EXPECT_EQ(released, 2) << "once for each read";
  auto arrow = db_.query<Letter>(from_source([&](const Context&) -> Result<NativeRows> {
    return NativeRows(std::any(db_.batches("FROM letters").value().release_to_caller()),
                      [&released] { ++released; });
  }));
  EXPECT_EQ(arrow.value(), letters_);
  EXPECT_EQ(released, 3);
}

TEST_F(SourceTest, ALeftOrFailedReadIsReleasedOnceToo) {
  int released = 0;
  const auto bring = [&](const plan::Statement& statement) {
    return from_source([&released, statement](const Context&) -> Result<NativeRows> {
      return NativeRows(statement, [&released] { ++released; });
    });
  };
  for (const auto& page : db_.stream<Letter>(bring("SELECT 1 AS id, 'x' AS \"to\", 1.5::DOUBLE AS "
                                                   "weight FROM range(100000)"))) {
    EXPECT_TRUE(page.has_value());
    break;
  }
  EXPECT_EQ(released, 1);
  EXPECT_FALSE(db_.query<Letter>(bring("SELECT no_such_column")).has_value());
  EXPECT_EQ(released, 2);
  EXPECT_FALSE(db_.query<Letter>(bring("SELECT 1 AS other")).has_value());
  EXPECT_EQ(released, 3);
}

TEST_F(SourceTest, AnUnknownNativeTypeFailsAtOnceAndIsReleased) {
  int released = 0;
  const auto refused = db_.query<Letter>(from_source([&](const Context&) -> Result<NativeRows> {
    return NativeRows(std::string("no rows"), [&released] { ++released; });
  }));
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
  EXPECT_THAT(refused.error().message, HasSubstr("string"));
  EXPECT_EQ(released, 1);
}

TEST_F(SourceTest, WhatAFunctionThrowsPassesThroughAndWhatAReleaseThrowsIsDropped) {
  Session one = open(std::shared_ptr<engine::Engine>(engine::make_duckdb_engine().value()),
                     {.session_pool = 1})
                    .value();
  const Source throwing = from_source(
      [](const Context&) -> Result<NativeRows> { throw std::domain_error("no source"); });
  EXPECT_THROW(static_cast<void>(one.query<Letter>(throwing)), std::domain_error);
  EXPECT_TRUE(one.ping().has_value()) << "the only connection is free";
  const Source rows = from_source([](const Context&) -> Result<NativeRows> {
    return NativeRows(sql("SELECT 1 AS id, 'x' AS \"to\", 1.5::DOUBLE AS weight"),
                      [] { throw std::domain_error("no release"); });
  });
  EXPECT_EQ(one.query_one<Letter>(rows).value().id, 1);
  EXPECT_TRUE(one.ping().has_value());
}

TEST_F(SourceTest, ExecSaysHowManyRowsItChanged) {
  EXPECT_EQ(db_.exec(sql("INSERT INTO letters (id, \"to\", weight) VALUES (?, ?, ?), (5, 'E', 1)",
                         4, "Dan", 2.5))
                .value(),
            2);
  EXPECT_EQ(db_.exec(sql("DELETE FROM letters WHERE \"to\" = ?", "Ann")).value(), 2);
  EXPECT_EQ(db_.exec("CREATE TABLE other (x INTEGER)").value(), 0);
}

TEST_F(SourceTest, ARelationIsPutTogetherStepByStep) {
  const Relation heavy = relation(db_, from<Letter>()).where(col<&Letter::weight> >= 20.0);
  EXPECT_EQ(heavy.count().value(), 2);
  EXPECT_EQ(heavy.where(col<&Letter::to> == "Ann").count().value(), 1);
  EXPECT_EQ(heavy.count().value(), 2) << "the old one stays";
  const Relation totals =
      relation(db_, sql("SELECT \"to\", sum(weight) AS weight FROM letters WHERE id < ? GROUP BY 1",
                        100))
          .order_by(descending(col<&Letter::weight>));
  const std::vector<post::Total> rows = collect_as<post::Total>(totals).value();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].to, "Ann");
  EXPECT_EQ(rows[0].weight, 40.0);
  EXPECT_EQ(totals.limit(1).offset(1).first_as<post::Total>().value()->to, "Bob");
  EXPECT_EQ(totals.schema().value().fields.size(), 2U);
  std::size_t streamed = 0;
  for (const auto& page : stream_as<post::To>(totals.select<&Letter::to>())) {
    ASSERT_TRUE(page.has_value());
    streamed += (*page).size();
  }
  EXPECT_EQ(streamed, 2U);
  EXPECT_EQ(table_relation(db_, "letters").value().count().value(), 3);
  EXPECT_THAT(collect_as<Letter>(totals).error().message, HasSubstr("'id'"));
}

}  // namespace
}  // namespace sluice
