// Writers that are processes of their own, with homes and temporary folders of their own: they
// share the table and nothing else. Some keys are each writer's, some are all writers'. A serial
// oracle replays the table's history: nothing is lost, nothing is there twice, no update is
// overwritten unseen, and every writer commits in the end.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "formats.h"
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sluice/base/temp_folder.h"
#include "sluice/base/test_size.h"
#include "sluice/base/uuid.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/run/write/write.h"

namespace sluice::crash {
namespace {

/// Two at least: an append and a merge.
const int kWritesEach = test_size(2, 25);
constexpr int kSharedKeys = 2;
constexpr int kEverybody = 99;

struct WritersCase {
  Format format;
  int writers = 8;
};

void PrintTo(const WritersCase& one, std::ostream* out) { *out << one.format.name; }

/// Write `number` of a writer: what it is, and what it does to the rows.
struct Work {
  int writer = 0;
  int number = 0;

  std::string key() const { return fmt::format("writer {}#{}", writer, number); }
  bool merges() const { return number % 2 == 1; }
  std::int64_t value() const { return writer * 1'000 + number; }
  /// Merges meet on the same ten rows.
  std::vector<std::int64_t> ids() const {
    std::vector<std::int64_t> ids;
    for (int i = 0; i < 5; ++i) {
      ids.push_back(merges() ? (number + i) % 10 : 1'000'000 + value() * 10 + i);
    }
    return ids;
  }
};

schema::Schema columns() {
  return {.fields = {{.name = "id", .type = {schema::Integer{}}},
                     {.name = "value", .type = {schema::Integer{}}}}};
}

/// How often the write was begun anew after it had met others too often.
int write(Opened& opened, const Work& work) {
  opened.connection
      ->execute(Context{}, fmt::format("CREATE OR REPLACE TEMP TABLE incoming AS SELECT "
                                       "unnest([{}]::BIGINT[]) AS id, {}::BIGINT AS value",
                                       fmt::join(work.ids(), ","), work.value()))
      .value();
  const plan::Write write{.target = {.parts = {"t"}},
                          .schema = columns(),
                          .mode = work.merges() ? plan::WriteMode{plan::Merge{.key = {"id"}}}
                                                : plan::WriteMode{plan::Append{}},
                          .source = plan::Relation{.name = "incoming"}};
  const table::CommitKey key{.key = work.key(),
                             .fingerprint = "f",
                             .ingest_id = make_uuid_v7(system_clock(), system_random())};
  for (int begun_anew = 0;; ++begun_anew) {
    const auto written =
        run::write_once(Context{}, *opened.table, write, nullptr, key, {.commit_retry_max = 16});
    if (written.has_value()) {
      return begun_anew;
    }
    if (written.error().code != ErrorCode::CommitConflict) {
      std::cerr << to_string(written.error()) << '\n';
      ::_exit(1);
    }
  }
}

/// A process that begins with nothing but the folder of the table.
[[noreturn]] void write_apart(const WritersCase& one, const std::string& folder, int writer) {
  const TempFolder home = TempFolder::make("sluice-home").value();
  for (const char* name : {"HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_STATE_HOME"}) {
    ::setenv(name, home.path().c_str(), 1);
  }
  const auto warm = engine::make_duckdb_engine({.threads_max = 1}).value();
  Opened opened = one.format.open(*warm, folder);
  opened.table->create(Context{}, {.target = {.parts = {"t"}}, .schema = columns()}).value();
  for (int number = 0; number < kWritesEach; ++number) {
    write(opened, {.writer = writer, .number = number});
  }
  for (int number = 0; number < kSharedKeys; ++number) {
    write(opened, {.writer = kEverybody, .number = number});
  }
  std::filesystem::remove_all(home.path());
  ::_exit(0);
}

class WritersTest : public testing::TestWithParam<WritersCase> {};

TEST_P(WritersTest, ProcessesThatShareTheTableAloneLoseNothingAndDoubleNothing) {
  const int writers = GetParam().writers;
  const TempFolder folder = TempFolder::make("sluice-writers").value();
  const auto begun = std::chrono::steady_clock::now();
  std::fflush(nullptr);
  std::vector<pid_t> children;
  for (int writer = 0; writer < writers; ++writer) {
    children.push_back(::fork());
    if (children.back() == 0) {
      write_apart(GetParam(), folder.path(), writer);
    }
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "a writer failed";
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();

  const auto warm = engine::make_duckdb_engine({.threads_max = 1}).value();
  Opened opened = GetParam().format.open(*warm, folder.path());
  const auto history = opened.table->history(Context{}).value();
  const int commits = writers * kWritesEach + kSharedKeys;
  ASSERT_EQ(history.size(), static_cast<std::size_t>(commits) + 1);
  std::map<std::string, Work> works;
  for (int writer = 0; writer < writers; ++writer) {
    for (int number = 0; number < kWritesEach; ++number) {
      const Work work{.writer = writer, .number = number};
      works[work.key()] = work;
    }
  }
  for (int number = 0; number < kSharedKeys; ++number) {
    const Work work{.writer = kEverybody, .number = number};
    works[work.key()] = work;
  }
  std::map<std::int64_t, std::int64_t> oracle;
  for (auto version = history.rbegin() + 1; version != history.rend(); ++version) {
    ASSERT_TRUE(works.contains(version->key)) << "twice, or nobody's: " << version->key;
    for (const std::int64_t id : works[version->key].ids()) {
      oracle[id] = works[version->key].value();
    }
    works.erase(version->key);
  }
  EXPECT_TRUE(works.empty());
  std::vector<std::string> expected;
  for (const auto& [id, value] : oracle) {
    expected.push_back(fmt::format("({}, {})", id, value));
  }
  EXPECT_THAT(read_rows(opened, "id, value"), testing::UnorderedElementsAreArray(expected));
  fmt::print("{}: {} writers, {} commits, {} rows, {:.1f} s\n", GetParam().format.name, writers,
             commits, oracle.size(), seconds);
}

std::vector<WritersCase> writers_cases() {
  std::vector<WritersCase> cases;
  for (const Format& format : all_formats()) {
    if (format.name == "ducklake_sqlite") {
      cases.push_back({.format = format, .writers = 4});
    } else if (format.name != "duckdb" && format.name != "ducklake_file") {
      cases.push_back({.format = format});  // the two others are one process's at a time
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, WritersTest, testing::ValuesIn(writers_cases()),
                         [](const auto& test) { return test.param.format.name; });

TEST(Writers, AServerTakesPartWhereThereIsOne) {
  if (std::getenv("SLUICE_TEST_POSTGRES") == nullptr) {
    const char* reason = std::getenv("SLUICE_NO_POSTGRES");
    GTEST_SKIP() << (reason == nullptr ? "SLUICE_TEST_POSTGRES names no server" : reason);
  }
}

}  // namespace
}  // namespace sluice::crash
