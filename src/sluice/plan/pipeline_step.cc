#include "sluice/plan/pipeline_step.h"

#include <algorithm>
#include <ranges>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"

namespace sluice::plan {
namespace {

using std::string;

string list(const std::vector<string>& names) {
  string text;
  for (const string& name : names) {
    text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

template <class Pairs, class Write>
string pairs(const Pairs& items, Write write) {
  string text;
  for (const auto& item : items) {
    text += (text.empty() ? "" : ", ") + write(item);
  }
  return text;
}

string or_else(const std::optional<Value>& value) {
  return value ? fmt::format(" else {}", to_string(*value)) : "";
}

string band_text(const Band& band) {
  string text = band.label + ":";
  const auto add = [&](std::string_view sign, const std::optional<Value>& bound) {
    if (bound) {
      text += fmt::format(" {} {}", sign, to_string(*bound));
    }
  };
  add(">=", band.at_least);
  add(">", band.above);
  add("<", band.below);
  add("<=", band.at_most);
  add("=", band.equals);
  return text;
}

std::string_view unit_name(DateUnit unit) {
  switch (unit) {
    case DateUnit::Days: return "days";
    case DateUnit::Hours: return "hours";
    case DateUnit::Minutes: return "minutes";
    case DateUnit::Seconds: return "seconds";
    case DateUnit::Weeks: return "weeks";
    case DateUnit::Months: return "months";
    case DateUnit::Years: return "years";
  }
  return "?";
}

std::string_view join_name(JoinKind kind) {
  switch (kind) {
    case JoinKind::Left: return "left";
    case JoinKind::Inner: return "inner";
    case JoinKind::Right: return "right";
    case JoinKind::Full: return "full";
  }
  return "?";
}

std::string_view side_name(TrimSide side) {
  switch (side) {
    case TrimSide::Both: return "both";
    case TrimSide::Left: return "left";
    case TrimSide::Right: return "right";
  }
  return "?";
}

std::string_view aggregate_name(Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::First: return "first";
    case Aggregate::Last: return "last";
    case Aggregate::AnyValue: return "any_value";
    case Aggregate::Sum: return "sum";
    case Aggregate::Avg: return "avg";
    case Aggregate::Min: return "min";
    case Aggregate::Max: return "max";
    case Aggregate::Count: return "count";
    case Aggregate::CountDistinct: return "count_distinct";
  }
  return "?";
}

string rollup_text(const Rollup& step) {
  string text = fmt::format("by ({}) {}", list(step.group_by),
                            pairs(step.aggregations, [](const Aggregation& made) {
                              return fmt::format("{} = sql[{}]", made.output, made.value.text);
                            }));
  const auto add = [&](std::string_view what, const std::optional<string>& column) {
    if (column) {
      text += fmt::format(" {} {}", what, *column);
    }
  };
  if (!step.keys.empty()) {
    text += fmt::format(" keys ({})", list(step.keys));
  }
  if (step.key_expr) {
    text += fmt::format(" key sql[{}]", step.key_expr->text);
  }
  add("into", step.keys_column);
  add("counted in", step.keys_count_column);
  add("run ids of", step.run_id_column);
  add("into", step.run_ids_column);
  return text + (step.distinct ? " distinct" : "");
}

string pivot_text(const Pivot& step) {
  return fmt::format("{} by ({}): {}", step.pivot_column, list(step.id_columns),
                     pairs(step.columns, [](const PivotedColumn& made) {
                       return fmt::format("{} = {}({}) where {}{}", made.output,
                                          aggregate_name(made.aggregate), made.value_column,
                                          to_string(made.pivot_value), or_else(made.otherwise));
                     }));
}

string join_text(const JoinReference& step) {
  return fmt::format("{} {} on {} = {}: {}", join_name(step.kind), step.reference, step.on,
                     step.key, pairs(step.columns, [](const JoinedColumn& column) {
                       return fmt::format("{} as {}{}", column.column, column.output,
                                          or_else(column.otherwise));
                     }));
}

/// A column that is trimmed, cased, cast, mapped, split or respelled in its place was there before.
bool is_rewritten(const Assignment& made) {
  const auto is_it = [&](const string& column) { return schema::same_column(column, made.column); };
  return std::visit(
      overloaded{[](const RawSql&) { return false; },
                 [&](const ChangeCase& v) { return is_it(v.column); },
                 [&](const TrimText& v) { return is_it(v.column); },
                 [&](const FirstOf& v) { return std::ranges::any_of(v.columns, is_it); },
                 [&](const SplitText& v) { return is_it(v.column); },
                 [&](const MapValues& v) { return is_it(v.column); },
                 [&](const Bands& v) { return is_it(v.column); },
                 [&](const JsonPath& v) { return is_it(v.column); },
                 [](const DateDifference&) { return false; },
                 [&](const CastTo& v) { return is_it(v.column); },
                 [&](const Respell& v) { return is_it(v.column); },
                 [&](const RegexGroup& v) { return is_it(v.column); }},
      made.value);
}

}  // namespace

RowEffect row_effect(const Step& step) {
  return std::visit(overloaded{[](const Assign&) { return RowEffect::RowByRow; },
                               [](const RenameColumns&) { return RowEffect::RowByRow; },
                               [](const KeepColumns&) { return RowEffect::RowByRow; },
                               [](const DropColumns&) { return RowEffect::RowByRow; },
                               [](const FilterRows&) { return RowEffect::Drops; },
                               [](const KeepFirst&) { return RowEffect::Drops; },
                               [](const ExplodeList&) { return RowEffect::Adds; },
                               [](const ExplodeDates&) { return RowEffect::Adds; },
                               [](const LookUp&) { return RowEffect::RowByRow; },
                               [](const JoinReference&) { return RowEffect::Joins; },
                               [](const Rollup&) { return RowEffect::Aggregates; },
                               [](const Pivot&) { return RowEffect::Aggregates; },
                               [](const Unpivot&) { return RowEffect::Adds; },
                               [](const SqlSelect&) { return RowEffect::Opaque; }},
                    step);
}

std::vector<string> created_columns(const Step& step) {
  std::vector<string> names;
  std::visit(overloaded{[&](const Assign& assign) {
                          for (const Assignment& made : assign.assignments) {
                            if (!is_rewritten(made)) {
                              names.push_back(made.column);
                            }
                          }
                        },
                        [&](const RenameColumns& rename) {
                          for (const auto& [from, to] : rename.from_to) {
                            names.push_back(to);
                          }
                        },
                        [](const KeepColumns&) {}, [](const DropColumns&) {},
                        [](const FilterRows&) {}, [](const KeepFirst&) {},
                        [&](const ExplodeList& explode) {
                          if (explode.output) {
                            names.push_back(*explode.output);
                          }
                        },
                        [&](const ExplodeDates& explode) { names.push_back(explode.output); },
                        [&](const LookUp& lookup) { names.push_back(lookup.column); },
                        [&](const JoinReference& join) {
                          for (const JoinedColumn& column : join.columns) {
                            names.push_back(column.output);
                          }
                        },
                        [&](const Rollup& rollup) {
                          for (const Aggregation& made : rollup.aggregations) {
                            names.push_back(made.output);
                          }
                          for (const auto* column : {&rollup.keys_column, &rollup.keys_count_column,
                                                     &rollup.run_ids_column}) {
                            if (*column) {
                              names.push_back(**column);
                            }
                          }
                        },
                        [&](const Pivot& pivot) {
                          for (const PivotedColumn& column : pivot.columns) {
                            names.push_back(column.output);
                          }
                        },
                        [&](const Unpivot& unpivot) {
                          names = {unpivot.key_column, unpivot.value_column};
                        },
                        [](const SqlSelect&) {}},
             step);
  return names;
}

string to_string(const ColumnExpr& value) {
  return std::visit(
      overloaded{
          [](const RawSql& sql) { return fmt::format("sql[{}]", sql.text); },
          [](const ChangeCase& change) {
            return fmt::format("{}({})", change.to == TextCase::Lower ? "lower" : "upper",
                               change.column);
          },
          [](const TrimText& trim) {
            return fmt::format("trim({}, {})", trim.column, side_name(trim.side));
          },
          [](const FirstOf& first) {
            return fmt::format("first of ({}){}", list(first.columns), or_else(first.otherwise));
          },
          [](const SplitText& split) {
            return fmt::format("split({}, '{}')", split.column, split.delimiter);
          },
          [](const MapValues& map) {
            return fmt::format("map {} ({}){}", map.column,
                               pairs(map.mapping,
                                     [](const auto& one) {
                                       return to_string(one.first) + " to " + to_string(one.second);
                                     }),
                               or_else(map.otherwise));
          },
          [](const Bands& bands) {
            return fmt::format("bands of {} ({}){}", bands.column, pairs(bands.bands, band_text),
                               or_else(bands.otherwise));
          },
          [](const JsonPath& json) {
            return fmt::format("json({}, '{}'){}", json.column, json.path,
                               json.type ? " as " + to_string(*json.type) : "");
          },
          [](const DateDifference& diff) {
            return fmt::format("{} from {} to {}", unit_name(diff.unit), diff.from, diff.to);
          },
          [](const CastTo& cast) {
            return fmt::format("cast({} as {})", cast.column, to_string(cast.type));
          },
          [](const Respell& text) { return fmt::format("read {} as {}", text.column, text.name); },
          [](const RegexGroup& regex) {
            return fmt::format("regex({}, '{}')", regex.column, regex.pattern);
          },
      },
      value);
}

string to_string(const Step& step) {
  return std::visit(
      overloaded{
          [](const Assign& assign) {
            return pairs(assign.assignments, [](const Assignment& made) {
              return made.column + " = " + to_string(made.value);
            });
          },
          [](const RenameColumns& rename) {
            return "rename " + pairs(rename.from_to, [](const auto& one) {
                     return one.first + " to " + one.second;
                   });
          },
          [](const KeepColumns& keep) { return "keep " + list(keep.columns); },
          [](const DropColumns& drop) { return "drop " + list(drop.columns); },
          [](const FilterRows& filter) {
            return fmt::format("filter sql[{}]", filter.condition.text);
          },
          [](const KeepFirst& first) {
            return fmt::format("first by ({}) order ({}){}", list(first.key), list(first.sort_by),
                               first.descending ? " descending" : "");
          },
          [](const ExplodeList& explode) {
            return fmt::format("explode {} into {}", explode.column,
                               explode.output.value_or(explode.column));
          },
          [](const ExplodeDates& explode) {
            return fmt::format("explode dates {} to {} every {} {} into {}", explode.start,
                               explode.end.value_or("today"), explode.step, unit_name(explode.unit),
                               explode.output);
          },
          [](const LookUp& lookup) {
            return fmt::format("{} = {}.{} where {} = {}{}", lookup.column, lookup.reference,
                               lookup.value, lookup.key, lookup.on, or_else(lookup.otherwise));
          },
          [](const JoinReference& join) { return "join " + join_text(join); },
          [](const Rollup& rollup) { return "rollup " + rollup_text(rollup); },
          [](const Pivot& pivot) { return "pivot " + pivot_text(pivot); },
          [](const Unpivot& unpivot) {
            return fmt::format("unpivot ({}) into {}, {}{}",
                               pairs(unpivot.column_key, [](const auto& one) { return one.first; }),
                               unpivot.key_column, unpivot.value_column,
                               unpivot.keep_nulls ? " with nulls" : "");
          },
          [](const SqlSelect& select) { return fmt::format("sql[{}]", select.query.text); },
      },
      step);
}

namespace {

/// Which columns are those that items name. Before the first star they count from the front, behind
/// the last from the back; between two the last column of the name is taken.
std::vector<bool> find_listed(const std::vector<string>& items, const schema::Schema& given) {
  std::vector<bool> is_listed(given.fields.size());
  const auto is_at = [&](std::size_t place, const string& item) {
    return place < is_listed.size() && !is_listed[place] &&
           schema::same_column(given.fields[place].name, item);
  };
  const auto star = static_cast<std::size_t>(std::ranges::find(items, "") - items.begin());
  for (std::size_t i = items.size(); i-- > 0;) {
    if (items[i].empty()) {
      continue;
    }
    std::size_t place = i < star ? i : is_listed.size() - (items.size() - i);
    for (std::size_t last = is_listed.size(); !is_at(place, items[i]) && last > 0;) {
      place = --last;
    }
    if (is_at(place, items[i])) {
      is_listed[place] = true;
    }
  }
  return is_listed;
}

}  // namespace

void settle_columns(SqlSelect& select, const schema::Schema& given) {
  const std::vector<bool> is_listed = find_listed(select.items, given);
  const auto takes_place = [&](std::size_t one, std::size_t other) {
    return is_listed[one] && one != other && (one > other || !is_listed[other]) &&
           schema::same_column(given.fields[one].name, given.fields[other].name);
  };
  const auto places = std::views::iota(std::size_t{0}, is_listed.size());
  bool has_two = false;
  select.columns.clear();
  for (const std::size_t place : places) {
    const bool is_taken =
        std::ranges::any_of(places, [&](std::size_t one) { return takes_place(one, place); });
    has_two = has_two || is_taken;
    select.columns.push_back(is_taken ? "" : given.fields[place].name);
  }
  if (!has_two) {
    select.columns.clear();
  }
}

}  // namespace sluice::plan
