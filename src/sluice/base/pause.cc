#include "sluice/base/pause.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace sluice {

Status pause(const Context& context, int milliseconds) {
  auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  if (context.deadline.has_value()) {
    until = std::min(until, *context.deadline);
  }
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_until(lock, context.stop, until, [] { return false; });
  return context.check();
}

}  // namespace sluice
