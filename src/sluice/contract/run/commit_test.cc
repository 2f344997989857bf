// A target whose columns another writer changes between two steps of one commit.
#include "sluice/contract/run/commit.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/run/pipeline/text_rows.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/duckdb/duckdb.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::contract {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A table that lets another writer go first, once, before the step that the test says.
class PoliteTable final : public table::Table {
 public:
  explicit PoliteTable(table::Table& inner) : Table(inner.describe()), inner_(&inner) {}
  std::function<void()> before_maintain;
  std::function<void()> before_prepare;
  std::function<void()> before_commit;
  int prepared = 0;

  Status create(const Context& context, const plan::CreateTable& create,
                const table::Properties& properties) override {
    return inner_->create(context, create, properties);
  }
  Status create_at_commit(const Context& context, const plan::CreateTable& create,
                          const table::Properties& properties) override {
    return inner_->create_at_commit(context, create, properties);
  }
  Result<std::optional<table::TableState>> find_state(const Context& context) override {
    return inner_->find_state(context);
  }
  Result<std::optional<table::StoredCommit>> find_commit(const Context& context,
                                                         std::string_view key) override {
    return inner_->find_commit(context, key);
  }
  Result<std::unique_ptr<table::Prepared>> prepare(const Context& context, const plan::Write& write,
                                                   ColumnStream rows,
                                                   const table::CommitKey& key) override {
    ++prepared;
    yield(before_prepare);
    return inner_->prepare(context, write, std::move(rows), key);
  }
  Result<table::CommitOutcome> commit(const Context& context,
                                      std::unique_ptr<table::Prepared> spent) override {
    yield(before_commit);
    return inner_->commit(context, std::move(spent));
  }
  Result<std::vector<table::Version>> history(const Context& context) override {
    return inner_->history(context);
  }
  Status make_view(const Context& context, const table::At& at, const std::string& name) override {
    return inner_->make_view(context, at, name);
  }
  Result<table::Maintained> maintain(const Context& context,
                                     const table::Maintenance& request) override {
    yield(before_maintain);
    return inner_->maintain(context, request);
  }

 private:
  static void yield(std::function<void()>& act) {
    if (auto once = std::exchange(act, nullptr)) {
      once();
    }
  }
  table::Table* inner_;
};

schema::Schema columns_of(const std::vector<std::string>& texts) {
  schema::Schema columns{.fields = {{.name = "id", .type = {schema::Integer{.bits = 64}}}}};
  for (const std::string& name : texts) {
    columns.fields.push_back({.name = name, .type = {schema::Text{}}});
  }
  return columns;
}

class Rivals : public testing::TestWithParam<std::string> {
 protected:
  Rivals() {
    contract_.schema_policy.emplace().evolution.value = Evolution::Compatible;
    if (GetParam() == "duckdb") {
      mine_ = make_database();
      rival_ = make_database();
    } else {
      mine_ = table::make_parquet_table(*connection_, *storage_).value();
      rival_ = table::make_parquet_table(*other_, *storage_).value();
    }
    polite_.emplace(*mine_);
  }

  std::unique_ptr<table::Table> make_database() {
    return table::make_duckdb_table(mine_ ? *other_ : *connection_, {{"main", "trips"}}).value();
  }

  Result<CommittedRows> write(table::Table& table, engine::Connection& connection, int id,
                              const std::vector<std::string>& texts,
                              std::function<Status()> before_commit = nullptr) {
    std::string select = fmt::format("SELECT CAST({} AS BIGINT) AS id", id);
    for (const std::string& name : texts) {
      select += fmt::format(", 'of {}' AS {}", id, name);
    }
    connection.execute(context_, fmt::format("CREATE TEMP TABLE rows_{} AS {}", id, select))
        .value();
    const std::string relation = fmt::format("rows_{}", id);
    return commit_target(context_, table, contract_,
                         {.columns = columns_of(texts),
                          .untold = {},
                          .relation = relation,
                          .connection = &connection},
                         plan::Append{},
                         {.key = fmt::format("writer-{}", id),
                          .fingerprint = {},
                          .ingest_id = make_uuid_v7(*context_.clock, *context_.random)},
                         std::move(before_commit));
  }
  void rival_writes(const std::vector<std::string>& texts) {
    const auto committed = write(*rival_, *other_, 2, texts);
    EXPECT_TRUE(committed.has_value()) << to_string(committed.error());
  }

  std::vector<std::string> rows(const std::string& columns) {
    mine_->make_view(context_, {}, "whole").value();
    std::vector<std::string> lines;
    for (const run::TextRow& row :
         run::query_texts(
             context_, *connection_,
             fmt::format("SELECT concat_ws('|', id, {}) FROM whole ORDER BY id", columns))
             .value()) {
      lines.push_back(row[0].value_or("-"));
    }
    return lines;
  }

  Context context_;
  TempFolder folder_ = TempFolder::make("rivals").value();
  std::unique_ptr<storage::Storage> storage_ =
      storage::make_file_storage({.root = folder_.path() + "/t"}).value();
  std::unique_ptr<engine::Engine> engine_ = engine::make_duckdb_engine({}).value();
  std::unique_ptr<engine::Connection> connection_ = engine_->connect(context_).value();
  std::unique_ptr<engine::Connection> other_ = engine_->connect(context_).value();
  std::unique_ptr<table::Table> mine_;
  std::unique_ptr<table::Table> rival_;
  std::optional<PoliteTable> polite_;
  Contract contract_;
};

TEST_P(Rivals, AColumnThatIsThereByNowIsNothingToDo) {
  write(*mine_, *connection_, 0, {}).value();
  polite_->before_maintain = [&] { rival_writes({"x"}); };
  write(*polite_, *connection_, 1, {"x"}).value();
  EXPECT_THAT(rows("x"), ElementsAre("0", "1|of 1", "2|of 2"));
}

TEST_P(Rivals, WhatIsLeftOfTheChangesIsMade) {
  write(*mine_, *connection_, 0, {}).value();
  polite_->before_maintain = [&] { rival_writes({"x"}); };
  write(*polite_, *connection_, 1, {"x", "y"}).value();
  EXPECT_THAT(rows("x, y"), ElementsAre("0", "1|of 1|of 1", "2|of 2"));
}

TEST_P(Rivals, ATableThatAnotherHasMadeGetsTheColumnsThatItLacks) {
  int announced = 0;
  // A database has one writer from the first step of a transaction on.
  auto& step = GetParam() == "duckdb" ? polite_->before_prepare : polite_->before_commit;
  step = [&] { rival_writes({"y"}); };
  write(*polite_, *connection_, 1, {"x"}, [&]() -> Status {
    ++announced;
    return {};
  }).value();
  EXPECT_THAT(rows("x, y"), ElementsAre("1|of 1", "2|of 2"));
  EXPECT_EQ(announced, 1);
}

TEST_P(Rivals, WhatTheOtherWriterLeavesNoPlaceForIsRefused) {
  write(*mine_, *connection_, 0, {}).value();
  contract_.schema_policy->evolution.value = Evolution::Append;
  polite_->before_maintain = [&] {
    rival_
        ->maintain(
            context_,
            table::Evolve{.changes = {schema::AddColumn{
                              .field = {.name = "x", .type = {schema::Integer{.bits = 32}}}}}})
        .value();
  };
  const auto refused = write(*polite_, *connection_, 1, {"x"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::DataRejected);
  EXPECT_THAT(to_string(refused.error()), HasSubstr("x"));
  EXPECT_EQ(polite_->prepared, 0);
  EXPECT_THAT(rows("x"), ElementsAre("0"));
}

INSTANTIATE_TEST_SUITE_P(Formats, Rivals, testing::Values("parquet", "duckdb"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace sluice::contract
