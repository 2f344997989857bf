#include <array>

#include "sluice/contract/model/quality.h"
#include "sluice/contract/read/words.h"

namespace sluice::contract {
namespace {

constexpr std::array kSeverities{
    Word<RuleSeverity>{"error", RuleSeverity::Error},
    Word<RuleSeverity>{"warning", RuleSeverity::Warning},
    Word<RuleSeverity>{"info", RuleSeverity::Info},
};

constexpr std::array kPhases{Word<Phase>{"pre", Phase::Pre}, Word<Phase>{"post", Phase::Post}};

}  // namespace

template <>
std::span<const Word<RuleSeverity>> words_of<RuleSeverity>() {
  return kSeverities;
}

template <>
std::span<const Word<Phase>> words_of<Phase>() {
  return kPhases;
}

}  // namespace sluice::contract
