// A caller that did not hear the answer asks again with the same key: the table changes once, and
// the receipt is the same. The same key for another content is refused.
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <sluice/orm/orm.h>

struct Transfer {
  std::int64_t id;
  std::int64_t cents;
};

namespace {

sluice::Status run() {
  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb("")));
  SLUICE_CHECK(db.migrate<Transfer>());
  const std::vector<Transfer> transfers{{1, 500}, {2, 700}};
  const sluice::InsertOptions request{.idempotency_key = "request-7f3a"};

  SLUICE_TRY(const sluice::Receipt first, db.insert(transfers, request));
  SLUICE_TRY(const sluice::Receipt again, db.insert(transfers, request));
  SLUICE_TRY(const auto rows, db.query<Transfer>());
  std::printf("rows: %zu, same receipt: %s\n", rows.size(), first == again ? "yes" : "no");

  const auto other = db.insert(Transfer{3, 1}, request);
  std::printf("%s\n", other.error().message.c_str());
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
