#include "sluice/run/state/batch_log.h"

#include <atomic>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/base/limits.h"
#include "sluice/storage/failing/failing_storage.h"
#include "sluice/storage/memory/memory_storage.h"

namespace sluice::run {
namespace {

using storage::Fault;
using testing::HasSubstr;

const StreamId kStream{.contract = "customers", .target = "silver.customers"};

class BatchLogTest : public testing::Test {
 protected:
  BatchRecord make_record(std::uint64_t number) {
    return {.stream = kStream,
            .number = number,
            .input = FileInput{},
            .clock = system_clock().now(),
            .run_id = make_uuid_v7(system_clock(), random_),
            .fingerprint = "f"};
  }

  SeededRandom random_{1};
  std::unique_ptr<storage::Storage> memory_ = storage::make_memory_storage();
  storage::FailingStorage storage_{*memory_};
  BatchLog log_{storage_, "_sluice", kStream};
  Context context_;
};

TEST_F(BatchLogTest, AStreamWithoutBatchesIsEmpty) {
  EXPECT_TRUE(log_.load_all(context_).value().empty());
  EXPECT_EQ(log_.find_newest(context_).value(), std::nullopt);
}

TEST_F(BatchLogTest, RecordsComeBackByNumberNotByName) {
  std::vector<BatchRecord> written;
  for (std::uint64_t number = 1; number <= 12; ++number) {
    written.push_back(make_record(number));
    ASSERT_EQ(log_.write_or_find(context_, written.back()).value(), std::nullopt);
  }
  EXPECT_EQ(log_.load_all(context_).value(), written);
  EXPECT_EQ(log_.find_newest(context_).value(), written.back());
  EXPECT_EQ(log_.path_of(12), "_sluice/" + render_stream(kStream) + "/batch-12.json");
}

TEST_F(BatchLogTest, StreamsDoNotSeeEachOther) {
  const BatchLog other(storage_, "_sluice/", {.contract = "customers", .target = "gold"});
  ASSERT_TRUE(log_.write_or_find(context_, make_record(1)));
  EXPECT_TRUE(other.load_all(context_).value().empty());
}

TEST_F(BatchLogTest, FilesOfOthersAreLeftAlone) {
  ASSERT_TRUE(log_.write_or_find(context_, make_record(1)));
  const std::string folder = "_sluice/" + render_stream(kStream) + "/";
  for (const char* name : {"batch-1.json.bak", "batch-.json", "batch-01.json", "batch-x.json",
                           "batch-2.json/x", "notes.txt", "batch-99999999999999999999.json"}) {
    ASSERT_TRUE(memory_->put(context_, folder + name, "junk"));
  }
  EXPECT_EQ(log_.load_all(context_).value().size(), 1U);
}

TEST_F(BatchLogTest, AMissingRecordIsCorruptAndNamed) {
  for (std::uint64_t number = 1; number <= 3; ++number) {
    ASSERT_TRUE(log_.write_or_find(context_, make_record(number)));
  }
  ASSERT_TRUE(memory_->remove(context_, log_.path_of(2)));
  const auto loaded = log_.load_all(context_);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(loaded.error().message, HasSubstr("/batch-2.json'"));
}

TEST_F(BatchLogTest, AMisplacedOrDamagedRecordIsCorruptAndNamed) {
  ASSERT_TRUE(log_.write_or_find(context_, make_record(1)));
  const std::string text =
      *memory_->find(context_, log_.path_of(1), limits::kStateFileBytesMax).value();
  ASSERT_TRUE(memory_->put(context_, log_.path_of(2), text));
  EXPECT_THAT(log_.load_all(context_).error().message,
              HasSubstr("expected the record of batch 2 of this stream, got one of batch 1"));
  ASSERT_TRUE(memory_->put(context_, log_.path_of(2), text.substr(0, 20)));
  EXPECT_THAT(log_.find_newest(context_).error().message, HasSubstr("/batch-2.json'"));
}

TEST_F(BatchLogTest, TheLoserOfANumberGetsWhatTheWinnerWrote) {
  const BatchRecord mine = make_record(1);
  const BatchRecord theirs = make_record(1);
  EXPECT_EQ(log_.write_or_find(context_, mine).value(), std::nullopt);
  EXPECT_EQ(log_.write_or_find(context_, theirs).value(), mine);
  EXPECT_EQ(log_.write_or_find(context_, mine).value(), std::nullopt);  // once more is no loss
}

TEST_F(BatchLogTest, ANumberThatIsTakenByADamagedRecordIsCorrupt) {
  ASSERT_TRUE(memory_->put(context_, log_.path_of(1), "{"));
  const auto written = log_.write_or_find(context_, make_record(1));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, ErrorCode::Corrupt);
}

TEST_F(BatchLogTest, ALostReplyIsResolvedByReadingBack) {
  storage_.arm({.at_call = 1, .effect = Fault::Effect::LostReply});
  EXPECT_EQ(log_.write_or_find(context_, make_record(1)).value(), std::nullopt);
}

TEST_F(BatchLogTest, AnErrorThatDidNothingIsReturnedAsItWas) {
  storage_.arm({.at_call = 1, .error = make_error(ErrorCode::ResourceExhausted, "disk full")});
  const auto written = log_.write_or_find(context_, make_record(1));
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().message, "disk full");
  storage_.arm({.at_call = 1,
                .is_lasting = true,
                .error = make_error(ErrorCode::ResourceExhausted, "disk full")});
  EXPECT_EQ(log_.write_or_find(context_, make_record(1)).error().message, "disk full");
  EXPECT_EQ(log_.load_all(context_).error().message, "disk full");
}

TEST_F(BatchLogTest, OfManyThreadsExactlyOneRecordsANumber) {
  constexpr int kWriters = 8;
  std::vector<BatchRecord> records;
  records.reserve(kWriters);
  for (int i = 0; i < kWriters; ++i) {
    records.push_back(make_record(1));
  }
  std::atomic<int> winners = 0;
  std::atomic<int> told = 0;
  {
    std::vector<std::jthread> writers;
    writers.reserve(kWriters);
    for (const BatchRecord& record : records) {
      writers.emplace_back([&] {
        const auto other = log_.write_or_find(context_, record).value();
        winners += other ? 0 : 1;
        told += other && *other == log_.find_newest(context_).value() ? 1 : 0;
      });
    }
  }
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(told, kWriters - 1);
}

}  // namespace
}  // namespace sluice::run
