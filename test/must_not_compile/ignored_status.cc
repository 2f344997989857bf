// expect: read the Result, or pass its error on with SLUICE_TRY
#include "sluice/base/context.h"

sluice::Status step(const sluice::Context& context) {
#ifdef SLUICE_GOOD
  SLUICE_CHECK(context.check());
#else
  context.check();
#endif
  return {};
}
