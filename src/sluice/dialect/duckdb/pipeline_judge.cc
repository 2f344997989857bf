// One judgement of all rows in one pass: types, unknown and missing columns, then every rule, as
// bits of a mask. Texts are made only for the rows that were refused.
#include <algorithm>

#include <fmt/format.h>

#include "sluice/dialect/duckdb/duckdb.h"
#include "sluice/dialect/duckdb/pipeline.h"
#include "sluice/dialect/duckdb/pipeline_internal.h"
#include "sluice/dialect/quote.h"

namespace sluice::dialect {
namespace {

using plan::BoundCast;
using plan::Judgement;
using std::string;

/// Bits of one BIGINT that stay positive.
constexpr std::size_t kBitsPerMask = 62;

string numbered(std::string_view what, std::size_t number) {
  return fmt::format("_sluice_{}{}", what, number);
}

std::size_t masks_for(std::size_t bits) { return (bits + kBitsPerMask - 1) / kBitsPerMask; }

string masks(const Judgement& judgement, std::string_view what) {
  string list;
  for (std::size_t i = 0; i < masks_for(judgement.rules.size()); ++i) {
    list += ", " + numbered(what, i);
  }
  return list;
}

/// The narrowest that stays positive with so many bits: it is stored with every row.
std::string_view type_of_mask(std::size_t bits) {
  return bits < 8 ? "TINYINT" : bits < 16 ? "SMALLINT" : bits < 32 ? "INTEGER" : "BIGINT";
}

std::uint64_t bit_of(std::size_t position) { return std::uint64_t{1} << (position % kBitsPerMask); }

const BoundCast* find_cast(const Judgement& judgement, std::string_view column) {
  for (const BoundCast& cast : judgement.casts) {
    if (schema::same_column(cast.column, column)) {
      return &cast;
    }
  }
  return nullptr;
}

bool is_missing(const Judgement& judgement, std::string_view column) {
  return std::ranges::any_of(judgement.missing, [&](const schema::Field& field) {
    return schema::same_column(field.name, column);
  });
}

/// The value as it came: SQL; empty where it is in the column itself.
string raw_value(const BoundCast& cast) {
  return cast.raw.empty()
             ? string()
             : fmt::format("struct_extract({}, {})", kRawColumn, quote_literal(cast.raw));
}

bool holds_map(const schema::LogicalType& type) {
  const auto* list = std::get_if<schema::List>(&type.kind);
  const auto* inner = std::get_if<schema::Struct>(&type.kind);
  return std::holds_alternative<schema::Map>(type.kind) ||
         (list != nullptr && holds_map(*list->element)) ||
         (inner != nullptr && std::ranges::any_of(inner->fields, [](const schema::Field& field) {
            return holds_map(field.type);
          }));
}

/// Of a map the keys of this row alone, which the type of the source's column does not tell, and so
/// of what stays JSON.
Result<string> cast_text(const BoundCast& cast) {
  const bool from_raw = !cast.raw.empty() && (holds_map(cast.to) || keeps_json(cast.from, cast.to));
  return from_raw ? render_cast(raw_value(cast), schema::LogicalType{schema::Json{}}, cast.to)
                  : render_cast(quote_identifier(cast.column), cast.from, cast.to);
}

/// First pass: casts beside the values that they came from.
Result<string> cast_pass(const Judgement& judgement, const Rows& input) {
  string list = "*";
  for (std::size_t i = 0; i < judgement.casts.size(); ++i) {
    const BoundCast& cast = judgement.casts[i];
    SLUICE_TRY(const string value, cast_text(cast));
    list += fmt::format(", {} AS {}", value, numbered("c", i));
  }
  return judgement.casts.empty() ? Result<string>(input.from)
                                 : fmt::format("(SELECT {} FROM {})", list, input.from);
}

/// Which members the value of a struct lacks, as a reason; NULL: none. Empty: none can be lacking.
string lacking_reason(const BoundCast& cast) {
  const string lacking =
      lacking_members(quote_identifier(cast.column), cast.from, cast.to, raw_value(cast));
  return lacking.empty()
             ? lacking
             : fmt::format("CASE WHEN {0} IS NOT NULL THEN replace({1} || {0}, {2}, {3}) END",
                           lacking,
                           quote_literal(fmt::format("Struct '{}' is missing declared member(s): ",
                                                     cast.column)),
                           quote_literal("is missing declared member(s): a key stands twice"),
                           quote_literal("cannot be read: a key stands twice"));
}

/// Why a value of the column, which is beside its cast, is none of its type.
string mismatch_reason(const plan::Pipeline& pipeline, const BoundCast& cast, std::size_t at) {
  const string raw = raw_value(cast);
  const string told = plan::find_mask(pipeline, cast.column) != nullptr ? "'***'"
                      : raw.empty() ? render_as_text(numbered("s", at), cast.from)
                                    : render_as_text(raw, schema::LogicalType{schema::Json{}});
  return fmt::format("{} || {} || ''''",
                     quote_literal(mismatch_text(cast.column, cast.type_name, cast.to)), told);
}

/// One bit a cast that failed: the texts of reasons are made for the rows that are refused alone.
string failed_casts(const Judgement& judgement, std::size_t first) {
  string sum;
  const std::size_t end = std::min(first + kBitsPerMask, judgement.casts.size());
  for (std::size_t i = first; i < end; ++i) {
    // Not as a conjunction: the engine sorts the rows that one leaves over.
    sum += fmt::format(
        "{}CASE WHEN {} IS NULL THEN CASE WHEN {} IS NULL THEN 0 ELSE {} END ELSE 0 END",
        sum.empty() ? "" : " + ", numbered("c", i), quote_identifier(judgement.casts[i].column),
        bit_of(i));
  }
  return fmt::format("CAST({} AS {}) AS {}", sum, type_of_mask(end - first),
                     numbered("f", first / kBitsPerMask));
}

/// Second pass: the columns in their final types, what they held before, and which types were not
/// met.
Result<string> type_pass(const Judgement& judgement, const Rows& input, const string& from) {
  string list;
  const auto add = [&](const string& item) { list += (list.empty() ? "" : ", ") + item; };
  for (const schema::Field& field : judgement.output.fields) {
    const string name = quote_identifier(field.name);
    if (is_missing(judgement, field.name)) {
      SLUICE_TRY(const string type, duckdb_dialect().render_type(field.type));
      add(fmt::format("CAST(NULL AS {}) AS {}", type, name));
    } else if (const BoundCast* cast = find_cast(judgement, field.name)) {
      const auto at = static_cast<std::size_t>(cast - judgement.casts.data());
      add(fmt::format("{} AS {}", numbered("c", at), name));
    } else {
      add(name);
    }
  }
  for (std::size_t i = 0; i < judgement.casts.size(); ++i) {
    const BoundCast& cast = judgement.casts[i];
    add(fmt::format("{} AS {}", quote_identifier(cast.column), numbered("s", i)));
    if (const string lacking = lacking_reason(cast); !lacking.empty()) {
      add(fmt::format("{} AS {}", lacking, numbered("t", i)));
    }
  }
  for (std::size_t i = 0; i < masks_for(judgement.casts.size()); ++i) {
    add(failed_casts(judgement, i * kBitsPerMask));
  }
  if (!judgement.unknown_refused.empty() && !judgement.is_unknown_in_every_row) {
    string present;
    for (const string& column : judgement.unknown_refused) {
      present += fmt::format(", CASE WHEN {} IS NOT NULL THEN {} END", quote_identifier(column),
                             quote_literal(column));
    }
    add(fmt::format("nullif(concat_ws(', '{}), '') AS _sluice_unknown", present));
  }
  return fmt::format("(SELECT {}{} FROM {})", list.empty() ? "NULL AS _sluice_none" : list,
                     hidden_list(input, ""), from);
}

/// What was judged at a step is in a column of ours.
Result<string> predicate_of(const plan::RowRule& rule, std::size_t position) {
  return rule.judged_at ? Result<string>(judged_column(position) + " IS NOT TRUE")
                        : render_inline(duckdb_dialect(), rule.predicate);
}

Result<string> rule_case(const plan::RowRule& rule, std::size_t position, const Rows& input,
                         Evaluation evaluation, std::uint64_t bit, bool is_error_mask) {
  SLUICE_TRY(const string predicate, predicate_of(rule, position));
  if (evaluation == Evaluation::Plain) {
    return fmt::format("CASE WHEN (\n{}\n) THEN 0 ELSE {} END", predicate, bit);
  }
  const string holds = tried(fmt::format("CASE WHEN (\n{}\n) THEN 1 ELSE 0 END", predicate), input);
  return is_error_mask ? fmt::format("CASE WHEN {} IS NULL THEN {} ELSE 0 END", holds, bit)
                       : fmt::format("CASE WHEN {} = 1 THEN 0 ELSE {} END", holds, bit);
}

/// Third pass: one bit a rule, and where it is guarded another that says that it gave an error.
Result<string> rule_pass(const plan::BoundPipeline& bound, const Judgement& judgement,
                         const Rows& input, const string& from, Evaluation evaluation) {
  if (judgement.rules.empty()) {
    return from;
  }
  string list = "*";
  for (const bool is_error_mask : {false, true}) {
    if (is_error_mask && evaluation == Evaluation::Plain) {
      break;
    }
    for (std::size_t first = 0; first < judgement.rules.size(); first += kBitsPerMask) {
      string sum;
      const std::size_t end = std::min(first + kBitsPerMask, judgement.rules.size());
      for (std::size_t i = first; i < end; ++i) {
        const std::size_t rule = judgement.rules[i];
        SLUICE_TRY(const string one, rule_case(bound.pipeline.row_rules[rule], rule, input,
                                               evaluation, bit_of(i), is_error_mask));
        sum += (sum.empty() ? "" : " + ") + one;
      }
      list += fmt::format(", CAST({} AS {}) AS {}", sum, type_of_mask(end - first),
                          numbered(is_error_mask ? "x" : "m", first / kBitsPerMask));
    }
  }
  return fmt::format("(SELECT {} FROM {} AS source)", list, from);
}

struct Reason {
  string is_present;  // condition
  string text;
  string category;
};

std::vector<Reason> reasons(const plan::BoundPipeline& bound, const Judgement& judgement,
                            const Rows& input, Evaluation evaluation) {
  std::vector<Reason> all;
  for (const string& hidden : input.hidden) {
    if (hidden.starts_with("_sluice_e")) {
      all.push_back({hidden + " IS NOT NULL", hidden, "schema"});
    }
  }
  for (std::size_t i = 0; i < judgement.casts.size(); ++i) {
    const BoundCast& cast = judgement.casts[i];
    string failed = fmt::format("{} & {} <> 0", numbered("f", i / kBitsPerMask), bit_of(i));
    if (!lacking_reason(cast).empty()) {
      const string lacking = numbered("t", i);
      all.push_back({lacking + " IS NOT NULL", lacking, "schema"});
      failed += fmt::format(" AND {} IS NULL", lacking);
    }
    all.push_back({failed, mismatch_reason(bound.pipeline, cast, i), "schema"});
  }
  if (!judgement.unknown_refused.empty()) {
    if (judgement.is_unknown_in_every_row) {
      string text = "Unknown fields present: ";
      for (const string& column : judgement.unknown_refused) {
        text += (text.ends_with(": ") ? "" : ", ") + column;
      }
      all.push_back({"TRUE", quote_literal(text), "schema"});
    } else {
      all.push_back({"_sluice_unknown IS NOT NULL", "'Unknown fields present: ' || _sluice_unknown",
                     "schema"});
    }
  }
  if (!judgement.missing_refused.empty()) {
    string text = "Missing fields: ";
    for (const string& column : judgement.missing_refused) {
      text += (text.ends_with(": ") ? "" : ", ") + column;
    }
    all.push_back({"TRUE", quote_literal(text), "schema"});
  }
  for (std::size_t i = 0; i < judgement.rules.size(); ++i) {
    const plan::RowRule& rule = bound.pipeline.row_rules[judgement.rules[i]];
    const std::size_t mask = i / kBitsPerMask;
    const bool is_guarded = evaluation == Evaluation::Guarded;
    if (rule.severity == plan::Severity::Error) {
      const string without =
          is_guarded ? fmt::format(" AND {} & {} = 0", numbered("x", mask), bit_of(i)) : "";
      all.push_back({fmt::format("{} & {} <> 0{}", numbered("m", mask), bit_of(i), without),
                     quote_literal(rule.message), rule.category});
    }
    // Whatever its severity: nothing passes unjudged.
    if (is_guarded) {
      all.push_back({fmt::format("{} & {} <> 0", numbered("x", mask), bit_of(i)),
                     quote_literal(fmt::format("Rule could not be evaluated: {}", rule.name)),
                     rule.category});
    }
  }
  return all;
}

/// One condition for all bits, not one for each rule: most rows are good.
string bad_condition(const plan::BoundPipeline& bound, const Judgement& judgement,
                     const std::vector<Reason>& all, Evaluation evaluation) {
  string bits;
  const auto add_bits = [&](const string& some) { bits += (bits.empty() ? "" : " | ") + some; };
  for (std::size_t i = 0; i < masks_for(judgement.casts.size()); ++i) {
    add_bits(numbered("f", i));
  }
  for (std::size_t first = 0; first < judgement.rules.size(); first += kBitsPerMask) {
    std::uint64_t errors = 0;
    const std::size_t end = std::min(first + kBitsPerMask, judgement.rules.size());
    for (std::size_t i = first; i < end; ++i) {
      if (bound.pipeline.row_rules[judgement.rules[i]].severity == plan::Severity::Error) {
        errors |= bit_of(i);
      }
    }
    if (errors != 0) {
      add_bits(fmt::format("({} & {})", numbered("m", first / kBitsPerMask), errors));
    }
    if (evaluation == Evaluation::Guarded) {
      add_bits(numbered("x", first / kBitsPerMask));
    }
  }
  string condition = bits.empty() ? "" : fmt::format("({}) <> 0", bits);
  for (const Reason& reason : all) {
    if (reason.is_present.find('&') == string::npos) {
      condition += (condition.empty() ? "" : " OR ") + reason.is_present;
    }
  }
  return condition.empty() ? "FALSE" : condition;
}

string list_of(const std::vector<Reason>& all, bool categories) {
  string list;
  for (const Reason& reason : all) {
    list += fmt::format("{}CASE WHEN {} THEN {} END", list.empty() ? "" : ", ", reason.is_present,
                        categories ? quote_literal(reason.category) : reason.text);
  }
  return list.empty()
             ? "CAST([] AS VARCHAR[])"
             : fmt::format("list_filter([{}], lambda _sluice_x: _sluice_x IS NOT NULL)", list);
}

}  // namespace

Result<string> render_rule(const plan::RowRule& rule) {
  // Where one of a step is judged, the step itself says which of its columns are missing.
  return rule.judged_at ? Result<string>("0") : rule_case(rule, 0, {}, Evaluation::Plain, 1, false);
}

string judged_column(std::size_t rule) { return fmt::format("{}{}", kJudgedPrefix, rule); }

bool is_reason(std::string_view hidden) {
  return hidden.starts_with("_sluice_e") || hidden.starts_with(kJudgedPrefix);
}

Result<Judged> judge_select(const plan::BoundPipeline& bound, const plan::Judgement& judgement,
                            const Rows& input, Evaluation evaluation,
                            const std::vector<string>& kept, const string& made) {
  SLUICE_TRY(const string cast, cast_pass(judgement, input));
  SLUICE_TRY(const string typed, type_pass(judgement, input, cast));
  SLUICE_TRY(const string judged, rule_pass(bound, judgement, input, typed, evaluation));
  const std::vector<Reason> all = reasons(bound, judgement, input, evaluation);
  std::vector<string> names;
  for (const schema::Field& field : judgement.output.fields) {
    names.push_back(field.name);
  }
  string list = names.empty() ? "NULL AS _sluice_none" : quote_columns(names);
  string refused = fmt::format("{} := {}, {} := {}", kErrorsColumn, list_of(all, false),
                               kCategoriesColumn, list_of(all, true));
  refused += made.empty() ? "" : fmt::format(", {} := {}", kMadeColumn, made);
  if (const schema::Schema beside = kept_of(bound, judgement.output); !beside.fields.empty()) {
    refused += fmt::format(", {} := struct_pack({})", kKeptColumn, struct_members(beside));
  }
  for (const string& hidden : input.hidden) {
    if (hidden == kFileColumn || hidden == kRawColumn) {
      refused += fmt::format(", {0} := {0}", hidden);
    }
    if (hidden == kSeenColumn || std::ranges::find(kept, hidden) != kept.end()) {
      list += ", " + quote_identifier(hidden);
    }
  }
  list += masks(judgement, "m");
  if (evaluation == Evaluation::Guarded) {
    list += masks(judgement, "x");
  }
  return Judged{
      .select = fmt::format("SELECT {}, CASE WHEN {} THEN [struct_pack({})] END AS {} FROM {}",
                            list, bad_condition(bound, judgement, all, evaluation), refused,
                            kRefusedColumn, judged),
      .columns = judgement.output};
}

std::vector<string> mask_columns(const Judgement& judgement) {
  std::vector<string> columns;
  for (std::size_t i = 0; i < masks_for(judgement.rules.size()); ++i) {
    columns.push_back(numbered("m", i));
  }
  return columns;
}

std::vector<std::size_t> flags_of_rules(const Judgement& judgement) {
  constexpr std::size_t kBitsOfFlags = 64;
  std::vector<std::size_t> flags;
  for (std::size_t i = 0; i < judgement.rules.size(); ++i) {
    flags.push_back(i / kBitsPerMask * kBitsOfFlags + i % kBitsPerMask);
  }
  return flags;
}

string rule_counts_query(const Judgement& judgement, std::string_view table) {
  string list;
  for (std::size_t i = 0; i < judgement.rules.size(); ++i) {
    list += fmt::format("{}count(*) FILTER (WHERE {} & {} <> 0)", list.empty() ? "" : ", ",
                        numbered("m", i / kBitsPerMask), bit_of(i));
  }
  return fmt::format("SELECT {} FROM {}", list, table);
}

}  // namespace sluice::dialect
