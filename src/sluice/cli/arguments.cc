#include "sluice/cli/arguments.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace sluice::cli {
namespace {

/// Letters added, left out, replaced, or swapped with their neighbour.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> above(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::vector<std::size_t> next(b.size() + 1, i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        next[j] = std::min(next[j], above[j - 2] + 1);
      }
    }
    above = std::exchange(row, std::move(next));
  }
  return row.back();
}

Error wrong(std::string message, std::string hint = "") {
  return make_error(ErrorCode::InvalidArgument, std::move(message)).with_hint(std::move(hint));
}

/// One word of the form --name, --name=value or -n.
struct Written {
  const Option* option = nullptr;
  std::optional<std::string> value;
};

Result<Written> find_written(std::span<const Option> options, const std::string& word) {
  const bool is_long = word.starts_with("--");
  const std::size_t equals = is_long ? word.find('=') : std::string::npos;
  const std::string name = is_long ? word.substr(2, equals - 2) : word.substr(1);
  for (const Option& option : options) {
    const bool matches =
        is_long ? option.name == name : name.size() == 1 && option.short_name == name.front();
    if (matches) {
      return Written{.option = &option,
                     .value = equals == std::string::npos
                                  ? std::nullopt
                                  : std::optional<std::string>(word.substr(equals + 1))};
    }
  }
  std::vector<std::string_view> known;
  for (const Option& option : options) {
    known.push_back(option.name);
  }
  const auto near = find_nearest(name, known);
  return wrong(fmt::format("there is no option '{}'", word),
               near ? fmt::format("did you mean '--{}'?", *near) : "");
}

bool is_choice(std::string_view choices, std::string_view value) {
  for (std::string_view rest = choices; !choices.empty();) {
    const std::size_t bar = rest.find('|');
    if (rest.substr(0, bar) == value) {
      return true;
    }
    if (bar == std::string_view::npos) {
      return false;
    }
    rest.remove_prefix(bar + 1);
  }
  return true;
}

Status check_value(const Option& option, const std::string& value) {
  if (!is_choice(option.choices, value)) {
    std::string choices(option.choices);
    std::ranges::replace(choices, '|', ' ');
    return wrong(fmt::format("--{} is one of: {}; got '{}'", option.name, choices, value));
  }
  return {};
}

Status check_count(const Operands& operands, std::size_t count) {
  if (count < operands.at_least) {
    return wrong(fmt::format("{} is missing", operands.name));
  }
  if (count > operands.at_most) {
    return operands.name.empty() ? wrong("this command takes options only")
                                 : wrong(fmt::format("expected at most {} {}, got {}",
                                                     operands.at_most, operands.name, count));
  }
  return {};
}

}  // namespace

std::optional<std::string> Arguments::find(std::string_view option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? std::nullopt : std::optional<std::string>(found->second.back());
}

std::vector<std::string> Arguments::all(std::string_view option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

Result<Arguments> parse_arguments(std::span<const Option> options, const Operands& operands,
                                  std::span<const std::string> words) {
  Arguments arguments;
  bool only_operands = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (only_operands || word.size() < 2 || word.front() != '-') {
      arguments.operands_.push_back(word);
      continue;
    }
    if (word == "--") {
      only_operands = true;
      continue;
    }
    SLUICE_TRY(Written written, find_written(options, word));
    const Option& option = *written.option;
    std::vector<std::string>& values = arguments.values_[std::string(option.name)];
    if (!values.empty() && !option.repeats) {
      return wrong(fmt::format("--{} is given twice", option.name));
    }
    if (option.value.empty()) {
      if (written.value) {
        return wrong(fmt::format("--{} takes no value, got '{}'", option.name, *written.value));
      }
      values.emplace_back();
      continue;
    }
    if (!written.value) {
      if (i + 1 == words.size()) {
        return wrong(fmt::format("--{} needs a value: {}", option.name, option.value));
      }
      written.value = words[++i];
    }
    SLUICE_CHECK(check_value(option, *written.value));
    values.push_back(std::move(*written.value));
  }
  if (!arguments.has("help")) {
    SLUICE_CHECK(check_count(operands, arguments.operands_.size()));
  }
  return arguments;
}

std::optional<std::string_view> find_nearest(std::string_view typed,
                                             std::span<const std::string_view> known) {
  const auto distance = [&](std::string_view name) { return edit_distance(typed, name); };
  const auto nearest = std::ranges::min_element(known, {}, distance);
  if (nearest == known.end() || distance(*nearest) > 1 + typed.size() / 4) {
    return std::nullopt;
  }
  return *nearest;
}

}  // namespace sluice::cli
