// The words of a command line, read against what the command declares. Declarations are data: help,
// shell completion and parsing come from the same rows. Accepts --name value, --name=value, -n
// value, "--" and options anywhere among the operands.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"

namespace sluice::cli {

struct Option {
  std::string_view name;       // "source" for --source
  char short_name = 0;         // 's' for -s
  std::string_view value;      // "PATH"; empty: a switch
  std::string_view help;       // one line
  std::string_view group;      // heading in the help text
  std::string_view choices{};  // "duckdb|spark"; empty: anything
  bool repeats = false;
};

/// The words that are no options.
struct Operands {
  std::string_view name;  // "CONTRACT"; empty: none are taken
  std::string_view help;
  std::size_t at_least = 0;
  std::size_t at_most = 0;
};

class Arguments {
 public:
  const std::vector<std::string>& operands() const { return operands_; }
  bool has(std::string_view option) const { return values_.contains(option); }
  std::optional<std::string> find(std::string_view option) const;
  std::vector<std::string> all(std::string_view option) const;

 private:
  friend Result<Arguments> parse_arguments(std::span<const Option> options,
                                           const Operands& operands,
                                           std::span<const std::string> words);

  std::vector<std::string> operands_;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
};

/// InvalidArgument says what is wrong and what was probably meant. How many operands there must be
/// is checked last, and not at all when --help is among the words.
Result<Arguments> parse_arguments(std::span<const Option> options, const Operands& operands,
                                  std::span<const std::string> words);

/// The name nearest to a mistyped one, if any is near.
std::optional<std::string_view> find_nearest(std::string_view typed,
                                             std::span<const std::string_view> known);

}  // namespace sluice::cli
