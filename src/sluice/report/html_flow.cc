#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/report/html_internal.h"

namespace sluice::report::internal {
namespace {

constexpr int kStepHeight = 46;
constexpr int kBandLeft = 220;
constexpr int kBandWidth = 360;
constexpr int kTextLeft = 610;
constexpr int kWidth = 1000;

/// Of the widest point of the stream; what is there is seen.
int width_of(std::int64_t rows, std::int64_t most) {
  return rows <= 0 ? 0
                   : std::max(2, static_cast<int>(static_cast<double>(rows) * kBandWidth /
                                                  static_cast<double>(most)));
}

std::string shortened(std::string text) {
  constexpr std::size_t kNameMax = 28;
  if (text.size() <= kNameMax) {
    return text;
  }
  std::size_t end = kNameMax - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return text.substr(0, end) + "...";
}

std::string polygon(std::string_view kind, int y, int left_above, int right_above, int left_below,
                    int right_below) {
  return fmt::format(R"(<path class={} d="M{} {}H{}L{} {}H{}z"/>)", kind, kBandLeft + left_above, y,
                     kBandLeft + right_above, kBandLeft + right_below, y + kStepHeight - 6,
                     kBandLeft + left_below);
}

std::string changes_of(const Json& step) {
  std::string text;
  for (const auto& [name, word, kind] : {std::tuple("quarantined", "quarantined", "b"),
                                         {"dropped", "dropped", "q"},
                                         {"aggregated", "aggregated", "q"},
                                         {"added", "added", "g"}}) {
    if (const std::int64_t rows = count_in(step, name); rows != 0) {
      text += fmt::format("{}<tspan class={}>{}{} {}</tspan>", text.empty() ? "" : ", ", kind,
                          std::string_view(name) == "added" ? "+" : "-", counted(rows), word);
    }
  }
  if (truth_in(step, "opaque", false)) {
    text += text.empty() ? "SQL of the contract" : ", SQL of the contract";
  }
  return text;
}

}  // namespace

std::string render_flow(const Json& ledger) {
  std::int64_t most = 1;
  for (const Json& step : ledger) {
    most = std::max({most, count_in(step, "in"), count_in(step, "out")});
  }
  std::string svg =
      fmt::format(R"(<svg viewBox="0 0 {} {}" role=img aria-label="Rows from step to step">)",
                  kWidth, kStepHeight * static_cast<int>(ledger.size()) + 22);
  int y = 0;
  for (const Json& step : ledger) {
    const int in = width_of(count_in(step, "in"), most);
    const int out = width_of(count_in(step, "out"), most);
    const std::int64_t refused = count_in(step, "quarantined");
    const std::int64_t lost = count_in(step, "dropped") + count_in(step, "aggregated");
    const int stays = std::min(in, out);
    svg += polygon("sg", y, 0, refused + lost > 0 ? stays : in, 0, out);
    const int to_refused = stays + (lost > 0 ? (in - stays) / 2 : in - stays);
    if (refused > 0) {
      svg += polygon("sb", y, stays, std::max(to_refused, stays + 2), stays + 12,
                     std::max(to_refused, stays + 2) + 12);
    }
    if (lost > 0) {
      const int from = refused > 0 ? to_refused : stays;
      svg += polygon("sd", y, from, std::max(in, from + 2), from + 24, std::max(in, from + 2) + 24);
    }
    svg += fmt::format(
        R"(<text x={} y={} text-anchor=end>{}</text><text x={} y={}>{} in{}{}</text>)",
        kBandLeft - 14, y + 24, escaped(shortened(text_in(step, "step"))), kTextLeft, y + 24,
        counted(count_in(step, "in")), changes_of(step).empty() ? "" : ", ", changes_of(step));
    y += kStepHeight;
  }
  if (!ledger.empty()) {
    const std::int64_t good = count_in(ledger.back(), "out");
    svg += fmt::format(
        R"(<rect class=sg x={} y={} width={} height=6 /><text x={} y={} text-anchor=end )"
        R"(class=g>good</text>)"
        R"(<text x={} y={} class=g>{} rows</text>)",
        kBandLeft, y, std::max(width_of(good, most), 1), kBandLeft - 14, y + 12, kTextLeft, y + 12,
        counted(good));
  }
  return svg + "</svg>\n";
}

}  // namespace sluice::report::internal
