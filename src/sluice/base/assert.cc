#include "sluice/base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace sluice::internal {

void assertion_failed(std::string_view condition, std::string_view file, int line,
                      const std::string& values) {
  std::fprintf(stderr, "sluice: broken invariant: %.*s (%.*s:%d): %s\n",
               static_cast<int>(condition.size()), condition.data(), static_cast<int>(file.size()),
               file.data(), line, values.c_str());
  std::abort();
}

}  // namespace sluice::internal
