// Every row carries the id of the ingest that wrote it: what a log line or a receipt names is found
// in the table, and rows of a write can be told from the others.
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <sluice/orm/orm.h>

struct Payment {
  std::int64_t id;
  std::int64_t cents;
};

/// A struct that is only read may name the column that Sluice fills in.
struct StampedPayment {
  std::int64_t id;
  std::string _ingest_id;
};

namespace {

sluice::Status run() {
  std::vector<std::string> lines;
  sluice::JsonLog log([&](std::string_view line) { lines.emplace_back(line); });
  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb(""), {.log = &log}));
  SLUICE_CHECK(db.migrate<Payment>());
  SLUICE_TRY(const sluice::Receipt morning, db.insert({Payment{1, 100}, Payment{2, 250}}));
  SLUICE_TRY(const sluice::Receipt evening, db.insert({Payment{3, 75}}));

  for (const sluice::Receipt& receipt : {morning, evening}) {
    const std::string id = sluice::to_string(receipt.ingest_id);
    SLUICE_TRY(const auto rows,
               db.query<StampedPayment>(sluice::sql(
                   "SELECT id, _ingest_id FROM payments WHERE _ingest_id = ? ORDER BY id", id)));
    std::size_t told = 0;
    for (const std::string& line : lines) {
      told += line.find(id) != std::string::npos ? 1U : 0U;
    }
    std::printf("the receipt says %lld, the table has %zu, the log has %zu lines\n",
                static_cast<long long>(receipt.inserted), rows.size(), told);
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
