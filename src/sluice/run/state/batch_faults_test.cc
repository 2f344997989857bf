// A stream is run to its end while its state folder fails at every call, loses every reply, dies
// for good, or is shared with other processes. The oracle: every file is read by exactly one batch.
#include <map>
#include <mutex>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sluice/base/limits.h"
#include "sluice/base/temp_folder.h"
#include "sluice/run/state/batch_plan.h"
#include "sluice/storage/failing/failing_storage.h"
#include "sluice/storage/file/file_storage.h"
#include "sluice/storage/memory/memory_storage.h"

namespace sluice::run {
namespace {

using storage::FailingStorage;
using storage::Fault;

const StreamId kStream{.contract = "customers", .target = "silver.customers"};

/// Arrivals of files: each inner list is there before a run begins.
const std::vector<std::vector<std::string>> kArrivals{{"a", "b"}, {}, {"c"}, {"d", "e"}};

/// A table that keeps one commit per key, as every table port does.
class CommitBook {
 public:
  bool has(std::uint64_t number) {
    const std::scoped_lock lock(mutex_);
    return commits_.contains(number);
  }
  void commit(const BatchRecord& record) {
    const std::scoped_lock lock(mutex_);
    commits_.emplace(record.number, record);
  }
  std::map<std::string, int> times_read() {
    const std::scoped_lock lock(mutex_);
    std::map<std::string, int> times;
    for (const auto& [number, record] : commits_) {
      for (const BatchFile& file : std::get<FileInput>(record.input).files) {
        ++times[file.path];
      }
    }
    return times;
  }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, BatchRecord> commits_;
};

std::vector<BatchFile> files_until(std::size_t arrivals) {
  std::vector<BatchFile> files;
  for (std::size_t at = 0; at < arrivals; ++at) {
    for (const std::string& path : kArrivals[at]) {
      files.push_back({.path = path, .size_bytes = 1, .modified = {}, .content_tag = "t"});
    }
  }
  return files;
}

std::map<std::string, int> each_once() {
  return {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1}};
}

/// Runs batches until there is nothing to do.
Status drain(storage::Storage& state, CommitBook& table, const std::vector<BatchFile>& listed) {
  const BatchLog log(state, "_sluice", kStream);
  const AskCommitted ask = [&](const Context&, std::uint64_t number) {
    return Result<bool>(table.has(number));
  };
  for (;;) {
    const BatchRequest request{.run_id = make_uuid_v7(system_clock(), system_random())};
    SLUICE_TRY(const NextBatch next, take_next_batch({}, log, ask, listed, request));
    if (const auto* unfinished = std::get_if<Unfinished>(&next)) {
      table.commit(unfinished->record);
    } else if (const auto* fresh = std::get_if<NewBatch>(&next)) {
      table.commit(fresh->record);
    } else {
      return {};
    }
  }
}

TEST(BatchFaults, AfterAFaultAtAnyCallEveryFileIsReadOnce) {
  const std::vector<Fault> kinds{
      {.effect = Fault::Effect::None},
      {.effect = Fault::Effect::LostReply},
      {.effect = Fault::Effect::None, .is_lasting = true},
      {.effect = Fault::Effect::LostReply, .is_lasting = true},
      {.effect = Fault::Effect::LostReply,
       .error = make_error(ErrorCode::CommitUnknown, "the folder was not flushed")},
  };
  const std::uint64_t met = storage::sweep_faults(kinds, [](const Fault& fault) {
    const auto memory = storage::make_memory_storage();
    FailingStorage failing(*memory, fault);
    CommitBook table;
    for (std::size_t arrivals = 1; arrivals <= kArrivals.size(); ++arrivals) {
      // A run that died is started again, with the fault mended.
      if (!drain(failing, table, files_until(arrivals))) {
        EXPECT_TRUE(drain(*memory, table, files_until(arrivals))) << fault.at_call;
      }
    }
    EXPECT_EQ(table.times_read(), each_once()) << fault.at_call;
    return failing.has_failed();
  });
  EXPECT_GE(met, 100U);
}

TEST(BatchFaults, ARunThatDiesBetweenRecordAndCommitIsRepeatedAsItWas) {
  const auto memory = storage::make_memory_storage();
  const BatchLog log(*memory, "", kStream);
  const AskCommitted never = [](const Context&, std::uint64_t) { return Result<bool>(false); };
  const NextBatch first = take_next_batch({}, log, never, files_until(1), {}).value();
  const NextBatch second = take_next_batch({}, log, never, files_until(4), {}).value();
  EXPECT_EQ(std::get<Unfinished>(second).record, std::get<NewBatch>(first).record);
}

TEST(BatchFaults, ThreadsThatDrainOneStreamReadEveryFileOnce) {
  for (int round = 0; round < 20; ++round) {
    const auto memory = storage::make_memory_storage();
    CommitBook table;
    {
      std::vector<std::jthread> runs;
      runs.reserve(6);
      for (std::size_t i = 0; i < 6; ++i) {
        runs.emplace_back([&, i] {
          for (std::size_t arrivals = 1 + i % 2; arrivals <= kArrivals.size(); ++arrivals) {
            EXPECT_TRUE(drain(*memory, table, files_until(arrivals)));
          }
        });
      }
    }
    EXPECT_EQ(table.times_read(), each_once());
  }
}

/// A table that processes share: a commit is an object, put if absent.
Status drain_as_process(const std::string& root) {
  SLUICE_TRY(const auto state, storage::make_file_storage({.root = root + "/state"}));
  SLUICE_TRY(const auto table, storage::make_file_storage({.root = root + "/table"}));
  const BatchLog log(*state, "", kStream);
  const AskCommitted ask = [&](const Context& context, std::uint64_t number) -> Result<bool> {
    SLUICE_TRY(const auto found,
               table->find(context, std::to_string(number), limits::kStateFileBytesMax));
    return found.has_value();
  };
  for (std::size_t arrivals = 1; arrivals <= kArrivals.size();) {
    const BatchRequest request{.run_id = make_uuid_v7(system_clock(), system_random())};
    SLUICE_TRY(const NextBatch next, take_next_batch({}, log, ask, files_until(arrivals), request));
    if (std::holds_alternative<NothingToDo>(next)) {
      ++arrivals;
      continue;
    }
    const auto* unfinished = std::get_if<Unfinished>(&next);
    const BatchRecord& record =
        unfinished != nullptr ? unfinished->record : std::get<NewBatch>(next).record;
    SLUICE_TRY(const std::string text, render_batch(record));
    const Status committed = table->put_if_absent({}, std::to_string(record.number), text);
    if (!committed && committed.error().code != ErrorCode::AlreadyExists) {
      return committed;
    }
  }
  return {};
}

TEST(BatchFaults, ProcessesThatDrainOneStreamReadEveryFileOnce) {
  const TempFolder folder = TempFolder::make("batch-faults").value();
  std::vector<pid_t> children;
  for (int i = 0; i < 5; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::_exit(drain_as_process(folder.path()) ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int state = 0;
    ASSERT_EQ(::waitpid(child, &state, 0), child);
    EXPECT_EQ(state, 0);
  }
  CommitBook book;
  const auto table = storage::make_file_storage({.root = folder.path() + "/table"}).value();
  for (const storage::ObjectInfo& info : table->list({}, "").value()) {
    const auto text = table->find({}, info.path, limits::kStateFileBytesMax).value();
    book.commit(parse_batch(*text, info.path).value());
  }
  EXPECT_EQ(book.times_read(), each_once());
}

}  // namespace
}  // namespace sluice::run
