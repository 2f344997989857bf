// expect: an Error that is made is returned
#include "sluice/base/result.h"

sluice::Status refuse() {
#ifdef SLUICE_GOOD
  return sluice::make_error(sluice::ErrorCode::Unsupported, "no");
#else
  sluice::make_error(sluice::ErrorCode::Unsupported, "no");
  return {};
#endif
}
