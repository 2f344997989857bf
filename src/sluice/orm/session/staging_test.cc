#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/base/clock.h"
#include "sluice/base/context.h"
#include "sluice/base/uuid.h"
#include "sluice/orm/session/staging_internal.h"
#include "sluice/storage/failing/failing_storage.h"
#include "sluice/storage/memory/memory_storage.h"

namespace sluice::orm {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::IsEmpty;

class StagingTest : public testing::Test {
 protected:
  /// Two parts of an ingest that began then.
  std::string stage(hours begun) {
    const FixedClock clock{sys_micros(begun)};
    std::string id = to_string(make_uuid_v7(clock, random_));
    put(staging_prefix(id) + "/part-00001.parquet");
    put(staging_prefix(id) + "/part-00002.parquet");
    return id;
  }
  void put(const std::string& path) {
    ASSERT_TRUE(storage_->put(context_, path, "12345").has_value());
  }
  std::vector<std::string> left() {
    std::vector<std::string> paths;
    for (const storage::ObjectInfo& object : storage_->list(context_, "").value()) {
      paths.push_back(object.path);
    }
    return paths;
  }
  Result<CleanupReport> clean(hours older_than) {
    return cleanup_staged(context_, failing_, underway_, sys_micros(older_than));
  }

  Context context_;
  SeededRandom random_{7};
  std::unique_ptr<storage::Storage> storage_ = storage::make_memory_storage();
  storage::FailingStorage failing_{*storage_};
  StagingUnderway underway_;
};

TEST_F(StagingTest, WhatIsOldEnoughGoesAndWhatIsYoungerStays) {
  const std::string old = stage(hours(1000));
  const std::string young = stage(hours(1024));
  const CleanupReport report = clean(hours(1010)).value();
  EXPECT_THAT(report.deleted, ElementsAre(staging_prefix(old)));
  EXPECT_THAT(report.failed, IsEmpty());
  EXPECT_EQ(report.scanned, 2);
  EXPECT_EQ(report.bytes, 10U);
  EXPECT_THAT(left(), ElementsAre(staging_prefix(young) + "/part-00001.parquet",
                                  staging_prefix(young) + "/part-00002.parquet"));
  EXPECT_EQ(clean(hours(1010)).value().scanned, 1);
}

TEST_F(StagingTest, WhatNoIngestNamedIsLeftAlone) {
  const std::vector<std::string> others{
      "_staging/6ba7b810-9dad-41d1-80b4-00c04fd430c8/part-00001.parquet", "_staging/mine/notes.txt",
      "_staging/readme", "_stagings/0198c2a4-7d3e-7b1c-8f00-0123456789ab/x", "table/data.parquet"};
  for (const std::string& path : others) {
    put(path);
  }
  const CleanupReport report = clean(hours(1'000'000)).value();
  EXPECT_EQ(report.scanned, 2) << "folders below _staging";
  EXPECT_THAT(report.deleted, IsEmpty());
  EXPECT_THAT(left(), testing::UnorderedElementsAreArray(others));
}

TEST_F(StagingTest, AnIngestThatIsUnderWayKeepsItsFilesWhateverItsAge) {
  const std::string mine = stage(hours(1000));
  underway_.add(mine);
  EXPECT_THAT(clean(hours(2000)).value().deleted, IsEmpty());
  underway_.remove(mine);
  EXPECT_THAT(clean(hours(2000)).value().deleted, ElementsAre(staging_prefix(mine)));
}

TEST_F(StagingTest, AFolderThatCannotBeRemovedIsReportedAndTheOthersGo) {
  const std::string first = stage(hours(1000));
  const std::string second = stage(hours(1001));
  failing_.arm({.at_call = 3});  // after the listing: the second part of the first
  const CleanupReport report = clean(hours(2000)).value();
  EXPECT_THAT(report.failed, ElementsAre(staging_prefix(first)));
  EXPECT_THAT(report.deleted, ElementsAre(staging_prefix(second)));
  EXPECT_EQ(report.scanned, 2);
  EXPECT_EQ(report.bytes, 15U);
  EXPECT_THAT(clean(hours(2000)).value().deleted, ElementsAre(staging_prefix(first)));
  EXPECT_THAT(left(), IsEmpty());
}

TEST_F(StagingTest, AStorageThatCannotBeListedIsAnError) {
  stage(hours(1000));
  failing_.arm({.at_call = 1});
  EXPECT_EQ(clean(hours(2000)).error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace sluice::orm
