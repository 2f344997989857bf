// What a stream does next. A batch that was recorded but whose commit is not there comes first, and
// exactly as it was written; only when there is none are new files looked for. plan_next_batch is
// pure; take_next_batch does the reading and writing around it and settles races: of two processes
// one records the number, the other gets the winner's batch to run (the table's commit key lets one
// of them win again).
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "sluice/run/state/batch_log.h"

namespace sluice::run {

enum class ReadMode : std::uint8_t {
  NewFiles,  // files that no batch has read in this state (path, size and content tag)
  AllFiles,  // all, unless the same ones were a batch before
};

struct BatchRequest {
  ReadMode mode = ReadMode::NewFiles;

  /// The write replaces the target: then only the newest batch counts as "the same was read
  /// before", since an older one is no longer what the target shows.
  bool replaces_target = false;

  /// Reads what is listed even if it was read before, as a new batch.
  bool again = false;

  sys_micros clock;
  Uuid run_id;
  std::string fingerprint;
};

/// Recorded earlier, by a run that died or one that is still at it.
struct Unfinished {
  BatchRecord record;
  friend bool operator==(const Unfinished&, const Unfinished&) = default;
};

/// Planned: not recorded yet. Taken: recorded by us.
struct NewBatch {
  BatchRecord record;
  /// Paths that an earlier batch read with other content: their old rows may be in the target.
  std::vector<std::string> changed;
  friend bool operator==(const NewBatch&, const NewBatch&) = default;
};

struct NothingToDo {
  /// The batch that read the same files (AllFiles); 0 when there are simply no new ones.
  std::uint64_t same_as = 0;
  /// The request has changed since that batch: its caller may want to read again.
  bool has_other_fingerprint = false;
  friend bool operator==(const NothingToDo&, const NothingToDo&) = default;
};

using NextBatch = std::variant<Unfinished, NewBatch, NothingToDo>;

/// `records` are all of the stream, by number. `committed` holds the numbers that the table shows;
/// only the newest record's is asked about, as its predecessors were seen before it was written,
/// and a table may forget old keys but never the newest of a stream. Corrupt when the table shows
/// more batches than were recorded.
Result<NextBatch> plan_next_batch(const StreamId& stream, const std::vector<BatchRecord>& records,
                                  const std::set<std::uint64_t>& committed,
                                  std::vector<BatchFile> listed, const BatchRequest& request);

/// Whether the table shows the commit of this batch.
using AskCommitted = std::function<Result<bool>(const Context& context, std::uint64_t number)>;

/// As plan_next_batch over what the log holds. Corrupt when the newest record is not committed and
/// the one before it is not either: then the records are not this target's. A NewBatch is not
/// recorded: its reader calls record_batch when it has read the files and before it commits
/// anything, so that input which cannot be read binds nobody.
Result<NextBatch> find_next_batch(const Context& context, const BatchLog& log,
                                  const AskCommitted& is_committed,
                                  const std::vector<BatchFile>& listed,
                                  const BatchRequest& request);

/// Records a NewBatch. False when another process has recorded that number: look for the next batch
/// again.
Result<bool> record_batch(const Context& context, const BatchLog& log, const BatchRecord& record);

/// As find_next_batch; a NewBatch is recorded when it is returned.
Result<NextBatch> take_next_batch(const Context& context, const BatchLog& log,
                                  const AskCommitted& is_committed,
                                  const std::vector<BatchFile>& listed,
                                  const BatchRequest& request);

}  // namespace sluice::run
