// Which names of columns may hold clear values of a masked field. Names flow both ways: what is
// made from a masked field hides it no less, and what a masked field is made from holds it before.
// A column that is declared without a masking is clear because the contract says so, unless a step
// makes it from a masked one: then the contract contradicts itself and does not run.
#include <algorithm>
#include <array>
#include <cctype>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/overloaded.h"
#include "sluice/contract/lower/lower_internal.h"
#include "sluice/contract/lower/plain_select_internal.h"
#include "sluice/contract/lower/shown_number_internal.h"
#include "sluice/contract/transform/sql_shape.h"
#include "sluice/contract/transform/sql_tokens.h"

namespace sluice::contract::internal {
namespace {

using std::string;

string lower_case(std::string_view text) {
  string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

/// What an expression reads, as far as words tell.
struct Reads {
  std::vector<string> columns;
  bool whole_row = false;  // any column may be in it
  bool takes_a_part = false;
};

using Tokens = std::vector<SqlToken>;

string word_at(std::string_view text, const Tokens& tokens, std::size_t at) {
  return at < tokens.size() && tokens[at].kind == SqlTokenKind::Word
             ? lower_case(sql_text(text, tokens[at]))
             : "";
}

bool is_symbol(std::string_view text, const Tokens& tokens, std::size_t at, char symbol) {
  return at < tokens.size() && tokens[at].kind == SqlTokenKind::Symbol &&
         text[tokens[at].begin] == symbol;
}

/// A value ends with this token, so that a `*` behind it multiplies.
bool ends_value(std::string_view text, const Tokens& tokens, std::size_t at) {
  constexpr std::array<std::string_view, 4> kValues{"end", "false", "null", "true"};
  if (tokens[at].kind == SqlTokenKind::Symbol) {
    return string(")]}*").contains(text[tokens[at].begin]);
  }
  const string word = word_at(text, tokens, at);
  return !is_sql_keyword(word) || std::ranges::find(kValues, word) != kValues.end();
}

/// `f(*)`, `f(1, *)` and `t.*`: every column is read; count(*) reads none.
bool has_star_argument(std::string_view text, const Tokens& tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const bool is_count =
        i > 1 && is_symbol(text, tokens, i - 1, '(') && word_at(text, tokens, i - 2) == "count";
    if (is_symbol(text, tokens, i, '*') && !is_count &&
        (i == 0 || !ends_value(text, tokens, i - 1))) {
      return true;
    }
  }
  return false;
}

/// A word that is grammar here and a column elsewhere: `x BETWEEN 1 AND 2`, `INTERVAL '1 day'`.
/// In doubt it is a column.
bool is_grammar(std::string_view text, const Tokens& tokens, std::size_t at) {
  constexpr std::array<std::string_view, 7> kEither{"between",  "escape", "exists",   "filter",
                                                    "interval", "over",   "partition"};
  constexpr std::array<std::string_view, 17> kBehindAColumn{
      "between", "escape", "exclude", "filter",    "following", "groups",
      "ignore",  "nulls",  "over",    "partition", "preceding", "range",
      "respect", "rows",   "within",  "day",       "interval"};
  constexpr std::array<std::string_view, 7> kBeginValues{"array", "by",   "case", "cast",
                                                         "false", "null", "true"};
  const string word = word_at(text, tokens, at);
  if (std::ranges::find(kEither, word) == kEither.end() || at + 1 == tokens.size()) {
    return false;
  }
  const SqlToken& next = tokens[at + 1];
  const string next_word = word_at(text, tokens, at + 1);
  if (next.kind == SqlTokenKind::String || next.kind == SqlTokenKind::Digits ||
      std::ranges::find(kBeginValues, next_word) != kBeginValues.end()) {
    return true;
  }
  // A name that ends the value may be the one that the value gets.
  const bool may_be_alias = at + 2 == tokens.size() || is_symbol(text, tokens, at + 2, ',') ||
                            is_symbol(text, tokens, at + 2, ')') ||
                            word_at(text, tokens, at + 2) == "from";
  return next.is_name() && !may_be_alias && !is_sql_keyword(next_word) &&
         std::ranges::find(kBehindAColumn, next_word) == kBehindAColumn.end();
}

/// The name of a type: behind `::`, and behind the AS of a CAST.
bool is_type(std::string_view text, const Tokens& tokens, std::size_t at) {
  return at > 0 &&
         (word_at(text, tokens, at - 1) == "as" ||
          (at > 1 && is_symbol(text, tokens, at - 1, ':') && is_symbol(text, tokens, at - 2, ':')));
}

bool holds_any(std::string_view text, std::initializer_list<std::string_view> pieces) {
  return std::ranges::any_of(pieces, [&](std::string_view piece) { return text.contains(piece); });
}

/// A member of a JSON text, and not the arrow of a lambda.
bool has_json_arrow(std::string_view text) {
  for (std::size_t at = text.find("->"); at != string::npos; at = text.find("->", at + 2)) {
    const std::size_t next = text.find_first_not_of("> \t\r\n", at + 2);
    if (next != string::npos && (text[next] == '\'' || text[next] == '$' || text[next] == '-' ||
                                 std::isdigit(static_cast<unsigned char>(text[next])) != 0)) {
      return true;
    }
  }
  return false;
}

/// Of a lower-case text: it takes members or matches out of something larger, and does nothing that
/// would give the whole of it.
bool takes_a_part(std::string_view text) {
  return (has_json_arrow(text) || holds_any(text, {"json_", "regexp_", "struct_extract"})) &&
         !holds_any(text, {"json_object", "json_array(", "json_quote", "json_pretty", "json_group",
                           "json_merge", "regexp_replace"});
}

class Flow {
 public:
  Flow(const Contract& contract, plan::Pipeline& out) : contract_(contract), out_(out) {}

  Status lower();

 private:
  struct Made {
    string column;  // empty: a name that only the engine knows
    Reads reads;
    SourcePosition at;
  };

  void take_fields();
  Reads read_sql(std::string_view text, const std::vector<string>& more_rows = {}) const;
  Reads read_value(const plan::ColumnExpr& value) const;
  Status take_step(const plan::PlannedStep& step);
  Status take_select(const plan::PlannedStep& step, string text);
  void add(const plan::PlannedStep& step, string column, Reads reads) {
    made_.push_back({.column = std::move(column), .reads = std::move(reads), .at = step.at});
  }
  void add(const plan::PlannedStep& step, const string& column, const string& source) {
    add(step, column, Reads{.columns = {source}});
  }
  const plan::ColumnMask* find(std::string_view column) const {
    const auto found = masks_.find(lower_case(column));
    return found == masks_.end() ? nullptr : &found->second;
  }
  const plan::ColumnMask* origin_of(const Made& made) const;
  bool cover(const string& column, const plan::ColumnMask& like);
  Result<bool> forward(const Made& made);
  bool backward(const Made& made);
  bool cover_containers();
  bool is_declared_clear(std::string_view column) const;
  bool is_declassified(std::string_view column) const;
  bool is_rows_name(const string& word) const;
  void add_numbered_copies();
  void hide_observations();
  Status refuse_folders() const;

  const Contract& contract_;
  plan::Pipeline& out_;
  std::map<string, plan::ColumnMask> masks_;  // by lower-case name
  std::set<string> weak_;  // masked because a masked field is made from it, and from nothing else
  std::vector<Made> made_;
  std::map<string, std::size_t> copies_;  // how often SELECTs make a column
  std::size_t star_copies_ = 0;           // how often they take every column
  std::set<string> numbered_;
};

plan::MaskKind kind_of(const Field& field) {
  switch (field.masking->value) {
    case Masking::Nullify: return plan::MaskKind::Nullify;
    case Masking::Redact: return plan::MaskKind::Redact;
    case Masking::Hash: return plan::MaskKind::Hash;
    case Masking::Partial: return plan::MaskKind::Partial;
    case Masking::Encrypt:
      return field.masking_format && field.masking_format->value == "deterministic"
                 ? plan::MaskKind::EncryptEqual
                 : plan::MaskKind::Encrypt;
  }
  return plan::MaskKind::Redact;
}

void Flow::take_fields() {
  for (const Field& field : contract_.model.fields) {
    if (field.masking) {
      masks_.emplace(
          lower_case(field.name.value),
          plan::ColumnMask{.column = field.name.value,
                           .kind = kind_of(field),
                           .format = field.masking_format ? field.masking_format->value : "",
                           .is_sealed = field.masking->value == Masking::Encrypt ||
                                        contract_.quarantine.seal.value});
    } else if (field.declassify) {
      out_.declassified.push_back(field.name.value);
    }
  }
  for (const Transformation& step : contract_.transformations) {
    const auto* derive = std::get_if<Derive>(&step.step);
    if (derive != nullptr && derive->declassify) {
      out_.declassified.push_back(derive->field.value);
    }
  }
}

bool Flow::is_declassified(std::string_view column) const {
  return std::ranges::any_of(out_.declassified,
                             [&](const string& name) { return schema::same_column(name, column); });
}

bool Flow::is_declared_clear(std::string_view column) const {
  return std::ranges::any_of(contract_.model.fields, [&](const Field& field) {
    return !field.masking && schema::same_column(field.name.value, column);
  });
}

/// `source` alone is a row with all its columns.
bool Flow::is_rows_name(const string& word) const {
  return word == "source" || word == "dataset" ||
         std::ranges::any_of(out_.source_names,
                             [&](const string& name) { return lower_case(name) == word; });
}

Reads Flow::read_sql(std::string_view text, const std::vector<string>& more_rows) const {
  Reads reads;
  const string lower = lower_case(text);
  const Tokens tokens = sql_tokens(text);
  reads.whole_row = lower.find("columns") != string::npos || lower.find("pivot") != string::npos ||
                    has_star_argument(text, tokens);
  reads.takes_a_part = takes_a_part(lower);
  const auto is_call = [&](std::size_t i) {
    return i < tokens.size() && tokens[i].is_name() && is_symbol(text, tokens, i + 1, '(');
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].is_name() || is_call(i) || is_type(text, tokens, i)) {
      continue;
    }
    const string name = unquoted_sql(sql_text(text, tokens[i]));
    const string word = lower_case(name);
    const bool is_member = i > 0 && is_symbol(text, tokens, i - 1, '.');
    if (tokens[i].kind == SqlTokenKind::Word && !is_member &&
        (is_sql_keyword(word) || is_grammar(text, tokens, i))) {
      continue;
    }
    const bool is_qualifier = is_symbol(text, tokens, i + 1, '.');
    const bool is_called = is_qualifier && is_call(i + 2);
    if (is_rows_name(word) || std::ranges::find(more_rows, word) != more_rows.end()) {
      reads.whole_row = reads.whole_row || !is_qualifier || is_called;
      continue;
    }
    reads.takes_a_part = reads.takes_a_part || (is_qualifier && !is_called);
    reads.columns.push_back(name);
  }
  return reads;
}

Reads Flow::read_value(const plan::ColumnExpr& value) const {
  return std::visit(
      overloaded{
          [&](const plan::RawSql& sql) { return read_sql(sql.text); },
          [](const plan::ChangeCase& v) { return Reads{.columns = {v.column}}; },
          [](const plan::TrimText& v) { return Reads{.columns = {v.column}}; },
          [](const plan::FirstOf& v) { return Reads{.columns = v.columns}; },
          [](const plan::SplitText& v) { return Reads{.columns = {v.column}}; },
          [](const plan::MapValues& v) { return Reads{.columns = {v.column}}; },
          [](const plan::Bands& v) { return Reads{.columns = {v.column}}; },
          [](const plan::JsonPath& v) {
            return Reads{.columns = {v.column}, .takes_a_part = true};
          },
          [](const plan::DateDifference& v) { return Reads{.columns = {v.from, v.to}}; },
          [](const plan::CastTo& v) { return Reads{.columns = {v.column}}; },
          [](const plan::Respell& v) { return Reads{.columns = {v.column}}; },
          [](const plan::RegexGroup& v) {
            return Reads{.columns = {v.column}, .takes_a_part = true};
          },
      },
      value);
}

Status Flow::take_step(const plan::PlannedStep& step) {
  return std::visit(
      overloaded{
          [&](const plan::Assign& s) -> Status {
            for (const plan::Assignment& made : s.assignments) {
              add(step, made.column, read_value(made.value));
            }
            return {};
          },
          [&](const plan::RenameColumns& s) -> Status {
            for (const auto& [from, to] : s.from_to) {
              add(step, to, from);
            }
            return {};
          },
          [](const plan::KeepColumns&) -> Status { return {}; },
          [](const plan::DropColumns&) -> Status { return {}; },
          [](const plan::FilterRows&) -> Status { return {}; },
          [](const plan::KeepFirst&) -> Status { return {}; },
          [&](const plan::ExplodeList& s) -> Status {
            add(step, s.output.value_or(s.column), s.column);
            return {};
          },
          [&](const plan::ExplodeDates& s) -> Status {
            Reads reads{.columns = {s.start}};
            if (s.end) {
              reads.columns.push_back(*s.end);
            }
            add(step, s.output, std::move(reads));
            return {};
          },
          [](const plan::LookUp&) -> Status { return {}; },         // values of the reference
          [](const plan::JoinReference&) -> Status { return {}; },  // the same
          [&](const plan::Rollup& s) -> Status {
            for (const plan::Aggregation& made : s.aggregations) {
              add(step, made.output, read_sql(made.value.text));
            }
            if (s.keys_column) {
              add(step, *s.keys_column,
                  s.key_expr ? read_sql(s.key_expr->text) : Reads{.columns = s.keys});
            }
            return {};
          },
          [&](const plan::Pivot& s) -> Status {
            for (const plan::PivotedColumn& made : s.columns) {
              add(step, made.output, made.value_column);
            }
            return {};
          },
          [&](const plan::Unpivot& s) -> Status {
            Reads reads;
            for (const auto& [column, key] : s.column_key) {
              reads.columns.push_back(column);
            }
            add(step, s.value_column, std::move(reads));
            return {};
          },
          [&](const plan::SqlSelect& s) -> Status { return take_select(step, s.query.text); },
      },
      step.step);
}

/// A plain SELECT is read item by item; what is more than that is refused.
Status Flow::take_select(const plan::PlannedStep& step, string text) {
  for (std::size_t at = text.find("{dataset}"); at != string::npos; at = text.find("{dataset}")) {
    text.replace(at, 9, "source");
  }
  const std::optional<PlainSelect> plain = parse_plain_select(text);
  if (!plain || std::ranges::none_of(plain->relations,
                                     [&](const string& name) { return is_rows_name(name); })) {
    Error error =
        make_error(ErrorCode::InvalidContract,
                   "a contract that masks has only plain SELECTs: `SELECT expressions FROM source`")
            .with_hint(
                "write the step as expressions (`expr AS name`), as operations, or as one SELECT "
                "with joins and without subqueries, so that what comes from a masked field is "
                "known");
    error.at = step.at;
    return error;
  }
  std::size_t stars = 0;
  for (const SelectItem& item : select_items(plain->list)) {
    if (!item.is_star) {
      copies_[lower_case(item.column)] += 1;
      add(step, item.column, read_sql(item.expression, plain->names));
      continue;
    }
    ++stars;  // columns keep their names, but not those inside of a struct
    if (!item.expression.empty()) {
      add(step, "", Reads{.columns = {item.expression}});
    }
  }
  star_copies_ += stars * plain->relations.size();
  return {};
}

/// A name that comes twice out of a SELECT gets a number from the engine: `email_1`.
void Flow::add_numbered_copies() {
  std::vector<string> names;
  for (const auto& [name, mask] : masks_) {
    names.push_back(name);
  }
  for (const string& name : names) {
    const auto written = copies_.find(name);
    const std::size_t copies = star_copies_ + (written == copies_.end() ? 0 : written->second);
    if (copies < 2 || !numbered_.insert(name).second) {
      continue;
    }
    // Where some of the numbers are taken already, the engine counts on.
    for (std::size_t number = 1; number <= copies + 2; ++number) {
      const string copy = fmt::format("{}_{}", name, number);
      numbered_.insert(copy);
      made_.push_back({.column = copy, .reads = Reads{.columns = {name}}, .at = {}});
    }
  }
}

const plan::ColumnMask* Flow::origin_of(const Made& made) const {
  for (const string& source : made.reads.columns) {
    if (const plan::ColumnMask* mask = find(source)) {
      // A part of a text that also holds a masked value is not that value.
      if (!(made.reads.takes_a_part && weak_.contains(lower_case(source)))) {
        return mask;
      }
    }
  }
  return made.reads.whole_row && !masks_.empty() ? &masks_.begin()->second : nullptr;
}

bool Flow::cover(const string& column, const plan::ColumnMask& like) {
  plan::ColumnMask mask = like;
  mask.column = column;
  mask.is_container = false;
  return masks_.emplace(lower_case(column), std::move(mask)).second;
}

Result<bool> Flow::forward(const Made& made) {
  const plan::ColumnMask* origin = origin_of(made);
  if (origin == nullptr || is_declassified(made.column) || find(made.column) != nullptr) {
    return false;
  }
  const bool is_itself = std::ranges::any_of(made.reads.columns, [&](const string& source) {
    return schema::same_column(source, made.column);
  });
  if (made.column.empty() || is_declared_clear(made.column)) {
    Error error =
        make_error(ErrorCode::InvalidContract,
                   fmt::format("a step makes a clear column from what is masked ('{}'): '{}'",
                               origin->column, made.column.empty() ? "?" : made.column))
            .with_hint(is_itself ? "give the field a masking, or say why not: declassify: reason"
                                 : "give the field a masking, give the expression a name, or say "
                                   "why it may be clear: declassify: reason");
    error.at = made.at;
    return error;
  }
  return cover(made.column, *origin);
}

bool Flow::backward(const Made& made) {
  const plan::ColumnMask* mask = find(made.column);
  if (mask == nullptr) {
    return false;
  }
  const plan::ColumnMask like = *mask;
  bool is_more = false;
  for (const string& source : made.reads.columns) {
    if (!is_declared_clear(source) && cover(source, like)) {
      weak_.insert(lower_case(source));
      is_more = true;
    }
  }
  return is_more;
}

/// What flattening may have taken a masked column out of: 'a' and 'a_b' of 'a_b_c'. Rows that are
/// refused show it as it came.
bool Flow::cover_containers() {
  const plan::Flatten& flatten = out_.flatten;
  const auto is_flattened = [&](std::string_view column) {
    return flatten.all || std::ranges::any_of(flatten.paths, [&](const string& path) {
             return schema::same_column(path, column) ||
                    schema::same_column(path.substr(0, path.find('.')), column);
           });
  };
  std::vector<plan::ColumnMask> masked;
  for (const auto& [name, mask] : masks_) {
    masked.push_back(mask);
  }
  bool is_more = false;
  for (const plan::ColumnMask& mask : masked) {
    for (std::size_t at = mask.column.find('_'); !mask.is_container && at != string::npos;
         at = mask.column.find('_', at + 1)) {
      const string column = mask.column.substr(0, at);
      if (column.empty() || !is_flattened(column) || is_declared_clear(column) ||
          !cover(column, mask)) {
        continue;
      }
      plan::ColumnMask& container = masks_.at(lower_case(column));
      container.is_container = true;
      // A part of a struct's text is no part of the value.
      container.kind =
          mask.kind == plan::MaskKind::Partial ? plan::MaskKind::Redact : container.kind;
      weak_.insert(lower_case(column));
      is_more = true;
    }
  }
  return is_more;
}

/// A number that a SELECT gives may be a masked value: it is shown where that is known not to be.
void Flow::hide_observations() {
  const auto is_masked = [&](const string& column) { return find(column) != nullptr; };
  const auto is_made = [&](const string& column) {
    return std::ranges::any_of(
        made_, [&](const Made& made) { return schema::same_column(made.column, column); });
  };
  const ShownNames names{.is_clear =
                             [&](const string& column) {
                               return !is_masked(column) &&
                                      (is_declared_clear(column) || is_made(column));
                             },
                         .is_masked = is_masked,
                         .is_rows =
                             [&](const string& word) {
                               return is_rows_name(word) ||
                                      std::ranges::any_of(contract_.links, [&](const Link& link) {
                                        return lower_case(link.name.value) == word;
                                      });
                             }};
  for (plan::DatasetRule& rule : out_.dataset_rules) {
    if (const auto* query = std::get_if<plan::ScalarQuery>(&rule.observation)) {
      rule.is_hidden = !reads_clear_only(query->query.text, names);
    }
  }
}

/// Paths are told in lineage, in quarantines and in messages.
Status Flow::refuse_folders() const {
  const auto* scan = std::get_if<plan::FileScan>(&out_.source);
  if (scan == nullptr) {
    return {};
  }
  for (const auto& [name, mask] : masks_) {
    for (const string& path : scan->told.empty() ? scan->files : scan->told) {
      if (has_folder_of(path, name)) {
        return make_error(ErrorCode::InvalidContract,
                          fmt::format("folders of the source are named after values of a masked "
                                      "field, and every row tells its file: '{}=...'",
                                      mask.column))
            .with_hint("name the folders after something else, and keep the value in the files");
      }
    }
  }
  return {};
}

Status Flow::lower() {
  take_fields();
  if (masks_.empty()) {
    return {};
  }
  for (const auto& [from, to] : out_.preserved_upstream) {
    made_.push_back({.column = to, .reads = Reads{.columns = {from}}, .at = {}});
  }
  for (const plan::PlannedStep& step : out_.steps) {
    SLUICE_CHECK(take_step(step));
  }
  for (bool is_more = true; is_more;) {
    is_more = false;
    add_numbered_copies();
    is_more = cover_containers();
    for (const Made& made : made_) {
      SLUICE_TRY(const bool is_new, forward(made));
      is_more = is_more || is_new;
    }
    for (const Made& made : made_) {
      is_more = backward(made) || is_more;
    }
  }
  SLUICE_CHECK(refuse_folders());
  hide_observations();
  for (auto& [name, mask] : masks_) {
    out_.masks.push_back(std::move(mask));
  }
  return {};
}

}  // namespace

Status lower_masking(const Contract& contract, plan::Pipeline& out) {
  return Flow(contract, out).lower();
}

}  // namespace sluice::contract::internal
