// Counters of a session for Prometheus: what was written and read, by table, how long it took, how
// often a commit met another writer. A registry belongs to the caller, who serves its text under
// /metrics; several sessions may share one. Nothing is counted where none was given.
//
//   sluice::Metrics metrics;
//   auto db = sluice::open(sluice::duckdb("shop.db"), {.metrics = &metrics});
//   http.get("/metrics", [&] { return metrics.to_prometheus(); });
//
// Safe from any thread. Labels are table names, so the number of series is bounded by the models.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace sluice {

class Metrics {
 public:
  /// What one write did.
  struct Ingest {
    bool committed = false;
    std::int64_t rows_in = 0;
    std::int64_t inserted = 0;
    std::int64_t updated = 0;
    std::int64_t unchanged = 0;
    std::int64_t deleted = 0;
    std::uint64_t bytes = 0;  // of the encoded columns
    double seconds = 0;
  };

  void ingest_started(std::string_view table);
  void ingest_ended(std::string_view table, const Ingest& ingest);
  /// A commit that another writer preceded; the write goes on.
  void commit_conflicted(std::string_view table);
  void read_ended(std::string_view table, bool failed, std::uint64_t rows, double seconds);

  /// The text exposition format, version 0.0.4: series in a fixed order.
  std::string to_prometheus() const;

 private:
  /// The upper bounds of its buckets are kBounds.
  struct Histogram {
    std::array<std::uint64_t, 12> buckets{};
    std::uint64_t count = 0;
    double sum = 0;
    void observe(double seconds);
  };
  struct OfTable {
    std::int64_t in_flight = 0;
    std::uint64_t committed = 0;
    std::uint64_t aborted = 0;
    std::int64_t rows_in = 0;
    std::int64_t inserted = 0;
    std::int64_t updated = 0;
    std::int64_t unchanged = 0;
    std::int64_t deleted = 0;
    std::uint64_t bytes = 0;
    std::uint64_t conflicts = 0;
    Histogram ingest_seconds;
    std::uint64_t reads = 0;
    std::uint64_t reads_failed = 0;
    std::uint64_t rows_read = 0;
    Histogram read_seconds;
  };
  class Writer;
  OfTable& of(std::string_view table);

  mutable std::mutex mutex_;
  std::map<std::string, OfTable, std::less<>> tables_;
};

}  // namespace sluice
