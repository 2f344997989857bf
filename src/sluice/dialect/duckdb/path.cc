#include "sluice/dialect/duckdb/path.h"

#include "sluice/dialect/quote.h"

namespace sluice::dialect {

std::string literal_path(std::string_view path) {
  std::string pattern;
  for (const char c : path) {
    const bool is_sign = c == '*' || c == '?' || c == '[';
    pattern += is_sign ? std::string{'[', c, ']'} : std::string(1, c);
  }
  return pattern;
}

std::string quote_path(std::string_view path) { return quote_literal(literal_path(path)); }

std::string quote_paths(const std::vector<std::string>& places) {
  std::string list;
  for (const std::string& place : places) {
    list += (list.empty() ? "" : ", ") + quote_path(place);
  }
  return list;
}

}  // namespace sluice::dialect
