// Time and randomness as ports, so that a run can be repeated: a run reads the clock once, and with
// a fixed clock and a seeded source of randomness its ids are the same again. UTC, microseconds.
// The accessors return objects that live as long as the process; the callers own all others.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice {

using sys_micros = std::chrono::sys_time<std::chrono::microseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual sys_micros now() const = 0;
};

/// The machine's clock. Stateless; safe from any thread.
const Clock& system_clock();

/// Stands still at the instant it was given.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(sys_micros instant) : instant_(instant) {}
  sys_micros now() const override { return instant_; }

 private:
  sys_micros instant_;
};

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::uint8_t> bytes) = 0;
};

/// The operating system's generator. Stateless; safe from any thread.
Random& system_random();

/// The same bytes for the same seed. Safe from any thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed);
  SeededRandom(const SeededRandom&) = delete;
  SeededRandom(SeededRandom&&) = delete;
  SeededRandom& operator=(const SeededRandom&) = delete;
  SeededRandom& operator=(SeededRandom&&) = delete;
  ~SeededRandom() override;
  void fill(std::span<std::uint8_t> bytes) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// "2026-03-28T12:00:01.000250Z".
std::string to_string(sys_micros instant);

/// Reads what to_string writes; an offset other than Z is converted to UTC, not cut off.
Result<sys_micros> parse_instant(std::string_view text);

}  // namespace sluice
