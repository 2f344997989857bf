// Finds out what a pipeline's columns really are, before any row is read: the source is looked at,
// every step and every rule is bound on relations without rows, and rules without a phase get the
// one where their columns exist. What cannot be bound is InvalidContract and names the step or the
// rule and its place. Binds on the connection that will run it; leaves the session's views there.
#pragma once

#include <string>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/bound_pipeline.h"

namespace sluice::run {

Result<plan::BoundPipeline> bind_pipeline(const Context& context, engine::Connection& connection,
                                          const plan::Pipeline& pipeline, sys_micros clock,
                                          const std::string& run_id);

}  // namespace sluice::run
