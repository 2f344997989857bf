// Every kind of rule, in the order of the docs: the one list.
// A constant table that lives as long as the program; safe from any thread.
// Adding a rule is one line here.
#pragma once

#include <span>

#include "sluice/orm/rule/rule.h"

namespace sluice::orm {

std::span<const RuleKind* const> rule_kinds();

}  // namespace sluice::orm
