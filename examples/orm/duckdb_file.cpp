// A database file: written, closed, opened again, with the schema asserted at the start as a
// service would; its rows are also there for any other program that reads DuckDB files.
#include <cstdint>
#include <cstdio>
#include <string>

#include <sluice/orm/orm.h>

struct City {
  std::string name;
  std::int64_t people;
};

template <>
inline constexpr auto sluice::model<City> = sluice::table("cities").key<&City::name>();

namespace older {
struct City {
  std::string name;
  std::string people;
  std::string mayor;
};
}  // namespace older

template <>
inline constexpr auto sluice::model<older::City> =
    sluice::table("cities").key<&older::City::name>();

namespace {

sluice::Status run() {
  {
    SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb("cities.duckdb")));
    SLUICE_CHECK(db.migrate<City>());
    SLUICE_CHECK(db.insert({City{"Oslo", 700'000}, City{"Bern", 134'000}}));
    db.close();
  }
  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb("cities.duckdb")));
  SLUICE_CHECK(db.assert_schema<City>());
  SLUICE_TRY(const auto cities, db.query<City>(sluice::from<City>().order_by(
                                    sluice::descending(sluice::col<&City::people>))));
  for (const City& city : cities) {
    std::printf("%s %lld\n", city.name.c_str(), static_cast<long long>(city.people));
  }
  std::printf("%s\n", db.assert_schema<older::City>().error().message.c_str());
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
