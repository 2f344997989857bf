// What a table object keeps between its writes, and when it must not rely on it.
#include <filesystem>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/base/uuid.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/delta/delta.h"

namespace sluice::table {
namespace {

class DeltaTableTest : public testing::Test {
 protected:
  struct Writer {
    std::unique_ptr<engine::Connection> connection;
    std::unique_ptr<storage::Storage> storage;
    std::unique_ptr<Table> table;
  };

  Writer open() {
    Writer writer;
    writer.connection = engine_->connect(context_).value();
    writer.storage = storage::make_file_storage({.root = folder_.path() + "/t"}).value();
    writer.table = make_delta_table(*writer.connection, *writer.storage).value();
    return writer;
  }

  void create(Writer& writer) {
    writer.table
        ->create(context_, {.target = {.parts = {"t"}},
                            .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}}}}})
        .value();
  }

  /// As a run does: the key is looked up, and the rest rests on that.
  std::optional<std::int64_t> append(Writer& writer, const std::string& key) {
    if (writer.table->find_commit(context_, key).value().has_value()) {
      return std::nullopt;
    }
    writer.connection
        ->execute(context_, "CREATE OR REPLACE TEMP TABLE incoming AS SELECT 1::BIGINT id")
        .value();
    const plan::Write write{.target = {.parts = {"t"}},
                            .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}}}},
                            .mode = plan::Append{},
                            .source = plan::Relation{.name = "incoming"}};
    auto prepared = writer.table
                        ->prepare(context_, write, ColumnStream{},
                                  {.key = key,
                                   .fingerprint = "f",
                                   .ingest_id = make_uuid_v7(system_clock(), system_random())})
                        .value();
    const CommitOutcome outcome = writer.table->commit(context_, std::move(prepared)).value();
    return std::get<Committed>(outcome).receipt.version;
  }

  Context context_;
  TempFolder folder_ = TempFolder::make("sluice-delta").value();
  std::unique_ptr<engine::Engine> engine_ = engine::make_duckdb_engine({}).value();
};

TEST_F(DeltaTableTest, AWriterThatGoesOnFindsItsKeysAcrossCheckpoints) {
  Writer writer = open();
  create(writer);
  for (int i = 1; i <= 23; ++i) {
    EXPECT_EQ(append(writer, fmt::format("k{}", i)), i);
  }
  for (Writer other = open(); const char* key : {"k1", "k10", "k15", "k23"}) {
    EXPECT_EQ(append(writer, key), std::nullopt) << key;
    EXPECT_EQ(append(other, key), std::nullopt) << key;
  }
  EXPECT_TRUE(std::filesystem::exists(folder_.path() +
                                      "/t/_delta_log/00000000000000000020.checkpoint.parquet"));
  EXPECT_EQ(writer.table->history(context_).value().front().rows, 23);
}

TEST_F(DeltaTableTest, ANumberedKeyIsKnownAfterTheLogWasCleanedOfIt) {
  Writer writer = open();
  create(writer);
  for (const char* key : {"stream#1", "named", "stream#x"}) {
    append(writer, key);
  }
  for (int i = 4; i <= 10; ++i) {
    append(writer, fmt::format("k{}", i));
  }
  for (int version = 0; version < 10; ++version) {
    std::filesystem::remove(folder_.path() + fmt::format("/t/_delta_log/{:020}.json", version));
  }
  Writer later = open();
  const StoredCommit known = later.table->find_commit(context_, "stream#1").value().value();
  EXPECT_EQ(known.receipt.version, 1);
  EXPECT_TRUE(known.fingerprint.empty());
  EXPECT_EQ(later.table->find_commit(context_, "stream#2").value(), std::nullopt);
  EXPECT_EQ(later.table->find_commit(context_, "k10").value().value().fingerprint, "f");
  for (const char* key : {"named", "stream#x"}) {
    const auto lost = later.table->find_commit(context_, key);
    ASSERT_FALSE(lost.has_value()) << key;
    EXPECT_EQ(lost.error().code, ErrorCode::Corrupt);
  }
}

TEST_F(DeltaTableTest, WritersInTurnSeeEachOther) {
  Writer one = open();
  Writer two = open();
  create(one);
  for (int i = 1; i <= 6; i += 2) {
    EXPECT_EQ(append(one, fmt::format("k{}", i)), i);
    EXPECT_EQ(append(two, fmt::format("k{}", i)), std::nullopt);
    EXPECT_EQ(append(two, fmt::format("k{}", i + 1)), i + 1);
    EXPECT_EQ(append(one, fmt::format("k{}", i + 1)), std::nullopt);
  }
}

TEST_F(DeltaTableTest, ATableThatWasRemovedAndMadeAnewIsReadAnew) {
  Writer one = open();
  Writer two = open();
  create(one);
  EXPECT_EQ(append(one, "old"), 1);
  std::filesystem::remove_all(folder_.path() + "/t");
  EXPECT_EQ(one.table->find_commit(context_, "old").value(), std::nullopt) << "there is no table";
  create(one);
  EXPECT_EQ(append(one, "old"), 1);
  std::filesystem::remove_all(folder_.path() + "/t");
  create(two);
  EXPECT_EQ(append(two, "new"), 1);
  EXPECT_EQ(append(one, "new"), std::nullopt);
  EXPECT_EQ(append(one, "old"), 2);
}

TEST_F(DeltaTableTest, PropertiesThatNeedAFeatureAreNotChanged) {
  Writer writer = open();
  create(writer);
  const auto put = [&](const char* name, const char* value) {
    return writer.table->maintain(context_, Describe{.properties = {{name, value}}});
  };
  EXPECT_EQ(put("delta.logRetentionDuration", "interval 7 days").value().version, 1);
  for (const auto& [name, value] :
       {std::pair("delta.columnMapping.mode", "name"),
        std::pair("delta.enableChangeDataFeed", "true"), std::pair("delta.appendOnly", "true")}) {
    const auto refused = put(name, value);
    ASSERT_FALSE(refused.has_value()) << name;
    EXPECT_EQ(refused.error().code, ErrorCode::Unsupported);
    EXPECT_THAT(refused.error().message, testing::HasSubstr(name));
  }
  EXPECT_EQ(append(writer, "after"), 2);
  const TableState state = writer.table->find_state(context_).value().value();
  EXPECT_EQ(state.properties.at("delta.logRetentionDuration"), "interval 7 days");
  EXPECT_FALSE(state.properties.contains("delta.appendOnly"));
}

}  // namespace
}  // namespace sluice::table
