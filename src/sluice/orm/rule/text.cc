// Rules for text: character classes, needles, lists of values.
#include <algorithm>
#include <vector>

#include "sluice/orm/rule/rules.h"
#include "sluice/orm/rule/scan_internal.h"
#include "sluice/plan/expr.h"

namespace sluice::orm {
namespace {

bool is_alpha(std::string_view text) { return all_are(text, kLetter); }
bool is_alphanumeric(std::string_view text) { return all_are(text, kAlnum); }
bool are_digits(std::string_view text) { return all_are(text, kDigit); }
bool is_printable(std::string_view text) { return all_are(text, kPrintable); }

bool is_alpha_space(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return is(c, kLetter) || c == ' '; });
}

bool is_numeric(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) {
    text.remove_prefix(1);
  }
  const std::size_t point = text.find('.');
  return are_digits(text.substr(0, point)) &&
         (point == std::string_view::npos || are_digits(text.substr(point + 1)));
}

bool is_boolean(std::string_view text) {
  return text == "true" || text == "false" || text == "1" || text == "0";
}

bool is_hexadecimal(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
  }
  return all_are(text, kHex);
}

bool has_none(std::string_view text, std::uint16_t bits) {
  return std::none_of(text.begin(), text.end(), [bits](char c) { return is(c, bits); });
}

bool is_lowercase(std::string_view text) { return !text.empty() && has_none(text, kUpper); }
bool is_uppercase(std::string_view text) { return !text.empty() && has_none(text, kLower); }

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_not_blank(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return !is(c, kBlank); });
}

bool is_trimmed(std::string_view text) {
  return text.empty() || (!is(text.front(), kBlank) && !is(text.back(), kBlank));
}

bool is_single_line(std::string_view text) {
  return text.find_first_of("\n\r") == std::string_view::npos;
}

bool is_identifier(std::string_view text) {
  return !text.empty() && !is(text.front(), kDigit) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is(c, kAlnum) || c == '_'; });
}

bool is_slug(std::string_view text) {
  bool after_dash = true;
  for (const char c : text) {
    if (c == '-' ? after_dash : !is(c, kLower | kDigit)) {
      return false;
    }
    after_dash = c == '-';
  }
  return !after_dash;
}

using Search = bool (*)(std::string_view text, std::string_view needle);

template <Search Matches>
bool check_needle(const RuleNode& node, const Subject& subject) {
  return Matches(subject.text(), node.low.text);
}

bool contains_text(std::string_view text, std::string_view needle) {
  return text.find(needle) != std::string_view::npos;
}
bool excludes_text(std::string_view text, std::string_view needle) {
  return !contains_text(text, needle);
}
bool has_any(std::string_view text, std::string_view characters) {
  return text.find_first_of(characters) != std::string_view::npos;
}
bool has_none_of(std::string_view text, std::string_view characters) {
  return !has_any(text, characters);
}
bool begins(std::string_view text, std::string_view needle) { return text.starts_with(needle); }
bool ends(std::string_view text, std::string_view needle) { return text.ends_with(needle); }
bool does_not_begin(std::string_view text, std::string_view needle) {
  return !begins(text, needle);
}
bool does_not_end(std::string_view text, std::string_view needle) { return !ends(text, needle); }

/// The needle as a pattern that matches itself.
std::string quoted(std::string_view needle) {
  std::string pattern;
  for (const char c : needle) {
    const bool plain = is(c, kAlnum) || static_cast<unsigned char>(c) >= 0x80;
    pattern += plain ? std::string(1, c) : std::string{'\\', c};
  }
  return pattern;
}

enum class Anchor { Nowhere, Start, End };

template <Anchor Where, bool Negated>
bool lower_needle(const RuleNode& node, const LowerTarget& target, plan::Expr& out) {
  const std::string pattern = (Where == Anchor::Start ? "^" : "") + quoted(node.low.text) +
                              (Where == Anchor::End ? "$" : "");
  out = plan::binary(plan::BinaryOp::RegexMatches, plan::column(std::string(target.column)),
                     plan::literal(pattern));
  if (Negated) {
    out = plan::unary(plan::UnaryOp::Not, out);
  }
  return true;
}

constexpr char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equal_folded(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return fold(x) == fold(y); });
}

bool check_one_of_folded(const RuleNode& node, const Subject& subject) {
  const std::string_view text = subject.text();
  return std::any_of(node.first(), node.end(),
                     [&](const RuleNode& value) { return equal_folded(text, value.low.text); });
}

bool check_length(const RuleNode& node, const Subject& subject) {
  const auto length = static_cast<std::int64_t>(subject.length());
  return length >= node.low.integer && length <= node.high.integer;
}

bool check_bytes(const RuleNode& node, const Subject& subject) {
  return std::cmp_less_equal(subject.text().size(), node.high.integer);
}

bool lower_length(const RuleNode& node, const LowerTarget& target, plan::Expr& out) {
  if (target.type->kind != Kind::Text) {
    return false;
  }
  const plan::Expr length{plan::Call{.function = plan::Function::Length,
                                     .arguments = {plan::column(std::string(target.column))}}};
  std::vector<plan::Expr> bounds;
  if (node.low.integer > 0) {
    bounds.push_back(
        plan::binary(plan::BinaryOp::GreaterEqual, length, plan::literal(node.low.integer)));
  }
  if (node.high.integer < std::int64_t{1} << 62) {
    bounds.push_back(
        plan::binary(plan::BinaryOp::LessEqual, length, plan::literal(node.high.integer)));
  }
  out = plan::all_of(std::move(bounds));
  return true;
}

}  // namespace

const RuleKind kAlpha{.name = "alpha",
                      .summary = "Letters A to Z in either case",
                      .check = check_text<is_alpha>,
                      .pattern = "^[A-Za-z]+$"};
const RuleKind kAlphanumeric{.name = "alphanumeric",
                             .summary = "ASCII letters and digits",
                             .check = check_text<is_alphanumeric>,
                             .pattern = "^[A-Za-z0-9]+$"};
const RuleKind kAlphaSpace{.name = "alpha_space",
                           .summary = "ASCII letters and spaces",
                           .check = check_text<is_alpha_space>,
                           .pattern = "^[A-Za-z ]+$"};
const RuleKind kDigits{.name = "digits",
                       .summary = "Digits 0 to 9",
                       .check = check_text<are_digits>,
                       .pattern = "^[0-9]+$"};
const RuleKind kNumeric{.name = "numeric",
                        .summary = "A decimal number with an optional sign",
                        .check = check_text<is_numeric>,
                        .pattern = "^[-+]?[0-9]+(\\.[0-9]+)?$"};
const RuleKind kBoolean{.name = "boolean_text",
                        .summary = "true, false, 1 or 0",
                        .check = check_text<is_boolean>,
                        .pattern = "^(true|false|1|0)$"};
const RuleKind kHexadecimal{.name = "hexadecimal",
                            .summary = "Hexadecimal digits, with or without 0x",
                            .check = check_text<is_hexadecimal>,
                            .pattern = "^(0[xX])?[0-9A-Fa-f]+$"};
const RuleKind kLowercase{.name = "lowercase",
                          .summary = "Not empty and without a capital A to Z",
                          .check = check_text<is_lowercase>,
                          .pattern = "^[^A-Z]+$"};
const RuleKind kUppercase{.name = "uppercase",
                          .summary = "Not empty and without a small a to z",
                          .check = check_text<is_uppercase>,
                          .pattern = "^[^a-z]+$"};
const RuleKind kAscii{.name = "ascii",
                      .summary = "ASCII characters only",
                      .check = check_text<is_ascii>,
                      .pattern = "^[\\x00-\\x7f]*$"};
const RuleKind kPrintableAscii{.name = "printable_ascii",
                               .summary = "Printable ASCII characters, blank included",
                               .check = check_text<is_printable>,
                               .pattern = "^[ -~]+$"};
const RuleKind kNotBlank{.name = "not_blank",
                         .summary = "Something else than blanks",
                         .check = check_text<is_not_blank>,
                         .pattern = "[^ \\t\\n\\r\\f\\v]"};
const RuleKind kTrimmed{.name = "trimmed",
                        .summary = "No blank at either end",
                        .check = check_text<is_trimmed>,
                        .pattern = "^([^ \\t\\n\\r\\f\\v]((?s:.)*[^ \\t\\n\\r\\f\\v])?)?$"};
const RuleKind kSingleLine{.name = "single_line",
                           .summary = "No line break",
                           .check = check_text<is_single_line>,
                           .pattern = "^[^\\n\\r]*$"};
const RuleKind kIdentifier{.name = "identifier",
                           .summary = "Letters, digits and underscores, no digit first",
                           .check = check_text<is_identifier>,
                           .pattern = "^[A-Za-z_][A-Za-z0-9_]*$"};
const RuleKind kSlug{.name = "slug",
                     .summary = "Lower-case words and digits joined by single dashes",
                     .check = check_text<is_slug>,
                     .pattern = "^[a-z0-9]+(-[a-z0-9]+)*$"};
const RuleKind kContains{.name = "contains",
                         .summary = "Has the text in it",
                         .check = check_needle<contains_text>,
                         .lower = lower_needle<Anchor::Nowhere, false>};
const RuleKind kExcludes{.name = "excludes",
                         .summary = "Does not have the text in it",
                         .check = check_needle<excludes_text>,
                         .lower = lower_needle<Anchor::Nowhere, true>};
const RuleKind kContainsAny{.name = "contains_any",
                            .summary = "Has one of the (ASCII) characters in it",
                            .check = check_needle<has_any>};
const RuleKind kExcludesAll{.name = "excludes_all",
                            .summary = "Has none of the (ASCII) characters in it",
                            .check = check_needle<has_none_of>};
const RuleKind kStartsWith{.name = "starts_with",
                           .summary = "Starts with the text",
                           .check = check_needle<begins>,
                           .lower = lower_needle<Anchor::Start, false>};
const RuleKind kEndsWith{.name = "ends_with",
                         .summary = "Ends with the text",
                         .check = check_needle<ends>,
                         .lower = lower_needle<Anchor::End, false>};
const RuleKind kNotStartingWith{.name = "not_starting_with",
                                .summary = "Does not start with the text",
                                .check = check_needle<does_not_begin>,
                                .lower = lower_needle<Anchor::Start, true>};
const RuleKind kNotEndingWith{.name = "not_ending_with",
                              .summary = "Does not end with the text",
                              .check = check_needle<does_not_end>,
                              .lower = lower_needle<Anchor::End, true>};
const RuleKind kOneOfIgnoringCase{.name = "one_of_ignoring_case",
                                  .summary = "One of the values, ASCII letters in either case",
                                  .check = check_one_of_folded};
const RuleKind kLength{.name = "length",
                       .summary = "Characters of a text or elements of a container, from to",
                       .check = check_length,
                       .lower = lower_length};
const RuleKind kByteLength{
    .name = "max_bytes", .summary = "At most so many bytes of UTF-8", .check = check_bytes};

}  // namespace sluice::orm
