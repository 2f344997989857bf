#include "sluice/contract/diagnostic/secret.h"

#include <algorithm>
#include <array>
#include <string>

namespace sluice::contract {
namespace {

constexpr std::string_view kBlanks = " \t\"'";

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// The word that ends before `end`, without quotes.
std::string_view word_before(std::string_view line, std::size_t end) {
  const std::size_t last = line.substr(0, end).find_last_not_of(kBlanks);
  if (last == std::string_view::npos) {
    return {};
  }
  const std::size_t before = line.substr(0, last + 1).find_last_of(" \t\"',{[");
  const std::size_t first = before == std::string_view::npos ? 0 : before + 1;
  return line.substr(first, last + 1 - first);
}

/// A text that is written out behind a colon; empty for a map, a list, a block or nothing.
std::string_view value_after(std::string_view line, std::size_t colon) {
  const std::size_t first = line.find_first_not_of(kBlanks, colon + 1);
  if (first == std::string_view::npos ||
      std::string_view("[&*|>#,}").find(line[first]) != std::string_view::npos) {
    return {};
  }
  return line.substr(first, line.find_first_of(",\"'", first) - first);
}

bool is_literal(std::string_view value) {
  while (!value.empty() && (value.back() == ' ' || value.back() == '\r')) {
    value.remove_suffix(1);
  }
  // `{NAME}` and `${NAME}` may stand before the brace of a flow map
  const bool is_reference = is_secret_reference(value) ||
                            (value.ends_with('}') && value.find("${") == 0) ||
                            (value.starts_with('{') && value.find(':') == std::string_view::npos);
  return !value.empty() && !is_reference && value.front() != '{';
}

}  // namespace

bool is_secret_reference(std::string_view text) {
  constexpr std::array<std::string_view, 8> kPrefixes{
      "env:", "keyvault:", "aws:", "gcp:", "vault:", "local:", "databricks:", "aws-kms:"};
  const bool is_wrapped = (text.starts_with("${") || text.starts_with('{')) && text.ends_with('}');
  return is_wrapped || std::any_of(kPrefixes.begin(), kPrefixes.end(),
                                   [&](std::string_view each) { return text.starts_with(each); });
}

bool is_secret_name(std::string_view key) {
  constexpr std::array<std::string_view, 9> kWords{
      "password", "passwd", "token",       "secret",           "connection_string",
      "api_key",  "apikey", "credentials", "shared_access_key"};
  constexpr std::array<std::string_view, 4> kEndings{"_password", "_token", "_secret", "_key"};
  constexpr std::array<std::string_view, 3> kHarmless{"partition_key", "primary_key", "public_key"};
  const std::string name = lower(key);
  if (name.ends_with("_path") ||
      std::find(kHarmless.begin(), kHarmless.end(), name) != kHarmless.end()) {
    return false;
  }
  return std::find(kWords.begin(), kWords.end(), name) != kWords.end() ||
         std::any_of(kEndings.begin(), kEndings.end(),
                     [&](std::string_view each) { return name.ends_with(each); });
}

bool has_password(std::string_view text) {
  for (std::size_t at = text.find("://"); at != std::string_view::npos;
       at = text.find("://", at + 3)) {
    std::string_view rest = text.substr(at + 3);
    rest = rest.substr(0, rest.find_first_of("/ \t\"',"));
    const std::size_t host = rest.find_last_of('@');
    const std::size_t colon = rest.find(':');
    const bool has_both = host != std::string_view::npos && colon < host;
    if (has_both && !is_secret_reference(rest.substr(colon + 1, host - colon - 1))) {
      return true;
    }
  }
  return false;
}

bool holds_secret(std::string_view line) {
  for (std::size_t colon = line.find(':'); colon != std::string_view::npos;
       colon = line.find(':', colon + 1)) {
    if (is_secret_name(word_before(line, colon)) && is_literal(value_after(line, colon))) {
      return true;
    }
  }
  return has_password(line);
}

}  // namespace sluice::contract
