#include "sluice/cli/limit_options.h"

#include <gmock/gmock.h>

namespace sluice::cli {
namespace {

TEST(LimitOptions, ASizeIsANumberWithAUnit) {
  EXPECT_EQ(parse_size("memory", "512MB").value(), 512'000'000U);
  EXPECT_EQ(parse_size("memory", "4GiB").value(), 4ULL << 30);
  EXPECT_EQ(parse_size("memory", "7").value(), 7U);
}

TEST(LimitOptions, WhatIsNoSizeIsQuotedAsItWasGiven) {
  for (const char* text : {"x", "", "0", "12x", "MB", "99999999999999999999999", "99999999TiB"}) {
    const auto size = parse_size("memory", text);
    ASSERT_FALSE(size) << text;
    EXPECT_EQ(size.error().message,
              std::string("--memory is a size such as 512MB or 4GiB; got '") + text + "'");
  }
}

}  // namespace
}  // namespace sluice::cli
