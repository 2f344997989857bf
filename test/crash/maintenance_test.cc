// A compaction, and a change of columns, whose process is killed at its n-th system call on a file,
// or meets a failing one: the rows are those from before, and what is repeated is done once.
#include <filesystem>
#include <iostream>

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

struct Care {
  std::string name;
  table::Maintenance request;
};

std::vector<Care> cares() {
  return {{.name = "compact", .request = table::Compact{}},
          {.name = "evolve",
           .request = table::Evolve{.changes = {schema::AddColumn{
                                        .field = {.name = "note", .type = {schema::Text{}}}}}}}};
}

struct CareCase {
  Format format;
  Care care;
};

void PrintTo(const CareCase& one, std::ostream* out) {
  *out << one.format.name << '_' << one.care.name;
}

class MaintenanceCrash : public testing::TestWithParam<CareCase> {
 protected:
  static void SetUpTestSuite() { warm = engine::make_duckdb_engine({.threads_max = 1}).value(); }
  static void TearDownTestSuite() { warm.reset(); }

  std::string folder() const { return home_.path() + "/work"; }
  Opened open() const { return GetParam().format.open(*warm, folder()); }
  bool evolves() const { return GetParam().care.name == "evolve"; }

  static void append(Opened& opened, int number) {
    opened.connection
        ->execute(Context{}, fmt::format("CREATE OR REPLACE TEMP TABLE incoming AS SELECT "
                                         "{}::BIGINT AS id",
                                         number))
        .value();
    const plan::Write write{
        .target = {.parts = {"t"}},
        .schema = opened.connection->describe(Context{}, "SELECT * FROM incoming").value(),
        .mode = plan::Append{},
        .source = plan::Relation{.name = "incoming"}};
    run::write_once(Context{}, *opened.table, write, nullptr,
                    {.key = fmt::format("key {}", number),
                     .fingerprint = "f",
                     .ingest_id = make_uuid_v7(system_clock(), system_random())})
        .value();
  }
  void make_table() {
    fs::create_directories(folder());
    ASSERT_EQ(run_apart([&] {
                Opened opened = open();
                opened.table
                    ->create(Context{},
                             {.target = {.parts = {"t"}},
                              .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}}}}})
                    .value();
                for (int number = 1; number <= 4; ++number) {
                  append(opened, number);
                }
                return kRight;
              }),
              kRight);
    fs::copy(folder(), home_.path() + "/template", fs::copy_options::recursive);
  }
  void restore_table() {
    fs::remove_all(folder());
    fs::copy(home_.path() + "/template", folder(), fs::copy_options::recursive);
  }
  int maintain_and_break(int at_call, Effect effect) {
    return run_apart([&] {
      Opened opened = open();
      arm(at_call, effect);
      const auto done = opened.table->maintain(Context{}, GetParam().care.request);
      const bool has_struck = disarm();
      if (done.has_value()) {
        return has_struck ? kCommitted : kUnharmed;
      }
      std::cerr << to_string(done.error()) << '\n';
      return done.error().code == ErrorCode::CommitUnknown ? kUnknown : kFailed;
    });
  }
  int check(int ended) {
    return run_apart([&] {
      Opened opened = open();
      const auto state = opened.table->find_state(Context{}).value();
      const bool is_evolved = state->schema.find("note") != nullptr;
      const bool is_whole = read_rows(opened, "id").size() == 4;
      const bool was_told = !evolves() || is_evolved || (ended != kCommitted && ended != kUnharmed);
      const bool was_spared = !is_evolved || ended != kFailed;
      const auto again = opened.table->maintain(Context{}, GetParam().care.request);
      const bool is_once =
          again.has_value() || (is_evolved && again.error().code == ErrorCode::InvalidArgument);
      append(opened, 5);
      const bool goes_on = read_rows(opened, "id").size() == 5;
      if (!is_whole || !was_told || !was_spared || !is_once || !goes_on) {
        std::cerr << fmt::format("whole {}, told {}, spared {}, once {}, goes on {}; {}\n",
                                 is_whole, was_told, was_spared, is_once, goes_on,
                                 again.has_value() ? "" : to_string(again.error()));
        return 1;
      }
      return kRight;
    });
  }
  int sweep(Effect effect, int stride) {
    int points = 0;
    for (int at_call = 1;; at_call += stride) {
      restore_table();
      testing::internal::CaptureStderr();
      const int ended = maintain_and_break(at_call, effect);
      const int checked = check(ended);
      const std::string said = testing::internal::GetCapturedStderr();
      EXPECT_EQ(checked, kRight) << "call " << at_call << ", ended with " << ended << ": " << said;
      if (ended == kUnharmed || testing::Test::HasFailure()) {
        return points;
      }
      ++points;
    }
  }

  static inline std::unique_ptr<engine::Engine> warm;
  TempFolder home_ = TempFolder::make("sluice-care").value();
};

TEST_P(MaintenanceCrash, AfterAnEndAtAnyCallNoRowIsLostAndWhatIsRepeatedIsDoneOnce) {
  ASSERT_NO_FATAL_FAILURE(make_table());
  const int stride = test_size(2 * GetParam().format.stride, 1);
  int points = sweep(Effect::Kill, stride);
  EXPECT_GE(points, 1);
  for (const Effect effect : {Effect::NoSpace, Effect::BadDisk}) {
    points += sweep(effect, test_size(3 * stride, 1));
  }
  fmt::print("{} {}: ended at {} system calls\n", GetParam().format.name, GetParam().care.name,
             points);
}

/// The catalog of a server cannot be put back as a folder is; a DuckDB table lays out itself.
std::vector<CareCase> care_cases() {
  const bool is_long = test_size(0, 1) == 1;
  std::vector<CareCase> cases;
  for (const Format& format : all_formats()) {
    const bool is_short_of = format.name == "ducklake_file" && !is_long;
    for (const Care& care : cares()) {
      const bool has_none = care.name == "compact" && format.name == "duckdb";
      if (!format.has_server && !is_short_of && !has_none) {
        cases.push_back({.format = format, .care = care});
      }
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, MaintenanceCrash, testing::ValuesIn(care_cases()),
                         [](const auto& test) {
                           return test.param.format.name + "_" + test.param.care.name;
                         });

}  // namespace
}  // namespace sluice::crash
