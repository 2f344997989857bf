#include "sluice/run/pipeline/csv_header.h"

#include <gmock/gmock.h>

namespace sluice::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> split(std::string_view line, const plan::CsvFormat& csv = {}) {
  return split_csv_line(line, csv).value();
}

TEST(CsvHeader, BlanksAroundANameAreNotPartOfIt) {
  EXPECT_THAT(split(" id , name\r"), ElementsAre("id", "name"));
}

TEST(CsvHeader, QuotesHoldDelimitersAndDoubledQuotes) {
  EXPECT_THAT(split(R"("na,me", "say ""hi""",x)"), ElementsAre("na,me", "say \"hi\"", "x"));
}

TEST(CsvHeader, EmptyPlacesAreValues) {
  EXPECT_THAT(split("a,,"), ElementsAre("a", "", ""));
  EXPECT_THAT(split(""), ElementsAre(""));
}

TEST(CsvHeader, DelimitersAndQuotesAreThoseOfTheFormat) {
  EXPECT_THAT(split("a;b||'c||d'", {.delimiter = "||", .quote = "'"}), ElementsAre("a;b", "c||d"));
  EXPECT_THAT(split("\"a,b", {.quote = ""}), ElementsAre("\"a", "b"));
}

TEST(CsvHeader, AQuoteThatIsNeverClosedIsAnError) {
  const auto split = split_csv_line("id,\"name", {});
  ASSERT_FALSE(split);
  EXPECT_EQ(split.error().code, ErrorCode::DataRejected);
}

TEST(CsvHeader, ANameThatStandsTwiceIsAnErrorWithoutRegardToCase) {
  const auto columns = csv_columns("id,name,ID", {}, "in.csv");
  ASSERT_FALSE(columns);
  EXPECT_EQ(columns.error().code, ErrorCode::DataRejected);
  EXPECT_THAT(columns.error().message, HasSubstr("'ID' in 'in.csv'"));
  EXPECT_THAT(columns.error().hint, HasSubstr("has_header: false"));
}

TEST(CsvHeader, AnEmptyNameIsMadeOfItsPosition) {
  EXPECT_THAT(csv_columns("id,,x", {}, "in.csv").value(), ElementsAre("id", "column1", "x"));
}

TEST(CsvHeader, WithoutAHeaderNamesComeByPosition) {
  const plan::CsvFormat csv{.has_header = false, .column_names = {"a", "b"}};
  EXPECT_THAT(csv_columns("1,2", csv, "in.csv").value(), ElementsAre("a", "b"));
  EXPECT_THAT(csv_columns("1,2,3", csv, "in.csv").value(), ElementsAre("a", "b", "column2"));
  EXPECT_THAT(csv_columns("1", csv, "in.csv").value(), ElementsAre("a", "b"));
}

}  // namespace
}  // namespace sluice::run
