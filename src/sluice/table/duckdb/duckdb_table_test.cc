// What is the DuckDB table's own; the promises of every table are in table/suite.
#include <memory>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/duckdb/duckdb.h"

namespace sluice::table {
namespace {

using testing::HasSubstr;

class DuckdbTableTest : public testing::Test {
 protected:
  DuckdbTableTest()
      : engine_(engine::make_duckdb_engine().value()),
        connection_(engine_->connect(context_).value()) {}

  std::unique_ptr<Table> open(const std::string& name) {
    return make_duckdb_table(*connection_, plan::parse_table_id(name).value()).value();
  }
  void run(const std::string& sql) { connection_->execute(context_, sql).value(); }
  std::string query(const std::string& sql) {
    std::string text;
    for (const TextRow& row : find_text_rows(context_, *connection_, sql).value()) {
      text += (text.empty() ? "" : " ") + row[0].value_or("NULL");
    }
    return text;
  }
  Result<std::unique_ptr<Prepared>> prepare(Table& table, plan::WriteMode mode,
                                            const std::string& rows, std::string key) {
    run("CREATE OR REPLACE TEMP TABLE incoming AS " + rows);
    const plan::Write write{
        .target = {.parts = {"t"}},
        .schema = connection_->describe(context_, "SELECT * FROM incoming").value(),
        .mode = std::move(mode),
        .source = plan::Relation{.name = "incoming"}};
    return table.prepare(context_, write, ColumnStream{},
                         {.key = std::move(key),
                          .fingerprint = "f",
                          .ingest_id = make_uuid_v7(system_clock(), system_random())});
  }
  bool write(Table& table, plan::WriteMode mode, const std::string& rows, std::string key) {
    auto prepared = prepare(table, std::move(mode), rows, std::move(key)).value();
    return std::holds_alternative<Committed>(table.commit(context_, std::move(prepared)).value());
  }

  Context context_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
};

TEST_F(DuckdbTableTest, ATableThatOthersMadeIsTakenAsItIs) {
  run("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, name VARCHAR UNIQUE)");
  run("INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  const auto table = open("t");
  const TableState state = *table->find_state(context_).value();
  EXPECT_EQ(state.version, 0);
  EXPECT_EQ(schema::to_string(state.schema), "id: int32 not null, name: text");
  EXPECT_TRUE(write(*table, plan::Merge{.key = {"id"}},
                    "SELECT * FROM (VALUES (2, 'x'), (3, 'c')) v(id, name)", "k"));
  EXPECT_EQ(query("SELECT concat(id, name) FROM t ORDER BY id"), "1a 2x 3c");
  EXPECT_EQ(table->find_state(context_).value()->version, 1);
}

TEST_F(DuckdbTableTest, TheDatabaseFillsWhatItComputesAndWhatHasADefault) {
  run("CREATE SEQUENCE numbers");
  run("CREATE TABLE t (id INTEGER, name VARCHAR, number BIGINT DEFAULT nextval('numbers'), "
      "state VARCHAR NOT NULL DEFAULT 'new', nothing INTEGER DEFAULT NULL, twice AS (id * 2))");
  run("INSERT INTO t (id, name) VALUES (1, 'a')");
  const auto table = open("t");
  EXPECT_TRUE(write(*table, plan::Append{}, "SELECT 2::INTEGER AS id, 'b' AS name", "a"));
  EXPECT_TRUE(write(*table, plan::Merge{.key = {"id"}},
                    "SELECT * FROM (VALUES (1, 'x'), (3, 'c')) v(id, name)", "m"));
  const std::string all = "SELECT concat_ws('|', id, name, number, state, twice) FROM t ORDER BY 1";
  EXPECT_EQ(query(all), "1|x|1|new|2 2|b|2|new|4 3|c|3|new|6");
  EXPECT_TRUE(write(*table, plan::Overwrite{},
                    "SELECT 4::INTEGER AS id, 'd' AS name, 'told' AS state", "o"));
  EXPECT_EQ(query(all), "4|d|4|told|8");
  EXPECT_TRUE(
      write(*table, plan::Append{}, "SELECT 5::INTEGER AS id, NULL::BIGINT AS number", "n"));
  EXPECT_EQ(query(all), "4|d|4|told|8 5|new|10") << "what is brought is a value, also a NULL";
}

TEST_F(DuckdbTableTest, AnOverwriteTakesKeysOfAUniqueIndexThatWereThere) {
  const TempFolder folder = TempFolder::make("sluice-index").value();
  const engine::EngineOptions file{.address = folder.path() + "/x.duckdb"};
  for (const std::string& statement :
       {std::string("CREATE TABLE t (id INTEGER)"), std::string("CREATE UNIQUE INDEX u ON t (id)"),
        std::string("INSERT INTO t VALUES (1), (2)")}) {
    const auto theirs = engine::make_duckdb_engine(file).value();
    theirs->connect(context_).value()->execute(context_, statement).value();
  }
  engine_ = engine::make_duckdb_engine(file).value();
  connection_ = engine_->connect(context_).value();
  const auto table = open("t");
  EXPECT_TRUE(write(*table, plan::Overwrite{}, "SELECT 2::INTEGER AS id", "o"));
  EXPECT_EQ(query("SELECT CAST(id AS VARCHAR) FROM t"), "2");
  connection_.reset();
}

TEST_F(DuckdbTableTest, AColumnThatTheDatabaseComputesIsNotBrought) {
  run("CREATE TABLE t (id INTEGER, twice INTEGER AS (id * 2))");
  const auto table = open("t");
  const auto refused =
      prepare(*table, plan::Append{}, "SELECT 2::INTEGER AS id, 5::INTEGER AS twice", "a");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_THAT(refused.error().message, HasSubstr("the database computes a column"));
  EXPECT_THAT(refused.error().message, HasSubstr("'twice'"));
}

TEST_F(DuckdbTableTest, WhatAWriteMakesIsNoDefault) {
  run("CREATE TABLE t (id INTEGER, name VARCHAR, gone BOOLEAN DEFAULT TRUE)");
  const auto table = open("t");
  const plan::Merge merge{.key = {"id"}, .soft_delete = plan::SoftDelete{.column = "gone"}};
  EXPECT_TRUE(write(*table, merge, "SELECT 1::INTEGER AS id, 'a' AS name", "m"));
  EXPECT_EQ(query("SELECT CAST(gone AS VARCHAR) FROM t"), "false");
}

TEST_F(DuckdbTableTest, TablesOfOneDatabaseKeepTheirKeysApart) {
  const plan::CreateTable create{
      .target = {}, .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}}}}};
  const auto one = open("one");
  const auto two = open("two");
  one->create(context_, create).value();
  two->create(context_, create).value();
  EXPECT_TRUE(write(*one, plan::Append{}, "SELECT 1::BIGINT AS id", "k"));
  EXPECT_FALSE(two->find_commit(context_, "k").value().has_value());
  EXPECT_TRUE(write(*two, plan::Append{}, "SELECT 2::BIGINT AS id", "k"));
  EXPECT_EQ(query("SELECT CAST(count(*) AS VARCHAR) FROM _sluice_ledger"), "2");
}

TEST_F(DuckdbTableTest, ASchemaIsMadeWithItsFirstTable) {
  const auto table = open("gold.\"odd \"\"name\"\"\"");
  table
      ->create(context_, {.target = {},
                          .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}}}},
                          .primary_key = {"id"}})
      .value();
  EXPECT_TRUE(write(*table, plan::Append{}, "SELECT 1::BIGINT AS id", "k"));
  EXPECT_EQ(query("SELECT CAST(id AS VARCHAR) FROM gold.\"odd \"\"name\"\"\""), "1");
  EXPECT_EQ(query("SELECT key FROM gold._sluice_ledger"), "k");
  run("ALTER TABLE gold.\"odd \"\"name\"\"\" ADD COLUMN name VARCHAR");
  EXPECT_TRUE(
      write(*table, plan::Merge{.key = {"id"}}, "SELECT 1::BIGINT AS id, 'x' AS name", "m"));
  EXPECT_EQ(query("SELECT name FROM gold.\"odd \"\"name\"\"\""), "x");
  EXPECT_FALSE(table->find_state(context_).value()->schema.fields[0].nullable);
}

TEST_F(DuckdbTableTest, ChangesThatDidNotComeThroughSluiceAreAConflictToo) {
  run("CREATE TABLE t AS SELECT 1::BIGINT AS id, 'a' AS name");
  const auto table = open("t");
  auto prepared =
      prepare(*table, plan::Merge{.key = {"id"}}, "SELECT 1::BIGINT AS id, 'x' AS name", "k")
          .value();
  const auto other = engine_->connect(context_).value();
  other->execute(context_, "UPDATE t SET name = 'theirs'").value();
  const auto outcome = table->commit(context_, std::move(prepared)).value();
  EXPECT_TRUE(std::holds_alternative<Conflict>(outcome));
  EXPECT_EQ(query("SELECT name FROM t"), "theirs");
}

TEST_F(DuckdbTableTest, APreparedWriteThatIsDroppedIsRolledBack) {
  run("CREATE TABLE t AS SELECT 1::BIGINT AS id");
  const auto table = open("t");
  prepare(*table, plan::Append{}, "SELECT 2::BIGINT AS id", "k").value().reset();
  EXPECT_EQ(query("SELECT CAST(count(*) AS VARCHAR) FROM t"), "1");
  EXPECT_TRUE(write(*table, plan::Append{}, "SELECT 2::BIGINT AS id", "k"));
}

TEST_F(DuckdbTableTest, TemporaryRelationsGoWithTheirWrite) {
  run("CREATE TABLE t AS SELECT 1::BIGINT AS id");
  const auto table = open("t");
  EXPECT_TRUE(write(*table, plan::Merge{.key = {"id"}}, "SELECT 1::BIGINT AS id", "a"));
  prepare(*table, plan::Merge{.key = {"id"}}, "SELECT 2::BIGINT AS id", "b").value().reset();
  EXPECT_EQ(query("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE '_sluice_%' AND "
                  "temporary UNION ALL SELECT view_name FROM duckdb_views() WHERE view_name LIKE "
                  "'_sluice_%' AND temporary"),
            "");
}

TEST_F(DuckdbTableTest, AColumnNamedRowidIsRefusedWhereRowsMustBeToldApart) {
  run("CREATE TABLE t AS SELECT 1::BIGINT AS rowid");
  const auto table = open("t");
  EXPECT_TRUE(write(*table, plan::Append{}, "SELECT 2::BIGINT AS rowid", "a"));
  const auto refused =
      prepare(*table, plan::Merge{.key = {"rowid"}}, "SELECT 2::BIGINT AS rowid", "b");
  EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
}

TEST_F(DuckdbTableTest, ALedgerOfTheFutureIsRefused) {
  run("CREATE TABLE t AS SELECT 1::BIGINT AS id");
  const auto table = open("t");
  EXPECT_TRUE(write(*table, plan::Append{}, "SELECT 2::BIGINT AS id", "a"));
  run("UPDATE _sluice_table SET format = 2");
  EXPECT_EQ(table->find_state(context_).error().code, ErrorCode::Unsupported);
  EXPECT_EQ(prepare(*table, plan::Append{}, "SELECT 2::BIGINT AS id", "b").error().code,
            ErrorCode::Unsupported);
}

TEST_F(DuckdbTableTest, AnErrorInTheRowsOfOthersIsNotRepeatedInTheMessage) {
  run("CREATE TABLE t (id BIGINT CHECK (id < 10))");
  const auto table = open("t");
  const auto refused = prepare(*table, plan::Append{}, "SELECT 4711::BIGINT AS id", "a");
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, testing::Not(HasSubstr("4711")));
}

}  // namespace
}  // namespace sluice::table
