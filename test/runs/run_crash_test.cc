// A run of a contract, or a replay, is killed at its n-th system call on a file: whoever runs it
// again finds the target, the quarantine and the counts of one clean run, and the killed run in the
// record as interrupted. Every second time a file has come meanwhile: its rows are there once, too.
// The ordinary run takes a few calls of each case, at distances that walk; the long one takes all.
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apart.h"
#include "syscalls.h"
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "sluice/base/temp_folder.h"
#include "sluice/base/test_size.h"
#include "sluice/contract/run/quarantine.h"
#include "sluice/contract/run/records.h"
#include "sluice/contract/run/replay.h"
#include "sluice/contract/run/run.h"
#include "sluice/contract/target/target.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/report/run_json.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::crash {
namespace {

namespace fs = std::filesystem;

struct CrashCase {
  std::string format;    // parquet, duckdb, delta, ducklake
  std::string strategy;  // append, merge, scd2
  bool is_first = false;
  bool is_replay = false;
  std::string catalog;  // of a lake: "" is a DuckDB file, "sqlite:"
  int number = 0;       // of the case: equal calls of two cases are not met at the same points

  std::string name() const {
    return fmt::format("{}{}_{}{}{}", format, catalog.empty() ? "" : "_in_sqlite",
                       is_replay ? "replay_" : "", strategy, is_first ? "_first" : "");
  }
};

void PrintTo(const CrashCase& one, std::ostream* out) { *out << one.name(); }

constexpr const char* kContract = R"(version: 1.0.0
info: {{title: Orders, table_name: orders, target_layer: silver}}
source: {{type: landing, path: landing/*.json, load_mode: incremental}}
primary_key: [id]
model:
  fields:
    - {{name: id, type: int, required: true}}
    - {{name: amount, type: int}}
    - {{name: tier, type: string}}
    - {{name: seen, type: timestamp}}
quality:
  row_rules:
    - {{name: amount_limit, sql: "amount <= {}"}}
    - {{name: tier_known, sql: "tier <> 'none'"}}
materialization:
  target_path: {}
  format: {}
  strategy: {}
{})";
constexpr const char* kHistory = R"(  scd2: {timestamp_field: seen, track_columns: [tier]}
)";

// Of each file one row is refused for good and one until the limit is raised.
constexpr const char* kFirstFile = R"([{"id": 1, "amount": 5, "tier": "a", "seen": "2026-01-01"},
{"id": 2, "amount": 6, "tier": "b", "seen": "2026-01-01"},
{"id": 3, "amount": 7, "tier": "c", "seen": "2026-01-01"},
{"id": 4, "amount": 50, "tier": "d", "seen": "2026-01-01"},
{"id": 5, "amount": "7x", "tier": "none", "seen": "2026-01-01"}])";
constexpr const char* kSecondFile = R"([{"id": 2, "amount": 8, "tier": "z", "seen": "2026-02-01"},
{"id": 6, "amount": 9, "tier": "e", "seen": "2026-02-01"},
{"id": 7, "amount": 60, "tier": "f", "seen": "2026-02-01"},
{"id": 8, "amount": 1, "tier": "none", "seen": "2026-02-01"}])";
constexpr const char* kLateFile = R"([{"id": 3, "amount": 3, "tier": "y", "seen": "2026-03-01"},
{"id": 9, "amount": 2, "tier": "g", "seen": "2026-03-01"},
{"id": 10, "amount": 2, "tier": "none", "seen": "2026-03-01"}])";

/// What the commands tell when all is done.
struct Told {
  std::string text;
  std::vector<std::string> interrupted;
};

class RunCrashTest : public testing::TestWithParam<CrashCase> {
 protected:
  std::string folder() const { return home_.path() + "/work"; }
  std::string target() const {
    const std::string& format = GetParam().format;
    return format == "ducklake" ? "shop.main.orders"
           : format == "duckdb" ? folder() + "/shop/orders.duckdb"
                                : folder() + "/shop/main/orders";
  }
  std::string state_folder() const {
    return folder() +
           (GetParam().format == "duckdb" ? "/shop/orders/main/orders" : "/shop/main/orders") +
           "/_sluice";
  }
  std::string contract() const { return folder() + "/orders.yaml"; }

  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder() + "/" + name) << text;
  }
  void write_contract(int limit) const {
    const CrashCase& one = GetParam();
    write("orders.yaml", fmt::format(fmt::runtime(kContract), limit, target(), one.format,
                                     one.strategy, one.strategy == "scd2" ? kHistory : ""));
  }

  static Context context() {
    Context context;
    context.threads_max = 1;
    return context;
  }
  contract::RunOptions options() const {
    contract::RunOptions options;
    options.lake.catalog = GetParam().catalog + folder() + "/shop.catalog";
    options.mesh.variable = [root = folder()](const std::string& name) {
      return name == "SLUICE_TABLE_ROOT" ? std::optional(root) : std::nullopt;
    };
    options.open_engine = [](const engine::EngineOptions& open) {
      return engine::make_duckdb_engine(open);
    };
    options.render_record = report::to_record_json;
    return options;
  }

  run::RunResult run_it() const { return contract::run(context(), contract(), options()).value(); }
  void replay_it() const { (void)contract::replay(context(), contract(), {}, options()).value(); }
  /// The work that is killed, or done.
  void do_work() const {
    if (GetParam().is_replay) {
      replay_it();
    } else {
      run_it();
    }
  }

  /// What is there before the work: in a folder to copy from.
  void make_before() {
    fs::create_directories(folder() + "/landing");
    write_contract(10);
    ASSERT_EQ(run_apart([&] {
                write("landing/a.json", kFirstFile);
                if (!GetParam().is_first) {
                  run_it();
                }
                return kRight;
              }),
              kRight);
    if (GetParam().is_replay) {
      write_contract(100);
    } else if (!GetParam().is_first) {
      write("landing/b.json", kSecondFile);
    }
    fs::copy(folder(), home_.path() + "/before", fs::copy_options::recursive);
  }
  void restore() const {
    fs::remove_all(folder());
    fs::copy(home_.path() + "/before", folder(), fs::copy_options::recursive);
  }

  void tell_target(Told& told) const {
    auto open = contract::OpenTarget::open(context(), contract(), options()).value();
    open.table().make_view(context(), {}, "rows_now").value();
    const std::string columns =
        GetParam().strategy == "scd2"
            ? "id, amount, tier, seen, effective_from, effective_to, is_current"
            : "id, amount, tier, seen";
    for (const run::TextRow& row :
         run::query_texts(
             context(), open.connection(),
             fmt::format("SELECT CAST(row({}) AS VARCHAR) FROM rows_now ORDER BY 1", columns))
             .value()) {
      told.text += row[0].value_or("") + "\n";
    }
  }
  /// Rows, reasons and states; the ids are told by their number.
  void tell_quarantine(Told& told) const {
    auto reader = contract::QuarantineReader::open(context(), contract(), options()).value();
    const auto stats = reader.stats(context(), {}).value();
    told.text += fmt::format("waiting {}, replayed {}, discarded {}\n", stats.all.waiting,
                             stats.all.replayed, stats.all.discarded);
    std::vector<std::string> lines;
    std::vector<std::string> ids;
    for (const run::TextRow& row : reader.list(context(), {}, 1000).value().rows) {
      ids.push_back(row[0].value_or(""));
      lines.push_back(fmt::format("{} {} {} {}", row[1].value_or(""),
                                  fs::path(row[2].value_or("")).filename().string(),
                                  row[3].value_or(""), row[4].value_or("")));
    }
    std::ranges::sort(lines);
    std::ranges::sort(ids);
    const auto twice = std::ranges::unique(ids);
    told.text += fmt::format("{}\nids twice: {}\n", fmt::join(lines, "\n"), twice.size());
  }
  /// What the runs counted that committed, and which ones were interrupted. Who replays again tries
  /// rows again: there only what was written counts.
  void tell_runs(Told& told) const {
    using Json = nlohmann::json;
    const auto runs = contract::load_runs(context(), contract(), options(), 1000).value();
    std::map<std::string, std::int64_t> sums;
    for (const run::StoredRun& stored : runs) {
      const Json record = Json::parse(contract::record_text(stored));
      const std::string status = record.at("status");
      if (status == "interrupted") {
        told.interrupted.push_back(stored.run_id);
      }
      const bool is_counted = (status == "succeeded" || status == "interrupted") &&
                              record.value("batch", 0) > (GetParam().is_first ? 0 : 1);
      if (!is_counted) {
        continue;
      }
      for (const auto& [name, rows] : record.at("rows").items()) {
        if (!GetParam().is_replay || name == "written") {
          sums[name] += rows.get<std::int64_t>();
        }
      }
    }
    for (const auto& [name, rows] : sums) {
      told.text += fmt::format("{} {}\n", name, rows);
    }
  }

  /// All that a clean run and a repeated one must agree on.
  Told tell_apart(const std::function<void()>& work) const {
    const std::string path = home_.path() + "/told";
    fs::remove(path);
    EXPECT_EQ(run_apart([&] {
                work();
                Told told;
                tell_target(told);
                tell_quarantine(told);
                tell_runs(told);
                std::ofstream(path) << told.text;
                std::ofstream(path + ".interrupted")
                    << fmt::format("{}", fmt::join(told.interrupted, "\n"));
                return kRight;
              }),
              kRight);
    Told told;
    std::ifstream text(path);
    told.text.assign(std::istreambuf_iterator<char>(text), {});
    std::ifstream interrupted(path + ".interrupted");
    for (std::string line; std::getline(interrupted, line);) {
      told.interrupted.push_back(line);
    }
    return told;
  }
  void work_again(bool has_late_file) const {
    if (has_late_file) {
      write("landing/late.json", kLateFile);
      run_it();
      if (!GetParam().is_replay) {
        run_it();  // a batch that was recorded is repeated as it was written, alone
      }
    }
    do_work();
  }

  int work_and_die(int at_call) const {
    return run_apart([&] {
      arm(at_call, Effect::Kill);
      do_work();
      return disarm() ? 1 : kUnharmed;
    });
  }

  /// The ids of runs that have begun and left no record.
  std::vector<std::string> unfinished() const {
    std::vector<std::string> ids;
    std::vector<std::string> ended;
    constexpr std::string_view kStarted = ".started.json";
    if (!fs::exists(state_folder() + "/runs")) {
      return ids;
    }
    for (const auto& entry : fs::directory_iterator(state_folder() + "/runs")) {
      const std::string name = entry.path().filename().string();
      if (name.ends_with(kStarted) && !name.starts_with("_")) {
        ids.push_back(name.substr(0, name.size() - kStarted.size()));
      }
    }
    std::erase_if(ids, [&](const std::string& id) {
      return fs::exists(fmt::format("{}/runs/{}.json", state_folder(), id));
    });
    return ids;
  }
  // In memory where that is: of a killed process the calls count, not the power.
  TempFolder home_ =
      TempFolder::make("sluice-crash-run", fs::exists("/dev/shm") ? "/dev/shm" : "/tmp").value();
};

TEST_P(RunCrashTest, WhoeverRunsAgainFindsWhatOneCleanRunLeaves) {
  ASSERT_NO_FATAL_FAILURE(make_before());
  const std::string clean = tell_apart([&] { do_work(); }).text;
  const std::string clean_and_late = tell_apart([&] { work_again(true); }).text;
  ASSERT_NE(clean, clean_and_late);
  int walk = GetParam().number;
  int points = 0;
  int interrupted = 0;
  int at_call = 1 + walk % test_size(11, 1);
  while (!HasFailure()) {
    restore();
    const int ended = work_and_die(at_call);
    if (ended == kUnharmed) {
      break;
    }
    const bool has_late_file = at_call % 2 == 0;
    const std::string where =
        fmt::format("killed at call {}{}", at_call, has_late_file ? ", then a file came" : "");
    ASSERT_EQ(ended, kKilled) << where;
    const std::vector<std::string> killed = unfinished();
    const Told told = tell_apart([&] { work_again(has_late_file); });
    EXPECT_EQ(told.text, has_late_file ? clean_and_late : clean) << where;
    EXPECT_THAT(told.interrupted, testing::UnorderedElementsAreArray(killed)) << where;
    interrupted += static_cast<int>(killed.size());
    ++points;
    at_call += test_size((GetParam().is_replay ? 31 : 17) + walk++ % 5, 1);
  }
  EXPECT_GE(interrupted, 1);
  fmt::print("{}: killed at {} system calls, {} runs kept as interrupted\n", GetParam().name(),
             points, interrupted);
}

std::vector<CrashCase> crash_cases() {
  std::vector<CrashCase> cases;
  for (const std::string format : {"parquet", "duckdb"}) {
    cases.push_back({.format = format, .strategy = "append", .is_first = true});
    for (const std::string strategy : {"append", "merge", "scd2"}) {
      cases.push_back({.format = format, .strategy = strategy});
    }
    for (const std::string strategy : {"append", "merge", "scd2"}) {
      if (strategy == "append" || test_size(0, 1) == 1) {
        cases.push_back({.format = format, .strategy = strategy, .is_replay = true});
      }
    }
  }
#ifdef SLUICE_HAS_DELTA
  cases.push_back({.format = "delta", .strategy = "append", .is_first = true});
#endif
  if (table::check_lake_extensions("sqlite:").has_value()) {
    for (const std::string catalog : {"", "sqlite:"}) {
      cases.push_back(
          {.format = "ducklake", .strategy = "append", .is_first = true, .catalog = catalog});
    }
  }
  for (CrashCase& one : cases) {
    one.number = static_cast<int>(&one - cases.data());
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, RunCrashTest, testing::ValuesIn(crash_cases()),
                         [](const auto& test) { return test.param.name(); });

}  // namespace
}  // namespace sluice::crash
