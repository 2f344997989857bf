// What the words --memory and --threads, and other sizes and numbers, mean, the same for every
// command that starts an engine. Pure: reads the arguments and sets the limits of a context that
// its caller owns; safe from any thread. A wrong word is InvalidArgument with the option's name.
#pragma once

#include <cstdint>
#include <string_view>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/cli/command.h"

namespace sluice::cli {

/// A whole number, the value of this option.
Result<std::uint64_t> parse_number(std::string_view option, std::string_view text);

/// "512MB", "4GiB", in bytes.
Result<std::uint64_t> parse_size(std::string_view option, std::string_view text);

/// Sets the limits that were given.
Status read_limits(const Arguments& arguments, Context& context);

}  // namespace sluice::cli
