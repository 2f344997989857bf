#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

#include "sluice/contract/bind/refusal_internal.h"

namespace sluice::contract::internal {
namespace {

/// The text between the first pair of `quote` after `mark`.
std::string quoted_after(std::string_view text, std::string_view mark, char quote) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) {
    return {};
  }
  const std::size_t begin = text.find(quote, at + mark.size());
  const std::size_t end = begin == std::string_view::npos ? begin : text.find(quote, begin + 1);
  return end == std::string_view::npos ? std::string{}
                                       : std::string(text.substr(begin + 1, end - begin - 1));
}

/// " (line 2, column 5)" at the end, as a byte of the statement.
std::optional<std::size_t> offset_of(std::string_view native, std::string_view statement) {
  constexpr std::string_view kLine = " (line ";
  constexpr std::string_view kColumn = ", column ";
  const std::size_t line_at = native.rfind(kLine);
  const std::size_t column_at = native.rfind(kColumn);
  if (line_at == std::string_view::npos || column_at == std::string_view::npos ||
      column_at < line_at) {
    return std::nullopt;
  }
  const auto number = [&](std::size_t at) {
    std::size_t value = 0;
    std::from_chars(native.data() + at, native.data() + native.size(), value);
    return value;
  };
  std::size_t offset = 0;
  for (std::size_t line = number(line_at + kLine.size()); line > 1; --line) {
    const std::size_t end = statement.find('\n', offset);
    if (end == std::string_view::npos) {
      return std::nullopt;
    }
    offset = end + 1;
  }
  return std::min(offset + number(column_at + kColumn.size()) - 1, statement.size());
}

/// "Binder Error: No function matches ...\n\tCandidate ..." -> "no function matches ...".
std::string reason_of(std::string_view native) {
  constexpr std::string_view kEnd = " Error: ";
  const std::size_t kind = native.find(kEnd);
  std::string_view reason =
      kind == std::string_view::npos || kind > 32 ? native : native.substr(kind + kEnd.size());
  reason = reason.substr(0, reason.find('\n'));
  reason = reason.substr(0, reason.find(" (line "));
  std::string text(reason);
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z') {
    text[0] = static_cast<char>(text[0] | 0x20);
  }
  while (!text.empty() && (text.back() == '.' || text.back() == '!' || text.back() == ' ')) {
    text.pop_back();
  }
  return text;
}

bool says(const Error& error, std::string_view part) {
  return error.native.find(part) != std::string::npos ||
         error.message.find(part) != std::string::npos;
}

RefusalKind kind_of(const Error& error, std::string& name) {
  struct Named {
    std::string_view mark;
    char quote;
    RefusalKind kind;
  };
  // The engine's module writes the first three; the others are DuckDB's own words.
  // Of `upper(a) AS a` without an a it says that the new a is used too early.
  static constexpr std::array kNamed{
      Named{"Binder Error: Column ", '"', RefusalKind::Column},
      Named{"no such column:", '\'', RefusalKind::Column},
      Named{"function:", '\'', RefusalKind::Function},
      Named{"no such table:", '\'', RefusalKind::Table},
      Named{"does not have a column named", '"', RefusalKind::Column},
      Named{"Referenced column", '"', RefusalKind::Column},
      Named{"Referenced table", '"', RefusalKind::Table},
  };
  for (const Named& each : kNamed) {
    for (const std::string* text : {&error.message, &error.native}) {
      name = quoted_after(*text, each.mark, each.quote);
      if (!name.empty()) {
        return each.kind;
      }
    }
  }
  if (error.code == ErrorCode::Unauthorized || says(error, "Missing Extension") ||
      says(error, "disabled by configuration") || error.native.starts_with("IO Error")) {
    return RefusalKind::Reach;
  }
  const bool is_syntax =
      error.native.starts_with("Parser Error") || error.native.starts_with("Syntax Error") ||
      error.code == ErrorCode::Unsupported || says(error, "expected one statement");
  return is_syntax ? RefusalKind::Syntax : RefusalKind::Other;
}

}  // namespace

std::optional<Refusal> refusal_of(const Error& error, std::string_view statement) {
  switch (error.code) {
    case ErrorCode::Cancelled:
    case ErrorCode::ResourceExhausted:
    case ErrorCode::Internal:
    case ErrorCode::Unavailable: return std::nullopt;
    case ErrorCode::InvalidArgument:
    case ErrorCode::InvalidContract:
    case ErrorCode::NotFound:
    case ErrorCode::AlreadyExists:
    case ErrorCode::CommitConflict:
    case ErrorCode::CommitUnknown:
    case ErrorCode::Unauthorized:
    case ErrorCode::Unsupported:
    case ErrorCode::Corrupt:
    case ErrorCode::DataRejected: break;
  }
  Refusal refusal;
  refusal.kind = kind_of(error, refusal.name);
  refusal.reason = reason_of(error.native.empty() ? error.message : error.native);
  refusal.offset = offset_of(error.native, statement);
  return refusal;
}

}  // namespace sluice::contract::internal
