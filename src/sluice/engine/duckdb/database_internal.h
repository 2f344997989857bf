// One open DuckDB instance, shared by the engines on its file and by all their connections.
//
// Statements are stopped from outside, since a fetch may compute for minutes: a stop token
// interrupts by its callback, a deadline through the watch thread, which also asks for progress.
// The thread starts with the first statement that needs it. Safe from any thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "sluice/base/context.h"
#include "sluice/base/temp_folder.h"
#include "sluice/engine/duckdb/feed_internal.h"
#include "sluice/engine/duckdb/handle_internal.h"
#include "sluice/engine/engine.h"

namespace sluice::engine {

/// Interrupts statements whose time is over and reports how far the others are.
class DuckWatch {
 public:
  struct Watched {
    duckdb_connection connection;
    Context context;
  };
  using Ticket = std::list<Watched>::iterator;

  DuckWatch() = default;
  DuckWatch(const DuckWatch&) = delete;
  DuckWatch& operator=(const DuckWatch&) = delete;
  ~DuckWatch();

  Ticket add(duckdb_connection connection, const Context& context);
  /// After this the connection is touched no more.
  void remove(Ticket ticket);

 private:
  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::list<Watched> watched_;
  std::jthread thread_;
};

class DuckDatabase {
 public:
  static Result<std::shared_ptr<DuckDatabase>> open(const EngineOptions& options);

  DuckDatabase(const DuckDatabase&) = delete;
  DuckDatabase& operator=(const DuckDatabase&) = delete;
  ~DuckDatabase();

  duckdb_database get() const { return database_; }
  const EngineOptions& options() const { return options_; }
  DuckWatch& watch() { return watch_; }
  RowFeeds& feeds() { return feeds_; }

 private:
  explicit DuckDatabase(EngineOptions options) : options_(std::move(options)) {}
  Status start();
  Status settle();

  EngineOptions options_;
  std::optional<TempFolder> spill_folder_;  // unless the options name one
  std::string registered_path_;             // empty: in memory, or not opened
  RowFeeds feeds_;
  duckdb_database database_ = nullptr;
  DuckWatch watch_;
};

/// One connection's handle; shared with the streams that read from it.
class DuckSession {
 public:
  static Result<std::shared_ptr<DuckSession>> open(std::shared_ptr<DuckDatabase> database);

  explicit DuckSession(std::shared_ptr<DuckDatabase> database) : database_(std::move(database)) {}
  DuckSession(const DuckSession&) = delete;
  DuckSession& operator=(const DuckSession&) = delete;
  ~DuckSession();

  duckdb_connection get() const { return connection_; }
  DuckDatabase& database() const { return *database_; }
  const std::shared_ptr<DuckDatabase>& share_database() const { return database_; }
  /// Runs a setting or DDL of ours to its end.
  Status run(const std::string& sql);
  /// DuckDB counts progress only where it is asked to.
  void count_progress();
  /// The number of one more user of the connection; `is_latest` says whether none came after it.
  std::uint64_t enter() { return ++users_; }
  bool is_latest(std::uint64_t user) const { return users_ == user; }

 private:
  std::shared_ptr<DuckDatabase> database_;
  duckdb_connection connection_ = nullptr;
  bool counts_progress_ = false;
  std::uint64_t users_ = 0;
};

/// While it lives, the context can stop what runs on the session. What it leaves unfinished ends
/// with it: DuckDB would finish the tasks of an abandoned query before it looks at the next
/// statement.
class DuckGuard {
 public:
  DuckGuard(std::shared_ptr<DuckSession> session, const Context& context);
  DuckGuard(const DuckGuard&) = delete;
  DuckGuard& operator=(const DuckGuard&) = delete;
  ~DuckGuard();

  const Context& context() const { return context_; }
  DuckSession& session() const { return *session_; }
  /// The error of a call that failed: Cancelled with the context's reason where it was stopped.
  Error failed(const char* text, std::string_view sql) const;

 private:
  std::shared_ptr<DuckSession> session_;
  std::uint64_t user_;
  Context context_;
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
  std::optional<DuckWatch::Ticket> ticket_;
};

/// 'text' with quotes doubled, "name" with quotes doubled.
std::string duckdb_literal(std::string_view text);
std::string duckdb_identifier(std::string_view name);

}  // namespace sluice::engine
