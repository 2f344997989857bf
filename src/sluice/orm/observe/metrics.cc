#include "sluice/orm/observe/metrics.h"

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include <fmt/format.h>

namespace sluice {
namespace {

/// In seconds; the bucket above the last one is +Inf.
constexpr std::array<double, 12> kBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                         0.1,   0.25,   0.5,   1,    5,     30};

std::string label_value(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') {
      text.push_back('\\');
    }
    text += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return text;
}

/// The upper bounds of its buckets are kBounds.
struct Histogram {
  std::array<std::uint64_t, kBounds.size()> buckets{};
  std::uint64_t count = 0;
  double sum = 0;

  void observe(double seconds) {
    ++count;
    sum += seconds;
    for (std::size_t i = 0; i < kBounds.size(); ++i) {
      buckets[i] += seconds <= kBounds[i] ? 1U : 0U;
    }
  }
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

using Tables = std::map<std::string, OfTable, std::less<>>;

/// One family of series after the other.
class Writer {
 public:
  explicit Writer(const Tables& tables) : tables_(&tables) {}

  void family(std::string_view name, std::string_view type, std::string_view help) {
    text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  template <class Of>
  void counter(std::string_view name, std::string_view help, Of of) {
    family(name, "counter", help);
    each(name, "", of);
  }
  template <class Of>
  void each(std::string_view name, std::string_view more, Of of) {
    for (const auto& [table, values] : *tables_) {
      text_ += fmt::format("{}{{table=\"{}\"{}}} {}\n", name, label_value(table), more, of(values));
    }
  }
  template <class Of>
  void histogram(std::string_view name, std::string_view help, Of of) {
    family(name, "histogram", help);
    for (const auto& [table, values] : *tables_) {
      const Histogram& histogram = of(values);
      const std::string label = label_value(table);
      for (std::size_t i = 0; i < kBounds.size(); ++i) {
        text_ += fmt::format("{}_bucket{{table=\"{}\",le=\"{}\"}} {}\n", name, label, kBounds[i],
                             histogram.buckets[i]);
      }
      text_ += fmt::format("{0}_bucket{{table=\"{1}\",le=\"+Inf\"}} {2}\n", name, label,
                           histogram.count);
      text_ += fmt::format("{}_sum{{table=\"{}\"}} {}\n", name, label, histogram.sum);
      text_ += fmt::format("{}_count{{table=\"{}\"}} {}\n", name, label, histogram.count);
    }
  }
  std::string take() && { return std::move(text_); }

 private:
  const Tables* tables_;
  std::string text_;
};

}  // namespace

struct Metrics::Series {
  std::mutex mutex;
  Tables tables;

  OfTable& of(std::string_view table) {
    const auto found = tables.find(table);
    return found != tables.end() ? found->second : tables[std::string(table)];
  }
};

Metrics::Metrics() : series_(std::make_unique<Series>()) {}
Metrics::~Metrics() = default;

void Metrics::ingest_started(std::string_view table) {
  const std::scoped_lock lock(series_->mutex);
  ++series_->of(table).in_flight;
}

void Metrics::ingest_ended(std::string_view table, const Ingest& ingest) {
  const std::scoped_lock lock(series_->mutex);
  OfTable& values = series_->of(table);
  --values.in_flight;
  ++(ingest.committed ? values.committed : values.aborted);
  values.rows_in += ingest.rows_in;
  values.inserted += ingest.inserted;
  values.updated += ingest.updated;
  values.unchanged += ingest.unchanged;
  values.deleted += ingest.deleted;
  values.bytes += ingest.bytes;
  values.ingest_seconds.observe(ingest.seconds);
}

void Metrics::commit_conflicted(std::string_view table) {
  const std::scoped_lock lock(series_->mutex);
  ++series_->of(table).conflicts;
}

void Metrics::read_ended(std::string_view table, bool failed, std::uint64_t rows, double seconds) {
  const std::scoped_lock lock(series_->mutex);
  OfTable& values = series_->of(table);
  ++(failed ? values.reads_failed : values.reads);
  values.rows_read += rows;
  values.read_seconds.observe(seconds);
}

std::string Metrics::to_prometheus() const {
  const std::scoped_lock lock(series_->mutex);
  Writer out(series_->tables);
  out.family("sluice_ingests_total", "counter", "Writes that ended, by outcome.");
  out.each("sluice_ingests_total", ",outcome=\"committed\"",
           [](const OfTable& t) { return t.committed; });
  out.each("sluice_ingests_total", ",outcome=\"aborted\"",
           [](const OfTable& t) { return t.aborted; });
  out.family("sluice_ingests_in_flight", "gauge", "Writes under way.");
  out.each("sluice_ingests_in_flight", "", [](const OfTable& t) { return t.in_flight; });
  out.counter("sluice_ingest_rows_total", "Rows handed to committed writes.",
              [](const OfTable& t) { return t.rows_in; });
  out.family("sluice_rows_changed_total", "counter", "What committed writes did to rows.");
  out.each("sluice_rows_changed_total", ",change=\"inserted\"",
           [](const OfTable& t) { return t.inserted; });
  out.each("sluice_rows_changed_total", ",change=\"updated\"",
           [](const OfTable& t) { return t.updated; });
  out.each("sluice_rows_changed_total", ",change=\"unchanged\"",
           [](const OfTable& t) { return t.unchanged; });
  out.each("sluice_rows_changed_total", ",change=\"deleted\"",
           [](const OfTable& t) { return t.deleted; });
  out.counter("sluice_ingest_bytes_total", "Bytes of the encoded columns of writes.",
              [](const OfTable& t) { return t.bytes; });
  out.counter("sluice_commit_conflicts_total", "Commits that another writer preceded.",
              [](const OfTable& t) { return t.conflicts; });
  out.histogram("sluice_ingest_seconds", "How long writes took.",
                [](const OfTable& t) -> const Histogram& { return t.ingest_seconds; });
  out.family("sluice_reads_total", "counter", "Typed reads that ended, by outcome.");
  out.each("sluice_reads_total", ",outcome=\"done\"", [](const OfTable& t) { return t.reads; });
  out.each("sluice_reads_total", ",outcome=\"failed\"",
           [](const OfTable& t) { return t.reads_failed; });
  out.counter("sluice_rows_read_total", "Rows of typed reads.",
              [](const OfTable& t) { return t.rows_read; });
  out.histogram("sluice_read_seconds", "How long typed reads took, from open to end.",
                [](const OfTable& t) -> const Histogram& { return t.read_seconds; });
  return std::move(out).take();
}

}  // namespace sluice
