// expect: const Merge&
#include <variant>

#include "sluice/base/overloaded.h"

struct Append {};
struct Merge {};

int cost(const std::variant<Append, Merge>& mode) {
  return std::visit(sluice::overloaded{
#ifdef SLUICE_GOOD
                        [](const Merge&) { return 2; },
#endif
                        [](const Append&) { return 1; },
                    },
                    mode);
}
