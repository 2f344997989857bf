#include "sluice/run/pipeline/csv_header.h"

#include <gmock/gmock.h>

namespace sluice::run {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

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

/// What is said of a first line; empty: nothing.
std::string said_of(std::string_view line, const ExpectedColumns& expected,
                    const plan::CsvFormat& csv = {}) {
  const Status checked = check_csv_header(line, csv, expected, "in.csv");
  return checked ? "" : checked.error().message + "; " + checked.error().hint;
}

TEST(CsvHeader, ADelimiterThatDoesNotPartTheFirstLineIsToldWithOneThatDoes) {
  const ExpectedColumns three{.declared = {"id", "Full Name", "c"}};
  EXPECT_THAT(said_of("id;full name;c", three), HasSubstr("delimiter: \";\""));
  EXPECT_THAT(said_of("\"ID\"\t\"x\"", three), HasSubstr("delimiter: \"tab\""));
  EXPECT_THAT(said_of("id|c", three), HasSubstr("delimiter: \"|\""));
  EXPECT_EQ(said_of("id,full name,c", three), "");
  EXPECT_EQ(said_of("id", three), "") << "one of the columns alone";
  const plan::CsvFormat rows{.has_header = false, .column_names = three.declared};
  EXPECT_THAT(said_of("1;a;b", three, rows), HasSubstr("3 are declared"));
  EXPECT_EQ(said_of("1;a", three, rows), "");
}

TEST(CsvHeader, ALineThatNamesNoColumnIsNoHeaderAndItsValuesAreNotTold) {
  const ExpectedColumns two{.declared = {"id", "name"}};
  EXPECT_THAT(said_of("1,ann", two), AllOf(HasSubstr("names none"), HasSubstr("has_header: false"),
                                           HasSubstr("in.csv"), Not(HasSubstr("ann"))));
  EXPECT_EQ(said_of("x,NAME", two), "");
  EXPECT_EQ(said_of("1,ann", {}), "") << "a link, of which nothing is declared";
}

TEST(CsvHeader, AStepMayMakeTheColumnsOfOthers) {
  ExpectedColumns made{.declared = {"id"}, .steps = "SELECT \"Cust Id\" AS id, 12 FROM source"};
  EXPECT_EQ(said_of("cust id,x", made), "");
  EXPECT_THAT(said_of("Cust,x", {.declared = {"id"}, .steps = "Customer"}), HasSubstr("none"));
  EXPECT_THAT(said_of("12,x", made), HasSubstr("none")) << "a number is no name";
  made.may_be_made = true;
  EXPECT_EQ(said_of("a,b", made), "") << "a script";
}

TEST(CsvHeader, AHeaderWithZeroBytesIsNoText) {
  EXPECT_THAT(said_of(std::string_view("id,na\0me", 8), {.declared = {"id"}}),
              HasSubstr("zero bytes"));
}

}  // namespace
}  // namespace sluice::run
