#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <utility>
#include <vector>

#include "sluice/contract/lower/plain_select_internal.h"
#include "sluice/contract/lower/shown_number_internal.h"
#include "sluice/contract/transform/sql_shape.h"
#include "sluice/contract/transform/sql_tokens.h"

namespace sluice::contract::internal {
namespace {

using std::string;
using Words = std::set<string, std::less<>>;

string lower_case(std::string_view text) {
  string lower(text);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

/// Words that read columns by other ways than their names.
const Words& forbidden() {
  static const Words kWords{"describe", "pivot",     "pivot_longer", "pivot_wider", "recursive",
                            "show",     "summarize", "table",        "unpivot"};
  return kWords;
}

const Words& ends_of_from() {
  static const Words kWords{"where",  "group",  "having", "order", "limit",     "qualify",
                            "offset", "window", "select", "union", "intersect", "except"};
  return kWords;
}

const Words& units() {
  static const Words kWords{"second",   "minute",  "hour",    "day",   "week",   "month", "quarter",
                            "year",     "seconds", "minutes", "hours", "days",   "weeks", "months",
                            "quarters", "years",   "epoch",   "dow",   "isodow", "doy"};
  return kWords;
}

class Reader {
 public:
  Reader(std::string_view sql, const ShownNames& names)
      : sql_(sql), names_(names), tokens_(sql_tokens(sql)), froms_(find_froms(sql)) {}

  bool read() {
    find_aliases();
    for (std::size_t at = 0; at < tokens_.size(); ++at) {
      const bool is_fine = tokens_[at].kind == SqlTokenKind::Symbol ? is_fine_symbol(at)
                           : tokens_[at].is_name()                  ? is_fine_name(at)
                                                                    : !is_relation(at);
      if (!is_fine) {
        return false;
      }
    }
    return has_lists();
  }

 private:
  enum class Place : unsigned char { Values, Relations };

  string word(std::size_t at) const {
    return at < tokens_.size() && tokens_[at].kind == SqlTokenKind::Word
               ? lower_case(sql_text(sql_, tokens_[at]))
               : "";
  }
  string name(std::size_t at) const {
    return lower_case(unquoted_sql(sql_text(sql_, tokens_[at])));
  }
  bool is(std::size_t at, char symbol) const {
    return at < tokens_.size() && tokens_[at].kind == SqlTokenKind::Symbol &&
           sql_[tokens_[at].begin] == symbol;
  }
  bool is_kind(std::size_t at, SqlTokenKind kind) const {
    return at < tokens_.size() && tokens_[at].kind == kind;
  }
  bool is_keyword(std::size_t at) const { return is_sql_keyword(word(at)); }
  /// A name that is none of SQL's own words.
  bool is_free_name(std::size_t at) const {
    return at < tokens_.size() && tokens_[at].is_name() && !is_keyword(at);
  }
  bool is_from(std::size_t at) const {
    return word(at) == "from" && std::ranges::binary_search(froms_, tokens_[at].begin);
  }
  /// Whether a value or a relation ends here, so that a name behind it is what it is called.
  bool ends(std::size_t at) const {
    constexpr std::array<std::string_view, 4> kValues{"end", "false", "null", "true"};
    return is(at, ')') || is(at, ']') || is(at, '}') || is_free_name(at) ||
           is_kind(at, SqlTokenKind::String) || is_kind(at, SqlTokenKind::Digits) ||
           std::ranges::find(kValues, word(at)) != kValues.end();
  }

  /// Words that are grammar here and a name elsewhere; in doubt a name.
  bool is_grammar(std::size_t at) const {
    const string text = word(at);
    const bool is_before_value = is_kind(at + 1, SqlTokenKind::String) ||
                                 is_kind(at + 1, SqlTokenKind::Digits) || is_keyword(at + 1) ||
                                 is_free_name(at + 1);
    if (text == "between") {
      return at > 0 && ends(at - 1) && is_before_value && !is_relation_end(at + 1);
    }
    if (text == "date" || text == "time" || text == "timestamp" || text == "timestamptz" ||
        text == "interval") {
      return !(at > 0 && ends(at - 1)) &&
             (is_kind(at + 1, SqlTokenKind::String) || is_kind(at + 1, SqlTokenKind::Digits));
    }
    if (text == "partition") {
      return at > 0 && is(at - 1, '(') && word(at + 1) == "by";
    }
    if (units().contains(text)) {
      return at > 0 &&
             (is_kind(at - 1, SqlTokenKind::Digits) ||
              (at > 1 && is(at - 1, '(') && word(at - 2) == "extract" && word(at + 1) == "from"));
    }
    return text == "current_date" || text == "current_timestamp" || text == "current_time";
  }
  bool is_relation_end(std::size_t at) const {
    return ends_of_from().contains(word(at)) || word(at) == "on" || word(at) == "join" ||
           word(at) == "using";
  }

  /// `AS name`, `w AS (` and names that follow a value or a relation.
  void find_aliases() {
    std::vector<Place> open{Place::Values};
    for (std::size_t at = 0; at < tokens_.size(); ++at) {
      if (is(at, '(')) {
        open.push_back(Place::Values);
      } else if (is(at, ')') && open.size() > 1) {
        open.pop_back();
      } else if (is_from(at)) {
        open.back() = Place::Relations;
      } else if (ends_of_from().contains(word(at))) {
        open.back() = Place::Values;
      }
      if (!is_free_name(at)) {
        continue;
      }
      const bool is_common = word(at + 1) == "as" && (is(at + 2, '(') || word(at + 2) == "not" ||
                                                      word(at + 2) == "materialized");
      const bool is_named = at > 0 && !is_grammar(at) &&
                            (word(at - 1) == "as" || (ends(at - 1) && !is_grammar(at - 1)));
      if (is_common || (is_named && open.back() == Place::Relations)) {
        rows_.insert(name(at));
      }
      if (is_named) {
        defined_.insert(at);
        made_.insert(name(at));
      } else if (is_common) {
        defined_.insert(at);
      }
    }
  }

  /// A star that counts rows or multiplies, and no column by its position.
  bool is_fine_symbol(std::size_t at) const {
    if (is(at, '#')) {
      return false;
    }
    if (!is(at, '*')) {
      return true;
    }
    const bool is_count = at > 1 && is(at - 1, '(') && word(at - 2) == "count" && is(at + 1, ')');
    const bool is_product = at > 0 && ends(at - 1) && !is_behind_keys(at - 1);
    return is_count || is_product;
  }
  /// DISTINCT ON (keys): what follows is a list, and no product.
  bool is_behind_keys(std::size_t at) const {
    int depth = 0;
    for (std::size_t i = at + 1; i-- > 0;) {
      depth += is(i, ')') ? 1 : is(i, '(') ? -1 : 0;
      if (depth == 0) {
        return i > 0 && is(i, '(') && word(i - 1) == "on";
      }
    }
    return false;
  }

  /// A call, and no list of columns behind what it names.
  bool is_fine_call(std::size_t at) const {
    const string text = word(at);
    if (text == "columns" || text == "unnest" || text == "unlist") {
      return false;
    }
    std::size_t end = at + 1;
    for (int depth = 0; end < tokens_.size(); ++end) {
      depth += is(end, '(') ? 1 : is(end, ')') ? -1 : 0;
      if (depth == 0) {
        break;
      }
    }
    if (word(end + 1) == "as" &&
        (is(end + 2, '(') || word(end + 2) == "not" || word(end + 2) == "materialized")) {
      return false;
    }
    const bool is_sized = std::ranges::all_of(
        tokens_.begin() + static_cast<std::ptrdiff_t>(at) + 2,
        tokens_.begin() + static_cast<std::ptrdiff_t>(std::min(end, tokens_.size())),
        [&](const SqlToken& token) {
          return token.kind == SqlTokenKind::Digits || sql_text(sql_, token) == ",";
        });
    if (at > 0 && (word(at - 1) == "as" || is(at - 1, ':'))) {
      return (is_sized && end > at + 2) || (is(at - 1, ':') && !(at > 1 && is(at - 2, ':')));
    }
    if (at == 0 || !ends(at - 1) || is_grammar(at - 1)) {
      return word(at - 1) != "with";
    }
    const string first = word(at + 2);
    return (text == "filter" && first == "where") ||
           (text == "over" &&
            (is(at + 2, ')') || first == "order" || (first == "partition" && is_grammar(at + 2))));
  }

  bool is_fine_name(std::size_t at) const {
    const string text = name(at);
    if (is_kind(at, SqlTokenKind::Word) && (is_keyword(at) || forbidden().contains(text))) {
      return !forbidden().contains(text);
    }
    if (is(at + 1, '(')) {
      return is_fine_call(at);
    }
    if (names_.is_masked(text)) {
      return false;
    }
    const bool is_member = at > 0 && is(at - 1, '.');
    const bool is_type = (at > 1 && is(at - 1, ':') && is(at - 2, ':')) || defined_.contains(at);
    if (is_type || (!is_member && is_grammar(at))) {
      return true;
    }
    if (!is_member && (names_.is_rows(text) || rows_.contains(text))) {
      const bool is_qualifier = is(at + 1, '.') && !is(at + 3, '(');
      return is_qualifier || is_read_as_relation(at);
    }
    return names_.is_clear(text) || made_.contains(text);
  }
  /// `FROM 'name'` reads the relation of that name, as `FROM name` does.
  bool is_relation(std::size_t at) const {
    return at > 0 && (is_from(at - 1) || word(at - 1) == "join");
  }
  bool is_read_as_relation(std::size_t at) const {
    const std::size_t before = at > 0 && is(at - 1, '{') ? at - 1 : at;
    return is_relation(before);
  }

  /// Each FROM has a list in front of it: without one it gives all columns.
  bool has_lists() const {
    std::vector<bool> has_list{false};
    for (std::size_t at = 0; at < tokens_.size(); ++at) {
      if (is(at, '(')) {
        has_list.push_back(false);
      } else if (is(at, ')') && has_list.size() > 1) {
        has_list.pop_back();
      } else if (word(at) == "select") {
        has_list.back() = true;
      } else if (word(at) == "union" || word(at) == "intersect" || word(at) == "except") {
        has_list.back() = false;
      } else if (is_from(at)) {
        if (!has_list.back()) {
          return false;
        }
        has_list.back() = false;
      }
    }
    return true;
  }

  std::string_view sql_;
  const ShownNames& names_;
  std::vector<SqlToken> tokens_;
  std::vector<std::size_t> froms_;
  Words rows_;  // what relations are called in the query
  Words made_;  // what values are called there
  std::set<std::size_t> defined_;
};

}  // namespace

bool reads_clear_only(std::string_view query, const ShownNames& names) {
  return Reader(query, names).read();
}

}  // namespace sluice::contract::internal
