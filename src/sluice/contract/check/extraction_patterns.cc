#include "sluice/contract/check/extraction_patterns.h"

#include <algorithm>

#include <re2/re2.h>

#include "sluice/schema/schema.h"

namespace sluice::contract {

TextMap patterns_of(const Contract& contract) {
  TextMap patterns;
  if (!contract.extraction) {
    return patterns;
  }
  patterns = contract.extraction->patterns;
  for (const Field& field : contract.model.fields) {
    const bool is_labelled = !field.extraction_task || field.extraction_task->value == "metadata";
    const bool is_named = std::any_of(patterns.begin(), patterns.end(), [&](const auto& each) {
      return schema::same_column(each.key.value, field.name.value);
    });
    if (contract.extraction->provider.value == "regex" && is_labelled && !is_named &&
        !field.extraction_examples.empty()) {
      patterns.push_back({.key = field.name, .value = field.extraction_examples.front()});
    }
  }
  return patterns;
}

bool has_group(const std::string& pattern) {
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 compiled(pattern, options);
  return !compiled.ok() || compiled.NumberOfCapturingGroups() > 0;
}

}  // namespace sluice::contract
