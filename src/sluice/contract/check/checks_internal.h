// The checks, one file for each group; check.cc runs them in this order.
#pragma once

#include <string>
#include <vector>

#include "sluice/contract/check/column_flow.h"
#include "sluice/contract/diagnostic/diagnostic.h"
#include "sluice/contract/model/contract.h"
#include "sluice/contract/read/reader.h"

namespace sluice::contract::internal {

/// What every check works on.
struct Checking {
  const Contract& contract;
  const ColumnFlow& flow;
  Diagnostics& out;
  std::vector<UnsupportedKey>& unsupported;
  std::string_view text;  // of the document
};

void check_identity(const Checking& checking);
void check_model(const Checking& checking);
void check_source(const Checking& checking);
void check_source_options(const Checking& checking);
void check_secrets(const Checking& checking);
void check_links(const Checking& checking);
void check_sql(const Checking& checking);
void check_steps(const Checking& checking);
void check_taint(const Checking& checking);
void check_row_rules(const Checking& checking);
void check_dataset_rules(const Checking& checking);
void check_target(const Checking& checking);
void check_operations(const Checking& checking);
void check_support(const Checking& checking);

/// Reports a column that neither the model nor a step knows; suggests near ones. `code` is
/// UnknownField or ColumnNotInModel. True when the column is known or cannot be judged.
bool check_column(const Checking& checking, Code code, const Text& column, std::string_view reader);

/// Reports a number outside [low, high].
void check_bounds(const Checking& checking, const MaybeInteger& number, std::string_view key,
                  std::int64_t low, std::int64_t high = INT64_MAX);

std::string quoted(std::string_view text);

}  // namespace sluice::contract::internal
