// Tables of the operations that add or remove rows, or look into other tables; and their
// shorthands.
#include <array>

#include "sluice/contract/read/nullable.h"
#include "sluice/contract/transform/step_reading_internal.h"
#include "sluice/contract/transform/step_words.h"

namespace sluice::contract {
namespace {

/// `rename` as the standard writes it.
struct RenameBody {
  MaybeText from;
  MaybeText to;
  TextMap mappings;
};

struct DeduplicateBody {
  Texts on;
  Texts by;
  Texts sort_by;
  At<SortOrder> order{SortOrder::Descending, {}};
  At<BlankKeys> blank_keys{BlankKeys::Quarantine, {}};
};

struct LatestBody {
  Texts key_columns;
  MaybeText timestamp_column;
};

constexpr std::array kRenameKeys{
    key<&RenameBody::from>("from", "Name of the column"),
    key<&RenameBody::to>("to", "New name"),
    key<&RenameBody::from>("from_name", "Same as from"),
    key<&RenameBody::to>("to_name", "Same as to"),
    nullable<&RenameBody::mappings>("mappings", "Several: name to new name"),
};
constexpr std::array kFilterKeys{required<&Filter::sql>("sql", "Rows for which this is true stay")};
constexpr std::array kDeduplicateKeys{
    key<&DeduplicateBody::on>("on", "Columns that make rows equal"),
    key<&DeduplicateBody::by>("by", "Same as on"),
    required<&DeduplicateBody::sort_by>("sort_by", "Columns that decide which row stays"),
    key<&DeduplicateBody::order>("order", "desc keeps the greatest, asc the least (desc)"),
    key<&DeduplicateBody::blank_keys>("blank_keys", "Rows without a key: quarantine or keep"),
};
constexpr std::array kLatestKeys{
    key<&LatestBody::key_columns>("key_columns", "Columns that make rows equal"),
    key<&LatestBody::timestamp_column>("timestamp_column", "The latest of it stays"),
};
constexpr std::array kExplodeKeys{
    required<&Explode::field>("field", "Column that holds a list"),
    key<&Explode::output>("output", "Column that gets the element; absent: the field itself"),
};
constexpr std::array kDateRangeKeys{
    required<&DateRangeExplode::output>("output", "Column that gets the day"),
    required<&DateRangeExplode::start_col>("start_col", "First day"),
    key<&DateRangeExplode::end_col>("end_col", "Last day, included; empty: today"),
    key<&DateRangeExplode::interval>(
        "interval", "Distance of the rows (1d); months, quarters and years are the calendar's"),
};
constexpr std::array kLookupKeys{
    required<&Lookup::field>("field", "Column that gets the value"),
    required<&Lookup::reference>("reference", "Name of the link"),
    required<&Lookup::on>("on", "Column of the row"),
    required<&Lookup::key>("key", "Column of the link that equals it"),
    required<&Lookup::value>("value", "Column of the link that is taken"),
    key<&Lookup::default_value>("default_value", "Value when nothing is found"),
};
constexpr std::array kJoinKeys{
    required<&Join::reference>("reference", "Name of the link"),
    required<&Join::on>("on", "Column of the row"),
    required<&Join::key>("key", "Column of the link that equals it"),
    required<&Join::fields>("fields", "Columns of the link that are taken"),
    key<&Join::type>("type", "left, inner, right or full (left)"),
    key<&Join::prefix>("prefix", "Put before the names of the columns taken"),
    key<&Join::defaults>("defaults", "Values of columns for which nothing is found"),
};

constexpr Shape kRename{"rename", kRenameKeys};
constexpr Shape kFilter{"filter", kFilterKeys};
constexpr Shape kDeduplicate{"deduplicate", kDeduplicateKeys};
constexpr Shape kLatest{"deduplicate_by_latest", kLatestKeys};
constexpr Shape kExplode{"explode", kExplodeKeys};
constexpr Shape kDateRange{"date_range_explode", kDateRangeKeys};
constexpr Shape kLookup{"lookup", kLookupKeys};
constexpr Shape kJoin{"join", kJoinKeys};

}  // namespace

// clang-format off
template <> const Shape& shape_of<Filter>() { return kFilter; }
template <> const Shape& shape_of<Explode>() { return kExplode; }
template <> const Shape& shape_of<DateRangeExplode>() { return kDateRange; }
template <> const Shape& shape_of<Lookup>() { return kLookup; }
template <> const Shape& shape_of<Join>() { return kJoin; }
// clang-format on

namespace internal {

const Shape& rename_shape() { return kRename; }
const Shape& filter_shape() { return kFilter; }
const Shape& deduplicate_shape() { return kDeduplicate; }
const Shape& deduplicate_by_latest_shape() { return kLatest; }

void read_rename(Reader& reader, const Node& node, std::vector<Step>& out) {
  if (!begin_object(reader, node)) {
    return;
  }
  Rename step;
  bool is_canonical = node.entries.empty();
  for (const Entry& entry : node.entries) {
    is_canonical = is_canonical || kRename.find(entry.key) != nullptr;
  }
  if (!is_canonical) {
    read_value(reader, node, step.mappings);
    reader.out().add(Code::ShorthandRead, node.span, "read as 'rename: {mappings: ...}'");
    out.push_back(std::move(step));
    return;
  }
  RenameBody body;
  reader.read_object(node, kRename, &body);
  step.mappings = std::move(body.mappings);
  if (body.from && body.to) {
    step.mappings.push_back({.key = *body.from, .value = *body.to});
  } else if (body.from || body.to || step.mappings.empty()) {
    reader.out().add(Code::MissingKey, node.span,
                     "expected 'from' and 'to', or 'mappings', in 'rename'");
  }
  out.push_back(std::move(step));
}

void read_filter(Reader& reader, const Node& node, std::vector<Step>& out) {
  if (!node.is_scalar()) {
    read_step<Filter>(reader, node, out);
    return;
  }
  Filter step;
  read_value(reader, node, step.sql);
  reader.out().add(Code::ShorthandRead, node.span, "read as 'filter: {sql: ...}'");
  out.push_back(std::move(step));
}

void read_deduplicate(Reader& reader, const Node& node, std::vector<Step>& out) {
  if (!begin_object(reader, node)) {
    return;
  }
  DeduplicateBody body;
  reader.read_object(node, kDeduplicate, &body);
  if (!body.on.empty() && !body.by.empty()) {
    reader.out().add(Code::ConflictingKeys, node.span, "expected one of 'on' and 'by'");
  } else if (body.on.empty() && body.by.empty() && reader.is_complete()) {
    reader.out().add(Code::MissingKey, node.span, "expected the key 'on' in 'deduplicate'");
  }
  out.push_back(Deduplicate{.on = body.on.empty() ? std::move(body.by) : std::move(body.on),
                            .sort_by = std::move(body.sort_by),
                            .order = body.order,
                            .blank_keys = body.blank_keys});
}

void read_deduplicate_by_latest(Reader& reader, const Node& node, std::vector<Step>& out) {
  if (!begin_object(reader, node)) {
    return;
  }
  reader.out().add(Code::DeprecatedKey, node.span,
                   "'deduplicate_by_latest' is read as 'deduplicate' in descending order",
                   "write deduplicate: {on: [...], sort_by: [...]}");
  LatestBody body;
  reader.read_object(node, kLatest, &body);
  if (body.key_columns.empty() || !body.timestamp_column) {
    reader.out().add(Code::MissingKey, node.span,
                     "expected 'key_columns' and 'timestamp_column' in 'deduplicate_by_latest'");
    return;
  }
  out.push_back(
      Deduplicate{.on = std::move(body.key_columns), .sort_by = {*body.timestamp_column}});
}

}  // namespace internal
}  // namespace sluice::contract
