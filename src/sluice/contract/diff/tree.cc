#include "sluice/contract/diff/tree.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "sluice/contract/diff/differ_internal.h"

namespace sluice::contract {
namespace {

using Side = std::map<std::string, const TreeContract*>;

Side by_key(std::span<const TreeContract> contracts) {
  Side side;
  for (const TreeContract& each : contracts) {
    side.emplace(each.key, &each);
  }
  return side;
}

Change whole_change(std::string_view kind, const TreeContract& of, std::string before,
                    std::string after) {
  Mark place = of.contract == nullptr ? Mark{} : of.contract->span.begin;
  place.line = std::max<std::uint32_t>(place.line, 1);
  return Change{.kind = find_change_kind(kind),
                .path = "contract",
                .before = std::move(before),
                .after = std::move(after),
                .at = {.file = of.path, .line = place.line, .column = place.column},
                .allowed = {},
                .contract = of.key};
}

std::string name_of(const TreeContract& of) {
  return of.contract == nullptr ? std::string() : table_name(*of.contract);
}

/// The only contract of a side that makes this table and that the other side does not have.
const TreeContract* find_only(const Side& side, const Side& other, const std::string& table) {
  const TreeContract* only = nullptr;
  for (const auto& [key, each] : side) {
    if (!other.contains(key) && name_of(*each) == table) {
      if (only != nullptr) {
        return nullptr;
      }
      only = each;
    }
  }
  return only;
}

class TreeDiffer {
 public:
  TreeDiffer(Side before, Side after) : before_(std::move(before)), after_(std::move(after)) {}

  std::vector<Change> run() {
    for (const auto& [key, now] : after_) {
      const auto there = before_.find(key);
      if (there != before_.end()) {
        compare(*there->second, *now);
      } else if (const TreeContract* old = moved_from(*now)) {
        changes_.push_back(whole_change("contract-moved", *now, old->key, now->key));
        compare(*old, *now);
      } else {
        changes_.push_back(whole_change("contract-added", *now, {}, name_of(*now)));
      }
    }
    for (const auto& [key, old] : before_) {
      if (!after_.contains(key) && moved_to(*old) == nullptr) {
        changes_.push_back(whole_change("contract-removed", *old, name_of(*old), {}));
      }
    }
    std::ranges::stable_sort(changes_, {}, &Change::contract);
    return std::move(changes_);
  }

 private:
  const TreeContract* moved_from(const TreeContract& now) const {
    const std::string table = name_of(now);
    const bool is_only = !table.empty() && find_only(after_, before_, table) == &now;
    return is_only ? find_only(before_, after_, table) : nullptr;
  }

  const TreeContract* moved_to(const TreeContract& old) const {
    const std::string table = name_of(old);
    const bool is_only = !table.empty() && find_only(before_, after_, table) == &old;
    return is_only ? find_only(after_, before_, table) : nullptr;
  }

  void compare(const TreeContract& old, const TreeContract& now) {
    if (now.contract == nullptr) {
      return;
    }
    if (old.contract == nullptr) {
      changes_.push_back(whole_change("contract-mended", now, {}, {}));
      return;
    }
    std::vector<Change> changes =
        diff_contracts({*old.contract, old.path, old.files}, {*now.contract, now.path, now.files});
    for (Change& change : changes) {
      change.contract = now.key;
      changes_.push_back(std::move(change));
    }
  }

  Side before_;
  Side after_;
  std::vector<Change> changes_;
};

}  // namespace

std::vector<Change> diff_trees(std::span<const TreeContract> before,
                               std::span<const TreeContract> after) {
  return TreeDiffer(by_key(before), by_key(after)).run();
}

}  // namespace sluice::contract
