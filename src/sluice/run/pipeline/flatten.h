// Which columns a source has once its nested ones are taken apart: structs by their types, and
// columns of texts that the contract names by all the JSON objects that they hold. Nothing is
// sampled, and two columns of one name are an error: none is renamed in silence. Reads named text
// columns, and members of JSON that may be numbers as well as words, once.
#pragma once

#include <optional>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/plan/bound_pipeline.h"
#include "sluice/run/pipeline/source_columns.h"

namespace sluice::run {

/// Nested columns further down stay what they are.
inline constexpr int kFlattenLevelsMax = 5;

/// Empty where the pipeline flattens nothing, or there is no column. To the columns of `settled`
/// without a value it adds those that are made here.
Result<std::optional<plan::Flattened>> settle_flattened(const Context& context,
                                                        engine::Connection& connection,
                                                        const plan::Pipeline& pipeline,
                                                        SourceColumns& settled);

/// A masked column has no clear copy after flattening, and none before it where rows are refused.
Status check_flattened_masks(const plan::Pipeline& pipeline, const plan::Flattened& flattened);

}  // namespace sluice::run
