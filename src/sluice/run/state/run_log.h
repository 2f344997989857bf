// The records of runs, one JSON file each in `<state>/runs`: `<run id>.json`, written put-if-absent
// when a run ends. Its start is written before, as `<run id>.started.json`, and removed when the
// record is there: a start without a record is a run that was killed, or one that is still at it.
// Before the target commits the start takes a draft of the record, so that of a run which is killed
// after its commit the next one can write what it did.
// No database is opened to write one. Holds no state but where to look; the storage is the caller's
// and outlives it. As thread-safe as its storage.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/storage/storage.h"

namespace sluice::run {

struct RunStart {
  std::string run_id;
  std::string pipeline_run_id;
  std::string contract;
  std::string table_name;
  sys_micros started_at;
};

/// One run as it is stored.
struct StoredRun {
  std::string run_id;
  /// Of a run without a record: "running" while its process lives on this machine, else
  /// "interrupted".
  std::string unfinished;
  std::string text;  // JSON: the record, or the start of an unfinished run
  std::string uri;   // of the file, for an engine
};

class RunLog {
 public:
  /// `state_folder` lies in the storage; "" is its root.
  RunLog(storage::Storage& storage, const std::string& state_folder);

  Status put_start(const Context& context, const RunStart& start) const;
  /// The start once more, with what the record is going to say if the commit succeeds.
  Status put_draft(const Context& context, const RunStart& start, const std::string& draft) const;
  /// The drafts (`text`) of runs that were killed before they had a record.
  Result<std::vector<StoredRun>> load_drafts(const Context& context) const;
  /// Puts the record and removes the start. A record that is there stays as it is.
  Status put_record(const Context& context, const std::string& run_id,
                    const std::string& text) const;
  void forget_start(const Context& context, const std::string& run_id) const;

  /// The newest `count_max` runs, newest first: ids are ordered by time.
  Result<std::vector<StoredRun>> load_newest(const Context& context, std::size_t count_max) const;

 private:
  /// The runs of the log, newest first, and whether the record is there.
  Result<std::map<std::string, bool, std::greater<>>> list_runs(const Context& context) const;
  std::string path_of(const std::string& run_id) const;
  std::string start_path_of(const std::string& run_id) const;
  Result<StoredRun> load(const Context& context, const std::string& run_id, bool has_record) const;

  storage::Storage& storage_;
  std::string folder_;
};

}  // namespace sluice::run
