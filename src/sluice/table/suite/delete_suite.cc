// Rows that a merge deletes, marks, makes and passes over, over every format.
#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/test_size.h"
#include "sluice/table/suite/suite.h"

namespace sluice::table {

using testing::ElementsAre;
using testing::IsEmpty;

void link_delete_suite() {}

namespace {

plan::CreateTable cities() {
  return {.target = {.parts = {"trips"}},
          .schema = {.fields = {{.name = "sk", .type = {schema::Text{}}},
                                {.name = "id", .type = {schema::Integer{}}},
                                {.name = "land", .type = {schema::Text{}}},
                                {.name = "name", .type = {schema::Text{}}},
                                {.name = "op", .type = {schema::Text{}}},
                                {.name = "ts", .type = {schema::Integer{}}},
                                {.name = "gone", .type = {schema::Boolean{}}},
                                {.name = "gone_why", .type = {schema::Text{}}}}}};
}

/// Columns that a batch without rows has as well.
std::string batch(std::string_view values) {
  return fmt::format(
      "SELECT id::BIGINT AS id, land::VARCHAR AS land, name::VARCHAR AS name, op::VARCHAR AS op, "
      "ts::BIGINT AS ts FROM (VALUES {}) v(id, land, name, op, ts) WHERE id <> -7 OR id IS NULL",
      values);
}

constexpr std::string_view kNoRows = "(-7, NULL, NULL, NULL, NULL)";
constexpr std::string_view kAll = "id, name, gone, gone_why";

plan::Merge marking() {
  return {.key = {"id"},
          .soft_delete =
              plan::SoftDelete{.column = "gone", .time_column = "", .reason_column = "gone_why"}};
}

plan::Merge snapshot(double max_ratio) {
  plan::Merge merge = marking();
  merge.snapshot = plan::SnapshotDeletes{.max_ratio = max_ratio, .scope = {}, .refused = ""};
  return merge;
}

plan::Merge events() {
  plan::Merge merge = marking();
  merge.events = plan::ChangeEvents{
      .operation_column = "op", .delete_values = {"D", "delete"}, .timestamp_column = "ts"};
  return merge;
}

constexpr std::string_view kThree =
    "(1, 'gb', 'a', 'I', 1), (2, 'gb', 'b', 'I', 1), (3, 'fr', NULL, 'I', 1)";

constexpr int kHistories = 1'000;

/// What the oracle knows of one key.
struct Held {
  std::string name;
  std::string op;
  std::int64_t ts = 0;
  std::string why;  // empty: live
};
using Oracle = std::map<int, Held>;

/// One event after the other, as someone would do it by hand.
void put(Oracle& oracle, int id, const std::string& name, const std::string& op, std::int64_t ts) {
  const auto found = oracle.find(id);
  if (op == "D" && found == oracle.end()) {
    oracle[id] = {name, op, ts, "cdc_delete_signal"};
  } else if (found != oracle.end() && ts < found->second.ts) {
    return;
  } else if (op == "D") {
    found->second = {found->second.name, op, ts, "cdc_delete_signal"};
  } else {
    oracle[id] = {name, op, ts, ""};
  }
}

std::vector<std::string> texts_of(const Oracle& oracle) {
  std::vector<std::string> texts;
  for (const auto& [id, held] : oracle) {
    texts.push_back(fmt::format("{}|{}|{}|{}|{}|{}", id, held.name, held.op, held.ts,
                                !held.why.empty(), held.why.empty() ? "-" : held.why));
  }
  std::ranges::sort(texts);
  return texts;
}

constexpr std::string_view kHeld = "id, coalesce(name, '-'), op, ts, gone, coalesce(gone_why, '-')";

std::string one_of(std::mt19937& random, std::string_view letters) {
  return std::string(1, letters[random() % letters.size()]);
}

std::string sql_of(const std::string& name) {
  return name == "-" ? "NULL" : fmt::format("'{}'", name);
}

}  // namespace

TEST_P(ChangeSuite, AMergeThatKeepsTheLastOfAKeyTakesIt) {
  writer_.table.create(context_, cities()).value();
  plan::Merge last{.key = {"id"}, .keep_last = true};
  const std::string twice = batch(
      "(1, 'gb', 'old', '', 9), (2, 'gb', 'b', '', 1), (1, 'gb', "
      "'new', '', 1)");
  const Receipt receipt = write(last, twice).value();
  EXPECT_EQ(receipt.rows_in, 3);
  EXPECT_EQ(receipt.inserted, 2);
  EXPECT_EQ(receipt.unchanged, 1) << "the row that another one of its key passed";
  EXPECT_THAT(rows("id, name"), ElementsAre("1|new", "2|b"));
  EXPECT_EQ(write(last, twice).value().unchanged, 3);
  EXPECT_EQ(write(last, batch(kNoRows)).value().rows_in, 0);
  EXPECT_EQ(write(last, batch("(NULL, '', '', '', 1)")).error().code, ErrorCode::DataRejected);
}

TEST_P(ChangeSuite, ASnapshotMarksWhatItLacksAndUnmarksWhatComesBack) {
  writer_.table.create(context_, cities()).value();
  EXPECT_EQ(write(snapshot(0.5), batch(kThree)).value().deleted, 0) << "an empty table";
  const std::string two = batch("(1, 'gb', 'a', 'I', 1), (3, 'fr', NULL, 'I', 1)");
  const Receipt receipt = write(snapshot(0.5), two).value();
  EXPECT_EQ(receipt.deleted, 1);
  EXPECT_EQ(receipt.updated, 0);
  EXPECT_EQ(receipt.unchanged, 2);
  EXPECT_THAT(rows(kAll), ElementsAre("1|a|false", "2|b|true|missing_from_snapshot", "3|false"));
  const Receipt again = write(snapshot(0.5), two).value();
  EXPECT_EQ(again.deleted + again.updated + again.inserted, 0);
  const Receipt back = write(snapshot(0.5), batch(kThree)).value();
  EXPECT_EQ(back.updated, 1);
  EXPECT_THAT(rows(kAll), ElementsAre("1|a|false", "2|b|false", "3|false"));
}

TEST_P(ChangeSuite, ASnapshotRemovesWhatItLacksWithoutAMark) {
  writer_.table.create(context_, cities()).value();
  plan::Merge hard = snapshot(0.5);
  hard.soft_delete.reset();
  write(hard, batch(kThree)).value();
  EXPECT_EQ(write(hard, batch("(1, 'gb', 'a', 'I', 1), (2, 'gb', 'b', 'I', 1)")).value().deleted,
            1);
  EXPECT_THAT(rows("id, name"), ElementsAre("1|a", "2|b"));
}

TEST_P(ChangeSuite, ASnapshotThatLacksTooMuchChangesNothing) {
  writer_.table.create(context_, cities()).value();
  write(snapshot(0.2), batch(kThree)).value();
  const auto before = rows(kAll);
  for (const std::string_view values :
       {std::string_view("(1, 'gb', 'changed', 'I', 1), (2, 'gb', 'b', 'I', 1)"), kNoRows}) {
    EXPECT_EQ(write(snapshot(0.2), batch(values)).error().code, ErrorCode::DataRejected);
  }
  EXPECT_EQ(rows(kAll), before);
  EXPECT_THAT(place_->stray_files(), IsEmpty());
}

TEST_P(ChangeSuite, AScopedSnapshotComparesWhatItIsAbout) {
  writer_.table.create(context_, cities()).value();
  plan::Merge scoped = snapshot(0.5);
  scoped.snapshot->scope = {"land"};
  write(scoped, batch(kThree)).value();
  EXPECT_EQ(write(scoped, batch("(2, 'gb', 'b', 'I', 1)")).value().deleted, 1);
  EXPECT_THAT(rows(kAll), ElementsAre("1|a|true|missing_from_snapshot", "2|b|false", "3|false"));
  EXPECT_EQ(write(scoped, batch(kNoRows)).value().deleted, 0) << "it is about no land";
}

TEST_P(ChangeSuite, AKeyThatWasRefusedIsNotMissing) {
  writer_.table.create(context_, cities()).value();
  write(snapshot(1), batch(kThree)).value();
  writer_.connection.execute(context_, "CREATE TEMP TABLE refused AS SELECT '2' AS id").value();
  plan::Merge spares = snapshot(1);
  spares.snapshot->refused = "refused";
  EXPECT_EQ(write(spares, batch("(1, 'gb', 'a', 'I', 1)")).value().deleted, 1);
  EXPECT_THAT(rows("id, gone"), ElementsAre("1|false", "2|false", "3|true"));
}

TEST_P(ChangeSuite, EventsMarkTheirKeysAndTheLastOfAKeyCounts) {
  writer_.table.create(context_, cities()).value();
  write(events(), batch(kThree)).value();
  const std::string feed = batch(
      "(1, 'gb', NULL, 'D', 5), (1, 'gb', 'early', 'U', 4), (2, 'gb', 'b2', 'U', 2), "
      "(3, 'fr', 'late', 'U', 0), (4, 'fr', 'x', 'delete', 1), (3, 'fr', 'c', NULL, NULL)");
  const Receipt receipt = write(events(), feed).value();
  EXPECT_EQ(receipt.rows_in, 6);
  EXPECT_EQ(receipt.deleted, 1);
  EXPECT_EQ(receipt.updated, 1);
  EXPECT_EQ(receipt.inserted, 1) << "a key that was never seen stands there as deleted";
  EXPECT_THAT(rows(kAll), ElementsAre("1|a|true|cdc_delete_signal", "2|b2|false", "3|false",
                                      "4|x|true|cdc_delete_signal"));
  const Receipt again = write(events(), feed).value();
  EXPECT_EQ(again.deleted + again.updated + again.inserted, 0);
  EXPECT_EQ(write(events(), batch("(1, 'gb', 'again', 'I', 6)")).value().updated, 1);
  EXPECT_THAT(rows("id, name, gone"),
              ElementsAre("1|again|false", "2|b2|false", "3|false", "4|x|true"));
}

TEST_P(ChangeSuite, EventsRemoveTheirKeysWithoutAMark) {
  writer_.table.create(context_, cities()).value();
  plan::Merge hard = events();
  hard.soft_delete.reset();
  write(hard, batch(kThree)).value();
  const std::string feed = batch("(1, 'gb', NULL, 'D', 5), (9, 'gb', NULL, 'D', 5)");
  const Receipt receipt = write(hard, feed).value();
  EXPECT_EQ(receipt.deleted, 1);
  EXPECT_EQ(receipt.unchanged, 1) << "a key that is not there";
  EXPECT_THAT(rows("id, name"), ElementsAre("2|b", "3"));
  EXPECT_EQ(write(hard, feed).value().deleted, 0);
}

TEST_P(ChangeSuite, SurrogateKeysAreADigestOfTheKeyOrStayWithTheRow) {
  writer_.table.create(context_, cities()).value();
  plan::Merge keyed{.key = {"id", "land"}, .surrogate_key = plan::SurrogateKey{.column = "sk"}};
  write(keyed, batch("(1, 'gb', 'a', '', 1)")).value();
  // sha256 of "1|gb"
  EXPECT_THAT(rows("sk"), ElementsAre("b09985090d38e2a5"));
  keyed.surrogate_key->is_random = true;
  write(keyed, batch("(2, 'gb', 'b', '', 1), (3, 'gb', 'c', '', 1)")).value();
  const auto before = rows("id, sk");
  EXPECT_EQ(before[1].size(), 2U + 36U);
  EXPECT_NE(before[1].substr(2), before[2].substr(2));
  EXPECT_EQ(write(keyed, batch("(2, 'gb', 'changed', '', 1)")).value().updated, 1);
  EXPECT_EQ(rows("id, sk"), before);
}

TEST_P(ChangeSuite, RowsOfOthersGetTheirSurrogateKeyAndTheirMarkWhenTheyCome) {
  writer_.table.create(context_, cities()).value();
  write(plan::Append{}, batch("(1, 'gb', 'a', '', 1), (2, 'gb', 'b', '', 1)")).value();
  plan::Merge merge = marking();
  merge.key = {"id", "land"};
  merge.surrogate_key = plan::SurrogateKey{.column = "sk"};
  EXPECT_EQ(write(merge, batch("(1, 'gb', 'a', '', 1)")).value().updated, 1);
  EXPECT_THAT(rows("id, sk, gone"), ElementsAre("1|b09985090d38e2a5|false", "2"));
  EXPECT_EQ(write(merge, batch("(1, 'gb', 'a', '', 1)")).value().unchanged, 1);
}

TEST_P(ChangeSuite, TheUnknownMemberIsPutInOnceAndLeftAlone) {
  writer_.table.create(context_, cities()).value();
  plan::Merge merge = snapshot(1);
  merge.surrogate_key = plan::SurrogateKey{.column = "sk"};
  merge.unknown_member =
      plan::UnknownMember{.surrogate_key = "-1", .values = {{"name", plan::Value("nobody")}}};
  const Receipt first = write(merge, batch(kNoRows)).value();
  EXPECT_EQ(first.inserted, 1);
  EXPECT_EQ(first.unchanged, 0);
  EXPECT_THAT(rows("sk, id, land, name, gone"), ElementsAre("-1|-1|Unknown|nobody|false"));
  EXPECT_EQ(write(merge, batch("(-1, 'gb', 'a key like it', '', 1)")).value().inserted, 1);
  EXPECT_EQ(write(merge, batch("(5, 'gb', 'b', '', 1)")).value().deleted, 1);
  EXPECT_THAT(rows("id, name, gone"),
              ElementsAre("-1|a key like it|true", "-1|nobody|false", "5|b|false"));
}

TEST_P(ChangeSuite, RandomEventsEqualAnOracle) {
  writer_.table.create(context_, cities()).value();
  std::mt19937 random(20'260'401);
  Oracle oracle;
  const int rows_each = test_size(1'500, 20'000);
  for (int n = 0; n < 6; ++n) {
    std::string values;
    std::map<int, std::map<std::int64_t, std::pair<std::string, std::string>>> by_key;
    for (int i = 0; i < rows_each; ++i) {
      const int id = static_cast<int>(random() % kHistories);
      const std::string name = one_of(random, "abc-");
      const std::string op = one_of(random, "IUUD");
      const auto ts = static_cast<std::int64_t>(random() % 30);
      values += fmt::format("{}({}, 'gb', {}, '{}', {})", values.empty() ? "" : ", ", id,
                            sql_of(name), op, ts);
      by_key[id][ts] = {name, op};
    }
    for (const auto& [id, events_of_key] : by_key) {
      const auto& [ts, last] = *events_of_key.rbegin();
      put(oracle, id, last.first, last.second, ts);
    }
    write(events(), batch(values)).value();
    EXPECT_EQ(rows(kHeld), texts_of(oracle)) << "after batch " << n;
    const Receipt again = write(events(), batch(values)).value();
    EXPECT_EQ(again.inserted + again.updated + again.deleted, 0) << "batch " << n << " again";
  }
}

TEST_P(ChangeSuite, RandomSnapshotsEqualAnOracle) {
  writer_.table.create(context_, cities()).value();
  std::mt19937 random(20'260'402);
  plan::Merge merge = snapshot(1);
  merge.snapshot->scope = {"land"};
  Oracle oracle;
  for (int n = 0; n < 6; ++n) {
    std::string values;
    const auto lands = static_cast<unsigned>(1 + random() % 7);  // which of three lands come
    std::set<int> seen;
    for (int id = 0; id < kHistories; ++id) {
      const int land = id % 3;
      if ((lands >> land & 1U) == 0 || random() % 4 == 0) {
        continue;
      }
      const std::string name = one_of(random, "ab-");
      values += fmt::format("{}({}, 'land{}', {}, 'I', 1)", values.empty() ? "" : ", ", id, land,
                            sql_of(name));
      seen.insert(id);
      oracle[id] = {name, "I", 1, ""};
    }
    for (auto& [id, held] : oracle) {
      if ((lands >> (id % 3) & 1U) != 0 && !seen.contains(id)) {
        held.why = "missing_from_snapshot";
      }
    }
    write(merge, batch(values)).value();
    EXPECT_EQ(rows(kHeld), texts_of(oracle)) << "after snapshot " << n;
  }
}

TEST_P(ChangeSuite, AColumnThatTheMergeFillsMustBeThere) {
  create();
  const plan::Merge keyed{.key = {"id"}, .surrogate_key = plan::SurrogateKey{.column = "nope"}};
  EXPECT_EQ(write(keyed, "SELECT 1::BIGINT AS id").error().message,
            "the table lacks a column that this write fills: 'nope'");
}

}  // namespace sluice::table
