// Manners among the writers of one process that share a table: they write side by side, until one
// has lost its commit to another; that one then goes alone, or a busy neighbour could win each
// time. A courtesy only: nobody waits longer than its patience, and the table's compare-and-swap
// decides in any case, also against other processes.
//
// Safe from any thread; outlives the turns it gave.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "sluice/base/context.h"
#include "sluice/base/result.h"

namespace sluice::run {

class Turns {
 public:
  explicit Turns(std::chrono::milliseconds patience = std::chrono::seconds(10))
      : patience_(patience) {}

  /// Ends when it is destroyed.
  class Turn {
   public:
    Turn(Turns* turns, bool alone) : turns_(turns), alone_(alone) {}
    Turn(Turn&& other) noexcept
        : turns_(std::exchange(other.turns_, nullptr)), alone_(other.alone_) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    Turn& operator=(Turn&&) = delete;
    ~Turn();

   private:
    Turns* turns_;
    bool alone_;
  };

  /// Beside others; waits for one who is alone or wants to be. Cancelled as the context says.
  Result<Turn> join(const Context& context);
  /// Waits until all others are done, and lets none in before.
  Result<Turn> go_alone(const Context& context);

 private:
  template <class Ready>
  Status wait(const Context& context, std::unique_lock<std::mutex>& lock, Ready ready);

  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int beside_ = 0;
  int alone_ = 0;  // more than one only where patience ended
  int waiting_alone_ = 0;
};

}  // namespace sluice::run
