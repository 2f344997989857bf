// What the C headers of the bridge share: the kinds of outcome and who frees a text. The bridge is
// what Rust libraries do for Sluice (bridge/): delta_kernel behind sluice_delta.h, minijinja behind
// sluice_template.h, each a static library of its own.
//
// Every function that can fail returns a kind, SLUICE_BRIDGE_OK or what went wrong, and puts the
// reason into *text. Texts are UTF-8, end with a zero byte and are freed by
// sluice_bridge_free_text. A panic of Rust comes out as SLUICE_BRIDGE_INTERNAL.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  SLUICE_BRIDGE_OK = 0,
  SLUICE_BRIDGE_CONFLICT = 1,   // of a commit: the version is taken, nothing of ours is visible
  SLUICE_BRIDGE_UNKNOWN = 2,    // of a commit: it was sent, and no one knows
  SLUICE_BRIDGE_NOT_FOUND = 3,  // no table there
  SLUICE_BRIDGE_UNSUPPORTED = 4,
  SLUICE_BRIDGE_CORRUPT = 5,
  SLUICE_BRIDGE_UNAVAILABLE = 6,
  SLUICE_BRIDGE_INVALID = 7,
  SLUICE_BRIDGE_INTERNAL = 8,
  SLUICE_BRIDGE_EXISTS = 9,
  SLUICE_BRIDGE_EXHAUSTED = 10,  // a limit of time, memory or size was reached
};

void sluice_bridge_free_text(char* text);

#ifdef __cplusplus
}
#endif
