#include "sluice/orm/rule/validate.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <concepts>
#include <iterator>

#include <fmt/format.h>

#include "sluice/orm/json/write.h"
#include "sluice/orm/rule/compare_internal.h"
#include "sluice/orm/rule/rules.h"
#include "sluice/plan/value.h"

namespace sluice::orm {
namespace {

constexpr std::int64_t kNoBound = std::int64_t{1} << 62;
constexpr std::size_t kUsualViolations = 4;  // of a record that fails

// Appended digit by digit: fmt::format would be the half of what a failing record costs.
void append_integer(std::string& text, std::integral auto number) {
  std::array<char, 24> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
  text.append(digits.data(), end);
}

void append_operand(std::string& text, const Operand& operand) {
  switch (operand.holds) {
    case Operand::Holds::Nothing: return;
    case Operand::Holds::Integer: append_integer(text, operand.integer); return;
    case Operand::Holds::Real: fmt::format_to(std::back_inserter(text), "{}", operand.real); return;
    case Operand::Holds::Text: text.append("'").append(operand.text).append("'"); return;
    case Operand::Holds::Member: text.append(operand.text); return;
  }
}

void append_parameter(std::string& text, const RuleNode& rule) {
  if (rule.kind == &kLength || rule.kind == &kByteLength) {
    append_integer(text, rule.low.integer);
    if (rule.low.integer != rule.high.integer) {
      text += "..";
      if (rule.high.integer != kNoBound) {
        append_operand(text, rule.high);
      }
    }
    return;
  }
  const std::size_t begin = text.size();
  append_operand(text, rule.low);
  if (rule.high.holds != Operand::Holds::Nothing) {
    text += "..";
    append_operand(text, rule.high);
  }
  for (const RuleNode* inner = rule.first(); inner != rule.end(); inner = inner->next()) {
    text += text.size() == begin ? "" : ", ";
    if (inner->kind == nullptr) {
      append_operand(text, inner->low);
    } else {
      text.append(inner->kind->name).append("(");
      append_parameter(text, *inner);
      text += ")";
    }
  }
}

/// Where a value lies: a chain on the stack, spelled only when something failed.
struct Place {
  const Place* up = nullptr;
  std::size_t index = 0;  // of the record, at the root; of an element, where there is no name
  std::string_view name;
  std::string_view column = {};  // of a member of the root that is renamed
};

std::size_t record_of_place(const Place& place) {
  return place.up == nullptr ? place.index : record_of_place(*place.up);
}

/// A place below the root.
std::string_view column_of_place(const Place& place) {
  if (place.up->up != nullptr) {
    return column_of_place(*place.up);
  }
  return place.column.empty() ? place.name : place.column;
}

void append_path(std::string& path, const Place& place) {
  if (place.up == nullptr) {
    return;
  }
  append_path(path, *place.up);
  if (place.name.empty()) {
    path += "[";
    append_integer(path, place.index);
    path += "]";
    return;
  }
  const bool joined = path.empty() || place.name.starts_with('[');
  path.append(joined ? "" : ".").append(place.name);
}

void report(const RuleNode& rule, const Subject& subject, const Place& place,
            std::vector<Violation>& out) {
  const bool is_own = rule.kind == &kSatisfies;  // its name is the caller's
  if (out.capacity() == 0) {
    out.reserve(kUsualViolations);
  }
  Violation& violation = out.emplace_back();
  violation.record = record_of_place(place);
  append_path(violation.member, place);
  violation.column = column_of_place(place);
  violation.rule = is_own ? rule.low.text : rule.kind->name;
  if (!is_own) {
    append_parameter(violation.parameter, rule);
  }
  violation.value = subject.value == nullptr ? "null" : shown(*subject.type, subject.value);
}

void explain(const RuleNode& rule, const Subject& subject, const Place& place,
             std::vector<Violation>& out);

/// The elements that fail, each by its place.
void explain_each(const RuleNode& rule, const Subject& subject, const Place& place,
                  std::vector<Violation>& out) {
  const Type& type = *subject.type;
  const std::size_t size = subject.length();
  const auto visit = [&](const Type& element, const void* value, const Place& at) {
    const Subject inner = subject_of(element, value, subject);
    if (!passes(*rule.first(), inner)) {
      explain(*rule.first(), inner, at, out);
    }
  };
  if (type.kind == Kind::List) {
    const auto* at = static_cast<const std::byte*>(type.list->data(subject.value));
    for (std::size_t i = 0; i < size; ++i, at += type.element->size) {
      visit(*type.element, at, {.up = &place, .index = i, .name = {}});
    }
    return;
  }
  std::vector<const void*> found(size * 2);
  type.map->find_all(subject.value, found.data(), found.data() + size);
  const bool keys = rule.kind == &kEachKey;
  for (std::size_t i = 0; i < size; ++i) {
    const std::string step = fmt::format("[{}]", shown(*type.key, found[i]));
    visit(keys ? *type.key : *type.element, keys ? found[i] : found[size + i],
          {.up = &place, .name = step});
  }
}

/// Says which part of a failing rule failed.
void explain(const RuleNode& rule, const Subject& subject, const Place& place,
             std::vector<Violation>& out) {
  if (rule.kind == &kAllOf) {
    for (const RuleNode* inner = rule.first(); inner != rule.end(); inner = inner->next()) {
      if (!passes(*inner, subject)) {
        explain(*inner, subject, place, out);
      }
    }
  } else if (rule.kind == &kEach || rule.kind == &kEachKey) {
    explain_each(rule, subject, place, out);
  } else {
    report(rule, subject, place, out);
  }
}

void check_record(const CheckPlan& plan, const void* record, const Place& place,
                  std::vector<Violation>& out);

/// The nested aggregates in a member: itself, in an optional, in a list.
void check_nested(const CheckPlan& nested, const Type& type, const void* value, const Place& place,
                  std::vector<Violation>& out) {
  if (type.kind == Kind::Record) {
    check_record(nested, value, place, out);
  } else if (type.kind == Kind::Optional) {
    const void* held = type.optional->find(value);
    if (held != nullptr) {
      check_nested(nested, *type.element, held, place, out);
    }
  } else if (type.kind == Kind::List) {
    const auto* at = static_cast<const std::byte*>(type.list->data(value));
    const std::size_t size = type.list->size(value);
    for (std::size_t i = 0; i < size; ++i, at += type.element->size) {
      check_nested(nested, *type.element, at, {.up = &place, .index = i, .name = {}}, out);
    }
  }
}

void check_record(const CheckPlan& plan, const void* record, const Place& place,
                  std::vector<Violation>& out) {
  const Subject whole{.record_type = plan.record, .record = record};
  for (const Check& check : plan.checks) {
    const Member& member = *check.member;
    const void* value = static_cast<const std::byte*>(record) + member.offset;
    if (check.nested != nullptr) {
      check_nested(*check.nested, *member.type, value,
                   {.up = &place, .name = member.name, .column = check.column}, out);
      continue;
    }
    const Subject subject = subject_of(*member.type, value, whole);
    if (!passes(*check.rule, subject)) [[unlikely]] {
      explain(*check.rule, subject, {.up = &place, .name = member.name, .column = check.column},
              out);
    }
  }
}

}  // namespace

std::string parameter_text(const RuleNode& rule) {
  std::string text;
  append_parameter(text, rule);
  return text;
}

CheckPlan make_check_plan(const Record& record, std::span<const MemberRule> rules,
                          std::span<const RuleNode> nodes) {
  CheckPlan plan{.record = &record, .checks = {}};
  for (const MemberRule& rule : rules) {
    plan.checks.push_back({.member = record.find(rule.member), .rule = &nodes[rule.node]});
  }
  return plan;
}

void check_records(const CheckPlan& plan, const void* first, std::size_t stride, std::size_t count,
                   std::size_t first_index, std::vector<Violation>& out) {
  const auto* at = static_cast<const std::byte*>(first);
  for (std::size_t i = 0; i < count; ++i, at += stride) {
    check_record(plan, at, {.index = first_index + i, .name = {}}, out);
  }
}

}  // namespace sluice::orm

namespace sluice {

std::string to_string(const Violation& violation) {
  const std::string parameter =
      violation.parameter.empty() ? "" : fmt::format("({})", violation.parameter);
  return fmt::format("record {}: {}: {}{}, got {}", violation.record, violation.member,
                     violation.rule, parameter, violation.value);
}

std::string to_string(const Verdict& verdict) {
  std::string text;
  for (const Violation& violation : verdict.violations) {
    text += (text.empty() ? "" : "\n") + to_string(violation);
  }
  return text;
}

std::string to_json(const Verdict& verdict) {
  std::string json;
  orm::append_json(json, internal::type_of<std::vector<Violation>>, &verdict.violations);
  return json;
}

Error to_error(const Verdict& verdict) {
  constexpr std::size_t kShown = 10;
  Error error = make_error(
      ErrorCode::DataRejected,
      fmt::format("every record must pass its rules, got {} failures", verdict.violations.size()));
  for (std::size_t i = 0; i < std::min(kShown, verdict.violations.size()); ++i) {
    error.context.push_back(to_string(verdict.violations[i]));
  }
  return std::move(error).with_hint("nothing was written; sluice::validate gives all failures");
}

}  // namespace sluice
