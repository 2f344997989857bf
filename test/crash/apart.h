// Work in a process of its own, which shares nothing that it changes and may be killed.
// Called while this process has no thread but its own: a fork takes no other along. The caller owns
// what the work refers to, and sees none of its changes but those on the disk.
#pragma once

#include <csignal>
#include <functional>

namespace sluice::crash {

// How a forked process ended; the codes of ours lie above those of a sanitizer.
inline constexpr int kUnharmed = 40;   // committed, and its call was not reached
inline constexpr int kCommitted = 41;  // its call was, and it committed all the same
inline constexpr int kFailed = 42;     // it says that nothing is visible
inline constexpr int kUnknown = 43;    // it says that it does not know
inline constexpr int kRight = 44;      // a check
inline constexpr int kKilled = -SIGKILL;

/// What `work` returned, or the signal that ended it, negative. An exception is 1, on stderr.
int run_apart(const std::function<int()>& work);

}  // namespace sluice::crash
