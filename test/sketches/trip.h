// The record of the sketches: a plain aggregate that includes nothing of Sluice, so that programs
// which never heard of it can share the header. A value; what its table is called and what its
// columns must satisfy stands beside it, in the model.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

struct Trip {
  std::int64_t id;
  std::chrono::sys_time<std::chrono::microseconds> picked_up;
  double fare;
  std::optional<std::string> note;  // optional is the only spelling of nullable
};
