#include "sluice/contract/run/commit.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/limits.h"
#include "sluice/contract/lower/lower.h"
#include "sluice/run/write/write.h"
#include "sluice/table/module.h"
#include "sluice/table/parquet/parquet.h"

namespace sluice::contract {
namespace {

Status create_if_absent(const Context& context, table::Table& table, const Contract& contract,
                        schema::Schema columns, const plan::TableId& id, bool is_partitioned) {
  SLUICE_TRY(const std::optional<table::TableState> state, table.find_state(context));
  if (state) {
    return {};
  }
  plan::CreateTable create{.target = id,
                           .schema = std::move(columns),
                           .primary_key = {},
                           .partition_by = {},
                           .sort_by = {}};
  if (is_partitioned && contract.materialization) {
    for (const Text& column : contract.materialization->partition_by) {
      create.partition_by.push_back({.column = column.value});
    }
  }
  return table.create(context, create);
}

plan::TableId id_of(const Contract& contract) {
  const std::string name = table_name(contract);
  return {{name.empty() ? "target" : name}};
}

table::CommitKey commit_key(const std::string& key, const Uuid& run_id) {
  // The number says what was read; nothing else may stand under it.
  return {.key = key, .fingerprint = key, .ingest_id = run_id};
}

}  // namespace

Result<Folder> Folder::open(engine::Connection& connection,
                            std::unique_ptr<storage::Storage> storage, std::string_view format) {
  Folder folder;
  folder.storage_ = std::move(storage);
  SLUICE_TRY(folder.table_, format == "parquet"
                                ? table::make_parquet_table(connection, *folder.storage_)
                                : table::open_format(format, connection, *folder.storage_));
  return folder;
}

Result<LakeTable> LakeTable::open(const Context& context, std::unique_ptr<engine::Engine> engine,
                                  const Places& places) {
  LakeTable lake;
  lake.engine_ = std::move(engine);
  SLUICE_TRY(lake.connection_, lake.engine_->connect(context));
  SLUICE_CHECK(table::attach_lake(context, *lake.connection_, places.lake));
  SLUICE_TRY(lake.table_, table::make_ducklake_table(*lake.connection_, places.lake_table));
  return lake;
}

Result<table::Receipt> commit_target(const Context& context, table::Table& table,
                                     const Contract& contract, const AcceptedRows& rows,
                                     plan::WriteMode mode, const std::string& key,
                                     const Uuid& run_id, std::function<Status()> before_commit) {
  const plan::TableId id = id_of(contract);
  SLUICE_CHECK(
      create_if_absent(context, table, contract, with_kept_columns(rows.columns, mode), id, true));
  plan::Write write{.target = id,
                    .schema = rows.columns,
                    .mode = std::move(mode),
                    .source = plan::Relation{std::string(rows.relation)}};
  run::RowSource source;
  run::WriteOptions options;
  options.before_commit = std::move(before_commit);
  if (rows.elsewhere != nullptr) {
    options.commit_retry_max = limits::kCommitRetryMax;  // every write of a lake meets every other
    write.source = plan::Batches{};
    source = [&] {
      return rows.elsewhere->query(context, fmt::format("SELECT * FROM {}", rows.relation));
    };
  }
  return run::write_once(context, table, write, source, commit_key(key, run_id), options);
}

}  // namespace sluice::contract
