// The suite of the table port over Delta tables. The foreign reader here is the engine's Parquet
// reader, told which files are alive by the commits' JSON alone: neither the kernel nor a
// checkpoint is asked.
#include <algorithm>
#include <deque>
#include <mutex>

#include <fmt/format.h>

#include "sluice/base/temp_folder.h"
#include "sluice/dialect/quote.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/delta/delta.h"
#include "sluice/table/suite/suite.h"

namespace sluice::table {
namespace {

class DeltaPlace final : public TablePlace {
 public:
  DeltaPlace()
      : folder_(TempFolder::make("sluice-delta").value()),
        engine_(engine::make_duckdb_engine({}).value()),
        reader_(engine_->connect(Context{}).value()) {}

  Writer open_writer() override {
    const std::lock_guard lock(mutex_);
    Opened& opened = opened_.emplace_back();
    opened.connection = engine_->connect(Context{}).value();
    opened.storage = make_storage();
    opened.table = make_delta_table(*opened.connection, *opened.storage).value();
    return {*opened.connection, *opened.table};
  }
  engine::Connection& reader() override { return *reader_; }

  std::string foreign_rows() override {
    std::string list;
    for (const std::string& path : logged("bool_and(removed IS NULL)")) {
      std::string place = dialect::quote_literal(make_storage()->uri(path));
      for (std::size_t at = 0; (at = place.find('[', at)) != std::string::npos; at += 3) {
        place.replace(at, 1, "[[]");
      }
      list += (list.empty() ? "" : ", ") + place;
    }
    return list.empty() ? "(SELECT 0 AS id WHERE FALSE)"
                        : fmt::format(
                              "read_parquet([{}], hive_partitioning = false, "
                              "union_by_name = true)",
                              list);
  }

  std::vector<std::string> stray_files() override {
    const std::vector<std::string> known = logged("TRUE");
    std::vector<std::string> stray;
    for (const auto& object : make_storage()->list(Context{}, "").value()) {
      const bool is_log = object.path.starts_with("_delta_log/") && !object.path.ends_with(".tmp");
      if (!is_log && std::ranges::find(known, object.path) == known.end()) {
        stray.push_back(object.path);
      }
    }
    return stray;
  }

 private:
  struct Opened {
    std::unique_ptr<engine::Connection> connection;
    std::unique_ptr<storage::Storage> storage;
    std::unique_ptr<Table> table;
  };

  std::string root() const { return folder_.path() + "/a [lake]/trips"; }
  std::unique_ptr<storage::Storage> make_storage() {
    return storage::make_file_storage({.root = root(), .durability = storage::Durability::Process})
        .value();
  }

  /// Paths of the log, as the disk has them, of which `condition` holds.
  std::vector<std::string> logged(std::string_view condition) {
    auto rows = find_text_rows(
        Context{}, *reader_,
        fmt::format("SELECT url_decode(coalesce(added, removed)) FROM (SELECT json ->> "
                    "'$.add.path' AS added, json ->> '$.remove.path' AS removed FROM "
                    "read_json_objects('{}/a [[]lake]/trips/_delta_log/*.json', format = "
                    "'newline_delimited')) WHERE added IS NOT NULL OR removed IS NOT NULL GROUP BY "
                    "1 HAVING {} ORDER BY 1",
                    folder_.path(), condition));
    std::vector<std::string> paths;
    for (const TextRow& row : rows.value()) {
      paths.push_back(row[0].value());
    }
    return paths;
  }

  TempFolder folder_;
  std::mutex mutex_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> reader_;
  std::deque<Opened> opened_;
};

INSTANTIATE_TEST_SUITE_P(All, TableSuite,
                         testing::Values(TableCase{
                             .name = "delta",
                             .make = [] { return std::make_unique<DeltaPlace>(); },
                             .has_all_names = false,
                             .has_all_types = false,
                             .evolves_in_place = false}),
                         [](const auto& test) { return test.param.name; });
INSTANTIATE_TEST_SUITE_P(All, ChangeSuite,
                         testing::Values(TableCase{
                             .name = "delta",
                             .make = [] { return std::make_unique<DeltaPlace>(); },
                             .has_all_names = false,
                             .has_all_types = false,
                             .evolves_in_place = false}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sluice::table
