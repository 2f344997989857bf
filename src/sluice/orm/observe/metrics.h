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

#include <cstdint>
#include <memory>
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

  Metrics();
  Metrics(const Metrics&) = delete;
  Metrics(Metrics&&) = delete;
  Metrics& operator=(const Metrics&) = delete;
  Metrics& operator=(Metrics&&) = delete;
  ~Metrics();

  void ingest_started(std::string_view table);
  void ingest_ended(std::string_view table, const Ingest& ingest);
  /// A commit that another writer preceded; the write goes on.
  void commit_conflicted(std::string_view table);
  void read_ended(std::string_view table, bool failed, std::uint64_t rows, double seconds);

  /// The text exposition format, version 0.0.4: series in a fixed order.
  std::string to_prometheus() const;

 private:
  struct Series;
  std::unique_ptr<Series> series_;
};

}  // namespace sluice
