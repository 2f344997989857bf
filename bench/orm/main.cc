// The typed door beside hand-written loops on the same records: insert, read, validate, JSON. Both
// run in turns in one process; each figure is the median of five, of the time on the clock and of
// the time on the processors, which others on the machine disturb less. Rows and sums are compared,
// and every operator new is counted.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "baseline.h"
#include <fmt/format.h>
#include <sys/resource.h>

#include "sluice/base/version.h"
#include "sluice/engine/duckdb/duckdb.h"
#include "sluice/engine/engine.h"
#include "sluice/orm/orm.h"

namespace {

std::atomic<std::size_t> allocations{0};  // NOLINT: operator new has no other place to count in

void* counted(std::size_t bytes) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* room = std::malloc(bytes == 0 ? 1 : bytes);
  if (room == nullptr) {
    std::abort();
  }
  return room;
}

}  // namespace

void* operator new(std::size_t bytes) { return counted(bytes); }
void* operator new[](std::size_t bytes) { return counted(bytes); }
void operator delete(void* room) noexcept { std::free(room); }
void operator delete[](void* room) noexcept { std::free(room); }
void operator delete(void* room, std::size_t) noexcept { std::free(room); }
void operator delete[](void* room, std::size_t) noexcept { std::free(room); }

namespace shop {

struct Order {
  std::int64_t id;
  std::string email;
  std::string country;
  double amount;
  std::int32_t quantity;
  sluice::sys_micros placed_at;
};

/// What a caller sends: an order before it has a time.
struct NewOrder {
  std::int64_t id;
  std::string email;
  std::string country;
  double amount;
  std::int32_t quantity;
};

}  // namespace shop

template <>
inline constexpr auto sluice::model<shop::Order> =
    sluice::table("orders")
        .check<&shop::Order::email>(sluice::required(), sluice::email())
        .check<&shop::Order::country>(sluice::one_of("NZ", "AU", "DE"))
        .check<&shop::Order::amount>(sluice::between(0, 1e6))
        .check<&shop::Order::quantity>(sluice::between(1, 1000));

template <>
inline constexpr auto sluice::model<shop::NewOrder> =
    sluice::table("new_orders")
        .check<&shop::NewOrder::email>(sluice::required(), sluice::email())
        .check<&shop::NewOrder::country>(sluice::one_of("NZ", "AU", "DE"))
        .check<&shop::NewOrder::amount>(sluice::between(0, 1e6))
        .check<&shop::NewOrder::quantity>(sluice::between(1, 1000));

namespace {

constexpr std::array<const char*, 3> kCountries{"NZ", "AU", "DE"};
constexpr int kRuns = 5;

struct Seconds {
  double wall = 0;
  double processors = 0;
};

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Seconds seconds_of(const std::function<void()>& work) {
  const double processors = processor_seconds();
  const auto begin = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  return {wall.count(), processor_seconds() - processors};
}

Seconds median(std::vector<Seconds> runs) {
  const auto middle = [&](double Seconds::* of) {
    std::sort(runs.begin(), runs.end(),
              [&](const Seconds& a, const Seconds& b) { return a.*of < b.*of; });
    return runs[runs.size() / 2].*of;
  };
  return {middle(&Seconds::wall), middle(&Seconds::processors)};
}

[[noreturn]] void stop(const std::string& why) {
  fmt::print(stderr, "bench orm: {}\n", why);
  std::exit(1);
}

template <class V>
void expect_same(const char* what, const V& ours, const V& theirs) {
  if (ours != theirs) {
    stop(fmt::format("both sides must agree on {}, got {} and {}", what, ours, theirs));
  }
}

struct Timed {
  std::vector<Seconds> ours;
  std::vector<Seconds> theirs;
  std::size_t allocations = 0;  // of ours, of the last run
};

/// Runs both in turns; the allocations counted are those of ours.
Timed in_turns(const std::function<void()>& ours, const std::function<void()>& theirs) {
  Timed timed;
  for (int run = 0; run < kRuns; ++run) {
    timed.theirs.push_back(seconds_of(theirs));
    const std::size_t before = allocations.load();
    timed.ours.push_back(seconds_of(ours));
    timed.allocations = allocations.load() - before;
  }
  return timed;
}

void print_row(const std::string& work, const Timed& timed, std::size_t count, const char* goal) {
  const Seconds ours = median(timed.ours);
  const Seconds theirs = median(timed.theirs);
  const auto per = [&](double seconds) { return seconds * 1e9 / static_cast<double>(count); };
  fmt::print("{:<17}{:>9.1f}{:>9.1f}{:>8.2f} |{:>9.1f}{:>9.1f}{:>8.2f} |{:>8}{:>9.3f}\n", work,
             per(ours.wall), per(theirs.wall), ours.wall / theirs.wall, per(ours.processors),
             per(theirs.processors), ours.processors / theirs.processors, goal,
             static_cast<double>(timed.allocations) / static_cast<double>(count));
}

struct Data {
  std::vector<shop::Order> typed;
  std::vector<baseline::Order> plain;
};

Data make_data(std::size_t count) {
  Data data;
  std::uint64_t state = 42;
  for (std::size_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto random = static_cast<std::uint32_t>(state >> 33);
    const auto at = std::int64_t{1'700'000'000'000'000} + static_cast<std::int64_t>(random) * 1000;
    data.plain.push_back({.id = static_cast<std::int64_t>(i),
                          .email = fmt::format("customer.{}@example.com", random % 100'000),
                          .country = kCountries[random % 3],
                          .amount = static_cast<double>(random % 1'000'000) / 100,
                          .quantity = static_cast<std::int32_t>(random % 1000) + 1,
                          .placed_at = at});
    const baseline::Order& order = data.plain.back();
    data.typed.push_back({order.id, order.email, order.country, order.amount, order.quantity,
                          sluice::sys_micros(std::chrono::microseconds(at))});
  }
  return data;
}

std::shared_ptr<sluice::engine::Engine> make_engine() {
  return sluice::engine::make_duckdb_engine().value();
}

void bench_rows(const Data& data, std::size_t count) {
  std::unique_ptr<baseline::Database> theirs;
  std::optional<sluice::Session> ours;
  const auto reset = [&] {
    theirs = std::make_unique<baseline::Database>();
    ours = sluice::open(make_engine()).value();
    ours->migrate<shop::Order>().value();
  };
  const std::span<const shop::Order> typed(data.typed.data(), count);
  const std::vector<baseline::Order> plain(data.plain.begin(),
                                           data.plain.begin() + static_cast<std::ptrdiff_t>(count));
  Timed inserts;
  for (int run = 0; run < kRuns; ++run) {
    reset();
    inserts.theirs.push_back(seconds_of([&] {
      if (!theirs->insert(plain)) {
        stop("the hand-written insert failed");
      }
    }));
    const std::size_t before = allocations.load();
    inserts.ours.push_back(seconds_of([&] { (void)ours->insert(typed).value(); }));
    inserts.allocations = allocations.load() - before;
  }
  print_row(fmt::format("insert {}", count), inserts, count, "1.3x");

  std::int64_t our_sum = 0;
  std::int64_t their_sum = 0;
  std::size_t our_rows = 0;
  std::size_t their_rows = 0;
  const Timed reads = in_turns(
      [&] {
        our_sum = 0;
        our_rows = 0;
        for (const auto& page : ours->stream<shop::Order>()) {
          for (const shop::Order& order : *page) {
            our_sum += order.id;
          }
          our_rows += page->size();
        }
      },
      [&] { their_rows = theirs->read(their_sum); });
  expect_same("rows", our_rows, their_rows);
  expect_same("rows", our_rows, count);
  expect_same("ids", our_sum, their_sum);
  print_row(fmt::format("read {}", count), reads, count, "1.2x");
}

void bench_validate(const Data& data) {
  constexpr std::size_t kRecords = 10'000;
  constexpr std::size_t kRounds = 20;
  std::size_t ours = 0;
  std::size_t theirs = 0;
  const auto one_by_one = [&](const std::vector<shop::Order>& orders) {
    ours = 0;
    for (std::size_t round = 0; round < kRounds; ++round) {
      for (std::size_t i = 0; i < kRecords; ++i) {
        ours += sluice::validate(orders[i]).passed() ? 1U : 0U;
      }
    }
  };
  const auto by_hand = [&](const std::vector<baseline::Order>& orders) {
    theirs = 0;
    for (std::size_t round = 0; round < kRounds; ++round) {
      for (std::size_t i = 0; i < kRecords; ++i) {
        theirs += baseline::is_valid(orders[i]) ? 1U : 0U;
      }
    }
  };
  const Timed passing = in_turns([&] { one_by_one(data.typed); }, [&] { by_hand(data.plain); });
  expect_same("valid records", ours, theirs);
  print_row("validate, good", passing, kRecords * kRounds, "100 ns");
  Data bad{{data.typed.begin(), data.typed.begin() + kRecords},
           {data.plain.begin(), data.plain.begin() + kRecords}};
  for (std::size_t i = 0; i < kRecords; ++i) {
    bad.typed[i].email = bad.plain[i].email = "nobody";
    bad.typed[i].quantity = bad.plain[i].quantity = 0;
  }
  const Timed failing = in_turns([&] { one_by_one(bad.typed); }, [&] { by_hand(bad.plain); });
  expect_same("valid records", ours, theirs);
  print_row("validate, bad", failing, kRecords * kRounds, "400 ns");
}

void bench_json(const Data& data) {
  constexpr std::size_t kPayloads = 10'000;
  constexpr std::size_t kRounds = 10;
  std::vector<std::string> payloads;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < kPayloads; ++i) {
    const baseline::Order& order = data.plain[i];
    payloads.push_back(fmt::format(
        R"({{"id": {}, "email": "{}", "country": "{}", "amount": {:.2f}, "quantity": {}}})",
        order.id, order.email, order.country, order.amount, order.quantity));
    bytes += payloads.back().size();
    payloads.back().reserve(payloads.back().size() + baseline::JsonReader::padding());
  }
  std::int64_t ours = 0;
  std::int64_t theirs = 0;
  baseline::JsonReader reader;
  const Timed timed = in_turns(
      [&] {
        ours = 0;
        for (std::size_t i = 0; i < kPayloads * kRounds; ++i) {
          ours += sluice::from_json<shop::NewOrder>(payloads[i % kPayloads]).value().quantity;
        }
      },
      [&] {
        theirs = 0;
        for (std::size_t i = 0; i < kPayloads * kRounds; ++i) {
          const std::string& payload = payloads[i % kPayloads];
          baseline::Order order{};
          if (!reader.read(payload, payload.capacity(), order) || !baseline::is_valid(order)) {
            stop("the hand-written JSON loop refused a payload");
          }
          theirs += order.quantity;
        }
      });
  expect_same("quantities", ours, theirs);
  print_row(fmt::format("json, {} bytes", bytes / kPayloads), timed, kPayloads * kRounds, "1.5x");
}

}  // namespace

int main() {
  const Data data = make_data(1'000'000);
  fmt::print("sluice {}, medians of {}\n", sluice::kVersionText, kRuns);
  fmt::print("{:<17}{:^26} |{:^26} |\n", "ns per record", "clock", "processors");
  fmt::print("{:<17}{:>9}{:>9}{:>8} |{:>9}{:>9}{:>8} |{:>8}{:>9}\n", "", "sluice", "by hand",
             "ratio", "sluice", "by hand", "ratio", "goal", "new");
  bench_rows(data, 100'000);
  bench_rows(data, 1'000'000);
  bench_validate(data);
  bench_json(data);
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  fmt::print("peak resident: {} MiB\n", usage.ru_maxrss / 1024);
  return 0;
}
