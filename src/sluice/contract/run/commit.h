// The two tables that a run writes: the refused rows and the accepted ones, each committed once
// under the batch's key.
// One call at a time per run; nothing is kept between calls.
#pragma once

#include <memory>
#include <string>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/base/uuid.h"
#include "sluice/contract/model/contract.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/write.h"
#include "sluice/storage/storage.h"
#include "sluice/table/table.h"

namespace sluice::contract {

/// A Parquet folder with the storage below it.
class Folder {
 public:
  static Result<Folder> open(engine::Connection& connection, const std::string& root);

  storage::Storage& storage() { return *storage_; }
  table::Table& table() { return *table_; }

 private:
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<table::Table> table_;
};

/// Brings the rows of `relation` into the table under `key`; makes the table when it is not there.
/// `good` are the relation's columns.
Result<table::Receipt> commit_target(const Context& context, table::Table& table,
                                     const Contract& contract, const schema::Schema& good,
                                     plan::WriteMode mode, std::string_view relation,
                                     const std::string& key, const Uuid& run_id);

/// Appends the refused rows. The table keeps the columns that it was made with; what other columns
/// later rows have goes into `_lakelogic_extra` as JSON text, so that no row is ever refused here.
Result<table::Receipt> commit_quarantine(const Context& context, engine::Connection& connection,
                                         table::Table& table, const Contract& contract,
                                         const std::string& key, const Uuid& run_id);

}  // namespace sluice::contract
