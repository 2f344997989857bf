// What is the DuckLake's own; the promises of every table are in table/suite.
#include "sluice/table/ducklake/ducklake.h"

#include <csignal>
#include <cstdlib>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/table/change/text_rows.h"

namespace sluice::table {
namespace {

using testing::HasSubstr;

class DucklakeTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const Status there = check_lake_extensions("sqlite:x"); !there.has_value()) {
      GTEST_SKIP() << there.error().message;
    }
  }

  std::string catalog() const { return folder_.path() + "/lake.ducklake"; }
  std::unique_ptr<engine::Connection> open() {
    engine_ = engine::make_duckdb_engine().value();
    auto connection = engine_->connect(context_).value();
    attach_lake(context_, *connection, {.catalog = catalog(), .data_path = {}}).value();
    return connection;
  }
  static std::string find_extension() {
    for (const std::string& folder : engine::module_folders()) {
      const std::string path = folder + "/ducklake.duckdb_extension";
      if (::access(path.c_str(), R_OK) == 0) {
        return path;
      }
    }
    return {};
  }
  std::string query(engine::Connection& connection, const std::string& sql) {
    return find_text_rows(context_, connection, sql).value()[0][0].value_or("NULL");
  }

  Context context_;
  TempFolder folder_ = TempFolder::make("sluice-lake").value();
  std::unique_ptr<engine::Engine> engine_;
};

/// Both look the key up, find nothing, write their rows and the key, and commit.
int commits_of_two_with_one_key(engine::Connection& one, engine::Connection& two) {
  const Context context;
  one.execute(context, "CREATE TABLE lake.main.t (id BIGINT)").value();
  one.execute(context, "CREATE TABLE lake.main.ledger (key VARCHAR)").value();
  engine::Connection* both[] = {&one, &two};
  for (engine::Connection* each : both) {
    each->execute(context, "BEGIN").value();
    EXPECT_EQ(
        load_count(context, *each, "SELECT count(*) FROM lake.main.ledger WHERE key = 'k'").value(),
        0);
    each->execute(context, "INSERT INTO lake.main.t SELECT * FROM range(100)").value();
    each->execute(context, "INSERT INTO lake.main.ledger VALUES ('k')").value();
  }
  int commits = 0;
  for (engine::Connection* each : both) {
    commits += each->execute(context, "COMMIT").has_value() ? 1 : 0;
  }
  return commits;
}

TEST_F(DucklakeTest, TheObviousDesignDoublesABatchAndOursDoesNot) {
  {
    // The lake's own way: a commit that lost is moved behind the other and sent again.
    const auto engine = engine::make_duckdb_engine().value();
    const auto one = engine->connect(context_).value();
    const auto two = engine->connect(context_).value();
    one->execute(context_, fmt::format("LOAD '{}'", find_extension())).value();
    one->execute(context_,
                 fmt::format("ATTACH 'ducklake:{}/obvious.ducklake' AS lake", folder_.path()))
        .value();
    EXPECT_EQ(commits_of_two_with_one_key(*one, *two), 2);
    EXPECT_EQ(query(*one, "SELECT CAST(count(*) AS VARCHAR) FROM lake.main.t"), "200");
  }
  const auto one = open();
  const auto two = engine_->connect(context_).value();
  EXPECT_EQ(commits_of_two_with_one_key(*one, *two), 1);
  EXPECT_EQ(query(*one, "SELECT CAST(count(*) AS VARCHAR) FROM lake.main.t"), "100");
}

TEST_F(DucklakeTest, AFileThatAnotherProcessHoldsIsUnavailableAndNamesIt) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t holder = ::fork();
  if (holder == 0) {
    const auto held = open();
    static_cast<void>(::write(ends[1], "h", 1));
    ::pause();
    ::_exit(0);
  }
  char byte = 0;
  ASSERT_EQ(::read(ends[0], &byte, 1), 1);
  const auto engine = engine::make_duckdb_engine().value();
  const auto connection = engine->connect(context_).value();
  const LakeOptions options{.catalog = catalog(), .data_path = {}, .lock_wait_ms = 60};
  const Status refused = attach_lake(context_, *connection, options);
  ::kill(holder, SIGKILL);
  ::waitpid(holder, nullptr, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(refused.error().message, HasSubstr("another process holds the catalog"));
  EXPECT_THAT(refused.error().hint, HasSubstr(fmt::format("process {}", holder)));
  attach_lake(context_, *connection, options).value();
}

TEST_F(DucklakeTest, StatementsReachTheLakeAndNothingElse) {
  const auto connection = open();
  const std::string outside = folder_.path() + "/outside.csv";
  EXPECT_FALSE(
      connection->execute(context_, fmt::format("COPY (SELECT 1) TO '{}'", outside)).has_value());
  EXPECT_FALSE(
      connection->execute(context_, "SET GLOBAL ducklake_max_retry_count = 10").has_value());
  connection->execute(context_, "CREATE TABLE lake.main.t AS SELECT * FROM range(1000)").value();
  EXPECT_EQ(query(*connection, "SELECT CAST(count(*) AS VARCHAR) FROM lake.main.t"), "1000");
}

TEST_F(DucklakeTest, ADefaultOfTheLakeIsFilled) {
  const auto connection = open();
  connection->execute(context_, "CREATE TABLE lake.main.t (id BIGINT, state VARCHAR DEFAULT 'new')")
      .value();
  const auto table =
      make_ducklake_table(*connection, plan::parse_table_id("lake.main.t").value()).value();
  const plan::Write write{.target = {.parts = {"t"}},
                          .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}}}},
                          .mode = plan::Append{},
                          .source = plan::Relation{.name = "incoming"}};
  connection->execute(context_, "CREATE TEMP TABLE incoming AS SELECT 1::BIGINT AS id").value();
  auto prepared = table
                      ->prepare(context_, write, ColumnStream{},
                                {.key = "k",
                                 .fingerprint = "f",
                                 .ingest_id = make_uuid_v7(system_clock(), system_random())})
                      .value();
  table->commit(context_, std::move(prepared)).value();
  EXPECT_EQ(query(*connection, "SELECT concat(id, state) FROM lake.main.t"), "1new");
}

TEST_F(DucklakeTest, PartitionsAreTheLakesOwn) {
  const auto connection = open();
  const auto table = make_ducklake_table(*connection, {.parts = {"lake", "silver", "t"}}).value();
  const plan::CreateTable create{
      .target = {},
      .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}},
                            {.name = "day", .type = {schema::Date{}}}}},
      .partition_by = {{.column = "day", .transform = plan::PartitionTransform::Month}}};
  table->create(context_, create).value();
  EXPECT_EQ(query(*connection,
                  "SELECT string_agg(transform) FROM "
                  "__ducklake_metadata_lake.ducklake_partition_column"),
            "month");
  plan::CreateTable cut = create;
  cut.partition_by = {{.column = "id", .transform = plan::PartitionTransform::Truncate}};
  const auto other = make_ducklake_table(*connection, {.parts = {"lake", "silver", "u"}}).value();
  EXPECT_EQ(other->create(context_, cut).error().code, ErrorCode::Unsupported);
}

TEST_F(DucklakeTest, ATableNameNeedsItsLakeAndItsSchema) {
  const auto connection = open();
  EXPECT_EQ(make_ducklake_table(*connection, {.parts = {"t"}}).error().code,
            ErrorCode::InvalidArgument);
}

TEST_F(DucklakeTest, ACatalogThatNobodyServesIsRefused) {
  const auto engine = engine::make_duckdb_engine().value();
  const auto connection = engine->connect(context_).value();
  EXPECT_EQ(
      attach_lake(context_, *connection, {.catalog = "md:lake", .data_path = {}}).error().code,
      ErrorCode::Unsupported);
  EXPECT_EQ(attach_lake(context_, *connection, {.catalog = "postgres:dbname=x", .data_path = {}})
                .error()
                .message,
            "a lake whose catalog is a server needs a folder for its data");
}

TEST_F(DucklakeTest, AnInstallationWithoutTheExtensionsSaysHowToGetThem) {
  const Status absent = check_lake_extensions("sqlite:x", {.folder = folder_.path()});
  EXPECT_EQ(absent.error().code, ErrorCode::Unsupported);
  EXPECT_THAT(absent.error().hint, HasSubstr("./dev setup ducklake"));
}

TEST_F(DucklakeTest, ACatalogInPostgresIsTriedWhereThereIsAServer) {
  if (std::getenv("SLUICE_TEST_POSTGRES") == nullptr) {
    const char* reason = std::getenv("SLUICE_NO_POSTGRES");
    GTEST_SKIP() << (reason == nullptr ? "SLUICE_TEST_POSTGRES names no server" : reason);
  }
  EXPECT_TRUE(check_lake_extensions("postgres:x").has_value());
}

}  // namespace
}  // namespace sluice::table
