#include "sluice/storage/suite/suite.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sluice::storage {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kAny = std::uint64_t{1} << 30;

StorageSuite::StorageSuite()
    : scratch_(TempFolder::make("storage-suite").value()), storage_(open_again()) {}

std::unique_ptr<Storage> StorageSuite::open_again() const {
  return GetParam().make(scratch_.path()).value();
}

std::optional<std::string> StorageSuite::read(std::string_view path) const {
  return storage_->find(context_, path, kAny).value();
}

std::vector<std::string> StorageSuite::names(std::string_view prefix) const {
  std::vector<std::string> paths;
  for (ObjectInfo& info : storage_->list(context_, prefix).value()) {
    paths.push_back(std::move(info.path));
  }
  return paths;
}

void StorageSuite::write_as_engine(std::string_view path, std::string_view bytes) const {
  if (!GetParam().has_local_paths) {
    ASSERT_TRUE(storage_->put(context_, path, bytes));
    return;
  }
  ASSERT_TRUE(storage_->prepare_folder(context_, path));
  std::ofstream file(storage_->uri(path), std::ios::binary);
  file << bytes;
  ASSERT_TRUE(file.flush());
}

namespace {

/// One letter many times: a torn object shows two of them.
std::string make_uniform(char letter, std::size_t size) { return std::string(size, letter); }

bool is_uniform(const std::string& bytes) {
  return bytes.find_first_not_of(bytes.front()) == std::string::npos;
}

ErrorCode code_of(const Status& status) {
  return status ? ErrorCode::Internal : status.error().code;
}

TEST_P(StorageSuite, FindsWhatWasPut) {
  const std::string bytes("a\0b\r\n\xff", 6);
  ASSERT_TRUE(storage_->put(context_, "folder/object", bytes));
  EXPECT_EQ(read("folder/object"), bytes);
  EXPECT_EQ(read("./folder//object"), bytes);
}

TEST_P(StorageSuite, FindsNothingWhereNothingIs) {
  EXPECT_EQ(read("nothing"), std::nullopt);
  EXPECT_EQ(read("no/folder/either"), std::nullopt);
  ASSERT_TRUE(storage_->put(context_, "folder/object", "x"));
  EXPECT_EQ(read("folder"), std::nullopt);
  EXPECT_EQ(read("folder/object/below"), std::nullopt);
}

TEST_P(StorageSuite, AnObjectMayBeEmpty) {
  ASSERT_TRUE(storage_->put(context_, "empty", ""));
  EXPECT_EQ(read("empty"), "");
  EXPECT_EQ(storage_->list(context_, "").value().front().size_bytes, 0U);
}

TEST_P(StorageSuite, PutReplacesAndChangesTheTag) {
  ASSERT_TRUE(storage_->put(context_, "object", "one"));
  const std::string tag = storage_->list(context_, "").value().front().tag;
  EXPECT_EQ(storage_->list(context_, "").value().front().tag, tag);
  ASSERT_TRUE(storage_->put(context_, "object", "two"));
  const ObjectInfo info = storage_->list(context_, "").value().front();
  EXPECT_EQ(read("object"), "two");
  EXPECT_NE(info.tag, tag);
  EXPECT_EQ(info.size_bytes, 3U);
}

TEST_P(StorageSuite, NamesMayHoldWhatFileNamesMay) {
  const std::string name = "col=a b/\xc3\xa4'\"*?[x]\n;.json";
  ASSERT_TRUE(storage_->put(context_, name, "x"));
  EXPECT_THAT(names(""), ElementsAre(name));
  EXPECT_THAT(names("col=a b"), ElementsAre(name));
  EXPECT_EQ(read(name), "x");
}

TEST_P(StorageSuite, PathsThatLeaveTheRootAreRefused) {
  ASSERT_TRUE(storage_->put(context_, "inside", "x"));
  for (const std::string& path :
       {std::string("/etc/passwd"), std::string("../outside"), std::string("a/../../outside"),
        std::string("a/.."), std::string(), std::string("."), std::string("nul\0byte", 8),
        std::string("_tmp-mine"), std::string("a/_tmp-mine/b")}) {
    EXPECT_EQ(code_of(storage_->put(context_, path, "x")), ErrorCode::InvalidArgument) << path;
    EXPECT_EQ(code_of(storage_->put_if_absent(context_, path, "x")), ErrorCode::InvalidArgument);
    EXPECT_FALSE(storage_->find(context_, path, kAny)) << path;
    EXPECT_EQ(code_of(storage_->publish(context_, "inside", path)), ErrorCode::InvalidArgument);
    EXPECT_EQ(code_of(storage_->publish(context_, path, "other")), ErrorCode::InvalidArgument);
    EXPECT_EQ(code_of(storage_->remove(context_, path)), ErrorCode::InvalidArgument);
    EXPECT_EQ(code_of(storage_->prepare_folder(context_, path)), ErrorCode::InvalidArgument);
    EXPECT_EQ(storage_->uri(path), storage_->uri("")) << path;
    if (!path.empty()) {
      EXPECT_FALSE(storage_->list(context_, path)) << path;
    }
  }
  EXPECT_THAT(names(""), ElementsAre("inside"));
}

TEST_P(StorageSuite, ListIsCompleteAndOrderedBytewise) {
  const std::vector<std::string> sorted{"B",  "a-b", "a.b/z",     "a/b",    "a/b0/x",
                                        "a0", "b",   "b\xc3\xa4", "z/1/2/3"};
  std::vector<std::string> shuffled{sorted.rbegin(), sorted.rend()};
  for (const std::string& path : shuffled) {
    ASSERT_TRUE(storage_->put(context_, path, path));
  }
  EXPECT_EQ(names(""), sorted);
  EXPECT_THAT(names("a"), ElementsAre("a/b", "a/b0/x"));
  EXPECT_THAT(names("a/"), ElementsAre("a/b", "a/b0/x"));
  EXPECT_THAT(names("z/1/2"), ElementsAre("z/1/2/3"));
  EXPECT_THAT(names("nothing"), IsEmpty());
  EXPECT_THAT(names("a/b"), IsEmpty());
}

TEST_P(StorageSuite, AnEmptyStorageListsNothing) { EXPECT_THAT(names(""), IsEmpty()); }

TEST_P(StorageSuite, ALargerObjectThanTheCallerTakesIsRefused) {
  ASSERT_TRUE(storage_->put(context_, "big", make_uniform('x', 1001)));
  EXPECT_EQ(storage_->find(context_, "big", 1001).value()->size(), 1001U);
  const auto found = storage_->find(context_, "big", 1000);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::ResourceExhausted);
  EXPECT_THAT(found.error().message,
              HasSubstr("expected an object of at most 1000 bytes, got 1001 bytes"));
  EXPECT_FALSE(storage_->find(context_, "big", 0));
}

TEST_P(StorageSuite, PutIfAbsentKeepsTheFirst) {
  ASSERT_TRUE(storage_->put_if_absent(context_, "a/object", "first"));
  EXPECT_EQ(code_of(storage_->put_if_absent(context_, "a/object", "second")),
            ErrorCode::AlreadyExists);
  EXPECT_EQ(read("a/object"), "first");
  ASSERT_TRUE(storage_->remove(context_, "a/object"));
  EXPECT_TRUE(storage_->put_if_absent(context_, "a/object", "third"));
}

TEST_P(StorageSuite, PutIfAbsentLetsExactlyOneThreadWin) {
  constexpr int kWriters = 8;
  for (int round = 0; round < 10; ++round) {
    const std::string path = "race/" + std::to_string(round);
    std::atomic<int> ready = 0;
    std::atomic<int> winners = 0;
    std::atomic<int> losers = 0;
    std::atomic<char> winner = 0;
    std::vector<std::jthread> writers;
    writers.reserve(kWriters);
    for (int i = 0; i < kWriters; ++i) {
      writers.emplace_back([&, i] {
        const char letter = static_cast<char>('a' + i);
        const std::string bytes = make_uniform(letter, 10'000);
        for (++ready; ready < kWriters;) {
          std::this_thread::yield();
        }
        const Status status = storage_->put_if_absent(context_, path, bytes);
        winners += status ? 1 : 0;
        losers += code_of(status) == ErrorCode::AlreadyExists ? 1 : 0;
        if (status) {
          winner = letter;
        }
      });
    }
    writers.clear();
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(losers, kWriters - 1);
    EXPECT_EQ(read(path), make_uniform(winner, 10'000));
  }
  EXPECT_EQ(names("").size(), 10U);
}

/// The exit code of a writer: the number of races it won, or 100.
int race_as_process(Storage& storage, const Context& context, int start, char letter, int rounds) {
  char go = 0;
  if (::read(start, &go, 1) != 0) {  // the end of the pipe is the shot
    return 100;
  }
  int won = 0;
  for (int round = 0; round < rounds; ++round) {
    const Status status = storage.put_if_absent(context, "race/" + std::to_string(round),
                                                make_uniform(letter, 10'000));
    if (!status && status.error().code != ErrorCode::AlreadyExists) {
      return 100;
    }
    won += status ? 1 : 0;
  }
  return won;
}

TEST_P(StorageSuite, PutIfAbsentLetsExactlyOneOfTheProcessesThatShareItWin) {
  constexpr int kWriters = 6;
  constexpr int kRounds = 12;
  int start[2];
  ASSERT_EQ(::pipe(start), 0);
  std::vector<pid_t> children;
  for (int i = 0; i < kWriters; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(start[1]);
      const std::unique_ptr<Storage> own = open_again();
      ::_exit(race_as_process(*own, context_, start[0], static_cast<char>('a' + i), kRounds));
    }
    children.push_back(child);
  }
  ::close(start[0]);
  ::close(start[1]);
  int won = 0;
  for (const pid_t child : children) {
    int state = 0;
    ASSERT_EQ(::waitpid(child, &state, 0), child);
    ASSERT_TRUE(WIFEXITED(state));
    ASSERT_NE(WEXITSTATUS(state), 100);
    won += WEXITSTATUS(state);
  }
  if (!GetParam().is_shared_by_processes) {
    EXPECT_EQ(won, kRounds * kWriters);  // each raced alone, in its own copy
    return;
  }
  EXPECT_EQ(won, kRounds);
  EXPECT_EQ(names("").size(), static_cast<std::size_t>(kRounds));
  for (int round = 0; round < kRounds; ++round) {
    const std::optional<std::string> bytes = read("race/" + std::to_string(round));
    ASSERT_TRUE(bytes.has_value());
    EXPECT_EQ(bytes->size(), 10'000U);
    EXPECT_TRUE(is_uniform(*bytes));
  }
}

TEST_P(StorageSuite, AReaderSeesTheOldBytesOrTheNewOnes) {
  ASSERT_TRUE(storage_->put(context_, "object", make_uniform('a', 1000)));
  std::atomic<bool> is_done = false;
  std::atomic<int> torn = 0;
  std::atomic<int> reads = 0;
  std::jthread reader([&] {
    while (!is_done) {
      const auto bytes = storage_->find(context_, "object", kAny);
      const auto listed = storage_->list(context_, "");
      const bool is_whole = bytes && bytes->has_value() && !(*bytes)->empty() &&
                            is_uniform(**bytes) && (*bytes)->size() % 1000 == 0 && listed &&
                            listed->size() == 1 && listed->front().size_bytes % 1000 == 0;
      torn += is_whole ? 0 : 1;
      ++reads;
    }
  });
  for (int i = 1; i <= 60 || reads < 20; ++i) {
    const auto letter = static_cast<char>('a' + i % 26);
    const std::size_t size = 1000 * (1 + static_cast<std::size_t>(i % 400));
    ASSERT_TRUE(storage_->put(context_, "object", make_uniform(letter, size)));
  }
  is_done = true;
  reader.join();
  EXPECT_EQ(torn, 0);
  EXPECT_THAT(names(""), ElementsAre("object"));
}

TEST_P(StorageSuite, PublishMakesAnEnginesFileVisible) {
  write_as_engine("table/_part-1", "rows");
  ASSERT_TRUE(storage_->publish(context_, "table/_part-1", "table/day=1/part-1.parquet"));
  EXPECT_EQ(read("table/day=1/part-1.parquet"), "rows");
  EXPECT_THAT(names(""), ElementsAre("table/day=1/part-1.parquet"));
}

TEST_P(StorageSuite, PublishDoneTwiceSucceeds) {
  write_as_engine("_part", "rows");
  ASSERT_TRUE(storage_->publish(context_, "_part", "part"));
  EXPECT_TRUE(storage_->publish(context_, "_part", "part"));
  EXPECT_TRUE(storage_->publish(context_, "part", "part"));
  EXPECT_EQ(read("part"), "rows");
}

TEST_P(StorageSuite, PublishNeverReplacesAnotherObject) {
  ASSERT_TRUE(storage_->put(context_, "part", "old"));
  write_as_engine("_part", "new");
  EXPECT_EQ(code_of(storage_->publish(context_, "_part", "part")), ErrorCode::AlreadyExists);
  EXPECT_EQ(read("part"), "old");
  EXPECT_EQ(read("_part"), "new");
}

TEST_P(StorageSuite, PublishOfNothingIsNotFound) {
  EXPECT_EQ(code_of(storage_->publish(context_, "_part", "part")), ErrorCode::NotFound);
  EXPECT_EQ(code_of(storage_->publish(context_, "a/_part", "b/part")), ErrorCode::NotFound);
  EXPECT_EQ(code_of(storage_->publish(context_, "part", "part")), ErrorCode::NotFound);
  EXPECT_THAT(names(""), IsEmpty());
}

TEST_P(StorageSuite, PublishersOfOneFileAllSucceedAndOfSeveralExactlyOne) {
  constexpr int kWriters = 6;
  for (int round = 0; round < 10; ++round) {
    const std::string shared = "_shared-" + std::to_string(round);
    write_as_engine(shared, "shared");
    std::atomic<int> together = 0;
    std::atomic<int> alone = 0;
    std::vector<std::jthread> writers;
    for (int i = 0; i < kWriters; ++i) {
      const std::string own = "_own-" + std::to_string(round) + "-" + std::to_string(i);
      write_as_engine(own, own);
      writers.emplace_back([&, own, round] {
        const std::string name = std::to_string(round);
        together += storage_->publish(context_, shared, "together/" + name) ? 1 : 0;
        alone += storage_->publish(context_, own, "alone/" + name) ? 1 : 0;
      });
    }
    writers.clear();
    EXPECT_EQ(together, kWriters);
    EXPECT_EQ(alone, 1);
    EXPECT_EQ(read("together/" + std::to_string(round)), "shared");
  }
}

TEST_P(StorageSuite, RemoveIsDoneOnceAndSucceedsTwice) {
  ASSERT_TRUE(storage_->put(context_, "a/object", "x"));
  EXPECT_TRUE(storage_->remove(context_, "a"));
  EXPECT_EQ(read("a/object"), "x");
  EXPECT_TRUE(storage_->remove(context_, "a/object"));
  EXPECT_TRUE(storage_->remove(context_, "a/object"));
  EXPECT_TRUE(storage_->remove(context_, "no/folder/either"));
  EXPECT_THAT(names(""), IsEmpty());
}

TEST_P(StorageSuite, AFolderThatHoldsNothingIsRemovedLikeAnObject) {
  ASSERT_TRUE(storage_->prepare_folder(context_, "a/b/object"));
  ASSERT_TRUE(storage_->put(context_, "a/other", "x"));
  EXPECT_TRUE(storage_->remove(context_, "a/b"));
  EXPECT_TRUE(storage_->remove(context_, "a/b"));
  EXPECT_TRUE(storage_->remove(context_, "a"));
  EXPECT_EQ(read("a/other"), "x");
  EXPECT_TRUE(storage_->put(context_, "a/b", "now an object"));
  EXPECT_EQ(read("a/b"), "now an object");
}

TEST_P(StorageSuite, APreparedFolderIsNoObject) {
  EXPECT_TRUE(storage_->prepare_folder(context_, "a/b/c"));
  EXPECT_TRUE(storage_->prepare_folder(context_, "a/b/c"));
  EXPECT_TRUE(storage_->prepare_folder(context_, "c"));
  EXPECT_THAT(names(""), IsEmpty());
  EXPECT_TRUE(storage_->put(context_, "a/b/c", "x"));
}

TEST_P(StorageSuite, AnObjectUnderAnObjectIsPossibleOnlyWhereNamesAreFlat) {
  ASSERT_TRUE(storage_->put(context_, "a", "x"));
  const Status below = storage_->put(context_, "a/b", "y");
  EXPECT_EQ(below.has_value(), GetParam().has_flat_names);
  if (!below) {
    EXPECT_EQ(below.error().code, ErrorCode::Unsupported);
    EXPECT_FALSE(below.error().hint.empty());
  }
  EXPECT_EQ(read("a"), "x");
}

TEST_P(StorageSuite, AStoppedContextStopsEveryCallBeforeItsEffect) {
  ASSERT_TRUE(storage_->put(context_, "object", "x"));
  std::stop_source stop;
  stop.request_stop();
  Context stopped;
  stopped.stop = stop.get_token();
  EXPECT_EQ(code_of(storage_->put(stopped, "object", "y")), ErrorCode::Cancelled);
  EXPECT_EQ(code_of(storage_->put_if_absent(stopped, "other", "y")), ErrorCode::Cancelled);
  EXPECT_EQ(code_of(storage_->publish(stopped, "object", "other")), ErrorCode::Cancelled);
  EXPECT_EQ(code_of(storage_->remove(stopped, "object")), ErrorCode::Cancelled);
  EXPECT_EQ(code_of(storage_->prepare_folder(stopped, "a/b")), ErrorCode::Cancelled);
  EXPECT_EQ(storage_->find(stopped, "object", kAny).error().code, ErrorCode::Cancelled);
  EXPECT_EQ(storage_->list(stopped, "").error().code, ErrorCode::Cancelled);
  EXPECT_THAT(names(""), ElementsAre("object"));
  EXPECT_EQ(read("object"), "x");
}

TEST_P(StorageSuite, AnotherHandleSeesTheSameObjectsWhereProcessesShareThem) {
  ASSERT_TRUE(storage_->put(context_, "a/object", "x"));
  const std::unique_ptr<Storage> other = open_again();
  const bool is_same = other->list(context_, "").value() == storage_->list(context_, "").value();
  EXPECT_EQ(is_same, GetParam().is_shared_by_processes);
  EXPECT_EQ(other->find(context_, "a/object", kAny).value().has_value(), is_same);
}

}  // namespace
}  // namespace sluice::storage
