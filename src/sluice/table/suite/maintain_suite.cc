// Older versions, compaction, removal of what is not needed, and columns that change, over every
// format.
#include <atomic>
#include <thread>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/table/change/statistics.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/suite/suite.h"

namespace sluice::table {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsSupersetOf;

void link_maintain_suite() {}

Result<std::vector<std::string>> TableSuite::rows_at(const At& at, std::string_view columns) {
  SLUICE_CHECK(writer_.table.make_view(context_, at, "looked_at"));
  SLUICE_TRY(
      const auto found,
      find_text_rows(context_, writer_.connection,
                     fmt::format("SELECT concat_ws('|', {}) FROM looked_at ORDER BY 1", columns)));
  std::vector<std::string> lines;
  for (const TextRow& row : found) {
    lines.push_back(row[0].value_or("NULL"));
  }
  return lines;
}

namespace {

constexpr std::string_view kThreeTrips =
    "SELECT * FROM (VALUES (1::BIGINT, 'ann', 1.50::DECIMAL(10,2)), (2, 'bob', 2.50), (3, NULL, "
    "NULL)) v(id, name, amount)";
constexpr std::string_view kTwoAndFour =
    "SELECT * FROM (VALUES (2::BIGINT, 'bea', 9.00::DECIMAL(10,2)), (4, 'dan', 4.00)) v(id, name, "
    "amount)";

plan::Merge merge_by_id() { return {.key = {"id"}}; }

Evolve add_note() {
  return {.changes = {schema::AddColumn{.field = {.name = "note", .type = {schema::Text{}}}}}};
}

std::vector<schema::Change> changes_in_place() {
  return {schema::WidenColumn{
              .name = "small", .from = {schema::Integer{.bits = 32}}, .to = {schema::Integer{}}},
          schema::RenameColumn{.from = "name", .to = "label"},
          schema::DropColumn{.field = {.name = "amount", .type = {schema::Text{}}}}};
}

}  // namespace

TEST_P(TableSuite, TheFirstCommitMakesTheTable) {
  const auto is_there = [&] {
    return place_->open_writer().table.find_state(context_).value().has_value();
  };
  writer_.table.create_at_commit(context_, trips(), {}).value();
  EXPECT_EQ(writer_.table.find_state(context_).value().value().version, 0);
  EXPECT_FALSE(is_there());
  auto dropped = prepare(writer_, plan::Append{}, kThreeTrips, key_of("dropped")).value();
  dropped->abort(context_).value();
  dropped.reset();
  EXPECT_FALSE(is_there());
  EXPECT_EQ(write(plan::Append{}, kThreeTrips).value().version, 1);
  EXPECT_TRUE(is_there());
  EXPECT_THAT(rows(), ElementsAre("1|ann|1.50", "2|bob|2.50", "3"));
  EXPECT_EQ(writer_.table.history(context_).value().size(), 2U);
  if (GetParam().keeps_versions) {
    EXPECT_THAT(rows_at({.version = 0}).value(), IsEmpty());
  }
}

TEST_P(TableSuite, ATableThatAnotherMadeMeanwhileIsWrittenOn) {
  const Writer other = place_->open_writer();
  writer_.table.create_at_commit(context_, trips(), {}).value();
  other.table.create_at_commit(context_, trips(), {}).value();
  EXPECT_EQ(write(other, plan::Append{}, kThreeTrips, key_of("other#1")).value().version, 1);
  const auto later = write_until_committed(writer_, plan::Append{}, kTwoAndFour, key_of("mine#1"));
  ASSERT_TRUE(later.has_value()) << to_string(later.error());
  EXPECT_EQ(later->version, 2);
  EXPECT_EQ(count(), 5);
}

TEST_P(TableSuite, OlderVersionsAreReadByNumberAndByInstant) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  write(merge_by_id(), kTwoAndFour).value();
  const std::vector<std::string> second = rows();
  write(plan::Overwrite{}, kTwoAndFour).value();
  EXPECT_EQ(rows_at({}).value(), rows());
  EXPECT_EQ(rows_at({.version = 3}).value(), rows());
  EXPECT_EQ(rows_at({.version = 4}).error().code, ErrorCode::NotFound);
  const std::vector<Version> history = writer_.table.history(context_).value();
  const At by_instant{.version = {}, .instant = history[1].committed_at};
  if (!GetParam().keeps_versions) {
    const auto refused = rows_at({.version = 1});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(refused.error().hint, HasSubstr("DuckLake"));
    EXPECT_EQ(rows_at(by_instant).error().code, ErrorCode::Unsupported);
    return;
  }
  EXPECT_THAT(rows_at({.version = 0}).value(), IsEmpty());
  EXPECT_THAT(rows_at({.version = 1}).value(), ElementsAre("1|ann|1.50", "2|bob|2.50", "3"));
  EXPECT_EQ(rows_at({.version = 2}).value(), second);
  EXPECT_EQ(rows_at(by_instant).value(), second);
  const At before{.version = {}, .instant = history.back().committed_at - std::chrono::hours(1)};
  EXPECT_EQ(rows_at(before).error().code, ErrorCode::NotFound);
}

TEST_P(TableSuite, ALongPastIsReadBack) {
  create();
  const int commits = GetParam().long_history;
  for (int i = 0; i < commits; ++i) {
    write(plan::Append{}, fmt::format("SELECT {}::BIGINT AS id", i)).value();
  }
  if (!GetParam().keeps_versions) {
    return;
  }
  for (const std::int64_t version : {commits / 2, commits - 1}) {
    EXPECT_EQ(rows_at({.version = version}, "id").value().size(),
              static_cast<std::size_t>(version));
  }
}

TEST_P(TableSuite, ACompactionPutsSmallFilesTogether) {
  create();
  for (int i = 0; i < 5; ++i) {
    write(plan::Append{}, fmt::format("SELECT {}::BIGINT AS id, 'a' AS name", i)).value();
  }
  const auto before = rows();
  const auto compacted = writer_.table.maintain(context_, Compact{});
  if (!GetParam().has_compaction) {
    ASSERT_FALSE(compacted.has_value());
    EXPECT_EQ(compacted.error().code, ErrorCode::Unsupported);
    EXPECT_FALSE(compacted.error().hint.empty());
    return;
  }
  ASSERT_TRUE(compacted.has_value()) << to_string(compacted.error());
  if (GetParam().keeps_small_writes_in_catalog) {
    EXPECT_EQ(compacted->written, 1);
  } else {
    EXPECT_GE(compacted->deleted, 4);
  }
  EXPECT_EQ(rows(), before);
  EXPECT_EQ(rows_at({}).value(), before);
  if (compacted->version.has_value()) {
    const Version newest = writer_.table.history(context_).value().front();
    EXPECT_EQ(newest.version, *compacted->version);
    EXPECT_EQ(newest.operation, "compact");
    EXPECT_EQ(newest.rows, 5);
  }
  EXPECT_EQ(writer_.table.maintain(context_, Compact{}).value().deleted, 0) << "nothing is small";
  EXPECT_EQ(rows_at({.version = 2}).value().size(), 2U) << "older versions keep their files";
  EXPECT_EQ(write(merge_by_id(), kThreeTrips).value().updated, 3);
  EXPECT_EQ(count(), 5);
}

TEST_P(TableSuite, ACompactionKeepsPartitionsApart) {
  if (!GetParam().has_compaction) {
    return;
  }
  plan::CreateTable create = trips();
  create.partition_by = {{.column = "name"}};
  writer_.table.create(context_, create).value();
  for (int i = 0; i < 3; ++i) {
    write(plan::Append{}, fmt::format("SELECT * FROM (VALUES ({0}::BIGINT, 'x y'), ({0}, NULL)) "
                                      "v(id, name)",
                                      i))
        .value();
  }
  const auto before = rows();
  const Maintained done = writer_.table.maintain(context_, Compact{}).value();
  EXPECT_GE(GetParam().keeps_small_writes_in_catalog ? done.written * 2 : done.deleted, 4);
  EXPECT_EQ(rows(), before);
  EXPECT_EQ(
      write(plan::OverwritePartitions{}, "SELECT 9::BIGINT AS id, 'x y' AS name").value().deleted,
      3);
}

TEST_P(TableSuite, WritersAndACompactionMeetWithoutLosingARow) {
  if (!GetParam().has_compaction) {
    return;
  }
  constexpr int kWrites = 8;
  create();
  const Writer other = place_->open_writer();
  std::atomic<bool> is_done = false;
  std::atomic<int> failed = 0;
  std::thread writing([&] {
    for (int i = 0; i < kWrites; ++i) {
      const auto written =
          write_until_committed(other, plan::Append{}, fmt::format("SELECT {}::BIGINT AS id", i),
                                key_of(fmt::format("met {}", i)));
      failed += written.has_value() ? 0 : 1;
    }
    is_done = true;
  });
  do {
    const auto done = writer_.table.maintain(context_, Compact{});
    if (!done.has_value()) {
      EXPECT_EQ(done.error().code, ErrorCode::CommitConflict) << to_string(done.error());
    }
  } while (!is_done);
  writing.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(count(), kWrites);
  EXPECT_EQ(count("id BETWEEN 0 AND 7"), kWrites);
}

TEST_P(TableSuite, AVacuumTakesThePastAndLeavesThePresent) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  write(plan::Overwrite{}, kTwoAndFour).value();
  const auto before = rows();
  const auto past = context_.clock->now() - std::chrono::hours(1);
  writer_.table.maintain(context_, Vacuum{.older_than = past}).value();
  if (GetParam().keeps_versions) {
    EXPECT_EQ(rows_at({.version = 1}).value().size(), 3U) << "younger than the instant";
  }
  const auto soon = context_.clock->now() + std::chrono::hours(1);
  EXPECT_EQ(writer_.table.maintain(context_, Vacuum{.older_than = soon}).value().failed, 0);
  EXPECT_EQ(rows(), before);
  EXPECT_EQ(rows_at({}).value(), before);
  if (GetParam().keeps_versions) {
    EXPECT_EQ(rows_at({.version = 1}).error().code, ErrorCode::NotFound);
  }
  EXPECT_EQ(write(merge_by_id(), kThreeTrips).value().inserted, 2);
}

TEST_P(TableSuite, AVacuumGoesByWhenAVersionWasReplaced) {
  if (!GetParam().keeps_versions) {
    GTEST_SKIP() << "the newest version alone is kept";
  }
  create();
  write(plan::Append{}, kThreeTrips).value();
  write(plan::Append{}, kTwoAndFour).value();
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const auto instant = context_.clock->now();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  write(plan::Overwrite{}, kTwoAndFour).value();
  writer_.table.maintain(context_, Vacuum{.older_than = instant}).value();
  EXPECT_EQ(rows_at({.version = 2}).value().size(), 5U) << "replaced after the instant";
  EXPECT_EQ(rows_at({.version = {}, .instant = instant}).value().size(), 5U);
  write(plan::Overwrite{}, kThreeTrips).value();
  EXPECT_EQ(rows_at({.version = 2}).value().size(), 5U);
  EXPECT_EQ(rows_at({.version = 3}).value().size(), 2U);
}

TEST_P(TableSuite, AVacuumForgetsTheNewestKeyOfNoStream) {
  create();
  for (const char* key : {"quiet#9", "quiet#10", "busy#1", "busy#02"}) {
    write(writer_, plan::Append{}, "SELECT 1::BIGINT AS id", key_of(key)).value();
  }
  const auto soon = context_.clock->now() + std::chrono::hours(1);
  writer_.table.maintain(context_, Vacuum{.older_than = soon}).value();
  const Writer later = place_->open_writer();
  for (const char* key : {"quiet#10", "busy#02"}) {
    EXPECT_TRUE(later.table.find_commit(context_, key).value().has_value()) << key;
  }
  write_until_committed(later, plan::Append{}, "SELECT 1::BIGINT AS id", key_of("quiet#10"))
      .value();
  EXPECT_EQ(count(), 4) << "what was committed is not written again";
}

TEST_P(TableSuite, CleaningTakesWhatNoVersionNamesAndLeavesThePast) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  write(plan::Overwrite{}, kTwoAndFour).value();
  prepare(writer_, plan::Append{}, kThreeTrips, key_of("of one that died")).value();
  const bool has_left_one = !place_->stray_files().empty();
  EXPECT_EQ(has_left_one, GetParam().has_files);
  const auto past = context_.clock->now() - std::chrono::hours(1);
  const auto soon = context_.clock->now() + std::chrono::hours(1);
  EXPECT_EQ(writer_.table.maintain(context_, Clean{.older_than = past}).value().deleted, 0);
  const Maintained done = writer_.table.maintain(context_, Clean{.older_than = soon}).value();
  if (has_left_one) {
    EXPECT_EQ(done.deleted, 1);
  }
  EXPECT_EQ(done.failed, 0);
  EXPECT_THAT(place_->stray_files(), IsEmpty());
  EXPECT_THAT(rows(), ElementsAre("2|bea|9.00", "4|dan|4.00"));
  if (GetParam().keeps_versions) {
    EXPECT_EQ(rows_at({.version = 1}).value().size(), 3U);
  }
}

TEST_P(TableSuite, AWriteThatWasCleanedAwayIsNoCommit) {
  if (!GetParam().has_files) {
    GTEST_SKIP() << "the database answers for its files, or rows lie in no file";
  }
  create();
  write(plan::Append{}, kThreeTrips).value();
  auto prepared = prepare(writer_, plan::Append{}, kTwoAndFour, key_of("slow")).value();
  const Writer other = place_->open_writer();
  const auto soon = context_.clock->now() + std::chrono::hours(1);
  static_cast<void>(other.table.maintain(context_, Clean{.older_than = soon}));
  const auto outcome = writer_.table.commit(context_, std::move(prepared));
  if (outcome.has_value() && std::holds_alternative<Conflict>(*outcome)) {
    write_until_committed(writer_, plan::Append{}, kTwoAndFour, key_of("slow")).value();
  }
  EXPECT_EQ(rows_at({}).value().size(), 5U);
}

TEST_P(TableSuite, AColumnIsAddedAndOldRowsHoldNothingInIt) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  EXPECT_EQ(writer_.table.maintain(context_, add_note()).value().version, 2);
  const Version newest = writer_.table.history(context_).value().front();
  EXPECT_EQ(newest.operation, "evolve");
  EXPECT_EQ(newest.rows, 3);
  EXPECT_EQ(writer_.table.find_state(context_).value()->version, 2);
  EXPECT_THAT(rows_at({}, "id, coalesce(note, '-')").value(), ElementsAre("1|-", "2|-", "3|-"));
  write(plan::Append{}, "SELECT 4::BIGINT AS id, 'four' AS note").value();
  const Writer other = place_->open_writer();
  write(other, merge_by_id(), "SELECT 2::BIGINT AS id, 'two' AS note", key_of("noted")).value();
  EXPECT_THAT(rows("id, name, coalesce(note, '-')"),
              ElementsAre("1|ann|-", "2|bob|two", "3|-", "4|four"));
  const auto again = writer_.table.maintain(context_, add_note());
  ASSERT_FALSE(again.has_value());
  EXPECT_EQ(again.error().code, ErrorCode::InvalidArgument);
  if (GetParam().keeps_versions) {
    EXPECT_EQ(rows_at({.version = 1}, "*COLUMNS(*)").value().front(), "1|ann|1.50");
  }
}

TEST_P(TableSuite, ColumnsAreWidenedRenamedAndDropped) {
  plan::CreateTable create = trips();
  create.schema.fields.push_back({.name = "small", .type = {schema::Integer{.bits = 32}}});
  writer_.table.create(context_, create).value();
  write(plan::Append{}, fmt::format("SELECT *, id::INTEGER AS small FROM ({})", kThreeTrips))
      .value();
  if (!GetParam().evolves_in_place) {
    for (const schema::Change& change : changes_in_place()) {
      const auto refused = writer_.table.maintain(context_, Evolve{.changes = {change}});
      ASSERT_FALSE(refused.has_value()) << schema::to_string(change);
      EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
      EXPECT_THAT(refused.error().hint, HasSubstr("new table"));
    }
    EXPECT_EQ(writer_.table.find_state(context_).value()->version, 1) << "nothing was written";
    EXPECT_THAT(place_->stray_files(), IsEmpty());
    return;
  }
  writer_.table.maintain(context_, Evolve{.changes = changes_in_place()}).value();
  EXPECT_EQ(schema::to_string(writer_.table.find_state(context_).value()->schema),
            schema::to_string(
                schema::Schema{{{.name = "id", .type = {schema::Integer{}}, .nullable = false},
                                {.name = "label", .type = {schema::Text{}}},
                                {.name = "small", .type = {schema::Integer{}}}}}));
  EXPECT_THAT(rows("id, label, small"), ElementsAre("1|ann|1", "2|bob|2", "3|3"));
  write(merge_by_id(), "SELECT 2::BIGINT AS id, 'bea' AS label, 5000000000::BIGINT AS small")
      .value();
  EXPECT_THAT(rows("id, label, small"), ElementsAre("1|ann|1", "2|bea|5000000000", "3|3"));
  EXPECT_THAT(place_->stray_files(), IsEmpty());
  if (GetParam().keeps_versions) {
    EXPECT_EQ(rows_at({.version = 1}, "id, name, amount, small").value().front(), "1|ann|1.50|1");
  }
}

TEST_P(TableSuite, AnotherTypeIsRefusedByEveryFormat) {
  create();
  const auto refused = writer_.table.maintain(
      context_, Evolve{.changes = {schema::RetypeColumn{
                           .name = "name", .from = {schema::Text{}}, .to = {schema::Integer{}}}}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
  EXPECT_THAT(refused.error().hint, HasSubstr("Add a column of the new type"));
  EXPECT_EQ(writer_.table.find_state(context_).value()->version, 0);
}

TEST_P(TableSuite, AColumnBecomesOptionalAndIsRequiredOnlyWhenItIsFilled) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  writer_.table
      .maintain(context_,
                Evolve{.changes = {schema::ChangeNullability{.name = "id", .nullable = true}}})
      .value();
  write(plan::Append{}, "SELECT NULL::BIGINT AS id, 'nobody' AS name").value();
  EXPECT_EQ(count("id IS NULL"), 1);
  const Evolve required{.changes = {schema::ChangeNullability{.name = "name", .nullable = false}}};
  const auto refused = writer_.table.maintain(context_, required);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code,
            GetParam().evolves_in_place ? ErrorCode::DataRejected : ErrorCode::Unsupported);
  if (GetParam().evolves_in_place) {
    write(merge_by_id(), "SELECT 3::BIGINT AS id, 'cid' AS name").value();
    writer_.table.maintain(context_, required).value();
    EXPECT_FALSE(writer_.table.find_state(context_).value()->schema.find("name")->nullable);
    EXPECT_EQ(write(plan::Append{}, "SELECT 9::BIGINT AS id").error().code,
              ErrorCode::InvalidArgument);
  }
}

TEST_P(TableSuite, AWriteThatBeganOnOtherColumnsIsAConflict) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  const Writer other = place_->open_writer();
  auto prepared = prepare(writer_, merge_by_id(), kTwoAndFour, key_of("late")).value();
  other.table.maintain(context_, add_note()).value();
  EXPECT_TRUE(std::holds_alternative<Conflict>(
      writer_.table.commit(context_, std::move(prepared)).value()));
  write_until_committed(writer_, merge_by_id(), kTwoAndFour, key_of("late")).value();
  EXPECT_THAT(rows(), ElementsAre("1|ann|1.50", "2|bea|9.00", "3", "4|dan|4.00"));
}

TEST_P(TableSuite, WhatIsSaidOfTheTableAndItsColumnsIsChanged) {
  plan::CreateTable create = trips();
  create.schema.fields[1].comment = "who rode";
  writer_.table.create(context_, create, {{"owner", "ann"}, {"note", "of two\nlines: x"}}).value();
  write(plan::Append{}, kThreeTrips).value();
  const Writer other = place_->open_writer();
  other.table
      .maintain(context_, Describe{.properties = {{"owner", "bob"}, {"classification", "open"}},
                                   .comments = {{"AMOUNT", "in euro"}}})
      .value();
  const TableState state = writer_.table.find_state(context_).value().value();
  EXPECT_EQ(state.version, 2);
  EXPECT_THAT(state.properties,
              IsSupersetOf(Properties{
                  {"owner", "bob"}, {"classification", "open"}, {"note", "of two\nlines: x"}}));
  EXPECT_EQ(state.schema.find("name")->comment, "who rode");
  EXPECT_EQ(state.schema.find("amount")->comment, "in euro");
  EXPECT_EQ(writer_.table.history(context_).value().front().operation, "describe");
  EXPECT_EQ(write(merge_by_id(), kTwoAndFour).value().inserted, 1);
  EXPECT_THAT(rows(), ElementsAre("1|ann|1.50", "2|bea|9.00", "3", "4|dan|4.00"));
  const auto refused = writer_.table.maintain(context_, Describe{.comments = {{"age", "years"}}});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(writer_.table.find_state(context_).value()->version, 3);
}

TEST_P(TableSuite, StatisticsAreThoseOfTheRows) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  writer_.table.make_view(context_, {}, "looked_at").value();
  const TableStatistics seen = load_statistics(context_, writer_.connection, "looked_at").value();
  EXPECT_EQ(seen.rows, 3);
  ASSERT_EQ(seen.columns.size(), 3U);
  EXPECT_EQ(seen.columns[0].nulls, 0);
  EXPECT_EQ(seen.columns[0].min, "1");
  EXPECT_EQ(seen.columns[0].max, "3");
  EXPECT_EQ(seen.columns[1].nulls, 1);
  EXPECT_EQ(seen.columns[1].max, "bob");
  EXPECT_EQ(seen.columns[2].min, "1.50");
}

}  // namespace sluice::table
