// An older version of a Delta table. The kernel reads the newest version of the log that it is
// given; here that is a folder of links to the entries of the table's log up to the version, and
// to where its deletion vectors lie. The folder goes with its owner; the table is not touched.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/base/temp_folder.h"
#include "sluice/engine/engine.h"
#include "sluice/storage/storage.h"
#include "sluice/table/delta/data_files_internal.h"

namespace sluice::table::delta {

/// The version in the name of a log's entry or checkpoint; -1 for other names.
std::int64_t version_in_name(std::string_view name);

class PastLog {
 public:
  static Result<PastLog> make(const Context& context, storage::Storage& storage,
                              std::int64_t version);

  /// Where Snapshot::find reads the version.
  const std::string& root() const { return folder_.path(); }

  /// Names the files of the version where the table has them. NotFound when one is gone.
  Status put_back(const Context& context, engine::Connection& connection, LiveFiles& files) const;

 private:
  PastLog(TempFolder folder, std::string table, std::int64_t version)
      : folder_(std::move(folder)), table_(std::move(table)), version_(version) {}

  TempFolder folder_;
  std::string table_;
  std::int64_t version_;
};

}  // namespace sluice::table::delta
