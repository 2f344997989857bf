// Bounds as the log has them: never above the least value nor below the greatest, and none at all
// where JSON has no word for one.
#include <string>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sluice/table/delta/bounds_internal.h"

namespace sluice::table::delta {
namespace {

std::string bounds(const schema::LogicalType& type, std::string min, std::string max) {
  const Bounds both = render_bounds(type, {.min = std::move(min), .max = std::move(max)});
  return both.min.empty() && both.max.empty() ? "none" : both.min + " " + both.max;
}

std::string repeat(std::string_view one, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) {
    all += one;
  }
  return all;
}

TEST(BoundsTest, NumbersAndTruths) {
  EXPECT_EQ(bounds({schema::Integer{}}, "-9223372036854775808", "7"), "-9223372036854775808 7");
  EXPECT_EQ(bounds({schema::Boolean{}}, "0", "1"), "false true");
  EXPECT_EQ(bounds({schema::Boolean{}}, "false", "true"), "false true");
  EXPECT_EQ(bounds({schema::Decimal{38, 2}}, "-1.20", "123456789012345678901234567890123456.12"),
            R"("-1.20" "123456789012345678901234567890123456.12")");
  EXPECT_EQ(bounds({schema::Float{64}}, "-1e+300", "0.1"), "-1e+300 0.1");
  EXPECT_EQ(bounds({schema::Float{32}}, "0.1", "0.1"), "0.10000000149011612 0.10000000149011612");
  for (const char* endless : {"inf", "-inf", "nan", "infinity", "1e999", "x", ""}) {
    EXPECT_EQ(bounds({schema::Float{64}}, "1.0", endless), "none") << endless;
    EXPECT_EQ(bounds({schema::Float{32}}, endless, "1.0"), "none") << endless;
  }
  EXPECT_EQ(render_bounds({schema::Integer{}}, {.min = "1", .max = {}}).min, "");
}

TEST(BoundsTest, TimesAreRoundedOutwards) {
  const schema::LogicalType utc{schema::Timestamp{.utc = true}};
  const schema::LogicalType local{schema::Timestamp{.utc = false}};
  EXPECT_EQ(bounds(utc, "1969-12-31 23:59:59.999999+00", "2023-12-31 23:59:59.999001+00"),
            R"("1969-12-31T23:59:59.999Z" "2024-01-01T00:00:00.000Z")");
  EXPECT_EQ(bounds(local, "2026-01-01 00:00:00", "2026-01-01 00:00:00.5"),
            R"("2026-01-01T00:00:00.000" "2026-01-01T00:00:00.500")");
  EXPECT_EQ(bounds(local, "2026-01-01 00:00:00", "9999-12-31 23:59:59.999999"),
            R"("2026-01-01T00:00:00.000" "9999-12-31T23:59:59.999")");
  EXPECT_EQ(bounds({schema::Date{}}, "0001-01-01", "9999-12-31"), R"("0001-01-01" "9999-12-31")");
  for (const char* far : {"10000-01-01 00:00:00", "infinity", "0044-03-15 (BC) 00:00:00",
                          "2026-01-01 00:00:00+01", ""}) {
    EXPECT_EQ(bounds(local, "2026-01-01 00:00:00", far), "none") << far;
  }
  EXPECT_EQ(bounds(utc, "2026-01-01 00:00:00+00", "2026-01-01 01:00:00+01"), "none");
  EXPECT_EQ(bounds({schema::Date{}}, "0044-03-15 (BC)", "2026-01-01"), "none");
}

TEST(BoundsTest, LongTextsAreCut) {
  const schema::LogicalType text{schema::Text{}};
  const std::string last = "\xF4\x8F\xBF\xBF";
  const std::string fits = repeat("\xC3\xA9", 32);
  EXPECT_EQ(bounds(text, "", fits), fmt::format(R"("" "{}")", fits));
  EXPECT_EQ(bounds(text, fits + "a", fits + "a"), fmt::format(R"("{0}" "{0}{1}")", fits, last));
  EXPECT_EQ(bounds(text, "a", fits + last), "none") << "nothing is above it that begins so";
  EXPECT_EQ(bounds(text, "a", "b\xC3"), "none") << "half a character";
  EXPECT_EQ(bounds({schema::Bytes{}}, "a", "b"), "none");
}

}  // namespace
}  // namespace sluice::table::delta
