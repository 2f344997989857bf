#include "sluice/orm/record/reflect.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/orm/record/type_of.h"

namespace shop {

enum class Color { Red, Green = 5, DarkBlue };
enum class Level : std::int8_t { Low = -3, High = 120 };

struct Address {
  std::string street;
  std::optional<int> number;
};

struct Everything {
  bool flag;
  std::int8_t i8;
  std::uint64_t u64;
  long long wide;
  float f;
  double d;
  sluice::Decimal<10, 2> price;
  std::string name;
  std::vector<std::byte> raw;
  std::vector<std::uint8_t> octets;
  std::chrono::sys_days day;
  std::chrono::year_month_day calendar;
  sluice::TimeOfDay time;
  sluice::sys_micros instant;
  sluice::local_micros local;
  sluice::Uuid id;
  sluice::JsonText json;
  Color color;
  std::optional<Color> maybe_color;
  Address home;
  std::optional<Address> work;
  std::vector<Address> others;
  std::array<double, 3> vector3;
  std::vector<bool> bits;
  std::map<std::string, std::optional<int>> counts;
};

template <class T>
struct Page {
  T first;
  int number;
};

struct One {
  std::string only;
};

struct Sixty {
  int a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, b0, b1, b2, b3, b4, b5, b6, b7, b8, b9, c0, c1, c2,
      c3, c4, c5, c6, c7, c8, c9, d0, d1, d2, d3, d4, d5, d6, d7, d8, d9, e0, e1, e2, e3, e4, e5,
      e6, e7, e8, e9, f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, g0, g1, g2, last_one;
};

}  // namespace shop

namespace sluice::internal {
namespace {

using orm::Kind;

TEST(Reflect, CountsAndNamesTheMembersOfAnAggregate) {
  static_assert(member_count<shop::Everything> == 25);
  static_assert(member_count<shop::One> == 1);
  static_assert(member_names<shop::One>[0] == "only");
  static_assert(member_names<shop::Everything>[6] == "price");
  static_assert(member_names<shop::Everything>[24] == "counts");
  static_assert(member_name<&shop::Address::number> == "number");
  EXPECT_EQ(member_names<shop::Page<shop::Address>>[0], "first");
}

TEST(Reflect, ReachesSixtyFourMembers) {
  static_assert(member_count<shop::Sixty> == 64);
  EXPECT_EQ(member_names<shop::Sixty>[63], "last_one");
}

TEST(Reflect, NamesTypesWithoutTheirNamespace) {
  EXPECT_EQ(type_name<shop::Everything>, "Everything");
  EXPECT_TRUE(type_name<shop::Page<shop::One>>.starts_with("Page<"));
  struct Local {
    int x;
  };
  EXPECT_EQ(type_name<Local>, "Local");
}

TEST(Reflect, FindsTheOffsetOfEveryMember) {
  const shop::Everything sample{};
  const orm::Record& record = orm::record_of<shop::Everything>();
  const auto offset_of = [&](const void* member) {
    return static_cast<std::size_t>(static_cast<const std::byte*>(member) -
                                    reinterpret_cast<const std::byte*>(&sample));
  };
  EXPECT_EQ(record.find("flag")->offset, 0U);
  EXPECT_EQ(record.find("price")->offset, offset_of(&sample.price));
  EXPECT_EQ(record.find("counts")->offset, offset_of(&sample.counts));
  EXPECT_EQ(record.size, sizeof(shop::Everything));
  EXPECT_EQ(record.find("Flag"), nullptr);
}

TEST(Reflect, GivesEachMemberItsKind) {
  const std::vector<Kind> kinds{
      Kind::Bool,     Kind::Int8,         Kind::UInt64, Kind::Int64,    Kind::Float,
      Kind::Double,   Kind::Decimal,      Kind::Text,   Kind::Bytes,    Kind::Bytes,
      Kind::Date,     Kind::CalendarDate, Kind::Time,   Kind::Instant,  Kind::LocalTime,
      Kind::Uuid,     Kind::Json,         Kind::Enum,   Kind::Optional, Kind::Record,
      Kind::Optional, Kind::List,         Kind::List,   Kind::BoolList, Kind::Map};
  const orm::Record& record = orm::record_of<shop::Everything>();
  ASSERT_EQ(record.members.size(), kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    EXPECT_EQ(record.members[i].type->kind, kinds[i]) << record.members[i].name;
  }
  EXPECT_EQ(record.find("price")->type->precision, 10);
  EXPECT_EQ(record.find("work")->type->element->record().find("number")->type->element->kind,
            Kind::Int32);
}

TEST(Reflect, NamesEnumeratorsWithGapsAndNegativeValues) {
  static_assert(enum_names<shop::Color>.size() == 3);
  static_assert(enum_names<shop::Color>[1].value == 5);
  EXPECT_EQ(enum_names<shop::Color>[2].name, "DarkBlue");
  EXPECT_EQ(enum_names<shop::Level>.size(), 1U) << "only 0 to 127 without enum_limits";
}

TEST(Reflect, ReachesIntoContainersThroughTheirDescriptors) {
  const orm::Type& counts = type_of<std::map<std::string, int>>;
  std::map<std::string, int> map{{"a", 1}, {"b", 2}};
  std::array<const void*, 2> keys{};
  std::array<const void*, 2> values{};
  counts.map->find_all(&map, keys.data(), values.data());
  EXPECT_EQ(*static_cast<const std::string*>(keys[1]), "b");
  EXPECT_EQ(*static_cast<const int*>(values[1]), 2);
  const orm::MapFill twice{.state = nullptr, .run = [](void*, void* k, void*) {
                             static_cast<std::string*>(k)[0] = "x";
                             static_cast<std::string*>(k)[1] = "x";
                             return true;
                           }};
  EXPECT_FALSE(counts.map->assign(&map, 2, twice)) << "a key may come once";

  std::array<int, 3> fixed{};
  const orm::ListAccess& access = *type_of<std::array<int, 3>>.list;
  EXPECT_EQ(access.resize(&fixed, 2), nullptr);
  EXPECT_EQ(access.resize(&fixed, 3), fixed.data());
}

}  // namespace
}  // namespace sluice::internal
