// The language explained from the tables that read it: the page of a rule, a step, a masking or a
// key, the docs pages made of them, and the JSON Schema that editors check against. What is not in
// a table is not here, and what is in a table cannot be missing.
// Pure functions over constant data, safe from any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/read/shape.h"

namespace sluice::contract {

/// The line of the table at "materialization.scd2.surrogate_key" or "model.fields[0].type". Of a
/// map whose keys are free the name is passed over: "slo.freshness.silver.check_columns".
const Key* find_key(std::string_view path);
const Key* find_key(const Shape& root, std::string_view path);

/// The page of a key; `what` says of what it is one: "key", "key of _domain.yaml".
std::string render_key_page(std::string_view what, std::string_view path, const Key& key);

/// What holds where the key is not written, "append"; empty when there is nothing.
std::string_view default_of(const Key& key);

/// What is known under a name: "range", "deduplicate", "hash", or a path such as
/// "materialization.strategy". Empty when there is nothing.
std::string render_guide(std::string_view name);

/// The names of all rules, steps, maskings and keys of the root, each once; for completion.
std::vector<std::string_view> guide_names();

/// rules, transforms, maskings.
std::span<const std::string_view> docs_pages();

/// The Markdown of docs/<page>.md; empty for another name.
std::optional<std::string> render_docs_page(std::string_view page);

/// JSON Schema 2020-12 of what Sluice reads. It knows keys, types and words; what needs two places
/// at once is for `validate`.
std::string render_json_schema();

}  // namespace sluice::contract
