// What a table costs beyond its engine: commits, merges, writes. Every row is measured in a process
// of its own, whose peak memory is told; figures are medians, and the baseline of a ratio runs
// beside it. Seeded rows; the number of rows is checked after every write.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sluice/base/temp_folder.h"
#include "sluice/base/uuid.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/run/write/write.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/table/change/text_rows.h"
#include "sluice/table/ducklake/ducklake.h"
#include "sluice/table/parquet/parquet.h"
#ifdef SLUICE_HAS_DELTA
#include "sluice/table/delta/delta.h"
#endif

namespace sluice::bench {
namespace {

using Seconds = double;

constexpr std::string_view kRows =
    "SELECT i AS id, 'name of ' || (hash(i) % 1000) AS name, (hash(i) % 100000) / 100.0 AS fare, "
    "DATE '2026-01-01' + (i % 365)::INTEGER AS day, i % 7 = 0 AS is_paid, hash(i)::UBIGINT % 50 AS "
    "zone FROM range({}, {}) t(i)";

std::string rows_of(std::int64_t from, std::int64_t to) {
  return fmt::format(fmt::runtime(kRows), from, to);
}

struct Place {
  explicit Place(std::string_view format, int threads = 2)
      : folder(TempFolder::make("sluice-bench").value()),
        engine(engine::make_duckdb_engine(
                   {.memory_bytes_max = std::uint64_t{768} << 20, .threads_max = threads})
                   .value()),
        connection(engine->connect(Context{}).value()),
        storage(storage::make_file_storage({.root = folder.path() + "/t"}).value()) {
    open(format);
  }

  void open(std::string_view format) {
#ifdef SLUICE_HAS_DELTA
    if (format == "delta") {
      table = table::make_delta_table(*connection, *storage).value();
      return;
    }
#endif
    if (format == "ducklake") {
      table::attach_lake(
          Context{}, *connection,
          {.catalog = folder.path() + "/lake.ducklake", .data_path = folder.path() + "/data"})
          .value();
      table = table::make_ducklake_table(*connection, {.parts = {"lake", "main", "t"}}).value();
      return;
    }
    if (format != "parquet") {
      std::fputs("this build has no such table\n", stderr);
      std::exit(1);
    }
    table = table::make_parquet_table(*connection, *storage).value();
  }
  void execute(const std::string& sql) { connection->execute(Context{}, sql).value(); }
  std::int64_t count(const std::string& sql) {
    return table::load_count(Context{}, *connection, sql).value();
  }

  TempFolder folder;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<engine::Connection> connection;
  std::unique_ptr<storage::Storage> storage;
  std::unique_ptr<table::Table> table;
};

class Stopwatch {
 public:
  Seconds seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

Seconds median(std::vector<Seconds> times) {
  std::ranges::sort(times);
  return times[times.size() / 2];
}

void check(bool holds, std::string_view what) {
  if (!holds) {
    fmt::print(stderr, "wrong: {}\n", what);
    std::exit(1);
  }
}

plan::CreateTable trips(Place& place) {
  return {.target = {.parts = {"t"}},
          .schema = place.connection->describe(Context{}, rows_of(0, 1)).value(),
          .primary_key = {},
          .partition_by = {},
          .sort_by = {}};
}

/// UBIGINT has no column in a Delta table: rows hold what every format keeps.
void make(Place& place) {
  plan::CreateTable create = trips(place);
  for (schema::Field& field : create.schema.fields) {
    if (field.name == "zone") {
      field.type = {schema::Integer{}};
    }
  }
  place.table->create(Context{}, create).value();
}

std::string plain_rows(std::int64_t from, std::int64_t to) {
  return fmt::format("SELECT * REPLACE (zone::BIGINT AS zone) FROM ({})", rows_of(from, to));
}

table::Receipt write(Place& place, plan::WriteMode mode, const std::string& key) {
  const plan::Write plan{
      .target = {.parts = {"t"}},
      .schema = place.connection->describe(Context{}, "SELECT * FROM incoming").value(),
      .mode = std::move(mode),
      .source = plan::Relation{.name = "incoming"}};
  const Uuid ingest_id = make_uuid_v7(system_clock(), system_random());
  table::Receipt receipt = run::write_once(Context{}, *place.table, plan, nullptr,
                                           {.key = key, .fingerprint = "f", .ingest_id = ingest_id})
                               .value();
  check(receipt.ingest_id == ingest_id, "a write whose key was there");
  return receipt;
}

void load(Place& place, std::int64_t from, std::int64_t to) {
  place.execute("CREATE OR REPLACE TEMP TABLE incoming AS " + plain_rows(from, to));
}

/// Appends of 100 rows, `first` to before `end`; the times of the last of them.
std::vector<Seconds> append_small(Place& place, int first, int end, int timed) {
  std::vector<Seconds> times;
  for (int i = first; i < end; ++i) {
    load(place, i * 100, i * 100 + 100);
    const Stopwatch watch;
    const auto receipt = write(place, plan::Append{}, fmt::format("append {}", i));
    if (i >= end - timed) {
      times.push_back(watch.seconds());
    }
    check(receipt.inserted == 100, "rows of an append");
  }
  return times;
}

void tell(std::string_view what, std::string_view figure, std::string_view goal) {
  fmt::print("{:<58} {:>22}  goal {}\n", what, figure, goal);
  std::fflush(stdout);
}

std::string ms(Seconds time) { return fmt::format("{:.1f} ms", time * 1'000); }

void bench_append(std::string_view format) {
  Place place(format);
  make(place);
  tell(fmt::format("{}: append of 100 rows, from relation to commit", format),
       ms(median(append_small(place, 0, 40, 31))), "6 ms");
}

/// A lake has its own commit beside ours: rows into a table of it by a statement alone.
void bench_append_lake() {
  if (!table::check_lake_extensions("").has_value()) {
    tell("ducklake: append of 100 rows", "no such extension here", "-");
    return;
  }
  Place place("ducklake");
  make(place);
  load(place, 0, 100);
  place.execute("CREATE TABLE lake.main.bare AS SELECT * FROM incoming LIMIT 0");
  std::vector<Seconds> bare;
  for (int i = 0; i < 40; ++i) {
    const Stopwatch watch;
    place.execute("INSERT INTO lake.main.bare SELECT * FROM incoming");
    bare.push_back(watch.seconds());
  }
  tell("ducklake: append of 100 rows, from relation to commit",
       ms(median(append_small(place, 0, 40, 31))),
       fmt::format("- ({} for a bare INSERT, unflushed)", ms(median(bare))));
}

#ifdef SLUICE_HAS_DELTA
void bench_append_after(int commits) {
  Place place("delta");
  make(place);
  append_small(place, 0, commits, 1);
  tell(fmt::format("Delta: the same after {} keyed appends", commits),
       ms(median(append_small(place, commits, commits + 31, 31))), "6 ms");
  std::vector<Seconds> opened;
  for (int i = commits + 31; i < commits + 46; ++i) {
    place.open("delta");
    opened.push_back(append_small(place, i, i + 1, 1).front());
  }
  tell("Delta: and by a program that has just opened the table", ms(median(opened)), "-");
}
#endif

/// By the clock, and of the processor: of all threads, and of no other process.
struct Spent {
  Seconds clock = 0;
  Seconds processor = 0;
};

Spent measure(const std::function<void()>& work) {
  const auto processor = [] {
    struct rusage used{};
    ::getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
      return static_cast<Seconds>(time.tv_sec) + static_cast<Seconds>(time.tv_usec) * 1e-6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
  };
  const Seconds before = processor();
  const Stopwatch watch;
  work();
  return {.clock = watch.seconds(), .processor = processor() - before};
}

/// One merge of 100,000 rows, half of them new, and the rewrite of the same files by the engine.
std::pair<Spent, Spent> merge_once(std::string_view format, std::int64_t rows) {
  Place place(format);
  make(place);
  place.execute("CREATE OR REPLACE TEMP VIEW incoming AS " + plain_rows(0, rows));
  write(place, plan::Append{}, "first");
  place.execute("DROP VIEW incoming");
  place.execute(
      fmt::format("CREATE OR REPLACE TEMP TABLE incoming AS {} UNION ALL SELECT * REPLACE "
                  "(fare + 1 AS fare) FROM ({}) USING SAMPLE 50000 ROWS",
                  plain_rows(rows, rows + 50'000), plain_rows(0, rows)));
  const Spent bare = measure([&] {
    place.execute(
        fmt::format("COPY (SELECT * FROM read_parquet('{0}/t/*.parquet')) TO '{0}/bare.parquet' "
                    "(FORMAT parquet, COMPRESSION zstd)",
                    place.folder.path()));
  });
  table::Receipt receipt;
  const Spent merged =
      measure([&] { receipt = write(place, plan::Merge{.key = {"id"}}, "merge"); });
  check(receipt.inserted == 50'000 && receipt.updated + receipt.unchanged == 50'000,
        "rows of a merge");
  place.table->make_view(Context{}, {}, "now").value();
  check(place.count("SELECT count(*) FROM now") == rows + 50'000, "rows after a merge");
  return {merged, bare};
}

void bench_merge(std::string_view format, std::int64_t rows, int rounds) {
  std::vector<Seconds> times;
  std::vector<Seconds> ratios;
  std::vector<Seconds> processor_ratios;
  for (int i = 0; i < rounds; ++i) {
    const auto [merged, bare] = merge_once(format, rows);
    times.push_back(merged.clock);
    ratios.push_back(merged.clock / bare.clock);
    processor_ratios.push_back(merged.processor / bare.processor);
  }
  tell(fmt::format("{}: merge of 100,000 into {} M rows", format, rows / 1'000'000),
       fmt::format("{:.2f} s, {:.2f}x a bare rewrite ({:.2f}x of the processor)", median(times),
                   median(ratios), median(processor_ratios)),
       rounds == 1 ? "under 1 GB" : "1.3x");
}

#ifdef SLUICE_HAS_DELTA
void bench_merge_after_small(int commits) {
  Place place("delta");
  make(place);
  append_small(place, 0, commits, 1);
  const std::int64_t rows = std::int64_t{commits} * 100;
  place.execute(fmt::format("CREATE OR REPLACE TEMP TABLE incoming AS {}",
                            plain_rows(rows - 50'000, rows + 50'000)));
  const Stopwatch watch;
  const auto receipt = write(place, plan::Merge{.key = {"id"}}, "merge");
  check(receipt.inserted == 50'000, "rows of a merge");
  const Seconds merged = watch.seconds();
  const Stopwatch compact_watch;
  const auto compacted = place.table->maintain(Context{}, table::Compact{}).value();
  tell(fmt::format("Delta: one merge after {} appends", commits), fmt::format("{:.2f} s", merged),
       "-");
  tell(fmt::format("Delta: a compaction of {} files after it", compacted.deleted),
       fmt::format("{:.2f} s", compact_watch.seconds()), "-");
}
#endif

/// Data files as a table writes them, flushed and committed, beside the engine's own writer.
void bench_write(std::string_view format) {
  constexpr std::int64_t kCount = 5'000'000;
  Place place(format, 1);
  make(place);
  load(place, 0, kCount);
  std::vector<Seconds> ratios;
  for (int i = 0; i < 5; ++i) {
    const Stopwatch bare_watch;
    place.execute(
        fmt::format("COPY incoming TO '{}/bare.parquet' (FORMAT parquet, COMPRESSION "
                    "zstd)",
                    place.folder.path()));
    const Seconds bare = bare_watch.seconds();
    const Stopwatch watch;
    write(place, plan::Overwrite{}, fmt::format("write {}", i));
    ratios.push_back(bare / watch.seconds());
  }
  tell(fmt::format("{}: write of {} M rows, one thread", format, kCount / 1'000'000),
       fmt::format("{:.0f} % of the bare writer", 100 * median(ratios)), "80 %");
}

/// Runs one row in a process of its own and tells its peak memory.
void row(const std::function<void()>& measure) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    measure();
    std::fflush(nullptr);
    ::_exit(0);
  }
  int status = 0;
  struct rusage used{};
  ::wait4(child, &status, 0, &used);
  check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "a row failed");
  fmt::print("{:<58} {:>19} MB\n", "  peak memory", used.ru_maxrss / 1'000);
}

struct Row {
  std::string_view name;
  bool is_long;
  std::function<void()> measure;
};

std::vector<Row> rows() {
  return {
#ifdef SLUICE_HAS_DELTA
      {"append-delta", false, [] { bench_append("delta"); }},
#endif
      {"append-parquet", false, [] { bench_append("parquet"); }},
      {"append-ducklake", false, [] { bench_append_lake(); }},
#ifdef SLUICE_HAS_DELTA
      {"merge-delta", false, [] { bench_merge("delta", 1'000'000, 5); }},
      {"write-delta", false, [] { bench_write("delta"); }},
#endif
      {"merge-parquet", false, [] { bench_merge("parquet", 1'000'000, 5); }},
      {"write-parquet", false, [] { bench_write("parquet"); }},
#ifdef SLUICE_HAS_DELTA
      {"append-after-delta", true, [] { bench_append_after(5'000); }},
      {"merge-after-delta", true, [] { bench_merge_after_small(10'000); }},
      {"merge-20-delta", true, [] { bench_merge("delta", 20'000'000, 1); }},
#endif
      {"merge-20-parquet", true, [] { bench_merge("parquet", 20'000'000, 1); }},
  };
}

/// All rows that are short, and with SLUICE_LONG the others; or those that are named.
void run(const std::vector<std::string_view>& named) {
  const bool is_long = std::getenv("SLUICE_LONG") != nullptr;
  for (const Row& one : rows()) {
    const bool is_wanted =
        named.empty() ? is_long || !one.is_long : std::ranges::find(named, one.name) != named.end();
    if (is_wanted) {
      row(one.measure);
    }
  }
}

}  // namespace
}  // namespace sluice::bench

int main(int count, char** arguments) {
  sluice::bench::run({arguments + 1, arguments + count});
  return 0;
}
