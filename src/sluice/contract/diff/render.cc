#include "sluice/contract/diff/render.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/base/version.h"
#include "sluice/contract/findings/findings.h"

namespace sluice::contract {
namespace {

using Json = nlohmann::ordered_json;

std::string dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

/// "'a' -> 'b'", or nothing where the change has no single value.
std::string values_of(const Change& change) {
  if (change.before.empty() && change.after.empty()) {
    return {};
  }
  const auto shown = [](const std::string& text) {
    return text.empty() ? std::string("nothing") : "'" + text + "'";
  };
  return fmt::format("{} -> {}", shown(change.before), shown(change.after));
}

/// Text of a contract inside a table cell.
std::string escape_markdown(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n' || c == '\r') {
      out += ' ';
    } else {
      if (std::string_view("|\\`*_<>[]").find(c) != std::string_view::npos) {
        out += '\\';
      }
      out += c;
    }
  }
  return out;
}

std::string where_of(const Change& change) {
  return change.contract.empty() ? change.path
                                 : fmt::format("{}: {}", change.contract, change.path);
}

std::string_view level_of(const Change& change) {
  return change.is_blocking()                  ? "error"
         : change.impact() == Impact::Breaking ? "note"
         : change.impact() == Impact::Risky    ? "warning"
                                               : "note";
}

}  // namespace

Impact verdict_of(std::span<const Change> changes) {
  Impact worst = Impact::Safe;
  for (const Change& change : changes) {
    const Impact impact = change.allowed.empty() ? change.impact() : Impact::Safe;
    worst = std::max(worst, impact);
  }
  return worst;
}

std::string render_changes_text(std::span<const Change> changes) {
  std::string out;
  std::string_view contract;
  for (const Change& change : changes) {
    if (contract != change.contract) {
      contract = change.contract;
      out += fmt::format("{}:\n", contract);
    }
    out +=
        fmt::format("{:<8}  {}: {} [{}; producers {}, consumers {}]\n", to_string(change.impact()),
                    change.path, change.kind->summary, change.kind->key,
                    to_string(change.kind->producers), to_string(change.kind->consumers));
    const std::string values = values_of(change);
    if (!values.empty()) {
      out += fmt::format("          {}\n", values);
    }
    out += fmt::format("          {}\n", change.kind->reason);
    if (!change.allowed.empty()) {
      out += fmt::format("          allowed: {}\n", change.allowed);
    }
  }
  return out;
}

std::string render_changes_json(std::span<const Change> changes, std::string_view old_path,
                                std::string_view new_path) {
  Json list = Json::array();
  for (const Change& change : changes) {
    list.push_back({{"change", change.kind->key},
                    {"path", change.path},
                    {"impact", to_string(change.impact())},
                    {"producers", to_string(change.kind->producers)},
                    {"consumers", to_string(change.kind->consumers)},
                    {"summary", change.kind->summary},
                    {"reason", change.kind->reason},
                    {"before", change.before.empty() ? Json() : Json(change.before)},
                    {"after", change.after.empty() ? Json() : Json(change.after)},
                    {"file", change.at.file},
                    {"line", change.at.line},
                    {"column", change.at.column},
                    {"allowed", change.allowed.empty() ? Json() : Json(change.allowed)}});
    if (!change.contract.empty()) {
      list.back()["contract"] = change.contract;
    }
  }
  return dump({{"schema_version", 1},
               {"old", old_path},
               {"new", new_path},
               {"verdict", to_string(verdict_of(changes))},
               {"changes", std::move(list)}});
}

std::string render_changes_markdown(std::span<const Change> changes, std::string_view new_path) {
  if (changes.empty()) {
    return fmt::format("**{}**: no change of the contract's meaning.\n", escape_markdown(new_path));
  }
  std::string out = fmt::format(
      "**{}**: {} change{}, {}.\n\n| change | where | producers | consumers | why |\n"
      "|---|---|---|---|---|\n",
      escape_markdown(new_path), changes.size(), changes.size() == 1 ? "" : "s",
      to_string(verdict_of(changes)));
  for (const Change& change : changes) {
    const std::string values = values_of(change);
    const std::string allowed =
        change.allowed.empty() ? "" : fmt::format(" Allowed: {}", escape_markdown(change.allowed));
    out += fmt::format("| {}{} | {} | {} | {} | {}{} |\n", change.kind->summary,
                       values.empty() ? "" : ": " + escape_markdown(values),
                       escape_markdown(where_of(change)), to_string(change.kind->producers),
                       to_string(change.kind->consumers), change.kind->reason, allowed);
  }
  return out;
}

std::string render_changes_sarif(std::span<const Change> changes) {
  std::vector<const ChangeKind*> kinds;
  Json rules = Json::array();
  Json results = Json::array();
  for (const Change& change : changes) {
    auto found = std::ranges::find(kinds, change.kind);
    const auto index = found - kinds.begin();
    if (found == kinds.end()) {
      kinds.push_back(change.kind);
      rules.push_back({{"id", change.kind->key},
                       {"shortDescription", {{"text", change.kind->summary}}},
                       {"fullDescription", {{"text", change.kind->reason}}}});
    }
    Json place{{"artifactLocation", {{"uri", uri_of(change.at.file)}}}};
    if (change.at.line > 0) {
      place["region"] = {{"startLine", change.at.line},
                         {"startColumn", std::max<std::uint32_t>(change.at.column, 1)}};
    }
    const std::string values = values_of(change);
    results.push_back(
        {{"ruleId", change.kind->key},
         {"ruleIndex", index},
         {"level", level_of(change)},
         {"message",
          {{"text", fmt::format("{}: {}{}. {}", change.path, change.kind->summary,
                                values.empty() ? "" : " (" + values + ")", change.kind->reason)}}},
         {"locations", Json::array({Json{{"physicalLocation", std::move(place)}}})}});
  }
  const Json driver{
      {"name", "sluice diff"}, {"semanticVersion", kVersionText}, {"rules", std::move(rules)}};
  return dump({{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
               {"version", "2.1.0"},
               {"runs", Json::array({Json{{"tool", {{"driver", driver}}},
                                          {"columnKind", "unicodeCodePoints"},
                                          {"results", std::move(results)}}})}});
}

}  // namespace sluice::contract
