// Rows a page at a time, in constant memory. An error is the last page; leaving early gives the
// connection back and stops the query.
#include <algorithm>
#include <cstdint>
#include <cstdio>

#include <sluice/orm/orm.h>

struct Row {
  std::int64_t n;
  std::int64_t square;
};

namespace {

sluice::Status run() {
  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb(""), {.session_pool = 1}));
  const auto million =
      sluice::sql("SELECT range AS n, range * range AS square FROM range(?)", 1'000'000);

  std::int64_t rows = 0;
  std::size_t largest = 0;
  for (auto page : db.stream<Row>(million)) {
    SLUICE_TRY(const auto read, page);
    rows += static_cast<std::int64_t>(read.size());
    largest = std::max(largest, read.size());
  }
  std::printf("%lld rows, pages are small: %s\n", static_cast<long long>(rows),
              largest < 100'000 ? "yes" : "no");

  for (auto page : db.stream<Row>(million)) {
    SLUICE_TRY(const auto read, page);
    std::printf("first of a page: %lld\n", static_cast<long long>(read.front().n));
    break;
  }
  SLUICE_CHECK(db.ping());
  std::printf("the only connection is free again\n");

  std::int64_t before = 0;
  for (auto page : db.stream<Row>(sluice::sql(
           "SELECT range AS n, CASE WHEN range < 5000 THEN 1 END AS square FROM range(6000)"))) {
    if (!page.has_value()) {
      std::printf("after %lld rows: %s\n", static_cast<long long>(before),
                  page.error().message.c_str());
      break;
    }
    before += static_cast<std::int64_t>((*page).size());
  }
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
