// Where each character of a decoded scalar stands in the file: the way from a column of an SQL
// error inside a YAML string to the line and column that an editor shows. Quotes, escapes, line
// folding and the indentation of block scalars are undone exactly as the scanner did them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sluice/contract/diagnostic/span.h"
#include "sluice/contract/source/node.h"

namespace sluice::contract {

/// For each byte of the decoded text the byte offset in `source`, and one more for its end. It may
/// be longer than the text: line breaks that chomping removed are still in it.
std::vector<std::uint32_t> map_scalar(std::string_view source, const Span& scalar,
                                      ScalarStyle style);

/// The place of byte `offset` of the decoded text. Past its end is its end.
Mark locate_in_scalar(std::string_view source, const Span& scalar, ScalarStyle style,
                      std::uint32_t offset);

/// The span of `length` decoded bytes from `offset` on.
Span span_in_scalar(std::string_view source, const Span& scalar, ScalarStyle style,
                    std::uint32_t offset, std::uint32_t length);

}  // namespace sluice::contract
