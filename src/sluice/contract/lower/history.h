// The dates of a history (scd2) in the types that the contract declares for them. They are made by
// the write, so that no cast of the run gives them their type.
//
// Pure; safe to call from any thread.
#pragma once

#include "sluice/base/result.h"
#include "sluice/contract/model/contract.h"
#include "sluice/plan/write.h"
#include "sluice/schema/schema.h"

namespace sluice::contract {

/// `columns` are those of the target (with_kept_columns); a date that the accepted rows bring keeps
/// the type that it has there.
schema::Schema with_declared_dates(const Contract& contract, const schema::Schema& accepted,
                                   const plan::WriteMode& mode, schema::Schema columns);

/// The dates that a history begins and ends with must be values of its columns: where these hold
/// numbers, a date is none. To be asked before a table is made.
Status check_history_dates(const plan::WriteMode& mode, const schema::Schema& columns);

}  // namespace sluice::contract
