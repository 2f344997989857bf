// The whole way once: create the table, validate, write in one commit, stream, count.
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include <sluice/orm/orm.h>

struct Device {
  std::int64_t id;
  std::string name;
  std::optional<std::string> room;
};

template <>
inline constexpr auto sluice::model<Device> =
    sluice::table("devices").key<&Device::id>().check<&Device::name>(sluice::required());

struct Count {
  std::int64_t devices;
};

namespace {

sluice::Status run() {
  SLUICE_TRY(sluice::Session db, sluice::open(sluice::duckdb("")));
  SLUICE_CHECK(db.migrate<Device>());

  const std::vector<Device> devices{{1, "lamp", "hall"}, {2, "heater", {}}, {3, "fan", "attic"}};
  std::printf("valid: %s\n", sluice::validate(devices).passed() ? "yes" : "no");
  SLUICE_TRY(const sluice::Receipt receipt, db.insert(devices));
  std::printf("inserted %lld, version %lld\n", static_cast<long long>(receipt.inserted),
              static_cast<long long>(receipt.version));

  for (auto page : db.stream<Device>(
           sluice::from<Device>().order_by(sluice::ascending(sluice::col<&Device::name>)))) {
    SLUICE_TRY(const auto rows, page);
    for (const Device& device : rows) {
      std::printf("%s in %s\n", device.name.c_str(), device.room.value_or("(nowhere)").c_str());
    }
  }
  SLUICE_TRY(const Count count,
             db.query_one<Count>(sluice::sql("SELECT count(*) AS devices FROM devices")));
  std::printf("%lld devices\n", static_cast<long long>(count.devices));
  return {};
}

}  // namespace

int main() {
  const sluice::Status done = run();
  if (!done.has_value()) {
    std::fprintf(stderr, "%s\n", sluice::to_string(done.error()).c_str());
    return 1;
  }
  return 0;
}
