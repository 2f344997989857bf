// Ctrl-C and SIGTERM become a stop request, and nothing else: the run ends where it is safe to end
// and says whether its batch was committed. A second signal ends the process at once. A
// thread of its own waits for them as long as the process lives.
#pragma once

#include <stop_token>

namespace sluice::cli {

/// Call once, before any thread is started. The token is stopped by SIGINT, SIGTERM or SIGHUP.
std::stop_token stop_on_signals();

}  // namespace sluice::cli
