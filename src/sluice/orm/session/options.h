// How a session is opened and how one write behaves. Every field has a default that suits a service
// with one embedded database; each is checked once, when it is used.
// Plain values; what they point to (log, clock, random) is the caller's and outlives the session.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/uuid.h"

namespace sluice {

class Log;

/// Which engine a session talks to.
struct EngineAddress {
  std::string engine;   // "duckdb"
  std::string address;  // of DuckDB: a file, empty for memory
};

/// The embedded engine: a database file, made when it is not there; "" is one in memory.
inline EngineAddress duckdb(std::string file) { return {"duckdb", std::move(file)}; }

struct OpenOptions {
  /// Put before table names of one part; empty: the engine's own default.
  std::string default_database;

  /// Inserts that run at once; further ones wait. 1..64.
  int inflight_ingests_max = 4;

  /// Connections kept; a call that finds none free waits. A stream keeps one until it ends. 1..256.
  int session_pool = 8;

  /// Commit conflicts retried before CommitConflict is returned. 0..16.
  int commit_retry_max = 8;

  /// For the engine and for buffers.
  std::uint64_t memory_bytes_max = std::uint64_t{4} << 30;
  int threads_max = 0;  // 0: all

  /// Told of each write: started, committed or aborted, with its ingest id. Outlives the session;
  /// nullptr: nobody is told.
  Log* log = nullptr;

  /// Where time and randomness come from; nullptr: the machine. They outlive the session.
  const Clock* clock = nullptr;
  Random* random = nullptr;
};

/// What happens to a record whose key is in the table.
enum class OnConflict : std::uint8_t {
  Default,  // a merge key replaces the row, a key alone refuses the write
  Error,
  Ignore,
  Update,
};

struct InsertOptions {
  /// The caller's name for this write: the same key with the same records is committed once,
  /// however often it is sent, and gives the same receipt. Empty: every call is a write of its own.
  std::string idempotency_key = {};

  OnConflict on_conflict = OnConflict::Default;

  /// Columns taken from the record where its key is in the table; empty: all that may change. See
  /// sluice::columns<&T::x>().
  std::vector<std::string> update_columns = {};
};

/// What one write did.
struct Receipt {
  Uuid ingest_id;
  std::int64_t version = 0;  // of the table, after it
  std::int64_t rows_in = 0;
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::int64_t deleted = 0;
  sys_micros committed_at;

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

}  // namespace sluice
