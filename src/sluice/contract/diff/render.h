// Changes as texts: lines for people, JSON for scripts, Markdown for a pull request, SARIF for code
// scanning. Texts of the contract are escaped for where they stand.
// Pure: the same changes give the same text, and nothing is printed here; safe from any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sluice/contract/diff/change.h"

namespace sluice::contract {

std::string render_changes_text(std::span<const Change> changes);

/// `{"schema_version": 1, "old": ..., "new": ..., "verdict": "breaking", "changes": [...]}`.
std::string render_changes_json(std::span<const Change> changes, std::string_view old_path,
                                std::string_view new_path);
std::string render_changes_markdown(std::span<const Change> changes, std::string_view new_path);
std::string render_changes_sarif(std::span<const Change> changes);

/// The class of all together; what an exception lets pass does not count as breaking.
Impact verdict_of(std::span<const Change> changes);

}  // namespace sluice::contract
