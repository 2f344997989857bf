#include "sluice/base/clock.h"

#include <charconv>
#include <cstring>
#include <mutex>
#include <random>

#include <fmt/format.h>
#include <sys/random.h>

namespace sluice {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

class SystemClock final : public Clock {
 public:
  sys_micros now() const override { return floor<microseconds>(std::chrono::system_clock::now()); }
};

class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override {
    while (!bytes.empty()) {
      const ssize_t got = getrandom(bytes.data(), bytes.size(), 0);
      if (got > 0) {
        bytes = bytes.subspan(static_cast<std::size_t>(got));
      }
    }
  }
};

/// Takes `digits` decimal digits off the front of `text`.
std::optional<int> take_digits(std::string_view& text, std::size_t digits) {
  int value = 0;
  if (text.size() < digits) {
    return std::nullopt;
  }
  const auto [end, code] = std::from_chars(text.data(), text.data() + digits, value);
  if (code != std::errc{} || end != text.data() + digits) {
    return std::nullopt;
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == std::string_view::npos) {
    return false;
  }
  text.remove_prefix(1);
  return true;
}

/// ".25" -> 250000. Empty when the point is not followed by one to six digits.
std::optional<int> take_micros(std::string_view& text) {
  if (!take(text, ".")) {
    return 0;
  }
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0 || digits > 6) {
    return std::nullopt;
  }
  int micros = *take_digits(text, digits);
  for (std::size_t i = digits; i < 6; ++i) {
    micros *= 10;
  }
  return micros;
}

std::optional<minutes> take_offset(std::string_view& text) {
  if (text.empty() || take(text, "Zz")) {
    return minutes{0};
  }
  const bool west = text.front() == '-';
  if (!take(text, "+-")) {
    return std::nullopt;
  }
  const auto hour = take_digits(text, 2);
  take(text, ":");
  const auto minute = text.empty() ? std::optional<int>{0} : take_digits(text, 2);
  if (!hour || !minute || *hour > 18 || *minute > 59) {
    return std::nullopt;
  }
  const minutes offset = hours{*hour} + minutes{*minute};
  return west ? -offset : offset;
}

std::optional<sys_micros> read_instant(std::string_view text) {
  const auto year = take_digits(text, 4);
  const bool dash1 = take(text, "-");
  const auto month = take_digits(text, 2);
  const bool dash2 = take(text, "-");
  const auto day = take_digits(text, 2);
  if (!year || !month || !day || !dash1 || !dash2) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) {
    return std::nullopt;
  }
  sys_micros instant{std::chrono::sys_days{date}};
  if (text.empty()) {
    return instant;
  }
  const bool separator = take(text, "T ");
  const auto hour = take_digits(text, 2);
  const bool colon1 = take(text, ":");
  const auto minute = take_digits(text, 2);
  if (!separator || !hour || !colon1 || !minute || *hour > 23 || *minute > 59) {
    return std::nullopt;
  }
  instant += hours{*hour} + minutes{*minute};
  if (take(text, ":")) {
    const auto second = take_digits(text, 2);
    const auto micros = take_micros(text);
    if (!second || *second > 59 || !micros) {
      return std::nullopt;
    }
    instant += seconds{*second} + microseconds{*micros};
  }
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) {
    return std::nullopt;
  }
  return instant - *offset;
}

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

Random& system_random() {
  static SystemRandom random;
  return random;
}

struct SeededRandom::State {
  std::mutex mutex;
  std::mt19937_64 engine;
};

SeededRandom::SeededRandom(std::uint64_t seed) : state_(std::make_unique<State>()) {
  state_->engine.seed(seed);
}

SeededRandom::~SeededRandom() = default;

void SeededRandom::fill(std::span<std::uint8_t> bytes) {
  const std::scoped_lock lock(state_->mutex);
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(state_->engine());
  }
}

std::string to_string(sys_micros instant) {
  const auto day = floor<days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{instant - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count(),
                     time.subseconds().count());
}

Result<sys_micros> parse_instant(std::string_view text) {
  if (const auto instant = read_instant(text)) {
    return *instant;
  }
  return make_error(
      ErrorCode::InvalidArgument,
      fmt::format("expected an instant such as 2026-03-28T12:00:01Z, got '{}'", text));
}

}  // namespace sluice
