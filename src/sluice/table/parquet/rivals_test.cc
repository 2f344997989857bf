// A Parquet folder while others work on it: what they do between two steps of one call is decided
// by the test, at the call of the storage where it hurts.
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::table {
namespace {

using testing::HasSubstr;

/// A storage that lets others go first, once, before a call of a kind.
class PoliteStorage final : public storage::Storage {
 public:
  explicit PoliteStorage(storage::Storage& inner) : inner_(&inner) {}
  /// `act` is done before the next call of `name` for a path that holds `part`.
  void before(std::string name, std::string part, std::function<void()> act) {
    name_ = std::move(name);
    part_ = std::move(part);
    act_ = std::move(act);
  }

  std::string uri(std::string_view path) const override { return inner_->uri(path); }
  Status put(const Context& context, std::string_view path, std::string_view bytes) override {
    return inner_->put(context, path, bytes);
  }
  Status put_if_absent(const Context& context, std::string_view path,
                       std::string_view bytes) override {
    yield("put_if_absent", path);
    return inner_->put_if_absent(context, path, bytes);
  }
  Result<std::optional<std::string>> find(const Context& context, std::string_view path,
                                          std::uint64_t bytes_max) override {
    return inner_->find(context, path, bytes_max);
  }
  Result<std::vector<storage::ObjectInfo>> list(const Context& context,
                                                std::string_view prefix) override {
    yield("list", prefix);
    return inner_->list(context, prefix);
  }
  Status publish(const Context& context, std::string_view from, std::string_view to) override {
    yield("publish", from);
    return inner_->publish(context, from, to);
  }
  Status remove(const Context& context, std::string_view path) override {
    return inner_->remove(context, path);
  }
  Status prepare_folder(const Context& context, std::string_view path) override {
    return inner_->prepare_folder(context, path);
  }

 private:
  void yield(std::string_view name, std::string_view path) {
    if (act_ && name == name_ && path.contains(part_)) {
      std::exchange(act_, nullptr)();
    }
  }

  storage::Storage* inner_;
  std::string name_;
  std::string part_;
  std::function<void()> act_;
};

class ParquetRivalsTest : public testing::Test {
 protected:
  ParquetRivalsTest()
      : folder_(TempFolder::make("sluice-parquet").value()),
        storage_(storage::make_file_storage(
                     {.root = folder_.path(), .durability = storage::Durability::Process})
                     .value()),
        polite_(*storage_),
        engine_(engine::make_duckdb_engine().value()),
        connection_(engine_->connect(context_).value()),
        mine_(make_parquet_table(*connection_, polite_).value()),
        rival_(make_parquet_table(*connection_, *storage_).value()) {
    mine_
        ->create(context_, {.target = {.parts = {"t"}},
                            .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}}}}})
        .value();
  }

  Result<std::unique_ptr<Prepared>> prepare(Table& table, plan::WriteMode mode, int id) {
    const std::string rows = fmt::format("rows_{}", id);
    connection_
        ->execute(
            context_,
            fmt::format("CREATE OR REPLACE TEMP TABLE {} AS SELECT {}::BIGINT AS id", rows, id))
        .value();
    const plan::Write write{.target = {.parts = {"t"}},
                            .schema = {.fields = {{.name = "id", .type = {schema::Integer{}}}}},
                            .mode = std::move(mode),
                            .source = plan::Relation{.name = rows}};
    return table.prepare(context_, write, ColumnStream{},
                         {.key = fmt::format("k{}", id),
                          .fingerprint = "f",
                          .ingest_id = make_uuid_v7(system_clock(), system_random())});
  }
  void write(Table& table, plan::WriteMode mode, int id) {
    auto prepared = prepare(table, std::move(mode), id).value();
    ASSERT_TRUE(
        std::holds_alternative<Committed>(table.commit(context_, std::move(prepared)).value()));
  }
  std::string rows_at(const At& at) {
    const Status seen = mine_->make_view(context_, at, "looked_at");
    if (!seen.has_value()) {
      return to_string(seen.error());
    }
    std::string text;
    for (const TextRow& row :
         find_text_rows(context_, *connection_, "SELECT id FROM looked_at ORDER BY id").value()) {
      text += (text.empty() ? "" : " ") + row[0].value_or("NULL");
    }
    return text;
  }
  void age_files() {
    const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(24 * 30);
    for (const auto& file : std::filesystem::directory_iterator(folder_.path())) {
      if (file.is_regular_file()) {
        std::filesystem::last_write_time(file.path(), old);
      }
    }
  }
  sys_micros a_week_ago() const { return context_.clock->now() - std::chrono::hours(24 * 7); }
  sys_micros soon() const { return context_.clock->now() + std::chrono::hours(1); }

  Context context_;
  TempFolder folder_;
  std::unique_ptr<storage::Storage> storage_;
  PoliteStorage polite_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
  std::unique_ptr<Table> mine_;
  std::unique_ptr<Table> rival_;
};

TEST_F(ParquetRivalsTest, AVacuumLeavesWhatAWriteReplacedAMomentAgo) {
  write(*mine_, plan::Append{}, 1);
  age_files();
  polite_.before("list", "", [&] { write(*rival_, plan::Overwrite{}, 2); });
  EXPECT_EQ(mine_->maintain(context_, Vacuum{.older_than = a_week_ago()}).value().deleted, 0);
  EXPECT_EQ(rows_at({.version = 1}), "1") << "it was replaced today";
  EXPECT_EQ(rows_at({}), "2");
}

TEST_F(ParquetRivalsTest, CleaningLeavesTheFilesOfACommitThatAnotherHasNotShownYet) {
  write(*mine_, plan::Append{}, 1);
  PoliteStorage killed(*storage_);
  const auto dying = make_parquet_table(*connection_, killed).value();
  polite_.before("list", "", [&] {
    auto prepared = prepare(*dying, plan::Append{}, 2).value();
    std::string file;
    for (const auto& object : storage_->list(context_, "").value()) {
      file = object.path.ends_with(".staged") ? object.path : file;
    }
    killed.before("publish", ".staged",
                  [&] { std::filesystem::rename(storage_->uri(file), folder_.path() + "/aside"); });
    static_cast<void>(dying->commit(context_, std::move(prepared)));
    std::filesystem::rename(folder_.path() + "/aside", storage_->uri(file));
    age_files();
  });
  EXPECT_EQ(mine_->maintain(context_, Clean{.older_than = a_week_ago()}).value().deleted, 0);
  EXPECT_EQ(rows_at({}), "1 2");
}

TEST_F(ParquetRivalsTest, AWriteWhoseFilesWereTakenAwayIsNotCommitted) {
  write(*mine_, plan::Append{}, 1);
  auto prepared = prepare(*mine_, plan::Append{}, 2).value();
  EXPECT_EQ(rival_->maintain(context_, Clean{.older_than = soon()}).value().deleted, 1);
  const CommitOutcome outcome = mine_->commit(context_, std::move(prepared)).value();
  ASSERT_TRUE(std::holds_alternative<Conflict>(outcome));
  EXPECT_THAT(std::get<Conflict>(outcome).with, HasSubstr("is not there"));
  EXPECT_EQ(mine_->find_state(context_).value()->version, 1);
  write(*mine_, plan::Append{}, 2);
  EXPECT_EQ(rows_at({}), "1 2");
}

TEST_F(ParquetRivalsTest, ACommitWhoseFilesGoAtThatMomentIsNoSuccess) {
  write(*mine_, plan::Append{}, 1);
  auto prepared = prepare(*mine_, plan::Append{}, 2).value();
  polite_.before("put_if_absent", "manifest", [&] {
    EXPECT_EQ(rival_->maintain(context_, Clean{.older_than = soon()}).value().deleted, 1);
  });
  const auto outcome = mine_->commit(context_, std::move(prepared));
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(outcome.error().message, HasSubstr("is not there"));
  EXPECT_THAT(outcome.error().hint, HasSubstr("lost"));
}

TEST_F(ParquetRivalsTest, ACommitIsASuccessThoughOthersReplacedItsFilesAtOnce) {
  write(*mine_, plan::Append{}, 1);
  auto prepared = prepare(*mine_, plan::Append{}, 2).value();
  polite_.before("publish", ".staged", [&] {
    write(*rival_, plan::Overwrite{}, 3);
    EXPECT_GE(rival_->maintain(context_, Vacuum{.older_than = soon()}).value().deleted, 1);
  });
  const auto outcome = mine_->commit(context_, std::move(prepared));
  ASSERT_TRUE(outcome.has_value()) << to_string(outcome.error());
  EXPECT_TRUE(std::holds_alternative<Committed>(*outcome));
  EXPECT_EQ(rows_at({}), "3");
}

}  // namespace
}  // namespace sluice::table
