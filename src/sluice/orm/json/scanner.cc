#include <array>
#include <cstring>

#include <fmt/format.h>

#include "sluice/orm/json/scanner_internal.h"
#include "sluice/orm/record/utf8.h"

namespace sluice::orm {
namespace {

constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
constexpr std::uint64_t kHighBits = 0x8080808080808080ULL;

/// A high bit for each byte of `word` that is zero.
std::uint64_t zero_bytes(std::uint64_t word) { return (word - kOnes) & ~word & kHighBits; }

/// True when one of eight bytes ends plain text or is not ASCII.
bool has_special(std::uint64_t word) {
  const std::uint64_t quotes = zero_bytes(word ^ (kOnes * '"'));
  const std::uint64_t slashes = zero_bytes(word ^ (kOnes * '\\'));
  const std::uint64_t controls = (word - kOnes * 0x20) & ~word & kHighBits;
  return (quotes | slashes | controls | (word & kHighBits)) != 0;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t point) {
  if (point < 0x80) {
    out.push_back(static_cast<char>(point));
    return;
  }
  const auto tail = [&](int shift) {
    out.push_back(static_cast<char>(0x80 | (point >> shift & 0x3f)));
  };
  if (point < 0x800) {
    out.push_back(static_cast<char>(0xc0 | point >> 6));
  } else if (point < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | point >> 12));
    tail(6);
  } else {
    out.push_back(static_cast<char>(0xf0 | point >> 18));
    tail(12);
    tail(6);
  }
  tail(0);
}

constexpr std::array<std::int8_t, 256> make_base64() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  std::int8_t next = 0;
  for (const char c :
       std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"}) {
    values[static_cast<unsigned char>(c)] = next++;
  }
  return values;
}

constexpr std::array<std::int8_t, 256> kBase64Values = make_base64();

}  // namespace

bool Scanner::take_word(std::string_view word) {
  skip_blanks();
  if (static_cast<std::size_t>(end_ - at_) < word.size() ||
      std::memcmp(at_, word.data(), word.size()) != 0) {
    return false;
  }
  at_ += word.size();
  return true;
}

bool Scanner::take_number(std::string_view& token, bool& is_whole) {
  skip_blanks();
  const char* at = at_;
  const auto digits = [&] {
    const char* first = at;
    while (at != end_ && is_digit(*at)) {
      ++at;
    }
    return at - first;
  };
  if (at != end_ && *at == '-') {
    ++at;
  }
  const bool leading_zero = at != end_ && *at == '0';
  const auto whole = digits();
  if (whole == 0 || (leading_zero && whole > 1)) {
    return false;
  }
  is_whole = true;
  if (at != end_ && *at == '.') {
    ++at;
    is_whole = false;
    if (digits() == 0) {
      return false;
    }
  }
  if (at != end_ && (*at | 0x20) == 'e') {
    ++at;
    is_whole = false;
    if (at != end_ && (*at == '+' || *at == '-')) {
      ++at;
    }
    if (digits() == 0) {
      return false;
    }
  }
  token = {at_, static_cast<std::size_t>(at - at_)};
  at_ = at;
  return true;
}

/// The characters up to a quote or a backslash.
bool Scanner::take_plain(std::string_view& out) {
  const char* first = at_;
  bool is_ascii = true;
  while (true) {
    std::uint64_t word = 0;
    while (end_ - at_ >= 8) {
      std::memcpy(&word, at_, sizeof(word));
      if (has_special(word)) {
        break;
      }
      at_ += 8;
    }
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20 &&
           static_cast<unsigned char>(*at_) < 0x80) {
      ++at_;
    }
    if (at_ == end_) {
      return fail("the end of a text was expected");
    }
    if (static_cast<unsigned char>(*at_) < 0x20) {
      return fail("an escape in place of a control character was expected");
    }
    if (static_cast<unsigned char>(*at_) < 0x80) {
      break;
    }
    is_ascii = false;
    ++at_;
  }
  out = {first, static_cast<std::size_t>(at_ - first)};
  return is_ascii || is_utf8(out) || fail_at(out, "text in UTF-8 was expected");
}

bool Scanner::take_unit(std::uint32_t& unit) {
  unit = 0;
  for (int i = 0; i < 4; ++i) {
    if (at_ == end_) {
      return fail("four hexadecimal digits were expected");
    }
    const char c = *at_;
    const char folded = static_cast<char>(c | 0x20);
    if (!is_digit(c) && (folded < 'a' || folded > 'f')) {
      return fail("four hexadecimal digits were expected");
    }
    unit = unit * 16 + static_cast<std::uint32_t>(is_digit(c) ? c - '0' : folded - 'a' + 10);
    ++at_;
  }
  return true;
}

bool Scanner::take_escape(std::string& out) {
  ++at_;  // the backslash
  if (at_ == end_) {
    return fail("an escape was expected");
  }
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const char c = *at_++;
  if (c != 'u') {
    const std::size_t known = kNames.find(c);
    if (known == std::string_view::npos) {
      --at_;
      return fail("an escape that JSON knows was expected");
    }
    out.push_back(kMeanings[known]);
    return true;
  }
  std::uint32_t unit = 0;
  if (!take_unit(unit)) {
    return false;
  }
  if (unit < 0xd800 || unit > 0xdfff) {
    append_utf8(out, unit);
    return true;
  }
  std::uint32_t low = 0;
  if (unit > 0xdbff || end_ - at_ < 6 || at_[0] != '\\' || at_[1] != 'u') {
    return fail("the other half of a surrogate pair was expected");
  }
  at_ += 2;
  if (!take_unit(low)) {
    return false;
  }
  if (low < 0xdc00 || low > 0xdfff) {
    return fail("the other half of a surrogate pair was expected");
  }
  append_utf8(out, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
  return true;
}

bool Scanner::take_text_view(std::string_view& out, std::string& room) {
  skip_blanks();
  if (at_ == end_ || *at_ != '"') {
    return fail("a text was expected");
  }
  const char* first = ++at_;
  if (!take_plain(out)) {
    return false;
  }
  if (*at_ == '\\') {
    room.assign(out);
    while (*at_ == '\\') {
      std::string_view more;
      if (!take_escape(room) || !take_plain(more)) {
        return false;
      }
      room.append(more);
    }
    out = room;
  }
  last_token_ = {first, static_cast<std::size_t>(at_ - first)};
  ++at_;
  return true;
}

bool Scanner::take_text(std::string& out) {
  std::string_view view;
  if (!take_text_view(view, out)) {
    return false;
  }
  if (view.data() != out.data()) {
    out.assign(view);
  }
  return true;
}

bool Scanner::skip_items(char close, int depth, int depth_max) {
  if (take(close)) {
    return true;
  }
  std::string room;
  do {
    std::string_view token;
    if (close == '}' &&
        (!take_text_view(token, room) || (!take(':') && !fail("a colon was expected")))) {
      return false;
    }
    if (!skip_value(depth + 1, depth_max, token)) {
      return false;
    }
  } while (take(','));
  return take(close) || fail("a comma or the end was expected");
}

bool Scanner::skip_value(int depth, int depth_max, std::string_view& token) {
  if (depth > depth_max) {
    return fail("the value is nested too deeply");
  }
  const char c = peek();
  const char* first = at_;
  bool good = false;
  bool is_whole = false;
  std::string room;
  if (c == '{' || c == '[') {
    ++at_;
    good = skip_items(c == '{' ? '}' : ']', depth, depth_max);
  } else if (c == '"') {
    good = take_text_view(token, room);
  } else {
    good = take_word("true") || take_word("false") || take_word("null") ||
           take_number(token, is_whole) || fail("a value was expected");
  }
  token = {first, static_cast<std::size_t>(at_ - first)};
  return good;
}

bool Scanner::fail(std::string_view wanted) {
  if (fault_at_ != nullptr) {
    return false;
  }
  fault_at_ = at_;
  wanted_ = wanted;
  const char* end = at_;
  while (end != end_ && end - at_ < 20 && *end != '\n') {
    ++end;
  }
  got_ = at_ == end_
             ? "the end"
             : fmt::format("'{}'", std::string_view(at_, static_cast<std::size_t>(end - at_)));
  return false;
}

bool Scanner::fail_at(std::string_view token, std::string_view wanted) {
  if (fault_at_ != nullptr) {
    return false;
  }
  const bool is_input = token.data() >= begin_ && token.data() <= end_;
  fault_at_ = is_input ? token.data() : at_;
  wanted_ = wanted;
  got_ = fmt::format("'{}'{}", token.substr(0, 60), token.size() > 60 ? "..." : "");
  return false;
}

bool Scanner::fail_about(std::string_view name, std::string_view wanted) {
  if (fault_at_ == nullptr) {
    fault_at_ = at_;
    wanted_ = wanted;
    got_ = fmt::format("'{}'", name);
  }
  return false;
}

Error Scanner::error(const std::string& path) const {
  std::uint32_t line = 1;
  const char* start = begin_;
  for (const char* c = begin_; c != fault_at_; ++c) {
    if (*c == '\n') {
      ++line;
      start = c + 1;
    }
  }
  // What is quoted may be no text at all; a message always is.
  std::string got;
  for (const char c : got_) {
    got += is_utf8(got_) || static_cast<unsigned char>(c) < 0x80 ? std::string(1, c) : "?";
  }
  Error error =
      make_error(ErrorCode::InvalidArgument, fmt::format("{}, got {} at {}", wanted_, got, path));
  error.at = SourcePosition{
      .file = "json", .line = line, .column = static_cast<std::uint32_t>(fault_at_ - start) + 1};
  return error;
}

bool decode_base64(std::string_view text, std::uint8_t* out) {
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::int8_t value = kBase64Values[static_cast<unsigned char>(c)];
    if (value < 0) {
      return false;
    }
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      *out++ = static_cast<std::uint8_t>(bits >> held);
    }
  }
  return (bits & ((1U << held) - 1)) == 0;
}

}  // namespace sluice::orm
