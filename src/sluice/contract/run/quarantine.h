// What a contract's quarantine holds, for people and programs: lists of rows, one row with its
// history, counts, and the end of rows that nobody wants. Replaying is contract/run/replay.h.
// Reads the state of the moment; one object is used by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/contract/quarantine/store.h"
#include "sluice/contract/run/run.h"
#include "sluice/run/pipeline/text_rows.h"

namespace sluice::contract {

struct QuarantineListing {
  std::int64_t total = 0;  // rows of the selection
  /// row id, state, source file, reasons, categories, run that refused it; at most `limit` rows.
  std::vector<run::TextRow> rows;
  /// The same rows as JSON objects with all that is kept of them.
  std::vector<std::string> json;
};

struct QuarantineCount {
  std::string what;
  std::int64_t waiting = 0;
  std::int64_t replayed = 0;
  std::int64_t discarded = 0;
};

struct QuarantineStats {
  QuarantineCount all;
  std::vector<QuarantineCount> by_reason;  // a row with two reasons counts under both
  std::vector<QuarantineCount> by_category;
  std::vector<QuarantineCount> by_run;
};

class QuarantineReader {
 public:
  /// NotFound when the contract writes no target and so keeps no quarantine.
  static Result<QuarantineReader> open(const Context& context, const std::string& path,
                                       const RunOptions& options);

  const std::string& uri() const { return uri_; }

  Result<QuarantineListing> list(const Context& context, const RowSelection& selection,
                                 std::int64_t limit);
  /// One row as a JSON object: the row as it came, why it was refused, and its history.
  Result<std::string> show(const Context& context, const std::string& row_id);
  Result<QuarantineStats> stats(const Context& context, const RowSelection& selection);

  /// Ends the waiting rows of the selection and says how many. Rows of a replay that did not
  /// finish are CommitConflict: it is finished first.
  Result<std::int64_t> discard(const Context& context, const RowSelection& selection,
                               const std::string& note);

 private:
  std::string uri_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<engine::Connection> connection_;
  std::optional<QuarantineStore> store_;
};

}  // namespace sluice::contract
