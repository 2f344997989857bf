// Gives every line that a run says, from whatever depth, the run's id, layer and contract, and
// every report of progress the name of what the run is doing. Stands between the caller's log and
// progress and the Context that a run hands down; owned by the run, outlives that Context.
// Safe from any thread; fields are named before the first statement runs.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sluice/base/context.h"
#include "sluice/run/pipeline/run_result.h"

namespace sluice::contract {

class Narrator final : public Log, public Progress {
 public:
  explicit Narrator(const Context& outer);
  Narrator(const Narrator&) = delete;
  Narrator(Narrator&&) = delete;
  Narrator& operator=(const Narrator&) = delete;
  Narrator& operator=(Narrator&&) = delete;
  ~Narrator() override = default;

  /// The caller's, with this in the place of its log and progress.
  Context context();
  /// A field of every line from now on; an empty value is none.
  void name(std::string_view field, std::string value);
  /// What the run does from now on, as progress shows it: "judge". Has static lifetime.
  void begin(std::string_view phase) { phase_ = phase.data(); }

  /// One line about what became of rows. `event` is a field that readers of JSON lines look for:
  /// "quarantined", "written".
  void tell(LogLevel level, std::string_view event, std::string message);

  void write(const LogLine& line) override;
  void report(std::string_view step, std::uint64_t done, std::uint64_t total,
              std::string_view unit) override;

 private:
  const Context& outer_;
  std::vector<std::pair<std::string, std::string>> fields_;
  std::atomic<const char*> phase_{"read"};
};

/// A line for each data set rule, and for each row rule that failed on rows that are kept.
struct QualityLine {
  LogLevel level = LogLevel::Info;
  std::string message;
};
std::vector<QualityLine> render_quality(const run::RunResult& result);
/// Of one data set rule; empty: it has no verdict yet.
std::optional<QualityLine> render_quality(const run::DatasetRuleResult& rule);

/// What alerts are made of: how many rows were refused, and by what.
std::string render_notice(const run::RunResult& result);

}  // namespace sluice::contract
