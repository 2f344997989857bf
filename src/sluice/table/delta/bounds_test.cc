#include <gtest/gtest.h>

#include "sluice/table/delta/bounds_internal.h"

namespace sluice::table::delta {
namespace {

std::string least(schema::LogicalType type, const std::string& value) {
  return render_bound(type, value, Bound::Least);
}

std::string greatest(schema::LogicalType type, const std::string& value) {
  return render_bound(type, value, Bound::Greatest);
}

TEST(Bounds, NumbersStandAsTheyAreAndNoNumberIsNone) {
  EXPECT_EQ(least({schema::Integer{}}, "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(least({schema::Float{}}, "1e+300"), "1e+300");
  EXPECT_EQ(least({schema::Float{}}, "0.1"), "0.1");
  EXPECT_EQ(least({schema::Float{}}, "0.0"), "-0.0");
  EXPECT_EQ(greatest({schema::Float{}}, "-0.0"), "0.0");
  for (const char* none : {"inf", "-inf", "nan", "", "1.5x"}) {
    EXPECT_EQ(least({schema::Float{}}, none), "") << none;
  }
  EXPECT_EQ(greatest({schema::Decimal{38, 2}}, "123456789012345678901234567890123456.78"),
            "\"123456789012345678901234567890123456.78\"");
  EXPECT_EQ(least({schema::Decimal{10, 2}}, "-3.00"), "\"-3.00\"");
  EXPECT_EQ(least({schema::Decimal{10, 2}}, "1e3"), "");
  EXPECT_EQ(least({schema::Boolean{}}, "0"), "false");
  EXPECT_EQ(greatest({schema::Boolean{}}, "1"), "true");
}

TEST(Bounds, InstantsAreRoundedAwayFromTheValues) {
  const schema::LogicalType utc{schema::Timestamp{.utc = true}};
  EXPECT_EQ(least(utc, "1969-12-31 23:59:59.999999+00"), "\"1969-12-31T23:59:59.999Z\"");
  EXPECT_EQ(greatest(utc, "1969-12-31 23:59:59.999999+00"), "\"1970-01-01T00:00:00.000Z\"");
  EXPECT_EQ(greatest(utc, "2020-01-01 00:00:00.123+00"), "\"2020-01-01T00:00:00.123Z\"");
  EXPECT_EQ(greatest(utc, "2020-01-01 00:00:00.1230001+00"), "") << "finer than we know";
  const schema::LogicalType local{schema::Timestamp{.utc = false}};
  EXPECT_EQ(greatest(local, "2020-01-01 00:00:00.1234"), "\"2020-01-01T00:00:00.124\"");
  EXPECT_EQ(least(local, "2020-01-01 00:00:00"), "\"2020-01-01T00:00:00.000\"");
  for (const char* none : {"infinity", "0044-03-15 (BC) 00:00:00", "294247-01-10 04:00:54.775806",
                           "2020-01-01 00:00:00+02"}) {
    EXPECT_EQ(least(utc, none), "") << none;
    EXPECT_EQ(least(local, none), "") << none;
  }
}

TEST(Bounds, ALongTextIsCutBetweenCharactersAndItsUpperBoundIsAboveIt) {
  const schema::LogicalType text{schema::Text{}};
  const std::string whole(32, 'x');
  EXPECT_EQ(greatest(text, whole), "\"" + whole + "\"");
  EXPECT_EQ(least(text, whole + "y"), "\"" + whole + "\"");
  EXPECT_EQ(greatest(text, whole + "y"), "\"" + whole + "\xF4\x8F\xBF\xBF\"");
  std::string wide;
  for (int i = 0; i < 40; ++i) {
    wide += "\xC3\xA9";
  }
  EXPECT_EQ(least(text, wide), "\"" + wide.substr(0, 64) + "\"");
  EXPECT_EQ(greatest(text, whole + "\xF4\x8F\xBF\xBF"), "") << "nothing short is above it";
}

}  // namespace
}  // namespace sluice::table::delta
