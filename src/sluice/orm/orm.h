// The typed door, all of it: models, rules, validation, strict JSON, sessions. What a user
// includes: #include <sluice/orm/orm.h> Start at orm/session/session.h for the verbs and at
// orm/model/model.h for the words of a model; docs/orm.md is the guide. Each header says who owns
// what and who may share it.
#pragma once

#include "sluice/orm/model/from_json.h"
#include "sluice/orm/model/model.h"
#include "sluice/orm/model/validate.h"
#include "sluice/orm/observe/line_log.h"
#include "sluice/orm/observe/metrics.h"
#include "sluice/orm/session/relation.h"
#include "sluice/orm/session/session.h"

namespace sluice {

using orm::storage;
using orm::table;

}  // namespace sluice
