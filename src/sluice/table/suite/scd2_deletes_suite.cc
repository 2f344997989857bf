// Histories with deletes over every format, against an oracle that walks the points of each key.
#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <optional>
#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/test_size.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/suite/suite.h"

namespace sluice::table {

using testing::ElementsAre;
using testing::HasSubstr;

void link_scd2_deletes_suite() {}

namespace {

constexpr std::string_view kHistory =
    "id, version, tier, effective_from, effective_to, is_current, is_deleted, deleted_at, why";
constexpr std::string_view kUnmarked =
    "id, version, tier, effective_from, effective_to, is_current";
constexpr std::int64_t kOpen = 9999;

plan::CreateTable dimension() {
  return {.target = {.parts = {"trips"}},
          .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}},
                                {.name = "tier", .type = {schema::Text{}}},
                                {.name = "op", .type = {schema::Text{}}},
                                {.name = "seen", .type = {schema::Integer{}}},
                                {.name = "clock", .type = {schema::Integer{}}},
                                {.name = "effective_from", .type = {schema::Integer{}}},
                                {.name = "effective_to", .type = {schema::Integer{}}},
                                {.name = "is_current", .type = {schema::Boolean{}}},
                                {.name = "version", .type = {schema::Integer{}}},
                                {.name = "sk", .type = {schema::Text{}}},
                                {.name = "reason", .type = {schema::Text{}}},
                                {.name = "is_deleted", .type = {schema::Boolean{}}},
                                {.name = "deleted_at", .type = {schema::Integer{}}},
                                {.name = "why", .type = {schema::Text{}}}}}};
}

/// Without marks.
plan::Scd2 hard() {
  return {
      .key = {"id"},
      .track_columns = {"tier"},
      .timestamp_column = "seen",
      .version_column = "version",
      .surrogate_column = "sk",
      .reason_column = "reason",
      .first_effective_from = plan::Value(std::int64_t{-1}),
      .open_effective_to = plan::Value(kOpen),
      .events = plan::ChangeEvents{
          .operation_column = "op", .delete_values = {"D", "delete"}, .timestamp_column = "clock"}};
}

plan::Scd2 soft() {
  plan::Scd2 scd2 = hard();
  scd2.soft_delete = plan::SoftDelete{.column = "is_deleted",
                                      .deleted = plan::Value(true),
                                      .time_column = "deleted_at",
                                      .reason_column = "why"};
  return scd2;
}

/// id, tier, op, seen; the clock of an event is its instant.
std::string batch(std::string_view values) {
  return fmt::format(
      "SELECT id::BIGINT AS id, tier::VARCHAR AS tier, op::VARCHAR AS op, seen::BIGINT AS seen, "
      "seen::BIGINT AS clock FROM (VALUES {}) v(id, tier, op, seen)",
      values);
}

struct OracleEvent {
  bool gone = false;
  std::string tier;
};
using OracleBatch = std::map<std::int64_t, OracleEvent>;

struct OracleVersion {
  std::string tier;
  std::int64_t from = 0;
  std::int64_t to = kOpen;
  std::int64_t seen = 0;  // the instant of the row that made it
  std::optional<std::int64_t> gone_at;
};
using OracleHistory = std::vector<OracleVersion>;

/// At most one for each instant: from here on this tier, or nothing.
struct OraclePoint {
  bool gone = false;
  bool has_row = false;  // of the table, which keeps its rows
  std::string tier;
  std::int64_t seen = 0;
  std::int64_t gone_at = 0;
};
using OraclePoints = std::map<std::int64_t, OraclePoint>;

OraclePoints points_of(const OracleHistory& history) {
  OraclePoints points;
  for (const OracleVersion& version : history) {
    const bool is_empty = version.to <= version.from;
    points[version.from] = {.gone = is_empty,
                            .has_row = true,
                            .tier = version.tier,
                            .seen = version.seen,
                            .gone_at = version.gone_at.value_or(0)};
  }
  for (const OracleVersion& version : history) {
    if (version.gone_at && version.to > version.from) {
      points.try_emplace(version.to, OraclePoint{.gone = true, .gone_at = *version.gone_at});
    }
  }
  return points;
}

void put_delete(OraclePoints& points, std::int64_t instant) {
  for (const auto& [start, point] : points) {
    const bool tells = start < instant || (start == instant && point.has_row);
    if (tells && !(point.gone && !point.has_row) && point.seen > instant) {
      return;  // the key was seen later
    }
  }
  OraclePoint& point = points[instant];
  if (!point.gone) {
    point.gone = true;
    point.gone_at = instant;
  }
}

void put_live(OraclePoints& points, std::int64_t instant, const std::string& tier,
              std::int64_t seen) {
  const auto there = points.find(instant);
  if (there != points.end() && !there->second.gone && there->second.tier == tier) {
    return;
  }
  const bool has_row = there != points.end() && there->second.has_row;
  points[instant] = {.gone = false, .has_row = has_row, .tier = tier, .seen = seen};
}

/// Points that change nothing are no versions; a version lasts until the next point.
OracleHistory versions_of(const OraclePoints& points) {
  OracleHistory history;
  std::optional<std::string> before;
  for (const auto& [start, point] : points) {
    const std::optional<std::string> now = point.gone ? std::nullopt : std::optional(point.tier);
    if (point.has_row || now != before) {
      if (!history.empty() && history.back().to == kOpen) {
        history.back().to = start;
        if (point.gone && !point.has_row) {
          history.back().gone_at = point.gone_at;
        }
      }
      if (point.has_row || now) {
        history.push_back({.tier = point.tier, .from = start, .seen = point.seen});
        if (point.gone) {
          history.back().to = start;
          history.back().gone_at = point.gone_at;
        }
      }
    }
    before = now;
  }
  return history;
}

void put_all(OracleHistory& history, OracleBatch events, const plan::Scd2& scd2) {
  OraclePoints points = points_of(history);
  const bool has_start = scd2.first_effective_from.has_value();
  if (history.empty() && scd2.soft_delete && events.begin()->second.gone) {
    const auto [instant, event] = *events.begin();
    events.erase(events.begin());
    if (has_start) {
      points[-1] = {.tier = event.tier, .seen = instant};
      points[instant] = {.gone = true, .gone_at = instant};
    } else {
      points[instant] = {
          .gone = true, .has_row = true, .tier = event.tier, .seen = instant, .gone_at = instant};
    }
  } else if (history.empty()) {
    while (!events.empty() && events.begin()->second.gone) {
      events.erase(events.begin());
    }
    if (!events.empty() && has_start) {
      points[-1] = {.tier = events.begin()->second.tier, .seen = events.begin()->first};
      events.erase(events.begin());
    }
  }
  for (const auto& [instant, event] : events) {
    if (event.gone) {
      put_delete(points, instant);
    } else {
      put_live(points, instant, event.tier, instant);
    }
  }
  history = versions_of(points);
}

std::vector<std::string> lines_of(const std::map<int, OracleHistory>& oracle, bool is_soft) {
  std::vector<std::string> lines;
  for (const auto& [id, versions] : oracle) {
    for (std::size_t i = 0; i < versions.size(); ++i) {
      const OracleVersion& one = versions[i];
      std::string line =
          fmt::format("{}|{}|{}|{}|{}|{}", id, i + 1, one.tier, one.from, one.to, one.to == kOpen);
      if (is_soft) {
        line += one.gone_at ? fmt::format("|true|{}|cdc_delete_signal", *one.gone_at) : "|false";
      }
      lines.push_back(std::move(line));
    }
  }
  std::ranges::sort(lines);
  return lines;
}

}  // namespace

TEST_P(ChangeSuite, AnScd2DeleteEndsTheOpenVersionAndMarksIt) {
  writer_.table.create(context_, dimension()).value();
  write(soft(), batch("(1, 'free', 'I', 10), (2, 'pro', 'I', 10)")).value();
  const Receipt receipt = write(soft(), batch("(1, NULL, 'D', 20)")).value();
  EXPECT_EQ(receipt.inserted + receipt.updated + receipt.unchanged, 0);
  EXPECT_EQ(receipt.deleted, 1);
  EXPECT_THAT(rows(kHistory), ElementsAre("1|1|free|-1|20|false|true|20|cdc_delete_signal",
                                          "2|1|pro|-1|9999|true|false"));
  const Receipt again = write(soft(), batch("(1, NULL, 'D', 20)")).value();
  EXPECT_EQ(again.unchanged, 1);
  EXPECT_EQ(again.deleted + again.updated + again.inserted, 0);
}

TEST_P(ChangeSuite, AnScd2DeleteWithoutMarksEndsTheOpenVersion) {
  writer_.table.create(context_, dimension()).value();
  write(hard(), batch("(1, 'free', 'I', 10)")).value();
  const Receipt receipt =
      write(hard(), batch("(1, NULL, 'delete', 20), (7, NULL, 'D', 20)")).value();
  EXPECT_EQ(receipt.deleted, 1);
  EXPECT_EQ(receipt.unchanged, 1);
  EXPECT_THAT(rows(kHistory), ElementsAre("1|1|free|-1|20|false"));
}

TEST_P(ChangeSuite, AnScd2KeyThatComesBackBeginsAVersionAfterTheGap) {
  writer_.table.create(context_, dimension()).value();
  for (const plan::Scd2& scd2 : {soft(), hard()}) {
    const int id = scd2.soft_delete ? 1 : 2;
    const auto one = [&](const char* row) { return batch(fmt::format("({}, {})", id, row)); };
    write(scd2, one("'free', 'I', 10")).value();
    write(scd2, one("'free', 'D', 20")).value();
    const Receipt receipt = write(scd2, one("'free', 'I', 30")).value();
    EXPECT_EQ(receipt.inserted, 1);
    EXPECT_EQ(receipt.updated + receipt.deleted + receipt.unchanged, 0);
    EXPECT_EQ(write(scd2, one("'free', 'D', 20")).value().unchanged, 1);
  }
  EXPECT_THAT(rows(kHistory), ElementsAre("1|1|free|-1|20|false|true|20|cdc_delete_signal",
                                          "1|2|free|30|9999|true|false", "2|1|free|-1|20|false",
                                          "2|2|free|30|9999|true"));
}

TEST_P(ChangeSuite, ALateScd2RowBeforeADeleteTakesItsMark) {
  writer_.table.create(context_, dimension()).value();
  write(soft(), batch("(1, 'free', 'I', 10), (1, NULL, 'D', 30)")).value();
  EXPECT_THAT(rows(kHistory), ElementsAre("1|1|free|-1|30|false|true|30|cdc_delete_signal"));
  const Receipt receipt = write(soft(), batch("(1, 'pro', 'U', 20)")).value();
  EXPECT_EQ(receipt.inserted, 1);
  EXPECT_EQ(receipt.updated, 1);
  EXPECT_EQ(receipt.deleted, 0);
  EXPECT_THAT(rows(kHistory), ElementsAre("1|1|free|-1|20|false|false",
                                          "1|2|pro|20|30|false|true|30|cdc_delete_signal"));
}

TEST_P(ChangeSuite, ALateScd2DeleteEndsTheVersionThatHoldsItsInstant) {
  writer_.table.create(context_, dimension()).value();
  write(soft(), batch("(1, 'free', 'I', 10), (1, 'pro', 'U', 30)")).value();
  EXPECT_EQ(write(soft(), batch("(1, NULL, 'D', 20)")).value().deleted, 1);
  EXPECT_THAT(rows(kHistory), ElementsAre("1|1|free|-1|20|false|true|20|cdc_delete_signal",
                                          "1|2|pro|30|9999|true|false"));
}

TEST_P(ChangeSuite, AnScd2DeleteThatIsOlderThanWhatIsKnownChangesNothing) {
  writer_.table.create(context_, dimension()).value();
  write(soft(), batch("(1, 'free', 'I', 30)")).value();
  EXPECT_EQ(write(soft(), batch("(1, NULL, 'D', 20)")).value().unchanged, 1);
  EXPECT_THAT(rows(kHistory), ElementsAre("1|1|free|-1|9999|true|false"));
}

TEST_P(ChangeSuite, AnScd2DeleteOfAKeyThatWasNeverSeenIsKeptWhereThereAreMarks) {
  writer_.table.create(context_, dimension()).value();
  const Receipt receipt = write(soft(), batch("(1, 'x', 'D', 20), (1, 'y', 'D', 25)")).value();
  EXPECT_EQ(receipt.inserted, 1);
  EXPECT_EQ(receipt.unchanged, 1);
  write(soft(), batch("(1, 'late', 'I', 10)")).value();
  EXPECT_THAT(rows(kHistory), ElementsAre("1|1|x|-1|10|false|false",
                                          "1|2|late|10|20|false|true|20|cdc_delete_signal"));
}

TEST_P(ChangeSuite, OfScd2EventsOfOneInstantTheLatestByTheirClockCounts) {
  writer_.table.create(context_, dimension()).value();
  const auto timed = [](std::string_view values) {
    return fmt::format(
        "SELECT 1::BIGINT AS id, tier::VARCHAR AS tier, op::VARCHAR AS op, 20::BIGINT AS seen, "
        "clock::BIGINT AS clock FROM (VALUES {}) v(tier, op, clock)",
        values);
  };
  write(soft(), batch("(1, 'free', 'I', 10)")).value();
  write(soft(), timed("('gone', 'D', 205), ('pro', 'U', 203)")).value();
  EXPECT_THAT(rows(kHistory), ElementsAre("1|1|free|-1|20|false|true|205|cdc_delete_signal"));
  EXPECT_EQ(write(soft(), timed("('pro', 'U', 204)")).value().unchanged, 1);
  EXPECT_EQ(write(soft(), timed("('gold', 'U', 206)")).value().inserted, 1);
  EXPECT_EQ(write(soft(), timed("('old', 'U', 201), ('gone', 'D', 202)")).value().unchanged, 2);
  EXPECT_THAT(rows(kHistory),
              ElementsAre("1|1|free|-1|20|false|false", "1|2|gold|20|9999|true|false"));
  EXPECT_EQ(write(soft(), timed("('gone', 'D', 207)")).value().deleted, 1);
  EXPECT_THAT(rows(kHistory), ElementsAre("1|1|free|-1|20|false|false",
                                          "1|2|gold|20|20|false|true|207|cdc_delete_signal"));
}

TEST_P(ChangeSuite, AnScd2VersionAfterADeleteSaysWhatDiffersFromTheOneBefore) {
  writer_.table.create(context_, dimension()).value();
  write(soft(), batch("(1, 'a', 'I', 10), (1, 'a', 'D', 20), (1, 'b', 'I', 30), (1, NULL, 'D', 40),"
                      "(1, 'b', 'I', 50)"))
      .value();
  EXPECT_THAT(rows("effective_from, tier, op, reason"),
              ElementsAre("-1|a|I|initial_load", "30|b|I|tier", "50|b|I"));
}

TEST_P(ChangeSuite, Scd2DeletesNeedTheirColumns) {
  writer_.table.create(context_, dimension()).value();
  plan::Scd2 scd2 = soft();
  scd2.track_columns = {"is_deleted"};
  EXPECT_THAT(write(scd2, batch("(1, 'a', 'I', 1)")).error().message,
              HasSubstr("cannot track the mark"));
  scd2 = soft();
  scd2.soft_delete->column = "nowhere";
  EXPECT_THAT(write(scd2, batch("(1, 'a', 'I', 1)")).error().message, HasSubstr("'nowhere'"));
  EXPECT_THAT(
      write(soft(), "SELECT 1::BIGINT AS id, 'a' AS tier, 1::BIGINT AS seen, 1::BIGINT AS clock")
          .error()
          .message,
      HasSubstr("'op'"));
}

TEST_P(ChangeSuite, RandomScd2HistoriesWithDeletesEqualAnOracle) {
  constexpr int kBatches = 5;
  const int histories = test_size(300, 1'500);
  constexpr std::array<std::string_view, 2> kTiers{"free", "pro"};
  plan::Scd2 without_start = soft();
  without_start.first_effective_from.reset();
  std::mt19937 random(20'260'411);
  writer_.table.create(context_, dimension()).value();
  for (const plan::Scd2& scd2 : {soft(), hard(), without_start}) {
    write(plan::Overwrite{}, "SELECT 0::BIGINT AS id, '' AS tier WHERE FALSE").value();
    std::map<int, OracleHistory> oracle;
    for (int n = 0; n < kBatches; ++n) {
      std::string values;
      std::map<int, OracleBatch> by_key;
      for (int i = 0; i < histories; ++i) {
        const int id = static_cast<int>(random() % static_cast<unsigned>(histories / 2));
        const auto seen = static_cast<std::int64_t>(random() % 25);
        const OracleEvent event{.gone = random() % 3 == 0,
                                .tier = std::string(kTiers[random() % kTiers.size()])};
        values += fmt::format("{}({}, '{}', '{}', {})", values.empty() ? "" : ", ", id, event.tier,
                              event.gone ? "D" : "U", seen);
        by_key[id][seen] = event;
      }
      for (const auto& [id, events] : by_key) {
        put_all(oracle[id], events, scd2);
      }
      write(scd2, batch(values)).value();
      if (n % 2 == 1) {
        const Receipt again = write(scd2, batch(values)).value();
        EXPECT_EQ(again.inserted + again.updated + again.deleted, 0);
        EXPECT_EQ(again.unchanged, histories);
      }
      const auto found = rows(scd2.soft_delete ? kHistory : kUnmarked);
      const auto expected = lines_of(oracle, scd2.soft_delete.has_value());
      std::vector<std::string> differing;
      std::ranges::set_symmetric_difference(found, expected, std::back_inserter(differing));
      ASSERT_THAT(differing, testing::IsEmpty()) << "batch " << n;
    }
  }
}

}  // namespace sluice::table
