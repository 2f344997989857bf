#include "sluice/orm/model/model.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/orm/model/table_model.h"
#include "sluice/orm/model/validate.h"
#include "sluice/plan/write.h"
#include "sluice/schema/schema.h"

namespace shop {

struct Address {
  std::string street;
  std::optional<std::string> country;
};

struct User {
  std::string id;
  std::string email;
  std::optional<std::int32_t> age;
  sluice::sys_micros created_at;
  sluice::sys_micros picked_up;
  Address home;
  std::vector<Address> others;
  std::map<std::string, std::string> labels;
  std::vector<std::string> tags;
  double low;
  double high;
};

struct Visit {
  std::string site;
  std::string code;
  std::int64_t number;
  sluice::sys_micros year;
  sluice::sys_micros month;
  std::chrono::sys_days day;
  sluice::sys_micros hour;
};

struct Plain {
  std::int64_t id;
  sluice::Decimal<10, 2> price;
};

}  // namespace shop

template <>
inline constexpr auto sluice::model<shop::Address> =
    sluice::derived_table().check<&shop::Address::country>(sluice::country_alpha2());

template <>
inline constexpr auto sluice::model<shop::Visit> =
    sluice::derived_table()
        .key<&shop::Visit::site, &shop::Visit::number>()
        .partition<&shop::Visit::site>()
        .partition<&shop::Visit::number>(sluice::Partition::Bucket, 8)
        .partition<&shop::Visit::code>(sluice::Partition::Truncate, 3)
        .partition<&shop::Visit::year>(sluice::Partition::Year)
        .partition<&shop::Visit::month>(sluice::Partition::Month)
        .partition<&shop::Visit::day>(sluice::Partition::Day)
        .partition<&shop::Visit::hour>(sluice::Partition::Hour);

template <>
inline constexpr auto sluice::model<shop::User> =
    sluice::orm::table("lake.app.users")
        .key<&shop::User::id>()
        .merge_key<&shop::User::email, &shop::User::id>()
        .rename<&shop::User::picked_up>("pickup_ts")
        .partition<&shop::User::picked_up>(sluice::Partition::Day)
        .partition<&shop::User::id>(sluice::Partition::Bucket, 16)
        .sort<&shop::User::picked_up>()
        .create_time<&shop::User::created_at>()
        .immutable<&shop::User::id>()
        .json<&shop::User::labels>()
        .comment<&shop::User::email>("where to write to")
        .check<&shop::User::id>(sluice::required(), sluice::length(1, 8))
        .check<&shop::User::email>(sluice::email())
        .require<&shop::User::age>(sluice::between(0, 150))
        .check<&shop::User::tags>(sluice::unique(), sluice::each(sluice::slug()))
        .check<&shop::User::labels>(sluice::each_key(sluice::identifier()))
        .check<&shop::User::high>(sluice::at_least_member<&shop::User::low>());

namespace sluice::orm {
namespace {

shop::User good_user() {
  return {.id = "u1",
          .email = "a@b.co",
          .age = 7,
          .home = {"S", "NZ"},
          .tags = {"a", "b"},
          .low = 1,
          .high = 1};
}

std::string failures(const shop::User& user) { return to_string(validate(user)); }

TEST(Model, NamesTheTableByItselfOrAsTold) {
  EXPECT_EQ(table_model_of<shop::Plain>().table, "plains");
  EXPECT_EQ(table_model_of<shop::User>().table, "lake.app.users");
  EXPECT_EQ(table_model_of<shop::Address>().table, "addresses");
}

TEST(Model, LowersToASchemaWithTheIngestId) {
  EXPECT_EQ(schema::to_string(lower_schema(table_model_of<shop::Plain>())),
            "id: int64 not null, price: decimal(10,2) not null, _ingest_id: text");
  const schema::Schema schema = lower_schema(table_model_of<shop::User>());
  EXPECT_EQ(schema::to_string(schema.find("labels")->type), "json");
  EXPECT_EQ(schema::to_string(schema.find("others")->type),
            "list<struct<street: text, country: text>>");
  EXPECT_EQ(schema.find("pickup_ts")->type, (schema::LogicalType{schema::Timestamp{.utc = true}}));
  EXPECT_EQ(schema.find("picked_up"), nullptr);
  EXPECT_TRUE(schema.find("age")->nullable);
  EXPECT_EQ(schema.find("email")->comment, "where to write to");
  EXPECT_TRUE(schema::validate(schema).has_value());
}

TEST(Model, LowersToACreateTable) {
  const plan::CreateTable create = lower_create(table_model_of<shop::User>());
  EXPECT_EQ(create.target, (plan::TableId{{"lake", "app", "users"}}));
  EXPECT_EQ(create.primary_key, std::vector<std::string>{"id"});
  EXPECT_EQ(create.sort_by, std::vector<std::string>{"pickup_ts"});
  EXPECT_EQ(create.partition_by,
            (std::vector<plan::PartitionField>{
                {.column = "pickup_ts", .transform = plan::PartitionTransform::Day},
                {.column = "id", .transform = plan::PartitionTransform::Bucket, .parameter = 16}}));
  EXPECT_EQ(table_model_of<shop::User>().merge_key, (std::vector<std::string>{"email", "id"}));
}

TEST(Model, PartitionsByEveryTransform) {
  using By = plan::PartitionTransform;
  const plan::CreateTable create = lower_create(table_model_of<shop::Visit>());
  EXPECT_EQ(create.primary_key, (std::vector<std::string>{"site", "number"}));
  EXPECT_EQ(create.partition_by, (std::vector<plan::PartitionField>{
                                     {.column = "site", .transform = By::Identity},
                                     {.column = "number", .transform = By::Bucket, .parameter = 8},
                                     {.column = "code", .transform = By::Truncate, .parameter = 3},
                                     {.column = "year", .transform = By::Year},
                                     {.column = "month", .transform = By::Month},
                                     {.column = "day", .transform = By::Day},
                                     {.column = "hour", .transform = By::Hour}}));
}

TEST(Model, AGoodRecordPasses) {
  EXPECT_TRUE(validate(good_user()).passed()) << failures(good_user());
  EXPECT_TRUE(validate(std::vector<shop::User>(3, good_user())).passed());
}

TEST(Model, EveryFailureOfEveryRecordIsReported) {
  std::vector<shop::User> users(3, good_user());
  users[1].id = "";
  users[1].email = "nobody";
  users[1].age = 151;
  users[2].tags = {"ok", "Not OK", "ok"};
  users[2].high = 0.5;
  const Verdict verdict = validate(users);
  EXPECT_EQ(to_string(verdict),
            "record 1: id: required, got \"\"\n"
            "record 1: id: length(1..8), got \"\"\n"
            "record 1: email: email, got \"nobody\"\n"
            "record 1: age: between(0..150), got 151\n"
            "record 2: tags: unique, got [\"ok\",\"Not OK\",\"ok\"]\n"
            "record 2: tags[1]: slug, got \"Not OK\"\n"
            "record 2: high: at_least_member(low), got 0.5");
  EXPECT_EQ(verdict.violations[3], (Violation{.record = 1,
                                              .member = "age",
                                              .column = "age",
                                              .rule = "between",
                                              .parameter = "0..150",
                                              .value = "151"}));
  EXPECT_EQ(to_error(verdict).code, ErrorCode::DataRejected);
}

TEST(Model, AVerdictIsTheBodyOfARefusal) {
  shop::User user = good_user();
  EXPECT_EQ(to_json(validate(user)), "[]");
  user.email = "a\"b";
  EXPECT_EQ(to_json(validate(user)),
            R"([{"record":0,"member":"email","column":"email","rule":"email","parameter":"",)"
            R"("value":"\"a\\\"b\""}])");
}

TEST(Model, AFailureNamesTheColumnThatHoldsTheMember) {
  shop::User user = good_user();
  user.home.country = "XX";
  user.others = {{"a", "NZ"}, {"b", "nz"}};
  user.picked_up = {};
  const auto columns = [](const Verdict& verdict) {
    std::string text;
    for (const Violation& violation : verdict.violations) {
      text += violation.member + " in " + violation.column + "; ";
    }
    return text;
  };
  EXPECT_EQ(columns(validate(user)), "home.country in home; others[1].country in others; ");
  constexpr auto kLate = rules<shop::User>().check<&shop::User::picked_up>(after("2026-01-01"));
  EXPECT_EQ(columns(validate(user, kLate)), "picked_up in pickup_ts; ");
}

TEST(Model, ARuleOnAnEmptyOptionalPasses) {
  shop::User user = good_user();
  user.age = std::nullopt;
  user.home.country = std::nullopt;
  EXPECT_TRUE(validate(user).passed());
}

TEST(Model, RulesOfNestedModelsAreChecked) {
  shop::User user = good_user();
  user.home.country = "XX";
  user.others = {{"a", "NZ"}, {"b", "nz"}};
  user.labels = {{"ok", "x"}, {"not ok", "y"}};
  EXPECT_EQ(failures(user),
            "record 0: labels[\"not ok\"]: identifier, got \"not ok\"\n"
            "record 0: home.country: country_alpha2, got \"XX\"\n"
            "record 0: others[1].country: country_alpha2, got \"nz\"");
}

TEST(Model, LowersItsRulesToOneCondition) {
  const std::string text = plan::to_string(lower_checks(table_model_of<shop::User>()));
  EXPECT_NE(text.find("(age is null or ((age >= 0) and (age <= 150)))"), std::string::npos) << text;
  EXPECT_NE(text.find("(id is not null and (id <> ''))"), std::string::npos) << text;
}

struct Order {
  std::string kind;
  std::optional<std::string> reason;
  std::optional<std::string> phone;
  std::optional<std::string> fax;
  int count;
};

constexpr auto kScenario =
    rules<Order>()
        .check<&Order::reason>(required_if<&Order::kind>("refund", "return"))
        .check<&Order::phone>(required_without<&Order::fax>(), any_of(e164(), equal_to("none")))
        .check<&Order::kind>(
            not_(one_of("gift")),
            satisfies<[](const std::string& k) { return !k.starts_with("x"); }>("no_x"))
        .check<&Order::count>(satisfies<[](int n) { return n % 2 == 0; }>("even"), multiple_of(4));

TEST(Model, RuleSetsStandForScenarios) {
  const Order good{.kind = "sale", .phone = "+6421123456", .count = 8};
  EXPECT_TRUE(validate(good, kScenario).passed()) << to_string(validate(good, kScenario));
  const Order bad{.kind = "refund", .phone = "x", .count = 3};
  EXPECT_EQ(to_string(validate(bad, kScenario)),
            "record 0: reason: required_if(kind, 'refund', 'return'), got null\n"
            "record 0: phone: any_of(e164(), equal_to('none')), got \"x\"\n"
            "record 0: count: even, got 3\n"
            "record 0: count: multiple_of(4), got 3");
  const Order worse{.kind = "gift", .count = 4};
  EXPECT_EQ(to_string(validate(worse, kScenario)),
            "record 0: phone: required_without(fax), got null\n"
            "record 0: kind: not(one_of('gift')), got \"gift\"");
}

}  // namespace
}  // namespace sluice::orm
