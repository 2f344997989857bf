// expect: this column belongs to another model
#include <string>

#include "sluice/orm/session/query.h"

struct Trip {
  double fare;
};
struct Driver {
  std::string name;
};

#ifdef SLUICE_GOOD
auto rows = sluice::from<Driver>().where(sluice::col<&Driver::name> == "x");
#else
auto rows = sluice::from<Trip>().where(sluice::col<&Driver::name> == "x");
#endif
