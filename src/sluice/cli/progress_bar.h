// A bar on a terminal, for work that takes longer than a blink: step, share, rows a second. Drawn
// at most ten times a second on the line below the messages, and wiped before anything else is
// said.
#pragma once

#include <chrono>
#include <mutex>
#include <string>

#include "sluice/base/progress.h"
#include "sluice/cli/terminal.h"

namespace sluice::cli {

class ProgressBar final : public Progress {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  explicit ProgressBar(const Terminal& terminal);
  ~ProgressBar() override;
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void report(std::string_view step, std::uint64_t done, std::uint64_t total,
              std::string_view unit) override;
  /// Takes the bar off the screen; the next report draws it again.
  void wipe();

 private:
  const Terminal& terminal_;
  std::mutex mutex_;
  std::string step_;
  SteadyTime step_began_;
  SteadyTime last_drawn_;
  bool visible_ = false;
};

/// One line of at most `columns` signs: "judge  [=====>    ]  52 %  1.2 M rows  850 k/s".
std::string render_progress(std::string_view step, std::uint64_t done, std::uint64_t total,
                            std::string_view unit, double seconds, int columns);

/// 950, 1.2 k, 3.4 M.
std::string short_count(double count);

}  // namespace sluice::cli
