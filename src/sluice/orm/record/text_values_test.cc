#include "sluice/orm/record/text_values.h"

#include <vector>

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(TextValues, AKsuidSaysItsSecondAndSortsByIt) {
  // The example of the format's own description.
  const SortableId known = parse_sortable_id("0ujtsYcgvSTl8PAuAdqWYSMnLOv").value();
  EXPECT_EQ(to_string(time_of(known)), "2017-10-10T04:00:47.000000Z");
  SeededRandom random(7);
  SortableId last;
  for (const int second : {1'400'000'000, 1'400'000'001, 1'700'000'000, 1'900'000'000}) {
    const FixedClock clock{sys_micros(std::chrono::seconds(second))};
    const SortableId id = make_sortable_id(clock, random);
    EXPECT_EQ(parse_sortable_id(id.text).value(), id);
    EXPECT_EQ(time_of(id), clock.now());
    EXPECT_LT(last, id);
    last = id;
  }
  EXPECT_TRUE(parse_sortable_id("aWgEPTl1tmebfsQzFP4bxwgy80V").has_value()) << "the last";
  for (const char* bad : {"", "0ujtsYcgvSTl8PAuAdqWYSMnLO", "0ujtsYcgvSTl8PAuAdqWYSMnLO-",
                          "aWgEPTl1tmebfsQzFP4bxwgy80W"}) {
    EXPECT_FALSE(parse_sortable_id(bad).has_value()) << bad;
  }
}

TEST(TextValues, ALocationHasASchemeAndAPlace) {
  const Location object = parse_location("s3://bucket/a/b").value();
  EXPECT_EQ(parts_of(object).scheme, "s3");
  EXPECT_EQ(parts_of(object).bucket, "bucket");
  EXPECT_EQ(parts_of(object).path, "a/b");
  EXPECT_EQ(join(object, "/c").text, "s3://bucket/a/b/c");
  EXPECT_EQ(join(parse_location("s3://bucket/").value(), "c").text, "s3://bucket/c");
  const Location file = parse_location("file:///data/x").value();
  EXPECT_EQ(parts_of(file).bucket, "");
  EXPECT_EQ(parts_of(file).path, "/data/x");
  for (const char* bad : {"", "bucket/a", "S3://b", "s3://", "://b", "file://data", "s3://b c"}) {
    EXPECT_FALSE(parse_location(bad).has_value()) << bad;
  }
}

TEST(TextValues, ATableNameIsQuotedWhereItMustBeAndQualified) {
  EXPECT_EQ(parse_table_name("\"orders\"").value().text, "orders");
  const TableName odd = parse_table_name("lake.\"my orders\"").value();
  EXPECT_EQ(odd.text, "lake.\"my orders\"");
  EXPECT_EQ(qualified(odd, "main", "db").text, "main.lake.\"my orders\"");
  EXPECT_EQ(qualified({"t"}, "c", "d").text, "c.d.t");
  EXPECT_EQ(qualified({"t"}, "", "d").text, "d.t");
  EXPECT_EQ(qualified({"t"}, "c", "").text, "t");
  EXPECT_EQ(qualified({"a.b.c"}, "x", "y").text, "a.b.c");
  for (const char* bad : {"", "a.b.c.d", "a..b", "a b", "\"open"}) {
    EXPECT_FALSE(parse_table_name(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace sluice
