#include "sluice/run/pipeline/json_nulls.h"

#include <fstream>

#include <gtest/gtest.h>

#include "sluice/base/temp_folder.h"

namespace sluice::run {
namespace {

bool of_file(const std::string& bytes, const std::string& name = "a.jsonl") {
  const TempFolder folder = TempFolder::make("nulls").value();
  const std::string path = folder.path() + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return may_hold_null_record({}, path).value();
}

TEST(JsonNullsTest, ARecordThatIsNullIsSeen) {
  EXPECT_TRUE(may_be_null_record("null"));
  EXPECT_TRUE(may_be_null_record(" \n null\n"));
  EXPECT_TRUE(may_be_null_record("\xEF\xBB\xBFnull"));
  EXPECT_TRUE(may_be_null_record("{\"id\":1}\nnull\n"));
  EXPECT_TRUE(may_be_null_record("{\"id\":1}\r\n\tnull"));
  EXPECT_TRUE(may_be_null_record("[null]"));
  EXPECT_TRUE(may_be_null_record("[{\"id\":1}, null]"));
}

TEST(JsonNullsTest, ValuesOfKeysAndTextsAreNone) {
  EXPECT_FALSE(may_be_null_record(""));
  EXPECT_FALSE(may_be_null_record("{\"a\":null,\"b\": null ,\"null\":\n null}"));
  EXPECT_FALSE(may_be_null_record("{\"a\":\"is null\",\"nullable\":1}"));
}

TEST(JsonNullsTest, AFileIsLookedAtInPartsWithoutAGap) {
  for (const std::size_t before :
       {1'048'560UL, 1'048'570UL, 1'048'575UL, 1'048'576UL, 1'100'000UL}) {
    const std::string text = "{\"a\":\"" + std::string(before, 'x') + "\"}";
    EXPECT_TRUE(of_file(text + "\nnull\n")) << before;
    EXPECT_FALSE(of_file(text + "\n{\"b\":null}\n")) << before;
  }
  std::string values;
  while (values.size() < 3'000'000) {
    values += "{\"a\":null,\"b\":   null}\n";
  }
  EXPECT_FALSE(of_file(values));
}

TEST(JsonNullsTest, WhatCannotBeSeenMayHoldOne) {
  EXPECT_TRUE(of_file("packed", "a.jsonl.gz"));
  EXPECT_TRUE(may_hold_null_record({}, "/nowhere/a.jsonl").value());
}

TEST(JsonNullsTest, AStopEndsTheLook) {
  const TempFolder folder = TempFolder::make("nulls").value();
  const std::string path = folder.path() + "/a.jsonl";
  std::ofstream(path, std::ios::binary) << "{\"a\":null}\n";
  std::stop_source stop;
  const Context context{.stop = stop.get_token()};
  EXPECT_FALSE(may_hold_null_record(context, path).value());
  stop.request_stop();
  EXPECT_EQ(may_hold_null_record(context, path).error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace sluice::run
