#include "sluice/run/write/turns.h"

#include <future>
#include <optional>
#include <stop_token>
#include <thread>

#include <gtest/gtest.h>

namespace sluice::run {
namespace {

constexpr std::chrono::hours kForEver{1};

Context soon() {
  return {.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(20)};
}

Context stopped() {
  std::stop_source source;
  source.request_stop();
  Context context;
  context.stop = source.get_token();
  return context;
}

TEST(Turns, WritersJoinEachOther) {
  Turns turns(kForEver);
  const Turns::Turn first = turns.join({}).value();
  const Turns::Turn second = turns.join({}).value();
}

TEST(Turns, NobodyJoinsOneWhoIsAlone) {
  Turns turns(kForEver);
  const Turns::Turn alone = turns.go_alone({}).value();
  EXPECT_FALSE(turns.join(soon()).has_value());
  EXPECT_FALSE(turns.go_alone(soon()).has_value());
}

TEST(Turns, OneWhoWantsToBeAloneIsLetInBeforeNewcomers) {
  Turns turns(kForEver);
  std::optional<Turns::Turn> first;
  first.emplace(turns.join({}).value());
  std::promise<void> done;
  std::thread alone([&] {
    const Turns::Turn turn = turns.go_alone({}).value();
    done.set_value();
  });
  // Until the other waits, newcomers get in; from then on they are stopped at the door.
  while (turns.join(soon()).has_value()) {
    std::this_thread::yield();
  }
  first.reset();
  done.get_future().wait();
  alone.join();
  EXPECT_TRUE(turns.join({}).has_value());
}

TEST(Turns, PatienceEnds) {
  Turns turns(std::chrono::milliseconds(1));
  const Turns::Turn first = turns.go_alone({}).value();
  EXPECT_TRUE(turns.join({}).has_value());
  EXPECT_TRUE(turns.go_alone({}).has_value());
}

TEST(Turns, AStopEndsTheWaiting) {
  Turns turns(kForEver);
  const Turns::Turn first = turns.join({}).value();
  const auto refused = turns.go_alone(stopped());
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code, ErrorCode::Cancelled);
  EXPECT_TRUE(turns.join({}).has_value()) << "who gave up stands in nobody's way";
}

}  // namespace
}  // namespace sluice::run
