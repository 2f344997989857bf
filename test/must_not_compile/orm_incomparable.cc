// expect: this column and this value have no common type
#include <string>

#include "sluice/orm/session/query.h"

struct User {
  std::string email;
};

#ifdef SLUICE_GOOD
auto condition = sluice::col<&User::email> == "x";
#else
auto condition = sluice::col<&User::email> == 7;
#endif
