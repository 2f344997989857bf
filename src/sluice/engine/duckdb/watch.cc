#include <chrono>

#include "sluice/engine/duckdb/database_internal.h"
#include "sluice/engine/duckdb/error_internal.h"

namespace sluice::engine {
namespace {

constexpr std::chrono::milliseconds kTick{50};

bool reports(const Context& context) { return context.progress != &silent_progress(); }

void report_progress(const DuckWatch::Watched& one) {
  const duckdb_query_progress_type progress = duckdb_query_progress(one.connection);
  if (progress.percentage >= 0.0) {
    one.context.progress->report("query", progress.rows_processed, progress.total_rows_to_process,
                                 "rows");
  }
}

}  // namespace

DuckWatch::~DuckWatch() {
  thread_.request_stop();
  if (thread_.joinable()) {
    thread_.join();
  }
}

DuckWatch::Ticket DuckWatch::add(duckdb_connection connection, const Context& context) {
  const std::lock_guard lock(mutex_);
  watched_.push_front(Watched{.connection = connection, .context = context});
  if (!thread_.joinable()) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  changed_.notify_one();
  return watched_.begin();
}

void DuckWatch::remove(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  watched_.erase(ticket);
}

void DuckWatch::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    changed_.wait(lock, stop, [this] { return !watched_.empty(); });
    for (const Watched& one : watched_) {
      // Said again on every tick: DuckDB forgets an interrupt that comes before the statement runs.
      if (!one.context.check()) {
        duckdb_interrupt(one.connection);
      } else if (reports(one.context)) {
        report_progress(one);
      }
    }
    auto wake = std::chrono::steady_clock::now() + kTick;
    for (const Watched& one : watched_) {
      if (one.context.deadline.has_value() && one.context.check().has_value()) {
        wake = std::min(wake, *one.context.deadline);
      }
    }
    changed_.wait_until(lock, stop, wake, [] { return false; });
  }
}

DuckGuard::DuckGuard(std::shared_ptr<DuckSession> session, const Context& context)
    : session_(std::move(session)), user_(session_->enter()), context_(context) {
  if (reports(context_)) {
    session_->count_progress();
  }
  on_stop_.emplace(context_.stop, [connection = session_->get()] { duckdb_interrupt(connection); });
  if (context_.deadline.has_value() || reports(context_)) {
    ticket_ = session_->database().watch().add(session_->get(), context_);
  }
}

DuckGuard::~DuckGuard() {
  if (ticket_.has_value()) {
    session_->database().watch().remove(*ticket_);
  }
  if (session_->is_latest(user_)) {
    duckdb_interrupt(session_->get());
  }
}

Error DuckGuard::failed(const char* text, std::string_view sql) const {
  Error error = duckdb_error(text == nullptr ? "" : text, sql);
  if (Status stopped = context_.check(); !stopped && error.code == ErrorCode::Cancelled) {
    error.message = std::move(stopped).error().message;
  }
  return error;
}

}  // namespace sluice::engine
