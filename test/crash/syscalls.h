// The system calls by which this process changes files, counted from all of its threads, whoever
// makes them: the engine, its extensions and the bridge write most bytes. At the call that it was
// told of the process dies, or the call fails. What is sent to a server counts; calls on pipes and
// the terminal do not. Nothing is counted before arm(); one process is armed once.
#pragma once

#include <cstdint>

namespace sluice::crash {

enum class Effect : std::uint8_t {
  Kill,        // the process is killed before the call
  NoSpace,     // ENOSPC
  BadDisk,     // EIO
  ShortWrite,  // half of the bytes; other calls are as always
};

/// The first call is 1.
void arm(int at_call, Effect effect);
/// Counts and fails no more. True: the call that arm() named was made.
bool disarm();

}  // namespace sluice::crash
