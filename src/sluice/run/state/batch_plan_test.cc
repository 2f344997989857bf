#include "sluice/run/state/batch_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sluice/storage/memory/memory_storage.h"

namespace sluice::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const StreamId kStream{.contract = "customers", .target = "silver.customers"};

BatchFile make_file(const std::string& path, const std::string& tag = "t") {
  return {.path = path, .size_bytes = 10, .modified = sys_micros(), .content_tag = tag};
}

BatchRecord make_record(std::uint64_t number, std::vector<BatchFile> files) {
  return {.stream = kStream,
          .number = number,
          .input = FileInput{.files = std::move(files)},
          .clock = sys_micros(),
          .run_id = Uuid(),
          .fingerprint = "old"};
}

NextBatch plan(const std::vector<BatchRecord>& records, const std::set<std::uint64_t>& committed,
               std::vector<BatchFile> listed, BatchRequest request = {}) {
  if (request.fingerprint.empty()) {
    request.fingerprint = "old";
  }
  return plan_next_batch(kStream, records, committed, std::move(listed), request).value();
}

std::vector<std::string> paths_of(const NextBatch& next) {
  std::vector<std::string> paths;
  for (const BatchFile& file : std::get<FileInput>(std::get<NewBatch>(next).record.input).files) {
    paths.push_back(file.path);
  }
  return paths;
}

TEST(BatchPlan, TheFirstBatchReadsEverythingInOrder) {
  const BatchRequest request{
      .clock = sys_micros(std::chrono::seconds(5)), .run_id = {.bytes = {1}}, .fingerprint = "f"};
  const NextBatch next = plan({}, {}, {make_file("b"), make_file("a")}, request);
  EXPECT_THAT(paths_of(next), ElementsAre("a", "b"));
  const BatchRecord& record = std::get<NewBatch>(next).record;
  EXPECT_EQ(record.number, 1U);
  EXPECT_EQ(record.stream, kStream);
  EXPECT_EQ(record.clock, request.clock);
  EXPECT_EQ(record.run_id, request.run_id);
  EXPECT_EQ(record.fingerprint, "f");
}

TEST(BatchPlan, ABatchWithoutItsCommitComesFirstAndExactlyAsWritten) {
  const std::vector<BatchRecord> records{make_record(1, {make_file("a")}),
                                         make_record(2, {make_file("b", "then")})};
  const NextBatch next =
      plan(records, {1}, {make_file("b", "now"), make_file("c")}, {.again = true});
  EXPECT_EQ(next, NextBatch(Unfinished{.record = records[1]}));
}

TEST(BatchPlan, OnlyTheNewestRecordIsAskedForItsCommit) {
  // A table may forget old keys; a successor is proof enough.
  const std::vector<BatchRecord> records{make_record(1, {make_file("a")}),
                                         make_record(2, {make_file("b")})};
  EXPECT_EQ(plan(records, {2}, {make_file("a"), make_file("b")}), NextBatch(NothingToDo{}));
}

TEST(BatchPlan, OnlyNewFilesAreRead) {
  const std::vector<BatchRecord> records{make_record(1, {make_file("a"), make_file("b")}),
                                         make_record(2, {make_file("c")})};
  const NextBatch next = plan(records, {1, 2}, {make_file("d"), make_file("a"), make_file("c")});
  EXPECT_THAT(paths_of(next), ElementsAre("d"));
  EXPECT_EQ(std::get<NewBatch>(next).record.number, 3U);
  EXPECT_THAT(std::get<NewBatch>(next).changed, IsEmpty());
}

TEST(BatchPlan, AFileWithOtherContentIsNewAndNamedAsChanged) {
  const std::vector<BatchRecord> records{make_record(1, {make_file("a"), make_file("b")})};
  const NextBatch next = plan(records, {1}, {make_file("a", "changed"), make_file("b")});
  EXPECT_THAT(paths_of(next), ElementsAre("a"));
  EXPECT_THAT(std::get<NewBatch>(next).changed, ElementsAre("a"));
}

TEST(BatchPlan, ATouchedFileIsNotNew) {
  BatchFile touched = make_file("a");
  touched.modified += std::chrono::hours(1);
  EXPECT_EQ(plan({make_record(1, {make_file("a")})}, {1}, {touched}), NextBatch(NothingToDo{}));
}

TEST(BatchPlan, NoFilesAreNothingToDo) {
  for (const ReadMode mode : {ReadMode::NewFiles, ReadMode::AllFiles}) {
    EXPECT_EQ(plan({}, {}, {}, {.mode = mode}), NextBatch(NothingToDo{}));
    EXPECT_EQ(plan({}, {}, {}, {.mode = mode, .again = true}), NextBatch(NothingToDo{}));
  }
}

TEST(BatchPlan, AgainReadsWhatWasReadAsANewBatch) {
  const std::vector<BatchRecord> records{make_record(1, {make_file("a")})};
  for (const ReadMode mode : {ReadMode::NewFiles, ReadMode::AllFiles}) {
    const NextBatch next = plan(records, {1}, {make_file("a")}, {.mode = mode, .again = true});
    EXPECT_THAT(paths_of(next), ElementsAre("a"));
    EXPECT_EQ(std::get<NewBatch>(next).record.number, 2U);
  }
}

TEST(BatchPlan, AllFilesAreReadUnlessTheSameOnesWereABatch) {
  const std::vector<BatchRecord> records{make_record(1, {make_file("a")}),
                                         make_record(2, {make_file("a"), make_file("b")})};
  const auto all = [&](std::vector<BatchFile> listed, bool replaces) {
    return plan(records, {2}, std::move(listed),
                {.mode = ReadMode::AllFiles, .replaces_target = replaces});
  };
  EXPECT_EQ(all({make_file("b"), make_file("a")}, false), NextBatch(NothingToDo{.same_as = 2}));
  EXPECT_EQ(all({make_file("a")}, false), NextBatch(NothingToDo{.same_as = 1}));
  EXPECT_THAT(paths_of(all({make_file("a"), make_file("c")}, false)), ElementsAre("a", "c"));
  // The target shows a and b; to show a alone again it must be written again.
  EXPECT_THAT(paths_of(all({make_file("a")}, true)), ElementsAre("a"));
  EXPECT_EQ(all({make_file("a"), make_file("b")}, true), NextBatch(NothingToDo{.same_as = 2}));
}

TEST(BatchPlan, ASkippedBatchSaysThatTheRequestHasChanged) {
  const NextBatch next = plan({make_record(1, {make_file("a")})}, {1}, {make_file("a")},
                              {.mode = ReadMode::AllFiles, .fingerprint = "new"});
  EXPECT_EQ(next, NextBatch(NothingToDo{.same_as = 1, .has_other_fingerprint = true}));
}

TEST(BatchPlan, BatchesOfOtherInputsReadNoFiles) {
  BatchRecord replay = make_record(1, {});
  replay.input = ReplayInput{.row_ids = {"1"}};
  EXPECT_THAT(paths_of(plan({replay}, {1}, {make_file("a")})), ElementsAre("a"));
  EXPECT_EQ(plan({replay}, {}, {make_file("a")}), NextBatch(Unfinished{.record = replay}));
}

TEST(BatchPlan, ATableThatIsAheadOfItsRecordsIsCorrupt) {
  const auto next = plan_next_batch(kStream, {make_record(1, {})}, {1, 2}, {}, {});
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(next.error().message, HasSubstr("the table shows batch 2 of 'customers'"));
  EXPECT_THAT(next.error().hint, HasSubstr("restore"));
}

TEST(BatchPlan, AFileListedTwiceOrAGapIsRefused) {
  EXPECT_EQ(
      plan_next_batch(kStream, {}, {}, {make_file("a"), make_file("a", "u")}, {}).error().message,
      "expected every file once, got one twice: 'a'");
  EXPECT_EQ(plan_next_batch(kStream, {make_record(2, {})}, {2}, {}, {}).error().code,
            ErrorCode::InvalidArgument);
}

TEST(BatchPlan, TakingRecordsTheBatchAndTakingAgainReturnsIt) {
  const auto memory = storage::make_memory_storage();
  const BatchLog log(*memory, "", kStream);
  const AskCommitted never = [](const Context&, std::uint64_t) { return Result<bool>(false); };
  const AskCommitted always = [](const Context&, std::uint64_t) { return Result<bool>(true); };
  const std::vector<BatchFile> listed{make_file("a")};
  const NextBatch taken = take_next_batch({}, log, never, listed, {}).value();
  const BatchRecord record = std::get<NewBatch>(taken).record;
  EXPECT_EQ(log.find_newest({}).value(), record);
  EXPECT_EQ(take_next_batch({}, log, never, {make_file("b")}, {}).value(),
            NextBatch(Unfinished{.record = record}));
  EXPECT_EQ(take_next_batch({}, log, always, listed, {}).value(), NextBatch(NothingToDo{}));
}

TEST(BatchPlan, RecordsOfAnotherTargetAreToldUnlessTheTargetIsReplaced) {
  const auto memory = storage::make_memory_storage();
  const BatchLog log(*memory, "", kStream);
  for (std::uint64_t number = 1; number <= 3; ++number) {
    ASSERT_TRUE(log.write_or_find({}, make_record(number, {make_file("a")})));
  }
  const auto holds = [](std::uint64_t newest) -> AskCommitted {
    return
        [newest](const Context&, std::uint64_t number) { return Result<bool>(number <= newest); };
  };
  const NextBatch last(Unfinished{.record = make_record(3, {make_file("a")})});
  EXPECT_EQ(find_next_batch({}, log, holds(2), {}, {}).value(), last);
  const Error older = find_next_batch({}, log, holds(1), {}, {}).error();
  EXPECT_EQ(older.code, ErrorCode::Corrupt);
  EXPECT_THAT(older.message, HasSubstr("does not hold batch 2"));
  EXPECT_EQ(find_next_batch({}, log, holds(0), {}, {.replaces_target = true}).value(), last);
}

TEST(BatchPlan, AnAnswerThatCannotBeHadStopsEverything) {
  const auto memory = storage::make_memory_storage();
  const BatchLog log(*memory, "", kStream);
  ASSERT_TRUE(log.write_or_find({}, make_record(1, {make_file("a")})));
  const AskCommitted unknown = [](const Context&, std::uint64_t) {
    return Result<bool>(make_error(ErrorCode::Unavailable, "the table does not answer"));
  };
  EXPECT_EQ(take_next_batch({}, log, unknown, {make_file("b")}, {}).error().message,
            "the table does not answer");
  EXPECT_EQ(log.load_all({}).value().size(), 1U);
}

}  // namespace
}  // namespace sluice::run
