// Kinds of changes of whole contracts, where folders of them are compared.
#include <array>

#include "sluice/contract/diff/differ_internal.h"

namespace sluice::contract::internal {
namespace {

constexpr std::array kWholeKinds{
    ChangeKind{"contract-added", Impact::Safe, Impact::Safe, "A contract was added",
               "Nobody relied on it before."},
    ChangeKind{"contract-removed", Impact::Risky, Impact::Breaking, "A contract was removed",
               "Its table is no longer written, and nothing judges its data."},
    ChangeKind{
        "contract-moved", Impact::Risky, Impact::Safe, "A contract stands in another file",
        "Rosters and commands that name the old file do not find it; the table is the same."},
    ChangeKind{"contract-mended", Impact::Risky, Impact::Risky, "The contract was not valid before",
               "No run took the old version, so that there is nothing to compare with."},
};

}  // namespace

std::span<const ChangeKind> whole_change_kinds() { return kWholeKinds; }

}  // namespace sluice::contract::internal
