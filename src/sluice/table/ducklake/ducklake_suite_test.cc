// The suite of the table port over DuckLake tables, with each kind of catalog. The foreign reader
// is an engine of its own where the catalog takes several.
#include <algorithm>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
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

/// One lake of a kind for all tests of the program, and the engines that it was opened with:
/// opening one takes longer than most tests.
struct SharedLake {
  explicit SharedLake(std::string_view kind)
      : folder(TempFolder::make("sluice-lake").value()), is_shared(kind == "file") {
    options.data_path = folder.path() + "/a [lake]/data";
    options.catalog = fmt::format("{}/a [lake]/catalog", folder.path());
    if (kind == "sqlite") {
      options.catalog = "sqlite:" + options.catalog;
      options.inline_rows_max = "0";  // every row lies in a file
    } else if (kind == "postgres") {
      options.catalog = fmt::format("postgres:{}", std::getenv("SLUICE_TEST_POSTGRES"));
      options.catalog_schema = to_string(make_uuid_v7(system_clock(), system_random()));
    }
  }
  OpenLake& opened(std::size_t number) {
    while (lakes.size() <= (is_shared ? 0 : number)) {
      lakes.emplace_back(options);
    }
    return lakes[is_shared ? 0 : number];
  }

  TempFolder folder;
  LakeOptions options;
  bool is_shared = false;
  std::deque<OpenLake> lakes;
  int places = 0;
};

/// Gone before main() ends: an engine outlives no thread of its own.
class SharedLakes final : public testing::Environment {
 public:
  SharedLake& of(const std::string& kind) { return lakes_.try_emplace(kind, kind).first->second; }
  void TearDown() override { lakes_.clear(); }

 private:
  std::map<std::string, SharedLake> lakes_;
};

SharedLakes& shared_lakes() {
  static auto* const lakes = new SharedLakes;  // GoogleTest takes it
  return *lakes;
}
const testing::Environment* const kLakes = testing::AddGlobalTestEnvironment(&shared_lakes());

/// A schema of its own in the lake of its kind.
class LakePlace final : public TablePlace {
 public:
  explicit LakePlace(const std::string& kind)
      : lake_(shared_lakes().of(kind)),
        schema_(fmt::format("s{}", ++lake_.places)),
        reader_(lake_.opened(0).engine->connect(Context{}).value()) {}
  ~LakePlace() override {
    opened_.clear();
    static_cast<void>(
        reader_->execute(Context{}, fmt::format("DROP SCHEMA IF EXISTS lake.{} CASCADE", schema_)));
  }
  LakePlace(const LakePlace&) = delete;
  LakePlace(LakePlace&&) = delete;
  LakePlace& operator=(const LakePlace&) = delete;
  LakePlace& operator=(LakePlace&&) = delete;

  Writer open_writer() override {
    const std::lock_guard lock(mutex_);
    Opened& opened = opened_.emplace_back();
    opened.connection = lake_.opened(opened_.size()).engine->connect(Context{}).value();
    opened.table =
        make_ducklake_table(*opened.connection, {.parts = {"lake", schema_, "trips"}}).value();
    return {*opened.connection, *opened.table};
  }
  engine::Connection& reader() override { return *reader_; }
  std::string foreign_rows() override { return fmt::format("lake.{}.trips", schema_); }

  std::vector<std::string> stray_files() override {
    std::vector<std::string> known;
    const LakeOptions& options = lake_.options;
    const std::string catalog =
        "__ducklake_metadata_lake." +
        (options.catalog_schema.empty() ? ""
                                        : dialect::quote_identifier(options.catalog_schema) + ".");
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
    for (const auto& entry : std::filesystem::recursive_directory_iterator(options.data_path)) {
      const std::string name = entry.path().filename().string();
      const bool is_mine = entry.path().string().contains("/" + schema_ + "/");
      if (is_mine && entry.is_regular_file() && std::ranges::find(known, name) == known.end()) {
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

  SharedLake& lake_;
  std::string schema_;
  std::mutex mutex_;
  std::unique_ptr<engine::Connection> reader_;
  std::deque<Opened> opened_;
};

TableCase case_of(const std::string& kind) {
  return {.name = "ducklake_" + kind,
          .make = [kind] { return std::make_unique<LakePlace>(kind); },
          .has_files = false,
          .may_leave_refused_files = true,
          .keeps_small_writes_in_catalog = kind != "sqlite",
          .long_history = test_size(8, 34)};
}

/// Only what this machine has; DucklakeTest says what is missing. The short run takes the catalog
/// whose rows all lie in files and which several engines share; the others are kin to it.
std::vector<TableCase> lake_cases() {
  std::vector<TableCase> cases;
  if (check_lake_extensions("sqlite:").has_value()) {
    cases = {case_of("sqlite")};
    if (test_size(0, 1) == 1) {
      cases.push_back(case_of("file"));
    }
    if (std::getenv("SLUICE_TEST_POSTGRES") != nullptr && test_size(0, 1) == 1) {
      cases.push_back(case_of("postgres"));
    }
  }
  return cases;
}

/// Worked out by the SQL that runs on a DuckDB table too: the long run shows it on lakes.
std::vector<TableCase> change_cases() {
  return test_size(0, 1) == 1 ? lake_cases() : std::vector<TableCase>{};
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TableSuite);
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ChangeSuite);
INSTANTIATE_TEST_SUITE_P(All, TableSuite, testing::ValuesIn(lake_cases()),
                         [](const auto& test) { return test.param.name; });
INSTANTIATE_TEST_SUITE_P(All, ChangeSuite, testing::ValuesIn(change_cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sluice::table
