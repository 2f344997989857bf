// Contracts to begin with: a short one that is ready to be changed, and the whole language as a
// template, made from the tables that read it, so that a key cannot be missing or misspelt there.
// What is active in each of them validates without a finding; all else is a comment.
// Pure functions over constant data.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::contract {

/// bronze, silver, gold.
std::span<const std::string_view> starter_layers();

/// A short commented contract of that layer; InvalidArgument for another word.
Result<std::string> render_starter(std::string_view layer);

/// The same contract with every other key of the language beside it as a comment.
Result<std::string> render_full_template(std::string_view layer);

}  // namespace sluice::contract
