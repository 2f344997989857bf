#include "sluice/cli/arguments.h"

#include <gmock/gmock.h>

namespace sluice::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr Option kOptions[] = {
    {.name = "source",
     .short_name = 's',
     .value = "PATH",
     .help = "",
     .group = "",
     .repeats = true},
    {.name = "engine",
     .short_name = 'e',
     .value = "NAME",
     .help = "",
     .group = "",
     .choices = "duckdb|spark"},
    {.name = "json", .help = "", .group = ""},
    {.name = "help", .help = "", .group = ""},
};
constexpr Operands kContracts{.name = "CONTRACT", .help = "", .at_least = 1, .at_most = 2};

Result<Arguments> parse(std::vector<std::string> words) {
  return parse_arguments(kOptions, kContracts, words);
}

std::string problem(std::vector<std::string> words) {
  const auto parsed = parse(std::move(words));
  return parsed ? "" : parsed.error().message + " / " + parsed.error().hint;
}

TEST(Arguments, OptionsAndOperandsMix) {
  const Arguments arguments =
      parse({"a.yaml", "-s", "x", "--source=y=z", "--json", "--", "--odd"}).value();
  EXPECT_THAT(arguments.operands(), ElementsAre("a.yaml", "--odd"));
  EXPECT_THAT(arguments.all("source"), ElementsAre("x", "y=z"));
  EXPECT_TRUE(arguments.has("json"));
  EXPECT_FALSE(arguments.find("engine").has_value());
}

TEST(Arguments, MistakesAreNamedWithTheNearestRightWord) {
  EXPECT_THAT(problem({"a", "--sorce", "x"}),
              HasSubstr("no option '--sorce' / did you mean '--source'?"));
  EXPECT_THAT(problem({"a", "--source"}), HasSubstr("--source needs a value: PATH"));
  EXPECT_THAT(problem({"a", "--engine", "pig"}),
              HasSubstr("--engine is one of: duckdb spark; got 'pig'"));
  EXPECT_THAT(problem({"a", "--engine", "duck"}), HasSubstr("got 'duck'"));
  EXPECT_THAT(problem({"a", "--json=1"}), HasSubstr("--json takes no value"));
  EXPECT_THAT(problem({"a", "--json", "--json"}), HasSubstr("--json is given twice"));
  EXPECT_THAT(problem({"--json"}), HasSubstr("CONTRACT is missing"));
  EXPECT_THAT(problem({"a", "b", "c"}), HasSubstr("at most 2 CONTRACT, got 3"));
  EXPECT_THAT(problem({"a", "-x"}), HasSubstr("no option '-x'"));
}

TEST(Arguments, HelpNeedsNoOperands) { EXPECT_TRUE(parse({"--help"}).has_value()); }

TEST(Arguments, OnlyNearNamesAreSuggested) {
  const std::vector<std::string_view> names{"run", "validate"};
  EXPECT_EQ(find_nearest("runn", names), "run");
  EXPECT_EQ(find_nearest("valdate", names), "validate");
  EXPECT_EQ(find_nearest("quarantine", names), std::nullopt);
}

}  // namespace
}  // namespace sluice::cli
