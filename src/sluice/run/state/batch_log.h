// The records of one stream's batches, in `<state>/<stream>/batch-<n>.json`. Written put-if-absent:
// of two processes that want the same number one wins, and the other learns what the winner wrote.
// Records are never changed. Holds no state of its own but where to look; the storage is the
// caller's and outlives it. As thread-safe as its storage.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/run/state/batch.h"
#include "sluice/storage/storage.h"

namespace sluice::run {

class BatchLog {
 public:
  /// `state_folder` lies in the storage; "" is its root.
  BatchLog(storage::Storage& storage, std::string state_folder, StreamId stream);

  const StreamId& stream() const { return stream_; }
  std::string path_of(std::uint64_t number) const;
  /// For people: where the record lies.
  std::string uri_of(std::uint64_t number) const;

  /// All records by number. Corrupt when one is missing in between: then it is not known what was
  /// read.
  Result<std::vector<BatchRecord>> load_all(const Context& context) const;

  /// Empty when the stream has no batch yet. Costs one listing and one read.
  Result<std::optional<BatchRecord>> find_newest(const Context& context) const;

  /// The record of this batch; Corrupt when there is none.
  Result<BatchRecord> load(const Context& context, std::uint64_t number) const;

  /// Writes the record, or returns the one that another process wrote under its number. A lost
  /// reply is resolved by reading back.
  Result<std::optional<BatchRecord>> write_or_find(const Context& context,
                                                   const BatchRecord& record) const;

  /// Makes sure that a record which another process wrote survives a power cut: before it is run.
  Status confirm(const Context& context, std::uint64_t number) const;

 private:
  Result<std::vector<std::uint64_t>> list_numbers(const Context& context) const;
  Result<std::optional<BatchRecord>> find(const Context& context, std::uint64_t number) const;

  storage::Storage& storage_;
  std::string folder_;
  StreamId stream_;
};

}  // namespace sluice::run
