// Checks the templates of a contract's notifications before anything is read: a mistake in one
// would show when something has failed, and nobody would be told. What is wrong is a diagnostic at
// its line inside the YAML string, or at the key that names the file. Template files are relative
// to the folder of the file that names them.
//
// Templates are read by a library that a build may lack; then the first of them gets a notice.
// Nothing is rendered and nothing is sent. Keeps nothing; safe from any thread.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/check/check.h"

namespace sluice::contract {

/// As text::check_template.
using TemplateReader = std::function<Status(std::string_view name, std::string_view source)>;

/// Adds what is wrong with the templates to the contract's diagnostics. `text` is the document,
/// `files` are the paths of the files that spans point into, the contract's first. Without `read`,
/// the library on disk. An error only when the library is there and cannot be used, or the context
/// stops.
Status check_templates(const Context& context, std::string_view text,
                       std::span<const std::string> files, CheckedContract& checked,
                       const TemplateReader& read = {});

}  // namespace sluice::contract
