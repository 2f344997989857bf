// expect: this rule cannot check a member of this type
#include <string>

#include "sluice/orm/model/model.h"

struct User {
  std::string email;
  int age;
};

#ifdef SLUICE_GOOD
constexpr auto kRules = sluice::rules<User>().check<&User::email>(sluice::email());
#else
constexpr auto kRules = sluice::rules<User>().check<&User::age>(sluice::email());
#endif
