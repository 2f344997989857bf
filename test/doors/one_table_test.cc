// One table behind both doors, over every format: a contract makes it and structs go into it, or
// the other way round; each sees what the other has written.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/base/temp_folder.h"
#include "sluice/contract/run/run.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/orm/session/session.h"
#include "sluice/report/run_json.h"
#include "sluice/table/ducklake/ducklake.h"

namespace depot {

struct Parcel {
  std::string code;
  std::int64_t weight;
  friend bool operator==(const Parcel&, const Parcel&) = default;
};

}  // namespace depot

template <>
inline constexpr auto sluice::model<depot::Parcel> =
    sluice::orm::table("yard.parcels").key<&depot::Parcel::code>();

namespace sluice {
namespace {

using depot::Parcel;

struct Door {
  std::string format;
  /// Of the contract; {} is the folder.
  std::string target;
  TableFormat (*tables)(const std::string& folder) = nullptr;
};

void PrintTo(const Door& door, std::ostream* out) { *out << door.format; }

constexpr const char* kContract = R"(version: 1.0.0
info: {{title: Parcels, table_name: parcels}}
primary_key: [code]
model:
  fields:
    - {{name: code, type: string, required: true}}
    - {{name: weight, type: bigint, required: true}}
{}
materialization: {{strategy: {}, format: {}, target_path: "{}"}}
)";
constexpr const char* kStamp = "    - {name: _ingest_id, type: string}";

class OneTable : public testing::TestWithParam<Door> {
 protected:
  void SetUp() override {
    if (GetParam().format == "ducklake") {
      const Status there = table::check_lake_extensions("");
      if (!there.has_value()) {
        GTEST_SKIP() << there.error().message;
      }
    }
  }

  std::string path(const std::string& name) const { return folder_.path() + "/" + name; }

  /// Nobody else has the table open meanwhile: a database file has one process.
  void run(const std::string& strategy, const std::string& stamp, const std::string& rows) const {
    std::ofstream(path("parcels.yaml"))
        << fmt::format(kContract, stamp, strategy, GetParam().format,
                       fmt::format(fmt::runtime(GetParam().target), folder_.path()));
    std::ofstream(path("rows.csv")) << "code,weight\n" << rows;
    contract::RunOptions options;
    options.sources = {path("rows.csv")};
    options.lake.catalog = path("depot.ducklake");
    options.state_folder = path("state");
    options.open_engine = [](const engine::EngineOptions& open) {
      return engine::make_duckdb_engine(open);
    };
    options.render_record = report::to_record_json;
    const auto result = contract::run({}, path("parcels.yaml"), options);
    ASSERT_TRUE(result.has_value()) << to_string(result.error());
    EXPECT_EQ(result->status, run::RunStatus::Succeeded) << result->reason;
  }

  Session open_session() const {
    const std::string file = GetParam().format == "duckdb" ? path("depot.duckdb") : "";
    return open(std::shared_ptr<engine::Engine>(
                    engine::make_duckdb_engine({.address = file}).value()),
                GetParam().tables(folder_.path()))
        .value();
  }

  static std::vector<Parcel> parcels(Session& db) {
    return db.query<Parcel>(from<Parcel>().order_by(ascending(col<&Parcel::code>))).value();
  }

  TempFolder folder_ = TempFolder::make("sluice-doors").value();
};

TEST_P(OneTable, StructsGoIntoWhatAContractMade) {
  ASSERT_NO_FATAL_FAILURE(run("merge", kStamp, "a,1\nb,2\n"));
  {
    Session db = open_session();
    EXPECT_EQ(parcels(db), (std::vector<Parcel>{{"a", 1}, {"b", 2}}));
    const Result<Receipt> receipt =
        db.insert({Parcel{"b", 20}, Parcel{"c", 3}}, {.on_conflict = OnConflict::Update});
    ASSERT_TRUE(receipt.has_value()) << to_string(receipt.error());
    EXPECT_EQ(receipt->inserted, 1);
    EXPECT_EQ(receipt->updated, 1);
    EXPECT_EQ(db.insert(Parcel{"a", 9}).error().code, ErrorCode::DataRejected) << "a known key";
  }
  ASSERT_NO_FATAL_FAILURE(run("merge", kStamp, "c,30\nd,4\n"));
  Session db = open_session();
  EXPECT_EQ(parcels(db), (std::vector<Parcel>{{"a", 1}, {"b", 20}, {"c", 30}, {"d", 4}}));
  ASSERT_TRUE(db.remove(col<&Parcel::weight> > 10).has_value());
  EXPECT_EQ(parcels(db), (std::vector<Parcel>{{"a", 1}, {"d", 4}}));
}

TEST_P(OneTable, AContractWritesIntoWhatStructsMade) {
  {
    Session db = open_session();
    if (GetParam().format == "duckdb") {
      db.exec("CREATE SCHEMA yard").value();
    }
    const Status made = db.migrate<Parcel>();
    ASSERT_TRUE(made.has_value()) << to_string(made.error());
    ASSERT_TRUE(db.insert({Parcel{"a", 1}, Parcel{"b", 2}}).has_value());
  }
  ASSERT_NO_FATAL_FAILURE(run("append", "", "c,3\n"));
  ASSERT_NO_FATAL_FAILURE(run("merge", "", "b,20\nd,4\n"));
  Session db = open_session();
  EXPECT_EQ(parcels(db), (std::vector<Parcel>{{"a", 1}, {"b", 20}, {"c", 3}, {"d", 4}}));
  const Status same = db.assert_schema<Parcel>();
  EXPECT_TRUE(same.has_value()) << to_string(same.error());
}

std::vector<Door> doors() {
  std::vector<Door> all{
      {.format = "parquet",
       .target = "{}/lake/yard/parcels",
       .tables = [](const std::string& folder) { return parquet_tables(folder + "/lake"); }},
      {.format = "duckdb",
       .target = "{}/depot.duckdb/yard.parcels",
       .tables = [](const std::string&) { return duckdb_tables(); }},
      {.format = "ducklake",
       .target = "lake.yard.parcels",
       .tables = [](const std::string& folder) { return lake_tables(folder + "/depot.ducklake"); }},
  };
#ifdef SLUICE_HAS_DELTA
  all.push_back(
      {.format = "delta",
       .target = "{}/lake/yard/parcels",
       .tables = [](const std::string& folder) { return delta_tables(folder + "/lake"); }});
#endif
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, OneTable, testing::ValuesIn(doors()),
                         [](const auto& test) { return test.param.format; });

}  // namespace
}  // namespace sluice
