#include "sluice/contract/diff/change.h"

#include <algorithm>
#include <tuple>

#include "sluice/base/assert.h"
#include "sluice/contract/diff/differ_internal.h"

namespace sluice::contract {

std::string_view to_string(Impact impact) {
  switch (impact) {
    case Impact::Safe: return "safe";
    case Impact::Risky: return "risky";
    case Impact::Breaking: return "breaking";
  }
  return "safe";
}

Impact Change::impact() const { return std::max(kind->producers, kind->consumers); }

std::vector<Change> diff_contracts(const ContractVersion& before, const ContractVersion& after) {
  internal::Differ differ(before, after);
  internal::diff_identity(differ);
  internal::diff_fields(differ);
  internal::diff_rules(differ);
  internal::diff_source(differ);
  internal::diff_target(differ);
  internal::diff_operations(differ);
  internal::diff_rest(differ);
  std::vector<Change> changes = differ.take();
  std::ranges::stable_sort(changes, [](const Change& left, const Change& right) {
    return std::tuple(right.impact(), std::string_view(left.path)) <
           std::tuple(left.impact(), std::string_view(right.path));
  });
  return changes;
}

namespace internal {

void Differ::add(std::string_view kind, std::string path, std::string before, std::string after,
                 const Span& old_span, const Span& new_span) {
  const ChangeKind* found = find_change_kind(kind);
  SLUICE_ASSERT(found != nullptr, "a change of a kind that is not in the table");
  const bool in_new = new_span.is_written() || !old_span.is_written();
  const Span& span = in_new ? new_span : old_span;
  const ContractVersion& side = in_new ? new_ : old_;
  changes_.push_back(Change{
      .kind = found,
      .path = std::move(path),
      .before = std::move(before),
      .after = std::move(after),
      .at = {.file = span.file < side.files.size() ? side.files[span.file] : std::string(side.path),
             .line = span.begin.line,
             .column = span.begin.column},
      .allowed = {},
      .contract = {}});
}

void Differ::compare_flag(std::string_view path, const Flag& before, const Flag& after,
                          std::string_view set, std::string_view unset) {
  compare(path, before, after, after.value ? set : unset);
}

void Differ::compare_bound(std::string_view path, const MaybeNumber& before,
                           const MaybeNumber& after, bool is_lower, std::string_view tighter,
                           std::string_view looser) {
  const bool rose = before && after && after->value.value > before->value.value;
  const bool is_tighter = !before || (after && rose == is_lower);
  compare(path, before, after, is_tighter ? tighter : looser);
}

bool Differ::has_changes_under(std::string_view path) const {
  return std::ranges::any_of(changes_, [&](const Change& change) {
    return change.path.starts_with(path) &&
           (change.path.size() == path.size() || change.path[path.size()] == '.');
  });
}

}  // namespace internal
}  // namespace sluice::contract
