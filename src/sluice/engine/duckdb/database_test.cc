#include <filesystem>
#include <fstream>
#include <iterator>
#include <stop_token>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/engine/fake/rows.h"
#include "sluice/engine/library.h"

namespace sluice::engine {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;

class DuckdbDatabase : public testing::Test {
 protected:
  DuckdbDatabase() : folder_(TempFolder::make("sluice-duckdb-test").value()) {}

  std::string path(std::string_view name) const {
    return fmt::format("{}/{}", folder_.path(), name);
  }

  std::unique_ptr<Connection> connect(const EngineOptions& options) {
    engine_ = make_duckdb_engine(options).value();
    return engine_->connect(context_).value();
  }
  Status run(Connection& connection, const plan::Statement& statement) {
    SLUICE_CHECK(connection.execute(context_, statement));
    return {};
  }
  ErrorCode refused(Connection& connection, const std::string& sql) {
    const Status done = run(connection, sql);
    EXPECT_FALSE(done.has_value()) << sql;
    return done ? ErrorCode::Internal : done.error().code;
  }

  static std::string error_text(const Status& status) {
    return status ? "" : to_string(status.error());
  }

  TempFolder folder_;
  Context context_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(DuckdbDatabase, OptionsThatCannotBeMeantAreRefused) {
  for (const EngineOptions& options :
       {EngineOptions{.memory_bytes_max = 1}, EngineOptions{.threads_max = -1},
        EngineOptions{.read_only = true}, EngineOptions{.allowed_paths = {"/tmp"}}}) {
    const auto engine = make_duckdb_engine(options);
    ASSERT_FALSE(engine.has_value());
    EXPECT_EQ(engine.error().code, ErrorCode::InvalidArgument);
  }
}

TEST_F(DuckdbDatabase, OptionsReachTheEngine) {
  const auto connection = connect({.memory_bytes_max = 256U << 20, .threads_max = 2});
  auto settings = connection->query(
      context_,
      "SELECT current_setting('threads') AS a, current_setting('memory_limit') AS b,"
      " current_setting('TimeZone') AS c, current_setting('autoload_known_extensions') AS d,"
      " current_setting('autoinstall_known_extensions') AS e,"
      " current_setting('allow_persistent_secrets') AS f");
  EXPECT_THAT(read_rows(*std::move(settings)).value(),
              ElementsAre("2 | '256.0 MiB' | 'UTC' | false | false | false"));
}

TEST_F(DuckdbDatabase, OneFileIsOneInstance) {
  const EngineOptions options{.address = path("lake.duckdb"), .threads_max = 1};
  const auto connection = connect(options);
  ASSERT_TRUE(run(*connection, "CREATE TABLE t AS SELECT 7 AS n"));
  EngineOptions again = options;
  again.address = path("./lake.duckdb");
  const auto second = make_duckdb_engine(again).value();
  const auto seen = second->connect(context_).value();
  EXPECT_THAT(read_rows(seen->query(context_, "SELECT n FROM t").value()).value(),
              ElementsAre("7"));
  again.threads_max = 2;
  const auto other = make_duckdb_engine(again);
  ASSERT_FALSE(other.has_value());
  EXPECT_EQ(other.error().code, ErrorCode::InvalidArgument);
  EXPECT_THAT(other.error().message, HasSubstr("with other options"));
}

TEST_F(DuckdbDatabase, AClosedFileOpensAgainWithOtherOptions) {
  connect({.address = path("lake.duckdb"), .threads_max = 1})
      ->execute(context_, "CREATE TABLE t AS SELECT 7 AS n")
      .value();
  engine_.reset();
  const auto connection =
      connect({.address = path("lake.duckdb"), .threads_max = 2, .read_only = true});
  EXPECT_THAT(read_rows(connection->query(context_, "SELECT n FROM t").value()).value(),
              ElementsAre("7"));
  EXPECT_EQ(refused(*connection, "CREATE TABLE u (n INT)"), ErrorCode::Unauthorized);
}

TEST_F(DuckdbDatabase, AFileHeldByAnotherProcessIsUnavailable) {
  int ready[2];
  int done[2];
  ASSERT_EQ(::pipe(ready) + ::pipe(done), 0);
  const std::string file = path("held.duckdb");
  const pid_t holder = ::fork();
  if (holder == 0) {
    const auto engine = make_duckdb_engine({.address = file, .threads_max = 1});
    char byte = engine.has_value() ? 'y' : 'n';
    const bool told = ::write(ready[1], &byte, 1) == 1 && ::read(done[0], &byte, 1) >= 0;
    ::_exit(told ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  const auto engine = make_duckdb_engine({.address = file, .threads_max = 1});
  EXPECT_EQ(::write(done[1], &byte, 1), 1);
  int status = 0;
  ::waitpid(holder, &status, 0);
  for (const int end : {ready[0], ready[1], done[0], done[1]}) {
    ::close(end);
  }
  ASSERT_FALSE(engine.has_value());
  EXPECT_EQ(engine.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(engine.error().hint, HasSubstr(fmt::format("process {} ", holder)));
}

TEST_F(DuckdbDatabase, FilesThatAreNoDatabaseAreNamed) {
  std::ofstream(path("text.duckdb")) << std::string(20'000, 'x');
  const auto code = [&](const std::string& file) {
    return make_duckdb_engine({.address = file}).error().code;
  };
  EXPECT_EQ(code(path("text.duckdb")), ErrorCode::Corrupt);
  EXPECT_EQ(code(folder_.path()), ErrorCode::Unsupported);
  EXPECT_EQ(code(path("none/lake.duckdb")), ErrorCode::NotFound);
}

TEST_F(DuckdbDatabase, ALockedEngineReachesTheAllowedPathsOnly) {
  fs::create_directories(path("it's allowed/deep"));
  {
    const auto open = connect({});
    for (const char* name : {"it's allowed/deep/a.parquet", "b.parquet", "secret.parquet"}) {
      std::string quoted = path(name);
      for (std::size_t at = 0; (at = quoted.find('\'', at)) != std::string::npos; at += 2) {
        quoted.insert(at, "'");
      }
      ASSERT_TRUE(run(*open, fmt::format("COPY (SELECT 1 AS n) TO '{}'", quoted)));
    }
  }
  const auto locked =
      connect({.allowed_paths = {path("it's allowed"), path("b.parquet")}, .locked = true});
  const std::string root = folder_.path();
  EXPECT_TRUE(run(*locked, {"FROM read_parquet(?)", {path("it's allowed/deep/a.parquet")}}));
  EXPECT_TRUE(run(*locked, {"FROM read_parquet(?)", {path("b.parquet")}}));
  for (const std::string& sql : {
           fmt::format("FROM '{}/secret.parquet'", root),
           fmt::format("FROM '{}/it''s allowed/../secret.parquet'", root),
           fmt::format("FROM read_text('{}/secret.parquet')", root),
           fmt::format("FROM glob('{}/*')", root),
           fmt::format("COPY (SELECT 1 AS n) TO '{}/new.parquet'", root),
           fmt::format("ATTACH '{}/new.duckdb' AS other", root),
           std::string("LOAD '/tmp/none.duckdb_extension'"),
       }) {
    EXPECT_EQ(refused(*locked, sql), ErrorCode::Unauthorized) << sql;
  }
  EXPECT_EQ(refused(*locked, "SET enable_external_access = true"), ErrorCode::InvalidArgument);
  EXPECT_EQ(refused(*locked, "SET lock_configuration = false"), ErrorCode::InvalidArgument);
  EXPECT_EQ(refused(*locked, "SET threads = 1"), ErrorCode::InvalidArgument);
  EXPECT_EQ(refused(*locked, "RESET allowed_paths"), ErrorCode::InvalidArgument);
}

TEST_F(DuckdbDatabase, ALockedEngineMayUseItsOwnFile) {
  const auto locked = connect({.address = path("own.duckdb"), .locked = true});
  EXPECT_TRUE(run(*locked, "CREATE TABLE t AS SELECT 1 AS n; CHECKPOINT"));
}

TEST_F(DuckdbDatabase, SpilledDataGoesWithTheEngine) {
  fs::create_directories(path("spill"));
  auto connection = connect({.memory_bytes_max = 48U << 20,
                             .threads_max = 1,
                             .spill_folder = path("spill"),
                             .locked = true});
  ASSERT_EQ(error_text(run(*connection,
                           "CREATE TEMP TABLE big AS SELECT 'row' || hash(i) AS t"
                           " FROM range(2000000) r(i)")),
            "");
  EXPECT_FALSE(fs::is_empty(path("spill")));
  connection.reset();
  engine_.reset();
  EXPECT_TRUE(!fs::exists(path("spill")) || fs::is_empty(path("spill")));
}

/// All that lies in files below it.
std::string contents(const std::string& folder) {
  std::string all;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    all.append(std::istreambuf_iterator<char>(file), {});
  }
  return all;
}

TEST_F(DuckdbDatabase, SpilledDataIsEncryptedWhereCiphersAreGiven) {
  const auto ciphers = find_library("httpfs.duckdb_extension");
  if (!ciphers) {
    GTEST_SKIP() << "the ciphers are not installed: ./dev setup spill";
  }
  for (const std::string& cipher : {std::string(), *ciphers}) {
    fs::create_directories(path("spill"));
    auto connection = connect({.memory_bytes_max = 48U << 20,
                               .threads_max = 1,
                               .spill_folder = path("spill"),
                               .locked = true,
                               .spill_cipher = cipher});
    ASSERT_EQ(error_text(run(*connection,
                             "CREATE TEMP TABLE big AS SELECT 'canary' || hash(i) || '-' || "
                             "hash(-i) AS t FROM range(1000000) r(i)")),
              "");
    const std::string spilled = contents(path("spill"));
    EXPECT_GT(spilled.size(), 1U << 20);
    EXPECT_EQ(spilled.find("canary") == std::string::npos, !cipher.empty());
    // What else the extension can do stays out of reach.
    for (const char* sql :
         {"FROM read_text('http://127.0.0.1:9/x')", "FROM read_csv('https://localhost:9/x.csv')",
          "COPY (SELECT 1) TO 's3://bucket/x.parquet'"}) {
      EXPECT_EQ(refused(*connection, sql), ErrorCode::Unauthorized) << sql;
    }
    connection.reset();
    engine_.reset();
  }
}

TEST_F(DuckdbDatabase, CiphersThatCannotBeLoadedOpenNoEngine) {
  const auto engine = make_duckdb_engine({.spill_cipher = path("none.duckdb_extension")});
  ASSERT_FALSE(engine.has_value());
  EXPECT_THAT(to_string(engine.error()), HasSubstr("loading the ciphers of spilled data"));
  EXPECT_TRUE(
      make_duckdb_engine({.may_spill = false, .spill_cipher = path("none.duckdb_extension")}));
}

/// Asks for a stop once it was told of progress.
class Impatient final : public Progress {
 public:
  void report(std::string_view step, std::uint64_t done, std::uint64_t total,
              std::string_view unit) override {
    if (step == "query" && unit == "rows" && done <= total) {
      stopping.request_stop();
    }
  }
  std::stop_source stopping;
};

TEST_F(DuckdbDatabase, ProgressIsReportedWhileAStatementRuns) {
  Impatient progress;
  Context watched = context_;
  watched.progress = &progress;
  watched.stop = progress.stopping.get_token();
  const auto connection = connect({.threads_max = 1, .locked = true});
  ASSERT_TRUE(run(*connection, "CREATE TABLE t AS SELECT i FROM range(2000000) r(i)"));
  const auto done = connection->execute(
      watched, "SELECT count(*) FROM t a, t b WHERE a.i + b.i = 3 AND a.i * b.i > 1000");
  EXPECT_TRUE(progress.stopping.stop_requested());
  EXPECT_EQ(done.error().code, ErrorCode::Cancelled);
}

TEST_F(DuckdbDatabase, ValuesThatCannotBeBoundAreRefused) {
  const auto connection = connect({});
  const auto error = [&](plan::Value value) {
    return run(*connection, {"SELECT ?", {std::move(value)}}).error();
  };
  EXPECT_THAT(error(std::string("\xff\xfe")).message, HasSubstr("expected UTF-8"));
  for (const char* digits :
       {"", "-", ".", "1.2.3", "1e5", "x", "1234567890123456789012345678901234567890"}) {
    EXPECT_THAT(error(plan::DecimalValue{digits}).message, HasSubstr("expected a decimal"))
        << digits;
  }
  const plan::Statement decimals{
      "SELECT ?::VARCHAR AS a, ?::VARCHAR AS b, ?::VARCHAR AS c, ?::VARCHAR AS d",
      {plan::DecimalValue{"0"}, plan::DecimalValue{"-0.05"}, plan::DecimalValue{"+007.50"},
       plan::DecimalValue{"-99999999999999999999999999999999999999"}}};
  EXPECT_THAT(read_rows(connection->query(context_, decimals).value()).value(),
              ElementsAre("'0' | '-0.05' | '7.50' | '-99999999999999999999999999999999999999'"));
  EXPECT_EQ(run(*connection, std::string("SELECT 1\0; DROP", 15)).error().code,
            ErrorCode::InvalidArgument);
}

TEST_F(DuckdbDatabase, ConflictsAndDuplicatesAreToldApart) {
  const auto first = connect({});
  const auto second = engine_->connect(context_).value();
  ASSERT_TRUE(run(*first,
                  "CREATE TABLE t (k INTEGER PRIMARY KEY, v INTEGER NOT NULL);"
                  "INSERT INTO t VALUES (1, 1)"));
  EXPECT_EQ(refused(*first, "INSERT INTO t VALUES (1, 2)"), ErrorCode::AlreadyExists);
  EXPECT_EQ(refused(*first, "INSERT INTO t VALUES (2, NULL)"), ErrorCode::DataRejected);
  EXPECT_EQ(refused(*first, "CREATE TABLE t (k INTEGER)"), ErrorCode::AlreadyExists);
  ASSERT_TRUE(run(*first, "BEGIN; UPDATE t SET v = 2 WHERE k = 1"));
  ASSERT_TRUE(run(*second, "BEGIN"));
  EXPECT_EQ(refused(*second, "UPDATE t SET v = 3 WHERE k = 1"), ErrorCode::CommitConflict);
  const Status aborted = run(*second, "SELECT 1");
  EXPECT_THAT(aborted.error().hint, HasSubstr("ROLLBACK"));
  ASSERT_TRUE(run(*second, "ROLLBACK; BEGIN; INSERT INTO t VALUES (9, 1)"));
  ASSERT_TRUE(run(*first, "INSERT INTO t VALUES (9, 2); COMMIT"));
  EXPECT_EQ(refused(*second, "COMMIT"), ErrorCode::CommitConflict);
}

}  // namespace
}  // namespace sluice::engine
