// Two models, made of smaller structs: a nested struct is a column, its rules go with it, and each
// table is written by its own model.
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <sluice/orm/orm.h>

struct Address {
  std::string street;
  std::string country;
};

template <>
inline constexpr auto sluice::model<Address> =
    sluice::derived_table().check<&Address::country>(sluice::country_alpha2());

struct Supplier {
  std::int64_t id;
  Address seat;
};

struct Delivery {
  std::int64_t id;
  std::int64_t supplier_id;
  std::vector<Address> stops;
  std::optional<Address> customs;
};

struct StopOfSupplier {
  std::string supplier_country;
  std::string street;
};

namespace {

sluice::Status run() {
  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb("")));
  SLUICE_CHECK((db.migrate<Supplier, Delivery>()));
  SLUICE_CHECK(db.insert(Supplier{.id = 1, .seat = {"Quay 1", "NO"}}));
  SLUICE_CHECK(db.insert(Delivery{
      .id = 7, .supplier_id = 1, .stops = {{"Main 2", "SE"}, {"Side 3", "DK"}}, .customs = {}}));
  const auto refused = db.insert(
      Delivery{.id = 8, .supplier_id = 1, .stops = {{"Main 2", "Sweden"}}, .customs = {}});
  std::printf("%s\n", refused.error().context.front().c_str());

  SLUICE_TRY(const auto stops,
             db.query<StopOfSupplier>(
                 sluice::sql("SELECT s.seat.country AS supplier_country, stop.street AS street "
                             "FROM deliveries d JOIN suppliers s ON s.id = d.supplier_id, "
                             "unnest(d.stops) AS u(stop) ORDER BY street")));
  for (const StopOfSupplier& stop : stops) {
    std::printf("%s -> %s\n", stop.supplier_country.c_str(), stop.street.c_str());
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
