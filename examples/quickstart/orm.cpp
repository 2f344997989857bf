// The typed door in one page: a struct is the contract. Declare it, create its table, insert two
// records in one commit, and read them back typed.
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <sluice/orm/orm.h>

struct User {
  std::string id;
  std::string email;
  std::optional<std::string> country;  // optional is the only spelling of nullable
};

template <>
inline constexpr auto sluice::model<User> =  // only what reflection cannot know
    sluice::table("users").key<&User::id>().check<&User::email>(sluice::email());

namespace {

sluice::Status run() {
  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb("")));
  SLUICE_CHECK(db.migrate<User>());

  const std::vector<User> users{{.id = "u1", .email = "alice@example.com", .country = "NZ"},
                                {.id = "u2", .email = "bob@example.com", .country = {}}};
  SLUICE_TRY(const sluice::Receipt receipt, db.insert(users));
  std::printf("inserted %lld users\n", static_cast<long long>(receipt.inserted));

  const User nobody{.id = "u3", .email = "not an address", .country = {}};
  const sluice::Result<sluice::Receipt> refused = db.insert(nobody);
  std::printf("refused: %s\n", refused.error().context.front().c_str());

  SLUICE_TRY(
      const std::vector<User> found,
      db.query<User>(sluice::from<User>().order_by(sluice::ascending(sluice::col<&User::id>))));
  for (const User& user : found) {
    std::printf("%s %s %s\n", user.id.c_str(), user.email.c_str(),
                user.country.value_or("-").c_str());
  }

  SLUICE_TRY(const User kiwi,
             db.query_one<User>(sluice::sql("SELECT * FROM users WHERE country = ?", "NZ")));
  std::printf("from NZ: %s\n", kiwi.email.c_str());
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
