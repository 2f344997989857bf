// expect: a key cannot be optional: NULL equals nothing
#include <optional>
#include <string>

#include "sluice/orm/model/model.h"

struct User {
  std::string id;
  std::optional<std::string> email;
};

#ifdef SLUICE_GOOD
constexpr auto kModel = sluice::orm::table("users").key<&User::id>();
#else
constexpr auto kModel = sluice::orm::table("users").key<&User::email>();
#endif
