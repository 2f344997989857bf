// Every kind of rule, in the order of the docs: the one list.
#pragma once

#include <span>

#include "sluice/orm/rule/rule.h"

namespace sluice::orm {

std::span<const RuleKind* const> rule_kinds();

}  // namespace sluice::orm
