// Says what is wrong with the YAML, from what the scanner found and what stands there. libyaml's
// own words name its states; these name the mistake. The parser and the text are the caller's and
// are only read.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/contract/diagnostic/diagnostic.h"
#include "sluice/contract/source/text_index.h"

struct yaml_parser_s;  // NOLINT(readability-identifier-naming): the name is libyaml's

namespace sluice::contract {

/// Adds a diagnostic for the fault that stopped the parser; a tab in the indentation is reported on
/// every line from there on.
void report_syntax_fault(const yaml_parser_s& parser, std::string_view text, const TextIndex& index,
                         std::uint32_t file, Diagnostics& out);

}  // namespace sluice::contract
