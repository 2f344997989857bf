// The only list of operations, and how an item of `transformations` is read.
#include <algorithm>
#include <array>

#include "sluice/contract/transform/step_kind.h"
#include "sluice/contract/transform/step_reading_internal.h"

namespace sluice::contract {
namespace {

using internal::read_step;

constexpr std::array kStepKinds{
    StepKind{"sql", "A whole SELECT over source and links, or expressions that name their columns.",
             R"y({sql: "SELECT *, fare_amount * 2 AS doubled FROM source"})y", nullptr,
             &internal::read_sql_step},
    StepKind{"derive", "Adds or replaces a column by an expression.",
             R"y({derive: {field: doubled, sql: "fare_amount * 2"}})y", &shape_of<Derive>,
             &read_step<Derive>},
    StepKind{"rename", "Renames columns.", "{rename: {from: note, to: remark}}",
             &internal::rename_shape, &internal::read_rename},
    StepKind{"select", "Keeps these columns, in this order.",
             "{select: {columns: [trip_id, fare_amount]}}", &shape_of<Select>, &read_step<Select>},
    StepKind{"drop", "Removes columns.", "{drop: {columns: [note]}}", &shape_of<Drop>,
             &read_step<Drop>},
    StepKind{"cast", "Gives columns another type; a value that does not fit quarantines its row.",
             "{cast: {columns: {passengers: bigint}}}", &shape_of<Cast>, &read_step<Cast>},
    StepKind{"trim", "Removes blanks around texts.", "{trim: {fields: [note], side: both}}",
             &shape_of<Trim>, &read_step<Trim>},
    StepKind{"lower", "Lower case.", "{lower: {fields: [note]}}", &shape_of<Lower>,
             &read_step<Lower>},
    StepKind{"upper", "Upper case.", "{upper: {fields: [note]}}", &shape_of<Upper>,
             &read_step<Upper>},
    StepKind{"coalesce", "The first of several columns that has a value.",
             "{coalesce: {field: note, sources: [note, trip_id], default: none}}",
             &shape_of<Coalesce>, &read_step<Coalesce>},
    StepKind{"split", "Cuts a text into a list.",
             R"y({split: {field: note, delimiter: ";", output: notes}})y", &shape_of<Split>,
             &read_step<Split>},
    StepKind{"map_values", "Replaces values by a table in the contract.",
             "{map_values: {field: note, mapping: {A: active, I: idle}, default: unknown}}",
             &shape_of<MapValues>, &read_step<MapValues>},
    StepKind{"json_extract", "Takes a value out of JSON text.",
             R"y({json_extract: {field: city, source: note, path: "$.city", cast: string}})y",
             &shape_of<JsonExtract>, &read_step<JsonExtract>},
    StepKind{
        "bucket", "Puts numbers into named bins.",
        "{bucket: {field: band, source: fare_amount, bins: [{lt: 10, label: low}], default: high}}",
        &shape_of<Bucket>, &read_step<Bucket>},
    StepKind{"date_diff",
             "How many times the unit changes between two dates; of weeks, how many whole ones.",
             "{date_diff: {field: age, from_col: picked_up, to_col: picked_up, unit: days}}",
             &shape_of<DateDiff>, &read_step<DateDiff>},
    StepKind{"filter", "Keeps rows for which an expression is true.",
             R"y({filter: {sql: "fare_amount > 0"}})y", &internal::filter_shape,
             &internal::read_filter},
    StepKind{"deduplicate", "Keeps one row of those with equal keys.",
             "{deduplicate: {on: [trip_id], sort_by: [picked_up], order: desc}}",
             &internal::deduplicate_shape, &internal::read_deduplicate},
    StepKind{"deduplicate_by_latest", "Older spelling of deduplicate in descending order.",
             "{deduplicate_by_latest: {key_columns: [trip_id], timestamp_column: picked_up}}",
             &internal::deduplicate_by_latest_shape, &internal::read_deduplicate_by_latest},
    StepKind{"explode", "One row for each element of a list; of an empty or absent one none.",
             "{explode: {field: note, output: one_note}}", &shape_of<Explode>, &read_step<Explode>},
    StepKind{"date_range_explode", "One row for each day from one date to another.",
             "{date_range_explode: {output: day, start_col: picked_up}}",
             &shape_of<DateRangeExplode>, &read_step<DateRangeExplode>},
    StepKind{"lookup", "Takes one column of a link.",
             "{lookup: {field: city, reference: known, on: trip_id, key: id, value: city, "
             "default_value: unknown}}",
             &shape_of<Lookup>, &read_step<Lookup>},
    StepKind{"join", "Takes several columns of a link.",
             "{join: {reference: known, on: trip_id, key: id, fields: [city], type: left, prefix: "
             "known_}}",
             &shape_of<Join>, &read_step<Join>},
    StepKind{"rollup", "Aggregates groups, and keeps track of the rows they came from.",
             R"y({rollup: {group_by: [note], aggregations: {n: "COUNT(*)"}, keys: trip_id}})y",
             &shape_of<Rollup>, &read_step<Rollup>},
    StepKind{"pivot", "Rows to columns, for a fixed list of values.",
             "{pivot: {id_vars: [trip_id], pivot_col: note, value_cols: [fare_amount], values: [a, "
             "b], agg: sum}}",
             &internal::pivot_shape, &internal::read_pivot},
    StepKind{
        "unpivot", "Columns to rows.",
        "{unpivot: {id_vars: [trip_id], value_vars: [fare_amount, passengers], key_field: metric}}",
        &internal::unpivot_shape, &internal::read_unpivot},
};

struct Item {
  std::optional<At<Phase>> phase;
  std::vector<Step> steps;
  int operations = 0;
};

template <std::size_t Index>
void read_operation(Reader& reader, const Node& node, Item& item) {
  if (node.is_null()) {
    return;
  }
  ++item.operations;
  kStepKinds[Index].read(reader, node, item.steps);
}

template <std::size_t... Index>
constexpr auto make_item_keys(std::index_sequence<Index...>) {
  return std::array{
      key<&Item::phase>("phase", "pre: before the row rules; post: after them (post)"),
      Key{.name = kStepKinds[Index].key,
          .summary = kStepKinds[Index].summary,
          .kind = Index == 0 ? ValueKind::Sql : ValueKind::Object,
          .child = kStepKinds[Index].body,
          .read =
              [](Reader& reader, const Node& node, void* item) {
                read_operation<Index>(reader, node, *static_cast<Item*>(item));
              }}...,
  };
}

constexpr auto kItemKeys = make_item_keys(std::make_index_sequence<kStepKinds.size()>{});
constexpr Shape kItemShape{.name = "transformations[]", .keys = kItemKeys};

void read_item(Reader& reader, const Node& node, std::vector<Transformation>& out) {
  if (!internal::begin_object(reader, node)) {
    return;
  }
  Item item;
  const std::size_t before = reader.out().size();
  reader.read_object(node, kItemShape, &item);
  if (item.operations > 1) {
    reader.out().add(Code::NotOneOperation, node.span,
                     "expected one operation in a step, and here are several",
                     "write one list item for each");
  } else if (item.operations == 0 && reader.out().size() == before && reader.is_complete()) {
    reader.out().add(Code::NotOneOperation, node.span,
                     "expected an operation in the step, and there is none");
  }
  for (Step& step : item.steps) {
    out.push_back({.step = std::move(step),
                   .phase = item.phase.value_or(At<Phase>{Phase::Post, {}}),
                   .span = node.span});
  }
}

}  // namespace

std::span<const StepKind> step_kinds() { return kStepKinds; }

const Shape& transformation_shape() { return kItemShape; }

void read_transformations(Reader& reader, const Node& list, std::vector<Transformation>& out) {
  if (!internal::begin_list(reader, list, "a list of steps")) {
    return;
  }
  reader.for_each_item(
      list,
      [](Reader& each_reader, const Node& item, void* steps) {
        read_item(each_reader, item, *static_cast<std::vector<Transformation>*>(steps));
      },
      &out);
}

std::string_view step_key(const Step& step) {
  constexpr std::array<std::string_view, std::variant_size_v<Step>> kKeys{
      "sql",         "rename",   "derive", "lookup",       "join",       "filter",
      "deduplicate", "select",   "drop",   "cast",         "trim",       "lower",
      "upper",       "coalesce", "split",  "explode",      "map_values", "rollup",
      "pivot",       "unpivot",  "bucket", "json_extract", "date_diff",  "date_range_explode"};
  return kKeys[step.index()];
}

}  // namespace sluice::contract
