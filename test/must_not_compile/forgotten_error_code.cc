// expect: 'CommitUnknown' not handled in switch
#include "sluice/base/error.h"

bool is_outcome_known(sluice::ErrorCode code) {
  using enum sluice::ErrorCode;
  switch (code) {
#ifdef SLUICE_GOOD
    case CommitUnknown: return false;
#endif
    case InvalidArgument:
    case InvalidContract:
    case NotFound:
    case AlreadyExists:
    case CommitConflict:
    case Unauthorized:
    case Unavailable:
    case ResourceExhausted:
    case Unsupported:
    case Corrupt:
    case Cancelled:
    case DataRejected:
    case Internal: return true;
  }
  return false;
}
