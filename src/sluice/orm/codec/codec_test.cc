#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/orm/codec/decode.h"
#include "sluice/orm/codec/encode.h"
#include "sluice/schema/arrow.h"
#include "sluice/schema/schema.h"

namespace shop {

enum class Tier : std::uint8_t { Free, Paid, Gold = 7 };

struct Address {
  std::string street;
  std::optional<int> number;
  friend bool operator==(const Address&, const Address&) = default;
};

struct Everything {
  bool flag;
  std::int8_t i8;
  std::int16_t i16;
  std::int32_t i32;
  std::int64_t i64;
  std::uint8_t u8;
  std::uint16_t u16;
  std::uint32_t u32;
  std::uint64_t u64;
  long long wide;
  float f;
  double d;
  sluice::Decimal<38, 4> price;
  std::string text;
  std::vector<std::byte> raw;
  std::vector<std::uint8_t> octets;
  std::chrono::sys_days day;
  std::chrono::year_month_day calendar;
  sluice::TimeOfDay time;
  sluice::sys_micros instant;
  sluice::local_micros local;
  sluice::Uuid id;
  sluice::JsonText json;
  Tier tier;
  Address home;
  std::vector<Address> others;
  std::array<double, 2> pair;
  std::vector<bool> bits;
  std::map<std::string, std::optional<int>> counts;
  std::vector<std::vector<int>> grid;
  std::vector<std::string> as_json;
  friend bool operator==(const Everything&, const Everything&) = default;
};

struct Maybe {
  std::optional<bool> flag;
  std::optional<std::int16_t> i16;
  std::optional<double> d;
  std::optional<sluice::Decimal<10, 2>> price;
  std::optional<std::string> text;
  std::optional<std::vector<std::byte>> raw;
  std::optional<std::chrono::year_month_day> calendar;
  std::optional<sluice::sys_micros> instant;
  std::optional<sluice::Uuid> id;
  std::optional<Tier> tier;
  std::optional<Address> home;
  std::optional<std::vector<Address>> others;
  std::optional<std::vector<bool>> bits;
  std::optional<std::map<std::string, int>> counts;
  std::optional<std::vector<int>> as_json;
  std::vector<std::optional<Address>> holes;
  friend bool operator==(const Maybe&, const Maybe&) = default;
};

template <class V>
struct Cell {
  V x;
};

}  // namespace shop

template <>
inline constexpr auto sluice::model<shop::Everything> =
    sluice::derived_table().json<&shop::Everything::as_json>();
template <>
inline constexpr auto sluice::model<shop::Maybe> =
    sluice::derived_table().json<&shop::Maybe::as_json>();

namespace sluice::orm {
namespace {

const Stamps kStamps{.now = sys_micros(std::chrono::seconds(1)), .ingest_id = "the-ingest"};

struct Batch {
  ArrowSchemaOwned schema;
  ArrowBatch rows;
};

template <class T>
Result<Batch> encode(const std::vector<T>& records) {
  const TableModel& model = table_model_of<T>();
  SLUICE_TRY(ArrowBatch rows,
             encode_batch(model, records.data(), sizeof(T), records.size(), kStamps));
  return Batch{schema::to_arrow(lower_schema(model)), std::move(rows)};
}

template <class T>
Result<std::vector<T>> decode(const Batch& batch, const DecodeOptions& options = {}) {
  SLUICE_TRY(Decoder decoder, Decoder::bind(table_model_of<T>(), *batch.schema.get(), options));
  std::vector<T> records(static_cast<std::size_t>(batch.rows->length));
  SLUICE_CHECK(decoder.decode(*batch.rows.get(), records.data(), sizeof(T), 0));
  return records;
}

/// What a column of type From says when it is read into a member of type To.
template <class To, class From>
std::string reading(From value) {
  Result<Batch> batch = encode<shop::Cell<From>>({{value}});
  if (!batch.has_value()) {
    return batch.error().message;
  }
  const Result<std::vector<shop::Cell<To>>> back = decode<shop::Cell<To>>(*batch);
  return back.has_value() ? "read" : back.error().message;
}

shop::Everything sample() {
  using std::chrono::hours, std::chrono::microseconds, std::chrono::minutes;
  using std::chrono::seconds, std::chrono::sys_days, std::chrono::year;
  return {
      .flag = true,
      .i8 = std::numeric_limits<std::int8_t>::min(),
      .i16 = std::numeric_limits<std::int16_t>::min(),
      .i32 = std::numeric_limits<std::int32_t>::min(),
      .i64 = std::numeric_limits<std::int64_t>::min(),
      .u8 = 255,
      .u16 = 65535,
      .u32 = std::numeric_limits<std::uint32_t>::max(),
      .u64 = std::numeric_limits<std::uint64_t>::max(),
      .wide = -5,
      .f = 0.1F,
      .d = -0.0,
      .price = make_decimal<38, 4>("-9999999999999999999999999999999999.9999").value(),
      .text = "a'\"\\\xc3\xa9\xf0\x9f\x98\x80",
      .raw = {std::byte{0}, std::byte{255}},
      .octets = {1, 2, 0},
      .day = sys_days(year(1969) / 12 / 31),
      .calendar = year(2024) / 2 / 29,
      .time = {hours(23) + minutes(59) + seconds(59) + microseconds(999999)},
      .instant = sys_micros(microseconds(-1)),
      .local = local_micros(microseconds(1'700'000'000'000'001)),
      .id = parse_uuid("0198c2a4-7d3e-7b1c-8f00-0123456789ab").value(),
      .json = {R"({"a":[1]})"},
      .tier = shop::Tier::Gold,
      .home = {"Main", 7},
      .others = {{"A", std::nullopt}, {"B", 2}},
      .pair = {1.5, -2.5},
      .bits = {true, false, true},
      .counts = {{"a", 1}, {"b", std::nullopt}},
      .grid = {{}, {1, 2}, {3}},
      .as_json = {"x", "y\"z"},
  };
}

TEST(Codec, EveryTypeComesBackAsItWas) {
  shop::Everything plain{};
  plain.calendar = std::chrono::year(1) / 1 / 1;
  plain.json = {"null"};
  const std::vector<shop::Everything> records{sample(), plain, sample()};
  const Batch batch = encode(records).value();
  EXPECT_EQ(schema::from_arrow(*batch.schema.get()).value(),
            lower_schema(table_model_of<shop::Everything>()));
  EXPECT_EQ(decode<shop::Everything>(batch).value(), records);
}

TEST(Codec, OptionalsOfEveryShapeComeBackEmptyOrFull) {
  shop::Maybe full{.flag = false,
                   .i16 = -3,
                   .d = 0.5,
                   .price = make_decimal<10, 2>("-0.05").value(),
                   .text = "",
                   .raw = std::vector<std::byte>{},
                   .calendar = std::chrono::year(2026) / 1 / 1,
                   .instant = sys_micros{},
                   .id = Uuid{},
                   .tier = shop::Tier::Free,
                   .home = shop::Address{"S", std::nullopt},
                   .others = std::vector<shop::Address>{{"T", 1}},
                   .bits = std::vector<bool>{true},
                   .counts = std::map<std::string, int>{{"k", 1}},
                   .as_json = std::vector<int>{1, 2},
                   .holes = {std::nullopt, shop::Address{"U", 3}}};
  const std::vector<shop::Maybe> records{full, shop::Maybe{}, full};
  EXPECT_EQ(decode<shop::Maybe>(encode(records).value()).value(), records);
}

TEST(Codec, NullIntoAMemberThatIsNotOptionalIsAnErrorWithRowAndColumn) {
  using From = shop::Cell<std::optional<std::string>>;
  const Batch batch = encode<From>({{"a"}, {std::nullopt}}).value();
  const auto result = decode<shop::Cell<std::string>>(batch);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(
      result.error().message,
      "a value was expected in a member that is not optional, got NULL in column 'x' of row 1");
  using Nested = shop::Cell<std::vector<std::optional<int>>>;
  const Batch nested = encode<Nested>({{{1}}, {{}}, {{1, std::nullopt}}}).value();
  EXPECT_EQ(
      decode<shop::Cell<std::vector<int>>>(nested).error().message,
      "a value was expected in a member that is not optional, got NULL in column 'x[]' of row 2");
}

TEST(Codec, NumbersAreReadOnlyWhereTheyFitExactly) {
  EXPECT_EQ((reading<std::int8_t>(std::int64_t{-128})), "read");
  EXPECT_NE((reading<std::int8_t>(std::int64_t{300}))
                .find("a number that fits the integer was expected, got 300"),
            std::string::npos);
  EXPECT_NE((reading<std::uint8_t>(std::int64_t{-1})), "read");
  EXPECT_NE((reading<std::int64_t>(std::numeric_limits<std::uint64_t>::max())), "read");
  EXPECT_EQ((reading<double>(std::int64_t{1} << 53)), "read");
  EXPECT_NE((reading<double>((std::int64_t{1} << 53) + 1)), "read");
  EXPECT_NE((reading<double>(std::numeric_limits<std::int64_t>::max())), "read");
  EXPECT_EQ((reading<double>(0.1F)), "read");
  EXPECT_NE((reading<float>(0.1)), "read");
  EXPECT_NE((reading<std::int64_t>(1.0)), "read");
  EXPECT_EQ((reading<std::int64_t>(make_decimal<38, 0>("77").value())), "read");
  EXPECT_EQ((reading<std::int64_t>(make_decimal<10, 2>("77.00").value())), "read");
  EXPECT_NE((reading<std::int64_t>(make_decimal<10, 2>("77.01").value())), "read");
  EXPECT_EQ((reading<Decimal<10, 2>>(std::int32_t{5})), "read");
  EXPECT_EQ((reading<Decimal<10, 2>>(make_decimal<10, 3>("5.120").value())), "read");
  EXPECT_NE((reading<Decimal<10, 2>>(make_decimal<10, 3>("5.125").value())), "read");
  EXPECT_NE((reading<double>(make_decimal<10, 2>("0.10").value())), "read");
  EXPECT_NE((reading<bool>(std::int32_t{1})), "read");
}

TEST(Codec, TextAndTimesAreNotGuessed) {
  EXPECT_NE((reading<std::string>(std::int64_t{65})), "read");
  EXPECT_EQ((reading<std::string>(Uuid{})), "read");
  EXPECT_EQ((reading<Uuid>(std::string("0198c2a4-7d3e-7b1c-8f00-0123456789ab"))), "read");
  EXPECT_NE((reading<Uuid>(std::string("x"))), "read");
  EXPECT_EQ((reading<shop::Tier>(std::string("Gold"))), "read");
  EXPECT_NE((reading<shop::Tier>(std::string("gold"))), "read");
  EXPECT_NE((reading<sys_micros>(local_micros{})), "read");
  EXPECT_NE((reading<local_micros>(sys_micros{})), "read");
  EXPECT_NE((reading<sys_micros>(std::chrono::sys_days{})), "read");
  EXPECT_EQ((reading<std::chrono::year_month_day>(std::chrono::sys_days{})), "read");
  EXPECT_NE((reading<std::array<int, 2>>(std::vector<int>{1, 2, 3})), "read");
}

TEST(Codec, WhatIsNoValueOfItsColumnIsNotWritten) {
  const auto refused = [](auto value) {
    return encode<shop::Cell<decltype(value)>>({{value}}).error().message;
  };
  EXPECT_EQ(refused(std::string("\xff")),
            "text in UTF-8 was expected, got other bytes in column 'x' of record 0");
  EXPECT_EQ(
      refused(std::chrono::year(2026) / 2 / 30),
      "a date that the calendar has was expected, got \"2026-03-02\" in column 'x' of record 0");
  EXPECT_EQ(refused(static_cast<shop::Tier>(9)),
            "a named value of the enum was expected, got 9 in column 'x' of record 0");
  EXPECT_NE(refused(JsonText{"{"}).find("one JSON value was expected"), std::string::npos);
  EXPECT_NE(refused(TimeOfDay{std::chrono::hours(24)}).find("a time of day"), std::string::npos);
  EXPECT_NE(refused(Decimal<3, 1>{1000}).find("within the digits of its column"),
            std::string::npos);
  EXPECT_NE(refused(std::vector<std::string>{"a", "\xc0"}).find("text in UTF-8"),
            std::string::npos);
}

struct Stamped {
  std::string id;
  sys_micros created;
  std::optional<sys_micros> updated;
};

}  // namespace
}  // namespace sluice::orm

template <>
inline constexpr auto sluice::model<sluice::orm::Stamped> =
    sluice::derived_table()
        .create_time<&sluice::orm::Stamped::created>()
        .update_time<&sluice::orm::Stamped::updated>();

namespace sluice::orm {
namespace {

struct Reconciled {
  std::string _ingest_id;
  std::string id;
};

TEST(Codec, StampsTimesAndTheIngestId) {
  const Batch batch = encode<Stamped>({{.id = "a"}, {.id = "b"}}).value();
  const auto stamped = decode<Stamped>(batch).value();
  EXPECT_EQ(stamped[1].created, kStamps.now);
  EXPECT_EQ(stamped[1].updated, kStamps.now);
  const auto reconciled = decode<Reconciled>(batch).value();
  EXPECT_EQ(reconciled[1]._ingest_id, "the-ingest");
  EXPECT_EQ(reconciled[1].id, "b");
}

TEST(Codec, LeavesTheIngestIdToTheTableWhereItIsAsked) {
  const std::vector<Stamped> records{{.id = "a"}};
  const TableModel& model = table_model_of<Stamped>();
  const auto columns = [&](const Stamps& stamps) {
    const ArrowBatch batch =
        encode_batch(model, records.data(), sizeof(Stamped), 1, stamps).value();
    EXPECT_EQ(encoded_schema(model, stamps).fields.size(),
              static_cast<std::size_t>(batch->n_children));
    return batch->n_children;
  };
  EXPECT_EQ(columns({.now = {}, .ingest_id = "x", .leaves_ingest_id = true}), 3);
  EXPECT_EQ(columns({.now = {}, .ingest_id = ""}), 4) << "an empty id is a column too";
}

struct Placed {
  SortableId id;
  Location place;
  std::optional<TableName> table;
  friend bool operator==(const Placed&, const Placed&) = default;
};

struct PlainText {
  std::string id;
  std::string place;
};

TEST(Codec, ATextOfAFormIsRefusedWhereItHasNotThatForm) {
  const std::vector<Placed> good{
      {{"0ujtsYcgvSTl8PAuAdqWYSMnLOv"}, {"s3://bucket/a"}, TableName{"a.\"b c\""}},
      {{"000000000000000000000000000"}, {"file:///a"}, {}}};
  const Batch batch = encode<Placed>(good).value();
  EXPECT_EQ(decode<Placed>(batch).value(), good);
  EXPECT_EQ(std::string_view(batch.schema->children[0]->format), "u");
  EXPECT_EQ(encode<Placed>({{{"no id"}, {"s3://b/a"}, {}}}).error().message,
            "a KSUID of 27 characters was expected, got \"no id\" in column 'id' of record 0");
  EXPECT_FALSE(encode<Placed>({{good[0].id, {"bucket/a"}, {}}}).has_value());
  EXPECT_FALSE(encode<Placed>({{good[0].id, good[0].place, TableName{"a b"}}}).has_value());
  const Batch plain = encode<PlainText>({{good[0].id.text, "nowhere"}}).value();
  struct Where {
    Location place;
  };
  EXPECT_NE(decode<Where>(plain).error().message.find("a location as s3://bucket/path"),
            std::string::npos);
}

struct Two {
  int a;
  int b;
};
struct One {
  int A;
};
struct Three {
  int a;
  int c;
  int d;
};

TEST(Codec, ColumnsAreFoundByNameAndMissingOnesAreNamed) {
  const Batch batch = encode<Two>({{1, 2}}).value();
  EXPECT_EQ(decode<One>(batch).value()[0].A, 1) << "columns are told apart without regard to case";
  EXPECT_EQ(decode<Three>(batch).error().message,
            "every member of 'Three' needs a column of the result, got none for 'c', 'd'");
  EXPECT_EQ(decode<One>(batch, {.refuse_extra_columns = true}).error().message,
            "only columns of 'One' were expected, got also 'b', '_ingest_id'");
}

TEST(Codec, AColumnThatComesTwiceIsAnError) {
  Batch batch = encode<Two>({{1, 2}}).value();
  batch.schema->children[1]->name = "A";
  EXPECT_EQ(decode<One>(batch).error().message,
            "each column of a result once was expected, got 'A' twice");
}

TEST(Codec, AStreamGivesEveryRecordInBatches) {
  std::vector<Two> records;
  for (int i = 0; i < 40'000; ++i) {
    records.push_back({i, -i});
  }
  ColumnStream stream =
      encode_stream(table_model_of<Two>(), records.data(), sizeof(Two), records.size(), kStamps);
  const ArrowSchemaOwned schema = stream.schema().value();
  const Decoder decoder = Decoder::bind(table_model_of<Two>(), *schema.get()).value();
  int seen = 0;
  int batches = 0;
  while (auto batch = stream.next().value()) {
    std::vector<Two> page(static_cast<std::size_t>((*batch)->length));
    ASSERT_TRUE(decoder.decode(*batch->get(), page.data(), sizeof(Two), 0).has_value());
    for (const Two& two : page) {
      EXPECT_EQ(two.a, seen);
      EXPECT_EQ(two.b, -seen);
      ++seen;
    }
    ++batches;
  }
  EXPECT_EQ(seen, 40'000);
  EXPECT_GT(batches, 1);
}

TEST(Codec, AnOffsetIntoABatchIsHonoured) {
  Batch batch =
      encode<shop::Cell<std::optional<std::string>>>({{"a"}, {std::nullopt}, {"c"}}).value();
  for (ArrowArray* child : {batch.rows->children[0], batch.rows->children[1]}) {
    child->offset = 1;
    child->length = 2;
  }
  batch.rows->length = 2;
  const auto cells = decode<shop::Cell<std::optional<std::string>>>(batch).value();
  EXPECT_EQ(cells[0].x, std::nullopt);
  EXPECT_EQ(cells[1].x, "c");
}

}  // namespace
}  // namespace sluice::orm
