#include "sluice/cli/interrupt.h"

#include <thread>

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "sluice/cli/exit_code.h"

namespace sluice::cli {

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
    source.request_stop();
    sigwait(&signals, &signal);
    _exit(static_cast<int>(ExitCode::Interrupted));
  }).detach();
  return source.get_token();
}

}  // namespace sluice::cli
