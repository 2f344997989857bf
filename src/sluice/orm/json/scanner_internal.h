// The tokens of strict JSON over bytes in memory. A false return leaves the fault inside; line and
// column are found out only then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "sluice/base/error.h"

namespace sluice::orm {

class Scanner {
 public:
  explicit Scanner(std::string_view bytes)
      : begin_(bytes.data()), at_(begin_), end_(begin_ + bytes.size()) {}

  bool at_end() const { return at_ == end_; }
  /// The next character that is no blank; 0 at the end.
  char peek() {
    skip_blanks();
    return at_ == end_ ? '\0' : *at_;
  }
  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) {
      ++at_;
    }
  }
  /// Takes `c`, with blanks before it.
  bool take(char c) {
    skip_blanks();
    if (at_ == end_ || *at_ != c) {
      return false;
    }
    ++at_;
    return true;
  }
  bool take_word(std::string_view word);
  bool take_number(std::string_view& token, bool& is_whole);
  /// Takes this text in quotes, where it stands there as it is.
  bool take_exactly(std::string_view text) {
    skip_blanks();
    if (static_cast<std::size_t>(end_ - at_) < text.size() + 2 || at_[0] != '"' ||
        at_[text.size() + 1] != '"' || std::memcmp(at_ + 1, text.data(), text.size()) != 0) {
      return false;
    }
    last_token_ = {at_ + 1, text.size()};
    at_ += text.size() + 2;
    return true;
  }
  /// Appends a text in quotes, unescaped and checked to be UTF-8.
  bool take_text(std::string& out);
  /// As take_text, without a copy where nothing is escaped; `room` holds it otherwise.
  bool take_text_view(std::string_view& out, std::string& room);
  /// The bytes of the last text between its quotes, as they stand in the input.
  std::string_view last_token() const { return last_token_; }
  /// Any value, checked in every respect but duplicate keys.
  bool skip_value(int depth, int depth_max, std::string_view& token);

  bool fail(std::string_view wanted);
  /// The fault is this value; where it stands is known when it is a view of the input.
  bool fail_at(std::string_view token, std::string_view wanted);
  /// The fault is about a name that is not in the input.
  bool fail_about(std::string_view name, std::string_view wanted);
  Error error(const std::string& path) const;

 private:
  bool take_plain(std::string_view& out);
  bool take_escape(std::string& out);
  bool take_unit(std::uint32_t& unit);
  bool skip_items(char close, int depth, int depth_max);

  const char* begin_;
  const char* at_;
  const char* end_;
  std::string_view last_token_;
  const char* fault_at_ = nullptr;
  std::string_view wanted_;
  std::string got_;
};

/// Writes the bytes of base 64 without its padding; false when a character is none of it, or bits
/// are left over that are not zero.
bool decode_base64(std::string_view text, std::uint8_t* out);

}  // namespace sluice::orm
