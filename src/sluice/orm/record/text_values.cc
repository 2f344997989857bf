#include "sluice/orm/record/text_values.h"

#include <array>
#include <chrono>
#include <optional>

#include <fmt/format.h>

#include "sluice/plan/table_id.h"

namespace sluice {
namespace {

constexpr std::string_view kDigits =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::size_t kIdBytes = 20;
constexpr std::size_t kIdCharacters = 27;
constexpr std::chrono::seconds kIdEpoch{1'400'000'000};

using IdBytes = std::array<std::uint8_t, kIdBytes>;

std::string encode_id(IdBytes bytes) {
  std::string text(kIdCharacters, '0');
  for (std::size_t i = kIdCharacters; i-- > 0;) {
    unsigned rest = 0;
    for (std::uint8_t& byte : bytes) {
      const unsigned value = rest * 256 + byte;
      byte = static_cast<std::uint8_t>(value / 62);
      rest = value % 62;
    }
    text[i] = kDigits[rest];
  }
  return text;
}

/// Empty when it is no text of 27 digits, or more than 20 bytes can hold.
std::optional<IdBytes> decode_id(std::string_view text) {
  IdBytes bytes{};
  if (text.size() != kIdCharacters) {
    return std::nullopt;
  }
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    auto carry = static_cast<unsigned>(digit);
    for (std::size_t i = kIdBytes; i-- > 0;) {
      const unsigned value = bytes[i] * 62U + carry;
      bytes[i] = static_cast<std::uint8_t>(value & 0xff);
      carry = value >> 8;
    }
    if (carry != 0) {
      return std::nullopt;
    }
  }
  return bytes;
}

bool is_scheme(std::string_view text) {
  if (text.empty() || text.front() < 'a' || text.front() > 'z') {
    return false;
  }
  for (const char c : text) {
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '+' && c != '-' && c != '.') {
      return false;
    }
  }
  return true;
}

bool is_location(std::string_view text) {
  const std::size_t mark = text.find("://");
  if (mark == std::string_view::npos || !is_scheme(text.substr(0, mark))) {
    return false;
  }
  const std::string_view rest = text.substr(mark + 3);
  for (const char c : rest) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) {
      return false;
    }
  }
  return !rest.empty() && (text.substr(0, mark) != "file" || rest.front() == '/');
}

bool is_table_name(std::string_view text) { return plan::parse_table_id(text).has_value(); }

Error not_of_form(const orm::TextForm& form, std::string_view text) {
  return make_error(ErrorCode::InvalidArgument, fmt::format("{}, got '{}'", form.wanted, text));
}

}  // namespace

const orm::TextForm orm::kSortableIdForm{
    .holds = [](std::string_view text) { return decode_id(text).has_value(); },
    .wanted = "a KSUID of 27 characters was expected"};
const orm::TextForm orm::kLocationForm{.holds = is_location,
                                       .wanted = "a location as s3://bucket/path was expected"};
const orm::TextForm orm::kTableNameForm{
    .holds = is_table_name, .wanted = "a table name of one to three parts was expected"};

SortableId make_sortable_id(const Clock& clock, Random& random) {
  IdBytes bytes{};
  random.fill(bytes);
  const auto now = std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch();
  const auto seconds = static_cast<std::uint32_t>((now - kIdEpoch).count());
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[i] = static_cast<std::uint8_t>(seconds >> (24 - 8 * i));
  }
  return {encode_id(bytes)};
}

Result<SortableId> parse_sortable_id(std::string_view text) {
  if (!orm::kSortableIdForm.holds(text)) {
    return not_of_form(orm::kSortableIdForm, text);
  }
  return SortableId{std::string(text)};
}

sys_micros time_of(const SortableId& id) {
  const IdBytes bytes = decode_id(id.text).value_or(IdBytes{});
  std::uint32_t seconds = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    seconds = seconds << 8 | bytes[i];
  }
  return sys_micros(kIdEpoch + std::chrono::seconds(seconds));
}

Result<Location> parse_location(std::string_view text) {
  if (!is_location(text)) {
    return not_of_form(orm::kLocationForm, text);
  }
  return Location{std::string(text)};
}

LocationParts parts_of(const Location& location) {
  const std::string_view text = location.text;
  const std::size_t mark = text.find("://");
  if (mark == std::string_view::npos) {
    return {};
  }
  const std::string_view scheme = text.substr(0, mark);
  const std::string_view rest = text.substr(mark + 3);
  if (scheme == "file") {
    return {.scheme = scheme, .bucket = {}, .path = rest};
  }
  const std::size_t slash = rest.find('/');
  return {.scheme = scheme,
          .bucket = rest.substr(0, slash),
          .path = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1)};
}

Location join(const Location& location, std::string_view below) {
  std::string text = location.text;
  while (below.starts_with('/')) {
    below.remove_prefix(1);
  }
  if (!text.ends_with('/')) {
    text += '/';
  }
  return {text.append(below)};
}

Result<TableName> parse_table_name(std::string_view text) {
  SLUICE_TRY(const plan::TableId id, plan::parse_table_id(text));
  return TableName{plan::to_string(id)};
}

TableName qualified(const TableName& table, std::string_view catalog, std::string_view database) {
  Result<plan::TableId> id = plan::parse_table_id(table.text);
  if (!id.has_value()) {
    return table;
  }
  if (id->parts.size() == 1 && !database.empty()) {
    id->parts.emplace(id->parts.begin(), database);
  }
  if (id->parts.size() == 2 && !catalog.empty()) {
    id->parts.emplace(id->parts.begin(), catalog);
  }
  return {plan::to_string(*id)};
}

}  // namespace sluice
