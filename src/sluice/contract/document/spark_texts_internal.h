// The SQL of a contract that is written in Spark's dialect.
#pragma once

#include <string_view>

#include "sluice/contract/diagnostic/diagnostic.h"
#include "sluice/contract/model/contract.h"

namespace sluice::contract::internal {

/// Puts each SQL into the engine's words; what cannot be is said at its place.
void translate_spark_texts(std::string_view document, Contract& contract, Diagnostics& out);

}  // namespace sluice::contract::internal
