// Transformations -> steps.
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/contract/check/extraction_patterns.h"
#include "sluice/contract/check/formats.h"
#include "sluice/contract/lower/lower_internal.h"
#include "sluice/contract/lower/plain_select_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::contract::internal {
namespace {

using Lowered = Result<plan::Step>;

std::vector<std::string> names(const Texts& texts) {
  std::vector<std::string> list;
  for (const Text& text : texts) {
    list.push_back(text.value);
  }
  return list;
}

std::optional<plan::Value> maybe_value(const MaybeValue& value) {
  return value ? std::optional(lower_value(value->value)) : std::nullopt;
}

std::optional<plan::Value> maybe_number(const MaybeNumber& number) {
  return number ? std::optional(lower_number(number->value)) : std::nullopt;
}

std::optional<std::string> maybe_text(const MaybeText& text) {
  return text ? std::optional(text->value) : std::nullopt;
}

plan::Assign one(std::string column, plan::ColumnExpr value) {
  return {{{.column = std::move(column), .value = std::move(value)}}};
}

template <class Make>
plan::Assign for_each_field(const Texts& fields, Make make) {
  plan::Assign assign;
  for (const Text& field : fields) {
    assign.assignments.push_back({.column = field.value, .value = make(field.value)});
  }
  return assign;
}

plan::TrimSide side_of(TrimSide side) {
  switch (side) {
    case TrimSide::Both: return plan::TrimSide::Both;
    case TrimSide::Left: return plan::TrimSide::Left;
    case TrimSide::Right: return plan::TrimSide::Right;
  }
  return plan::TrimSide::Both;
}

plan::DateUnit unit_of(DateUnit unit) {
  switch (unit) {
    case DateUnit::Days: return plan::DateUnit::Days;
    case DateUnit::Hours: return plan::DateUnit::Hours;
    case DateUnit::Minutes: return plan::DateUnit::Minutes;
    case DateUnit::Seconds: return plan::DateUnit::Seconds;
    case DateUnit::Weeks: return plan::DateUnit::Weeks;
    case DateUnit::Months: return plan::DateUnit::Months;
    case DateUnit::Years: return plan::DateUnit::Years;
  }
  return plan::DateUnit::Days;
}

Lowered cast_step(const LowerInput& input, const Cast& step) {
  plan::Assign assign;
  for (const Pair<Text>& column : step.columns) {
    const auto type = lower_type(column.value.value);
    if (!type) {
      return unsupported(input, column.value.span,
                         fmt::format("no type of this name: '{}'", column.value.value),
                         "use one of the standard's type names, such as string, long, double, "
                         "decimal(p,s), date or timestamp");
    }
    assign.assignments.push_back(
        {.column = column.key.value,
         .value = plan::CastTo{
             .column = column.key.value, .type = *type, .type_name = column.value.value}});
  }
  return plan::Step{std::move(assign)};
}

plan::Step map_step(const MapValues& step) {
  plan::MapValues map{
      .column = step.field.value, .mapping = {}, .otherwise = maybe_value(step.default_value)};
  for (const Pair<Value>& entry : step.mapping) {
    map.mapping.emplace_back(plan::Value{entry.key.value}, lower_value(entry.value.value));
  }
  return one(step.output.value_or(step.field).value, std::move(map));
}

plan::Step join_step(const Join& step) {
  plan::JoinReference join{
      .reference = step.reference.value, .on = step.on.value, .key = step.key.value, .columns = {}};
  for (const Text& field : step.fields) {
    plan::JoinedColumn column{.column = field.value,
                              .output = (step.prefix ? step.prefix->value : "") + field.value,
                              .otherwise = std::nullopt};
    for (const Pair<Value>& entry : step.defaults) {
      if (schema::same_column(entry.key.value, field.value)) {
        column.otherwise = lower_value(entry.value.value);
      }
    }
    join.columns.push_back(std::move(column));
  }
  switch (step.type.value) {
    case JoinType::Left: join.kind = plan::JoinKind::Left; break;
    case JoinType::Inner: join.kind = plan::JoinKind::Inner; break;
    case JoinType::Right: join.kind = plan::JoinKind::Right; break;
    case JoinType::Full: join.kind = plan::JoinKind::Full; break;
  }
  return join;
}

plan::Step rollup_step(const LowerInput& input, const Rollup& step) {
  plan::Rollup rollup{.group_by = names(step.group_by),
                      .aggregations = {},
                      .keys = names(step.keys),
                      .key_expr = std::nullopt,
                      .keys_column = maybe_text(step.rollup_keys_column),
                      .keys_count_column = maybe_text(step.rollup_keys_count_column),
                      .run_id_column = maybe_text(step.upstream_run_id_column),
                      .run_ids_column = maybe_text(step.upstream_run_ids_column),
                      .distinct = step.distinct.value};
  for (const Pair<SqlText>& made : step.aggregations) {
    rollup.aggregations.push_back({.output = made.key.value, .value = raw_sql(input, made.value)});
  }
  if (step.key_expr) {
    rollup.key_expr = raw_sql(input, *step.key_expr);
  }
  return rollup;
}

std::optional<plan::Aggregate> aggregate_of(std::string_view word) {
  static constexpr std::pair<std::string_view, plan::Aggregate> kWords[] = {
      {"first", plan::Aggregate::First},
      {"last", plan::Aggregate::Last},
      {"any_value", plan::Aggregate::AnyValue},
      {"sum", plan::Aggregate::Sum},
      {"avg", plan::Aggregate::Avg},
      {"mean", plan::Aggregate::Avg},
      {"min", plan::Aggregate::Min},
      {"max", plan::Aggregate::Max},
      {"count", plan::Aggregate::Count},
      {"count_distinct", plan::Aggregate::CountDistinct}};
  for (const auto& [name, aggregate] : kWords) {
    if (name == word) {
      return aggregate;
    }
  }
  return std::nullopt;
}

std::string pivot_name(const Pivot& step, const std::string& column, const std::string& value,
                       const std::string& alias) {
  if (!step.name_template) {
    return column + step.separator.value + alias;
  }
  std::string name = step.name_template->value;
  for (const auto& [place, text] :
       {std::pair<std::string, const std::string&>("{value_col}", column),
        std::pair<std::string, const std::string&>("{pivot_value}", value),
        std::pair<std::string, const std::string&>("{pivot_alias}", alias)}) {
    for (std::size_t at = name.find(place); at != std::string::npos;
         at = name.find(place, at + text.size())) {
      name.replace(at, place.size(), text);
    }
  }
  return name;
}

Lowered pivot_step(const LowerInput& input, const Pivot& step) {
  plan::Pivot pivot{
      .id_columns = names(step.id_vars), .pivot_column = step.pivot_col.value, .columns = {}};
  for (const Text& column : step.value_cols) {
    Text word = step.agg;
    for (const Pair<Text>& entry : step.aggs) {
      word = entry.key.value == column.value ? entry.value : word;
    }
    const auto aggregate = aggregate_of(word.value);
    if (!aggregate) {
      return unsupported(input, word.span,
                         fmt::format("no aggregate of this name: '{}'", word.value),
                         "use first, last, any_value, sum, avg, min, max, count or "
                         "count_distinct");
    }
    for (const Value& value : step.values) {
      std::string alias = value.value.text;
      for (const Pair<Text>& entry : step.value_aliases) {
        alias = entry.key.value == value.value.text ? entry.value.value : alias;
      }
      pivot.columns.push_back({.output = pivot_name(step, column.value, value.value.text, alias),
                               .value_column = column.value,
                               .pivot_value = plan::Value{value.value.text},
                               .aggregate = *aggregate,
                               .otherwise = maybe_value(step.fill_value)});
    }
  }
  return plan::Step{std::move(pivot)};
}

plan::Step unpivot_step(const Unpivot& step) {
  plan::Unpivot unpivot{.id_columns = names(step.id_vars),
                        .column_key = {},
                        .key_column = step.key_field.value,
                        .value_column = step.value_field.value,
                        .keep_nulls = step.include_nulls.value};
  for (const Text& column : step.value_vars) {
    std::string key = column.value;
    for (const Pair<Text>& entry : step.value_aliases) {
      key = entry.key.value == column.value ? entry.value.value : key;
    }
    unpivot.column_key.emplace_back(column.value, key);
  }
  return unpivot;
}

plan::Step bucket_step(const Bucket& step) {
  plan::Bands bands{
      .column = step.source.value, .bands = {}, .otherwise = maybe_value(step.default_value)};
  for (const BucketBin& bin : step.bins) {
    plan::Band band{.label = bin.label.value,
                    .below = maybe_number(bin.lt),
                    .at_most = maybe_number(bin.lte),
                    .above = maybe_number(bin.gt),
                    .at_least = maybe_number(bin.gte),
                    .equals = maybe_value(bin.eq)};
    if (band.below || band.at_most || band.above || band.at_least || band.equals) {
      bands.bands.push_back(std::move(band));
    }
  }
  return one(step.field.value, std::move(bands));
}

Lowered json_step(const LowerInput& input, const JsonExtract& step) {
  plan::JsonPath json{.column = step.source.value, .path = step.path.value, .type = std::nullopt};
  if (step.cast) {
    json.type = lower_type(step.cast->value);
    if (!json.type) {
      return unsupported(input, step.cast->span,
                         fmt::format("no type of this name: '{}'", step.cast->value),
                         "use one of the standard's type names");
    }
  }
  return plan::Step{one(step.field.value, std::move(json))};
}

Lowered dates_step(const LowerInput& input, const DateRangeExplode& step) {
  const auto dates = [&](std::int64_t count, plan::DateUnit unit) {
    return plan::Step{plan::ExplodeDates{.output = step.output.value,
                                         .start = step.start_col.value,
                                         .end = maybe_text(step.end_col),
                                         .step = count,
                                         .unit = unit}};
  };
  const auto months = parse_calendar_months(step.interval.value);
  if (months && *months > 0) {
    return dates(*months, plan::DateUnit::Months);
  }
  const auto seconds = parse_duration_seconds(step.interval.value);
  if (!seconds || !interval_fault(step.interval.value).empty()) {
    return unsupported(
        input, step.interval.span,
        fmt::format("expected an interval such as 1d, got '{}'", step.interval.value),
        "write a number and a unit: 1d, 1w, 6h, 1 month, 1 year");
  }
  return *seconds % 86'400 == 0 ? dates(*seconds / 86'400, plan::DateUnit::Days)
                                : dates(*seconds, plan::DateUnit::Seconds);
}

plan::Step derive_step(const LowerInput& input, const Derive& step) {
  return one(step.field.value, raw_sql(input, step.sql_duckdb.value_or(step.sql)));
}

plan::Step rename_step(const Rename& step) {
  plan::RenameColumns rename;
  for (const Pair<Text>& entry : step.mappings) {
    rename.from_to.emplace_back(entry.key.value, entry.value.value);
  }
  return rename;
}

Lowered lookup_step(const Lookup& step) {
  return plan::Step{plan::LookUp{.column = step.field.value,
                                 .reference = step.reference.value,
                                 .on = step.on.value,
                                 .key = step.key.value,
                                 .value = step.value.value,
                                 .otherwise = maybe_value(step.default_value)}};
}

Lowered deduplicate_step(const Deduplicate& step) {
  return plan::Step{plan::KeepFirst{.key = names(step.on),
                                    .sort_by = names(step.sort_by),
                                    .descending = step.order.value == SortOrder::Descending}};
}

Lowered lower_step(const LowerInput& input, const Step& step) {
  return std::visit(
      overloaded{
          [&](const SqlStep& s) -> Lowered {
            return plan::Step{plan::SqlSelect{.query = raw_sql(input, s.sql),
                                              .items = listed_columns(s.sql.text),
                                              .columns = {}}};
          },
          [&](const Rename& s) -> Lowered { return rename_step(s); },
          [&](const Derive& s) -> Lowered { return derive_step(input, s); },
          [&](const Lookup& s) -> Lowered { return lookup_step(s); },
          [&](const Join& s) -> Lowered { return join_step(s); },
          [&](const Filter& s) -> Lowered {
            return plan::Step{plan::FilterRows{raw_sql(input, s.sql)}};
          },
          [&](const Deduplicate& s) -> Lowered { return deduplicate_step(s); },
          [&](const Select& s) -> Lowered {
            return plan::Step{plan::KeepColumns{names(s.columns)}};
          },
          [&](const Drop& s) -> Lowered { return plan::Step{plan::DropColumns{names(s.columns)}}; },
          [&](const Cast& s) -> Lowered { return cast_step(input, s); },
          [&](const Trim& s) -> Lowered {
            return plan::Step{for_each_field(s.fields, [&](const std::string& field) {
              return plan::TrimText{.column = field, .side = side_of(s.side.value)};
            })};
          },
          [&](const Lower& s) -> Lowered {
            return plan::Step{for_each_field(s.fields, [](const std::string& field) {
              return plan::ChangeCase{.column = field, .to = plan::TextCase::Lower};
            })};
          },
          [&](const Upper& s) -> Lowered {
            return plan::Step{for_each_field(s.fields, [](const std::string& field) {
              return plan::ChangeCase{.column = field, .to = plan::TextCase::Upper};
            })};
          },
          [&](const Coalesce& s) -> Lowered {
            return plan::Step{
                one(s.output.value_or(s.field).value,
                    plan::FirstOf{.columns = s.sources.empty() ? std::vector{s.field.value}
                                                               : names(s.sources),
                                  .otherwise = maybe_value(s.default_value)})};
          },
          [&](const Split& s) -> Lowered {
            return plan::Step{
                one(s.output.value_or(s.field).value,
                    plan::SplitText{.column = s.field.value, .delimiter = s.delimiter.value})};
          },
          [&](const Explode& s) -> Lowered {
            return plan::Step{
                plan::ExplodeList{.column = s.field.value, .output = maybe_text(s.output)}};
          },
          [&](const MapValues& s) -> Lowered { return map_step(s); },
          [&](const Rollup& s) -> Lowered { return rollup_step(input, s); },
          [&](const Pivot& s) -> Lowered { return pivot_step(input, s); },
          [&](const Unpivot& s) -> Lowered { return unpivot_step(s); },
          [&](const Bucket& s) -> Lowered { return bucket_step(s); },
          [&](const JsonExtract& s) -> Lowered { return json_step(input, s); },
          [&](const DateDiff& s) -> Lowered {
            return plan::Step{
                one(s.field.value, plan::DateDifference{.from = s.from_col.value,
                                                        .to = s.to_col.value,
                                                        .unit = unit_of(s.unit.value)})};
          },
          [&](const DateRangeExplode& s) -> Lowered { return dates_step(input, s); },
      },
      step);
}

/// The share of the extracted columns that hold something.
Result<plan::Assign> lower_confidence(const LowerInput& input, const Confidence& confidence,
                                      const plan::Assign& extracted) {
  if (confidence.method.value != "field_completeness" || extracted.assignments.empty()) {
    return unsupported(
        input, confidence.span,
        fmt::format("this confidence is not measured: '{}'", confidence.method.value),
        "use method: field_completeness, and name the columns in patterns");
  }
  std::string filled;
  for (const plan::Assignment& one : extracted.assignments) {
    filled += fmt::format("{}CASE WHEN {} <> '' THEN 1 ELSE 0 END", filled.empty() ? "" : " + ",
                          dialect::quote_identifier(one.column));
  }
  return one(confidence.column.value,
             plan::RawSql{.text = fmt::format("CAST({} AS DOUBLE) / {}", filled,
                                              extracted.assignments.size()),
                          .at = place(input, confidence.span)});
}

/// `provider: regex` is a step before all others.
Status lower_extraction(const Contract& contract, const LowerInput& input, plan::Pipeline& out) {
  if (!contract.extraction) {
    return {};
  }
  const Extraction& extraction = *contract.extraction;
  if (extraction.provider.value != "regex" || !extraction.text_column) {
    return unsupported(
        input, extraction.provider.span,
        fmt::format("this extraction provider is not executed: '{}'", extraction.provider.value),
        "use provider: regex with text_column and patterns, or extract before");
  }
  plan::Assign assign;
  for (const Pair<Text>& pattern : patterns_of(contract)) {
    assign.assignments.push_back({.column = pattern.key.value,
                                  .value = plan::RegexGroup{.column = extraction.text_column->value,
                                                            .pattern = pattern.value.value}});
  }
  const auto add_step = [&](plan::Assign step) {
    out.steps.push_back({.name = "extraction",
                         .phase = plan::Phase::Pre,
                         .step = std::move(step),
                         .at = place(input, extraction.span)});
  };
  std::optional<plan::Assign> confidence;
  if (extraction.confidence && extraction.confidence->enabled.value) {
    SLUICE_TRY(confidence, lower_confidence(input, *extraction.confidence, assign));
  }
  add_step(std::move(assign));
  if (confidence) {
    add_step(*std::move(confidence));
  }
  return {};
}

}  // namespace

Status lower_steps(const Contract& contract, const LowerInput& input, plan::Pipeline& out) {
  SLUICE_CHECK(lower_extraction(contract, input, out));
  for (const Transformation& transformation : contract.transformations) {
    SLUICE_TRY(plan::Step step, lower_step(input, transformation.step));
    out.steps.push_back(
        {.name = std::string(step_key(transformation.step)),
         .phase = transformation.phase.value == Phase::Pre ? plan::Phase::Pre : plan::Phase::Post,
         .step = std::move(step),
         .at = place(input, transformation.span)});
  }
  return {};
}

}  // namespace sluice::contract::internal
