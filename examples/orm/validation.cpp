// Every failure of every record at once, as data and as text; nothing is written when one fails.
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <sluice/orm/orm.h>

struct Signup {
  std::string email;
  int age;
  std::string plan;
  std::optional<std::string> website;
};

template <>
inline constexpr auto sluice::model<Signup> =
    sluice::table("signups")
        .check<&Signup::email>(sluice::email())
        .check<&Signup::age>(sluice::at_least(18))
        .check<&Signup::plan>(sluice::one_of("free", "paid"))
        .check<&Signup::website>(sluice::url());

namespace {

sluice::Status run() {
  const std::vector<Signup> signups{{"ann@example.com", 30, "paid", {}},
                                    {"nobody", 12, "gold", "not a url"},
                                    {"bob@example.com", 17, "free", "https://example.com"}};
  const sluice::Verdict verdict = sluice::validate(signups);
  for (const sluice::Violation& violation : verdict.violations) {
    std::printf("record %zu: %s breaks %s\n", violation.record, violation.member.c_str(),
                violation.rule.c_str());
  }

  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb("")));
  SLUICE_CHECK(db.migrate<Signup>());
  const auto refused = db.insert(signups);
  std::printf("insert: %s\n", std::string(sluice::to_string(refused.error().code)).c_str());
  SLUICE_TRY(const auto rows, db.query<Signup>());
  std::printf("rows in the table: %zu\n", rows.size());
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
