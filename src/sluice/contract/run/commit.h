// The table that a run writes with the accepted rows, committed once under the batch's key; the
// refused ones are kept by contract/quarantine.
// One call at a time per run; nothing is kept between calls.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/base/uuid.h"
#include "sluice/contract/model/contract.h"
#include "sluice/contract/run/places.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/write.h"
#include "sluice/storage/storage.h"
#include "sluice/table/files/staged.h"
#include "sluice/table/table.h"

namespace sluice::contract {

/// Rows in files of a table's folder that no version names.
struct StagedRows {
  storage::Storage* storage = nullptr;
  std::vector<table::NewFile> files;
};

/// The storage for one who only looks: what a table would set right in its folder stays undone.
std::unique_ptr<storage::Storage> make_untouched(std::unique_ptr<storage::Storage> storage);

/// A table in a local folder, with the storage below it.
class Folder {
 public:
  /// `format` is "parquet", or one that table/module.h loads.
  static Result<Folder> open(engine::Connection& connection,
                             std::unique_ptr<storage::Storage> storage, std::string_view format);

  storage::Storage& storage() { return *storage_; }
  table::Table& table() { return *table_; }

  /// Whether rows may be written as the table's files before they are committed: where there is a
  /// table that takes them, or nothing that would stand in a new one's way, and they are hidden
  /// while there is none. `state_folder` is the folder below it in which runs are recorded.
  Result<bool> takes_files(const Context& context, std::string_view state_folder);

 private:
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<table::Table> table_;
};

/// An engine on the file of a database; called again while another process holds the file.
using OpenFile = std::function<Result<std::unique_ptr<engine::Engine>>()>;
Result<std::unique_ptr<engine::Engine>> open_when_free(const Context& context, const OpenFile& open,
                                                       std::chrono::milliseconds wait);

/// A table of a DuckLake or of a DuckDB file, on an engine of its own: no statement of a contract
/// runs there. That of a file is opened at its address.
class DatabaseTable {
 public:
  static Result<DatabaseTable> open(const Context& context, const OpenFile& open_file,
                                    const Places& places);

  table::Table& table() { return *table_; }
  engine::Connection& connection() { return *connection_; }

 private:
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
  std::unique_ptr<table::Table> table_;
};

/// The columns with what the contract says of them: description, classification, and that they hold
/// personal data.
schema::Schema with_comments(const Contract& contract, schema::Schema columns);

/// What the contract says of the table: its properties, owner, classification and compliance.
table::Properties properties_of(const Contract& contract);

/// The target of these columns, as a run makes it.
plan::CreateTable target_of(const Contract& contract, schema::Schema columns);

/// The rows that a run accepted.
struct AcceptedRows {
  schema::Schema columns;
  /// Of them, those without a value: their type gives way to the one that the table has.
  std::vector<std::string> untold;
  std::string_view relation;
  /// Where the relation is; null while there are no rows yet.
  engine::Connection* connection = nullptr;
  /// Set when the table is on another engine than the relation: the rows come from here.
  engine::Connection* elsewhere = nullptr;
  /// Set when the rows lie in files of the table's folder, for the table to take over.
  const StagedRows* staged = nullptr;
};

/// What a commit brought. `took_files`: those that were staged are the table's from here on.
struct CommittedRows {
  table::Receipt receipt;
  bool took_files = false;
};

/// Refuses before a row is judged what the table could not take whatever the rows are.
Status check_target_columns(const Context& context, table::Table& table, const Contract& contract,
                            AcceptedRows rows, const plan::WriteMode& mode);

/// Brings the rows into the table under `key`; makes the table when it is not there, and brings one
/// that is there in line with the columns as far as the contract's schema policy goes.
/// When other writers change the columns meanwhile, all of that is worked out anew.
/// `before_commit` as in run::WriteOptions: once.
Result<CommittedRows> commit_target(const Context& context, table::Table& table,
                                    const Contract& contract, const AcceptedRows& rows,
                                    const plan::WriteMode& mode, const table::CommitKey& key,
                                    std::function<Status()> before_commit);

}  // namespace sluice::contract
