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

/// Of a contract's columns: also those that the table requires and the contract does not, but not
/// those that lack and that the table fills itself. The other way round the run judges the rows,
/// and the table is not made stricter.
Result<Drift> find_drift(const Contract& contract, const table::TableState& state,
                         const schema::Schema& wanted);

/// What a table says of itself otherwise than its contract, in words, and what to tell it. Of
/// properties and comments, those that the contract gives.
struct Differences {
  std::vector<std::string> layout;
  std::vector<std::string> notes;
  table::Describe told;

  bool is_empty() const { return layout.empty() && notes.empty(); }
};

Differences find_differences(const table::TableState& state, const plan::CreateTable& wanted,
                             const table::Properties& properties);

/// The changes that a run makes: none for a table that fits. DataRejected where the policy does not
/// let them happen; a column of the contract that stays required then judges the rows.
Result<std::vector<schema::Change>> allowed_changes(const Contract& contract, const Drift& drift);

/// Whether a write of this mode replaces the columns with the rows.
bool replaces_columns(const Contract& contract, const plan::WriteMode& mode);

/// Columns whose type came with the rows, not from the contract, take the type of the table's
/// column where every value can be stored as one of it. What the policy `strict` asks for stays.
/// Timestamps of any column, which are UTC, take a table's instants. True when a type was taken.
bool take_stored_types(const Contract& contract, const schema::Schema& table, schema::Schema& rows);

/// Unsupported where an overwrite would replace columns of a table whose format changes them in no
/// commit of rows: a Delta table.
Status check_replacing(const table::Table& table, const table::TableState& state,
                       const Contract& contract, const schema::Schema& wanted,
                       const plan::WriteMode& mode);

/// Brings a table that is there in line with the columns, as far as the contract's policy goes.
/// With `overwrite` a write that replaces all rows replaces the columns, too. CommitConflict when
/// another writer was first: the changes are those of `state`, so read it and ask again.
Status evolve_table(const Context& context, table::Table& table, const table::TableState& state,
                    const Contract& contract, const schema::Schema& wanted,
                    const plan::WriteMode& mode);

}  // namespace sluice::contract
