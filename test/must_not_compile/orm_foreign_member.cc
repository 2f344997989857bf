// expect: this member belongs to another model
#include <string>

#include "sluice/orm/model/model.h"

struct Trip {
  std::string id;
};
struct Driver {
  std::string id;
};

#ifdef SLUICE_GOOD
constexpr auto kModel = sluice::orm::table("trips").key<&Trip::id>().sort<&Trip::id>();
#else
constexpr auto kModel = sluice::orm::table("trips").key<&Trip::id>().sort<&Driver::id>();
#endif
