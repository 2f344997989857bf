// Encodings of text files that a run reads, by the names that contracts write. UTF-8 is read as it
// is; files in the others are made UTF-8 before an engine reads them (contract/unpack). Values of
// the standard library only; pure, so safe from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace sluice::contract {

enum class TextEncoding : std::uint8_t { Utf8, Latin1, Latin9, Cp1252, Utf16, Utf16Le, Utf16Be };

/// By its usual names, in any case; empty: none of those that are read.
std::optional<TextEncoding> find_encoding(std::string_view word);

}  // namespace sluice::contract
