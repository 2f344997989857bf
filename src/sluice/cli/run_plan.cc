#include "sluice/cli/run_plan.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/cli/terminal.h"

namespace sluice::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kPlanFormat = 1;

Json to_json(const std::string& path, const contract::PlannedRun& plan) {
  Json links = Json::array();
  for (const contract::PlannedLink& link : plan.links) {
    links.push_back({{"name", link.name}, {"reads", link.reads}});
  }
  Json json = {
      {"schema_version", kPlanFormat}, {"status", "planned"},     {"contract", {{"path", path}}},
      {"pipeline", plan.pipeline},     {"files", plan.files},     {"links", std::move(links)},
      {"statements", plan.statements}, {"changes", plan.changes}, {"warnings", plan.warnings}};
  if (!plan.skipped.empty()) {
    json["status"] = "skipped";
    json["reason"] = plan.skipped;
  }
  return json;
}

}  // namespace

void print_plan(const contract::PlannedRun& plan) {
  const Terminal terminal = Terminal::of_stdout();
  const auto section = [&](std::string_view heading, const std::vector<std::string>& lines) {
    terminal.print(terminal.paint(Colour::Bold, heading) + "\n");
    for (const std::string& line : lines) {
      terminal.print("  " + line + "\n");
    }
  };
  if (plan.skipped.empty()) {
    terminal.print(plan.pipeline + "\n");
  } else {
    terminal.print(fmt::format("nothing would be read: {}\n", plan.skipped));
  }
  section("files", plan.files);
  std::vector<std::string> links;
  for (const contract::PlannedLink& link : plan.links) {
    for (const std::string& place : link.reads) {
      links.push_back(fmt::format("{}: {}", link.name, place));
    }
  }
  if (!links.empty()) {
    section("links", links);
  }
  section("statements", plan.statements);
  section("would change", plan.changes);
  section("warnings", plan.warnings);
}

std::string plans_to_json(std::span<const std::string> contracts,
                          std::span<const contract::PlannedRun> plans) {
  Json all = Json::array();
  for (std::size_t i = 0; i < plans.size(); ++i) {
    all.push_back(to_json(contracts[i], plans[i]));
  }
  const Json whole = all.size() == 1 ? all.front() : Json{{"runs", std::move(all)}};
  return whole.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sluice::cli
