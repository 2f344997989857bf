// The process that commits is killed at its n-th system call on a file, for every n, or that call
// fails: afterwards the table is as before or as after, a success was one, and the same key again
// brings the rows in exactly once. The ordinary run takes every few calls; the long one all.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "apart.h"
#include "formats.h"
#include "syscalls.h"
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/base/test_size.h"
#include "sluice/base/uuid.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/run/write/write.h"

namespace sluice::crash {
namespace {

namespace fs = std::filesystem;

const run::WriteOptions kAtOnce{
    .commit_retry_max = 2, .lookup_retry_max = 0, .pause_initial_ms = 0, .pause_max_ms = 0};
constexpr const char* kColumns =
    "id, tier, note, seen, effective_from, effective_to, is_current, version";

struct Operation {
  std::string name;
  plan::WriteMode mode;
};

plan::Scd2 history_by_id() {
  return {.key = {"id"},
          .track_columns = {"tier"},
          .timestamp_column = "seen",
          .version_column = "version",
          .first_effective_from = plan::Value(std::int64_t{-1}),
          .open_effective_to = plan::Value(std::int64_t{9999})};
}

std::vector<Operation> operations() {
  return {{.name = "append", .mode = plan::Append{}},
          {.name = "merge", .mode = plan::Merge{.key = {"id"}}},
          {.name = "overwrite", .mode = plan::Overwrite{}},
          {.name = "scd2", .mode = history_by_id()}};
}

struct CrashCase {
  Format format;
  Operation operation;
};

void PrintTo(const CrashCase& one, std::ostream* out) {
  *out << one.format.name << '_' << one.operation.name;
}

schema::Schema dimension() {
  return {.fields = {{.name = "id", .type = {schema::Integer{}}},
                     {.name = "tier", .type = {schema::Text{}}},
                     {.name = "note", .type = {schema::Text{}}},
                     {.name = "seen", .type = {schema::Integer{}}},
                     {.name = "effective_from", .type = {schema::Integer{}}},
                     {.name = "effective_to", .type = {schema::Integer{}}},
                     {.name = "is_current", .type = {schema::Boolean{}}},
                     {.name = "version", .type = {schema::Integer{}}}}};
}

class CrashTest : public testing::TestWithParam<CrashCase> {
 protected:
  static void SetUpTestSuite() { warm = engine::make_duckdb_engine({.threads_max = 1}).value(); }
  static void TearDownTestSuite() { warm.reset(); }

  const std::string& folder() const { return folder_; }

  Result<table::Receipt> write(Opened& opened, const plan::WriteMode& mode, const std::string& key,
                               const std::string& values) const {
    const std::string rows = fmt::format(
        "SELECT id::BIGINT AS id, tier::VARCHAR AS tier, note, seen::BIGINT AS seen "
        "FROM (VALUES {}) v(id, tier, note, seen)",
        values);
    opened.connection->execute(Context{}, "CREATE OR REPLACE TEMP TABLE incoming AS " + rows)
        .value();
    const plan::Write write{
        .target = {.parts = {"t"}},
        .schema = opened.connection->describe(Context{}, "SELECT * FROM incoming").value(),
        .mode = mode,
        .source = plan::Relation{.name = "incoming"}};
    return run::write_once(Context{}, *opened.table, write, nullptr,
                           {.key = key,
                            .fingerprint = "f",
                            .ingest_id = make_uuid_v7(system_clock(), system_random())},
                           kAtOnce);
  }
  Result<table::Receipt> write_first(Opened& opened) const {
    const plan::WriteMode first = std::holds_alternative<plan::Scd2>(GetParam().operation.mode)
                                      ? GetParam().operation.mode
                                      : plan::WriteMode{plan::Append{}};
    return write(opened, first, "first", "(1, 'a', 'x', 10), (2, 'b', 'x', 10), (3, 'c', 'x', 10)");
  }
  Result<table::Receipt> write_second(Opened& opened) const {
    return write(opened, GetParam().operation.mode, "second",
                 "(2, 'z', 'y', 20), (4, 'd', 'y', 20)");
  }
  Opened open() const { return GetParam().format.open(*warm, folder()); }

  /// What one process reads, told to this one by a file.
  std::vector<std::string> read_apart(bool writes) {
    const std::string told = home_.path() + "/told";
    EXPECT_EQ(run_apart([&] {
                Opened opened = open();
                if (writes) {
                  write_second(opened).value();
                }
                std::ofstream out(told);
                for (const std::string& line : read_rows(opened, kColumns)) {
                  out << line << '\n';
                }
                return kRight;
              }),
              kRight);
    std::vector<std::string> lines;
    std::ifstream in(told);
    for (std::string line; std::getline(in, line);) {
      lines.push_back(line);
    }
    return lines;
  }

  /// In a folder of a name that no other has.
  int make_first_version() {
    folder_ = fmt::format("{}/{}", home_.path(),
                          to_string(make_uuid_v7(system_clock(), system_random())));
    fs::create_directories(folder());
    return run_apart([&] {
      Opened opened = open();
      opened.table->create(Context{}, {.target = {.parts = {"t"}}, .schema = dimension()}).value();
      write_first(opened).value();
      return kRight;
    });
  }
  void make_table() {
    ASSERT_EQ(make_first_version(), kRight);
    fs::copy(folder(), home_.path() + "/template", fs::copy_options::recursive);
    before_ = read_apart(false);
    after_ = read_apart(true);
    ASSERT_NE(before_, after_);
  }
  /// The catalog of a server is no copy of a folder: there the table is made anew.
  void restore_table() {
    fs::remove_all(folder());
    if (GetParam().format.has_server) {
      ASSERT_EQ(make_first_version(), kRight);
      return;
    }
    fs::copy(home_.path() + "/template", folder(), fs::copy_options::recursive);
  }

  int commit_and_break(int at_call, Effect effect) {
    return run_apart([&] {
      Opened opened = open();
      arm(at_call, effect);
      const auto written = write_second(opened);
      const bool has_struck = disarm();
      if (written.has_value()) {
        return has_struck ? kCommitted : kUnharmed;
      }
      std::cerr << to_string(written.error()) << '\n';
      return written.error().code == ErrorCode::CommitUnknown ? kUnknown : kFailed;
    });
  }

  int check(int ended) {
    return run_apart([&] {
      Opened opened = open();
      const bool committed = opened.table->find_commit(Context{}, "second").value().has_value();
      const auto rows = read_rows(opened, kColumns);
      const bool is_whole = rows == (committed ? after_ : before_);
      const bool was_told = (ended != kCommitted && ended != kUnharmed) || committed;
      const bool was_spared = ended != kFailed || !committed;
      const auto again = write_second(opened);
      const bool is_once = again.has_value() && read_rows(opened, kColumns) == after_ &&
                           opened.table->history(Context{}).value().size() == 3;
      if (!is_whole || !was_told || !was_spared || !is_once) {
        std::cerr << fmt::format("whole {}, told {}, spared {}, once {}; {} {}\n", is_whole,
                                 was_told, was_spared, is_once, fmt::join(rows, "\n"),
                                 again.has_value() ? "" : to_string(again.error()));
        return 1;
      }
      return kRight;
    });
  }

  /// How many calls were met.
  int sweep(Effect effect, int stride) {
    int points = 0;
    for (int at_call = 1;; at_call += stride) {
      restore_table();
      if (testing::Test::HasFatalFailure()) {
        return points;
      }
      testing::internal::CaptureStderr();
      const int ended = commit_and_break(at_call, effect);
      const int checked = check(ended);
      const std::string said = testing::internal::GetCapturedStderr();
      EXPECT_EQ(checked, kRight) << "call " << at_call << ", ended with " << ended << ": " << said;
      EXPECT_TRUE(ended == kUnharmed || ended == kCommitted || ended == kFailed ||
                  ended == kUnknown || (effect == Effect::Kill && ended == kKilled))
          << "call " << at_call << ", ended with " << ended << ": " << said;
      if (ended == kUnharmed || testing::Test::HasFailure()) {
        return points;
      }
      ++points;
    }
  }

  static inline std::unique_ptr<engine::Engine> warm;
  TempFolder home_ = TempFolder::make("sluice-crash").value();
  std::string folder_;
  std::vector<std::string> before_;
  std::vector<std::string> after_;
};

TEST_P(CrashTest, AfterAKillAtAnyCallTheTableIsAsBeforeOrAsAfter) {
  ASSERT_NO_FATAL_FAILURE(make_table());
  const int points = sweep(Effect::Kill, test_size(GetParam().format.stride, 1));
  EXPECT_GE(points, 1);
  fmt::print("{} {}: killed at {} system calls\n", GetParam().format.name,
             GetParam().operation.name, points);
}

class FailureTest : public CrashTest {};

TEST_P(FailureTest, AfterAFailureAtAnyCallTheTableIsAsBeforeOrAsAfter) {
  ASSERT_NO_FATAL_FAILURE(make_table());
  int points = 0;
  for (const Effect effect : {Effect::NoSpace, Effect::BadDisk, Effect::ShortWrite}) {
    points += sweep(effect, test_size(2 * GetParam().format.stride, 1));
  }
  EXPECT_GE(points, 1);
  fmt::print("{} {}: {} system calls failed, each without space, with a bad disk and cut short\n",
             GetParam().format.name, GetParam().operation.name, points);
}

bool is_long() { return test_size(0, 1) == 1; }

/// Commits of a lake are slow: the short run takes one kind of catalog, and not every operation.
std::vector<CrashCase> crash_cases() {
  std::vector<CrashCase> cases;
  for (const Format& format : all_formats()) {
    const bool is_lake = format.name.starts_with("ducklake");
    if (is_lake && format.name != "ducklake_sqlite" && !is_long()) {
      continue;
    }
    for (const Operation& operation : operations()) {
      if (is_long() || !is_lake || operation.name == "append" || operation.name == "merge") {
        cases.push_back({.format = format, .operation = operation});
      }
    }
  }
  return cases;
}

/// In the short run one operation of each format.
std::vector<CrashCase> failure_cases() {
  std::vector<CrashCase> cases;
  for (const CrashCase& one : crash_cases()) {
    if (is_long() || one.operation.name == "merge") {
      cases.push_back(one);
    }
  }
  return cases;
}

std::string name_of(const testing::TestParamInfo<CrashCase>& test) {
  return test.param.format.name + "_" + test.param.operation.name;
}

INSTANTIATE_TEST_SUITE_P(All, CrashTest, testing::ValuesIn(crash_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(All, FailureTest, testing::ValuesIn(failure_cases()), name_of);

}  // namespace
}  // namespace sluice::crash
