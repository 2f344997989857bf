// The suite of the table port over DuckLake tables, with each kind of catalog. The foreign reader
// is an engine of its own where the catalog takes several.
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <mutex>

#include <fmt/format.h>

#include "sluice/base/temp_folder.h"
#include "sluice/base/test_size.h"
#include "sluice/dialect/quote.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/ducklake/ducklake.h"
#include "sluice/table/suite/suite.h"

namespace sluice::table {
namespace {

const plan::TableId kTrips{.parts = {"lake", "main", "trips"}};

/// An engine with the lake, and connections on it.
struct OpenLake {
  explicit OpenLake(const LakeOptions& options)
      : engine(engine::make_duckdb_engine({.threads_max = 2}).value()),
        first(engine->connect(Context{}).value()) {
    attach_lake(Context{}, *first, options).value();
  }
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<engine::Connection> first;
};

class LakePlace final : public TablePlace {
 public:
  explicit LakePlace(std::string_view kind) : folder_(TempFolder::make("sluice-lake").value()) {
    options_.data_path = folder_.path() + "/a [lake]/data";
    options_.catalog = fmt::format("{}/a [lake]/catalog", folder_.path());
    if (kind == "sqlite") {
      options_.catalog = "sqlite:" + options_.catalog;
      options_.inline_rows_max = "0";  // every row lies in a file
    } else if (kind == "postgres") {
      options_.catalog = fmt::format("postgres:{}", std::getenv("SLUICE_TEST_POSTGRES"));
      options_.catalog_schema = to_string(make_uuid_v7(system_clock(), system_random()));
    }
    is_shared_ = kind == "file";
    lakes_.emplace_back(options_);
    reader_ = lakes_.front().engine->connect(Context{}).value();
  }

  Writer open_writer() override {
    const std::lock_guard lock(mutex_);
    if (!is_shared_) {
      lakes_.emplace_back(options_);
    }
    Opened& opened = opened_.emplace_back();
    opened.connection = lakes_.back().engine->connect(Context{}).value();
    opened.table = make_ducklake_table(*opened.connection, kTrips).value();
    return {*opened.connection, *opened.table};
  }
  engine::Connection& reader() override { return *reader_; }
  std::string foreign_rows() override { return "lake.main.trips"; }

  std::vector<std::string> stray_files() override {
    std::vector<std::string> known;
    const std::string catalog = "__ducklake_metadata_lake." +
                                (options_.catalog_schema.empty()
                                     ? ""
                                     : dialect::quote_identifier(options_.catalog_schema) + ".");
    for (const TextRow& row :
         find_text_rows(Context{}, *reader_,
                        fmt::format("SELECT path FROM {0}ducklake_data_file UNION ALL SELECT path "
                                    "FROM {0}ducklake_delete_file UNION ALL SELECT path FROM "
                                    "{0}ducklake_files_scheduled_for_deletion",
                                    catalog))
             .value()) {
      known.push_back(std::filesystem::path(row[0].value()).filename().string());
    }
    std::vector<std::string> stray;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(options_.data_path)) {
      const std::string name = entry.path().filename().string();
      if (entry.is_regular_file() && std::ranges::find(known, name) == known.end()) {
        stray.push_back(name);
      }
    }
    return stray;
  }

 private:
  struct Opened {
    std::unique_ptr<engine::Connection> connection;
    std::unique_ptr<Table> table;
  };

  TempFolder folder_;
  LakeOptions options_;
  bool is_shared_ = false;
  std::mutex mutex_;
  std::deque<OpenLake> lakes_;
  std::unique_ptr<engine::Connection> reader_;
  std::deque<Opened> opened_;
};

TableCase case_of(std::string kind) {
  return {.name = "ducklake_" + kind,
          .make = [kind] { return std::make_unique<LakePlace>(kind); },
          .has_files = false,
          .may_leave_refused_files = true};
}

/// Only what this machine has; DucklakeTest says what is missing. A server takes part in the long
/// run; in the short one writers of several processes meet on it (run/write).
std::vector<TableCase> lake_cases() {
  std::vector<TableCase> cases;
  if (check_lake_extensions("file").has_value()) {
    cases = {case_of("file"), case_of("sqlite")};
    if (std::getenv("SLUICE_TEST_POSTGRES") != nullptr && test_size(0, 1) == 1) {
      cases.push_back(case_of("postgres"));
    }
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(All, TableSuite, testing::ValuesIn(lake_cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sluice::table
