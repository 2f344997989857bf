// expect: deleted
#include "sluice/base/arrow_stream.h"

sluice::ArrowBatch keep(sluice::ArrowBatch& batch) {
#ifdef SLUICE_GOOD
  return std::move(batch);
#else
  return batch;
#endif
}
