// What was found in contracts, in the forms that other programs read: SARIF 2.1.0 for code
// scanning, JUnit for test reports, workflow commands for GitHub, JSON for scripts. Each function
// is pure: the same findings give the same text, and nothing is printed here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/contract/diagnostic/diagnostic.h"

namespace sluice::contract {

/// All that was found in one file.
struct FileFindings {
  std::string path;
  std::string text;
  Diagnostics diagnostics;
};

/// What is wrong in a file above contracts is found again with each contract below it: it stays
/// where that file itself was checked, else with the first contract that met it.
void say_once(std::vector<FileFindings>& files);

/// `{"schema_version": 1, "files": 2, "diagnostics": [...]}`.
std::string render_json(std::span<const FileFindings> files);

/// One log with one run: a rule for each code that was met, a result for each finding.
std::string render_sarif(std::span<const FileFindings> files);

/// `::error file=...,line=...::...`, which GitHub shows beside the line of a pull request.
std::string render_github(std::span<const FileFindings> files);

/// A test suite for each file: a case that passes, or a failing one for each error; where
/// `warnings_fail`, for each warning too. The rest stands in the suite's output.
std::string render_junit(std::span<const FileFindings> files, bool warnings_fail);

/// The path as a URI reference: relative paths stay relative.
std::string uri_of(std::string_view path);

}  // namespace sluice::contract
