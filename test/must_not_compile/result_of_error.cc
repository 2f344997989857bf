// expect: Result<Error> could not tell its value from its error
#include "sluice/base/result.h"

#ifdef SLUICE_GOOD
sluice::Result<int> number() { return 1; }
#else
sluice::Result<sluice::Error> number() { return sluice::Error{}; }
#endif
