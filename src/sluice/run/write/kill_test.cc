// A process that writes is killed again and again and resumed with the same keys, and several
// processes write with the same keys at once: the table ends as if one had written undisturbed.
#include <array>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sluice/base/temp_folder.h"
#include "sluice/base/test_size.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/run/write/write.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/duckdb/duckdb.h"
#include "sluice/table/ducklake/ducklake.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::run {
namespace {

// More than the kills interrupt: they begin one, two, three writes in turn.
const int kWrites = test_size(30, 300);
/// A commit of a lake is a dozen statements on its catalog.
const int kLakeWrites = test_size(7, 210);
const int kKills = test_size(10, 100);
const int kLakeKills = test_size(3, 100);

/// An engine and a table below `folder`, of one format.
struct Opened {
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<engine::Connection> connection;
  std::unique_ptr<storage::Storage> storage;
  std::unique_ptr<table::Table> table;
  std::string rows;
};

struct KillCase {
  std::string name;
  std::function<Opened(const std::string& folder)> open;
  int writes = kWrites;
  int kills = kKills;
};

Opened open_duckdb(const std::string& folder) {
  Opened opened;
  opened.engine = engine::make_duckdb_engine({.address = folder + "/lake.duckdb"}).value();
  opened.connection = opened.engine->connect(Context{}).value();
  opened.table = table::make_duckdb_table(*opened.connection, {.parts = {"t"}}).value();
  opened.rows = "t";
  return opened;
}

Opened open_parquet(const std::string& folder) {
  Opened opened;
  opened.engine = engine::make_duckdb_engine().value();
  opened.connection = opened.engine->connect(Context{}).value();
  opened.storage = storage::make_file_storage(
                       {.root = folder + "/t", .durability = storage::Durability::Process})
                       .value();
  opened.table = table::make_parquet_table(*opened.connection, *opened.storage).value();
  opened.rows = fmt::format("read_parquet('{}/t/*.parquet')", folder);
  return opened;
}

Opened open_lake(const std::string& folder) {
  Opened opened;
  opened.engine = engine::make_duckdb_engine().value();
  opened.connection = opened.engine->connect(Context{}).value();
  table::attach_lake(
      Context{}, *opened.connection,
      {.catalog = folder + "/lake.ducklake", .data_path = folder + "/data", .lock_wait_ms = 60'000})
      .value();
  opened.table =
      table::make_ducklake_table(*opened.connection, {.parts = {"lake", "main", "t"}}).value();
  opened.rows = "lake.main.t";
  return opened;
}

schema::Schema counters() {
  return {.fields = {{.name = "id", .type = {schema::Integer{}}},
                     {.name = "written_by", .type = {schema::Integer{}}}}};
}

/// Write n of the workload: every third appends ten rows, the others merge over all of them.
void write_number(Opened& opened, int n) {
  const bool appends = n % 3 == 0;
  const std::string rows =
      appends
          ? fmt::format("SELECT {0}0 + i AS id, {0}::BIGINT AS written_by FROM range(10) r(i)", n)
          : fmt::format("SELECT i * 7 AS id, {}::BIGINT AS written_by FROM range(60) r(i)", n);
  opened.connection->execute(Context{}, "CREATE OR REPLACE TEMP TABLE incoming AS " + rows).value();
  const plan::Write write{
      .target = {.parts = {"t"}},
      .schema = counters(),
      .mode = appends ? plan::WriteMode{plan::Append{}}
                      : plan::WriteMode{plan::Merge{.key = {"id"}, .update_only = true}},
      .source = plan::Relation{.name = "incoming"}};
  const table::CommitKey key{.key = fmt::format("work#{}", n),
                             .fingerprint = "f",
                             .ingest_id = make_uuid_v7(system_clock(), system_random())};
  write_once(Context{}, *opened.table, write, nullptr, key, {.commit_retry_max = 16}).value();
}

std::vector<std::string> read(Opened& opened) {
  const auto rows =
      table::find_text_rows(
          Context{}, *opened.connection,
          fmt::format("SELECT concat_ws('|', id, written_by) FROM {} ORDER BY id", opened.rows))
          .value();
  std::vector<std::string> lines;
  lines.reserve(rows.size());
  for (const auto& row : rows) {
    lines.push_back(row[0].value_or(""));
  }
  return lines;
}

/// All writes from the first on; those that were committed answer with their receipts. A byte goes
/// to `progress` before each that was not.
void work(const KillCase& one, const std::string& folder, int progress = -1) {
  Opened opened = one.open(folder);
  opened.table->create(Context{}, {.target = {.parts = {"t"}}, .schema = counters()}).value();
  for (int n = 0; n < one.writes; ++n) {
    const std::string key = fmt::format("work#{}", n);
    if (progress >= 0 && !opened.table->find_commit(Context{}, key).value().has_value() &&
        ::write(progress, "w", 1) != 1) {
      ::_exit(1);
    }
    write_number(opened, n);
  }
}

/// Kills a writer a moment after it began its `writes`-th new write. One that is done by then waits
/// for the kill: how fast it is decides nothing. False when it ended by itself, which is an error.
bool work_and_kill(const KillCase& one, const std::string& folder, int writes,
                   std::chrono::microseconds moment) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) {
    return false;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    work(one, folder, ends[1]);
    ::close(ends[1]);
    while (true) {
      ::pause();
    }
  }
  ::close(ends[1]);
  char byte = 0;
  for (int begun = 0; begun < writes && ::read(ends[0], &byte, 1) == 1; ++begun) {
  }
  ::usleep(static_cast<useconds_t>(moment.count()));
  ::kill(child, SIGKILL);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

void PrintTo(const KillCase& one, std::ostream* out) { *out << one.name; }

class KillTest : public testing::TestWithParam<KillCase> {};

TEST_P(KillTest, AWriterThatIsKilledAndResumedWritesEverythingOnce) {
  const TempFolder undisturbed = TempFolder::make("sluice-kill").value();
  const TempFolder disturbed = TempFolder::make("sluice-kill").value();
  const auto begun = std::chrono::steady_clock::now();
  work(GetParam(), undisturbed.path());
  const auto one_write = std::chrono::duration_cast<std::chrono::microseconds>(
      (std::chrono::steady_clock::now() - begun) / GetParam().writes);
  std::mt19937 random(7);
  for (int i = 0; i < GetParam().kills; ++i) {
    const auto moment = one_write * static_cast<int>(random() % 100) / 100;
    EXPECT_TRUE(work_and_kill(GetParam(), disturbed.path(), 1 + i % 3, moment));
  }
  work(GetParam(), disturbed.path());
  Opened expected = GetParam().open(undisturbed.path());
  const auto rows = read(expected);
  expected = Opened{};
  Opened found = GetParam().open(disturbed.path());
  EXPECT_EQ(read(found), rows);
  EXPECT_EQ(found.table->history(Context{}).value().size(),
            static_cast<std::size_t>(GetParam().writes) + 1);
}

class WritersTest : public testing::TestWithParam<KillCase> {};

TEST_P(WritersTest, SeparateProcessesWithTheSameKeysWriteEverythingOnce) {
  constexpr int kWriters = 4;
  const TempFolder alone = TempFolder::make("sluice-writers").value();
  const TempFolder together = TempFolder::make("sluice-writers").value();
  work(GetParam(), alone.path());
  std::array<pid_t, kWriters> children{};
  for (pid_t& child : children) {
    child = ::fork();
    if (child == 0) {
      work(GetParam(), together.path());
      ::_exit(0);
    }
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "a writer failed";
  }
  Opened expected = GetParam().open(alone.path());
  Opened found = GetParam().open(together.path());
  EXPECT_EQ(read(found), read(expected));
  EXPECT_EQ(found.table->history(Context{}).value().size(),
            static_cast<std::size_t>(GetParam().writes) + 1);
}

bool has_lakes() { return table::check_lake_extensions("sqlite:").has_value(); }

std::vector<KillCase> kill_cases() {
  std::vector<KillCase> cases{{.name = "duckdb", .open = open_duckdb},
                              {.name = "parquet", .open = open_parquet}};
  if (has_lakes()) {
    cases.push_back(
        {.name = "ducklake", .open = open_lake, .writes = kLakeWrites, .kills = kLakeKills});
  }
  return cases;
}

/// Formats that several processes may write at once; the others meet in test/crash.
std::vector<KillCase> writers_cases() { return {{.name = "parquet", .open = open_parquet}}; }

INSTANTIATE_TEST_SUITE_P(All, KillTest, testing::ValuesIn(kill_cases()),
                         [](const auto& test) { return test.param.name; });
INSTANTIATE_TEST_SUITE_P(All, WritersTest, testing::ValuesIn(writers_cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sluice::run
