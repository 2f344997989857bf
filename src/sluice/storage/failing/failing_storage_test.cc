#include "sluice/storage/failing/failing_storage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/storage/memory/memory_storage.h"

namespace sluice::storage {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kAny = 1000;

class FailingStorageTest : public testing::Test {
 protected:
  std::unique_ptr<Storage> inner_ = make_memory_storage();
  FailingStorage storage_{*inner_};
};

TEST_F(FailingStorageTest, PassesEverythingOnAndCountsIt) {
  EXPECT_TRUE(storage_.put({}, "a", "1"));
  EXPECT_TRUE(storage_.put_if_absent({}, "b", "2"));
  EXPECT_EQ(storage_.find({}, "a", kAny).value(), "1");
  EXPECT_EQ(storage_.list({}, "").value().size(), 2U);
  EXPECT_TRUE(storage_.publish({}, "b", "c"));
  EXPECT_TRUE(storage_.remove({}, "a"));
  EXPECT_TRUE(storage_.prepare_folder({}, "x/y"));
  EXPECT_EQ(storage_.uri("a"), inner_->uri("a"));
  EXPECT_THAT(storage_.trace(), ElementsAre("put a", "put_if_absent b", "find a", "list ",
                                            "publish b c", "remove a", "prepare_folder x/y"));
  EXPECT_EQ(storage_.calls(), 7U);
  EXPECT_FALSE(storage_.has_failed());
}

TEST_F(FailingStorageTest, FailsOnceBeforeTheEffectWithTheErrorItWasGiven) {
  storage_.arm({.at_call = 2, .error = make_error(ErrorCode::ResourceExhausted, "full")});
  EXPECT_TRUE(storage_.put({}, "a", "1"));
  const Status failed = storage_.put({}, "a", "2");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::ResourceExhausted);
  EXPECT_EQ(failed.error().message, "full");
  EXPECT_EQ(storage_.find({}, "a", kAny).value(), "1");
  EXPECT_TRUE(storage_.has_failed());
}

TEST_F(FailingStorageTest, ALostReplyLeavesTheEffect) {
  storage_.arm({.at_call = 1, .effect = Fault::Effect::LostReply});
  EXPECT_FALSE(storage_.put_if_absent({}, "a", "1"));
  EXPECT_EQ(storage_.find({}, "a", kAny).value(), "1");
}

TEST_F(FailingStorageTest, ALastingFaultNeverHeals) {
  storage_.arm({.at_call = 2, .effect = Fault::Effect::LostReply, .is_lasting = true});
  EXPECT_TRUE(storage_.put({}, "a", "1"));
  EXPECT_FALSE(storage_.put({}, "b", "1"));
  EXPECT_FALSE(storage_.put({}, "c", "1"));
  EXPECT_FALSE(storage_.find({}, "a", kAny));
  EXPECT_EQ(inner_->list({}, "").value().size(), 2U);
}

TEST_F(FailingStorageTest, ASweepMeetsEveryCallOfEveryKind) {
  std::vector<std::string> met;
  const std::uint64_t count =
      sweep_faults({{.effect = Fault::Effect::None}, {.effect = Fault::Effect::LostReply}},
                   [&](const Fault& fault) {
                     const auto own = make_memory_storage();
                     FailingStorage failing(*own, fault);
                     const bool is_done = failing.put({}, "a", "1") && failing.remove({}, "a");
                     EXPECT_NE(is_done, failing.has_failed());
                     if (failing.has_failed()) {
                       met.push_back(failing.trace().back());
                     }
                     return failing.has_failed();
                   });
  EXPECT_EQ(count, 4U);
  EXPECT_THAT(met, ElementsAre("put a", "remove a", "put a", "remove a"));
}

TEST_F(FailingStorageTest, AFullMemoryStorageTakesNothingMore) {
  const auto small = make_memory_storage({.bytes_max = 10});
  EXPECT_TRUE(small->put({}, "a", "12345"));
  const Status full = small->put({}, "b", "123456");
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::ResourceExhausted);
  EXPECT_TRUE(small->put({}, "a", "1234567890"));  // what is replaced makes room
  EXPECT_FALSE(small->put_if_absent({}, "b", "1"));
  EXPECT_TRUE(small->remove({}, "a"));
  EXPECT_TRUE(small->put_if_absent({}, "b", "1"));
}

}  // namespace
}  // namespace sluice::storage
