#include "sluice/cli/progress_bar.h"

#include <algorithm>

#include <fmt/format.h>
#include <unistd.h>

namespace sluice::cli {
namespace {

using std::chrono::steady_clock;

constexpr auto kFirstDrawnAfter = std::chrono::milliseconds(250);
constexpr auto kDrawnEvery = std::chrono::milliseconds(100);
constexpr int kBarWidthMax = 30;

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) {
      return;  // a terminal that went away needs no bar
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

std::string bar(double share, int width) {
  const int filled = static_cast<int>(share * width);
  std::string text(static_cast<std::size_t>(filled), '=');
  if (filled < width) {
    text += '>';
    text.append(static_cast<std::size_t>(width - filled - 1), ' ');
  }
  return text;
}

}  // namespace

std::string short_count(double count) {
  if (count < 1e3) {
    return fmt::format("{:.0f}", count);
  }
  return count < 1e6 ? fmt::format("{:.1f} k", count / 1e3) : fmt::format("{:.1f} M", count / 1e6);
}

std::string render_progress(std::string_view step, std::uint64_t done, std::uint64_t total,
                            std::string_view unit, double seconds, int columns) {
  const auto count = static_cast<double>(done);
  std::string tail = unit == "%" ? "" : fmt::format("  {} {}", short_count(count), unit);
  if (unit != "%" && seconds > 0.5) {
    tail += fmt::format("  {}/s", short_count(count / seconds));
  }
  std::string line = fmt::format("{:12}", step);
  if (total > 0) {
    const double share = std::min(1.0, count / static_cast<double>(total));
    const int room = columns - static_cast<int>(line.size() + tail.size()) - 12;
    line += room < 5 ? "" : fmt::format("  [{}]", bar(share, std::min(room, kBarWidthMax)));
    line += fmt::format(" {:3.0f} %", share * 100);
  }
  line += tail;
  return line.substr(0, static_cast<std::size_t>(std::max(columns - 1, 0)));
}

ProgressBar::ProgressBar(const Terminal& terminal)
    : terminal_(terminal), step_began_(steady_clock::now()), last_drawn_(step_began_) {}

ProgressBar::~ProgressBar() { wipe(); }

void ProgressBar::report(std::string_view step, std::uint64_t done, std::uint64_t total,
                         std::string_view unit) {
  const std::scoped_lock lock(mutex_);
  const SteadyTime now = steady_clock::now();
  if (step != step_) {
    step_ = step;
    step_began_ = now;
  }
  if (!terminal_.is_interactive() ||
      now - last_drawn_ < (visible_ ? kDrawnEvery : kFirstDrawnAfter)) {
    return;
  }
  last_drawn_ = now;
  visible_ = true;
  const std::chrono::duration<double> elapsed = now - step_began_;
  write_all("\r\x1b[K" +
            terminal_.paint(Colour::Cyan, render_progress(step, done, total, unit, elapsed.count(),
                                                          terminal_.columns())));
}

void ProgressBar::wipe() {
  const std::scoped_lock lock(mutex_);
  if (visible_) {
    write_all("\r\x1b[K");
    visible_ = false;
  }
}

}  // namespace sluice::cli
