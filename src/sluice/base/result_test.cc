#include "sluice/base/result.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>

namespace sluice {
namespace {

Result<int> parse_even(int number) {
  if (number % 2 != 0) {
    return make_error(ErrorCode::InvalidArgument, "expected an even number");
  }
  return number;
}

Result<std::string> describe(int number) {
  SLUICE_TRY_IN(const int even, parse_even(number), "describing a number");
  return std::to_string(even);
}

Status check_all(std::initializer_list<int> numbers) {
  for (const int number : numbers) {
    SLUICE_TRY(const int even, parse_even(number));
    static_cast<void>(even);
  }
  return {};
}

TEST(Result, HoldsAValue) { EXPECT_EQ(describe(4).value(), "4"); }

TEST(Result, ErrorsGatherContextOnTheWayUp) {
  const auto result = describe(3);
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(to_string(result.error()),
            "invalid argument: expected an even number\n  while describing a number");
}

TEST(Result, ValueThrowsTheWholeErrorText) {
  try {
    describe(3).value();
    FAIL() << "value() of an error must throw";
  } catch (const Failure& failure) {
    EXPECT_STREQ(failure.what(), to_string(failure.error()).c_str());
  }
}

TEST(Result, StatusStopsAtTheFirstError) {
  EXPECT_TRUE(check_all({2, 4}).has_value());
  EXPECT_FALSE(check_all({2, 3, 4}).has_value());
}

TEST(Result, CombinatorsPassErrorsThrough) {
  const auto half = [](int even) { return even / 2; };
  EXPECT_EQ(parse_even(8).transform(half).value(), 4);
  EXPECT_EQ(parse_even(8).transform(half).and_then(parse_even).value(), 4);
  EXPECT_FALSE(parse_even(7).transform(half).has_value());
  EXPECT_EQ(parse_even(7).or_else([](const Error&) { return Result<int>(0); }).value(), 0);
}

TEST(Result, CarriesMoveOnlyValues) {
  Result<std::unique_ptr<int>> owned = std::make_unique<int>(7);
  const std::unique_ptr<int> taken = std::move(owned).value();
  EXPECT_EQ(*taken, 7);
}

}  // namespace
}  // namespace sluice
