// The statements that make a contract's target by hand, in the SQL of who keeps it: for catalogs
// that a platform team creates tables in before anything may write there. Columns are those that a
// run writes: masked ones in the type of their mask, with lineage and the columns of a history.
// Types come from the dialects' tables. Pure; what a dialect cannot say is a comment in the text
// where it only tunes, and an error where a column would be lost.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/contract/model/contract.h"

namespace sluice::contract {

/// iceberg, delta, duckdb, ducklake, spark.
std::span<const std::string_view> ddl_dialects();

struct DdlOptions {
  /// The contract's file, for places and lineage.
  std::string path;
  /// "catalog.schema.table"; empty: the contract's own name.
  std::string name;
};

/// InvalidArgument for another dialect, InvalidContract for a contract without columns, Unsupported
/// for a type that the dialect does not have.
Result<std::string> render_ddl(const Contract& contract, std::string_view dialect,
                               const DdlOptions& options = {});

}  // namespace sluice::contract
