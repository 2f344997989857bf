#include <algorithm>
#include <vector>

#include "sluice/contract/diff/change.h"
#include "sluice/contract/diff/differ_internal.h"

namespace sluice::contract {

std::span<const ChangeKind> change_kinds() {
  static const std::vector<ChangeKind> kinds = [] {
    const auto rows = internal::row_change_kinds();
    const auto settings = internal::setting_change_kinds();
    std::vector<ChangeKind> all(rows.begin(), rows.end());
    all.insert(all.end(), settings.begin(), settings.end());
    const auto whole = internal::whole_change_kinds();
    all.insert(all.end(), whole.begin(), whole.end());
    return all;
  }();
  return kinds;
}

const ChangeKind* find_change_kind(std::string_view key) {
  const auto kinds = change_kinds();
  const auto found = std::ranges::find(kinds, key, &ChangeKind::key);
  return found == kinds.end() ? nullptr : &*found;
}

}  // namespace sluice::contract
