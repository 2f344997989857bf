#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "sluice/contract/lower/plain_select_internal.h"

namespace sluice::contract::internal {
namespace {

using Words = std::set<std::string, std::less<>>;

std::string lower_word(const SqlName& name) {
  std::string lower(name.name);
  std::ranges::transform(lower, lower.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

/// The word as SQL reads it; empty for a quoted name, which is never one of its words.
std::string keyword(const SqlName& name) { return name.is_quoted ? "" : lower_word(name); }

const Words& more_than_plain() {
  static const Words kMore{"with",   "union",   "intersect", "except", "pivot",  "unpivot",
                           "values", "replace", "rename",    "table",  "lateral"};
  return kMore;
}

const Words& clauses() {
  static const Words kClauses{"where", "group", "having", "order", "limit", "qualify", "offset"};
  return kClauses;
}

const Words& after_a_relation() {
  static const Words kWords{"join", "inner", "left", "right", "full", "cross",
                            "semi", "anti",  "asof", "on",    "using"};
  return kWords;
}

/// Reads what stands behind FROM.
class Relations {
 public:
  Relations(const std::string& text, const std::vector<SqlName>& words, PlainSelect& out)
      : text_(text), words_(words), out_(out) {}

  /// From the word behind FROM on; false when it is no list of names.
  bool read(std::size_t at) {
    if (at == 0 || !take(at)) {
      return false;
    }
    for (; at_ < words_.size() && !clauses().contains(keyword(words_[at_])); ++at_) {
      if (keyword(words_[at_]) == "join") {
        if (!take(at_ + 1)) {
          return false;
        }
        --at_;
      }
    }
    const std::size_t begin = words_[at - 1].begin;
    const std::size_t end = at_ < words_.size() ? words_[at_].begin : text_.size();
    return !has_comma(begin, end);
  }

 private:
  bool is_blank(std::size_t begin, std::size_t end) const {
    return text_.substr(begin, end - begin).find_first_not_of(" \t\r\n;") == std::string::npos;
  }
  std::size_t end_of(std::size_t word) const { return words_[word].begin + words_[word].length; }
  /// Nothing between this word and the next one, or the end of the text.
  bool stands_alone(std::size_t word) const {
    return is_blank(end_of(word), word + 1 < words_.size() ? words_[word + 1].begin : text_.size());
  }
  bool has_comma(std::size_t begin, std::size_t end) const {
    int depth = 0;
    for (std::size_t i = begin; i < end; ++i) {
      depth += text_[i] == '(' ? 1 : text_[i] == ')' ? -1 : 0;
      if (text_[i] == ',' && depth == 0) {
        return true;
      }
    }
    return false;
  }

  /// A relation's name and its alias, with nothing else between them.
  bool take(std::size_t at) {
    if (at >= words_.size() || !is_blank(end_of(at - 1), words_[at].begin)) {
      return false;
    }
    out_.relations.push_back(lower_word(words_[at]));
    out_.names.push_back(out_.relations.back());
    if (at + 1 == words_.size()) {
      at_ = at + 1;
      return stands_alone(at);
    }
    const bool has_as = keyword(words_[at + 1]) == "as";
    const std::size_t alias = has_as ? at + 2 : at + 1;
    const bool is_alias = has_as || !(clauses().contains(keyword(words_[alias])) ||
                                      after_a_relation().contains(keyword(words_[alias])));
    if (!is_alias) {
      at_ = alias;
      // A qualified or renamed relation leaves something between; `ON (` and `USING (` follow.
      return is_blank(end_of(at), words_[alias].begin);
    }
    if (alias >= words_.size() || !is_blank(end_of(at), words_[at + 1].begin) ||
        (has_as && !is_blank(end_of(at + 1), words_[alias].begin)) || !stands_alone(alias)) {
      return false;
    }
    out_.names.push_back(lower_word(words_[alias]));
    at_ = alias + 1;
    return true;
  }

  const std::string& text_;
  const std::vector<SqlName>& words_;
  PlainSelect& out_;
  std::size_t at_ = 0;
};

}  // namespace

std::optional<PlainSelect> parse_plain_select(const std::string& text) {
  if (text.find("--") != std::string::npos || text.find("/*") != std::string::npos ||
      text.find('#') != std::string::npos) {
    return std::nullopt;
  }
  const std::vector<SqlName> words = names_in(text);
  const std::vector<std::size_t> froms = find_froms(text);
  std::size_t list_begin = std::string::npos;
  std::size_t list_end = std::string::npos;
  std::size_t relation = 0;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string word = keyword(words[i]);
    const bool is_from = word == "from" && std::ranges::binary_search(froms, words[i].begin);
    const bool is_second = (word == "select" && list_begin != std::string::npos) ||
                           (is_from && list_end != std::string::npos);
    if (is_second || more_than_plain().contains(word)) {
      return std::nullopt;
    }
    if (word == "select") {
      list_begin = words[i].begin + words[i].length;
    } else if (is_from) {
      list_end = words[i].begin;
      relation = i + 1;
    }
  }
  PlainSelect plain;
  if (list_begin == std::string::npos || list_end == std::string::npos || list_end < list_begin ||
      !Relations(text, words, plain).read(relation)) {
    return std::nullopt;
  }
  plain.list = text.substr(list_begin, list_end - list_begin);
  return plain;
}

}  // namespace sluice::contract::internal
