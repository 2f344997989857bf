// What the tables of operations share.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sluice/contract/rule/rule_words.h"
#include "sluice/contract/transform/step_kind.h"

namespace sluice::contract::internal {

template <class T>
void read_step(Reader& reader, const Node& node, std::vector<Step>& out) {
  T step;
  if (begin_object(reader, node)) {
    reader.read_object(node, shape_of<T>(), &step);
    out.push_back(std::move(step));
  }
}

void read_sql_step(Reader& reader, const Node& node, std::vector<Step>& out);
void read_rename(Reader& reader, const Node& node, std::vector<Step>& out);
void read_filter(Reader& reader, const Node& node, std::vector<Step>& out);
void read_deduplicate(Reader& reader, const Node& node, std::vector<Step>& out);
void read_deduplicate_by_latest(Reader& reader, const Node& node, std::vector<Step>& out);
void read_pivot(Reader& reader, const Node& node, std::vector<Step>& out);
void read_unpivot(Reader& reader, const Node& node, std::vector<Step>& out);

const Shape& rename_shape();
const Shape& filter_shape();
const Shape& deduplicate_shape();
const Shape& deduplicate_by_latest_shape();
const Shape& pivot_shape();
const Shape& unpivot_shape();

}  // namespace sluice::contract::internal
