// Any bytes as `_domain.yaml`, `_system.yaml` and a contract below them, parted by lines of "%%":
// each is checked by itself and all of them together; what is said can be rendered, and every key
// of the joined document can be asked for.
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/assert.h"
#include "sluice/contract/hierarchy/hierarchy.h"

namespace sluice::contract {
namespace {

std::array<std::string, 3> parts_of(std::string_view text) {
  std::array<std::string, 3> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    constexpr std::string_view kMark = "\n%%\n";
    const std::size_t end = i + 1 < parts.size() ? text.find(kMark) : std::string_view::npos;
    parts[i] = std::string(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + kMark.size());
  }
  return parts;
}

void check(const Diagnostics& diagnostics, std::string_view text) {
  for (const Diagnostic& diagnostic : diagnostics) {
    SLUICE_ASSERT(!diagnostic.message.empty(), "a diagnostic says something");
    (void)render(diagnostic, text, false);
  }
  (void)render_json(diagnostics);
}

void check_values(const Node& root, const std::vector<std::string>& files) {
  for (const Entry& entry : root.entries) {
    if (const auto found = find_meant(root, entry.key)) {
      SLUICE_ASSERT(found->span.file < files.size(), "a value has a file");
    }
  }
}

void check_mesh(std::string_view text) {
  const auto [domain, system, contract] = parts_of(text);
  check(check_domain_file({.path = "_domain.yaml", .text = domain}), domain);
  check(check_system_file({.path = "_system.yaml", .text = system}).diagnostics, system);
  for (const char* environment : {"", "prod"}) {
    HierarchyInput input;
    input.domain = OuterFile{.path = "_domain.yaml", .text = domain};
    input.system = OuterFile{.path = "_system.yaml", .text = system};
    input.environment = environment;
    input.stage = environment;
    input.variable = [](const std::string& name) {
      return name.size() % 2 == 0 ? std::optional<std::string>("value") : std::nullopt;
    };
    const ResolvedContract resolved = resolve_contract(contract, "trips.yaml", input);
    check(resolved.checked.diagnostics, contract);
    check_values(resolved.root, resolved.files);
  }
}

}  // namespace
}  // namespace sluice::contract

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sluice::contract::check_mesh(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
