#include "sluice/orm/session/session.h"

#include <array>
#include <atomic>
#include <list>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/base/context.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/orm/model/validate.h"

namespace shop {

enum class Tier { Free, Paid };

struct Address {
  std::string street;
  std::optional<int> number;
  friend bool operator==(const Address&, const Address&) = default;
};

struct User {
  std::string id;
  std::string email;
  std::optional<std::string> country;
  friend bool operator==(const User&, const User&) = default;
};

struct Customer {
  std::string email;
  std::string tier;
  sluice::sys_micros created_at;
  std::optional<sluice::sys_micros> updated_at;
  std::int64_t visits;
};

struct Event {
  std::int64_t number;
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
  float f;
  double d;
  sluice::Decimal<12, 2> price;
  std::string text;
  std::vector<std::byte> raw;
  std::chrono::sys_days day;
  std::chrono::year_month_day calendar;
  sluice::TimeOfDay time;
  sluice::sys_micros instant;
  sluice::local_micros local;
  sluice::Uuid id;
  sluice::JsonText json;
  sluice::SortableId sortable;
  sluice::Location place;
  std::optional<sluice::TableName> table;
  Tier tier;
  std::optional<Tier> maybe;
  Address home;
  std::optional<Address> work;
  std::vector<Address> others;
  std::array<double, 2> pair;
  std::vector<bool> bits;
  std::map<std::string, std::optional<int>> counts;
  std::vector<std::vector<int>> grid;
  std::vector<std::string> as_json;
  friend bool operator==(const Everything&, const Everything&) = default;
};

struct EmailOnly {
  std::string email;
};

struct Reconciled {
  std::string id;
  std::string _ingest_id;  // NOLINT(readability-identifier-naming): as the column is called
};

}  // namespace shop

template <>
inline constexpr auto sluice::model<shop::User> =
    sluice::orm::table("users").key<&shop::User::id>().check<&shop::User::email>(sluice::email());
template <>
inline constexpr auto sluice::model<shop::Customer> =
    sluice::orm::table("customers")
        .merge_key<&shop::Customer::email>()
        .create_time<&shop::Customer::created_at>()
        .update_time<&shop::Customer::updated_at>();
template <>
inline constexpr auto sluice::model<shop::Everything> =
    sluice::orm::table("app.everything").json<&shop::Everything::as_json>();
template <>
inline constexpr auto sluice::model<shop::EmailOnly> = sluice::orm::table("users");
template <>
inline constexpr auto sluice::model<shop::Reconciled> = sluice::orm::table("users");

namespace sluice {
namespace {

using shop::Customer;
using shop::Event;
using shop::Everything;
using shop::User;

class KeptLog final : public Log {
 public:
  void write(const LogLine& line) override { lines.push_back(line); }
  std::vector<LogLine> lines;
};

class SessionTest : public testing::Test {
 protected:
  static Session open_memory(const OpenOptions& options = {}) {
    return open(std::shared_ptr<engine::Engine>(engine::make_duckdb_engine().value()), options)
        .value();
  }

  const std::vector<User> users_{
      {"u1", "a@x.nz", "NZ"}, {"u2", "b@x.au", "AU"}, {"u3", "c@x.nz", {}}};
};

TEST_F(SessionTest, WritesAndReadsBackWhatItWasGiven) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<User>().has_value());
  ASSERT_TRUE(db.migrate<User>().has_value()) << "twice is once";
  const Receipt receipt = db.insert(users_).value();
  EXPECT_EQ(receipt.inserted, 3);
  EXPECT_EQ(receipt.ingest_id.version(), 7);
  EXPECT_EQ(db.query<User>(from<User>().order_by(ascending(col<&User::id>))).value(), users_);
  EXPECT_TRUE(db.assert_schema<User>().has_value());
}

TEST_F(SessionTest, EveryTypeGoesThroughTheDatabaseUnchanged) {
  using std::chrono::hours, std::chrono::microseconds, std::chrono::sys_days, std::chrono::year;
  Session db = open_memory();
  const Status migrated = db.migrate<Everything>();
  ASSERT_TRUE(migrated.has_value()) << to_string(migrated.error());
  const Everything full{.flag = true,
                        .i8 = -128,
                        .i16 = -32768,
                        .i32 = INT32_MIN,
                        .i64 = INT64_MIN,
                        .u8 = 255,
                        .u16 = 65535,
                        .u32 = UINT32_MAX,
                        .u64 = UINT64_MAX,
                        .f = 0.1F,
                        .d = -1e300,
                        .price = make_decimal<12, 2>("-9999999999.99").value(),
                        .text = "it's \\ \"q\" \xf0\x9f\x98\x80",
                        .raw = {std::byte{0}, std::byte{255}},
                        .day = sys_days(year(1969) / 12 / 31),
                        .calendar = year(2024) / 2 / 29,
                        .time = {hours(23) + microseconds(1)},
                        .instant = sys_micros(microseconds(-1)),
                        .local = local_micros(microseconds(1'700'000'000'000'001)),
                        .id = parse_uuid("f198c2a4-7d3e-7b1c-8f00-0123456789ab").value(),
                        .json = {R"({"a":[1]})"},
                        .sortable = {"0ujtsYcgvSTl8PAuAdqWYSMnLOv"},
                        .place = {"s3://bucket/a/b"},
                        .table = TableName{"lake.\"my orders\""},
                        .tier = shop::Tier::Paid,
                        .maybe = shop::Tier::Free,
                        .home = {"Main", 7},
                        .work = shop::Address{"Side", {}},
                        .others = {{"A", {}}, {"B", 2}},
                        .pair = {1.5, -2.5},
                        .bits = {true, false},
                        .counts = {{"a", 1}, {"b", {}}},
                        .grid = {{}, {1, 2}},
                        .as_json = {"x"}};
  Everything plain{};
  plain.calendar = year(2000) / 1 / 1;
  plain.sortable = {"000000000000000000000000000"};
  plain.place = {"file:///tmp"};
  const std::vector<Everything> records{full, plain};
  const Result<Receipt> receipt = db.insert(records);
  ASSERT_TRUE(receipt.has_value()) << to_string(receipt.error());
  const auto back = db.query<Everything>(sql("SELECT * FROM app.everything ORDER BY u64 DESC"));
  ASSERT_TRUE(back.has_value()) << to_string(back.error());
  EXPECT_EQ(*back, records);
  const Status same = db.assert_schema<Everything>();
  EXPECT_TRUE(same.has_value()) << to_string(same.error());
}

TEST_F(SessionTest, ARecordThatFailsItsRulesStopsTheWholeWrite) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<User>().has_value());
  std::vector<User> users = users_;
  users[1].email = "nobody";
  const Result<Receipt> refused = db.insert(users);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::DataRejected);
  EXPECT_EQ(refused.error().context.front(), "record 1: email: email, got \"nobody\"");
  EXPECT_TRUE(db.query<User>().value().empty());
}

TEST_F(SessionTest, AKnownPrimaryKeyRefusesTheWriteUnlessToldOtherwise) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<User>().has_value());
  ASSERT_TRUE(db.insert(users_).has_value());
  const std::vector<User> again{{"u3", "new@x.nz", "NZ"}, {"u4", "d@x.nz", {}}};
  EXPECT_EQ(db.insert(again).error().code, ErrorCode::DataRejected);
  EXPECT_EQ(db.query<User>().value().size(), 3U);

  const Receipt ignored = db.insert(again, {.on_conflict = OnConflict::Ignore}).value();
  EXPECT_EQ(ignored.inserted, 1);
  EXPECT_EQ(db.query_one<User>(sql("SELECT * FROM users WHERE id = ?", "u3")).value().email,
            "c@x.nz");

  const Receipt updated = db.insert(again, {.on_conflict = OnConflict::Update,
                                            .update_columns = columns<&User::country>()})
                              .value();
  EXPECT_EQ(updated.updated, 1);
  EXPECT_EQ(updated.unchanged, 1);
  const User u3 = db.query_one<User>(from<User>().where(col<&User::id> == "u3")).value();
  EXPECT_EQ(u3, (User{"u3", "c@x.nz", "NZ"}));
}

TEST_F(SessionTest, AMergeKeyReplacesTheRowAndKeepsItsCreateTime) {
  const FixedClock first(sys_micros(std::chrono::seconds(1000)));
  const FixedClock second(sys_micros(std::chrono::seconds(2000)));
  Session db = open_memory();
  Context early;
  early.clock = &first;
  Context late;
  late.clock = &second;
  ASSERT_TRUE(db.migrate<Customer>().has_value());
  ASSERT_TRUE(
      db.with(early).insert(Customer{.email = "a", .tier = "free", .visits = 1}).has_value());
  const Receipt receipt = db.with(late)
                              .insert({Customer{.email = "a", .tier = "paid", .visits = 2},
                                       Customer{.email = "b", .tier = "free"}})
                              .value();
  EXPECT_EQ(receipt.updated, 1);
  EXPECT_EQ(receipt.inserted, 1);
  const Customer a =
      db.query_one<Customer>(from<Customer>().where(col<&Customer::email> == "a")).value();
  EXPECT_EQ(a.tier, "paid");
  EXPECT_EQ(a.created_at, first.now());
  EXPECT_EQ(a.updated_at, second.now());
}

TEST_F(SessionTest, OptionsThatContradictTheModelAreRefused) {
  Session db = open_memory();
  ASSERT_TRUE((db.migrate<Customer, Event>().has_value()));
  EXPECT_EQ(db.insert(Customer{}, {.on_conflict = OnConflict::Error}).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(db.insert(Event{}, {.on_conflict = OnConflict::Ignore}).error().code,
            ErrorCode::InvalidArgument);
  EXPECT_EQ(open(std::shared_ptr<engine::Engine>()).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(open(duckdb(""), {.session_pool = 0}).error().code, ErrorCode::InvalidArgument);
}

TEST_F(SessionTest, ARetryUnderTheSameKeyChangesNothingAndGivesTheSameReceipt) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<Event>().has_value());
  const std::vector<Event> events{{1}, {2}};
  const Receipt first = db.insert(events, {.idempotency_key = "request-7"}).value();
  EXPECT_EQ(db.insert(events, {.idempotency_key = "request-7"}).value(), first);
  EXPECT_EQ(db.query<Event>().value().size(), 2U);
  const std::vector<Event> others{{3}};
  EXPECT_EQ(db.insert(others, {.idempotency_key = "request-7"}).error().code,
            ErrorCode::InvalidArgument);
}

TEST_F(SessionTest, TypedConditionsSelectRows) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<User>().has_value());
  ASSERT_TRUE(db.insert(users_).has_value());
  const auto ids = [&](Query<User> query) {
    std::string text;
    for (const User& user :
         db.query<User>(std::move(query).order_by(ascending(col<&User::id>))).value()) {
      text += user.id;
    }
    return text;
  };
  EXPECT_EQ(ids(from<User>().where(col<&User::country> == "NZ")), "u1");
  EXPECT_EQ(ids(from<User>().where(is_null(col<&User::country>))), "u3");
  EXPECT_EQ(ids(from<User>().where(!is_null(col<&User::country>) && col<&User::id> > "u1")), "u2");
  EXPECT_EQ(ids(from<User>().where(col<&User::id>.in("u1", "u3"))), "u1u3");
  EXPECT_EQ(ids(from<User>().where(col<&User::email>.starts_with("c@") || col<&User::id> == "u2")),
            "u2u3");
  EXPECT_EQ(ids(from<User>().where(col<&User::email>.like("%.nz")).where(col<&User::id> != "u1")),
            "u3");
  EXPECT_EQ(ids(from<User>().where(col<&User::id> < col<&User::email>)), "");
  EXPECT_EQ(ids(from<User>().limit(1).offset(1)), "u2");
  EXPECT_EQ(ids(from<User>().where(col<&User::id> == "' OR 1=1 --")), "") << "values are bound";
}

TEST_F(SessionTest, ReadsIntoTheStructOfTheQuery) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<User>().has_value());
  const Receipt receipt = db.insert(users_).value();
  EXPECT_EQ(db.query<shop::EmailOnly>(from<User>().limit(1)).value().size(), 1U);
  const auto rows = db.query<shop::Reconciled>(sql("SELECT * FROM users ORDER BY id")).value();
  EXPECT_EQ(rows[2]._ingest_id, to_string(receipt.ingest_id));
  EXPECT_NE(db.query<User>(sql("SELECT id FROM users")).error().message.find("'email', 'country'"),
            std::string::npos);
}

TEST_F(SessionTest, OneFirstAndForEach) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<User>().has_value());
  EXPECT_EQ(db.query_first<User>().value(), std::nullopt);
  EXPECT_EQ(db.query_one<User>().error().code, ErrorCode::NotFound);
  ASSERT_TRUE(db.insert(users_).has_value());
  EXPECT_TRUE(db.query_first<User>().value().has_value());
  EXPECT_EQ(db.query_one<User>().error().code, ErrorCode::InvalidArgument);
  int seen = 0;
  EXPECT_TRUE(db.for_each<User>(from<User>(), [&](const User&) { ++seen; }).has_value());
  EXPECT_EQ(seen, 3);
}

TEST_F(SessionTest, ARangeIsWrittenWithoutBeingHeld) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<Event>().has_value());
  std::list<Event> events;
  for (int i = 0; i < 50'000; ++i) {
    events.push_back({i});
  }
  EXPECT_EQ(db.insert(events).value().inserted, 50'000);
  EXPECT_EQ(db.query_one<Event>(sql("SELECT count(DISTINCT number) AS number FROM events"))
                .value()
                .number,
            50'000);
}

struct Throwing {
  struct Iterator {
    int at = 0;
    Event operator*() const {
      if (at == 20'000) {
        throw std::runtime_error("no more");
      }
      return {at};
    }
    Iterator& operator++() {
      ++at;
      return *this;
    }
    bool operator==(const Iterator& other) const { return at == other.at; }
  };
  static Iterator begin() { return {}; }
  static Iterator end() { return {.at = 30'000}; }
};

TEST_F(SessionTest, WhatARangeThrowsPassesThroughAfterAnAbort) {
  KeptLog log;
  Session db = open_memory({.log = &log});
  ASSERT_TRUE(db.migrate<Event>().has_value());
  Throwing events;
  EXPECT_THROW(static_cast<void>(db.insert(events)), std::runtime_error);
  EXPECT_TRUE(db.query<Event>().value().empty());
  ASSERT_EQ(log.lines.size(), 2U);
  EXPECT_EQ(log.lines[1].message, "ingest aborted");
}

TEST_F(SessionTest, ARangeThatFailsItsRulesInTheMiddleLeavesNothing) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<User>().has_value());
  std::list<User> users;
  for (int i = 0; i < 20'000; ++i) {
    users.push_back({std::to_string(i), i == 17'000 ? "bad" : "a@b.co", {}});
  }
  const Result<Receipt> refused = db.insert(users);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::DataRejected);
  EXPECT_EQ(refused.error().context.front(), "record 17000: email: email, got \"bad\"");
  EXPECT_TRUE(db.query<User>().value().empty());
}

TEST_F(SessionTest, RemovesRowsByCondition) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<User>().has_value());
  ASSERT_TRUE(db.insert(users_).has_value());
  EXPECT_EQ(db.remove(col<&User::country> == "NZ").value().deleted, 1);
  EXPECT_EQ(db.query<User>().value().size(), 2U);
}

TEST_F(SessionTest, SaysHowATableDiffers) {
  Session db = open_memory();
  EXPECT_EQ(db.assert_schema<User>().error().code, ErrorCode::NotFound);
  ASSERT_TRUE(
      db.exec(
            "CREATE TABLE users (id VARCHAR NOT NULL, email INTEGER NOT NULL, _ingest_id VARCHAR)")
          .has_value());
  const Status differs = db.assert_schema<User>();
  ASSERT_FALSE(differs.has_value());
  EXPECT_NE(differs.error().message.find("email"), std::string::npos) << differs.error().message;
  EXPECT_NE(differs.error().message.find("add column country"), std::string::npos)
      << differs.error().message;
}

TEST_F(SessionTest, TheLogTellsTheStoryOfAnIngest) {
  KeptLog log;
  Session db = open_memory({.log = &log});
  ASSERT_TRUE(db.migrate<Event>().has_value());
  const Receipt receipt = db.insert(Event{1}).value();
  ASSERT_EQ(log.lines.size(), 3U);
  EXPECT_EQ(log.lines[0].message, "ingest started");
  EXPECT_EQ(log.lines[1].message, "ingest staged");
  EXPECT_EQ(log.lines[2].message, "ingest committed");
  EXPECT_EQ(log.lines[1].fields[0],
            std::pair(std::string("ingest_id"), to_string(receipt.ingest_id)));
}

TEST_F(SessionTest, AStoppedContextStopsTheCall) {
  Session db = open_memory();
  ASSERT_TRUE(db.migrate<Event>().has_value());
  std::stop_source stop;
  stop.request_stop();
  Context context;
  context.stop = stop.get_token();
  EXPECT_EQ(db.with(context).insert(Event{1}).error().code, ErrorCode::Cancelled);
  EXPECT_TRUE(db.query<Event>().value().empty());
}

TEST_F(SessionTest, ClosingTwiceIsSafeAndEndsEveryCall) {
  Session db = open_memory();
  db.close();
  db.close();
  EXPECT_EQ(db.ping().error().code, ErrorCode::InvalidArgument);
}

TEST_F(SessionTest, LendsTheNativeHandle) {
  Session db = open_memory();
  const NativeHandle handle = db.native_handle().value();
  EXPECT_NE(handle.get(), nullptr);
}

/// Who lost a race goes alone, so that nobody loses more than a few.
TEST_F(SessionTest, ThreadsInsertAtOnceAndNobodyLosesEveryTime) {
  Session db = open_memory({.inflight_ingests_max = 3, .session_pool = 4, .commit_retry_max = 2});
  ASSERT_TRUE(db.migrate<Event>().has_value());
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&db, &failures, t] {
        for (int i = 0; i < 5; ++i) {
          failures += db.insert(Event{t * 100 + i}).has_value() ? 0 : 1;
        }
      });
    }
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(db.query<Event>().value().size(), 20U);
}

}  // namespace
}  // namespace sluice
