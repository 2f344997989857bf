// What is told when a session's tables are named: formats, roots, names that are no folders.
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/orm/session/session.h"
#include "sluice/table/ducklake/ducklake.h"

namespace pier {

struct Bollard {
  std::int64_t number;
};
struct Above {
  std::int64_t number;
};
struct Hidden {
  std::int64_t number;
};
struct Slashed {
  std::int64_t number;
};

}  // namespace pier

template <>
inline constexpr auto sluice::model<pier::Above> = sluice::orm::table("\"..\".x");
template <>
inline constexpr auto sluice::model<pier::Hidden> = sluice::orm::table("_staging");
template <>
inline constexpr auto sluice::model<pier::Slashed> = sluice::orm::table("\"a/../../b\"");

namespace sluice {
namespace {

using testing::HasSubstr;

class TablesTest : public testing::Test {
 protected:
  Error error_of(const TableFormat& format) const {
    const auto opened = open(engine_, format);
    EXPECT_FALSE(opened.has_value());
    return opened.has_value() ? make_error(ErrorCode::Internal, "no error") : opened.error();
  }
  template <class T>
  std::string folder_of(const TableFormat& format, const OpenOptions& options = {}) const {
    EXPECT_TRUE(open(engine_, format, {}, options).value().migrate<T>().has_value());
    for (const auto& each : std::filesystem::recursive_directory_iterator(folder_.path())) {
      if (each.path().filename() == "_sluice") {
        return each.path().parent_path().string().substr(folder_.path().size());
      }
    }
    return "(none)";
  }

  TempFolder folder_ = TempFolder::make("sluice-tables").value();
  std::shared_ptr<engine::Engine> engine_ = engine::make_duckdb_engine().value();
};

TEST_F(TablesTest, AnUnknownFormatNamesTheOthers) {
  for (const TableFormat& format : {iceberg(), TableFormat{.name = "hudi"}}) {
    const Error error = error_of(format);
    EXPECT_EQ(error.code, ErrorCode::Unsupported);
    EXPECT_THAT(error.message, HasSubstr("'" + format.name + "'"));
    EXPECT_THAT(error.hint, HasSubstr("delta_tables"));
    EXPECT_THAT(error.hint, HasSubstr("parquet_tables"));
    EXPECT_THAT(error.hint, HasSubstr("lake_tables"));
  }
}

TEST_F(TablesTest, ARootIsAFolderOfThisMachine) {
  EXPECT_EQ(error_of(parquet_tables("")).code, ErrorCode::InvalidArgument);
  EXPECT_THAT(error_of(parquet_tables("")).hint, HasSubstr("parquet_tables(\"/srv/lake\")"));
  EXPECT_EQ(error_of(delta()).code, ErrorCode::InvalidArgument);
  EXPECT_EQ(error_of(parquet_tables("s3://bucket/lake")).code, ErrorCode::Unsupported);
  EXPECT_EQ(error_of(parquet_tables("memory://lake")).code, ErrorCode::Unsupported);
  EXPECT_EQ(error_of({.root = "/srv/lake"}).code, ErrorCode::InvalidArgument);
  EXPECT_EQ(error_of(parquet_tables("/srv/lake", {.deletion_vectors = true})).code,
            ErrorCode::Unsupported);
  EXPECT_EQ(open(spark("sc://host:15002"), parquet_tables("/srv/lake")).error().code,
            ErrorCode::Unsupported);
}

TEST_F(TablesTest, EachPartOfANameIsAFolder) {
  const std::string root = folder_.path() + "/a lake";
  EXPECT_EQ(folder_of<pier::Bollard>(parquet_tables("file://" + folder_.path() + "/a%20lake/")),
            "/a lake/bollards");
  std::filesystem::remove_all(root);
  EXPECT_EQ(folder_of<pier::Bollard>(parquet_tables(root, {.database = "north"})),
            "/a lake/north/bollards");
  std::filesystem::remove_all(root);
  EXPECT_EQ(folder_of<pier::Bollard>(parquet_tables(root),
                                     {.default_catalog = "c", .default_database = "d"}),
            "/a lake/c/d/bollards");
}

TEST_F(TablesTest, ALakeIsAttachedOnceAndUnderOneName) {
  if (const Status there = table::check_lake_extensions("sqlite:x"); !there.has_value()) {
    GTEST_SKIP() << there.error().message;
  }
  const TableFormat shop = lake_tables("sqlite:" + folder_.path() + "/shop.sqlite",
                                       folder_.path() + "/data", {.catalog = "shop"});
  Session db = open(engine_, shop, orm::storage(folder_.path() + "/staged")).value();
  const Status made = db.migrate<pier::Bollard>();
  ASSERT_TRUE(made.has_value()) << to_string(made.error());
  const Result<Receipt> staged = db.insert(pier::Bollard{7}, {.via = Via::Storage});
  ASSERT_TRUE(staged.has_value()) << to_string(staged.error());
  Session again = open(engine_, shop).value();
  EXPECT_EQ(again.query_one<pier::Bollard>().value().number, 7);
  EXPECT_EQ(again.query_one<pier::Bollard>(sql("FROM shop.main.bollards")).value().number, 7);
  EXPECT_EQ(again.query_one<pier::Bollard>(from_table("SHOP.main.bollards")).value().number, 7);
  EXPECT_EQ(again.query<pier::Bollard>(from_table("other.main.bollards")).error().code,
            ErrorCode::InvalidArgument);
  Session other =
      open(engine_, lake_tables(folder_.path() + "/other.ducklake", {}, {.catalog = "shop"}))
          .value();
  EXPECT_THAT(other.query<pier::Bollard>().error().message, HasSubstr("'shop'"));
  EXPECT_FALSE(again.exec(sql("COPY (SELECT 1) TO '" + folder_.path() + "/x.csv'")).has_value())
      << "statements reach the lake alone";
}

TEST_F(TablesTest, SessionsOfOneEngineMayMeetAtItsLake) {
  if (const Status there = table::check_lake_extensions("sqlite:x"); !there.has_value()) {
    GTEST_SKIP() << there.error().message;
  }
  for (const std::string_view prefix : {"", "sqlite:"}) {
    const TableFormat lake =
        lake_tables(fmt::format("{}{}/lake{}", prefix, folder_.path(), prefix.size()));
    const std::shared_ptr<engine::Engine> engine = engine::make_duckdb_engine().value();
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        Session db = open(engine, lake).value();
        const Status made = db.migrate<pier::Bollard>();
        EXPECT_TRUE(made.has_value()) << to_string(made.error());
      });
    }
    threads.clear();
    Session late = open(engine, lake, orm::storage(folder_.path() + "/staged")).value();
    EXPECT_THAT(late.query<pier::Bollard>().error().message, HasSubstr("/staged'"));
  }
}

TEST_F(TablesTest, TablesOfALakeAreMadeWhileOthersReadAndWrite) {
  if (const Status there = table::check_lake_extensions("sqlite:x"); !there.has_value()) {
    GTEST_SKIP() << there.error().message;
  }
  for (const std::string_view prefix : {"", "sqlite:"}) {
    const TableFormat lake =
        lake_tables(fmt::format("{}{}/busy{}", prefix, folder_.path(), prefix.size()));
    const std::shared_ptr<engine::Engine> engine = engine::make_duckdb_engine().value();
    ASSERT_TRUE(open(engine, lake).value().migrate<pier::Bollard>().has_value());
    constexpr int kRounds = 20;
    std::vector<std::jthread> threads;
    threads.emplace_back([&] {
      for (int i = 0; i < kRounds; ++i) {
        Session db = open(engine, lake).value();
        const auto made = db.exec(sql(fmt::format("CREATE TABLE main.other{} (i INTEGER)", i)));
        EXPECT_TRUE(made.has_value()) << to_string(made.error());
      }
    });
    threads.emplace_back([&] {
      Session db = open(engine, lake, {}, {.commit_retry_max = 16}).value();
      for (int i = 0; i < kRounds; ++i) {
        const auto receipt = db.insert(pier::Bollard{i});
        EXPECT_TRUE(receipt.has_value()) << to_string(receipt.error());
      }
    });
    for (int reader = 0; reader < 2; ++reader) {
      threads.emplace_back([&] {
        Session db = open(engine, lake).value();
        for (int i = 0; i < kRounds * 3; ++i) {
          const auto rows = db.query<pier::Bollard>();
          EXPECT_TRUE(rows.has_value()) << to_string(rows.error());
        }
      });
    }
    threads.clear();
    EXPECT_EQ(open(engine, lake).value().query<pier::Bollard>().value().size(), kRounds);
  }
}

TEST_F(TablesTest, ALakeHasACatalog) {
  EXPECT_EQ(error_of(lake_tables("")).code, ErrorCode::InvalidArgument);
  EXPECT_THAT(error_of(lake_tables("")).hint, HasSubstr("lake_tables(\"/srv/lake.ducklake\")"));
  for (const TableFormat& wrong :
       {parquet_tables("/srv/lake", {.metadata = "x"}), lake_tables("postgres:dbname=shop"),
        lake_tables("lake.ducklake", {}, {.metadata_schema = "shop"})}) {
    EXPECT_EQ(error_of(wrong).code, ErrorCode::InvalidArgument);
  }
  EXPECT_THAT(error_of(lake_tables("postgres:dbname=shop")).hint, HasSubstr("\"/srv/lake\""));
}

TEST_F(TablesTest, ANameThatLeavesTheRootIsRefused) {
  Session db = open(engine_, parquet_tables(folder_.path() + "/lake")).value();
  for (const Status& refused :
       {db.migrate<pier::Above>(), db.migrate<pier::Hidden>(), db.migrate<pier::Slashed>()}) {
    EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(refused.error().hint, HasSubstr("no slash"));
  }
  EXPECT_EQ(db.query<pier::Above>().error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(db.insert(pier::Above{1}).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(db.remove(col<&pier::Above::number> > 0).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(db.query<pier::Bollard>(from_table("\"../x\"")).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace
}  // namespace sluice
