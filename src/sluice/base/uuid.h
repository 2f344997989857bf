// UUIDs. Every write and every run is named by one of version 7: they sort by time of creation, so
// file names and log lines do too. Plain values. Two ids of one microsecond differ by their random
// bits and sort in no order.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/base/clock.h"
#include "sluice/base/result.h"

namespace sluice {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  int version() const { return bytes[6] >> 4; }
  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

/// A new version 7 id: 48 bits of milliseconds, 12 bits of the fraction below, 62 random bits.
Uuid make_uuid_v7(const Clock& clock, Random& random);

/// "0198c2a4-7d3e-7b1c-8f00-0123456789ab", lower case.
std::string to_string(const Uuid& id);

/// Reads the 36-character form in either case; anything else is InvalidArgument.
Result<Uuid> parse_uuid(std::string_view text);

}  // namespace sluice
