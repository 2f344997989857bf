#include "sluice/base/function.h"

#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace sluice {
namespace {

int twice(int number) { return 2 * number; }

TEST(Function, CallsWhatItWasMadeOf) {
  const std::string greeting = "hello, ";
  const Function<std::string(const std::string&)> greet = [&](const std::string& name) {
    return greeting + name;
  };
  EXPECT_EQ(greet("gate"), "hello, gate");
  EXPECT_EQ(Function<int(int)>(twice)(4), 8);
  EXPECT_EQ(Function<int(int)>(std::function<int(int)>(twice))(4), 8);
}

TEST(Function, WhatCallsNothingIsEmpty) {
  EXPECT_FALSE(Function<void()>());
  EXPECT_FALSE(Function<void()>(nullptr));
  EXPECT_FALSE(Function<void()>(std::function<void()>()));
  EXPECT_FALSE(Function<int(int)>(static_cast<int (*)(int)>(nullptr)));
  EXPECT_TRUE(Function<int(int)>(twice));
  EXPECT_TRUE(Function<void()>() == nullptr);
  EXPECT_TRUE(Function<int(int)>(twice) != nullptr);
}

TEST(Function, CopiesShareWhatTheyCall) {
  Function<int()> count = [number = 0]() mutable { return ++number; };
  const Function<int()> copy = count;
  EXPECT_EQ(count(), 1);
  count = nullptr;
  EXPECT_EQ(copy(), 2);
}

TEST(Function, MoveOnlyArgumentsPassThrough) {
  const Function<int(std::unique_ptr<int>)> open = [](std::unique_ptr<int> value) {
    return *value;
  };
  EXPECT_EQ(open(std::make_unique<int>(7)), 7);
}

TEST(Function, WhatItCallsLivesAsLongAsACopy) {
  auto value = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = value;
  {
    Function<int()> first = [value = std::move(value)] { return *value; };
    const Function<int()> second = std::move(first);
    EXPECT_EQ(second(), 1);
  }
  EXPECT_TRUE(seen.expired());
}

}  // namespace
}  // namespace sluice
