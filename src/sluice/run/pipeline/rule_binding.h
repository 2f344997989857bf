// Parts of binding that are about rules and links: how one that does not bind is told, which of two
// rules is one, and the data set rules that wait for the table that the run writes.
// Binds on relations without rows, on the connection that will judge; keeps nothing.
#pragma once

#include <string>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/bound_pipeline.h"
#include "sluice/plan/pipeline.h"
#include "sluice/schema/schema.h"

namespace sluice::run {

/// An engine's "cannot be bound" as the fault of a place in the contract.
Error as_unbound(Error error, std::string what, const SourcePosition& at);

/// What a link's view is made of: a `columns`, `filter` or `query` that does not bind is the
/// contract's fault, a file that cannot be read is not.
Error as_unbound_link(Error error, const plan::Reference& reference);

/// A rule that is judged where its columns exist may be the one that is asked for behind the steps:
/// a row that fails it has one reason.
bool is_said_by(const plan::RowRule& before, const plan::RowRule& rule);

/// A text that a SELECT gives is not compared with bounds: MAX and MIN would be by letters.
Status check_is_number(const Context& context, engine::Connection& connection,
                       const plan::DatasetRule& rule);

/// What judge_deferred_rules will ask binds on a table of these columns, all that the write leaves.
Status bind_deferred_rules(const Context& context, engine::Connection& connection,
                           const plan::BoundPipeline& bound, const schema::Schema& written);

}  // namespace sluice::run
