#include <utility>

#include "sluice/orm/session/pool_internal.h"

namespace sluice::orm {
namespace {

/// Waits until `ready`, as long as the Context allows; one that has ended does not wait at all.
template <class Ready>
Status wait_until(const Context& context, std::unique_lock<std::mutex>& lock,
                  std::condition_variable_any& changed, Ready ready) {
  SLUICE_CHECK(context.check());
  while (!ready()) {
    if (context.deadline.has_value()) {
      changed.wait_until(lock, context.stop, *context.deadline, ready);
    } else {
      changed.wait(lock, context.stop, ready);
    }
    SLUICE_CHECK(context.check());
  }
  return {};
}

}  // namespace

PooledLease::~PooledLease() { pool_->take_back(std::move(connection_)); }

Result<std::unique_ptr<PooledLease>> Pool::lend(const Context& context) {
  std::unique_lock lock(mutex_);
  SLUICE_CHECK(wait_until(context, lock, changed_, [&] { return free_slots_ > 0 || closed_; }));
  if (closed_) {
    return make_error(ErrorCode::InvalidArgument, "the session was closed")
        .with_hint("open another one with sluice::open");
  }
  --free_slots_;
  std::unique_ptr<engine::Connection> connection;
  if (!idle_.empty()) {
    connection = std::move(idle_.back());
    idle_.pop_back();
  } else {
    lock.unlock();
    Result<std::unique_ptr<engine::Connection>> made = engine_->connect(context);
    if (!made.has_value()) {
      lock.lock();
      ++free_slots_;
      changed_.notify_one();
      return std::move(made).error();
    }
    connection = *std::move(made);
  }
  return std::make_unique<PooledLease>(shared_from_this(), std::move(connection));
}

void Pool::take_back(std::unique_ptr<engine::Connection> connection) {
  {
    const std::scoped_lock lock(mutex_);
    ++free_slots_;
    if (!closed_) {
      idle_.push_back(std::move(connection));
    }
  }
  changed_.notify_one();
}

void Pool::close() {
  std::vector<std::unique_ptr<engine::Connection>> idle;
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    idle = std::exchange(idle_, {});
  }
  changed_.notify_all();
}

Result<Gate::Pass> Gate::enter(const Context& context) {
  std::unique_lock lock(mutex_);
  SLUICE_CHECK(wait_until(context, lock, changed_, [&] { return places_ > 0; }));
  --places_;
  return Pass(this);
}

Gate::Pass::~Pass() {
  if (gate_ != nullptr) {
    {
      const std::scoped_lock lock(gate_->mutex_);
      ++gate_->places_;
    }
    gate_->changed_.notify_one();
  }
}

}  // namespace sluice::orm
