// The operations of `transformations`: key, summary, example, the keys of the body, and how the
// body becomes a step of the model. An open set as const tables; adding one is an alternative in
// model/transformation.h, a table in one of the steps_*.cc and a line in step_kinds.cc.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "sluice/contract/model/transformation.h"
#include "sluice/contract/read/reader.h"

namespace sluice::contract {

struct StepKind {
  std::string_view key;
  std::string_view summary;
  std::string_view example;  // one item of transformations; a test reads and checks it
  const Shape& (*body)();    // nullptr when the value is text
  /// Adds the steps that the body stands for: one, or one for each expression of a `sql`.
  void (*read)(Reader& reader, const Node& node, std::vector<Step>& out);
};

/// In the order of the docs.
std::span<const StepKind> step_kinds();

/// The keys of one item of `transformations`.
const Shape& transformation_shape();

void read_transformations(Reader& reader, const Node& list, std::vector<Transformation>& out);

}  // namespace sluice::contract
