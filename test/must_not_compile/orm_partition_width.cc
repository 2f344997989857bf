// expect: a truncate partition takes a positive width
#include <string>

#include "sluice/orm/model/check_model.h"

struct User {
  std::string id;
};

#ifdef SLUICE_GOOD
constexpr int kWidth = 4;
#else
constexpr int kWidth = 0;
#endif

template <>
inline constexpr auto sluice::model<User> =
    sluice::orm::table("users").partition<&User::id>(sluice::Partition::Truncate, kWidth);

static_assert(sluice::internal::check_model<User>());
