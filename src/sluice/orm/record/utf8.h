// Whether bytes are text: what enters a table must be valid UTF-8.
// Pure functions over bytes that the caller owns; safe from any thread.
// Nothing is allocated and nothing is kept.
#pragma once

#include <cstddef>
#include <string_view>

namespace sluice::orm {

/// Valid UTF-8: no overlong form, no surrogate, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

/// Code points of a valid text.
std::size_t count_characters(std::string_view text);

}  // namespace sluice::orm
