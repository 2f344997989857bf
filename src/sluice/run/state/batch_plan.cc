#include "sluice/run/state/batch_plan.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "sluice/base/limits.h"

namespace sluice::run {
namespace {

/// What makes a file the same; not when it was last touched.
using FileKey = std::tuple<std::string_view, std::uint64_t, std::string_view>;

FileKey key_of(const BatchFile& file) { return {file.path, file.size_bytes, file.content_tag}; }

bool is_same_set(const std::vector<BatchFile>& a, const std::vector<BatchFile>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const BatchFile& x, const BatchFile& y) { return key_of(x) == key_of(y); });
}

/// Ordered by path and each path once, so that equal sets are equal lists.
Status order_files(std::vector<BatchFile>& files) {
  std::sort(files.begin(), files.end(),
            [](const BatchFile& a, const BatchFile& b) { return a.path < b.path; });
  const auto twice =
      std::adjacent_find(files.begin(), files.end(),
                         [](const BatchFile& a, const BatchFile& b) { return a.path == b.path; });
  if (twice != files.end()) {
    return make_error(ErrorCode::InvalidArgument,
                      fmt::format("expected every file once, got one twice: '{}'", twice->path));
  }
  return {};
}

/// The files of all batches that read files. Views into the records.
struct ReadFiles {
  std::set<FileKey> keys;
  std::set<std::string_view> paths;
};

ReadFiles collect_read(const std::vector<BatchRecord>& records) {
  ReadFiles read;
  for (const BatchRecord& record : records) {
    if (const auto* input = std::get_if<FileInput>(&record.input)) {
      for (const BatchFile& file : input->files) {
        read.keys.insert(key_of(file));
        read.paths.insert(file.path);
      }
    }
  }
  return read;
}

/// The newest batch that read just these files, or null.
const BatchRecord* find_same(const std::vector<BatchRecord>& records,
                             const std::vector<BatchFile>& listed, bool only_newest) {
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    if (const auto* input = std::get_if<FileInput>(&record->input)) {
      if (is_same_set(input->files, listed)) {
        return &*record;
      }
      if (only_newest) {
        return nullptr;
      }
    }
  }
  return nullptr;
}

Status check_history(const StreamId& stream, const std::vector<BatchRecord>& records,
                     const std::set<std::uint64_t>& committed) {
  for (std::size_t at = 0; at < records.size(); ++at) {
    if (records[at].number != at + 1) {
      return make_error(ErrorCode::InvalidArgument,
                        fmt::format("expected the record of batch {}, got that of batch {}", at + 1,
                                    records[at].number));
    }
  }
  if (!committed.empty() && *committed.rbegin() > records.size()) {
    return make_error(
               ErrorCode::Corrupt,
               fmt::format("the table shows batch {} of '{}' into '{}', but the newest "
                           "record is of batch {}",
                           *committed.rbegin(), stream.contract, stream.target, records.size()))
        .with_hint(
            "the state folder is older than the table: restore it, else files would be "
            "read twice");
  }
  return {};
}

/// A batch is recorded when the one before it is in the target, which never forgets its newest. One
/// that lacks it is another one, or an older copy: finishing the last batch alone would pass over
/// all that came before.
Status check_is_of_target(const Context& context, const BatchLog& log,
                          const AskCommitted& is_committed, std::uint64_t number) {
  SLUICE_TRY(const bool is_there, is_committed(context, number));
  if (is_there) {
    return {};
  }
  return make_error(
             ErrorCode::Corrupt,
             fmt::format("the target does not hold batch {} of this contract, which is recorded as "
                         "done: '{}'",
                         number, log.uri_of(number)))
      .with_hint(
          "these records are of another target of this name, or the target was made anew or put "
          "back from an older copy: give it a state folder of its own with --state FOLDER, or "
          "remove these records, and its files are read from the first one on");
}

}  // namespace

Result<NextBatch> plan_next_batch(const StreamId& stream, const std::vector<BatchRecord>& records,
                                  const std::set<std::uint64_t>& committed,
                                  std::vector<BatchFile> listed, const BatchRequest& request) {
  SLUICE_CHECK(check_history(stream, records, committed));
  if (!records.empty() && !committed.contains(records.back().number)) {
    return NextBatch(Unfinished{.record = records.back()});
  }
  SLUICE_CHECK(order_files(listed));
  const ReadFiles read = collect_read(records);
  if (!request.again && request.mode == ReadMode::AllFiles && !listed.empty()) {
    if (const BatchRecord* same = find_same(records, listed, request.replaces_target)) {
      return NextBatch(
          NothingToDo{.same_as = same->number,
                      .has_other_fingerprint = same->fingerprint != request.fingerprint});
    }
  }
  if (!request.again && request.mode == ReadMode::NewFiles) {
    std::erase_if(listed, [&](const BatchFile& file) { return read.keys.contains(key_of(file)); });
  }
  if (listed.empty()) {
    return NextBatch(NothingToDo{});
  }
  NewBatch next;
  for (const BatchFile& file : listed) {
    if (read.paths.contains(file.path) && !read.keys.contains(key_of(file))) {
      next.changed.push_back(file.path);
    }
  }
  next.record = BatchRecord{.stream = stream,
                            .number = records.size() + 1,
                            .input = FileInput{.files = std::move(listed)},
                            .clock = request.clock,
                            .run_id = request.run_id,
                            .fingerprint = request.fingerprint};
  return NextBatch(std::move(next));
}

Result<NextBatch> find_next_batch(const Context& context, const BatchLog& log,
                                  const AskCommitted& is_committed,
                                  const std::vector<BatchFile>& listed,
                                  const BatchRequest& request) {
  SLUICE_TRY(const std::vector<BatchRecord> records, log.load_all(context));
  std::set<std::uint64_t> committed;
  if (!records.empty()) {
    const std::uint64_t newest = records.back().number;
    SLUICE_TRY(const bool is_there, is_committed(context, newest));
    if (is_there) {
      committed.insert(newest);
    } else if (newest > 1 && !request.replaces_target) {
      SLUICE_CHECK(check_is_of_target(context, log, is_committed, newest - 1));
    }
  }
  SLUICE_TRY(NextBatch next, plan_next_batch(log.stream(), records, committed, listed, request));
  if (const auto* unfinished = std::get_if<Unfinished>(&next)) {
    SLUICE_CHECK(log.confirm(context, unfinished->record.number));
  }
  return next;
}

Result<bool> record_batch(const Context& context, const BatchLog& log, const BatchRecord& record) {
  SLUICE_TRY(const std::optional<BatchRecord> other, log.write_or_find(context, record));
  return !other.has_value();
}

Result<NextBatch> take_next_batch(const Context& context, const BatchLog& log,
                                  const AskCommitted& is_committed,
                                  const std::vector<BatchFile>& listed,
                                  const BatchRequest& request) {
  for (int attempt = 0; attempt < limits::kCommitRetryMax; ++attempt) {
    SLUICE_TRY(NextBatch next, find_next_batch(context, log, is_committed, listed, request));
    const auto* planned = std::get_if<NewBatch>(&next);
    if (planned == nullptr) {
      return next;
    }
    SLUICE_TRY(const bool is_ours, record_batch(context, log, planned->record));
    if (is_ours) {
      return next;
    }
  }
  return make_error(ErrorCode::CommitConflict,
                    fmt::format("other processes recorded every next batch of '{}' into '{}'",
                                log.stream().contract, log.stream().target))
      .with_hint("run it again, or let fewer processes run the same contract");
}

}  // namespace sluice::run
