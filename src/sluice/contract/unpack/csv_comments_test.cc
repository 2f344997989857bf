#include "sluice/contract/unpack/csv_comments.h"

#include <fstream>
#include <sstream>
#include <stop_token>

#include <gtest/gtest.h>

#include "sluice/base/temp_folder.h"

namespace sluice::contract {
namespace {

/// The file without its comments; the same bytes where it has none.
std::string without(const std::string& bytes, const CsvComments& comments) {
  const TempFolder folder = TempFolder::make("comments").value();
  const std::string from = folder.path() + "/from";
  const std::string to = folder.path() + "/to";
  std::ofstream(from, std::ios::binary) << bytes;
  EXPECT_TRUE(copy_without_comments(Context{}, from, comments, to).has_value());
  std::ostringstream text;
  text << std::ifstream(to, std::ios::binary).rdbuf();
  EXPECT_EQ(has_comments(Context{}, from, comments).value(), text.str() != bytes);
  return text.str();
}

TEST(CsvCommentsTest, LinesThatBeginWithThePrefixAreLeftOut) {
  EXPECT_EQ(without("# a\n# b\nid,v\n1,colour #fff\n#x\n2,#zz\n", {.prefix = "#"}),
            "\n\nid,v\n1,colour #fff\n\n2,#zz\n");
  EXPECT_EQ(without("// top\r\nid,v\r\n1//2,\r\n//", {.prefix = "//"}), "\r\nid,v\r\n1//2,\r\n");
  EXPECT_EQ(without("#a\rid,v\r1,\r", {.prefix = "#"}), "\rid,v\r1,\r");
  EXPECT_EQ(without("\xEF\xBB\xBF#a\nid,v\n", {.prefix = "#"}), "\nid,v\n");
  EXPECT_EQ(without("", {.prefix = "#"}), "");
  EXPECT_EQ(without("id\n1\n", {.prefix = "#"}), "id\n1\n");
  EXPECT_EQ(without(" #1,\n\n#2", {.prefix = "#"}), " #1,\n\n");
}

TEST(CsvCommentsTest, BelowOneColumnAnEmptyLineWouldBeARecord) {
  EXPECT_EQ(without("#a\nid\n#b\n1\n#c\n", {.prefix = "#"}), "\nid\n1\n");
  EXPECT_EQ(without("x,y\nid\n#b\n1\n", {.prefix = "#", .skip_rows = 1}), "x,y\nid\n1\n");
}

TEST(CsvCommentsTest, AQuotedValueMayHoldALineLikeOne) {
  EXPECT_EQ(without("id,v\n1,\"a\n#b \"\"c\n#d\"\n#e\n2,x\n", {.prefix = "#"}),
            "id,v\n1,\"a\n#b \"\"c\n#d\"\n\n2,x\n");
  EXPECT_EQ(without("1,5\" pipe\n#e\n", {.prefix = "#"}), "1,5\" pipe\n\n");
  EXPECT_EQ(without("1;'a\n#b';\"\n#e\n", {.prefix = "#", .delimiter = ";", .quote = "'"}),
            "1;'a\n#b';\"\n\n");
  EXPECT_EQ(without("\"a,\n#e\n", {.prefix = "#", .quote = ""}), "\"a,\n\n");
}

TEST(CsvCommentsTest, AQuoteMayOpenBehindBlanks) {
  EXPECT_EQ(without("id,v\n1,  \"a\n# c\n2,b\"\n#d\n", {.prefix = "#"}),
            "id,v\n1,  \"a\n# c\n2,b\"\n\n");
  EXPECT_EQ(without("id,v\n1,x \"a\n# c\n", {.prefix = "#"}), "id,v\n1,x \"a\n\n");
}

TEST(CsvCommentsTest, ADelimiterWithinQuotesMakesNoColumns) {
  EXPECT_EQ(without("\"a,\nb\"\n#c\n1\n", {.prefix = "#"}), "\"a,\nb\"\n1\n");
  EXPECT_EQ(without("\n\"a\nb\",c\n#c\n1,2\n", {.prefix = "#"}), "\n\"a\nb\",c\n\n1,2\n");
}

TEST(CsvCommentsTest, LinesThatAreSkippedAnywayStayWhereTheyAre) {
  EXPECT_EQ(without("#a\n\"\n#b\nid,v\n", {.prefix = "#", .skip_rows = 2}), "#a\n\"\n\nid,v\n");
}

TEST(CsvCommentsTest, ARunThatIsStoppedReadsNoLineMore) {
  const TempFolder folder = TempFolder::make("comments").value();
  const std::string from = folder.path() + "/from";
  std::ofstream(from, std::ios::binary) << "id\n1\n#2\n";
  std::stop_source stopped;
  Context context;
  context.stop = stopped.get_token();
  EXPECT_TRUE(has_comments(context, from, {.prefix = "#"}).value());
  stopped.request_stop();
  EXPECT_EQ(has_comments(context, from, {.prefix = "#"}).error().code, ErrorCode::Cancelled);
  EXPECT_EQ(
      copy_without_comments(context, from, {.prefix = "#"}, folder.path() + "/to").error().code,
      ErrorCode::Cancelled);
}

}  // namespace
}  // namespace sluice::contract
