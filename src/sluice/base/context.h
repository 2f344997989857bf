// What every port function is given first: when to stop, how much it may use, whom to tell.
// A plain bundle of references owned by the caller, cheap to copy, outlived by what it points to.
// Cancellation is honoured until a commit is sent; from then on the outcome is resolved, then
// reported.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>

#include "sluice/base/clock.h"
#include "sluice/base/log.h"
#include "sluice/base/progress.h"
#include "sluice/base/result.h"

namespace sluice {

struct Context {
  std::stop_token stop;
  std::optional<std::chrono::steady_clock::time_point> deadline;
  /// Shared by engine, Arrow, bridge and queues of one run.
  std::uint64_t memory_bytes_max = std::uint64_t{4} << 30;
  /// 0: as many as the machine has.
  int threads_max = 0;
  const Clock* clock = &system_clock();
  Random* random = &system_random();
  Log* log = &silent_log();
  Progress* progress = &silent_progress();

  /// Cancelled when a stop was asked for or the deadline has passed.
  Status check() const;
  /// Waits between two attempts; a stop or the deadline ends it early, as check() says.
  Status pause(std::chrono::milliseconds time) const;
  void say(LogLevel level, std::string message) const;
};

}  // namespace sluice
