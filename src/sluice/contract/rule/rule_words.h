// The words of rules: severities and phases.
#pragma once

#include "sluice/contract/model/quality.h"
#include "sluice/contract/read/words.h"

namespace sluice::contract {

template <>
std::span<const Word<RuleSeverity>> words_of<RuleSeverity>();
template <>
std::span<const Word<Phase>> words_of<Phase>();

}  // namespace sluice::contract
