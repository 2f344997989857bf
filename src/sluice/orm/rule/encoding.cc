// Rules for texts that encode something else.
#include <algorithm>

#include "sluice/base/limits.h"
#include "sluice/orm/rule/rules.h"
#include "sluice/orm/rule/scan_internal.h"

namespace sluice::orm {
namespace {

bool are_of(std::string_view text, std::uint16_t bits, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is(c, bits) || others.find(c) != std::string_view::npos;
  });
}

/// Takes up to two '=' off the end.
std::size_t take_padding(std::string_view& text, std::size_t most) {
  std::size_t padding = 0;
  while (padding < most && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  return padding;
}

bool is_base64_of(std::string_view text, std::string_view marks) {
  if (text.empty() || text.size() % 4 != 0) {
    return false;
  }
  take_padding(text, 2);
  return are_of(text, kAlnum, marks);
}

bool is_base64(std::string_view text) { return is_base64_of(text, "+/"); }
bool is_base64_url(std::string_view text) { return is_base64_of(text, "-_"); }
bool is_base64_raw_url(std::string_view text) {
  return !text.empty() && text.size() % 4 != 1 && are_of(text, kAlnum, "-_");
}

bool is_base32(std::string_view text) {
  if (text.empty() || text.size() % 8 != 0) {
    return false;
  }
  const std::size_t padding = take_padding(text, 6);
  return padding != 2 && padding != 5 && are_of(text, kUpper, "234567");
}

bool is_jwt(std::string_view text) {
  for (int part = 0; part < 3; ++part) {
    const std::size_t dot = text.find('.');
    if (!is_base64_raw_url(text.substr(0, dot)) || (dot == std::string_view::npos) != (part == 2)) {
      return false;
    }
    text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  }
  return true;
}

bool is_percent_encoded(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (i + 2 >= text.size() || !is(text[i + 1], kHex) || !is(text[i + 2], kHex)) {
        return false;
      }
      i += 2;
    } else if (!is(text[i], kAlnum) &&
               std::string_view{"-._~+"}.find(text[i]) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

/// No '<' that a tag could start with.
bool is_html_free(std::string_view text) {
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] == '<' && (is(text[i + 1], kLetter) || text[i + 1] == '/' || text[i + 1] == '!')) {
      return false;
    }
  }
  return true;
}

void skip_blanks(std::string_view& text) {
  while (!text.empty() &&
         std::string_view{" \t\n\r"}.find(text.front()) != std::string_view::npos) {
    text.remove_prefix(1);
  }
}

bool take_json_string(std::string_view& text) {
  if (!take(text, '"')) {
    return false;
  }
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == '"') {
      return true;
    }
    if (static_cast<unsigned char>(c) < 0x20) {
      return false;
    }
    if (c != '\\') {
      continue;
    }
    if (take(text, 'u')) {
      if (text.size() < 4 || !all_are(text.substr(0, 4), kHex)) {
        return false;
      }
      text.remove_prefix(4);
    } else if (!text.empty() &&
               std::string_view{"\"\\/bfnrt"}.find(text.front()) != std::string_view::npos) {
      text.remove_prefix(1);
    } else {
      return false;
    }
  }
  return false;
}

bool take_digits(std::string_view& text) {
  std::size_t digits = 0;
  while (digits < text.size() && is(text[digits], kDigit)) {
    ++digits;
  }
  text.remove_prefix(digits);
  return digits > 0;
}

bool take_json_number(std::string_view& text) {
  take(text, '-');
  if (!take(text, '0') && !take_digits(text)) {
    return false;
  }
  if (take(text, '.') && !take_digits(text)) {
    return false;
  }
  if (take(text, 'e') || take(text, 'E')) {
    if (!take(text, '+')) {
      take(text, '-');
    }
    return take_digits(text);
  }
  return true;
}

bool take_json(std::string_view& text, int depth);

bool take_json_items(std::string_view& text, char close, bool keys, int depth) {
  skip_blanks(text);
  if (take(text, close)) {
    return true;
  }
  while (true) {
    skip_blanks(text);
    if (keys) {
      if (!take_json_string(text)) {
        return false;
      }
      skip_blanks(text);
      if (!take(text, ':')) {
        return false;
      }
    }
    if (!take_json(text, depth + 1)) {
      return false;
    }
    skip_blanks(text);
    if (take(text, close)) {
      return true;
    }
    if (!take(text, ',')) {
      return false;
    }
  }
}

bool take_json(std::string_view& text, int depth) {
  skip_blanks(text);
  if (text.empty() || depth > limits::kDocumentDepthMax) {
    return false;
  }
  switch (text.front()) {
    case '{': text.remove_prefix(1); return take_json_items(text, '}', true, depth);
    case '[': text.remove_prefix(1); return take_json_items(text, ']', false, depth);
    case '"': return take_json_string(text);
    default: break;
  }
  for (const std::string_view word : {"true", "false", "null"}) {
    if (text.starts_with(word)) {
      text.remove_prefix(word.size());
      return true;
    }
  }
  return take_json_number(text);
}

}  // namespace

bool is_json(std::string_view text) {
  if (!take_json(text, 0)) {
    return false;
  }
  skip_blanks(text);
  return text.empty();
}

const RuleKind kBase32{
    .name = "base32", .summary = "Base 32 with padding", .check = check_text<is_base32>};
const RuleKind kBase64{
    .name = "base64", .summary = "Base 64 with padding", .check = check_text<is_base64>};
const RuleKind kBase64Url{.name = "base64_url",
                          .summary = "Base 64 of the URL alphabet, with padding",
                          .check = check_text<is_base64_url>};
const RuleKind kBase64RawUrl{.name = "base64_raw_url",
                             .summary = "Base 64 of the URL alphabet, without padding",
                             .check = check_text<is_base64_raw_url>};
const RuleKind kJson{
    .name = "json_text", .summary = "One JSON value", .check = check_text<is_json>};
const RuleKind kJwt{.name = "jwt",
                    .summary = "Three parts of unpadded base 64 between dots",
                    .check = check_text<is_jwt>};
const RuleKind kPercentEncoded{.name = "percent_encoded",
                               .summary = "A form-encoded text",
                               .check = check_text<is_percent_encoded>};
const RuleKind kHtmlFree{
    .name = "html_free", .summary = "No HTML tag", .check = check_text<is_html_free>};

}  // namespace sluice::orm
