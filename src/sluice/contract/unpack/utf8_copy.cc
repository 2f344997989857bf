#include "sluice/contract/unpack/utf8_copy.h"

#include <array>
#include <fstream>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace sluice::contract {
namespace {

constexpr char kNoText = '\xFF';
constexpr char32_t kNone = 0xFFFFFFFF;

/// 0x80 to 0x9F of Windows' western code page; five of them are nothing.
constexpr std::array<char32_t, 32> kCp1252{
    0x20AC, kNone,  0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, kNone,  0x017D, kNone,  kNone,  0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, kNone,  0x017E, 0x0178};

char32_t latin9(unsigned char byte) {
  switch (byte) {
    case 0xA4: return 0x20AC;
    case 0xA6: return 0x0160;
    case 0xA8: return 0x0161;
    case 0xB4: return 0x017D;
    case 0xB8: return 0x017E;
    case 0xBC: return 0x0152;
    case 0xBD: return 0x0153;
    case 0xBE: return 0x0178;
    default: return byte;
  }
}

/// Of a byte from 0x80 on. The controls from 0x80 to 0x9F are no text: such a file is cp1252.
char32_t character(unsigned char byte, TextEncoding encoding) {
  if (byte < 0xA0) {
    return encoding == TextEncoding::Cp1252 ? kCp1252[byte - 0x80U] : kNone;
  }
  return encoding == TextEncoding::Latin9 ? latin9(byte) : byte;
}

void append(std::string& text, char32_t sign) {
  const auto tail = [&](unsigned shift) {
    text += static_cast<char>(0x80U | ((sign >> shift) & 0x3FU));
  };
  if (sign == kNone) {
    text += kNoText;
  } else if (sign < 0x80) {
    text += static_cast<char>(sign);
  } else if (sign < 0x800) {
    text += static_cast<char>(0xC0U | (sign >> 6U));
    tail(0);
  } else if (sign < 0x10000) {
    text += static_cast<char>(0xE0U | (sign >> 12U));
    tail(6), tail(0);
  } else {
    text += static_cast<char>(0xF0U | (sign >> 18U));
    tail(12), tail(6), tail(0);
  }
}

/// Takes a file in pieces, which may end between the two halves of a character.
class Decoder {
 public:
  explicit Decoder(TextEncoding encoding) : encoding_(encoding) {}

  void take(std::string_view piece, std::string& out) {
    if (encoding_ == TextEncoding::Utf16Le || encoding_ == TextEncoding::Utf16Be) {
      for (const char byte : piece) {
        take_half(static_cast<unsigned char>(byte), out);
      }
      return;
    }
    for (const char byte : piece) {
      const auto value = static_cast<unsigned char>(byte);
      append(out, value < 0x80 ? value : character(value, encoding_));
    }
  }

  void finish(std::string& out) const {
    if (has_first_half_ || high_ != 0) {
      out += kNoText;
    }
  }

 private:
  void take_half(unsigned char byte, std::string& out) {
    has_first_half_ = !has_first_half_;
    if (has_first_half_) {
      first_half_ = byte;
      return;
    }
    const char32_t one = first_half_;
    const char32_t unit =
        encoding_ == TextEncoding::Utf16Be ? (one << 8U) | byte : (char32_t{byte} << 8U) | one;
    const bool is_low = unit >= 0xDC00 && unit < 0xE000;
    const char32_t high = std::exchange(high_, 0);
    if (high != 0 && is_low) {
      append(out, 0x10000 + ((high - 0xD800) << 10U) + (unit - 0xDC00));
      return;
    }
    if (high != 0) {
      out += kNoText;
    }
    if (unit >= 0xD800 && unit < 0xDC00) {
      high_ = unit;
    } else {
      append(out, is_low ? kNone : unit);
    }
  }

  TextEncoding encoding_;
  unsigned char first_half_ = 0;
  bool has_first_half_ = false;
  char32_t high_ = 0;
};

/// Reads the byte order mark, if there is one, and says which encoding the rest is in.
Result<TextEncoding> skip_mark(std::ifstream& in, TextEncoding encoding, const std::string& path) {
  const bool is_wide = encoding == TextEncoding::Utf16 || encoding == TextEncoding::Utf16Le ||
                       encoding == TextEncoding::Utf16Be;
  if (!is_wide || in.peek() == std::ifstream::traits_type::eof()) {
    in.clear();
    return encoding == TextEncoding::Utf16 ? TextEncoding::Utf16Le : encoding;
  }
  std::array<char, 2> mark{};
  in.read(mark.data(), 2);
  const std::string_view read(mark.data(), 2);
  const bool is_little = read == "\xFF\xFE";
  const bool is_big = read == "\xFE\xFF";
  if ((is_little && encoding != TextEncoding::Utf16Be) ||
      (is_big && encoding != TextEncoding::Utf16Le)) {
    return is_little ? TextEncoding::Utf16Le : TextEncoding::Utf16Be;
  }
  if (is_little || is_big || encoding == TextEncoding::Utf16) {
    return make_error(ErrorCode::DataRejected,
                      fmt::format("the file does not begin as its encoding does: '{}'", path))
        .with_hint(
            "utf-16 begins with a byte order mark; without one write utf-16le or utf-16be, and "
            "utf-8 where it is no UTF-16 at all");
  }
  in.clear();
  in.seekg(0);
  return encoding;
}

}  // namespace

Status convert_to_utf8(const std::string& path, TextEncoding encoding, const std::string& to) {
  constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    return make_error(ErrorCode::NotFound, fmt::format("a file cannot be opened: '{}'", path))
        .with_hint("check that it is there and may be read");
  }
  SLUICE_TRY(const TextEncoding told, skip_mark(in, encoding, path));
  Decoder decoder(told);
  std::ofstream out(to, std::ios::binary);
  std::vector<char> piece(kPieceBytes);
  std::string text;
  while (in && out) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.clear();
    decoder.take({piece.data(), static_cast<std::size_t>(in.gcount())}, text);
    out << text;
  }
  text.clear();
  decoder.finish(text);
  out << text;
  out.close();
  if (in.bad()) {
    return make_error(ErrorCode::Unavailable, fmt::format("a file cannot be read: '{}'", path))
        .with_hint("look at the disk");
  }
  return out ? Status{}
             : make_error(ErrorCode::ResourceExhausted, "the temporary folder has no room")
                   .with_hint("convert the file to UTF-8 yourself, or make room");
}

}  // namespace sluice::contract
