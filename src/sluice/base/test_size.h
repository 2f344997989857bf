// How large a test is: the ordinary run is short, `./dev test --long` sets SLUICE_LONG and the same
// test repeats its kills, random histories and rows for as long as a change cannot wait for.
// For tests only; the product never reads the variable.
#pragma once

#include <cstdlib>

namespace sluice {

inline int test_size(int ordinary, int in_a_long_run) {
  return std::getenv("SLUICE_LONG") == nullptr ? ordinary : in_a_long_run;
}

}  // namespace sluice
