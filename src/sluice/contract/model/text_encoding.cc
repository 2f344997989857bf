#include "sluice/contract/model/text_encoding.h"

#include <algorithm>
#include <array>

namespace sluice::contract {
namespace {

struct Named {
  std::string_view word;
  TextEncoding encoding;
};
constexpr std::array kNames{
    Named{"utf-8", TextEncoding::Utf8},          Named{"utf8", TextEncoding::Utf8},
    Named{"utf-8-sig", TextEncoding::Utf8},      Named{"ascii", TextEncoding::Utf8},
    Named{"us-ascii", TextEncoding::Utf8},       Named{"latin-1", TextEncoding::Latin1},
    Named{"latin1", TextEncoding::Latin1},       Named{"iso-8859-1", TextEncoding::Latin1},
    Named{"iso8859-1", TextEncoding::Latin1},    Named{"latin-9", TextEncoding::Latin9},
    Named{"latin9", TextEncoding::Latin9},       Named{"iso-8859-15", TextEncoding::Latin9},
    Named{"iso8859-15", TextEncoding::Latin9},   Named{"cp1252", TextEncoding::Cp1252},
    Named{"windows-1252", TextEncoding::Cp1252}, Named{"utf-16", TextEncoding::Utf16},
    Named{"utf16", TextEncoding::Utf16},         Named{"utf-16le", TextEncoding::Utf16Le},
    Named{"utf-16-le", TextEncoding::Utf16Le},   Named{"utf-16be", TextEncoding::Utf16Be},
    Named{"utf-16-be", TextEncoding::Utf16Be}};

}  // namespace

std::optional<TextEncoding> find_encoding(std::string_view word) {
  const auto small = [](char c) {
    return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  const auto found = std::ranges::find_if(
      kNames, [&](const Named& one) { return std::ranges::equal(one.word, word, {}, {}, small); });
  return found == kNames.end() ? std::nullopt : std::optional(found->encoding);
}

}  // namespace sluice::contract
