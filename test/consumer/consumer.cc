#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/base/uuid.h"
#include "sluice/orm/orm.h"
#include "sluice/orm/testing/testing.h"

struct Visitor {
  std::string name;
  std::optional<int> age;
};

template <>
inline constexpr auto sluice::model<Visitor> =
    sluice::table("visitors").key<&Visitor::name>().check<&Visitor::age>(sluice::at_least(0));

namespace {

sluice::Status use_the_typed_door() {
  sluice::testing::Harness harness;
  SLUICE_TRY(sluice::Session db, harness.open());
  SLUICE_CHECK(db.migrate<Visitor>());
  SLUICE_CHECK(db.insert({Visitor{"Ann", 30}, Visitor{"Bob", {}}}));
  const auto refused = db.insert(Visitor{"Cleo", -1});
  SLUICE_TRY(
      const std::vector<Visitor> known,
      db.query<Visitor>(sluice::from<Visitor>().where(!is_null(sluice::col<&Visitor::age>))));
  std::printf("%zu of %zu, %s\n", known.size(), harness.log().count("ingest committed") * 2,
              std::string(sluice::to_string(refused.error().code)).c_str());
  return {};
}

}  // namespace

int main() {
  const auto id = sluice::parse_uuid("0198c5a2-7b1c-7def-8123-456789abcdef");
  const auto none = sluice::parse_uuid("no uuid");
  if (!id || none) {
    std::puts("parse_uuid took the wrong side");
    return 1;
  }
  const sluice::Error error = sluice::make_error(sluice::ErrorCode::NotFound, "nothing here");
  std::printf("%s: %s\n", sluice::to_string(*id).c_str(), error.message.c_str());
  const sluice::Status done = use_the_typed_door();
  if (!done.has_value()) {
    std::printf("%s\n", sluice::to_string(done.error()).c_str());
    return 1;
  }
  return 0;
}
