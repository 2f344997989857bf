#include "sluice/contract/findings/findings.h"

#include <set>

#include <fmt/format.h>

namespace sluice::contract {
namespace {

std::string_view github_level(Severity severity) {
  switch (severity) {
    case Severity::Error: return "error";
    case Severity::Warning: return "warning";
    case Severity::Notice:
    case Severity::Hint: return "notice";
  }
  return "notice";
}

/// Escapes what ends a message or, inside a property, what separates properties.
std::string escape_github(std::string_view text, bool is_property) {
  std::string out;
  for (const char c : text) {
    const bool is_special =
        c == '%' || c == '\r' || c == '\n' || (is_property && (c == ',' || c == ':'));
    out += is_special ? fmt::format("%{:02X}", static_cast<unsigned>(c)) : std::string(1, c);
  }
  return out;
}

std::string full_message(const Diagnostic& diagnostic) {
  return diagnostic.suggestion.empty()
             ? diagnostic.message
             : fmt::format("{} ({})", diagnostic.message, diagnostic.suggestion);
}

/// XML 1.0 has no control characters but tab and line ends, escaped or not.
std::string escape_xml(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: {
        const auto byte = static_cast<unsigned char>(c);
        out += byte < 0x20 && c != '\n' && c != '\t' ? '?' : c;
      }
    }
  }
  return out;
}

bool fails(const Diagnostic& diagnostic, bool warnings_fail) {
  return diagnostic.severity == Severity::Error ||
         (warnings_fail && diagnostic.severity == Severity::Warning);
}

/// Everything but those for which `is_said` holds.
template <class IsSaid>
void drop(FileFindings& file, const IsSaid& is_said) {
  if (file.diagnostics.suppressed() > 0) {
    return;  // what is missing is not known
  }
  Diagnostics kept(file.path);
  for (const Diagnostic& each : file.diagnostics) {
    if (!is_said(each)) {
      kept.add(each.code, each.severity, {}, {}) = each;
    }
  }
  file.diagnostics = std::move(kept);
}

std::string render_case(const FileFindings& file, const Diagnostic& diagnostic) {
  return fmt::format(
      "    <testcase classname=\"{}\" name=\"{} {} at {}:{}\" file=\"{}\" line=\"{}\">\n"
      "      <failure message=\"{}\" type=\"{}\">{}</failure>\n    </testcase>\n",
      escape_xml(file.path), code_id(diagnostic.code), info_of(diagnostic.code).slug,
      diagnostic.at.line, diagnostic.at.column, escape_xml(file.path), diagnostic.at.line,
      escape_xml(full_message(diagnostic)), code_id(diagnostic.code),
      escape_xml(render(diagnostic, file.text, false)));
}

struct Suite {
  std::string text;
  std::size_t tests = 0;
  std::size_t failures = 0;
};

Suite render_suite(const FileFindings& file, bool warnings_fail) {
  Suite suite;
  std::string said;
  for (const Diagnostic& each : file.diagnostics) {
    if (fails(each, warnings_fail)) {
      suite.text += render_case(file, each);
      ++suite.failures;
    } else {
      said += escape_xml(render(each, file.text, false));
    }
  }
  suite.tests = suite.failures;
  if (suite.failures == 0) {
    suite.text = fmt::format("    <testcase classname=\"{}\" name=\"is valid\" file=\"{}\"/>\n",
                             escape_xml(file.path), escape_xml(file.path));
    suite.tests = 1;
  }
  if (!said.empty()) {
    suite.text += fmt::format("    <system-out>{}</system-out>\n", said);
  }
  suite.text = fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\" "
      "time=\"0\">\n{}  </testsuite>\n",
      escape_xml(file.path), suite.tests, suite.failures, suite.text);
  return suite;
}

}  // namespace

void say_once(std::vector<FileFindings>& files) {
  std::set<std::string> said;
  for (const FileFindings& file : files) {
    for (const Diagnostic& each : file.diagnostics) {
      if (each.at.file == file.path) {
        said.insert(render_json(each));
      }
    }
  }
  for (FileFindings& file : files) {
    drop(file, [&](const Diagnostic& each) {
      return each.at.file != file.path && !said.insert(render_json(each)).second;
    });
  }
}

std::string render_json(std::span<const FileFindings> files) {
  std::string findings;
  for (const FileFindings& file : files) {
    for (const Diagnostic& diagnostic : file.diagnostics) {
      findings += (findings.empty() ? "" : ", ") + render_json(diagnostic);
    }
  }
  return fmt::format("{{\"schema_version\": 1, \"files\": {}, \"diagnostics\": [{}]}}\n",
                     files.size(), findings);
}

std::string render_github(std::span<const FileFindings> files) {
  std::string out;
  for (const FileFindings& file : files) {
    for (const Diagnostic& each : file.diagnostics) {
      const std::string place = each.at.line == 0
                                    ? std::string()
                                    : fmt::format(",line={},col={}", each.at.line, each.at.column);
      out += fmt::format("::{} file={}{},title={}::{}\n", github_level(each.severity),
                         escape_github(each.at.file, true), place, code_id(each.code),
                         escape_github(full_message(each), false));
    }
  }
  return out;
}

std::string render_junit(std::span<const FileFindings> files, bool warnings_fail) {
  std::string suites;
  std::size_t tests = 0;
  std::size_t failures = 0;
  for (const FileFindings& file : files) {
    const Suite suite = render_suite(file, warnings_fail);
    suites += suite.text;
    tests += suite.tests;
    failures += suite.failures;
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"sluice validate\" tests=\"{}\" failures=\"{}\" errors=\"0\" "
      "time=\"0\">\n{}</testsuites>\n",
      tests, failures, suites);
}

}  // namespace sluice::contract
