// Tables of the operations that change columns and keep every row.
#include <array>

#include "sluice/contract/transform/step_reading_internal.h"
#include "sluice/contract/transform/step_words.h"

namespace sluice::contract {

template <>
const Shape& shape_of<BucketBin>();

namespace {

constexpr std::array kDeriveKeys{
    required<&Derive::field>("field", "Column that is added or replaced"),
    required<&Derive::sql>("sql", "Expression over the columns of the row"),
    key<&Derive::sql_duckdb>("sql_duckdb", "The expression in DuckDB's SQL; wins there"),
    key<&Derive::sql_spark>("sql_spark", "The expression in Spark's SQL; wins there"),
    key<&Derive::declassify>("declassify", "Why a column made from a masked one may be clear"),
};
constexpr std::array kSelectKeys{
    required<&Select::columns>("columns", "Columns to keep, in order")};
constexpr std::array kDropKeys{required<&Drop::columns>("columns", "Columns to remove")};
constexpr std::array kCastKeys{required<&Cast::columns>("columns", "Column to type")};
constexpr std::array kTrimKeys{
    required<&Trim::fields>("fields", "Text columns"),
    key<&Trim::side>("side", "both, left or right (both)"),
};
constexpr std::array kLowerKeys{required<&Lower::fields>("fields", "Text columns")};
constexpr std::array kUpperKeys{required<&Upper::fields>("fields", "Text columns")};
constexpr std::array kCoalesceKeys{
    required<&Coalesce::field>("field", "Column that is filled when there is no output"),
    key<&Coalesce::sources>("sources", "Columns, the first that has a value wins"),
    key<&Coalesce::default_value>("default", "Value when none of them has one"),
    key<&Coalesce::output>("output", "Column that gets the value"),
};
constexpr std::array kSplitKeys{
    required<&Split::field>("field", "Text column"),
    key<&Split::delimiter>("delimiter", "What separates the parts (,)"),
    key<&Split::output>("output", "Column that gets the list; absent: the field itself"),
};
constexpr std::array kMapValuesKeys{
    required<&MapValues::field>("field", "Column whose values are replaced"),
    required<&MapValues::mapping>("mapping", "Value to new value"),
    key<&MapValues::default_value>("default", "Value of everything else; absent: as it was"),
    key<&MapValues::output>("output", "Column that gets the value"),
};
constexpr std::array kBinKeys{
    required<&BucketBin::label>("label", "Value of the bin"),
    key<&BucketBin::lt>("lt", "Below"),
    key<&BucketBin::lte>("lte", "Up to"),
    key<&BucketBin::gt>("gt", "Above"),
    key<&BucketBin::gte>("gte", "From"),
    key<&BucketBin::eq>("eq", "Equal to"),
};
constexpr std::array kBucketKeys{
    required<&Bucket::field>("field", "Column that gets the label"),
    required<&Bucket::source>("source", "Column that is looked at"),
    key<&Bucket::bins>("bins", "Bins in order; the first that holds wins"),
    key<&Bucket::default_value>("default", "Label when no bin holds"),
};
constexpr std::array kJsonExtractKeys{
    required<&JsonExtract::field>("field", "Column that gets the value"),
    required<&JsonExtract::source>("source", "Column with JSON text"),
    required<&JsonExtract::path>("path", "Path to a scalar, e.g. $.a.b"),
    key<&JsonExtract::cast>("cast", "Type of the value"),
};
constexpr std::array kDateDiffKeys{
    required<&DateDiff::field>("field", "Column that gets the difference"),
    required<&DateDiff::from_col>("from_col", "Earlier date"),
    required<&DateDiff::to_col>("to_col", "Later date"),
    key<&DateDiff::unit>("unit", "days, hours, minutes, seconds, weeks, months or years (days)"),
};

constexpr Shape kDerive{"derive", kDeriveKeys};
constexpr Shape kSelect{"select", kSelectKeys};
constexpr Shape kDrop{"drop", kDropKeys};
constexpr Shape kCast{"cast", kCastKeys};
constexpr Shape kTrim{"trim", kTrimKeys};
constexpr Shape kLower{"lower", kLowerKeys};
constexpr Shape kUpper{"upper", kUpperKeys};
constexpr Shape kCoalesce{"coalesce", kCoalesceKeys};
constexpr Shape kSplit{"split", kSplitKeys};
constexpr Shape kMapValues{"map_values", kMapValuesKeys};
constexpr Shape kBin{"bucket.bins[]", kBinKeys};
constexpr Shape kBucket{"bucket", kBucketKeys};
constexpr Shape kJsonExtract{"json_extract", kJsonExtractKeys};
constexpr Shape kDateDiff{"date_diff", kDateDiffKeys};

}  // namespace

// clang-format off
template <> const Shape& shape_of<Derive>() { return kDerive; }
template <> const Shape& shape_of<Select>() { return kSelect; }
template <> const Shape& shape_of<Drop>() { return kDrop; }
template <> const Shape& shape_of<Cast>() { return kCast; }
template <> const Shape& shape_of<Trim>() { return kTrim; }
template <> const Shape& shape_of<Lower>() { return kLower; }
template <> const Shape& shape_of<Upper>() { return kUpper; }
template <> const Shape& shape_of<Coalesce>() { return kCoalesce; }
template <> const Shape& shape_of<Split>() { return kSplit; }
template <> const Shape& shape_of<MapValues>() { return kMapValues; }
template <> const Shape& shape_of<BucketBin>() { return kBin; }
template <> const Shape& shape_of<Bucket>() { return kBucket; }
template <> const Shape& shape_of<JsonExtract>() { return kJsonExtract; }
template <> const Shape& shape_of<DateDiff>() { return kDateDiff; }
// clang-format on

}  // namespace sluice::contract
