// Small scanners for text rules: a class table and a cursor. Every scanner walks its text once and
// never goes back, so no input costs more than its length.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sluice/orm/rule/rule.h"

namespace sluice::orm {

inline constexpr std::uint16_t kUpper = 1;
inline constexpr std::uint16_t kLower = 2;
inline constexpr std::uint16_t kDigit = 4;
inline constexpr std::uint16_t kHexLetter = 8;
inline constexpr std::uint16_t kMailAtom = 16;  // without the dot
inline constexpr std::uint16_t kPrintable = 32;
inline constexpr std::uint16_t kBlank = 64;     // space, tab, line breaks
inline constexpr std::uint16_t kUriMark = 128;  // may stand in a URI besides letters and digits
inline constexpr std::uint16_t kLetter = kUpper | kLower;
inline constexpr std::uint16_t kAlnum = kLetter | kDigit;
inline constexpr std::uint16_t kHex = kDigit | kHexLetter;

constexpr std::array<std::uint16_t, 256> make_classes() {
  std::array<std::uint16_t, 256> classes{};
  const auto add = [&](std::string_view characters, std::uint16_t bits) {
    for (const char c : characters) {
      classes[static_cast<unsigned char>(c)] |= bits;
    }
  };
  for (std::size_t c = 0x20; c < 0x7f; ++c) {
    classes[c] |= kPrintable;
  }
  add("ABCDEFGHIJKLMNOPQRSTUVWXYZ", kUpper | kMailAtom);
  add("abcdefghijklmnopqrstuvwxyz", kLower | kMailAtom);
  add("0123456789", kDigit | kMailAtom);
  add("ABCDEFabcdef", kHexLetter);
  add("!#$%&'*+/=?^_`{|}~-", kMailAtom);
  add(" \t\n\r\f\v", kBlank);
  add("-._~:/?#[]@!$&'()*+,;=%", kUriMark);
  return classes;
}

inline constexpr std::array<std::uint16_t, 256> kClasses = make_classes();

inline bool is(char c, std::uint16_t bits) {
  return (kClasses[static_cast<unsigned char>(c)] & bits) != 0;
}

/// Every character is of one of the classes; not empty.
inline bool all_are(std::string_view text, std::uint16_t bits) {
  if (text.empty()) {
    return false;
  }
  for (const char c : text) {
    if (!is(c, bits)) {
      return false;
    }
  }
  return true;
}

/// Takes a decimal number without leading zeros, at most `high`; false when there is none.
inline bool take_number(std::string_view& text, unsigned high, unsigned* out = nullptr) {
  std::size_t digits = 0;
  unsigned value = 0;
  while (digits < text.size() && digits < 7 && is(text[digits], kDigit)) {
    value = value * 10 + static_cast<unsigned>(text[digits++] - '0');
  }
  if (digits == 0 || value > high || (digits > 1 && text[0] == '0')) {
    return false;
  }
  text.remove_prefix(digits);
  if (out != nullptr) {
    *out = value;
  }
  return true;
}

inline bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

/// A check that only looks at the text.
template <bool (*Matches)(std::string_view)>
bool check_text(const RuleNode&, const Subject& subject) {
  return Matches(subject.type->kind == Kind::Text ? *static_cast<const std::string*>(subject.value)
                                                  : subject.text());
}

/// Checks shared between files.
bool is_hostname(std::string_view text);
bool is_ipv4(std::string_view text);
bool is_ipv6(std::string_view text);
bool is_json(std::string_view text);

}  // namespace sluice::orm
