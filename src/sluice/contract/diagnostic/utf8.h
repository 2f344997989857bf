// One question about UTF-8, asked by the reader (is this text?) and by the renderer (may this be
// printed?). Pure functions; any bytes are a legal input. Both ask here, so that what is accepted
// can always be shown.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice::contract {

/// Bytes of the well-formed character that begins at `at`; 0 when there is none. Overlong forms,
/// surrogates and values past U+10FFFF are not well formed.
std::size_t utf8_character_bytes(std::string_view text, std::size_t at);

/// True for the characters that YAML allows in a document: no control characters but tab, line
/// feed, carriage return and next line, no byte order mark inside.
bool is_yaml_character(std::string_view character);

}  // namespace sluice::contract
