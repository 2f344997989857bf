// Numbers of JSON that the engine would change before a contract sees them: it makes doubles of
// fractions, and of all numbers beside one. Where a declared type holds more digits, and the files
// have a number with more, the column is read as texts. Reads the records once where a column may
// be such, else nothing.
#pragma once

#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/pipeline.h"
#include "sluice/run/pipeline/source_columns.h"
#include "sluice/schema/schema.h"

namespace sluice::run {

/// Of the source's columns those that a declared column of their name is made of: they become
/// texts, or nested ones of texts, and are mixed. Gives the names of those that have fractions
/// such.
Result<std::vector<std::string>> spell_numbers(const Context& context,
                                               engine::Connection& connection,
                                               const plan::Pipeline& pipeline,
                                               SourceColumns& settled);

struct LostNumbers {
  std::vector<schema::Field> columns;  // with texts in place of doubles
  std::vector<std::string> fractions;  // columns in which some of them are fractions
};

/// Of a link, which declares no types: all columns of doubles that hold a number which is none.
Result<LostNumbers> find_lost_numbers(const Context& context, engine::Connection& connection,
                                      const plan::FileScan& files, const schema::Schema& columns);

}  // namespace sluice::run
