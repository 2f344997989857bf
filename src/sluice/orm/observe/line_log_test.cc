#include "sluice/orm/observe/line_log.h"

#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

class LineLogTest : public testing::Test {
 protected:
  LineWriter keep() {
    return [this](std::string_view line) { lines_.emplace_back(line); };
  }

  const FixedClock clock_{sys_micros(std::chrono::seconds(1'000'000'000))};
  const LineLogOptions options_{.clock = &clock_};
  std::vector<std::string> lines_;
};

TEST_F(LineLogTest, TextIsOneLineWhateverTheValuesAre) {
  TextLog log(keep(), options_);
  log.write({.level = LogLevel::Info,
             .message = "ingest committed",
             .fields = {{"table", "users"}, {"cause", "two\nlines = \"x\""}, {"empty", ""}}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0],
            "2001-09-09T01:46:40.000000Z info ingest committed table=users "
            "cause=\"two\\nlines = \\\"x\\\"\" empty=\"\"");
}

TEST_F(LineLogTest, JsonIsOneObjectOnALine) {
  JsonLog log(keep(), options_);
  log.write({.level = LogLevel::Error,
             .message = "a \"b\"",
             .fields = {{"path", "c:\\d"}, {"bell", "\a"}}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0],
            "{\"time\":\"2001-09-09T01:46:40.000000Z\",\"level\":\"error\",\"message\":\"a "
            "\\\"b\\\"\",\"path\":\"c:\\\\d\",\"bell\":\"\\u0007\"}");
}

TEST_F(LineLogTest, LinesBelowTheLevelAreDropped) {
  TextLog log(keep(), {.level = LogLevel::Warning, .clock = &clock_});
  log.write({.level = LogLevel::Info, .message = "quiet", .fields = {}});
  log.write({.level = LogLevel::Warning, .message = "loud", .fields = {}});
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0], "2001-09-09T01:46:40.000000Z warning loud");
}

TEST_F(LineLogTest, AWriterThatThrowsFailsNothing) {
  JsonLog log([](std::string_view) { throw std::runtime_error("the disk is full"); });
  EXPECT_NO_THROW(log.write({.level = LogLevel::Error, .message = "x", .fields = {}}));
}

}  // namespace
}  // namespace sluice
