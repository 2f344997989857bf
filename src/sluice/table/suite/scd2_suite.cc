// Histories over every format, against an oracle that puts one row after the other into its place.
#include <array>
#include <map>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/test_size.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/suite/suite.h"

namespace sluice::table {

using testing::ElementsAre;

void link_scd2_suite() {}

namespace {

constexpr std::string_view kHistory =
    "id, version, tier, note, effective_from, effective_to, is_current";

plan::CreateTable dimension() {
  return {.target = {.parts = {"trips"}},
          .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}},
                                {.name = "tier", .type = {schema::Text{}}},
                                {.name = "note", .type = {schema::Text{}}},
                                {.name = "seen", .type = {schema::Integer{}}},
                                {.name = "effective_from", .type = {schema::Integer{}}},
                                {.name = "effective_to", .type = {schema::Integer{}}},
                                {.name = "is_current", .type = {schema::Boolean{}}},
                                {.name = "version", .type = {schema::Integer{}}},
                                {.name = "sk", .type = {schema::Text{}}}}}};
}

plan::Scd2 by_id() {
  return {.key = {"id"},
          .track_columns = {"tier"},
          .timestamp_column = "seen",
          .version_column = "version",
          .surrogate_column = "sk",
          .first_effective_from = plan::Value(std::int64_t{-1}),
          .open_effective_to = plan::Value(std::int64_t{9999})};
}

/// With a column for the reason of a version, which two columns can be.
plan::CreateTable explained_dimension() {
  plan::CreateTable table = dimension();
  table.schema.fields.push_back({.name = "why", .type = {schema::Text{}}});
  return table;
}

plan::Scd2 explained() {
  plan::Scd2 scd2 = by_id();
  scd2.track_columns = {"tier", "note"};
  scd2.reason_column = "why";
  return scd2;
}

std::string batch(std::string_view values) {
  return fmt::format(
      "SELECT id::BIGINT AS id, tier::VARCHAR AS tier, note, seen::BIGINT AS seen FROM (VALUES {}) "
      "v(id, tier, note, seen)",
      values);
}

struct OracleVersion {
  std::string tier;
  std::int64_t from = 0;
};
using OracleHistory = std::vector<OracleVersion>;

/// What one row of the batch makes of the history of its key.
void put(OracleHistory& history, const std::string& tier, std::int64_t seen) {
  std::size_t after = 0;
  while (after < history.size() && history[after].from <= seen) {
    ++after;
  }
  if (after > 0 && history[after - 1].tier == tier) {
    return;
  }
  if (after > 0 && history[after - 1].from == seen) {
    history[after - 1].tier = tier;
    return;
  }
  history.insert(history.begin() + static_cast<std::ptrdiff_t>(after), {tier, seen});
}

/// The last row of an instant counts; the first version of a new key begins at -1.
void put_all(OracleHistory& history, const std::map<std::int64_t, std::string>& by_instant) {
  bool is_new = history.empty();
  for (const auto& [seen, tier] : by_instant) {
    put(history, tier, is_new ? -1 : seen);
    is_new = false;
  }
}

}  // namespace

TEST_P(ChangeSuite, AnScd2ChangeOpensAVersionAndClosesTheOneBefore) {
  writer_.table.create(context_, dimension()).value();
  write(by_id(), batch("(1, 'free', 'a', 10)")).value();
  const Receipt receipt =
      write(by_id(), batch("(1, 'pro', 'b', 20), (2, 'free', 'c', 20)")).value();
  EXPECT_EQ(receipt.inserted, 2);
  EXPECT_EQ(receipt.updated, 1);
  EXPECT_EQ(receipt.unchanged, 0);
  EXPECT_THAT(rows(kHistory), ElementsAre("1|1|free|a|-1|20|false", "1|2|pro|b|20|9999|true",
                                          "2|1|free|c|-1|9999|true"));
}

TEST_P(ChangeSuite, TheSameScd2BatchAgainChangesNothing) {
  writer_.table.create(context_, dimension()).value();
  const std::string same = batch("(1, 'free', 'a', 10), (1, 'pro', 'b', 20), (2, 'x', 'c', 5)");
  write(by_id(), same).value();
  const auto before = rows(kHistory);
  const Receipt again = write(by_id(), same).value();
  EXPECT_EQ(again.inserted + again.updated, 0);
  EXPECT_EQ(again.unchanged, 3);
  EXPECT_EQ(rows(kHistory), before);
}

TEST_P(ChangeSuite, ALateScd2RowSplitsTheVersionThatHoldsItsInstant) {
  writer_.table.create(context_, dimension()).value();
  write(by_id(), batch("(1, 'free', 'a', 10), (1, 'pro', 'b', 30)")).value();
  write(by_id(), batch("(1, 'trial', 'late', 20)")).value();
  EXPECT_THAT(rows(kHistory), ElementsAre("1|1|free|a|-1|20|false", "1|2|trial|late|20|30|false",
                                          "1|3|pro|b|30|9999|true"));
}

TEST_P(ChangeSuite, AnScd2RowOfTheInstantOfAVersionCorrectsIt) {
  writer_.table.create(context_, dimension()).value();
  write(by_id(), batch("(1, 'free', 'a', 10), (1, 'pro', 'b', 30)")).value();
  const Receipt receipt = write(by_id(), batch("(1, 'gold', 'mended', 30)")).value();
  EXPECT_EQ(receipt.updated, 1);
  EXPECT_EQ(receipt.inserted, 0);
  EXPECT_THAT(rows(kHistory),
              ElementsAre("1|1|free|a|-1|30|false", "1|2|gold|mended|30|9999|true"));
}

TEST_P(ChangeSuite, ColumnsThatScd2DoesNotTrackOpenNoVersion) {
  writer_.table.create(context_, dimension()).value();
  write(by_id(), batch("(1, 'free', 'a', 10)")).value();
  EXPECT_EQ(write(by_id(), batch("(1, 'free', 'other', 20)")).value().unchanged, 1);
  EXPECT_THAT(rows(kHistory), ElementsAre("1|1|free|a|-1|9999|true"));
}

TEST_P(ChangeSuite, ANullIsAnScd2ValueLikeAnyOther) {
  writer_.table.create(context_, dimension()).value();
  write(by_id(), batch("(1, NULL, 'a', 10)")).value();
  EXPECT_EQ(write(by_id(), batch("(1, NULL, 'b', 20)")).value().unchanged, 1);
  EXPECT_EQ(write(by_id(), batch("(1, 'pro', 'c', 30)")).value().inserted, 1);
}

TEST_P(ChangeSuite, Scd2SurrogateKeysAreUniqueAndStayWithTheirVersion) {
  writer_.table.create(context_, dimension()).value();
  write(by_id(), batch("(1, 'free', 'a', 10), (2, 'free', 'a', 10)")).value();
  const auto before = rows("sk");
  write(by_id(), batch("(1, 'pro', 'b', 5), (2, 'pro', 'b', 50)")).value();
  const auto after = rows("sk");
  EXPECT_EQ(std::set(after.begin(), after.end()).size(), 4U);
  EXPECT_THAT(after, testing::IsSupersetOf(before));
}

TEST_P(ChangeSuite, AnScd2VersionSaysWhichColumnsMadeIt) {
  writer_.table.create(context_, explained_dimension()).value();
  const plan::Scd2 scd2 = explained();
  write(scd2, batch("(1, 'free', NULL, 10), (1, 'pro', 'b', 30)")).value();
  const Receipt receipt = write(scd2, batch("(1, 'pro', NULL, 20), (1, 'gold', 'b', 30)")).value();
  EXPECT_EQ(receipt.inserted, 1);
  EXPECT_EQ(receipt.updated, 2);
  EXPECT_THAT(rows("effective_from, tier, why"),
              ElementsAre("-1|free|initial_load", "20|pro|tier", "30|gold|tier,note"));
}

TEST_P(ChangeSuite, AVersionThatAnotherIsPutBeforeSaysAnewWhatMadeIt) {
  writer_.table.create(context_, explained_dimension()).value();
  plan::Scd2 scd2 = explained();
  scd2.first_effective_from = std::nullopt;
  write(scd2, batch("(1, 'y', 'a', 30)")).value();
  write(scd2, batch("(1, 'x', 'a', 10)")).value();
  EXPECT_THAT(rows("effective_from, tier, why"), ElementsAre("10|x|initial_load", "30|y|tier"));
  write(scd2, batch("(1, 'y', 'b', 15)")).value();
  EXPECT_THAT(rows("effective_from, tier, why"),
              ElementsAre("10|x|initial_load", "15|y|tier,note", "30|y|note"));
}

TEST_P(ChangeSuite, AVersionThatFollowsACorrectedOneSaysAnewWhatMadeIt) {
  writer_.table.create(context_, explained_dimension()).value();
  plan::Scd2 scd2 = explained();
  scd2.version_column = "";  // neither number nor end of the second one changes
  write(scd2, batch("(1, 'x', 'a', 10), (1, 'y', 'a', 30)")).value();
  const Receipt receipt = write(scd2, batch("(1, 'y', 'b', -1)")).value();
  EXPECT_EQ(receipt.updated, 2);
  EXPECT_THAT(rows("effective_from, tier, why"), ElementsAre("-1|y|initial_load", "30|y|note"));
  EXPECT_EQ(write(scd2, batch("(1, 'y', 'b', -1)")).value().unchanged, 1);
}

TEST_P(ChangeSuite, AVersionWhoseVersionBeforeStaysKeepsItsReason) {
  writer_.table.create(context_, explained_dimension()).value();
  plan::Scd2 scd2 = explained();
  write(scd2, batch("(1, 'x', 'a', 10), (1, 'y', 'b', 30)")).value();
  scd2.track_columns = {"tier"};
  write(scd2, batch("(1, 'z', 'b', 40)")).value();
  EXPECT_THAT(rows("effective_from, why"),
              ElementsAre("-1|initial_load", "30|tier,note", "40|tier"));
}

TEST_P(ChangeSuite, Scd2KeepsTheLatestOfEqualKeysWhenAsked) {
  writer_.table.create(context_, dimension()).value();
  plan::Scd2 scd2 = by_id();
  scd2.keep_last = true;
  const std::string three = batch("(1, 'gold', 'c', 30), (1, 'free', 'a', 10), (2, 'x', 'd', 1)");
  EXPECT_EQ(write(scd2, three).value().inserted, 2);
  EXPECT_THAT(rows(kHistory), ElementsAre("1|1|gold|c|-1|9999|true", "2|1|x|d|-1|9999|true"));
  EXPECT_EQ(write(scd2, three).value().unchanged, 3);
}

TEST_P(ChangeSuite, AnScd2HistoryHasItsUnknownMemberAndRandomKeys) {
  writer_.table.create(context_, dimension()).value();
  plan::Scd2 scd2 = by_id();
  scd2.has_random_surrogate = true;
  scd2.unknown_member = plan::UnknownMember{};
  EXPECT_EQ(write(scd2, batch("(1, 'free', 'a', 10), (-1, 'pro', 'b', 10)")).value().inserted, 3);
  EXPECT_THAT(
      rows("version, id, tier, effective_from, effective_to, is_current"),
      ElementsAre("0|-1|Unknown|-1|9999|true", "1|-1|pro|-1|9999|true", "1|1|free|-1|9999|true"));
  const auto before = rows("sk");
  EXPECT_EQ(before[0], "-1");
  EXPECT_EQ(before[1].size(), 36U);
  const Receipt again = write(scd2, batch("(1, 'free', 'a', 10), (-1, 'pro', 'b', 10)")).value();
  EXPECT_EQ(again.inserted + again.updated, 0);
  EXPECT_EQ(rows("sk"), before);
}

TEST_P(ChangeSuite, Scd2WithoutAnInstantTakesTheGivenOne) {
  writer_.table.create(context_, dimension()).value();
  plan::Scd2 scd2 = by_id();
  scd2.timestamp_column = "";
  scd2.default_instant = plan::Value(std::int64_t{50});
  write(scd2, batch("(1, 'free', 'a', NULL)")).value();
  write(scd2, batch("(1, 'pro', 'a', NULL)")).value();
  EXPECT_THAT(rows("effective_from, tier"), ElementsAre("-1|free", "50|pro"));
}

TEST_P(ChangeSuite, ARowWithoutItsInstantTakesTheGivenOne) {
  writer_.table.create(context_, dimension()).value();
  plan::Scd2 scd2 = by_id();
  scd2.default_instant = plan::Value(std::int64_t{50});
  write(scd2, batch("(1, 'free', 'a', 10)")).value();
  write(scd2, batch("(1, 'pro', 'a', NULL)")).value();
  EXPECT_THAT(rows("effective_from, tier"), ElementsAre("-1|free", "50|pro"));
}

TEST_P(ChangeSuite, Scd2RefusesNullKeysAndInstants) {
  writer_.table.create(context_, dimension()).value();
  EXPECT_EQ(write(by_id(), batch("(NULL, 'x', 'a', 10)")).error().code, ErrorCode::DataRejected);
  const auto undated = write(by_id(), batch("(1, 'x', 'a', NULL)"));
  EXPECT_EQ(undated.error().code, ErrorCode::DataRejected);
  EXPECT_EQ(undated.error().message,
            "the change date of an SCD2 history may not be NULL: 'seen' of row 1 (id = 1)");
}

TEST_P(ChangeSuite, Scd2NamesTheColumnsThatATableLacks) {
  create();
  const auto refused = write(plan::Scd2{.key = {"id"}}, "SELECT 1::BIGINT AS id");
  EXPECT_EQ(refused.error().message,
            "the table lacks columns of its SCD2 history: 'effective_from', 'effective_to', "
            "'is_current'");
}

/// Every name is a column of the data; a query that works out a history has names of its own.
TEST_P(ChangeSuite, ColumnsOfAnScd2HistoryMayHaveAnyName) {
  constexpr std::array<std::string_view, 26> kNames{
      "source",      "number",       "its_row",    "its_file",     "told",        "told_before",
      "previous",    "changed",      "next_start", "nth",          "old_end",     "old_current",
      "old_version", "old_reason",   "its_end",    "its_current",  "its_version", "old_surrogate",
      "events",      "incoming",     "met",        "first_source", "t",           "b",
      "w",           "its_surrogate"};
  plan::CreateTable table = dimension();
  table.schema.fields[0].name = "place";
  table.schema.fields[3].name = "started";
  std::string select =
      "SELECT 1::BIGINT AS place, '{0}' AS tier, '{0}' AS note, {1}::BIGINT AS "
      "started";
  std::string columns = "place, tier, started, version, effective_from, effective_to";
  std::string first = "1|x|10|1|-1|20";
  std::string second = "1|y|20|2|20|9999";
  for (const std::string_view name : kNames) {
    table.schema.fields.push_back({.name = std::string(name), .type = {schema::Text{}}});
    select += fmt::format(", '{{0}}' AS \"{}\"", name);
    columns += fmt::format(", \"{}\"", name);
    first += "|x";
    second += "|y";
  }
  writer_.table.create(context_, table).value();
  plan::Scd2 scd2 = by_id();
  scd2.key = {"place"};
  scd2.track_columns = {"number", "told", "b"};
  scd2.timestamp_column = "started";
  write(scd2, fmt::format(fmt::runtime(select), "x", 10)).value();
  write(scd2, fmt::format(fmt::runtime(select), "y", 20)).value();
  EXPECT_THAT(rows(columns), ElementsAre(first, second));
  EXPECT_EQ(write(scd2, fmt::format(fmt::runtime(select), "y", 20)).value().unchanged, 1);
}

TEST_P(ChangeSuite, RowsWithoutAStartAreNoScd2History) {
  writer_.table.create(context_, dimension()).value();
  write(plan::Append{}, batch("(1, 'free', 'a', 10)")).value();
  const std::string later = batch("(1, 'pro', 'b', 20)");
  const Error error = write(by_id(), later).error();
  EXPECT_EQ(error.code, ErrorCode::DataRejected);
  EXPECT_THAT(error.message, testing::HasSubstr("1 rows that are no versions"));
  EXPECT_THAT(rows("id, tier, effective_from"), ElementsAre("1|free")) << "nothing was written";
}

TEST_P(ChangeSuite, RandomScd2HistoriesEqualAnOracle) {
  constexpr int kBatches = 6;
  constexpr int kHistories = 1'000;
  const int rows_each = test_size(1'500, 20'000);
  constexpr std::array<std::string_view, 3> kTiers{"free", "pro", "gold"};
  writer_.table.create(context_, explained_dimension()).value();
  plan::Scd2 scd2 = explained();
  scd2.track_columns = {"tier"};
  std::mt19937 random(20'260'328);
  std::map<int, OracleHistory> oracle;
  for (int n = 0; n < kBatches; ++n) {
    std::string values;
    std::map<int, std::map<std::int64_t, std::string>> by_key;
    for (int i = 0; i < rows_each; ++i) {
      const int id = static_cast<int>(random() % kHistories);
      const auto seen = static_cast<std::int64_t>(random() % 25);
      const std::string tier(kTiers[random() % kTiers.size()]);
      values += fmt::format("{}({}, '{}', 'n', {})", values.empty() ? "" : ", ", id, tier, seen);
      by_key[id][seen] = tier;
    }
    for (const auto& [id, rows_of_key] : by_key) {
      put_all(oracle[id], rows_of_key);
    }
    write(scd2, batch(values)).value();
  }
  std::set<std::string> expected;
  for (const auto& [id, versions] : oracle) {
    for (std::size_t i = 0; i < versions.size(); ++i) {
      const bool current = i + 1 == versions.size();
      const std::string_view why = i == 0                                     ? "initial_load"
                                   : versions[i].tier != versions[i - 1].tier ? "tier"
                                                                              : "none";
      expected.insert(fmt::format("{}|{}|{}|n|{}|{}|{}|{}", id, i + 1, versions[i].tier,
                                  versions[i].from, current ? 9999 : versions[i + 1].from, current,
                                  why));
    }
  }
  const auto found = rows(fmt::format("{}, coalesce(why, 'none')", kHistory));
  EXPECT_EQ(std::vector(expected.begin(), expected.end()), found);
}

}  // namespace sluice::table
