// Every failure of every record, as data: what a caller answers an HTTP 400 with. One walk over the
// records; a record that passes costs no allocation. Nothing here throws or stops at the first
// fault.
//
// A CheckPlan is a rule set resolved against the layout of its record: made once per type,
// immutable.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/error.h"
#include "sluice/orm/rule/rule_set.h"

namespace sluice {

/// One rule that one value failed.
struct Violation {
  std::size_t record = 0;  // its index among the records
  std::string member;      // "email", "homes[2].street", "tags['x']"
  std::string column;      // of the table, which holds it: "homes"
  std::string rule;        // "email"
  std::string parameter;   // "2..64", "'NZ', 'AU'"; empty when the rule has none
  std::string value;       // as JSON, cut when long; "null" when empty

  friend bool operator==(const Violation&, const Violation&) = default;
};

/// "record 3: email: email, got \"x\"".
std::string to_string(const Violation& violation);

/// What validation found: nothing, or everything that is wrong.
struct Verdict {
  std::vector<Violation> violations;

  bool passed() const { return violations.empty(); }
};

/// One line for each violation.
std::string to_string(const Verdict& verdict);

/// An array with an object for each violation, its members as keys: the body of an HTTP 400.
std::string to_json(const Verdict& verdict);

/// DataRejected with the first violations in its text.
Error to_error(const Verdict& verdict);

}  // namespace sluice

namespace sluice::orm {

struct CheckPlan;

/// One step for each record: a rule on a member, or the plan of a nested aggregate.
struct Check {
  const Member* member = nullptr;
  std::string_view column = {};  // where it is not called as the member
  const RuleNode* rule = nullptr;
  const CheckPlan* nested = nullptr;
};

struct CheckPlan {
  const Record* record = nullptr;
  std::vector<Check> checks;
};

/// Resolves the rules; `nodes` outlive the plan.
CheckPlan make_check_plan(const Record& record, std::span<const MemberRule> rules,
                          std::span<const RuleNode> nodes);

/// Appends what is wrong with `count` records that lie `stride` bytes apart; the first is number
/// `first_index`.
void check_records(const CheckPlan& plan, const void* first, std::size_t stride, std::size_t count,
                   std::size_t first_index, std::vector<Violation>& out);

/// "2..64", "'NZ', 'AU'", ">= member start".
std::string parameter_text(const RuleNode& rule);

}  // namespace sluice::orm
