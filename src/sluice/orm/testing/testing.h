// For the tests of services that use the typed door: a session in memory whose ids and times are
// the same in every run, records to fill it with, and what it has logged and counted. No server, no
// file, no sleep.
//
//   sluice::testing::Harness harness;
//   sluice::Session db = harness.open().value();
//   auto users = sluice::testing::Factory<User>([](User& user, std::int64_t n) {
//     user.id = "u" + std::to_string(n);
//   });
//   db.migrate<User>().value();
//   db.insert(users.make(3)).value();
//   EXPECT_EQ(harness.log().count("ingest committed"), 1U);
//
// A Harness outlives its sessions. Its clock and its log are safe from any thread; a Factory is
// used by one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/log.h"
#include "sluice/base/uuid.h"
#include "sluice/orm/observe/metrics.h"
#include "sluice/orm/session/session.h"

namespace sluice::testing {

/// Stands still until it is told to go on.
class SteppingClock final : public Clock {
 public:
  explicit SteppingClock(sys_micros start) : now_(start) {}
  sys_micros now() const override;
  void advance(std::chrono::microseconds by);

 private:
  mutable std::mutex mutex_;
  sys_micros now_;
};

/// Keeps every line.
class KeptLog final : public Log {
 public:
  void write(const LogLine& line) override;
  std::vector<LogLine> lines() const;
  /// Lines with this message.
  std::size_t count(std::string_view message) const;
  /// Lines with this value in a field: all that was said about one ingest, for its id.
  std::vector<LogLine> about(std::string_view value) const;

 private:
  mutable std::mutex mutex_;
  std::vector<LogLine> lines_;
};

/// A world of its own for one test.
class Harness {
 public:
  /// The same seed gives the same ids.
  explicit Harness(std::uint64_t seed = 1);
  Harness(const Harness&) = delete;
  Harness(Harness&&) = delete;
  Harness& operator=(const Harness&) = delete;
  Harness& operator=(Harness&&) = delete;
  ~Harness();

  /// A new, empty database in memory. Log, metrics, clock and random of the options are replaced.
  Result<Session> open(OpenOptions options = {});

  sys_micros now() const { return clock_.now(); }
  void advance(std::chrono::microseconds by) { clock_.advance(by); }
  /// 1, 2, 3 ...
  std::int64_t next_number();
  /// An id as an ingest would get it now.
  Uuid next_id();
  KeptLog& log() { return log_; }
  Metrics& metrics() { return metrics_; }

 private:
  SteppingClock clock_;
  SeededRandom random_;
  KeptLog log_;
  Metrics metrics_;
  std::mutex mutex_;
  std::int64_t number_ = 0;
};

/// Records for a test: a plain one, numbered by a function, changed where a test cares.
template <class T>
class Factory {
 public:
  using Fill = std::function<void(T& record, std::int64_t number)>;

  explicit Factory(Fill fill) : fill_(std::move(fill)) {}

  T make_one(const std::function<void(T&)>& change = nullptr) {
    T record{};
    fill_(record, ++number_);
    if (change != nullptr) {
      change(record);
    }
    return record;
  }
  std::vector<T> make(std::size_t count, const std::function<void(T&)>& change = nullptr) {
    std::vector<T> records;
    records.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      records.push_back(make_one(change));
    }
    return records;
  }

 private:
  Fill fill_;
  std::int64_t number_ = 0;
};

}  // namespace sluice::testing
