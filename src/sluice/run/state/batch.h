// The record of one numbered batch: what a run was about to read, written before it reads. A stream
// is (contract, target); its batches are numbered from 1 without gaps, and number n+1 is recorded
// only after the commit of n was seen. So a run that died is repeated exactly as written, and what
// was ever read is the union of the records. Plain values; the JSON form carries a format number.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sluice/base/clock.h"
#include "sluice/base/result.h"
#include "sluice/base/uuid.h"

namespace sluice::run {

/// What is read, and into what.
struct StreamId {
  std::string contract;
  std::string target;
  friend bool operator==(const StreamId&, const StreamId&) = default;
};

/// The stream as one name: readable, and unambiguous by a hash of both parts. It is the stream's
/// folder under the state folder, and the front of its commit keys.
std::string render_stream(const StreamId& stream);

/// "<stream>#<batch>": the key under which a table stores the commit of a batch.
std::string render_commit_key(const StreamId& stream, std::uint64_t number);

struct BatchFile {
  std::string path;
  std::uint64_t size_bytes = 0;
  sys_micros modified;  // for people; a file is the same by path, size and tag
  std::string content_tag;
  friend bool operator==(const BatchFile&, const BatchFile&) = default;
};

/// Files of the landing folder, ordered by path.
struct FileInput {
  std::vector<BatchFile> files;
  friend bool operator==(const FileInput&, const FileInput&) = default;
};

/// Rows of a source table with `after` < column <= `up_to`; an empty bound is open.
struct WindowInput {
  std::string column;
  std::optional<std::string> after;
  std::optional<std::string> up_to;
  friend bool operator==(const WindowInput&, const WindowInput&) = default;
};

/// Quarantined rows that are tried again.
struct ReplayInput {
  std::vector<std::string> row_ids;
  friend bool operator==(const ReplayInput&, const ReplayInput&) = default;
};

/// A closed set: a new kind of input needs a new format number.
using BatchInput = std::variant<FileInput, WindowInput, ReplayInput>;

struct BatchRecord {
  StreamId stream;
  std::uint64_t number = 0;
  BatchInput input;
  /// The one instant that the run takes for now.
  sys_micros clock;
  /// Of the run that wrote the record.
  Uuid run_id;
  /// Of the request, compared by its caller.
  std::string fingerprint;
  friend bool operator==(const BatchRecord&, const BatchRecord&) = default;
};

/// Equal for equal input, whoever recorded it and when: what the commit of a batch is known by.
std::string render_input_fingerprint(const BatchInput& input);

inline constexpr int kBatchFormat = 1;

/// ResourceExhausted when no reader would take a record of this size.
Result<std::string> render_batch(const BatchRecord& record);

/// Corrupt when it is not such a record; Unsupported when a newer sluice wrote it. `path` is where
/// it was found, for messages.
Result<BatchRecord> parse_batch(std::string_view text, std::string_view path);

}  // namespace sluice::run
