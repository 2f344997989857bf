#include <algorithm>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sluice/base/version.h"
#include "sluice/contract/findings/findings.h"

namespace sluice::contract {
namespace {

using Json = nlohmann::ordered_json;

std::string_view sarif_level(Severity severity) {
  switch (severity) {
    case Severity::Error: return "error";
    case Severity::Warning: return "warning";
    case Severity::Notice:
    case Severity::Hint: return "note";
  }
  return "note";
}

/// The codes that were met, by number.
std::vector<Code> codes_of(std::span<const FileFindings> files) {
  std::vector<Code> codes;
  for (const FileFindings& file : files) {
    for (const Diagnostic& each : file.diagnostics) {
      codes.push_back(each.code);
    }
  }
  std::ranges::sort(codes);
  const auto rest = std::ranges::unique(codes);
  codes.erase(rest.begin(), rest.end());
  return codes;
}

Json make_rule(Code code) {
  const CodeInfo& info = info_of(code);
  return {{"id", code_id(code)},
          {"name", info.slug},
          {"shortDescription", {{"text", info.summary}}},
          {"fullDescription", {{"text", info.why}}},
          {"help", {{"text", render_page(info)}}},
          {"defaultConfiguration", {{"level", sarif_level(info.severity)}}}};
}

Json make_result(const Diagnostic& diagnostic, std::size_t rule) {
  Json place{{"artifactLocation", {{"uri", uri_of(diagnostic.at.file)}}}};
  if (diagnostic.at.line > 0) {
    Json region{{"startLine", diagnostic.at.line},
                {"startColumn", std::max<std::uint32_t>(diagnostic.at.column, 1)}};
    if (diagnostic.length > 0) {
      region["endColumn"] = diagnostic.at.column + diagnostic.length;
    }
    place["region"] = std::move(region);
  }
  const std::string text = diagnostic.suggestion.empty()
                               ? diagnostic.message
                               : diagnostic.message + " (" + diagnostic.suggestion + ")";
  return {{"ruleId", code_id(diagnostic.code)},
          {"ruleIndex", rule},
          {"level", sarif_level(diagnostic.severity)},
          {"message", {{"text", text}}},
          {"locations", Json::array({Json{{"physicalLocation", std::move(place)}}})}};
}

}  // namespace

std::string render_sarif(std::span<const FileFindings> files) {
  const std::vector<Code> codes = codes_of(files);
  Json rules = Json::array();
  for (const Code code : codes) {
    rules.push_back(make_rule(code));
  }
  Json results = Json::array();
  for (const FileFindings& file : files) {
    for (const Diagnostic& each : file.diagnostics) {
      const auto rule = std::ranges::lower_bound(codes, each.code) - codes.begin();
      results.push_back(make_result(each, static_cast<std::size_t>(rule)));
    }
  }
  const Json driver{
      {"name", "sluice"}, {"semanticVersion", kVersionText}, {"rules", std::move(rules)}};
  const Json log{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                 {"version", "2.1.0"},
                 {"runs", Json::array({Json{{"tool", {{"driver", driver}}},
                                            {"columnKind", "unicodeCodePoints"},
                                            {"results", std::move(results)}}})}};
  return log.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string uri_of(std::string_view path) {
  constexpr std::string_view kPlain = "-._~/!$&'()*+,;=@";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const bool is_letter =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    uri += is_letter || kPlain.find(c) != std::string_view::npos
               ? std::string(1, c)
               : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
  }
  return uri;
}

}  // namespace sluice::contract
