// The table that a run writes with the accepted rows, committed once under the batch's key; the
// refused ones are kept by contract/quarantine.
// One call at a time per run; nothing is kept between calls.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/base/uuid.h"
#include "sluice/contract/model/contract.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/write.h"
#include "sluice/storage/storage.h"
#include "sluice/table/table.h"

namespace sluice::contract {

/// A table in a local folder, with the storage below it.
class Folder {
 public:
  /// `format` is "parquet", or one that table/module.h loads.
  static Result<Folder> open(engine::Connection& connection,
                             std::unique_ptr<storage::Storage> storage, std::string_view format);

  storage::Storage& storage() { return *storage_; }
  table::Table& table() { return *table_; }

 private:
  std::unique_ptr<storage::Storage> storage_;
  std::unique_ptr<table::Table> table_;
};

/// Brings the rows of `relation` into the table under `key`; makes the table when it is not there.
/// `good` are the relation's columns; `before_commit` as in run::WriteOptions.
Result<table::Receipt> commit_target(const Context& context, table::Table& table,
                                     const Contract& contract, const schema::Schema& good,
                                     plan::WriteMode mode, std::string_view relation,
                                     const std::string& key, const Uuid& run_id,
                                     std::function<Status()> before_commit);

}  // namespace sluice::contract
