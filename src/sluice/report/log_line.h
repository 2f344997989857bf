// A line of the log as it is stored: text that people and grep read, or one JSON object that a
// collector reads. Both carry the time, the level and the fields of the line (run_id, layer ...).
// Pure functions; safe from any thread.
#pragma once

#include <string>

#include "sluice/base/clock.h"
#include "sluice/base/log.h"

namespace sluice::report {

/// "2026-03-28T12:00:01.000250Z INFO    run_id=0198... layer=silver | Wrote 2 valid rows to lake".
/// One line, whatever the message holds.
std::string render_text(const LogLine& line, sys_micros time);

/// {"time": ..., "level": "info", "run_id": ..., "message": ...} without a line end.
std::string render_json(const LogLine& line, sys_micros time);

}  // namespace sluice::report
