#include "sluice/cli/interrupt.h"

#include <chrono>
#include <string_view>
#include <thread>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "sluice/cli/exit_code.h"

namespace sluice::cli {
namespace {

// Programs that start others (timeout, make) signal a process and its group: two signals, one wish.
constexpr auto kSameWish = std::chrono::milliseconds(250);

void end_at_once() {
  constexpr std::string_view kWipe = "\r\x1b[K";
  constexpr std::string_view kLast =
      "interrupted: ended at once; the next run finds out whether the batch was committed\n";
  if (isatty(STDERR_FILENO) == 1) {
    [[maybe_unused]] const ssize_t wiped = write(STDERR_FILENO, kWipe.data(), kWipe.size());
  }
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kLast.data(), kLast.size());
  _exit(static_cast<int>(ExitCode::Interrupted));
}

}  // namespace

std::stop_token stop_on_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&signals, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::stop_source source;
  // Blocked in every thread and waited for in one: the stop callbacks run on an ordinary stack,
  // where they may lock and call into an engine.
  std::thread([signals, source]() mutable {
    int signal = 0;
    sigwait(&signals, &signal);
    const auto first = std::chrono::steady_clock::now();
    source.request_stop();
    do {
      sigwait(&signals, &signal);
    } while (std::chrono::steady_clock::now() - first < kSameWish);
    end_at_once();
  }).detach();
  return source.get_token();
}

}  // namespace sluice::cli
