#include "sluice/engine/password.h"

#include <algorithm>
#include <cstddef>

namespace sluice::engine {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::string_view kName = "password";
constexpr std::string_view kBlanks = " \t\r\n";

bool is_blank(char c) { return kBlanks.contains(c); }

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool begins_with_name(std::string_view text) {
  return text.size() >= kName.size() &&
         std::ranges::equal(text.substr(0, kName.size()), kName, {}, lower);
}

/// Where a value in quotes ends, which are doubled inside of SQL; a quote behind a backslash is of
/// the value.
std::size_t end_of_quoted(std::string_view text, std::size_t from) {
  const std::string_view mark = text.substr(from).starts_with("''") ? "''" : "'";
  for (std::size_t at = from + mark.size(); at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text.substr(at).starts_with(mark)) {
      return at + mark.size();
    }
  }
  return text.size();
}

/// A double quote may be of the value: one that closes the connection's text stands before a colon,
/// a brace, a blank or the end, and behind a backslash inside of JSON.
bool closes_text(std::string_view text, std::size_t at) {
  if (text[at] == '\\' && at + 1 < text.size()) {
    return text[at + 1] == '"' && closes_text(text, at + 1);
  }
  if (text[at] == '\'') {
    return true;  // of SQL's literal
  }
  if (text[at] != '"') {
    return false;
  }
  const char next = at + 1 < text.size() ? text[at + 1] : ' ';
  return is_blank(next) || next == ':' || next == '{' || next == ',' || next == '}';
}

std::size_t end_of_value(std::string_view text, std::size_t from) {
  if (from < text.size() && text[from] == '\'') {
    return end_of_quoted(text, from);
  }
  std::size_t at = from;
  while (at < text.size() && !is_blank(text[at]) && !closes_text(text, at)) {
    ++at;
  }
  return at;
}

/// Behind "password =", or npos where something else stands.
std::size_t find_value(std::string_view text, std::size_t name) {
  const std::size_t sign = text.find_first_not_of(kBlanks, name + kName.size());
  if (sign == std::string_view::npos || text[sign] != '=') {
    return std::string_view::npos;
  }
  return std::min(text.find_first_not_of(kBlanks, sign + 1), text.size());
}

/// The password of "//user:password@", as {begin, length}; nothing where there is none.
std::string_view find_in_uri(std::string_view text, std::size_t slashes) {
  const std::size_t begin = slashes + 2;
  const std::size_t end = std::min(text.find_first_of("/ \t\r\n\"'", begin), text.size());
  const std::string_view place = text.substr(begin, end - begin);
  const std::size_t at = place.rfind('@');
  const std::size_t colon = place.find(':');
  return at == std::string_view::npos || colon == std::string_view::npos || colon > at
             ? std::string_view{}
             : place.substr(colon + 1, at - colon - 1);
}

}  // namespace

std::string hide_passwords(std::string_view text) {
  std::string hidden;
  hidden.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::string_view rest = text.substr(at);
    std::size_t value = std::string_view::npos;
    std::size_t end = 0;
    if (begins_with_name(rest)) {
      value = find_value(text, at);
      end = value == std::string_view::npos ? 0 : end_of_value(text, value);
    } else if (rest.starts_with("//")) {
      const std::string_view found = find_in_uri(text, at);
      value = found.empty() ? std::string_view::npos
                            : static_cast<std::size_t>(found.data() - text.data());
      end = value + found.size();
    }
    if (value == std::string_view::npos || end <= value) {
      hidden += text[at++];
      continue;
    }
    hidden += text.substr(at, value - at);
    hidden += kHidden;
    at = end;
  }
  return hidden;
}

}  // namespace sluice::engine
