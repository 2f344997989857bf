// The lines of README.md, as they stand there: readme_test.py compares them.
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <sluice/orm/orm.h>

// clang-format off
struct Customer { std::string id; std::string email; std::optional<std::string> country; };

template <> inline constexpr auto sluice::model<Customer> =
    sluice::table("customers").key<&Customer::id>().check<&Customer::email>(sluice::email());

int main() {
  const std::vector<Customer> customers{{"c1", "ann@example.com", "NZ"}, {"c2", "bob@example.com", {}}};
  const std::string request_id = "request-1";
  std::size_t read = 0;

auto db = sluice::open(sluice::duckdb("lake.duckdb")).value();
db.migrate<Customer>().value();
sluice::Receipt receipt = db.insert(customers, {.idempotency_key = request_id}).value();
for (auto page : db.stream<Customer>(sluice::from<Customer>())) { read += page.value().size(); }

  std::printf("inserted %lld, read %zu\n", static_cast<long long>(receipt.inserted), read);
}
