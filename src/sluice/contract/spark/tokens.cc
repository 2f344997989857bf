#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "sluice/contract/spark/tokens_internal.h"

namespace sluice::contract::internal {
namespace {

constexpr std::size_t kDepthMax = 100;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (static_cast<unsigned char>(c) & 0x80U) != 0;
}
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// The signs of more than one character, longest first.
constexpr std::array<std::string_view, 13> kLongSigns{
    "<=>", ">>>", "<=", ">=", "<>", "!=", "==", "||", "->", "=>", "::", "<<", ">>"};

class Scanner {
 public:
  explicit Scanner(std::string_view sql) : sql_(sql) {}

  SparkTokens scan() {
    for (skip_gap(); at_ < sql_.size(); skip_gap()) {
      take_token();
    }
    pair_brackets();
    return std::move(out_);
  }

 private:
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }

  void fault(std::size_t begin, std::size_t length, std::string message, std::string hint = {}) {
    out_.faults.push_back(
        {.begin = begin, .length = length, .message = std::move(message), .hint = std::move(hint)});
  }

  void add(SparkTokenKind kind, std::size_t begin, std::string text) {
    out_.list.push_back(
        {.kind = kind, .begin = begin, .length = at_ - begin, .text = std::move(text)});
  }

  /// Blanks and comments, which nest.
  void skip_gap() {
    while (at_ < sql_.size()) {
      const std::string_view rest = sql_.substr(at_);
      if (rest.starts_with("--")) {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (rest.starts_with("/*")) {
        skip_comment();
      } else if (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') {
        ++at_;
      } else {
        return;
      }
    }
  }

  void skip_comment() {
    const std::size_t begin = at_;
    int depth = 0;
    do {
      if (sql_.substr(at_).starts_with("/*")) {
        ++depth;
        at_ += 2;
      } else if (sql_.substr(at_).starts_with("*/")) {
        --depth;
        at_ += 2;
      } else {
        ++at_;
      }
    } while (depth > 0 && at_ < sql_.size());
    if (depth > 0) {
      fault(begin, 2, "a comment does not end");
    }
  }

  void take_token() {
    const char c = peek();
    if (c == '\'' || c == '"') {
      take_string(at_, false);
    } else if ((c == 'r' || c == 'R') && (peek(1) == '\'' || peek(1) == '"')) {
      const std::size_t begin = at_++;
      take_string(begin, true);
    } else if (c == '`') {
      take_name();
    } else if (is_digit(c) || (c == '.' && is_digit(peek(1)) && !is_behind_name())) {
      take_number();
    } else if (is_letter(c)) {
      take_word();
    } else if (c == '{' && is_placeholder()) {
      const std::size_t begin = at_;
      at_ = sql_.find('}', at_) + 1;
      add(SparkTokenKind::Word, begin, std::string(sql_.substr(begin, at_ - begin)));
    } else {
      take_sign();
    }
  }

  bool is_placeholder() const {
    const std::string_view rest = sql_.substr(at_);
    return rest.starts_with("{dataset}") || rest.starts_with("{link}");
  }

  bool is_behind_name() const {
    if (out_.list.empty()) {
      return false;
    }
    const SparkToken& last = out_.list.back();
    return last.begin + last.length == at_ &&
           (last.kind == SparkTokenKind::Word || last.kind == SparkTokenKind::Name);
  }

  void take_word() {
    const std::size_t begin = at_;
    std::string text;
    while (is_letter(peek()) || is_digit(peek())) {
      text += upper(peek());
      ++at_;
    }
    add(SparkTokenKind::Word, begin, std::move(text));
  }

  void take_name() {
    const std::size_t begin = at_++;
    std::string text;
    while (at_ < sql_.size()) {
      if (peek() == '`') {
        if (peek(1) != '`') {
          ++at_;
          add(SparkTokenKind::Name, begin, std::move(text));
          return;
        }
        ++at_;
      }
      text += peek();
      ++at_;
    }
    fault(begin, 1, "a name in backquotes does not end");
  }

  void take_number() {
    const std::size_t begin = at_;
    while (is_digit(peek())) {
      ++at_;
    }
    if (peek() == '.') {
      ++at_;
      while (is_digit(peek())) {
        ++at_;
      }
    }
    const std::size_t sign = peek(1) == '-' || peek(1) == '+' ? 2 : 1;
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(sign))) {
      at_ += sign;
      while (is_digit(peek())) {
        ++at_;
      }
    }
    while (is_letter(peek())) {
      ++at_;
    }
    add(SparkTokenKind::Number, begin, std::string(sql_.substr(begin, at_ - begin)));
  }

  void take_sign() {
    const std::size_t begin = at_;
    for (const std::string_view sign : kLongSigns) {
      if (sql_.substr(at_).starts_with(sign)) {
        at_ += sign.size();
        add(SparkTokenKind::Sign, begin, std::string(sign));
        return;
      }
    }
    const char c = peek();
    ++at_;
    add(SparkTokenKind::Sign, begin, std::string(1, c));
  }

  /// From the opening quote on; `begin` may stand before it.
  void take_string(std::size_t begin, bool is_raw) {
    const char quote = peek();
    ++at_;
    std::string text;
    while (at_ < sql_.size()) {
      const char c = peek();
      if (c == quote) {
        ++at_;
        if (peek() != quote || is_raw) {
          end_string(begin, std::move(text));
          return;
        }
        text += quote;
        ++at_;
      } else if (c == '\\' && !is_raw && at_ + 1 < sql_.size()) {
        ++at_;
        take_escape(text);
      } else {
        text += c;
        ++at_;
      }
    }
    fault(begin, 1, "a text in quotes does not end");
  }

  void end_string(std::size_t begin, std::string text) {
    if (text.find('\0') != std::string::npos) {
      fault(begin, at_ - begin, "a text holds the character 0, which no column can");
    }
    add(SparkTokenKind::String, begin, std::move(text));
  }

  /// Behind the backslash.
  void take_escape(std::string& text) {
    const char c = peek();
    if ((c == 'u' && take_code_point(4, text)) || (c == 'U' && take_code_point(8, text)) ||
        take_octal(text)) {
      return;
    }
    ++at_;
    switch (c) {
      case '0': text += '\0'; return;
      case 'b': text += '\b'; return;
      case 'n': text += '\n'; return;
      case 'r': text += '\r'; return;
      case 't': text += '\t'; return;
      case 'Z': text += '\x1a'; return;
      case '%': text += "\\%"; return;  // stays escaped, for LIKE
      case '_': text += "\\_"; return;
      default: text += c; return;
    }
  }

  bool take_code_point(std::size_t digits, std::string& text) {
    const std::string_view hex = sql_.substr(std::min(at_ + 1, sql_.size()), digits);
    std::uint32_t code = 0;
    const auto read = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
    const bool is_character = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    if (hex.size() != digits || read.ptr != hex.data() + hex.size() || !is_character) {
      return false;
    }
    append_code_point(text, code);
    at_ += 1 + digits;
    return true;
  }

  bool take_octal(std::string& text) {
    const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
    if (peek() > '1' || !is_octal(peek()) || !is_octal(peek(1)) || !is_octal(peek(2))) {
      return false;
    }
    append_code_point(text, static_cast<std::uint32_t>((peek() - '0') * 64 + (peek(1) - '0') * 8 +
                                                       (peek(2) - '0')));
    at_ += 3;
    return true;
  }

  static void append_code_point(std::string& text, std::uint32_t code) {
    const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
    if (code < 0x80) {
      put(code);
    } else if (code < 0x800) {
      put(0xC0U | (code >> 6U));
      put(0x80U | (code & 0x3FU));
    } else if (code < 0x10000) {
      put(0xE0U | (code >> 12U));
      put(0x80U | ((code >> 6U) & 0x3FU));
      put(0x80U | (code & 0x3FU));
    } else {
      put(0xF0U | (code >> 18U));
      put(0x80U | ((code >> 12U) & 0x3FU));
      put(0x80U | ((code >> 6U) & 0x3FU));
      put(0x80U | (code & 0x3FU));
    }
  }

  void pair_brackets() {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < out_.list.size(); ++i) {
      out_.partner.push_back(i);
      const SparkToken& token = out_.list[i];
      const char sign =
          token.kind == SparkTokenKind::Sign && token.length == 1 ? token.text[0] : '\0';
      if (sign == '(' || sign == '[') {
        open.push_back(i);
        if (open.size() == kDepthMax) {
          fault(token.begin, 1, "parentheses nest too deep",
                "split the expression over several columns");
        }
      } else if (sign == ')' || sign == ']') {
        const char wanted = sign == ')' ? '(' : '[';
        if (open.empty() || out_.list[open.back()].text[0] != wanted) {
          fault(token.begin, 1, "a parenthesis closes that was not opened");
          return;
        }
        out_.partner[i] = open.back();
        out_.partner[open.back()] = i;
        open.pop_back();
      }
    }
    if (!open.empty()) {
      fault(out_.list[open.back()].begin, 1, "a parenthesis does not close");
    }
  }

  std::string_view sql_;
  std::size_t at_ = 0;
  SparkTokens out_;
};

}  // namespace

SparkTokens tokens_of_spark(std::string_view sql) { return Scanner(sql).scan(); }

}  // namespace sluice::contract::internal
