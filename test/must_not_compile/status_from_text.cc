// expect: sluice::Status
#include "sluice/base/result.h"

sluice::Status fail() {
#ifdef SLUICE_GOOD
  return sluice::make_error(sluice::ErrorCode::Internal, "broken");
#else
  return "broken";
#endif
}
