// The write lifecycle over a Parquet folder whose storage fails at call n, for every n: after any
// failure the table is as before or as after, and the same key repeated gives exactly one commit.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/run/write/write.h"
#include "sluice/storage/failing/failing_storage.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::run {
namespace {

using storage::Fault;

const WriteOptions kAtOnce{
    .commit_retry_max = 2, .lookup_retry_max = 0, .pause_initial_ms = 0, .pause_max_ms = 0};

const std::vector<Fault> kFaults{
    {.effect = Fault::Effect::None},
    {.effect = Fault::Effect::LostReply},
    {.effect = Fault::Effect::None,
     .error = make_error(ErrorCode::ResourceExhausted, "the disk is full")},
    {.effect = Fault::Effect::None, .is_lasting = true},
    {.effect = Fault::Effect::LostReply, .is_lasting = true},
};

struct FaultCase {
  std::string name;
  plan::WriteMode mode;
  std::vector<std::string> after;
};

const std::vector<std::string> kBefore{"1|a", "2|b", "3|c"};

class FaultsTest : public testing::TestWithParam<FaultCase> {
 protected:
  static void SetUpTestSuite() {
    shared_engine = engine::make_duckdb_engine().value();
    shared_connection = shared_engine->connect(Context{}).value();
    shared_connection
        ->execute(Context{},
                  "CREATE TABLE first AS SELECT * FROM (VALUES (1::BIGINT, 'a'), "
                  "(2, 'b'), (3, 'c')) v(id, name)")
        .value();
    shared_connection
        ->execute(Context{},
                  "CREATE TABLE second AS SELECT * FROM (VALUES (2::BIGINT, "
                  "'x'), (4, 'd')) v(id, name)")
        .value();
  }
  static void TearDownTestSuite() {
    shared_connection.reset();
    shared_engine.reset();
  }

  static plan::Write write_of(plan::WriteMode mode, std::string relation) {
    return {.target = {.parts = {"t"}},
            .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}},
                                  {.name = "name", .type = {schema::Text{}}}}},
            .mode = std::move(mode),
            .source = plan::Relation{.name = std::move(relation)}};
  }
  static table::CommitKey key_of(std::string key) {
    return {.key = std::move(key),
            .fingerprint = "f",
            .ingest_id = make_uuid_v7(system_clock(), system_random())};
  }

  static std::vector<std::string> read(const std::string& from) {
    const auto rows = table::find_text_rows(
                          Context{}, *shared_connection,
                          fmt::format("SELECT concat_ws('|', id, name) FROM {} ORDER BY 1", from))
                          .value();
    std::vector<std::string> lines;
    lines.reserve(rows.size());
    for (const auto& row : rows) {
      lines.push_back(row[0].value_or(""));
    }
    return lines;
  }
  static std::vector<std::string> read_manifest(storage::Storage& storage) {
    std::string list;
    for (const std::string& uri : table::find_parquet_files(Context{}, storage).value()) {
      list += fmt::format("{}'{}'", list.empty() ? "" : ", ", uri);
    }
    return read(fmt::format("read_parquet([{}])", list));
  }

  /// One write whose storage has the fault; false when it was not met.
  static bool attempt(const FaultCase& one, const Fault& fault) {
    const TempFolder folder = TempFolder::make("sluice-faults").value();
    const auto disk = storage::make_file_storage({.root = folder.path() + "/t",
                                                  .durability = storage::Durability::Process})
                          .value();
    {
      const auto table = table::make_parquet_table(*shared_connection, *disk).value();
      const plan::Write first = write_of(plan::Append{}, "first");
      table->create(Context{}, {.target = first.target, .schema = first.schema}).value();
      write_once(Context{}, *table, first, nullptr, key_of("first"), kAtOnce).value();
    }
    storage::FailingStorage failing(*disk, fault);
    const table::CommitKey key = key_of("second");
    const plan::Write second = write_of(one.mode, "second");
    const auto broken = table::make_parquet_table(*shared_connection, failing).value();
    const auto outcome = write_once(Context{}, *broken, second, nullptr, key, kAtOnce);
    const std::string where = fmt::format("{} with a fault at call {}: {}", one.name, fault.at_call,
                                          failing.trace().back());

    const auto mended = table::make_parquet_table(*shared_connection, *disk).value();
    const bool committed = mended->find_commit(Context{}, "second").value().has_value();
    EXPECT_EQ(read_manifest(*disk), committed ? one.after : kBefore) << where;
    if (outcome.has_value()) {
      EXPECT_TRUE(committed) << where;
    } else if (outcome.error().code != ErrorCode::CommitUnknown) {
      EXPECT_FALSE(committed) << where << ": " << to_string(outcome.error());
    }
    const auto again = write_once(Context{}, *mended, second, nullptr, key, kAtOnce);
    EXPECT_TRUE(again.has_value()) << where;
    EXPECT_EQ(mended->history(Context{}).value().size(), 3U) << where;
    EXPECT_EQ(read_manifest(*disk), one.after) << where;
    EXPECT_EQ(read(fmt::format("read_parquet('{}/t/*.parquet')", folder.path())), one.after)
        << where << ": a reader that globs sees what the manifest says";
    mended
        ->maintain(Context{},
                   table::Vacuum{.older_than = system_clock().now() + std::chrono::hours(1)})
        .value();
    for (const auto& object : disk->list(Context{}, "").value()) {
      EXPECT_FALSE(object.path.starts_with("_0")) << where << ": left behind: " << object.path;
    }
    return failing.has_failed();
  }

  static inline std::unique_ptr<engine::Engine> shared_engine;
  static inline std::unique_ptr<engine::Connection> shared_connection;
};

TEST_P(FaultsTest, AfterAnyFailureTheTableIsAsBeforeOrAsAfter) {
  const std::uint64_t met = storage::sweep_faults(
      kFaults, [&](const Fault& fault) { return attempt(GetParam(), fault); });
  EXPECT_GT(met, kFaults.size() * 5);
  RecordProperty("faults_met", static_cast<int>(met));
}

INSTANTIATE_TEST_SUITE_P(All, FaultsTest,
                         testing::Values(FaultCase{.name = "append",
                                                   .mode = plan::Append{},
                                                   .after = {"1|a", "2|b", "2|x", "3|c", "4|d"}},
                                         FaultCase{.name = "merge",
                                                   .mode = plan::Merge{.key = {"id"}},
                                                   .after = {"1|a", "2|x", "3|c", "4|d"}},
                                         FaultCase{.name = "overwrite",
                                                   .mode = plan::Overwrite{},
                                                   .after = {"2|x", "4|d"}}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace sluice::run
