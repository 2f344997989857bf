#include "sluice/cli/limit_options.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace sluice::cli {
namespace {

Error wrong(std::string message) {
  return make_error(ErrorCode::InvalidArgument, std::move(message));
}

}  // namespace

Result<std::uint64_t> parse_number(std::string_view option, std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc{} || end != text.data() + text.size()) {
    return wrong(fmt::format("--{} is a whole number; got '{}'", option, text));
  }
  return number;
}

Result<std::uint64_t> parse_size(std::string_view option, std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::uint64_t number = 0;  // stays so where there are no digits, or too many
  std::from_chars(text.data(), text.data() + digits, number);
  struct Unit {
    std::string_view name;
    std::uint64_t bytes;
  };
  static constexpr Unit kUnits[] = {{"", 1},
                                    {"B", 1},
                                    {"KB", 1'000},
                                    {"MB", 1'000'000},
                                    {"GB", 1'000'000'000},
                                    {"KiB", 1ULL << 10},
                                    {"MiB", 1ULL << 20},
                                    {"GiB", 1ULL << 30}};
  for (const Unit& unit : kUnits) {
    if (unit.name == text.substr(digits) && number > 0 &&
        number < (1ULL << 40) / unit.bytes * (1ULL << 10)) {
      return number * unit.bytes;
    }
  }
  return wrong(fmt::format("--{} is a size such as 512MB or 4GiB; got '{}'", option, text));
}

Status read_limits(const Arguments& arguments, Context& context) {
  if (const auto memory = arguments.find("memory")) {
    SLUICE_TRY(context.memory_bytes_max, parse_size("memory", *memory));
  }
  if (const auto threads = arguments.find("threads")) {
    SLUICE_TRY(const std::uint64_t count, parse_number("threads", *threads));
    if (count < 1 || count > 1'024) {
      return wrong(fmt::format("--threads is a number of 1 to 1024; got '{}'", *threads));
    }
    context.threads_max = static_cast<int>(count);
  }
  return {};
}

}  // namespace sluice::cli
