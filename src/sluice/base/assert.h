// Invariants of our own code, checked in every build: the process prints the values and aborts.
// Never reachable from user input: what a user, a file or a server can cause is an Error, not an
// assertion.
#pragma once

#include <string>
#include <string_view>

namespace sluice::internal {

[[noreturn]] void assertion_failed(std::string_view condition, std::string_view file, int line,
                                   const std::string& values);

}  // namespace sluice::internal

#define SLUICE_ASSERT(condition, values)                                              \
  do {                                                                                \
    if (!(condition)) [[unlikely]] {                                                  \
      ::sluice::internal::assertion_failed(#condition, __FILE__, __LINE__, (values)); \
    }                                                                                 \
  } while (false)
