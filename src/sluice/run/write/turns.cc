#include "sluice/run/write/turns.h"

#include <algorithm>

namespace sluice::run {

Turns::Turn::~Turn() {
  if (turns_ == nullptr) {
    return;
  }
  {
    const std::scoped_lock lock(turns_->mutex_);
    --(alone_ ? turns_->alone_ : turns_->beside_);
  }
  turns_->changed_.notify_all();
}

template <class Ready>
Status Turns::wait(const Context& context, std::unique_lock<std::mutex>& lock, Ready ready) {
  const auto patient = std::chrono::steady_clock::now() + patience_;
  const auto until = context.deadline.has_value() ? std::min(patient, *context.deadline) : patient;
  changed_.wait_until(lock, context.stop, until, ready);
  return context.check();
}

Result<Turns::Turn> Turns::join(const Context& context) {
  std::unique_lock lock(mutex_);
  SLUICE_CHECK(wait(context, lock, [&] { return alone_ + waiting_alone_ == 0; }));
  ++beside_;
  return Turn(this, false);
}

Result<Turns::Turn> Turns::go_alone(const Context& context) {
  std::unique_lock lock(mutex_);
  ++waiting_alone_;
  const Status waited = wait(context, lock, [&] { return alone_ + beside_ == 0; });
  --waiting_alone_;
  if (!waited.has_value()) {
    lock.unlock();
    changed_.notify_all();
    return waited.error();
  }
  ++alone_;
  return Turn(this, true);
}

}  // namespace sluice::run
