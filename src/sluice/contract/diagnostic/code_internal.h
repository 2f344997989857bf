// The pieces of the code table, one per group of hundreds, joined in code.cc.
#pragma once

#include <span>

#include "sluice/contract/diagnostic/code.h"

namespace sluice::contract::internal {

std::span<const CodeInfo> source_codes();
std::span<const CodeInfo> shape_codes();
std::span<const CodeInfo> model_codes();
std::span<const CodeInfo> quality_codes();
std::span<const CodeInfo> transformation_codes();
std::span<const CodeInfo> run_codes();

}  // namespace sluice::contract::internal
