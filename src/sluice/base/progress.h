// How far long work has come. The caller gives the sink and owns it, as with Log.
// Called from any thread, often; an implementation locks and throttles for itself and never fails
// the work that it watches.
#pragma once

#include <cstdint>
#include <string_view>

namespace sluice {

class Progress {
 public:
  virtual ~Progress() = default;
  /// `total` is 0 when unknown. `unit` is what is counted: "rows", "files", "bytes".
  virtual void report(std::string_view step, std::uint64_t done, std::uint64_t total,
                      std::string_view unit) = 0;
};

/// Shows nothing.
Progress& silent_progress();

}  // namespace sluice
