// Runs as one page for people: self-contained HTML without scripts, that asks for nothing from any
// network and says so to the browser (its Content-Security-Policy allows only its own styles). Dark
// and light follow the reader's system. Made from the records of runs and from nothing else, so a
// page of an old run can be made again at any time.
// Every text is escaped; what a record does not hold is left out of the page.
// Pure functions; safe from any thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "sluice/base/result.h"

namespace sluice::report {

/// The record of a run as JSON text, and those of the runs before it, newest first.
struct RecordedRun {
  std::string record;
  std::vector<std::string> earlier;
};

/// How many earlier runs a page shows.
inline constexpr std::size_t kHistoryMax = 30;

/// Corrupt when a record is not a JSON object. Of the earlier ones such are left out.
Result<std::string> render_html(std::span<const RecordedRun> runs);

}  // namespace sluice::report
