#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/engine/duckdb/feed_internal.h"
#include "sluice/engine/fake/rows.h"
#include "sluice/schema/arrow.h"

namespace sluice::engine {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const schema::Schema kNumbers{.fields = {{.name = "v", .type = {schema::Integer{.bits = 64}}}}};

/// The numbers from 0, in batches; `before` is called for each of them but the first.
class Numbers final : public ColumnSource {
 public:
  Numbers(std::int64_t count, std::function<void()> before)
      : count_(count), before_(std::move(before)) {}

  Result<ArrowSchemaOwned> schema() override { return schema::to_arrow(kNumbers); }
  Result<std::optional<ArrowBatch>> next() override {
    constexpr std::int64_t kBatchRows = 5'000;
    if (given_ > 0 && before_ != nullptr) {
      before_();
    }
    std::vector<Row> rows;
    for (; given_ < count_ && static_cast<std::int64_t>(rows.size()) < kBatchRows; ++given_) {
      rows.push_back({given_});
    }
    if (rows.empty()) {
      return std::optional<ArrowBatch>{};
    }
    SLUICE_TRY(ColumnStream stream, make_rows(kNumbers, rows, rows.size()));
    return stream.next();
  }

 private:
  std::int64_t count_;
  std::function<void()> before_;
  std::int64_t given_ = 0;
};

class DuckdbFeed : public testing::Test {
 protected:
  DuckdbFeed()
      : engine_(make_duckdb_engine({.threads_max = 2}).value()),
        connection_(engine_->connect(context_).value()) {
    connection_->execute(context_, "CREATE TABLE kept (v BIGINT)").value();
  }

  Result<std::int64_t> insert(std::int64_t count, std::function<void()> before = nullptr,
                              const char* sql = "INSERT INTO kept SELECT v FROM fed") {
    return connection_->execute_over(
        context_, sql, "fed", ColumnStream(std::make_unique<Numbers>(count, std::move(before))));
  }
  std::vector<std::string> rows(Connection& connection, const char* sql) {
    return read_rows(connection.query(context_, sql).value()).value();
  }

  Context context_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(DuckdbFeed, RowsKeepTheirOrder) {
  EXPECT_EQ(insert(300'000).value(), 300'000);
  EXPECT_THAT(rows(*connection_, "SELECT count(*), count(*) FILTER (rowid = v) FROM kept"),
              ElementsAre("300000 | 300000"));
}

TEST_F(DuckdbFeed, ARelationStandsBeforeATableOfItsName) {
  connection_->execute(context_, "CREATE TABLE fed AS SELECT 7::BIGINT AS v").value();
  EXPECT_EQ(insert(2).value(), 2);
  EXPECT_THAT(rows(*connection_, "FROM kept ORDER BY v"), ElementsAre("0", "1"));
}

TEST_F(DuckdbFeed, RowsAreReadOnce) {
  const auto twice = insert(2, nullptr, "INSERT INTO kept SELECT a.v FROM fed a, fed b");
  ASSERT_FALSE(twice.has_value());
  EXPECT_THAT(twice.error().native, HasSubstr("these rows are read once"));
}

TEST_F(DuckdbFeed, NoOtherConnectionSeesTheRows) {
  const auto other = engine_->connect(context_).value();
  std::vector<std::string> said;
  const auto look = [&] {
    const auto seen = other->query(context_, "FROM _sluice_rows(1)");
    said.push_back(seen.has_value() ? "rows" : seen.error().native);
  };
  EXPECT_EQ(insert(5'001, look).value(), 5'001);
  ASSERT_FALSE(said.empty());
  EXPECT_THAT(said, testing::Each(HasSubstr("these rows belong to another call")));
  EXPECT_THAT(connection_->query(context_, "FROM _sluice_rows(1)").error().native,
              HasSubstr("these rows belong to another call"));
}

TEST_F(DuckdbFeed, ASourceThatThrowsEndsTheStatement) {
  const auto thrown = insert(5'001, [] { throw std::runtime_error("a row went wrong"); });
  ASSERT_FALSE(thrown.has_value());
  EXPECT_THAT(thrown.error().native, HasSubstr("the source of the rows failed"));
  EXPECT_THAT(rows(*connection_, "SELECT count(*) FROM kept"), ElementsAre("0"));
}

TEST_F(DuckdbFeed, AStopBetweenBatchesEndsTheStatement) {
  std::stop_source stop;
  context_.stop = stop.get_token();
  const auto stopped = insert(5'001, [&] { stop.request_stop(); });
  ASSERT_FALSE(stopped.has_value());
  EXPECT_EQ(stopped.error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace sluice::engine
