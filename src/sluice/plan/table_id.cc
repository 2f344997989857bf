#include "sluice/plan/table_id.h"

#include <algorithm>

#include <fmt/format.h>

#include "sluice/base/limits.h"

namespace sluice::plan {
namespace {

constexpr std::size_t kPartsMax = 3;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '$';
}

/// Takes a quoted part off the front of `text`; empty when the quote never closes.
std::optional<std::string> take_quoted(std::string_view& text) {
  std::string part;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] != '"') {
      part += text[i];
    } else if (i + 1 < text.size() && text[i + 1] == '"') {
      part += text[i++];
    } else {
      text.remove_prefix(i + 1);
      return part;
    }
  }
  return std::nullopt;
}

std::optional<std::string> take_part(std::string_view& text) {
  if (text.starts_with('"')) {
    return take_quoted(text);
  }
  const auto end = std::ranges::find_if_not(text, is_plain);
  std::string part(text.begin(), end);
  text.remove_prefix(part.size());
  return part;
}

}  // namespace

Result<TableId> parse_table_id(std::string_view text) {
  TableId id;
  std::string_view rest = text;
  while (true) {
    auto part = take_part(rest);
    const bool valid =
        part.has_value() && !part->empty() && part->size() <= limits::kIdentifierBytesMax;
    if (!valid || id.parts.size() == kPartsMax) {
      break;
    }
    id.parts.push_back(std::move(*part));
    if (rest.empty()) {
      return id;
    }
    if (rest.front() != '.') {
      break;
    }
    rest.remove_prefix(1);
  }
  return make_error(ErrorCode::InvalidArgument,
                    fmt::format("expected a table name of one to three parts, got '{}'", text))
      .with_hint("write catalog.schema.table; put a part with other signs in double quotes");
}

std::string to_string(const TableId& id) {
  std::string text;
  for (const std::string& part : id.parts) {
    text += text.empty() ? "" : ".";
    if (std::ranges::all_of(part, is_plain)) {
      text += part;
      continue;
    }
    text += '"';
    for (const char c : part) {
      text += c == '"' ? "\"\"" : std::string(1, c);
    }
    text += '"';
  }
  return text;
}

}  // namespace sluice::plan
