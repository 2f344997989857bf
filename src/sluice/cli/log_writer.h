// Where a run's log lines go: to stderr, as a person reads them between the bar and the summary, or
// as lines with time, level and run id that a collector stores. Errors of the run become lines,
// too, where lines are all that is wanted. Safe from any thread; the terminal and the bar outlive
// it.
#pragma once

#include <cstdint>
#include <mutex>

#include "sluice/base/clock.h"
#include "sluice/base/error.h"
#include "sluice/base/log.h"
#include "sluice/cli/progress_bar.h"
#include "sluice/cli/terminal.h"

namespace sluice::cli {

enum class LogStyle : std::uint8_t {
  Brief,  // "warning: ..."; what the summary says anyway is left out
  Text,
  Json,
};

struct LogWriterOptions {
  LogStyle style = LogStyle::Brief;
  LogLevel least = LogLevel::Warning;
  const Clock* clock = &system_clock();
};

class LogWriter final : public Log {
 public:
  LogWriter(const Terminal& terminal, ProgressBar& bar, const LogWriterOptions& options)
      : terminal_(terminal), bar_(bar), options_(options) {}

  void write(const LogLine& line) override;
  /// An error that ended a run: as a person reads it, or as a line among the others.
  void complain(const Error& error);

 private:
  const Terminal& terminal_;
  ProgressBar& bar_;
  LogWriterOptions options_;
  std::mutex mutex_;
};

}  // namespace sluice::cli
