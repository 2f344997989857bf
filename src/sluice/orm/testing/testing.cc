#include "sluice/orm/testing/testing.h"

#include <algorithm>

namespace sluice::testing {
namespace {

/// 2026-01-01T00:00:00Z.
constexpr sys_micros kStart{std::chrono::seconds(1'767'225'600)};

}  // namespace

sys_micros SteppingClock::now() const {
  const std::scoped_lock lock(mutex_);
  return now_;
}

void SteppingClock::advance(std::chrono::microseconds by) {
  const std::scoped_lock lock(mutex_);
  now_ += by;
}

void KeptLog::write(const LogLine& line) {
  const std::scoped_lock lock(mutex_);
  lines_.push_back(line);
}

std::vector<LogLine> KeptLog::lines() const {
  const std::scoped_lock lock(mutex_);
  return lines_;
}

std::size_t KeptLog::count(std::string_view message) const {
  const std::scoped_lock lock(mutex_);
  return static_cast<std::size_t>(std::ranges::count(lines_, message, &LogLine::message));
}

std::vector<LogLine> KeptLog::about(std::string_view value) const {
  const std::scoped_lock lock(mutex_);
  std::vector<LogLine> found;
  for (const LogLine& line : lines_) {
    const bool names_it =
        std::ranges::any_of(line.fields, [&](const auto& field) { return field.second == value; });
    if (names_it) {
      found.push_back(line);
    }
  }
  return found;
}

Harness::Harness(std::uint64_t seed) : clock_(kStart), random_(seed) {}

Harness::~Harness() = default;

Result<Session> Harness::open(OpenOptions options) {
  options.log = &log_;
  options.metrics = &metrics_;
  options.clock = &clock_;
  options.random = &random_;
  return sluice::open(duckdb(""), options);
}

std::int64_t Harness::next_number() {
  const std::scoped_lock lock(mutex_);
  return ++number_;
}

Uuid Harness::next_id() { return make_uuid_v7(clock_, random_); }

}  // namespace sluice::testing
