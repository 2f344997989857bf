// Numbers of JSON that the engine would change before a contract sees them: it makes doubles of
// fractions, and of all numbers beside one. Where a declared type holds more digits, and the files
// have a number with more, the column is read as texts, and where it stays JSON, as it is written.
// Reads the records once where a column may be such, else nothing.
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

struct LostNumbers {
  std::vector<schema::Field> columns;  // with texts in place of doubles
  std::vector<std::string> fractions;  // columns in which some of them are fractions
  std::vector<std::string> json;       // columns that stay JSON and have such fractions
};

/// Of the source's columns those that a declared one is made of, under their name, another that a
/// step gives them, or flattened: they become texts, or nested ones of texts, and are mixed. And
/// those that are JSON.
Result<LostNumbers> spell_numbers(const Context& context, engine::Connection& connection,
                                  const plan::Pipeline& pipeline, SourceColumns& settled);

/// Of a link, which declares no types: all columns with doubles that hold a number which is none,
/// and those of JSON.
Result<LostNumbers> find_lost_numbers(const Context& context, engine::Connection& connection,
                                      const plan::FileScan& files, const schema::Schema& columns);

}  // namespace sluice::run
