// What the SCD2 query is made of, shared by its plain line of time and the one with deletes. A
// delete is a point of the line at which nothing holds: it has no row of its own, but ends the
// version before it. The points of earlier deletes are read back from the ends of versions that
// no version follows.
#pragma once

#include <string>
#include <string_view>

#include "sluice/base/context.h"
#include "sluice/table/change/change.h"

namespace sluice::table::internal {

/// Everything the query is made of, quoted.
struct Scd2Parts {
  std::string key;      // "a", "b"
  std::string data;     // columns that are not set here, with a leading comma each
  std::string tracked;  // row("a", "b")
  std::string instant;  // when a row of the batch is from
  std::string first;    // start of a new key's first version, or NULL
  std::string open;     // end of a version that is still current
  std::string start_type;
  std::string start, end, current, version, surrogate, reason;  // the table's columns
  std::string reasoned;   // the reason of a version, or NULL where no column takes it
  std::string is_member;  // t is the unknown member
};

/// What deletes add to the query; all is empty where a history knows none.
struct Scd2Deletes {
  bool is_soft = false;
  std::string marked;   // the mark, in its column's type
  std::string live;     // what a row holds that is not marked
  std::string told;     // further columns of the existing versions, with a leading comma
  std::string brought;  // the same of the batch
  std::string order;    // "b.ts DESC NULLS LAST, " among rows of one instant
  std::string ends;     // the points of earlier deletes, and the versions of keys never seen
  std::string events;   // them beside the other events
};

Result<Scd2Deletes> make_scd2_deletes(const Context& context, const ChangeRequest& request,
                                      const plan::Scd2& scd2, const Scd2Parts& parts,
                                      std::string_view dated);

/// As the plain line of time: "placed", with the columns `ended`, `ended_at`, `ended_why` and
/// `by_batch` for versions that a delete ends.
std::string render_timeline_with_deletes(const Scd2Parts& parts, const Scd2Deletes& deletes);

bool has_deletes(const plan::Scd2& scd2);

}  // namespace sluice::table::internal
