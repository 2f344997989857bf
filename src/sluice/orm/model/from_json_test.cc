#include "sluice/orm/model/from_json.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace {

std::atomic<std::size_t> allocations{0};

void* counted(std::size_t bytes) {
  ++allocations;
  void* room = std::malloc(bytes == 0 ? 1 : bytes);
  if (room == nullptr) {
    std::abort();
  }
  return room;
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void operator delete(void* room) noexcept { std::free(room); }
void operator delete[](void* room) noexcept { std::free(room); }
void operator delete(void* room, std::size_t) noexcept { std::free(room); }
void operator delete[](void* room, std::size_t) noexcept { std::free(room); }

namespace post {

struct Place {
  std::string city;
  std::optional<std::int32_t> number;
};

struct Letter {
  std::int64_t id;
  std::string sender;
  std::optional<double> weight;
  Place place;
};

struct Parcel {
  std::int64_t id;
  std::string service = "standard";
  sluice::SortableId label = {"000000000000000000000000000"};
};

}  // namespace post

template <>
inline constexpr auto sluice::model<post::Parcel> =
    sluice::orm::table("parcels").defaulted<&post::Parcel::service, &post::Parcel::label>();

template <>
inline constexpr auto sluice::model<post::Letter> =
    sluice::orm::table("letters")
        .check<&post::Letter::sender>(sluice::required(), sluice::email())
        .check<&post::Letter::weight>(sluice::between(0, 2));

namespace sluice {
namespace {

using post::Letter;

TEST(FromJson, ADefaultedMemberMayBeMissingAndNothingElseOfIt) {
  const post::Parcel parcel = from_json<post::Parcel>(R"({"id":1})").value();
  EXPECT_EQ(parcel.service, "standard");
  EXPECT_EQ(from_json<post::Parcel>(R"({"id":1,"service":"fast"})").value().service, "fast");
  EXPECT_FALSE(from_json<post::Parcel>(R"({"service":"fast"})").has_value());
  EXPECT_FALSE(from_json<post::Parcel>(R"({"id":1,"service":null})").has_value());
  EXPECT_EQ(from_json<post::Parcel>(R"({"id":1,"label":"short"})").error().message,
            "a KSUID of 27 characters was expected, got 'short' at $.label");
}

constexpr std::string_view kLetter =
    R"({"id": 7, "sender": "someone.with.a.name@example.com", "weight": 0.5, )"
    R"("place": {"city": "Wellington", "number": 12}})";

TEST(FromJson, ReadsARecordAndChecksItsRules) {
  const Result<Letter> letter = from_json<Letter>(kLetter);
  ASSERT_TRUE(letter.has_value()) << to_string(letter.error());
  EXPECT_EQ(letter->place.number, 12);
  const Result<Letter> heavy =
      from_json<Letter>(R"({"id": 7, "sender": "nobody", "weight": 3, "place": {"city": ""}})");
  ASSERT_FALSE(heavy.has_value());
  EXPECT_EQ(heavy.error().code, ErrorCode::DataRejected);
  EXPECT_NE(to_string(heavy.error()).find("got 2 failures"), std::string::npos);
}

TEST(FromJson, AllocatesWhatTheRecordHoldsAndNothingElse) {
  ASSERT_TRUE(from_json<Letter>(kLetter).has_value());  // the descriptors are made once
  const std::size_t before = allocations.load();
  const Result<Letter> letter = from_json<Letter>(kLetter);
  const std::size_t after = allocations.load();
  ASSERT_TRUE(letter.has_value());
  EXPECT_EQ(after - before, 1U) << "the sender alone is too long to lie in the record";
}

TEST(FromJson, APassingRecordIsValidatedWithoutAnAllocation) {
  const Letter letter = from_json<Letter>(kLetter).value();
  const std::size_t before = allocations.load();
  const bool passed = validate(letter).passed();
  EXPECT_EQ(allocations.load(), before);
  EXPECT_TRUE(passed);
}

TEST(FromJson, NdjsonGivesEachLineAndNamesTheOnesThatFail) {
  const std::string text = std::string(kLetter) + "\n\r\n" + R"({"id": 8, "sender": "a@b.co"})" +
                           "\n" + R"({"id": 9, "sender": "nobody", "place": {"city": "x"}})" +
                           "\n" + std::string(kLetter);
  NdjsonReader<Letter> reader(text);
  EXPECT_EQ(reader.next().value()->id, 7);
  const auto incomplete = reader.next();
  ASSERT_FALSE(incomplete.has_value());
  ASSERT_TRUE(incomplete.error().at.has_value());
  EXPECT_EQ(incomplete.error().at->line, 3U);
  EXPECT_NE(to_string(incomplete.error()).find("'place'"), std::string::npos)
      << to_string(incomplete.error());
  const auto refused = reader.next();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::DataRejected);
  EXPECT_NE(to_string(refused.error()).find("line 4"), std::string::npos);
  EXPECT_EQ(reader.next().value()->id, 7);
  EXPECT_FALSE(reader.next().value().has_value());
}

TEST(FromJson, NdjsonIsReadFromASourceOneLineAtATime) {
  std::size_t lines = 0;
  const std::string good = std::string(kLetter) + "\n";
  const std::string bad = R"({"id": 1, "sender": 2})"
                          "\n";
  NdjsonReader<Letter> reader(
      [&](std::span<char> room) -> Result<std::size_t> {
        if (lines == 5'000) {
          return std::size_t{0};
        }
        const std::string& line = ++lines == 3'000 ? bad : good;
        std::copy(line.begin(), line.end(), room.begin());
        return line.size();
      },
      {.bytes_max = 200});
  std::size_t read = 0;
  std::vector<std::uint32_t> failed;
  while (true) {
    const Result<std::optional<Letter>> letter = reader.next();
    if (!letter.has_value()) {
      failed.push_back(letter.error().at->line);
    } else if (letter->has_value()) {
      ++read;
    } else {
      break;
    }
  }
  EXPECT_EQ(read, 4'999U);
  EXPECT_EQ(failed, std::vector<std::uint32_t>{3'000});
  NdjsonReader<Letter> narrow(std::string_view(good), {.bytes_max = 10});
  EXPECT_EQ(narrow.next().error().code, ErrorCode::ResourceExhausted);
}

}  // namespace
}  // namespace sluice
