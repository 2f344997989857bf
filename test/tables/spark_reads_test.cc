// Spark reads what Sluice wrote, after every kind of write and care, and finds the rows that Sluice
// finds: all of them, and those of filters, for which it trusts partitions and statistics. Then the
// other way: Sluice reads a Delta table that Spark made, and writes to it.
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/base/temp_folder.h"
#include "sluice/base/uuid.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/engine/fake/rows.h"
#include "sluice/engine/spark/spark.h"
#include "sluice/engine/suite/suite.h"
#include "sluice/run/write/write.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/delta/delta.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::engine {
// The library that knows the server brings a suite along, which is not for here.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(EngineSuite);
}  // namespace sluice::engine

namespace sluice::table {
namespace {

constexpr std::string_view kTexts =
    "concat_ws('|', CAST(id AS {0}), coalesce(name, '-'), CAST(fare AS {0}), CAST(day AS {0}), "
    "CAST(is_paid AS {0}))";

constexpr std::array<std::string_view, 8> kFilters{"TRUE",
                                                   "id BETWEEN 8 AND 14",
                                                   "id = 29",
                                                   "name IS NULL",
                                                   "name > 'n2'",
                                                   "fare >= 6.5",
                                                   "day = DATE '2026-01-02'",
                                                   "day > DATE '2026-01-01' AND is_paid"};

std::string trips(int from, int to, std::string_view day, std::string_view name = "") {
  return fmt::format(
      "SELECT i::BIGINT AS id, CASE WHEN i % 5 <> 0 THEN '{3}' || i END AS name, (i / "
      "4.0)::DECIMAL(10, 2) AS fare, DATE '{2}' AS day, i % 2 = 0 AS is_paid FROM range({0}, {1}) "
      "t(i)",
      from, to, day, name);
}

class SparkReads : public testing::TestWithParam<std::string> {
 protected:
  SparkReads()
      : folder_(TempFolder::make("sluice-spark-reads").value()),
        engine_(engine::make_duckdb_engine({}).value()),
        connection_(engine_->connect(context_).value()),
        storage_(storage::make_file_storage({.root = path()}).value()) {}

  void SetUp() override {
    const engine::TestServer server = engine::find_test_server("SPARK");
    if (!server.missing.empty()) {
      GTEST_SKIP() << server.missing;
    }
    spark_ = engine::make_spark_engine(
                 {.address = server.address, .spill_folder = {}, .allowed_paths = {}})
                 .value();
    spark_connection_ = spark_->connect(context_).value();
    for (const char* setting : {"spark.sql.shuffle.partitions",  // two hundred tasks for ten rows
                                "spark.databricks.delta.snapshotPartitions"}) {
      in_spark_execute(fmt::format("SET {} = 2", setting));
    }
  }

  std::string path() const { return folder_.path() + "/trips"; }
  std::string in_spark() const { return fmt::format("{}.`{}`", GetParam(), path()); }

  void open() {
    table_ = GetParam() == "delta" ? make_delta_table(*connection_, *storage_).value()
                                   : make_parquet_table(*connection_, *storage_).value();
  }
  void make() {
    open();
    table_
        ->create(context_,
                 {.target = {.parts = {"trips"}},
                  .schema = connection_->describe(context_, trips(0, 1, "2026-01-01")).value(),
                  .primary_key = {},
                  .partition_by = {{.column = "day"}},
                  .sort_by = {}})
        .value();
  }
  Receipt write(plan::WriteMode mode, const std::string& rows) {
    connection_->execute(context_, "CREATE OR REPLACE TEMP TABLE incoming AS " + rows).value();
    const Uuid id = make_uuid_v7(system_clock(), system_random());
    return run::write_once(
               context_, *table_,
               {.target = {.parts = {"trips"}},
                .schema = connection_->describe(context_, "SELECT * FROM incoming").value(),
                .mode = std::move(mode),
                .source = plan::Relation{.name = "incoming"}},
               nullptr, {.key = to_string(id), .fingerprint = "f", .ingest_id = id})
        .value();
  }
  /// The rows of every filter, by one statement: each takes the server seconds.
  static std::vector<std::string> found_by(engine::Connection& connection,
                                           std::string_view text_type, std::string_view table) {
    std::string sql;
    for (std::size_t i = 0; i < kFilters.size(); ++i) {
      sql += fmt::format("{}SELECT concat('{} ', {}) AS found FROM {} WHERE {}",
                         sql.empty() ? "" : " UNION ALL ", i,
                         fmt::format(fmt::runtime(kTexts), text_type), table, kFilters[i]);
    }
    return engine::read_rows(connection.query({}, sql + " ORDER BY found").value()).value();
  }
  void in_spark_execute(const std::string& sql) {
    spark_connection_->execute(context_, sql).value();
  }
  void expect_the_same(std::string_view after, std::int64_t rows) {
    table_->make_view(context_, {}, "ours").value();
    EXPECT_EQ(load_count(context_, *connection_, "SELECT count(*) FROM ours").value(), rows)
        << after;
    EXPECT_EQ(found_by(*spark_connection_, "STRING", in_spark()),
              found_by(*connection_, "VARCHAR", "ours"))
        << after;
  }

  Context context_;
  TempFolder folder_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<Table> table_;
  std::unique_ptr<engine::Engine> spark_;
  std::unique_ptr<engine::Connection> spark_connection_;
};

TEST_P(SparkReads, WhatSluiceWroteInEveryWay) {
  make();
  write(plan::Append{}, trips(0, 20, "2026-01-01"));
  write(plan::Append{}, trips(20, 30, "2026-01-02"));
  expect_the_same("two appends", 30);
  const Receipt merged =
      write(plan::Merge{.key = {"id"}}, trips(25, 35, "2026-01-02", "n") + " WHERE i <> 27");
  EXPECT_EQ(merged.inserted, 5);
  expect_the_same("a merge", 35);
  write(plan::OverwritePartitions{.by = {{.column = "day"}}}, trips(40, 44, "2026-01-01"));
  expect_the_same("a partition that was replaced", 19);
  write(plan::Reconcile{.key = {"id"}}, trips(20, 44, "2026-01-02", "r"));
  expect_the_same("rows made equal by key", 24);
  run::maintain(
      context_, *table_,
      Evolve{.changes = {schema::AddColumn{.field = {.name = "note", .type = {schema::Text{}}}}}})
      .value();
  write(plan::Append{},
        fmt::format("SELECT *, 'new' AS note FROM ({})", trips(50, 53, "2026-01-03")));
  expect_the_same("a column that was added", 27);
  run::maintain(context_, *table_, Compact{}).value();
  expect_the_same("small files that were put together", 27);
}

class SparkWrote : public SparkReads {};

TEST_P(SparkWrote, SluiceReadsAndWritesIt) {
  in_spark_execute(fmt::format(
      "CREATE TABLE {} (id BIGINT, name STRING, fare DECIMAL(10, 2), day DATE, is_paid BOOLEAN) "
      "USING delta PARTITIONED BY (day) TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')",
      in_spark()));
  in_spark_execute(
      fmt::format("INSERT INTO {} SELECT id, concat('s', id), CAST(id / 4 AS DECIMAL(10, 2)), "
                  "DATE'2026-01-01', id % 2 = 0 FROM range(30)",
                  in_spark()));
  in_spark_execute(fmt::format("DELETE FROM {} WHERE id IN (3, 8)", in_spark()));
  open();
  expect_the_same("a table of Spark's with deleted rows", 28);
  write(plan::Append{}, trips(30, 34, "2026-01-02"));
  expect_the_same("an append to it", 32);
  const Receipt merged = write(plan::Merge{.key = {"id"}}, trips(3, 9, "2026-01-01", "n"));
  EXPECT_EQ(merged.inserted, 2);
  expect_the_same("a merge into it", 34);
  in_spark_execute(fmt::format("UPDATE {} SET name = 'spark' WHERE id = 29", in_spark()));
  expect_the_same("an update of Spark's after it", 34);
}

INSTANTIATE_TEST_SUITE_P(All, SparkReads, testing::Values("delta", "parquet"),
                         [](const auto& test) { return test.param; });
INSTANTIATE_TEST_SUITE_P(All, SparkWrote, testing::Values("delta"),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace sluice::table
