// expect: this rule cannot check a member of this type
#include <string>

#include "sluice/orm/model/model.h"

struct User {
  int age;
  long visits;
};

constexpr auto kEven = sluice::satisfies<[](int n) { return n % 2 == 0; }>("even");
#ifdef SLUICE_GOOD
constexpr auto kRules = sluice::rules<User>().check<&User::age>(kEven);
#else
constexpr auto kRules = sluice::rules<User>().check<&User::visits>(kEven);
#endif
