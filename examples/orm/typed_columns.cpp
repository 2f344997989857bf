// Columns by their members: conditions, orders and keys that the compiler checks, over a table or
// over any relation.
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <sluice/orm/orm.h>

using sluice::by_key;
using sluice::col;
using sluice::descending;

struct Trip {
  std::int64_t id;
  std::string city;
  double fare;
  std::optional<std::string> note;
};

template <>
inline constexpr auto sluice::model<Trip> = sluice::table("trips").key<&Trip::id>();

struct CityTotal {
  std::string city;
  double fare;
};

namespace {

sluice::Status run() {
  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb("")));
  SLUICE_CHECK(db.migrate<Trip>());
  SLUICE_CHECK(db.insert({Trip{1, "Lyon", 12.5, {}}, Trip{2, "Oslo", 30, "late"},
                          Trip{3, "Lyon", 40, {}}, Trip{4, "Bern", 8, {}}}));

  SLUICE_TRY(const auto dear,
             db.query<Trip>(sluice::from<Trip>()
                                .where(col<&Trip::fare> > 10.0 && is_null(col<&Trip::note>))
                                .order_by(descending(col<&Trip::fare>))));
  for (const Trip& trip : dear) {
    std::printf("trip %lld: %.1f\n", static_cast<long long>(trip.id), trip.fare);
  }

  const sluice::Relation totals =
      sluice::relation(db, sluice::sql("SELECT city, sum(fare) AS fare FROM trips GROUP BY city"));
  SLUICE_TRY(const auto rows,
             sluice::collect_as<CityTotal>(
                 totals.where(col<&Trip::fare> > 10.0).order_by(descending(col<&Trip::fare>))));
  for (const CityTotal& row : rows) {
    std::printf("%s: %.1f\n", row.city.c_str(), row.fare);
  }

  SLUICE_CHECK(db.remove(by_key<Trip>(4)));
  SLUICE_TRY(const auto gone, db.query_first<Trip>(sluice::from<Trip>().where(by_key<Trip>(4))));
  std::printf("trip 4 is there: %s\n", gone.has_value() ? "yes" : "no");
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
