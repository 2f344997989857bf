// A Delta table that its first commit makes. The kernel works on a table that lies somewhere: until
// that commit it lies in a temporary folder, made in the same way, and goes with its owner. Used by
// one thread at a time.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "sluice/base/context.h"
#include "sluice/base/result.h"
#include "sluice/base/temp_folder.h"
#include "sluice/plan/write.h"
#include "sluice/table/delta/log_internal.h"
#include "sluice/table/table.h"

namespace sluice::table::delta {

/// Of a commit that makes a table.
Note first_note(const Context& context);

/// create_delta of a table that remembers keys for as long as a stream may be idle. The folder of
/// its log is there.
Result<std::optional<Snapshot>> create_first(const std::string& root,
                                             const plan::CreateTable& create,
                                             const Properties& properties, const Note& note);

class UnmadeTable {
 public:
  static Result<UnmadeTable> make(const Context& context, const plan::CreateTable& create,
                                  const Properties& properties);

  const plan::CreateTable& create() const { return create_; }
  const Properties& properties() const { return properties_; }
  /// Version 0 as it will be.
  Result<std::optional<Snapshot>> find() const { return Snapshot::find(folder_.path()); }

 private:
  UnmadeTable(TempFolder folder, plan::CreateTable create, Properties properties)
      : folder_(std::move(folder)),
        create_(std::move(create)),
        properties_(std::move(properties)) {}

  TempFolder folder_;
  plan::CreateTable create_;
  Properties properties_;
};

}  // namespace sluice::table::delta
