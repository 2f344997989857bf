#include "sluice/table/suite/suite.h"

#include <atomic>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/table/change/text_rows.h"

namespace sluice::table {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TableSuite::TableSuite() : place_(GetParam().make()), writer_(place_->open_writer()) {
  link_scd2_suite();
  link_scd2_deletes_suite();
  link_delete_suite();
  link_maintain_suite();
  link_merge_suite();
}

plan::CreateTable TableSuite::trips() const {
  return {.target = {.parts = {"trips"}},
          .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}, .nullable = false},
                                {.name = "name", .type = {schema::Text{}}},
                                {.name = "amount",
                                 .type = {schema::Decimal{.precision = 10, .scale = 2}}}}}};
}

void TableSuite::create() { writer_.table.create(context_, trips()).value(); }

plan::Write TableSuite::write_of(const Writer& writer, plan::WriteMode mode,
                                 std::string_view rows) {
  plan::Write write{.target = {.parts = {"trips"}},
                    .schema = {},
                    .mode = std::move(mode),
                    .source = plan::NoRows{}};
  if (!rows.empty()) {
    writer.connection
        .execute(context_, fmt::format("CREATE OR REPLACE TEMP TABLE incoming AS {}", rows))
        .value();
    write.schema = writer.connection.describe(context_, "SELECT * FROM incoming").value();
    write.source = plan::Relation{.name = "incoming"};
  }
  return write;
}

CommitKey TableSuite::key_of(std::string key, std::string fingerprint) const {
  return {.key = std::move(key),
          .fingerprint = std::move(fingerprint),
          .ingest_id = make_uuid_v7(system_clock(), system_random())};
}

Result<std::unique_ptr<Prepared>> TableSuite::prepare(const Writer& writer, plan::WriteMode mode,
                                                      std::string_view rows, const CommitKey& key) {
  return writer.table.prepare(context_, write_of(writer, std::move(mode), rows), ColumnStream{},
                              key);
}

Result<Receipt> TableSuite::write(const Writer& writer, plan::WriteMode mode, std::string_view rows,
                                  const CommitKey& key) {
  SLUICE_TRY(auto prepared, prepare(writer, std::move(mode), rows, key));
  SLUICE_TRY(const CommitOutcome outcome, writer.table.commit(context_, std::move(prepared)));
  if (const auto* committed = std::get_if<Committed>(&outcome)) {
    return committed->receipt;
  }
  return make_error(ErrorCode::CommitConflict, "not committed");
}

Result<Receipt> TableSuite::write(plan::WriteMode mode, std::string_view rows) {
  return write(writer_, std::move(mode), rows, key_of(fmt::format("write {}", ++writes_)));
}

Result<Receipt> TableSuite::write_until_committed(const Writer& writer, const plan::WriteMode& mode,
                                                  std::string_view rows, const CommitKey& key) {
  constexpr int kAttemptsMax = 1000;
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    SLUICE_TRY(const auto known, writer.table.find_commit(context_, key.key));
    if (known.has_value()) {
      return known->receipt;
    }
    auto committed = write(writer, mode, rows, key);
    if (committed.has_value() || committed.error().code != ErrorCode::CommitConflict) {
      return committed;
    }
    std::this_thread::yield();
  }
  return make_error(ErrorCode::CommitConflict, "others were always first");
}

std::vector<std::string> TableSuite::rows(std::string_view columns) {
  const auto found =
      find_text_rows(context_, place_->reader(),
                     fmt::format("SELECT concat_ws('|', COLUMNS(*)::VARCHAR) FROM (SELECT "
                                 "concat_ws('|', {}) AS line FROM {}) ORDER BY 1",
                                 columns, place_->foreign_rows()))
          .value();
  std::vector<std::string> lines;
  lines.reserve(found.size());
  for (const TextRow& row : found) {
    lines.push_back(row[0].value_or("NULL"));
  }
  return lines;
}

std::int64_t TableSuite::count(std::string_view where) {
  return load_count(context_, place_->reader(),
                    fmt::format("SELECT CAST(count(*) AS VARCHAR) FROM {} WHERE {}",
                                place_->foreign_rows(), where))
      .value();
}

namespace {

constexpr std::string_view kThreeTrips =
    "SELECT * FROM (VALUES (1::BIGINT, 'ann', 1.50::DECIMAL(10,2)), (2, 'bob', 2.50), (3, NULL, "
    "NULL)) v(id, name, amount)";
constexpr std::string_view kTwoAndFour =
    "SELECT * FROM (VALUES (2::BIGINT, 'bea', 9.00::DECIMAL(10,2)), (4, 'dan', 4.00)) v(id, name, "
    "amount)";

plan::Merge merge_by_id() { return {.key = {"id"}}; }

}  // namespace

TEST_P(TableSuite, ATableThatWasNotMadeHasNoStateAndTakesNoWrite) {
  EXPECT_FALSE(writer_.table.find_state(context_).value().has_value());
  EXPECT_FALSE(writer_.table.find_commit(context_, "k").value().has_value());
  EXPECT_EQ(write(plan::Append{}, kThreeTrips).error().code, ErrorCode::NotFound);
}

TEST_P(TableSuite, ATableIsMadeOnceAndKeepsItsSchema) {
  create();
  const TableState state = *writer_.table.find_state(context_).value();
  EXPECT_EQ(state.version, 0);
  EXPECT_EQ(schema::to_string(state.schema), schema::to_string(trips().schema));
  EXPECT_TRUE(writer_.table.create(context_, trips()).has_value()) << "there already is success";
  plan::CreateTable strict = trips();
  strict.if_absent = false;
  EXPECT_EQ(writer_.table.create(context_, strict).error().code, ErrorCode::AlreadyExists);
}

TEST_P(TableSuite, ColumnNamesWithQuotesAndBlanksAreTakenAsTheyAre) {
  plan::CreateTable odd = trips();
  odd.schema.fields.push_back({.name = "a \"b\" 'c';--", .type = {schema::Text{}}});
  if (!GetParam().has_all_names) {
    const auto refused = writer_.table.create(context_, odd);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(refused.error().message, HasSubstr("a \"b\" 'c';--"));
    odd.schema.fields.back().name = "a\"b\"'c'--";
    writer_.table.create(context_, odd).value();
    write(plan::Append{}, "SELECT 1::BIGINT AS id, 'x' AS \"a\"\"b\"\"'c'--\"").value();
    write(merge_by_id(), "SELECT 1::BIGINT AS id, 'y' AS \"a\"\"b\"\"'c'--\"").value();
    EXPECT_THAT(rows("id, \"a\"\"b\"\"'c'--\""), ElementsAre("1|y"));
    return;
  }
  writer_.table.create(context_, odd).value();
  write(plan::Append{}, "SELECT 1::BIGINT AS id, 'x' AS \"a \"\"b\"\" 'c';--\"").value();
  write(merge_by_id(), "SELECT 1::BIGINT AS id, 'y' AS \"a \"\"b\"\" 'c';--\"").value();
  EXPECT_THAT(rows("id, \"a \"\"b\"\" 'c';--\""), ElementsAre("1|y"));
}

TEST_P(TableSuite, ReservedColumnNamesAreRefused) {
  plan::CreateTable reserved = trips();
  reserved.schema.fields.push_back({.name = "_sluice_row", .type = {schema::Text{}}});
  EXPECT_EQ(writer_.table.create(context_, reserved).error().code, ErrorCode::InvalidArgument);
}

TEST_P(TableSuite, AnAppendAddsItsRows) {
  create();
  const Receipt receipt = write(plan::Append{}, kThreeTrips).value();
  EXPECT_EQ(receipt.version, 1);
  EXPECT_EQ(receipt.rows_in, 3);
  EXPECT_EQ(receipt.inserted, 3);
  EXPECT_EQ(receipt.files, GetParam().has_files ? 1 : 0);
  EXPECT_THAT(rows(), ElementsAre("1|ann|1.50", "2|bob|2.50", "3"));
  write(plan::Append{}, kTwoAndFour).value();
  EXPECT_EQ(count(), 5);
}

TEST_P(TableSuite, RowsAsAColumnStreamAreTakenToo) {
  create();
  plan::Write plan = write_of(writer_, plan::Append{}, kThreeTrips);
  plan.source = plan::Batches{};
  ColumnStream stream = place_->reader().query(context_, std::string(kThreeTrips)).value();
  auto prepared =
      writer_.table.prepare(context_, plan, std::move(stream), key_of("stream")).value();
  EXPECT_EQ(prepared->expected().inserted, 3);
  const auto outcome = writer_.table.commit(context_, std::move(prepared)).value();
  EXPECT_TRUE(std::holds_alternative<Committed>(outcome));
  EXPECT_THAT(rows(), ElementsAre("1|ann|1.50", "2|bob|2.50", "3"));
}

TEST_P(TableSuite, AnAppendWithoutRowsIsAVersion) {
  create();
  const std::string none = fmt::format("SELECT * FROM ({}) WHERE FALSE", kThreeTrips);
  EXPECT_EQ(write(plan::Append{}, none).value().version, 1);
  EXPECT_EQ(write(merge_by_id(), none).value().version, 2);
  EXPECT_EQ(write(plan::Append{}, kThreeTrips).value().version, 3);
  EXPECT_EQ(count(), 3);
}

TEST_P(TableSuite, AnAppendWithAUniqueKeyRefusesRowsThatAreThere) {
  create();
  const plan::Append unique{.unique_key = {"id"}};
  write(unique, kThreeTrips).value();
  const auto refused = write(unique, kTwoAndFour);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::DataRejected);
  EXPECT_EQ(refused.error().message,
            "the table already holds rows with these keys: row 1 (id = 2)");
  EXPECT_EQ(count(), 3);
  EXPECT_THAT(place_->stray_files(), IsEmpty());
}

TEST_P(TableSuite, AnOverwriteLeavesItsRowsOnly) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  const Receipt receipt = write(plan::Overwrite{}, kTwoAndFour).value();
  EXPECT_EQ(receipt.inserted, 2);
  EXPECT_EQ(receipt.deleted, 3);
  EXPECT_THAT(rows(), ElementsAre("2|bea|9.00", "4|dan|4.00"));
}

TEST_P(TableSuite, AMergeUpdatesInsertsAndCounts) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  const Receipt receipt =
      write(merge_by_id(),
            "SELECT * FROM (VALUES (1::BIGINT, 'ann', 1.50::DECIMAL(10,2)), (2, 'bea', 9.00), (3, "
            "NULL, NULL), (4, 'dan', 4.00)) v(id, name, amount)")
          .value();
  EXPECT_EQ(receipt.rows_in, 4);
  EXPECT_EQ(receipt.inserted, 1);
  EXPECT_EQ(receipt.updated, 1);
  EXPECT_EQ(receipt.unchanged, 2) << "NULL equals NULL where rows are compared";
  EXPECT_THAT(rows(), ElementsAre("1|ann|1.50", "2|bea|9.00", "3", "4|dan|4.00"));
}

TEST_P(TableSuite, AMergeOfTheSameRowsChangesNothing) {
  create();
  write(merge_by_id(), kThreeTrips).value();
  const Receipt again = write(merge_by_id(), kThreeTrips).value();
  EXPECT_EQ(again.unchanged, 3);
  EXPECT_EQ(again.inserted + again.updated, 0);
  EXPECT_EQ(again.files, 0);
}

TEST_P(TableSuite, AMergeTakesANullFromTheNewRow) {
  create();
  write(merge_by_id(), kThreeTrips).value();
  write(merge_by_id(), "SELECT 1::BIGINT AS id, NULL::VARCHAR AS name").value();
  EXPECT_THAT(rows(), ElementsAre("1|1.50", "2|bob|2.50", "3"))
      << "a column that the write does not bring keeps its value";
}

TEST_P(TableSuite, AMergeOfSomeColumnsKeepsTheOthers) {
  create();
  write(merge_by_id(), kThreeTrips).value();
  plan::Merge some = merge_by_id();
  some.update_columns = {"amount"};
  const Receipt receipt = write(some, kTwoAndFour).value();
  EXPECT_EQ(receipt.updated, 1);
  EXPECT_THAT(rows(), ElementsAre("1|ann|1.50", "2|bob|9.00", "3", "4|dan|4.00"));
}

TEST_P(TableSuite, InsertOnlyColumnsKeepTheValueOfTheTable) {
  create();
  write(merge_by_id(), kThreeTrips).value();
  plan::Merge keep = merge_by_id();
  keep.insert_only_columns = {"name"};
  write(keep, kTwoAndFour).value();
  EXPECT_THAT(rows(), ElementsAre("1|ann|1.50", "2|bob|9.00", "3", "4|dan|4.00"));
}

TEST_P(TableSuite, AnUpdateOnlyMergeInsertsNothing) {
  create();
  write(merge_by_id(), kThreeTrips).value();
  plan::Merge only = merge_by_id();
  only.update_only = true;
  const Receipt receipt = write(only, kTwoAndFour).value();
  EXPECT_EQ(receipt.updated, 1);
  EXPECT_EQ(receipt.inserted, 0);
  EXPECT_EQ(receipt.unchanged, 0);
  EXPECT_THAT(rows(), ElementsAre("1|ann|1.50", "2|bea|9.00", "3"));
}

TEST_P(TableSuite, AMergeThatIgnoresMatchesOnlyInserts) {
  create();
  write(merge_by_id(), kThreeTrips).value();
  plan::Merge ignore = merge_by_id();
  ignore.on_match = plan::OnMatch::Ignore;
  const Receipt receipt = write(ignore, kTwoAndFour).value();
  EXPECT_EQ(receipt.inserted, 1);
  EXPECT_EQ(receipt.unchanged, 1);
  EXPECT_THAT(rows(), ElementsAre("1|ann|1.50", "2|bob|2.50", "3", "4|dan|4.00"));
}

TEST_P(TableSuite, AMergeByAKeyOfTwoColumnsMatchesBoth) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  const plan::Merge both{.key = {"id", "name"}};
  const Receipt receipt =
      write(both,
            "SELECT * FROM (VALUES (1::BIGINT, 'ann', 7.00::DECIMAL(10,2)), (1, 'eve', "
            "8.00)) v(id, name, amount)")
          .value();
  EXPECT_EQ(receipt.updated, 1);
  EXPECT_EQ(receipt.inserted, 1);
  EXPECT_THAT(rows(), ElementsAre("1|ann|7.00", "1|eve|8.00", "2|bob|2.50", "3"));
}

TEST_P(TableSuite, NullKeysOfABatchAreRefusedAndNamed) {
  create();
  const auto refused = write(merge_by_id(),
                             "SELECT * FROM (VALUES (1::BIGINT, 'a'), (NULL, 'b'), "
                             "(NULL, 'c')) v(id, name)");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::DataRejected);
  EXPECT_EQ(refused.error().message,
            "a key column of a merge may not be NULL: row 2 (id = NULL), row 3 (id = NULL)");
  EXPECT_EQ(writer_.table.find_state(context_).value()->version, 0);
}

TEST_P(TableSuite, RepeatedKeysOfABatchAreRefusedAndNamed) {
  create();
  const auto refused = write(merge_by_id(),
                             "SELECT i % 7 AS id, 'x' AS name FROM range(1, 14) "
                             "t(i)");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::DataRejected);
  EXPECT_EQ(refused.error().message,
            "a key may come once in the rows of a merge, repeated are: row 1 (id = 1), row 2 (id = "
            "2), row 3 (id = 3), row 4 (id = 4), row 5 (id = 5) and 1 more");
}

TEST_P(TableSuite, AMergeWithoutKeysIsRefused) {
  create();
  EXPECT_EQ(write(plan::Merge{}, kThreeTrips).error().message,
            "expected key columns for a merge, got none");
  EXPECT_EQ(write(plan::Merge{.key = {"nope"}}, kThreeTrips).error().message,
            "the key of a merge names a column that the rows do not have: 'nope'");
  plan::Merge twice = merge_by_id();
  twice.update_columns = {"name"};
  twice.insert_only_columns = {"name"};
  EXPECT_EQ(write(twice, kThreeTrips).error().code, ErrorCode::InvalidArgument);
}

TEST_P(TableSuite, ADeleteRemovesWhatItsConditionHolds) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  const plan::DeleteWhere dear{
      .condition = plan::binary(plan::BinaryOp::Greater, plan::column("amount"),
                                plan::literal(plan::Value(plan::DecimalValue{"2.00"})))};
  const Receipt receipt = write(dear, "").value();
  EXPECT_EQ(receipt.deleted, 1);
  EXPECT_THAT(rows(), ElementsAre("1|ann|1.50", "3")) << "a NULL condition deletes nothing";
  EXPECT_EQ(write(dear, "").value().deleted, 0);
}

TEST_P(TableSuite, AReconcileMakesTheTableEqualToTheRows) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  const Receipt receipt =
      write(plan::Reconcile{.key = {"id"}},
            "SELECT * FROM (VALUES (1::BIGINT, 'ann', 1.50::DECIMAL(10,2)), (2, 'bea', 9.00), (4, "
            "'dan', 4.00)) v(id, name, amount)")
          .value();
  EXPECT_EQ(receipt.inserted, 1);
  EXPECT_EQ(receipt.updated, 1);
  EXPECT_EQ(receipt.unchanged, 1);
  EXPECT_EQ(receipt.deleted, 1);
  EXPECT_THAT(rows(), ElementsAre("1|ann|1.50", "2|bea|9.00", "4|dan|4.00"));
}

TEST_P(TableSuite, AnOverwriteOfPartitionsTouchesOnlyThoseOfTheRows) {
  plan::CreateTable create = trips();
  create.partition_by = {{.column = "name"}};
  writer_.table.create(context_, create).value();
  EXPECT_EQ(writer_.table.find_state(context_).value()->partition_by, create.partition_by);
  write(plan::Append{}, kThreeTrips).value();
  const Receipt receipt =
      write(plan::OverwritePartitions{},
            "SELECT * FROM (VALUES (8::BIGINT, 'bob', 8.00::DECIMAL(10,2)), (9, NULL, 9.00)) v(id, "
            "name, amount)")
          .value();
  EXPECT_EQ(receipt.inserted, 2);
  EXPECT_EQ(receipt.deleted, 2);
  EXPECT_THAT(rows(), ElementsAre("1|ann|1.50", "8|bob|8.00", "9|9.00"));
}

TEST_P(TableSuite, AKeyThatWasCommittedIsFoundWithItsReceipt) {
  create();
  const CommitKey key = key_of("trips#1");
  const Receipt receipt = write(writer_, plan::Append{}, kThreeTrips, key).value();
  const Writer other = place_->open_writer();
  const StoredCommit stored = *other.table.find_commit(context_, "trips#1").value();
  EXPECT_EQ(stored.receipt, receipt);
  EXPECT_EQ(stored.fingerprint, "f");
  EXPECT_EQ(stored.receipt.ingest_id, key.ingest_id);
  EXPECT_FALSE(other.table.find_commit(context_, "trips#2").value().has_value());
}

TEST_P(TableSuite, AKnownKeyIsNotPreparedAgain) {
  create();
  write(writer_, plan::Append{}, kThreeTrips, key_of("trips#1")).value();
  const Writer other = place_->open_writer();
  EXPECT_EQ(prepare(other, plan::Append{}, kThreeTrips, key_of("trips#1")).error().code,
            ErrorCode::CommitConflict);
  EXPECT_EQ(count(), 3);
}

TEST_P(TableSuite, ALookupThatIsOvertakenIsNoPromise) {
  create();
  const Writer other = place_->open_writer();
  EXPECT_FALSE(writer_.table.find_commit(context_, "trips#1").value().has_value());
  write(other, plan::Append{}, kThreeTrips, key_of("trips#1")).value();
  EXPECT_EQ(prepare(writer_, plan::Append{}, kThreeTrips, key_of("trips#1")).error().code,
            ErrorCode::CommitConflict);
  EXPECT_FALSE(writer_.table.find_commit(context_, "trips#2").value().has_value());
  write(other, plan::Append{}, kThreeTrips, key_of("trips#3")).value();
  EXPECT_EQ(write(writer_, merge_by_id(), kThreeTrips, key_of("trips#2")).value().unchanged, 3);
  EXPECT_EQ(count(), 6);
}

TEST_P(TableSuite, OfTwoWritersOnOneVersionExactlyOneCommits) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  const Writer other = place_->open_writer();
  for (const plan::WriteMode& mode :
       {plan::WriteMode{plan::Append{}}, plan::WriteMode{merge_by_id()}}) {
    const std::int64_t before = writer_.table.find_state(context_).value()->version;
    const std::string rows = "SELECT 10::BIGINT + (SELECT count(*) FROM range(" +
                             std::to_string(before) + ")) AS id, 'x' AS name";
    auto first = prepare(writer_, mode, rows, key_of(fmt::format("first {}", before))).value();
    auto second = prepare(other, mode, rows, key_of(fmt::format("second {}", before))).value();
    const auto won = writer_.table.commit(context_, std::move(first)).value();
    const auto lost = other.table.commit(context_, std::move(second)).value();
    EXPECT_TRUE(std::holds_alternative<Committed>(won));
    EXPECT_TRUE(std::holds_alternative<Conflict>(lost));
    EXPECT_EQ(other.table.find_state(context_).value()->version, before + 1);
  }
  EXPECT_EQ(count(), 5);
  EXPECT_THAT(place_->stray_files(), IsEmpty()) << "a conflict leaves nothing behind";
}

TEST_P(TableSuite, TwoMergesOfOneRowLoseNoUpdate) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  const Writer other = place_->open_writer();
  const std::string_view ours = "SELECT 1::BIGINT AS id, 'ours' AS name";
  const std::string_view theirs = "SELECT 1::BIGINT AS id, 7.00::DECIMAL(10,2) AS amount";
  auto first = prepare(writer_, merge_by_id(), ours, key_of("ours")).value();
  auto second = prepare(other, merge_by_id(), theirs, key_of("theirs")).value();
  EXPECT_TRUE(
      std::holds_alternative<Committed>(writer_.table.commit(context_, std::move(first)).value()));
  EXPECT_TRUE(
      std::holds_alternative<Conflict>(other.table.commit(context_, std::move(second)).value()));
  write_until_committed(other, merge_by_id(), theirs, key_of("theirs")).value();
  EXPECT_THAT(rows(), ElementsAre("1|ours|7.00", "2|bob|2.50", "3"));
}

TEST_P(TableSuite, ManyWritersWithOneKeyMakeOneCommit) {
  constexpr int kWriters = 6;
  create();
  std::vector<Writer> writers;
  writers.reserve(kWriters);
  for (int i = 0; i < kWriters; ++i) {
    writers.push_back(place_->open_writer());
  }
  std::vector<Result<Receipt>> receipts(kWriters, Receipt{});
  std::vector<std::thread> threads;
  threads.reserve(kWriters);
  for (std::size_t i = 0; i < kWriters; ++i) {
    threads.emplace_back([&, i] {
      receipts[i] =
          write_until_committed(writers[i], plan::Append{}, kThreeTrips, key_of("trips#1"));
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const auto& receipt : receipts) {
    ASSERT_TRUE(receipt.has_value()) << to_string(receipt.error());
    EXPECT_EQ(*receipt, *receipts[0]);
  }
  EXPECT_EQ(count(), 3);
  EXPECT_EQ(writer_.table.history(context_).value().size(), 2U);
  EXPECT_THAT(place_->stray_files(), IsEmpty());
}

TEST_P(TableSuite, ManyWritersWithTheirOwnKeysAllCommit) {
  constexpr int kWriters = 3;
  constexpr int kWritesEach = 5;
  create();
  write(plan::Append{}, "SELECT 0::BIGINT AS id, 'sum' AS name, 0::DECIMAL(10,2) AS amount")
      .value();
  std::vector<Writer> writers;
  writers.reserve(kWriters);
  for (int i = 0; i < kWriters; ++i) {
    writers.push_back(place_->open_writer());
  }
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  threads.reserve(kWriters);
  for (int i = 0; i < kWriters; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < kWritesEach; ++n) {
        const bool merges = n % 2 == 1;
        const std::string row = fmt::format("SELECT {}::BIGINT AS id, 'w' AS name",
                                            merges ? i + 1 : 100 + i * kWritesEach + n);
        const auto done = write_until_committed(
            writers[static_cast<std::size_t>(i)],
            merges ? plan::WriteMode{merge_by_id()} : plan::WriteMode{plan::Append{}}, row,
            key_of(fmt::format("writer {}#{}", i, n)));
        failed += done.has_value() ? 0 : 1;
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(count("id >= 100"), kWriters * 3);
  EXPECT_EQ(count("id BETWEEN 1 AND 99"), kWriters);
  EXPECT_EQ(writer_.table.find_state(context_).value()->version, 1 + kWriters * kWritesEach);
}

TEST_P(TableSuite, AnAbortLeavesNothing) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  for (const plan::WriteMode& mode :
       {plan::WriteMode{plan::Append{}}, plan::WriteMode{plan::Overwrite{}},
        plan::WriteMode{merge_by_id()}}) {
    auto prepared = prepare(writer_, mode, kTwoAndFour, key_of("aborted")).value();
    EXPECT_TRUE(prepared->abort(context_).has_value());
  }
  EXPECT_THAT(rows(), ElementsAre("1|ann|1.50", "2|bob|2.50", "3"));
  EXPECT_THAT(place_->stray_files(), IsEmpty());
  EXPECT_FALSE(writer_.table.find_commit(context_, "aborted").value().has_value());
  EXPECT_TRUE(write(plan::Append{}, kTwoAndFour).has_value()) << "the writer goes on";
}

TEST_P(TableSuite, HistoryIsNewestFirstAndNamesWhatWasDone) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  write(merge_by_id(), kTwoAndFour).value();
  write(plan::Overwrite{}, kTwoAndFour).value();
  const auto history = writer_.table.history(context_).value();
  ASSERT_EQ(history.size(), 4U);
  const std::vector<std::string> operations{"overwrite", "merge", "append", "create"};
  const std::vector<std::int64_t> rows_after{2, 4, 3, 0};
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(history[i].version, static_cast<std::int64_t>(3 - i));
    EXPECT_EQ(history[i].operation, operations[i]);
    EXPECT_EQ(history[i].rows, rows_after[i]);
  }
  EXPECT_EQ(history[0].key, "write 3");
}

TEST_P(TableSuite, ALongHistoryIsReadBackByANewWriter) {
  create();
  const int commits = GetParam().long_history;
  for (int i = 0; i < commits; ++i) {
    write(plan::Append{}, fmt::format("SELECT {}::BIGINT AS id", i)).value();
  }
  const Writer other = place_->open_writer();
  EXPECT_EQ(other.table.find_state(context_).value()->version, commits);
  EXPECT_EQ(other.table.find_commit(context_, "write 3").value()->receipt.version, 3);
  EXPECT_EQ(other.table.history(context_).value().size(), static_cast<std::size_t>(commits) + 1);
  EXPECT_EQ(count(), commits);
}

TEST_P(TableSuite, RowsThatDoNotFitAreRefusedWithAllTheirColumns) {
  create();
  const auto refused =
      write(plan::Append{}, "SELECT 'x' AS name, 1.5::DOUBLE AS amount, 1 AS surprise");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(refused.error().message,
            "the rows do not fit the table: column 'amount' is decimal(10,2) in the table, not "
            "float64; the table has no column 'surprise'; column 'id' of the table is never NULL "
            "and not written");
}

TEST_P(TableSuite, ANarrowerTypeIsTakenAsTheTablesType) {
  create();
  write(plan::Append{}, "SELECT 7::INTEGER AS id, 1.5::DECIMAL(4,1) AS amount").value();
  EXPECT_THAT(rows(), ElementsAre("7|1.50"));
}

TEST_P(TableSuite, ANullInAColumnThatIsNeverNullIsRefused) {
  create();
  const auto refused = write(plan::Append{}, "SELECT NULL::BIGINT AS id, 'x' AS name");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::DataRejected);
  EXPECT_EQ(count(), 0);
  if (GetParam().may_leave_refused_files) {
    const auto soon = context_.clock->now() + std::chrono::hours(1);
    writer_.table.maintain(context_, Vacuum{.older_than = soon}).value();
  }
  EXPECT_THAT(place_->stray_files(), IsEmpty());
}

TEST_P(TableSuite, TheIngestIdIsStampedOnWhatIsWritten) {
  plan::CreateTable stamped = trips();
  stamped.schema.fields.push_back({.name = "_ingest_id", .type = {schema::Text{}}});
  writer_.table.create(context_, stamped).value();
  const Receipt first = write(merge_by_id(), kThreeTrips).value();
  const Receipt second = write(merge_by_id(), kTwoAndFour).value();
  EXPECT_EQ(count(fmt::format("_ingest_id = '{}'", to_string(first.ingest_id))), 2);
  EXPECT_EQ(count(fmt::format("_ingest_id = '{}'", to_string(second.ingest_id))), 2);
  EXPECT_EQ(write(merge_by_id(), kTwoAndFour).value().unchanged, 2)
      << "a new ingest id alone changes no row";
}

TEST_P(TableSuite, EveryTypeComesBackAsItWas) {
  plan::CreateTable all = trips();
  struct Sample {
    schema::Field column;
    std::string_view value;
    std::string_view read_back;
    bool is_everywhere = true;
  };
  const std::vector<Sample> samples{
      {{.name = "flag", .type = {schema::Boolean{}}}, "true", "true"},
      {{.name = "tiny", .type = {schema::Integer{.bits = 8}}}, "-7::TINYINT", "-7"},
      {{.name = "wide", .type = {schema::Integer{.bits = 64, .is_signed = false}}},
       "18446744073709551615::UBIGINT",
       "18446744073709551615",
       false},
      {{.name = "real", .type = {schema::Float{.bits = 32}}}, "0.5::FLOAT", "0.5"},
      {{.name = "raw", .type = {schema::Bytes{}}}, "'\\x00\\xFF'::BLOB", "\\x00\\xFF"},
      {{.name = "day", .type = {schema::Date{}}}, "DATE '1969-12-31'", "1969-12-31"},
      {{.name = "hour", .type = {schema::Time{}}},
       "TIME '23:59:59.999999'",
       "23:59:59.999999",
       false},
      {{.name = "instant", .type = {schema::Timestamp{.utc = true}}},
       "TIMESTAMPTZ '2026-03-28 12:00:01.000250+00'",
       "2026-03-28 12:00:01.00025+00"},
      {{.name = "wall", .type = {schema::Timestamp{.utc = false}}},
       "TIMESTAMP '2026-03-28 12:00:01.000250'",
       "2026-03-28 12:00:01.00025"},
      {{.name = "uid", .type = {schema::UuidType{}}},
       "UUID '0198c2a4-7d3e-7b1c-8f00-0123456789ab'",
       "0198c2a4-7d3e-7b1c-8f00-0123456789ab",
       false},
      {{.name = "list",
        .type = {schema::List{.element = schema::LogicalType{schema::Integer{.bits = 32}}}}},
       "[1, NULL]::INTEGER[]",
       "[1, NULL]"},
      {{.name = "pair",
        .type = {schema::Struct{.fields = {{.name = "a", .type = {schema::Text{}}},
                                           {.name = "b", .type = {schema::Integer{}}}}}}},
       "{'a': 'x', 'b': 2::BIGINT}",
       "{'a': x, 'b': 2}"}};
  std::string names;
  std::string row = "SELECT 1::BIGINT AS id";
  std::string expected;
  for (const Sample& sample : samples) {
    if (!sample.is_everywhere && !GetParam().has_all_types) {
      plan::CreateTable one = trips();
      one.schema.fields.push_back(sample.column);
      const auto refused = writer_.table.create(context_, one);
      ASSERT_FALSE(refused.has_value()) << sample.column.name;
      EXPECT_EQ(refused.error().code, ErrorCode::Unsupported) << sample.column.name;
      continue;
    }
    all.schema.fields.push_back(sample.column);
    names += (names.empty() ? "" : ", ") + sample.column.name;
    row += fmt::format(", {} AS {}", sample.value, sample.column.name);
    expected += fmt::format("{}{}", expected.empty() ? "" : "|", sample.read_back);
  }
  writer_.table.create(context_, all).value();
  write(plan::Append{}, row).value();
  EXPECT_EQ(schema::to_string(writer_.table.find_state(context_).value()->schema),
            schema::to_string(all.schema));
  EXPECT_EQ(write(merge_by_id(), row).value().unchanged, 1) << "read back it equals itself";
  EXPECT_THAT(rows(names), ElementsAre(expected));
}

TEST_P(TableSuite, MaintenanceLeavesTheTableAsItIs) {
  create();
  write(plan::Append{}, kThreeTrips).value();
  write(merge_by_id(), kTwoAndFour).value();
  const auto before = rows();
  const auto soon = context_.clock->now() + std::chrono::hours(1);
  EXPECT_TRUE(writer_.table.maintain(context_, Vacuum{.older_than = soon}).has_value());
  EXPECT_EQ(rows(), before);
  EXPECT_TRUE(write(merge_by_id(), kThreeTrips).has_value());
}

}  // namespace sluice::table
