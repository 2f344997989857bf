// A run as a person reads it at the end: a table of counts and places, the rules that failed, and
// samples of rows when asked for. Plain lines, of at most `columns` signs where values allow it: a
// path is never cut. The caller paints.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/run/pipeline/run_result.h"

namespace sluice::report {

/// What a piece of a line says, so that a terminal can colour it.
enum class Tone : std::uint8_t { Plain, Heading, Good, Bad, Quiet };

struct Piece {
  std::string text;
  Tone tone = Tone::Plain;
};
using Line = std::vector<Piece>;

struct SummaryOptions {
  /// Signs in a line.
  int columns = 80;
  /// Paths below it are shown relative to it. Empty: all as they are.
  std::string working_folder;
};

std::vector<Line> render_summary(const run::RunResult& result, const SummaryOptions& options = {});

/// A few rows as a table with a heading; the reasons of a refused row stand below it, in full.
std::vector<Line> render_sample(std::string_view heading, const run::Sample& sample,
                                const SummaryOptions& options = {});

/// "freshness: 7h against 6h (now - newest ... = 25200 s <= 21600 s)".
std::string breach_line(const run::ServiceLevelResult& level);

/// "Run complete [layer=silver] | Total: 4 | Good: 2 | Quarantine: 2 | Ratio: 50.0%": the total is
/// good and quarantined rows, the ratio the quarantined share of it.
std::string completion_line(const run::RunResult& result);

}  // namespace sluice::report
