// A merge key makes an insert an upsert, at every batch size: one column, or several.
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <sluice/orm/orm.h>

struct Profile {
  std::string email;
  std::string name;
};

template <>
inline constexpr auto sluice::model<Profile> =
    sluice::table("profiles").merge_key<&Profile::email>();

struct Stock {
  std::string shop;
  std::string article;
  int pieces;
  int reserved;
};

template <>
inline constexpr auto sluice::model<Stock> =
    sluice::table("stock").merge_key<&Stock::shop, &Stock::article>();

namespace {

void print(const char* what, const sluice::Receipt& receipt) {
  std::printf("%s: inserted %lld, updated %lld, unchanged %lld\n", what,
              static_cast<long long>(receipt.inserted), static_cast<long long>(receipt.updated),
              static_cast<long long>(receipt.unchanged));
}

sluice::Status run() {
  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb("")));
  SLUICE_CHECK((db.migrate<Profile, Stock>()));

  SLUICE_CHECK(db.insert({Profile{"a@example.com", "Ann"}, Profile{"b@example.com", "Bob"}}));
  SLUICE_TRY(const auto profiles,
             db.insert({Profile{"a@example.com", "Anna"}, Profile{"c@example.com", "Cleo"}}));
  print("profiles", profiles);

  SLUICE_CHECK(db.insert({Stock{"north", "pen", 10, 1}, Stock{"south", "pen", 20, 2}}));
  SLUICE_TRY(const auto stock,
             db.insert({Stock{"south", "pen", 15, 9}, Stock{"south", "cup", 5, 0}},
                       {.update_columns = sluice::columns<&Stock::pieces>()}));
  print("stock", stock);
  SLUICE_TRY(
      const Stock pens,
      db.query_one<Stock>(sluice::from<Stock>().where(sluice::by_key<Stock>("south", "pen"))));
  std::printf("south has %d pens, %d reserved\n", pens.pieces, pens.reserved);
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
