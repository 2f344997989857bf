// Connections of one engine, lent to one call at a time. A call that finds none free waits until
// one comes back, its Context stops, or the pool is closed. Safe from any thread.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/orm/session/row_stream.h"

namespace sluice::orm {

class Pool;

/// A connection that goes back when it is let go.
class PooledLease final : public Lease {
 public:
  PooledLease(std::shared_ptr<Pool> pool, std::unique_ptr<engine::Connection> connection)
      : pool_(std::move(pool)), connection_(std::move(connection)) {}
  PooledLease(const PooledLease&) = delete;
  PooledLease(PooledLease&&) = delete;
  PooledLease& operator=(const PooledLease&) = delete;
  PooledLease& operator=(PooledLease&&) = delete;
  ~PooledLease() override;

  engine::Connection& operator*() { return *connection_; }
  engine::Connection* operator->() { return connection_.get(); }

 private:
  std::shared_ptr<Pool> pool_;
  std::unique_ptr<engine::Connection> connection_;
};

class Pool : public std::enable_shared_from_this<Pool> {
 public:
  Pool(std::shared_ptr<engine::Engine> engine, int connections_max)
      : engine_(std::move(engine)), free_slots_(connections_max) {}

  Result<std::unique_ptr<PooledLease>> lend(const Context& context);
  /// Free connections go now, lent ones when they come back.
  void close();
  std::string_view engine_name() const { return engine_->name(); }

 private:
  friend class PooledLease;
  void take_back(std::unique_ptr<engine::Connection> connection);

  std::shared_ptr<engine::Engine> engine_;  // outlives the connections
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::unique_ptr<engine::Connection>> idle_;
  int free_slots_;
  bool closed_ = false;
};

/// At most so many at once; the others wait.
class Gate {
 public:
  explicit Gate(int places) : places_(places) {}

  class Pass {
   public:
    explicit Pass(Gate* gate) : gate_(gate) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    Pass& operator=(Pass&&) = delete;
    ~Pass();

   private:
    Gate* gate_;
  };

  Result<Pass> enter(const Context& context);

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int places_;
};

}  // namespace sluice::orm
