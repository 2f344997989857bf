#include "sluice/contract/run/source_partition.h"

#include <filesystem>
#include <fstream>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/contract/check/check.h"
#include "sluice/contract/landing/source_files.h"

namespace sluice::contract {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SourcePartitionTest : public testing::Test {
 protected:
  void write(const std::string& name) {
    const std::filesystem::path path = folder_.path() + "/in/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << "id\n1\n";
  }
  /// As if the run's day was the second of March of a leap year.
  Result<std::vector<std::string>> list(const std::string& partition,
                                        const std::string& more = "path: in") {
    const CheckedContract checked =
        check_contract(fmt::format("version: 1.0.0\ninfo: {{title: T}}\n"
                                   "source: {{type: landing, {}, partition: {{{}}}}}\n"
                                   "model: {{fields: [{{name: id, type: integer}}]}}\n",
                                   more, partition),
                       "t.yaml");
    auto found = list_partition_files(context_, *checked.contract->source, folder_.path(),
                                      parse_instant("2024-03-02T23:30:00Z").value());
    if (found) {
      for (std::string& file : *found) {
        file = file.substr(folder_.path().size() + 4);
      }
    }
    return found;
  }

  Context context_;
  TempFolder folder_ = TempFolder::make("partition").value();
};

TEST_F(SourcePartitionTest, TheWindowEndsTodayAndGoesBackThirtyDays) {
  for (const char* day : {"01-31", "02-01", "02-29", "03-01", "03-02", "03-03"}) {
    write(fmt::format("d=2024-{}/a.csv", day));
  }
  const std::string format = "format: \"d=%Y-%m-%d\"";
  EXPECT_THAT(*list(format), ElementsAre("d=2024-02-01/a.csv", "d=2024-02-29/a.csv",
                                         "d=2024-03-01/a.csv", "d=2024-03-02/a.csv"));
  EXPECT_THAT(*list(format + ", lookback_days: 1"),
              ElementsAre("d=2024-03-01/a.csv", "d=2024-03-02/a.csv"));
  EXPECT_THAT(*list(format + ", lookback_days: 0"), ElementsAre("d=2024-03-02/a.csv"));
  EXPECT_THAT(*list(format + ", lookback_days: 1, end_date: \"2024-03-01\""),
              ElementsAre("d=2024-02-29/a.csv", "d=2024-03-01/a.csv"));
  EXPECT_THAT(*list(format + ", lookback_days: 1, start_date: \"2024-01-31\", "
                             "end_date: \"2024-02-01\""),
              ElementsAre("d=2024-01-31/a.csv", "d=2024-02-01/a.csv"));
}

TEST_F(SourcePartitionTest, FoldersStandForMinutesHoursDaysOrYears) {
  for (const char* name : {"2023/02/28/23/59/a.csv", "2023/03/01/00/00/a.csv",
                           "2023/03/01/23/59/a.csv", "2023/03/02/00/00/a.csv"}) {
    write(name);
  }
  const std::string day = ", start_date: \"2023-03-01\", end_date: \"2023-03-01\"";
  EXPECT_THAT(*list("format: \"%Y/%m/%d/%H/%M\"" + day),
              ElementsAre("2023/03/01/00/00/a.csv", "2023/03/01/23/59/a.csv"));
  EXPECT_THAT(*list("format: \"/%Y//%m/%d/%H/\", file_pattern: \"*/a.csv\"" + day),
              ElementsAre("2023/03/01/00/00/a.csv", "2023/03/01/23/59/a.csv"));
  EXPECT_EQ(list("format: \"%Y\", file_pattern: \"**\"" + day)->size(), 4U);
  EXPECT_THAT(*list("format: \"%Y\"" + day), IsEmpty());
}

TEST_F(SourcePartitionTest, AFolderThatIsAskedForIsNeverHidden) {
  write("_day=20240302/a.csv");
  write(".d/02/a.csv");
  EXPECT_THAT(*list("format: \"_day=%Y%m%d\""), ElementsAre("_day=20240302/a.csv"));
  EXPECT_THAT(*list("format: \".d/%d\", lookback_days: 0"), ElementsAre(".d/02/a.csv"));
}

TEST_F(SourcePartitionTest, FilesAreThoseOfThePatternOrOfTheFormat) {
  for (const char* name : {"a.jsonl", "b.NDJSON.gz", "c.zip", "notes.txt", ".hidden.jsonl",
                           "below/d.jsonl", "_work/e.jsonl"}) {
    write(std::string("20240302/") + name);
  }
  const std::string format = "format: \"%Y%m%d\"";
  EXPECT_THAT(*list(format, "path: in, format: jsonl"),
              ElementsAre("20240302/a.jsonl", "20240302/b.NDJSON.gz", "20240302/c.zip"));
  EXPECT_THAT(*list(format), ElementsAre("20240302/a.jsonl", "20240302/b.NDJSON.gz",
                                         "20240302/c.zip", "20240302/notes.txt"));
  EXPECT_THAT(*list(format, "path: in, pattern: \"**/*.jsonl\""),
              ElementsAre("20240302/a.jsonl", "20240302/below/d.jsonl"));
  EXPECT_THAT(*list(format + ", file_pattern: \"*.txt\"", "path: in, pattern: \"*.jsonl\""),
              ElementsAre("20240302/notes.txt"));
}

TEST_F(SourcePartitionTest, WhatCannotBeLookedThroughIsRefused) {
  write("20240302/a.csv");
  EXPECT_THAT(*list("format: \"%Y%m%d\"", "path: elsewhere"), IsEmpty());
  for (const char* path : {"path: in/*", "path: in/20240302/a.csv"}) {
    EXPECT_THAT(list("format: \"%Y%m%d\"", path).error().message, HasSubstr("the folder above"));
  }
  EXPECT_EQ(list("format: \"%Y%m%d\"", "path: \"s3://bucket/in\"").error().code,
            ErrorCode::Unsupported);
  for (const char* window : {"lookback_days: 3000000000000", "start_date: \"0001-01-01\""}) {
    EXPECT_THAT(list(fmt::format("format: \"%Y%m%d%H\", {}", window)).error().message,
                HasSubstr("longer than a run looks through"));
  }
}

TEST_F(SourcePartitionTest, AStopAndADeadlineEndTheListing) {
  write("20240302/below/a.csv");
  const std::string format = "format: \"%Y%m%d\", file_pattern: \"**/*.csv\"";
  ASSERT_THAT(*list(format), ElementsAre("20240302/below/a.csv"));
  std::stop_source stop;
  context_.stop = stop.get_token();
  stop.request_stop();
  EXPECT_EQ(list(format).error().code, ErrorCode::Cancelled);
  EXPECT_EQ(list_source_files(context_, "in", folder_.path()).error().code, ErrorCode::Cancelled);
  context_ = {};
  context_.deadline = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  EXPECT_EQ(list(format).error().code, ErrorCode::Cancelled);
}

}  // namespace
}  // namespace sluice::contract
