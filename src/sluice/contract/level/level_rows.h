// What service levels need to know of rows: how new the newest is, which days and hours have any,
// how many have a value. Asked of the target where it can be read as files, else of the rows that a
// run brings. Counts and instants only; no value of a row is kept.
// Free functions on a run's connection, one call at a time.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/level/level.h"
#include "sluice/contract/model/contract.h"
#include "sluice/engine/engine.h"
#include "sluice/run/state/batch.h"

namespace sluice::contract {

struct JudgedRows {
  std::string relation;
  std::string words;  // "of the table"
  bool is_whole_table = true;
};

/// A Parquet table by the files of its newest version.
JudgedRows rows_of_files(const std::vector<std::string>& files);

struct LevelQuestion {
  const Contract& contract;
  const std::vector<run::BatchFile>& files;  // of the source, as this run read them
  const std::optional<JudgedRows>& rows;     // empty: there are none to look at
};

/// Fills newest, availability, completeness and days, as far as the contract asks for them.
Status observe_rows(const Context& context, engine::Connection& connection,
                    const LevelQuestion& question, Observations& observed);

}  // namespace sluice::contract
