#include "sluice/base/result.h"

namespace sluice {

Failure::Failure(Error error) : error_(std::move(error)), text_(to_string(error_)) {}

namespace internal {

void throw_failure(Error error) { throw Failure(std::move(error)); }

}  // namespace internal
}  // namespace sluice
