// How a table and the columns that a contract writes come together: what differs, what the
// contract's schema policy lets a run change, and the change itself. Columns of the table that the
// contract does not have are kept. Pure but for evolve_table.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/model/contract.h"
#include "sluice/plan/write.h"
#include "sluice/schema/evolution.h"
#include "sluice/schema/schema.h"
#include "sluice/table/table.h"

namespace sluice::contract {

struct Drift {
  /// Without these the rows do not fit the table.
  std::vector<schema::Change> changes;
  /// Columns of the table alone.
  std::vector<std::string> kept;
};

Drift find_drift(const schema::Schema& table, const schema::Schema& wanted);

/// The changes that a run makes: none for a table that fits. DataRejected where the policy does not
/// let them happen.
Result<std::vector<schema::Change>> allowed_changes(const Contract& contract, const Drift& drift);

/// Brings a table that is there in line with the columns, as far as the contract's policy goes.
/// With `overwrite` a write that replaces all rows replaces the columns, too.
Status evolve_table(const Context& context, table::Table& table, const table::TableState& state,
                    const Contract& contract, const schema::Schema& wanted,
                    const plan::WriteMode& mode);

}  // namespace sluice::contract
