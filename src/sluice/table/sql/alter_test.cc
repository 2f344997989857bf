#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/table/sql/alter_internal.h"

namespace sluice::table::internal {
namespace {

using testing::Pair;
using testing::UnorderedElementsAre;

/// The text of the comment as a database keeps it.
std::string comment_of(const Properties& properties) {
  std::string text = render_comments("\"t\"", {}, properties).at(0);
  text = text.substr(text.find('\'') + 1);
  text.pop_back();
  for (std::size_t at = text.find("''"); at != std::string::npos; at = text.find("''", at + 1)) {
    text.erase(at, 1);
  }
  return text;
}

TEST(SqlAlter, PropertiesComeBackWhateverTheirNamesHold) {
  const Properties properties{{"a: b", "c: d"},   {"owner", "billing"}, {"q'", "z\n  y"},
                              {"end:", "\\"},     {"a\\", "b"},         {"\\: ", "x"},
                              {"two\nlines", ""}, {"\\n", "n"},         {"comment", "one\ntwo"}};
  EXPECT_EQ(parse_properties(comment_of(properties)), properties);
}

TEST(SqlAlter, CommentsOfOthersAreRead) {
  EXPECT_EQ(comment_of({{"owner", "billing"}}), "owner: billing");
  EXPECT_THAT(parse_properties("What people wrote.\nowner: billing\nC:\\data: x"),
              UnorderedElementsAre(Pair("comment", "What people wrote."), Pair("owner", "billing"),
                                   Pair("C:\\data", "x")));
}

}  // namespace
}  // namespace sluice::table::internal
