// A replay of refused rows whose process is killed at its n-th system call on a file, or meets a
// failing one: repeated, it has moved each row that passes exactly once, into the target and out
// of the waiting rows, and the others wait.
#include "sluice/contract/run/replay.h"

#include <filesystem>
#include <fstream>
#include <iostream>

#include "apart.h"
#include "syscalls.h"
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/base/test_size.h"
#include "sluice/contract/run/quarantine.h"
#include "sluice/contract/target/target.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::crash {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOrders = R"(
info: {{title: orders, table_name: orders}}
source: {{path: landing/*.json, load_mode: incremental, watermark_strategy: pipeline_log}}
model:
  fields:
    - {{name: id, type: integer, required: true}}
    - {{name: amount, type: integer}}
quality:
  row_rules:
    - {{name: amount_limit, sql: "amount <= {0}"}}
materialization: {{strategy: append, format: {1}, target_path: {2}}}
quarantine: {{target: {3}/quarantine}}
)";

struct ReplayCase {
  std::string format;
  int stride = 1;
};

void PrintTo(const ReplayCase& one, std::ostream* out) { *out << one.format; }

class ReplayCrash : public testing::TestWithParam<ReplayCase> {
 protected:
  std::string folder() const { return home_.path() + "/work"; }
  bool is_lake() const { return GetParam().format == "ducklake"; }

  void write(const std::string& name, const std::string& text) const {
    const fs::path path = folder() + "/" + name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  /// The contract with another limit: what a person mends.
  std::string contract(int limit) const {
    write("orders.yaml",
          fmt::format(fmt::runtime(kOrders), limit, GetParam().format,
                      is_lake() ? "lake.silver.orders" : folder() + "/lake/orders", folder()));
    return folder() + "/orders.yaml";
  }
  contract::RunOptions options() const {
    contract::RunOptions options;
    options.open_engine = [](engine::EngineOptions open) {
      open.threads_max = 1;
      return engine::make_duckdb_engine(open);
    };
    options.render_record = [](const run::RunResult& result) { return result.run_id; };
    options.state_folder = is_lake() ? folder() + "/state" : "";
    options.lake.catalog = "sqlite:" + folder() + "/catalog.sqlite";
    options.lake.data_path = folder() + "/data";
    options.lake.inline_rows_max = "0";
    return options;
  }
  /// One thread: a forked process has no other.
  Context context() const {
    Context context;
    context.threads_max = 1;
    return context;
  }

  void make_table() {
    ASSERT_EQ(run_apart([&] {
                write("landing/a.json",
                      R"([{"id": 1, "amount": 5}, {"id": 2, "amount": 50}, {"id": 3, "amount": 70},
                          {"id": 4, "amount": 500}])");
                contract::run(context(), contract(10), options()).value();
                return kRight;
              }),
              kRight);
    fs::copy(folder(), home_.path() + "/template", fs::copy_options::recursive);
  }
  void restore_table() const {
    fs::remove_all(folder());
    fs::copy(home_.path() + "/template", folder(), fs::copy_options::recursive);
  }
  int replay_and_break(int at_call, Effect effect) const {
    return run_apart([&] {
      const std::string path = contract(100);
      arm(at_call, effect);
      const auto report = contract::replay(context(), path, {}, options());
      const bool has_struck = disarm();
      if (report.has_value()) {
        return has_struck ? kCommitted : kUnharmed;
      }
      std::cerr << to_string(report.error()) << '\n';
      return kFailed;
    });
  }
  std::vector<std::string> target(const std::string& path) const {
    auto open = contract::OpenTarget::open(context(), path, options()).value();
    open.table().make_view(context(), {}, "rows_now").value();
    std::vector<std::string> lines;
    for (const run::TextRow& row :
         run::query_texts(context(), open.connection(),
                          "SELECT concat_ws('|', id, amount) FROM rows_now ORDER BY 1")
             .value()) {
      lines.push_back(row[0].value_or(""));
    }
    return lines;
  }
  int check() const {
    return run_apart([&] {
      const std::string path = contract(100);
      const auto again = contract::replay(context(), path, {}, options());
      const auto rows = target(path);
      const auto stats = contract::QuarantineReader::open(context(), path, options())
                             .value()
                             .stats(context(), {})
                             .value();
      const bool is_right = again.has_value() &&
                            rows == std::vector<std::string>{"1|5", "2|50", "3|70"} &&
                            stats.all.replayed == 2 && stats.all.waiting == 1;
      if (!is_right) {
        std::cerr << fmt::format("{}; replayed {}, waiting {}; {}\n", fmt::join(rows, " "),
                                 stats.all.replayed, stats.all.waiting,
                                 again.has_value() ? "" : to_string(again.error()));
      }
      return is_right ? kRight : 1;
    });
  }
  int sweep(Effect effect, int stride) const {
    int points = 0;
    for (int at_call = 1;; at_call += stride) {
      restore_table();
      testing::internal::CaptureStderr();
      const int ended = replay_and_break(at_call, effect);
      const int checked = check();
      const std::string said = testing::internal::GetCapturedStderr();
      EXPECT_EQ(checked, kRight) << "call " << at_call << ", ended with " << ended << ": " << said;
      if (ended == kUnharmed || testing::Test::HasFailure()) {
        return points;
      }
      ++points;
    }
  }

  TempFolder home_ = TempFolder::make("sluice-replay").value();
};

TEST_P(ReplayCrash, AfterAnEndAtAnyCallEachRowMovesOnce) {
  ASSERT_NO_FATAL_FAILURE(make_table());
  const int killed = sweep(Effect::Kill, test_size(GetParam().stride, 1));
  EXPECT_GE(killed, 1);
  int failed = 0;
  for (const Effect effect : {Effect::NoSpace, Effect::BadDisk, Effect::ShortWrite}) {
    failed += sweep(effect, test_size(4 * GetParam().stride, 1));
  }
  fmt::print("{} replay: killed at {} system calls, {} failed\n", GetParam().format, killed,
             failed);
}

std::vector<ReplayCase> replay_cases() {
  std::vector<ReplayCase> cases{{.format = "parquet", .stride = 17}};
#ifdef SLUICE_HAS_DELTA
  cases.push_back({.format = "delta", .stride = 17});
#endif
  if (table::check_lake_extensions("sqlite:").has_value()) {
    cases.push_back({.format = "ducklake", .stride = 79});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, ReplayCrash, testing::ValuesIn(replay_cases()),
                         [](const auto& test) { return test.param.format; });

}  // namespace
}  // namespace sluice::crash
