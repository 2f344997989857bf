#include "sluice/cli/progress_bar.h"

#include <gmock/gmock.h>

namespace sluice::cli {
namespace {

TEST(ProgressBar, ShowsShareCountAndRate) {
  EXPECT_EQ(render_progress("judge", 520'000, 1'000'000, "rows", 2.0, 80),
            "judge         [===============>              ]  52 %  520.0 k rows  260.0 k/s");
}

TEST(ProgressBar, AnUnknownTotalHasNoBar) {
  EXPECT_EQ(render_progress("read", 1'234'567, 0, "rows", 0.1, 80), "read          1.2 M rows");
}

TEST(ProgressBar, APercentageIsNotCountedTwice) {
  EXPECT_EQ(render_progress("judge", 100, 100, "%", 3.0, 60),
            "judge         [==============================] 100 %");
}

TEST(ProgressBar, NeverWiderThanTheTerminal) {
  for (int columns = 1; columns < 100; ++columns) {
    EXPECT_LT(render_progress("judge", 5, 10, "rows", 1.0, columns).size(),
              static_cast<std::size_t>(columns));
  }
}

TEST(ProgressBar, CountsAreShort) {
  EXPECT_EQ(short_count(999), "999");
  EXPECT_EQ(short_count(1'250), "1.2 k");
  EXPECT_EQ(short_count(3'400'000), "3.4 M");
}

}  // namespace
}  // namespace sluice::cli
