// The one write lifecycle, of both doors and every table format: look the key up, prepare, commit,
// and settle what happened. The table gives a compare-and-swap commit; this loop turns it into
// "exactly once, or an error that says what is true": a conflict is retried on the reloaded table
// after the key was looked up again, an unknown outcome is resolved by looking, never by guessing.
//
// Owns nothing. One call is one write; calls on different Tables may run in parallel. Stopping the
// Context is honoured until a commit is sent; the outcome is then resolved without it.
#pragma once

#include <functional>

#include "sluice/base/arrow_stream.h"
#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/plan/write.h"
#include "sluice/table/table.h"

namespace sluice::run {

class Turns;

/// Gives the rows of a write from their beginning, once for every attempt. Empty unless the source
/// is Batches. Rows that cannot be given again say so by an error on the second call.
using RowSource = std::function<Result<ColumnStream>()>;

/// How one write deals with other writers and with lost replies.
struct WriteOptions {
  /// Attempts after the first that met a conflict, before CommitConflict is returned. 0..16. Raise
  /// it where many writers share a table.
  int commit_retry_max = 8;

  /// Lookups after the first of a commit whose reply was lost, while the table cannot be read,
  /// before CommitUnknown is returned. 0..16.
  int lookup_retry_max = 5;

  /// The first pause before a retry; each further one is twice as long, shortened at random by up
  /// to half so that writers who met once do not meet again. 0..60000; 0 retries at once.
  int pause_initial_ms = 20;

  /// No pause is longer. pause_initial_ms..60000.
  int pause_max_ms = 2'000;

  /// Called once, when the table has checked and staged the rows and before the first commit is
  /// sent: what must not be done for a write that the table refuses. Its error aborts the write.
  /// Not called when the key is committed already.
  std::function<Status()> before_commit;

  /// Of the writers of this process to this table, when there may be several.
  Turns* turns = nullptr;
};

Status validate(const WriteOptions& options);

/// Brings the rows into the table under `key` exactly once and returns the receipt of that commit,
/// also when an earlier call has made it.
/// InvalidArgument: the key is known with another fingerprint. CommitConflict: others won each
/// time; nothing of this write is visible. CommitUnknown: the reply was lost and the table cannot
/// be read.
Result<table::Receipt> write_once(const Context& context, table::Table& table,
                                  const plan::Write& write, const RowSource& rows,
                                  const table::CommitKey& key, const WriteOptions& options = {});

/// Maintains the table, again while other writers are first. What is done twice is done once: only
/// the retries of `options` count here.
Result<table::Maintained> maintain(const Context& context, table::Table& table,
                                   const table::Maintenance& request,
                                   const WriteOptions& options = {});

/// The pause before retry number `retry` (from 0), jitter included.
int pause_ms(const WriteOptions& options, int retry, Random& random);

}  // namespace sluice::run
