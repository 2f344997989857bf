// What a bound value is, for the files that read it.
#pragma once

#include "sluice/orm/session/value.h"
#include "sluice/plan/value.h"

namespace sluice::orm {

struct BoundValue {
  plan::Value value;
};

}  // namespace sluice::orm
