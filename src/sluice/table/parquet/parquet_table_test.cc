// What is the Parquet folder's own; the promises of every table are in table/suite.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/storage/failing/failing_storage.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/parquet/log_internal.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::table {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class MovingClock final : public Clock {
 public:
  sys_micros now() const override { return instant; }
  sys_micros instant = system_clock().now();
};

class ParquetTableTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    shared_engine = engine::make_duckdb_engine().value();
    shared_connection = shared_engine->connect(Context{}).value();
  }
  static void TearDownTestSuite() {
    shared_connection.reset();
    shared_engine.reset();
  }

  ParquetTableTest()
      : folder_(TempFolder::make("sluice-parquet").value()),
        storage_(storage::make_file_storage(
                     {.root = folder_.path(), .durability = storage::Durability::Process})
                     .value()) {
    context_.clock = &clock_;
    open();
  }

  void open(const ParquetOptions& options = {}) {
    table_ = make_parquet_table(*shared_connection, *storage_, options).value();
  }
  static plan::CreateTable plain() {
    return {.target = {.parts = {"t"}},
            .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}},
                                  {.name = "name", .type = {schema::Text{}}}}}};
  }
  Result<Receipt> write(plan::WriteMode mode, const std::string& rows, std::string key = "") {
    shared_connection->execute(context_, "CREATE OR REPLACE TEMP TABLE incoming AS " + rows)
        .value();
    plan::Write write{
        .target = {.parts = {"t"}},
        .schema = shared_connection->describe(context_, "SELECT * FROM incoming").value(),
        .mode = std::move(mode),
        .source = plan::Relation{.name = "incoming"}};
    const CommitKey commit{.key = key.empty() ? fmt::format("w{}", ++writes_) : std::move(key),
                           .fingerprint = "f",
                           .ingest_id = make_uuid_v7(system_clock(), system_random())};
    SLUICE_TRY(auto prepared, table_->prepare(context_, write, ColumnStream{}, commit));
    SLUICE_TRY(const CommitOutcome outcome, table_->commit(context_, std::move(prepared)));
    if (const auto* done = std::get_if<Committed>(&outcome)) {
      return done->receipt;
    }
    return make_error(ErrorCode::CommitUnknown, "not committed");
  }
  std::vector<std::string> names() {
    std::vector<std::string> names;
    for (const auto& object : storage_->list(Context{}, "").value()) {
      if (!object.path.starts_with("_sluice/")) {
        names.push_back(object.path);
      }
    }
    return names;
  }
  std::vector<std::string> visible() {
    auto all = names();
    std::erase_if(all, [](const std::string& name) { return !name.ends_with(".parquet"); });
    return all;
  }
  std::string query(const std::string& sql) {
    std::string text;
    for (const TextRow& row : find_text_rows(Context{}, *shared_connection, sql).value()) {
      text += (text.empty() ? "" : " ") + row[0].value_or("NULL");
    }
    return text;
  }
  std::string files() const { return fmt::format("'{}/**/*.parquet'", folder_.path()); }

  static inline std::unique_ptr<engine::Engine> shared_engine;
  static inline std::unique_ptr<engine::Connection> shared_connection;
  TempFolder folder_;
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<Table> table_;
  MovingClock clock_;
  Context context_;
  int writes_ = 0;
};

TEST_F(ParquetTableTest, MembersThatAreRequiredAreAskedForInTheRows) {
  plan::CreateTable create = plain();
  create.schema.fields[1] = {.name = "x",
                             .type = {schema::List{schema::LogicalType{schema::Struct{
                                 {{.name = "a", .type = {schema::Integer{}}, .nullable = false},
                                  {.name = "b", .type = {schema::Text{}}}}}}}}};
  table_->create(context_, create).value();
  const auto rows = [](std::string_view first, std::string_view second) {
    return fmt::format(
        "SELECT 1 AS id, [{{'a': CAST({} AS BIGINT), 'b': 'y'}}, {{'a': {}, 'b': NULL}}] "
        "AS x UNION ALL SELECT 2, NULL UNION ALL SELECT 3, [NULL]",
        first, second);
  };
  EXPECT_EQ(write(plan::Append{}, rows("1", "2")).value().inserted, 3);
  for (const plan::WriteMode& mode :
       {plan::WriteMode{plan::Append{}}, plan::WriteMode{plan::Overwrite{}},
        plan::WriteMode{plan::Merge{.key = {"id"}}}}) {
    const auto refused = write(mode, rows("1", "NULL"));
    ASSERT_FALSE(refused.has_value()) << plan::mode_name(mode);
    EXPECT_EQ(refused.error().code, ErrorCode::DataRejected) << plan::mode_name(mode);
    EXPECT_THAT(refused.error().message, HasSubstr("1 rows without 'x.element.a'"));
  }
  EXPECT_EQ(table_->find_state(context_).value()->version, 1);
}

TEST_F(ParquetTableTest, AFolderThatHoldsAnotherTableIsRefusedAndNamed) {
  storage_->put(context_, "_delta_log/00000000000000000000.json", "{}").value();
  const auto refused = table_->create(context_, plain());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
  EXPECT_THAT(refused.error().message, HasSubstr("already holds a Delta table"));
  EXPECT_THAT(names(), SizeIs(1)) << "nothing was written";
}

TEST_F(ParquetTableTest, AFolderOfParquetFilesOfOthersIsRefused) {
  storage_->put(context_, "part-0.parquet", "PAR1").value();
  EXPECT_THAT(table_->create(context_, plain()).error().message, HasSubstr("Parquet files"));
}

TEST_F(ParquetTableTest, PartitionsByAPartOfAColumnNameTheAlternative) {
  plan::CreateTable create = plain();
  create.partition_by = {{.column = "id", .transform = plan::PartitionTransform::Bucket}};
  const auto refused = table_->create(context_, create);
  EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
  EXPECT_THAT(refused.error().hint, HasSubstr("Add a column"));
}

TEST_F(ParquetTableTest, FilesOfAPartitionLieInItsFolder) {
  plan::CreateTable create = plain();
  create.partition_by = {{.column = "name"}};
  table_->create(context_, create).value();
  const Receipt receipt =
      write(plan::Append{},
            "SELECT * FROM (VALUES (1::BIGINT, 'ann'), (2, 'b/b=*'), (3, NULL)) v(id, name)")
          .value();
  EXPECT_EQ(receipt.files, 3);
  EXPECT_THAT(visible(), SizeIs(3));
  EXPECT_THAT(visible(), Contains(testing::StartsWith("name=ann/")));
  EXPECT_EQ(query("SELECT concat(id, '-', name) FROM read_parquet(" + files() +
                  ", hive_partitioning = false) ORDER BY id"),
            "1-ann 2-b/b=* 3-");
  write(plan::Merge{.key = {"id"}}, "SELECT 2::BIGINT AS id, 'ann' AS name").value();
  EXPECT_EQ(query("SELECT concat(id, '-', name) FROM read_parquet(" + files() +
                  ", hive_partitioning = false) ORDER BY id"),
            "1-ann 2-ann 3-")
      << "a row that changes its partition leaves none behind";
}

TEST_F(ParquetTableTest, ALargeWriteIsSeveralFilesNamedOneByOne) {
  open({.file_bytes_max = std::uint64_t{1} << 20});
  table_->create(context_, plain()).value();
  const Receipt receipt =
      write(plan::Append{}, "SELECT i AS id, hash(i)::VARCHAR AS name FROM range(400000) r(i)")
          .value();
  EXPECT_GT(receipt.files, 1) << "how many there are depends on how the threads take turns";
  EXPECT_EQ(receipt.rows_in, 400'000);
  EXPECT_THAT(find_parquet_files(context_, *storage_).value(),
              SizeIs(static_cast<std::size_t>(receipt.files)));
  EXPECT_EQ(query("SELECT CAST(count(DISTINCT id) AS VARCHAR) FROM read_parquet(" + files() + ")"),
            "400000");
}

TEST_F(ParquetTableTest, ALargePartitionIsSeveralSortedFilesInItsFolder) {
  open({.file_bytes_max = std::uint64_t{1} << 20});
  plan::CreateTable create = plain();
  create.partition_by = {{.column = "name"}};
  create.sort_by = {"id"};
  table_->create(context_, create).value();
  const Receipt receipt = write(plan::Append{},
                                "SELECT CAST(hash(i) >> 1 AS BIGINT) AS id, "
                                "if(i < 100, 'small', 'a''b/*') AS name FROM range(900000) r(i)")
                              .value();
  EXPECT_THAT(find_parquet_files(context_, *storage_).value(),
              SizeIs(static_cast<std::size_t>(receipt.files)));
  const std::string rows = "read_parquet(" + files() +
                           ", hive_partitioning = false, filename = true, file_row_number = true)";
  EXPECT_EQ(query("SELECT concat(count(DISTINCT id), ' ', count(DISTINCT filename) > 3) FROM " +
                  rows + " GROUP BY name ORDER BY name"),
            "899900 true 100 false");
  EXPECT_EQ(query("SELECT DISTINCT CAST(size < 3000000 AS VARCHAR) FROM (SELECT "
                  "sum(total_compressed_size) AS size FROM parquet_metadata(" +
                  files() + ") GROUP BY file_name)"),
            "true");
  EXPECT_EQ(query("SELECT CAST(bool_and(sorted) AS VARCHAR) FROM (SELECT id >= lag(id, 1, id) OVER "
                  "(PARTITION BY filename, file_row_number // 122880 ORDER BY file_row_number) AS "
                  "sorted FROM " +
                  rows + ")"),
            "true");
}

TEST_F(ParquetTableTest, AFileOfManyShortRowsEndsAtAboutFiveMillionAndIsPutTogetherByBytes) {
  open({});
  table_->create(context_, plain()).value();
  const Receipt receipt =
      write(plan::Append{}, "SELECT i AS id, NULL::VARCHAR AS name FROM range(6000000) r(i)")
          .value();
  EXPECT_GT(receipt.files, 1);
  EXPECT_EQ(query("SELECT CAST(max(n) < 5500000 AS VARCHAR) FROM (SELECT count(*) AS n FROM "
                  "read_parquet(" +
                  files() + ", filename = 'f') GROUP BY f)"),
            "true");
  EXPECT_GT(table_->maintain(context_, Compact{}).value().deleted, 1);
  EXPECT_EQ(table_->maintain(context_, Compact{}).value().deleted, 0) << "and once";
}

TEST_F(ParquetTableTest, TheCodecIsHonoured) {
  table_->create(context_, plain()).value();
  for (const auto& [codec, name] : std::vector<std::pair<std::string, std::string>>{
           {"zstd", "ZSTD"}, {"Snappy", "SNAPPY"}, {"gzip", "GZIP"}, {"none", "UNCOMPRESSED"}}) {
    table_->maintain(context_, Describe{.properties = {{"parquet.compression", codec}}}).value();
    write(plan::Overwrite{}, "SELECT i AS id, 'x' AS name FROM range(1000) r(i)").value();
    EXPECT_EQ(query("SELECT DISTINCT compression FROM parquet_metadata(" + files() + ")"), name);
  }
}

TEST_F(ParquetTableTest, RowsAreSortedWhereTheTableAsksForIt) {
  plan::CreateTable create = plain();
  create.sort_by = {"name", "id"};
  table_->create(context_, create).value();
  write(plan::Append{}, "SELECT i AS id, (i % 2)::VARCHAR AS name FROM range(6) r(i)").value();
  EXPECT_EQ(query("SELECT CAST(id AS VARCHAR) FROM read_parquet(" + files() +
                  ", file_row_number = true) ORDER BY file_row_number"),
            "0 2 4 1 3 5");
}

TEST_F(ParquetTableTest, AMergeLeavesFilesAloneThatHoldNoChangedRow) {
  table_->create(context_, plain()).value();
  for (int i = 0; i < 3; ++i) {
    write(plan::Append{}, fmt::format("SELECT {}::BIGINT AS id, 'x' AS name", i)).value();
  }
  const auto before = visible();
  write(plan::Merge{.key = {"id"}}, "SELECT 1::BIGINT AS id, 'y' AS name").value();
  const auto after = visible();
  std::vector<std::string> kept;
  std::ranges::set_intersection(before, after, std::back_inserter(kept));
  EXPECT_THAT(kept, SizeIs(2));
  EXPECT_THAT(names(), Contains(EndsWith(".parquet.removed"))) << "kept for those who read it";
}

TEST_F(ParquetTableTest, ACrashAfterTheCommitIsMendedByWhoeverOpensNext) {
  table_->create(context_, plain()).value();
  write(plan::Append{}, "SELECT 1::BIGINT AS id, 'old' AS name").value();
  storage::FailingStorage failing(*storage_);
  table_ = make_parquet_table(*shared_connection, failing).value();
  ASSERT_TRUE(table_->find_state(context_).has_value());
  shared_connection
      ->execute(context_,
                "CREATE OR REPLACE TEMP TABLE incoming AS SELECT 2::BIGINT AS id, "
                "'new' AS name")
      .value();
  const plan::Write overwrite{.target = {.parts = {"t"}},
                              .schema = plain().schema,
                              .mode = plan::Overwrite{},
                              .source = plan::Relation{.name = "incoming"}};
  auto prepared = table_
                      ->prepare(context_, overwrite, ColumnStream{},
                                {.key = "k",
                                 .fingerprint = "f",
                                 .ingest_id = make_uuid_v7(system_clock(), system_random())})
                      .value();
  failing.arm({.at_call = 2, .is_lasting = true});  // the first call is the put of the manifest
  const auto outcome = table_->commit(context_, std::move(prepared)).value();
  EXPECT_TRUE(std::holds_alternative<Committed>(outcome));
  EXPECT_EQ(query("SELECT name FROM read_parquet(" + files() + ")"), "old");
  open();
  ASSERT_TRUE(table_->find_state(context_).has_value());
  EXPECT_EQ(query("SELECT name FROM read_parquet(" + files() + ")"), "new");
}

TEST_F(ParquetTableTest, MaintenanceRemovesWhatNoOneNeeds) {
  table_->create(context_, plain()).value();
  const std::string orphan =
      fmt::format("_{}-0.parquet.staged", to_string(make_uuid_v7(system_clock(), system_random())));
  storage_->put(context_, orphan, "half a file").value();
  storage_->put(context_, "_someone-elses.parquet.staged", "theirs").value();
  write(plan::Append{}, "SELECT 1::BIGINT AS id, 'x' AS name").value();
  write(plan::Overwrite{}, "SELECT 2::BIGINT AS id, 'y' AS name").value();
  const auto hour = std::chrono::hours(1);
  const Maintained young =
      table_->maintain(context_, Vacuum{.older_than = clock_.now() - hour}).value();
  EXPECT_EQ(young.deleted, 0) << "everything is younger";
  EXPECT_EQ(young.scanned, 2);
  const Maintained old =
      table_->maintain(context_, Vacuum{.older_than = clock_.now() + hour}).value();
  EXPECT_EQ(old.deleted, 2);
  EXPECT_EQ(old.failed, 0);
  EXPECT_THAT(names(), SizeIs(2)) << "the table's file, and what is not ours";
  EXPECT_EQ(query("SELECT name FROM read_parquet(" + files() + ")"), "y");
}

TEST_F(ParquetTableTest, AFileStaysThatWasReplacedLately) {
  table_->create(context_, plain()).value();
  write(plan::Append{}, "SELECT 1::BIGINT AS id, 'x' AS name").value();
  clock_.instant += std::chrono::hours(48);
  write(plan::Overwrite{}, "SELECT 2::BIGINT AS id, 'y' AS name").value();
  EXPECT_EQ(table_->maintain(context_, Vacuum{.older_than = clock_.now() - std::chrono::hours(1)})
                .value()
                .deleted,
            0)
      << "the file is two days old, but a reader may have opened it an hour ago";
}

TEST_F(ParquetTableTest, ALogIsReadWithoutItsHint) {
  table_->create(context_, plain()).value();
  for (int i = 0; i < 18; ++i) {
    write(plan::Append{}, fmt::format("SELECT {}::BIGINT AS id", i)).value();
  }
  ASSERT_TRUE(storage_->find(context_, "_sluice/manifest/checkpoint.json", 1000)->has_value());
  storage_->remove(context_, "_sluice/manifest/checkpoint.json").value();
  open();
  EXPECT_EQ(table_->find_state(context_).value()->version, 18);
}

TEST_F(ParquetTableTest, ADamagedManifestStopsEverythingAndIsNamed) {
  table_->create(context_, plain()).value();
  write(plan::Append{}, "SELECT 1::BIGINT AS id").value();
  const std::string path = internal::manifest_path(1);
  const std::string whole = *storage_->find(context_, path, 100'000).value();
  storage_->put(context_, path, whole.substr(0, whole.size() / 2)).value();
  open();
  const auto before = names();
  const auto refused = write(plan::Append{}, "SELECT 2::BIGINT AS id");
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(refused.error().message, HasSubstr(path));
  EXPECT_EQ(names(), before) << "nothing was written";
}

TEST_F(ParquetTableTest, AManifestThatIsGoneIsNotMistakenForTheEndOfTheLog) {
  table_->create(context_, plain()).value();
  for (int i = 0; i < 16; ++i) {
    write(plan::Append{}, fmt::format("SELECT {}::BIGINT AS id", i)).value();
  }
  storage_->remove(context_, internal::manifest_path(16)).value();
  open();
  EXPECT_EQ(table_->find_state(context_).error().code, ErrorCode::Corrupt);
}

TEST_F(ParquetTableTest, KeysAreForgottenAfterTheirTimeButNotTheLastOfAStream) {
  table_->create(context_, plain()).value();
  write(plan::Append{}, "SELECT 1::BIGINT AS id", "once").value();
  write(plan::Append{}, "SELECT 1::BIGINT AS id", "stream#7").value();
  clock_.instant += std::chrono::hours(30);
  for (int i = 0; i < 16; ++i) {
    write(plan::Append{}, fmt::format("SELECT {}::BIGINT AS id", i)).value();
  }
  open();
  EXPECT_FALSE(table_->find_commit(context_, "once").value().has_value());
  EXPECT_TRUE(table_->find_commit(context_, "stream#7").value().has_value());
  EXPECT_TRUE(table_->find_commit(context_, "w1").value().has_value());
}

TEST_F(ParquetTableTest, ASumIsWrittenAsTheDeclaredTypeNeverAsADouble) {
  table_->create(context_, plain()).value();
  shared_connection
      ->execute(context_,
                "CREATE OR REPLACE TEMP VIEW totals AS SELECT sum(i) AS id FROM "
                "range(9007199254740993, 9007199254740995) r(i)")
      .value();
  const plan::Write write{.target = {.parts = {"t"}},
                          .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}}}},
                          .mode = plan::Append{},
                          .source = plan::Relation{.name = "totals"}};
  auto prepared = table_
                      ->prepare(context_, write, ColumnStream{},
                                {.key = "k",
                                 .fingerprint = "f",
                                 .ingest_id = make_uuid_v7(system_clock(), system_random())})
                      .value();
  ASSERT_TRUE(table_->commit(context_, std::move(prepared)).has_value());
  EXPECT_EQ(query("SELECT concat(typeof(id), ' ', id) FROM read_parquet(" + files() + ")"),
            "BIGINT 18014398509481987");
}

TEST_F(ParquetTableTest, AnErrorOfTheEngineLeavesNoFile) {
  table_->create(context_, plain()).value();
  shared_connection
      ->execute(context_,
                "CREATE OR REPLACE TEMP VIEW broken AS SELECT CASE WHEN i = 250000 "
                "THEN error('row 250000')::BIGINT ELSE i END AS id FROM "
                "range(300000) r(i)")
      .value();
  const plan::Write write{.target = {.parts = {"t"}},
                          .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}}}},
                          .mode = plan::Append{},
                          .source = plan::Relation{.name = "broken"}};
  const auto failed = table_->prepare(
      context_, write, ColumnStream{},
      {.key = "k", .fingerprint = "f", .ingest_id = make_uuid_v7(system_clock(), system_random())});
  ASSERT_FALSE(failed.has_value());
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(ParquetTableTest, OptionsOutOfBoundsAreNamed) {
  EXPECT_EQ(validate(ParquetOptions{.file_bytes_max = 10}).error().message,
            "expected file_bytes_max of at least 1048576, got '10'");
  EXPECT_EQ(validate(ParquetOptions{.key_ttl = std::chrono::hours(0)}).error().message,
            "expected key_ttl of at least 1 hour, got '0'");
}

TEST(ParquetNamesTest, HiddenNamesAreFoundBack) {
  EXPECT_EQ(internal::staged_name("a=1/x.parquet"), "a=1/_x.parquet.staged");
  EXPECT_EQ(internal::removed_name("x.parquet"), "_x.parquet.removed");
  EXPECT_EQ(internal::visible_name("a=1/_x.parquet.staged"), "a=1/x.parquet");
  EXPECT_EQ(internal::visible_name("x.parquet"), "");
}

}  // namespace
}  // namespace sluice::table
