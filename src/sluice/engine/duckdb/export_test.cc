#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/engine/duckdb/export_internal.h"
#include "sluice/engine/fake/rows.h"

namespace sluice::engine {
namespace {

/// Gives batches that were taken before.
class Kept final : public ColumnSource {
 public:
  Kept(ArrowSchemaOwned schema, std::vector<ArrowBatch> batches)
      : schema_(std::move(schema)), batches_(std::move(batches)) {}
  Result<ArrowSchemaOwned> schema() override { return std::move(schema_); }
  Result<std::optional<ArrowBatch>> next() override {
    if (at_ == batches_.size()) {
      return std::optional<ArrowBatch>{};
    }
    return std::optional(std::move(batches_[at_++]));
  }

 private:
  ArrowSchemaOwned schema_;
  std::vector<ArrowBatch> batches_;
  std::size_t at_ = 0;
};

class DuckdbExport : public testing::Test {
 protected:
  DuckdbExport()
      : engine_(make_duckdb_engine().value()), connection_(engine_->connect(context_).value()) {}

  ColumnStream query(const std::string& sql) {
    return connection_->query(context_, plan::Statement(sql)).value();
  }

  Context context_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(DuckdbExport, TextsOfAllSizesStayWhatTheyAre) {
  const auto rows = read_rows(query("SELECT CASE WHEN i % 7 = 3 THEN NULL ELSE repeat(chr(97 + "
                                    "i::INTEGER % 26), i::INTEGER % 70) END AS t, i % 70 AS n FROM "
                                    "range(3000) r(i)"))
                        .value();
  ASSERT_EQ(rows.size(), 3'000U);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t size = i % 70;
    const std::string text =
        i % 7 == 3 ? "null" : "'" + std::string(size, static_cast<char>('a' + i % 26)) + "'";
    ASSERT_EQ(rows[i], text + " | " + std::to_string(size));
  }
}

TEST_F(DuckdbExport, BitsAndNullsFallOnTheirRows) {
  const auto rows = read_rows(query("SELECT CASE WHEN i % 3 = 0 THEN NULL ELSE i % 2 = 0 END AS b, "
                                    "CASE WHEN i % 5 = 0 THEN NULL ELSE i::SMALLINT END AS s FROM "
                                    "range(2500) r(i)"))
                        .value();
  ASSERT_EQ(rows.size(), 2'500U);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string bit = i % 3 == 0 ? "null" : i % 2 == 0 ? "true" : "false";
    const std::string number = i % 5 == 0 ? "null" : std::to_string(i);
    ASSERT_EQ(rows[i], fmt::format("{} | {}", bit, number));
  }
}

TEST_F(DuckdbExport, ABatchOutlivesItsEngine) {
  ColumnStream stream = query(
      "SELECT i, 'a text of more than 12 bytes ' || i AS t, [i] AS l FROM "
      "range(3) r(i)");
  ArrowSchemaOwned schema = stream.schema().value();
  std::vector<ArrowBatch> batches;
  batches.push_back(*stream.next().value());
  stream = {};
  connection_.reset();
  engine_.reset();
  EXPECT_THAT(read_rows(ColumnStream(std::make_unique<Kept>(std::move(schema), std::move(batches))))
                  .value(),
              testing::ElementsAre("0 | 'a text of more than 12 bytes 0' | [0]",
                                   "1 | 'a text of more than 12 bytes 1' | [1]",
                                   "2 | 'a text of more than 12 bytes 2' | [2]"));
}

TEST_F(DuckdbExport, AColumnCanBeTakenOutOfItsBatch) {
  ColumnStream stream = query("SELECT 'a text of more than 12 bytes' AS t, 1 AS n");
  ArrowBatch batch = *stream.next().value();
  ArrowArray& child = *batch->children[0];
  ArrowBatch column(std::move(child));
  batch.reset();
  const auto* ends = static_cast<const std::int32_t*>(column->buffers[1]);
  EXPECT_EQ(
      std::string(static_cast<const char*>(column->buffers[2]), static_cast<std::size_t>(ends[1])),
      "a text of more than 12 bytes");
}

}  // namespace
}  // namespace sluice::engine
