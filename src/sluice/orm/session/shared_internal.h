// What the copies of one session share: the pool, the gate, the options. Immutable but for the
// pool, the gate and what is being staged, which lock for themselves.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "sluice/base/context.h"
#include "sluice/orm/session/pool_internal.h"
#include "sluice/orm/session/session.h"
#include "sluice/orm/session/staging_internal.h"
#include "sluice/orm/session/tables_internal.h"
#include "sluice/plan/table_id.h"
#include "sluice/run/write/turns.h"
#include "sluice/run/write/write.h"
#include "sluice/storage/storage.h"
#include "sluice/table/table.h"

namespace sluice {

class Session::Shared {
 public:
  Shared(std::shared_ptr<engine::Engine> engine, orm::Tables named,
         std::unique_ptr<storage::Storage> staged, const OpenOptions& given);

  /// A connection on which the tables can be reached.
  Result<std::unique_ptr<orm::PooledLease>> lend(const Context& context);

  /// How a write meets others: those of this session take turns.
  run::WriteOptions write_options(const plan::TableId& id);

  std::shared_ptr<orm::Pool> pool;
  orm::Gate ingests;
  orm::Tables tables;
  std::unique_ptr<storage::Storage> storage;  // empty: nothing is staged
  orm::StagingUnderway staging;
  OpenOptions options;
  Context context;

 private:
  std::atomic<bool> is_attached_ = false;
  std::mutex turns_mutex_;
  std::map<std::string, run::Turns> turns_;
};

Receipt to_receipt(const table::Receipt& receipt);

}  // namespace sluice
