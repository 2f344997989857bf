// Waiting between two attempts, in the one way that can be ended from outside: a stop or the
// deadline of the context ends it early, and the caller is told.
// Owns nothing; safe from any thread.
#pragma once

#include "sluice/base/context.h"
#include "sluice/base/result.h"

namespace sluice {

/// Returns when the time is over; Cancelled or DeadlineExceeded as Context::check says.
Status pause(const Context& context, int milliseconds);

}  // namespace sluice
