// Tables of the operations that make another table: rollup, pivot, unpivot.
#include <array>

#include "sluice/contract/transform/step_reading_internal.h"

namespace sluice::contract {
namespace {

/// `keys` is one column or a list.
void read_keys(Reader& reader, const Node& node, Rollup& step) {
  if (node.is_scalar() && !node.is_null()) {
    Text column;
    read_value(reader, node, column);
    step.keys = {std::move(column)};
  } else if (!node.is_null()) {
    read_value(reader, node, step.keys);
  }
}

struct PivotBody {
  Texts id_vars;
  MaybeText pivot_col;
  std::optional<Texts> pivot_cols;
  MaybeText value_col;
  std::optional<Texts> value_cols;
  Values values;
  std::optional<Values> pivot_values;
  Text agg{"first", {}};
  TextMap aggs;
  MaybeValue fill_value;
  Text separator{"_", {}};
  MaybeText name_template;
  TextMap value_aliases;
};

struct UnpivotBody {
  Texts id_vars;
  Texts value_vars;
  std::optional<Texts> value_cols;
  Text key_field{"key", {}};
  Text value_field{"value", {}};
  Flag include_nulls;
  TextMap value_aliases;
};

constexpr std::array kRollupKeys{
    key<&Rollup::group_by>("group_by", "Columns of the groups"),
    key<&Rollup::aggregations>("aggregations", "Column to aggregate expression"),
    custom<&read_keys, Rollup>("keys", "Columns whose values each group collects",
                               ValueKind::StringList),
    key<&Rollup::key_expr>("key_expr", "Expression that each group collects instead"),
    key<&Rollup::rollup_keys_column>("rollup_keys_column", "Column of the collected keys"),
    key<&Rollup::rollup_keys_count_column>("rollup_keys_count_column", "Column of their number"),
    key<&Rollup::upstream_run_id_column>("upstream_run_id_column", "Column that holds run ids"),
    key<&Rollup::upstream_run_ids_column>("upstream_run_ids_column", "Column that collects them"),
    key<&Rollup::distinct>("distinct", "Whether each key is collected once (true)"),
};
constexpr std::array kPivotKeys{
    key<&PivotBody::id_vars>("id_vars", "Columns that stay"),
    key<&PivotBody::pivot_col>("pivot_col", "Column whose values become columns"),
    key<&PivotBody::pivot_cols>("pivot_cols", "Same, as a list of one"),
    key<&PivotBody::value_col>("value_col", "Column whose values are spread"),
    key<&PivotBody::value_cols>("value_cols", "Columns whose values are spread"),
    key<&PivotBody::values>("values", "Values that become columns"),
    key<&PivotBody::pivot_values>("pivot_values", "Same as values"),
    key<&PivotBody::agg>("agg", "Aggregate of several values (first)"),
    key<&PivotBody::aggs>("aggs", "Value column to its own aggregate"),
    key<&PivotBody::fill_value>("fill_value", "Value where there is none"),
    key<&PivotBody::separator>("separator", "Between value column and value in names (_)"),
    key<&PivotBody::name_template>("name_template",
                                   "{value_col}, {pivot_value} and {pivot_alias} are filled in"),
    key<&PivotBody::value_aliases>("value_aliases", "Value to its name in columns"),
};
constexpr std::array kUnpivotKeys{
    key<&UnpivotBody::id_vars>("id_vars", "Columns that stay"),
    key<&UnpivotBody::value_vars>("value_vars", "Columns that become rows"),
    key<&UnpivotBody::value_cols>("value_cols", "Same as value_vars"),
    key<&UnpivotBody::key_field>("key_field", "Column of the names (key)"),
    key<&UnpivotBody::value_field>("value_field", "Column of the values (value)"),
    key<&UnpivotBody::include_nulls>("include_nulls", "Whether empty values become rows (false)"),
    key<&UnpivotBody::value_aliases>("value_aliases", "Column to its name in rows"),
};

constexpr Shape kRollup{"rollup", kRollupKeys};
constexpr Shape kPivot{"pivot", kPivotKeys};
constexpr Shape kUnpivot{"unpivot", kUnpivotKeys};

}  // namespace

template <>
const Shape& shape_of<Rollup>() {
  return kRollup;
}

namespace internal {

const Shape& pivot_shape() { return kPivot; }
const Shape& unpivot_shape() { return kUnpivot; }

void read_pivot(Reader& reader, const Node& node, std::vector<Step>& out) {
  if (!begin_object(reader, node)) {
    return;
  }
  PivotBody body;
  reader.read_object(node, kPivot, &body);
  if (body.pivot_cols && body.pivot_cols->size() == 1) {
    body.pivot_col = body.pivot_cols->front();
  } else if (body.pivot_cols) {
    reader.out().add(Code::BadStep, node.span, "expected exactly one column under 'pivot_cols'");
    return;
  }
  Pivot step{.id_vars = std::move(body.id_vars),
             .value_cols = body.value_cols.value_or(Texts{}),
             .values = body.pivot_values && body.values.empty() ? *body.pivot_values
                                                                : std::move(body.values),
             .agg = std::move(body.agg),
             .aggs = std::move(body.aggs),
             .fill_value = std::move(body.fill_value),
             .separator = std::move(body.separator),
             .name_template = std::move(body.name_template),
             .value_aliases = std::move(body.value_aliases)};
  if (step.value_cols.empty() && body.value_col) {
    step.value_cols = {*body.value_col};
  }
  step.pivot_col = body.pivot_col.value_or(Text{});
  if (step.pivot_col.value.empty() || step.value_cols.empty() || step.values.empty()) {
    reader.out().add(Code::BadStep, node.span,
                     "expected 'pivot_col', 'value_cols' and 'values' in 'pivot'",
                     "the columns of the result are fixed, so every value is listed");
  }
  out.push_back(std::move(step));
}

void read_unpivot(Reader& reader, const Node& node, std::vector<Step>& out) {
  if (!begin_object(reader, node)) {
    return;
  }
  UnpivotBody body;
  reader.read_object(node, kUnpivot, &body);
  Unpivot step{.id_vars = std::move(body.id_vars),
               .value_vars = body.value_vars.empty() && body.value_cols
                                 ? *body.value_cols
                                 : std::move(body.value_vars),
               .key_field = std::move(body.key_field),
               .value_field = std::move(body.value_field),
               .include_nulls = body.include_nulls,
               .value_aliases = std::move(body.value_aliases)};
  if (step.value_vars.empty()) {
    reader.out().add(Code::BadStep, node.span, "expected 'value_vars' in 'unpivot'");
  }
  out.push_back(std::move(step));
}

}  // namespace internal
}  // namespace sluice::contract
