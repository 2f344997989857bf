#include "sluice/table/suite/suite.h"

#include <deque>
#include <mutex>
#include <vector>

#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/duckdb/duckdb.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::table {
namespace {

/// A connection with what works on it.
struct OpenTable {
  std::unique_ptr<engine::Connection> connection;
  std::unique_ptr<storage::Storage> storage;
  std::unique_ptr<Table> table;
};

/// A folder, and one engine for everyone.
class LocalPlace : public TablePlace {
 public:
  explicit LocalPlace(const std::string& database)
      : folder_(TempFolder::make("sluice-table").value()),
        engine_(engine::make_duckdb_engine(
                    {.address = database.empty() ? "" : folder_.path() + "/" + database})
                    .value()),
        reader_(engine_->connect(Context{}).value()) {}

  Writer open_writer() override {
    const std::lock_guard lock(mutex_);
    OpenTable& opened = opened_.emplace_back(open(engine_->connect(Context{}).value()));
    return {*opened.connection, *opened.table};
  }
  engine::Connection& reader() override { return *reader_; }

 protected:
  virtual OpenTable open(std::unique_ptr<engine::Connection> connection) = 0;

  TempFolder folder_;
  std::mutex mutex_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> reader_;
  std::deque<OpenTable> opened_;
};

class DuckdbPlace final : public LocalPlace {
 public:
  DuckdbPlace() : LocalPlace("lake.duckdb") {}
  std::string foreign_rows() override { return "trips"; }
  std::vector<std::string> stray_files() override { return {}; }

 private:
  OpenTable open(std::unique_ptr<engine::Connection> connection) override {
    auto table = make_duckdb_table(*connection, {.parts = {"trips"}}).value();
    return {std::move(connection), nullptr, std::move(table)};
  }
};

class ParquetPlace final : public LocalPlace {
 public:
  ParquetPlace() : LocalPlace("") {}

  /// What a reader that only globs sees. An empty folder is a table without rows to it.
  std::string foreign_rows() override {
    const auto storage = make_storage();
    for (const auto& object : storage->list(Context{}, "").value()) {
      if (object.path.ends_with(".parquet")) {
        return "read_parquet('" + folder_.path() +
               "/a [[]lake]/trips/**/*.parquet', hive_partitioning = false, union_by_name = true)";
      }
    }
    return "(SELECT 0 AS id WHERE FALSE)";
  }
  std::vector<std::string> stray_files() override {
    std::vector<std::string> names;
    for (const auto& object : make_storage()->list(Context{}, "").value()) {
      if (object.path.ends_with(".staged")) {
        names.push_back(object.path);
      }
    }
    return names;
  }

 private:
  std::unique_ptr<storage::Storage> make_storage() {
    return storage::make_file_storage({.root = folder_.path() + "/a [lake]/trips",
                                       .durability = storage::Durability::Process})
        .value();
  }
  OpenTable open(std::unique_ptr<engine::Connection> connection) override {
    auto storage = make_storage();
    auto table = make_parquet_table(*connection, *storage).value();
    return {std::move(connection), std::move(storage), std::move(table)};
  }
};

std::vector<TableCase> table_cases() {
  return {
      {.name = "duckdb",
       .make = [] { return std::make_unique<DuckdbPlace>(); },
       .has_files = false,
       .keeps_versions = false,
       .has_compaction = false},
      {.name = "parquet", .make = [] { return std::make_unique<ParquetPlace>(); }},
  };
}

INSTANTIATE_TEST_SUITE_P(All, TableSuite, testing::ValuesIn(table_cases()),
                         [](const auto& test) { return test.param.name; });
INSTANTIATE_TEST_SUITE_P(All, ChangeSuite, testing::ValuesIn(table_cases()),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sluice::table
