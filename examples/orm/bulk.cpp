// Many records: from memory in one call, then from a generator that is never held in memory. Each
// is one commit; the generator runs only as fast as the table takes its records.
#include <cstdint>
#include <cstdio>
#include <ranges>
#include <string>
#include <vector>

#include <sluice/orm/orm.h>

struct Sample {
  std::int64_t number;
  std::string sensor;
  double value;
};

struct Summary {
  std::int64_t rows;
  double total;
};

namespace {

Sample make_sample(std::int64_t i) {
  return {.number = i, .sensor = "sensor-" + std::to_string(i % 10), .value = 0.5};
}

sluice::Status run() {
  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb("")));
  SLUICE_CHECK(db.migrate<Sample>());

  std::vector<Sample> samples;
  for (std::int64_t i = 0; i < 100'000; ++i) {
    samples.push_back(make_sample(i));
  }
  SLUICE_TRY(const sluice::Receipt first, db.insert(samples));
  std::printf("from memory: %lld\n", static_cast<long long>(first.inserted));

  auto later = std::views::iota(std::int64_t{100'000}, std::int64_t{250'000}) |
               std::views::transform(make_sample);
  SLUICE_TRY(const sluice::Receipt second, db.insert(later));
  std::printf("from a generator: %lld\n", static_cast<long long>(second.inserted));

  SLUICE_TRY(const Summary all, db.query_one<Summary>(sluice::sql(
                                    "SELECT count(*) AS rows, sum(value) AS total FROM samples")));
  std::printf("%lld rows, total %.1f\n", static_cast<long long>(all.rows), all.total);
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
