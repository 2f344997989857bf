// Whatever the engine can do: its own SQL, its own handle, and rows from a function of ours that is
// told when they are no longer needed.
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <sluice/base/context.h>
#include <sluice/orm/orm.h>

struct Bucket {
  std::int64_t low;
  std::int64_t rows;
};

namespace {

sluice::Status run() {
  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb("")));
  SLUICE_CHECK(db.exec("CREATE TABLE readings (n BIGINT)"));
  SLUICE_TRY(const std::int64_t made,
             db.exec(sluice::sql("INSERT INTO readings SELECT range FROM range(?)", 100)));
  std::printf("made %lld rows\n", static_cast<long long>(made));

  SLUICE_TRY(const auto buckets, db.query<Bucket>(sluice::sql(
                                     "FROM readings SELECT n // 40 * 40 AS low, count(*) AS rows "
                                     "GROUP BY ALL ORDER BY ALL")));
  for (const Bucket& bucket : buckets) {
    std::printf("from %lld: %lld\n", static_cast<long long>(bucket.low),
                static_cast<long long>(bucket.rows));
  }

  const sluice::Source recent =
      sluice::from_source([&](const sluice::Context&) -> sluice::Result<sluice::NativeRows> {
        SLUICE_TRY(sluice::ColumnStream rows,
                   db.batches(sluice::sql("SELECT 0 AS low, count(*) AS rows FROM readings")));
        return sluice::NativeRows(std::move(rows).release_to_caller(),
                                  [] { std::printf("released\n"); });
      });
  SLUICE_TRY(const Bucket all, db.query_one<Bucket>(recent));
  std::printf("all: %lld\n", static_cast<long long>(all.rows));

  SLUICE_TRY(const sluice::NativeHandle handle, db.native_handle());
  std::printf("a duckdb_connection: %s\n", handle.get() != nullptr ? "yes" : "no");
  return {};
}

}  // namespace

int main() {
  const sluice::Status done = run();
  if (!done.has_value()) {
    std::fprintf(stderr, "%s\n", sluice::to_string(done.error()).c_str());
    return 1;
  }
  return 0;
}
