// expect: read the Result, or pass its error on with SLUICE_TRY
#include "sluice/base/uuid.h"

void read_and_forget() {
#ifdef SLUICE_GOOD
  const auto id = sluice::parse_uuid("x");
  static_cast<void>(id.has_value());
#else
  sluice::parse_uuid("x");
#endif
}
