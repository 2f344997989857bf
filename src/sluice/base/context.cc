#include "sluice/base/context.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace sluice {
namespace {

class SilentLog final : public Log {
 public:
  void write(const LogLine&) override {}
};

class SilentProgress final : public Progress {
 public:
  void report(std::string_view, std::uint64_t, std::uint64_t, std::string_view) override {}
};

}  // namespace

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::Debug: return "debug";
    case LogLevel::Info: return "info";
    case LogLevel::Warning: return "warning";
    case LogLevel::Error: return "error";
  }
  return "unknown";
}

Log& silent_log() {
  static SilentLog log;
  return log;
}

Progress& silent_progress() {
  static SilentProgress progress;
  return progress;
}

Status Context::check() const {
  if (stop.stop_requested()) {
    return make_error(ErrorCode::Cancelled, "stopped because the caller asked for it");
  }
  if (deadline.has_value() && std::chrono::steady_clock::now() >= *deadline) {
    return make_error(ErrorCode::Cancelled, "stopped because the time allowed has passed");
  }
  return {};
}

Status Context::pause(std::chrono::milliseconds time) const {
  const auto end = std::chrono::steady_clock::now() + time;
  const auto until = deadline.has_value() ? std::min(end, *deadline) : end;
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_until(lock, stop, until, [] { return false; });
  return check();
}

void Context::say(LogLevel level, std::string message) const {
  log->write(LogLine{.level = level, .message = std::move(message), .fields = {}});
}

}  // namespace sluice
