// How a session is opened and how one write behaves. Every field has a default that suits a service
// with one embedded database; each is checked once, when it is used.
// Plain values; what they point to (log, metrics, clock, random) is the caller's and outlives the
// session.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/uuid.h"
#include "sluice/dialect/duckdb/codec.h"

namespace sluice {

class Log;
class Metrics;

/// Which engine a session talks to.
struct EngineAddress {
  std::string engine;   // "duckdb", "spark"
  std::string address;  // of DuckDB: a file, empty for memory; of Spark: "sc://host:port"
};

/// The embedded engine: a database file, made when it is not there; "" is one in memory.
inline EngineAddress duckdb(std::string file = {}) { return {"duckdb", std::move(file)}; }
/// A Spark Connect server.
inline EngineAddress spark(std::string address) { return {"spark", std::move(address)}; }

/// What a session's tables are, and where their names lead.
struct TableFormat {
  std::string name = "duckdb";  // "duckdb", "parquet", "delta", "ducklake"
  /// Of "parquet" and "delta": the folder below which each table has a folder of its own.
  std::string root = {};
  /// Of "ducklake": where the lake's catalog is, "lake.ducklake", "sqlite:FILE" or
  /// "postgres:CONNECTION"; and the folder of its data, empty: beside the catalog's file. By which
  /// name SQL knows the lake says `catalog`; empty: "lake".
  std::string metadata = {};
  std::string data_path = {};
  /// Of a catalog in PostgreSQL: the schema that holds it, empty: the default one.
  std::string metadata_schema = {};
  /// Before names of fewer than three parts; empty: OpenOptions::default_catalog.
  std::string catalog = {};
  /// Before names of one part; empty: OpenOptions::default_database.
  std::string database = {};
  /// Of a bucket partition whose model names no number. 1..10000.
  int bucket_count = 64;
  /// Columns that rows lie sorted by in a data file, where the model names none.
  std::vector<std::string> layout_hints = {};
  /// Deletes are marked beside the data files in place of rewriting them (Delta).
  bool deletion_vectors = false;
};

/// Tables inside the embedded database.
inline TableFormat duckdb_tables() { return {}; }
/// Delta tables in folders below `root`, which is made by the first table: sales.orders lies in
/// root/sales/orders.
inline TableFormat delta_tables(std::string root, TableFormat options = {}) {
  options.name = "delta";
  options.root = std::move(root);
  return options;
}
/// Folders of Parquet files with manifests beside them, placed as delta_tables places its own.
inline TableFormat parquet_tables(std::string root, TableFormat options = {}) {
  options.name = "parquet";
  options.root = std::move(root);
  return options;
}
/// Tables of a DuckLake. sales.orders is lake.sales.orders of it, orders is lake.main.orders.
inline TableFormat lake_tables(std::string metadata, std::string data_path = {},
                               TableFormat options = {}) {
  options.name = "ducklake";
  options.metadata = std::move(metadata);
  options.data_path = std::move(data_path);
  return options;
}
inline TableFormat iceberg(TableFormat options = {}) {
  options.name = "iceberg";
  return options;
}
inline TableFormat delta(TableFormat options = {}) {
  options.name = "delta";
  return options;
}

/// Where files are staged: a folder, or a URI. Empty: nowhere.
struct StorageAddress {
  std::string uri;
};

}  // namespace sluice

namespace sluice::orm {

/// Users know it as sluice::storage, which sluice/orm/orm.h makes of it; inside, that name is the
/// namespace of the port.
inline StorageAddress storage(std::string uri) { return {std::move(uri)}; }

}  // namespace sluice::orm

namespace sluice {

/// Codec of staged files. Readers need nothing; it costs CPU on the writer.
using Compression = dialect::Codec;

struct OpenOptions {
  /// Put before table names of fewer than three parts; empty: the engine's own default.
  std::string default_catalog = {};

  /// Put before table names of one part; empty: the engine's own default.
  std::string default_database = {};

  /// Codec of staged files, unless a write names its own.
  Compression compression = Compression::Zstd;

  /// How long a key of a committed write is remembered at least: maintain<T>() forgets older ones.
  /// Longer than any caller retries. At least one minute.
  std::chrono::seconds idempotency_ttl = std::chrono::hours(24);

  /// With a storage, records in memory that are larger are staged as files; also the size of one
  /// file. Smaller parts cost the engine time, larger ones memory. 64 KiB .. 16 GiB.
  std::uint64_t stage_above_bytes = std::uint64_t{128} << 20;

  /// Inserts that run at once; further ones wait. 1..64.
  int inflight_ingests_max = 4;

  /// Connections kept; a call that finds none free waits. A stream keeps one until it ends. 1..256.
  int session_pool = 8;

  /// Commit conflicts retried before CommitConflict is returned. 0..16.
  int commit_retry_max = 8;

  /// For the engine and for buffers.
  std::uint64_t memory_bytes_max = std::uint64_t{4} << 30;
  int threads_max = 0;  // 0: all

  /// Told of each write: started, staged, committed or aborted, with its ingest id; see
  /// orm/observe/line_log.h for sinks. nullptr: nobody is told.
  Log* log = nullptr;

  /// Counts writes and reads; nullptr: nothing is counted.
  Metrics* metrics = nullptr;

  /// Where time and randomness come from; nullptr: the machine.
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

/// How rows reach the engine.
enum class Via : std::uint8_t {
  Auto,     // by size, where a storage was given
  Direct,   // through the connection
  Storage,  // as staged files, removed after the write
};

/// Of one write only; empty: as the session was opened.
struct WriteHints {
  std::optional<Compression> compression = {};
  std::optional<std::uint64_t> part_bytes = {};
  std::optional<std::int64_t> part_rows = {};  // 5,000,000 if not said
};

struct InsertOptions {
  /// The caller's name for this write: the same key with the same records is committed once,
  /// however often it is sent, and gives the same receipt. Empty: every call is a write of its own.
  std::string idempotency_key = {};

  OnConflict on_conflict = OnConflict::Default;

  /// Columns taken from the record where its key is in the table; empty: all that may change. See
  /// sluice::columns<&T::x>().
  std::vector<std::string> update_columns = {};

  Via via = Via::Auto;
  WriteHints hints = {};
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
  std::int64_t files = 0;  // that the commit added, where the format has files
  std::int64_t bytes = 0;  // of them
  sys_micros committed_at;

  friend bool operator==(const Receipt&, const Receipt&) = default;
};

}  // namespace sluice
