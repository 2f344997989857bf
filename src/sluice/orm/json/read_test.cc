#include "sluice/orm/json/read.h"

#include <array>
#include <bit>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sluice/orm/json/write.h"
#include "sluice/orm/record/type_of.h"

namespace shop {

enum class Tier { Free, Paid };

struct Address {
  std::string street;
  std::optional<int> number;
};

struct Customer {
  std::string id;
  std::int32_t age;
  std::uint8_t level;
  double score;
  bool active;
  std::optional<std::string> note;
  Tier tier;
  std::vector<Address> homes;
};

struct Everything {
  std::int64_t i64;
  std::uint64_t u64;
  float f;
  sluice::Decimal<10, 2> price;
  std::vector<std::uint8_t> raw;
  std::chrono::sys_days day;
  std::chrono::year_month_day calendar;
  sluice::TimeOfDay time;
  sluice::sys_micros instant;
  sluice::local_micros local;
  sluice::Uuid id;
  sluice::JsonText extra;
  std::optional<Tier> tier;
  std::array<int, 2> pair;
  std::vector<bool> bits;
  std::map<std::string, std::optional<int>> counts;
  std::vector<std::vector<int>> grid;
  std::optional<Address> home;
};

struct Renamed {
  std::string user_id;
};

struct Slashed {
  int value;
};

struct Real {
  double value;
};

}  // namespace shop

template <>
inline constexpr std::array sluice::json_keys<shop::Renamed>{
    sluice::json_key<&shop::Renamed::user_id>("userId")};
template <>
inline constexpr std::array sluice::json_keys<shop::Slashed>{
    sluice::json_key<&shop::Slashed::value>("a\\n")};

namespace sluice::orm {
namespace {

constexpr std::string_view kGood = R"({"id":"c1","age":41,"level":3,"score":1.5,"active":true,)"
                                   R"("note":null,"tier":"Paid","homes":[]})";

Result<shop::Customer> read(std::string_view json, const JsonLimits& limits = {}) {
  shop::Customer customer{};
  SLUICE_CHECK(read_json_record(json, record_of<shop::Customer>(), &customer, limits));
  return customer;
}

std::string replaced(std::string_view what, std::string_view by) {
  std::string json(kGood);
  return json.replace(json.find(what), what.size(), by);
}

TEST(Read, FillsEveryMember) {
  const shop::Customer customer =
      read(
          " {\"homes\" : [ {\"street\":\"A\\u00e9\\ud83d\\ude00\\n\"} , "
          "{\"street\":\"B\",\"number\":7}],"
          "\r\n\t\"id\":\"c\\\"1\",\"age\":-41,\"level\":255,\"score\":-2e3,\"active\":false,"
          "\"tier\":\"Free\"} ")
          .value();
  EXPECT_EQ(customer.id, "c\"1");
  EXPECT_EQ(customer.age, -41);
  EXPECT_EQ(customer.level, 255);
  EXPECT_EQ(customer.score, -2000.0);
  EXPECT_EQ(customer.note, std::nullopt);
  ASSERT_EQ(customer.homes.size(), 2U);
  EXPECT_EQ(customer.homes[0].street, "A\xc3\xa9\xf0\x9f\x98\x80\n");
  EXPECT_EQ(customer.homes[1].number, 7);
}

struct Refused {
  std::string json;
  std::string error;
};

TEST(Read, RefusesWhatTheStructDoesNotDeclare) {
  const std::vector<Refused> cases{
      {replaced("\"age\"", "\"agee\""),
       "a key that the struct declares was expected, got 'agee' at $"},
      {replaced("\"age\"", "\"Age\""), "got 'Age'"},
      {replaced("[]", "[{\"street\":\"x\",\"zip\":1}]"), "got 'zip' at $.homes[0]"},
      {replaced("\"level\"", "\"age\""), "each key once was expected, got 'age'"},
      {replaced("\"level\"", "\"\\u0061ge\""), "each key once"},
      {replaced("41", "\"41\""), "a whole number was expected, got '\"41\""},
      {replaced("41", "4294967296"),
       "a number that fits the integer was expected, got '4294967296' at $.age"},
      {replaced("41", "1.0"), "without fraction or exponent, got '1.0'"},
      {replaced("41", "1e2"), "without fraction or exponent"},
      {replaced("41", "041"), "a whole number was expected"},
      {replaced("41", "+41"), "a whole number was expected"},
      {replaced("41", "null"), "a whole number was expected, got 'null"},
      {replaced("\"level\":3", "\"level\":256"), "got '256' at $.level"},
      {replaced("\"level\":3", "\"level\":-1"), "got '-1'"},
      {replaced("1.5", "1e999"), "within the range of the type"},
      {replaced("1.5", "NaN"), "a number was expected"},
      {replaced("1.5", "1."), "a number was expected"},
      {replaced("true", "1"), "true or false was expected"},
      {replaced("\"c1\"", "7"), "a text was expected"},
      {replaced("\"c1\"", "{}"), "a text was expected"},
      {replaced("\"Paid\"", "\"paid\""), "the name of a value was expected, got 'paid' at $.tier"},
      {replaced("c1", "\\ud800"), "the other half of a surrogate pair"},
      {replaced("c1", "\\udc00\\ud800"), "the other half of a surrogate pair"},
      {replaced("c1", "\\ud800\\u0041"), "the other half of a surrogate pair"},
      {replaced("c1", "\\x41"), "an escape that JSON knows"},
      {replaced("c1", "\xff"), "text in UTF-8 was expected"},
      {replaced("c1", "\xed\xa0\x80"), "text in UTF-8 was expected"},
      {replaced("c1", "\xc0\x80"), "text in UTF-8 was expected"},
      {replaced("c1", "a\nb"), "an escape in place of a control character"},
      {replaced("\"age\":41,", ""), "a member that is not optional is missing, got 'age' at $"},
      {std::string(kGood) + "}", "nothing more was expected, got '}'"},
      {std::string(kGood) + "{}", "nothing more was expected"},
      {std::string(kGood) + "x", "nothing more was expected"},
      {replaced("[]", "[{\"street\":\"x\"},]"), "an object was expected, got ']"},
      {replaced(",\"age\"", ",,\"age\""), "a key was expected"},
      {"", "an object was expected, got the end at $"},
      {"null", "an object was expected"},
      {"[]", "an object was expected"},
      {"{", "a key was expected, got the end"},
      {"\xef\xbb\xbf{}", "an object was expected"},
      {R"({"id":"c1)", "the end of a text was expected"},
      {R"({"id" "c1"})", "a colon was expected"},
  };
  for (const Refused& refused : cases) {
    const Result<shop::Customer> result = read(refused.json);
    ASSERT_FALSE(result.has_value()) << refused.json;
    EXPECT_NE(result.error().message.find(refused.error), std::string::npos)
        << refused.json << "\n"
        << result.error().message;
    EXPECT_EQ(result.error().code, ErrorCode::InvalidArgument);
  }
}

TEST(Read, SaysWhereTheFaultIs) {
  const Result<shop::Customer> result = read("{\n  \"id\": \"a\",\n  \"age\": x\n}");
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().at, (SourcePosition{.file = "json", .line = 3, .column = 10}));
}

TEST(Read, BoundsDepthAndSize) {
  EXPECT_EQ(read(kGood, {.bytes_max = 10}).error().code, ErrorCode::ResourceExhausted);
  EXPECT_TRUE(read(kGood, {.bytes_max = kGood.size(), .depth_max = 1}).has_value());
  EXPECT_FALSE(read(replaced("[]", "[{\"street\":\"x\"}]"), {.depth_max = 2}).has_value());
  JsonText text;
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  const Status refused = read_json(deep, internal::type_of<JsonText>, &text);
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message.find("nested too deeply"), std::string::npos);
}

TEST(Read, EveryPrefixOfAPayloadIsRefused) {
  for (std::size_t size = 0; size < kGood.size(); ++size) {
    EXPECT_FALSE(read(kGood.substr(0, size)).has_value()) << size;
  }
  EXPECT_TRUE(read(kGood).has_value());
}

TEST(Read, KnowsEveryTypeAndWritesItBack) {
  constexpr std::string_view kJson =
      R"({"i64":-9223372036854775808,"u64":18446744073709551615,"f":0.5,"price":12.50,)"
      R"("raw":"AAH+/w==","day":"2026-02-28","calendar":"1969-12-31","time":"23:59:59.000001",)"
      R"("instant":"2026-03-28T12:00:01.000250Z","local":"2026-03-28T12:00:01.000000",)"
      R"("id":"0198c2a4-7d3e-7b1c-8f00-0123456789ab","extra":{"any": [1, "x"]},"tier":null,)"
      R"("pair":[1,2],"bits":[true,false],"counts":{"a":1,"b":null},"grid":[[1],[],[2,3]],)"
      R"("home":{"street":"S","number":null}})";
  shop::Everything everything{};
  const Record& record = record_of<shop::Everything>();
  const Status status = read_json_record(kJson, record, &everything);
  ASSERT_TRUE(status.has_value()) << to_string(status.error());
  std::string back;
  EXPECT_TRUE(append_json(back, internal::type_of<shop::Everything>, &everything));
  EXPECT_EQ(back, kJson);
}

TEST(Read, RefusesDatesThatDoNotExistAndArraysOfAnotherSize) {
  const auto fails = [](std::string_view json, const auto& sample) {
    auto value = sample;
    return !read_json(json, internal::type_of<std::decay_t<decltype(sample)>>, &value).has_value();
  };
  EXPECT_TRUE(fails(R"("2026-02-29")", std::chrono::sys_days{}));
  EXPECT_TRUE(fails(R"("2026-2-09")", std::chrono::sys_days{}));
  EXPECT_TRUE(fails(R"("24:00:00")", TimeOfDay{}));
  EXPECT_TRUE(fails(R"("2026-03-28")", sys_micros{}));
  EXPECT_TRUE(fails("[1]", std::array<int, 2>{}));
  EXPECT_TRUE(fails("[1,2,3]", std::array<int, 2>{}));
  EXPECT_TRUE(fails("1.005", Decimal<10, 2>{}));
  EXPECT_TRUE(fails(R"("AA=A")", std::vector<std::uint8_t>{}));
  EXPECT_TRUE(fails(R"("AB==")", std::vector<std::uint8_t>{})) << "bits that no byte has";
  EXPECT_TRUE(fails(R"({"a":1,"a":2})", std::map<std::string, int>{}));
  EXPECT_FALSE(fails("\"12.5\"", Decimal<10, 2>{}));
}

TEST(Read, UsesTheKeysOfTheModel) {
  shop::Renamed renamed;
  EXPECT_TRUE(
      read_json_record(R"({"userId":"u"})", record_of<shop::Renamed>(), &renamed).has_value());
  EXPECT_FALSE(
      read_json_record(R"({"user_id":"u"})", record_of<shop::Renamed>(), &renamed).has_value());
}

TEST(Read, AKeyWithABackslashIsTheOneThatIsEscaped) {
  shop::Slashed record{};
  EXPECT_TRUE(read_json_record(R"({"a\\n":7})", record_of<shop::Slashed>(), &record).has_value());
  EXPECT_EQ(record.value, 7);
  EXPECT_FALSE(read_json_record(R"({"a\n":7})", record_of<shop::Slashed>(), &record).has_value());
}

TEST(Read, ADoubleIsTheNearestToItsDigits) {
  std::vector<std::string> tokens{"0",
                                  "-0",
                                  "-0.0",
                                  "0.1",
                                  "1e3",
                                  "12345.67",
                                  "999999999999999",
                                  "9007199254740993",
                                  "123456789012345.6",
                                  "0.12345678901234",
                                  "0.1234567890123456",
                                  "-8.41470984807896"};
  std::mt19937_64 random(7);
  for (int i = 0; i < 10'000; ++i) {
    const auto places = static_cast<int>(random() % 17);
    tokens.push_back(
        fmt::format("{:.{}f}", static_cast<double>(random() % 2'000'001) / 7e3, places));
  }
  for (const std::string& token : tokens) {
    shop::Real record{};
    ASSERT_TRUE(
        read_json_record(fmt::format(R"({{"value":{}}})", token), record_of<shop::Real>(), &record)
            .has_value());
    EXPECT_EQ(std::bit_cast<std::uint64_t>(record.value),
              std::bit_cast<std::uint64_t>(std::strtod(token.c_str(), nullptr)))
        << token;
  }
}

TEST(Read, ShowsLongValuesCutAtACharacter) {
  const std::string text(100, 'x');
  EXPECT_EQ(shown(internal::type_of<std::string>, &text, 10), "\"xxxxxxxxx...");
  const std::string accents = "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9";
  EXPECT_EQ(shown(internal::type_of<std::string>, &accents, 4), "\"\xc3\xa9...");
  const double infinite = std::numeric_limits<double>::infinity();
  std::string json;
  EXPECT_FALSE(append_json(json, internal::type_of<double>, &infinite));
}

}  // namespace
}  // namespace sluice::orm
