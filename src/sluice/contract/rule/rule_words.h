// The words of rules: severities and phases.
// Declared here so that a table sees the specialisation before it uses it; shared by rules and
// steps, which both have a phase. Const data, in rule_words.cc.
#pragma once

#include "sluice/contract/model/quality.h"
#include "sluice/contract/read/words.h"

namespace sluice::contract {

template <>
std::span<const Word<RuleSeverity>> words_of<RuleSeverity>();
template <>
std::span<const Word<Phase>> words_of<Phase>();

}  // namespace sluice::contract
