#include "sluice/dialect/quote.h"

#include <fmt/format.h>

namespace sluice::dialect {

std::string quote_identifier(std::string_view name, char quote) {
  std::string quoted(1, quote);
  for (const char c : name) {
    quoted += c;
    if (c == quote) {
      quoted += c;
    }
  }
  quoted += quote;
  return quoted;
}

std::string quote_literal(std::string_view text) {
  std::string quoted = "'";
  bool joined = false;
  for (const char c : text) {
    if (c == '\0') {
      quoted += "' || chr(0) || '";
      joined = true;
      continue;
    }
    quoted += c;
    if (c == '\'') {
      quoted += c;
    }
  }
  quoted += '\'';
  return joined ? "(" + quoted + ")" : quoted;
}

std::string quote_literal_with_backslashes(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    switch (c) {
      case '\'': quoted += "\\'"; break;
      case '\\': quoted += "\\\\"; break;
      case '\0': quoted += "\\0"; break;
      default: quoted += c;
    }
  }
  return quoted + "'";
}

std::string quote_table(const plan::TableId& id, char quote) {
  std::string text;
  for (const std::string& part : id.parts) {
    text += (text.empty() ? "" : ".") + quote_identifier(part, quote);
  }
  return text;
}

std::string quote_columns(const std::vector<std::string>& names, std::string_view prefix,
                          char quote) {
  std::string text;
  for (const std::string& name : names) {
    text += fmt::format("{}{}{}", text.empty() ? "" : ", ", prefix, quote_identifier(name, quote));
  }
  return text;
}

}  // namespace sluice::dialect
