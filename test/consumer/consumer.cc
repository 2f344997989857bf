#include <cstdio>

#include "sluice/base/error.h"
#include "sluice/base/uuid.h"

int main() {
  const auto id = sluice::parse_uuid("0198c5a2-7b1c-7def-8123-456789abcdef");
  const auto none = sluice::parse_uuid("no uuid");
  if (!id || none) {
    std::puts("parse_uuid took the wrong side");
    return 1;
  }
  const sluice::Error error = sluice::make_error(sluice::ErrorCode::NotFound, "nothing here");
  std::printf("%s: %s\n", sluice::to_string(*id).c_str(), error.message.c_str());
  return 0;
}
