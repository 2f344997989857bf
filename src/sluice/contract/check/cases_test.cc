// The contracts under test/contracts: each invalid one gives exactly the diagnostics that its head
// says
// ("# expect SL0101 6:3"), each valid one none that is an error.
#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <dirent.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sluice/contract/check/check.h"
#include "sluice/contract/document/read_contract.h"

namespace sluice::contract {
namespace {

std::vector<std::string> files_in(const std::string& folder) {
  std::vector<std::string> files;
  if (DIR* directory = opendir(folder.c_str())) {
    while (const dirent* entry = readdir(directory)) {
      const std::string name = entry->d_name;
      if (name != "." && name != "..") {
        files.push_back(fmt::format("{}/{}", folder, name));
      }
    }
    closedir(directory);
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> expected_of(const std::string& text) {
  std::vector<std::string> expected;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line) && line.starts_with("# expect ");) {
    expected.push_back(line.substr(9));
  }
  std::sort(expected.begin(), expected.end());
  return expected;
}

std::vector<std::string> found_of(const Diagnostics& diagnostics) {
  std::vector<std::string> found;
  for (const Diagnostic& each : diagnostics) {
    found.push_back(code_id(each.code) + " " + std::to_string(each.at.line) + ":" +
                    std::to_string(each.at.column));
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string rendered(const Diagnostics& diagnostics, const std::string& text) {
  std::string out;
  for (const Diagnostic& each : diagnostics) {
    out += render(each, text, false);
  }
  return out;
}

TEST(CasesTest, EveryInvalidContractGivesItsDiagnosticsAtTheirPlaces) {
  const std::vector<std::string> files = files_in("test/contracts/invalid");
  ASSERT_GE(files.size(), 120U);
  for (const std::string& file : files) {
    const std::string text = text_of(file);
    const CheckedContract checked = check_contract(text, file);
    EXPECT_EQ(found_of(checked.diagnostics), expected_of(text))
        << file << "\n"
        << rendered(checked.diagnostics, text);
  }
}

/// One for each kind of step that can make a column from a masked one.
TEST(CasesTest, WhatIsMadeFromMaskedFieldsIsSeenInEveryStep) {
  int cases = 0;
  for (const std::string& file : files_in("test/contracts/invalid")) {
    cases += text_of(file).starts_with("# expect SL0408") ? 1 : 0;
  }
  EXPECT_GE(cases, 14);
}

TEST(CasesTest, EveryValidContractRuns) {
  const std::vector<std::string> files = files_in("test/contracts/valid");
  ASSERT_GE(files.size(), 3U);
  for (const std::string& file : files) {
    const std::string text = text_of(file);
    const CheckedContract checked = check_contract(text, file);
    EXPECT_TRUE(checked.is_runnable()) << file << "\n" << rendered(checked.diagnostics, text);
    EXPECT_EQ(checked.diagnostics.count(Severity::Warning), 0U) << file;
  }
}

/// Every default of the shortest spelling is one notice, in the order of the file.
TEST(CasesTest, TheCustomersContractTakesEachDefaultWithOneNotice) {
  const std::string text = text_of("test/contracts/valid/customers.yaml");
  const CheckedContract checked = check_contract(text, "customers.yaml");
  std::string found;
  for (const Diagnostic& each : checked.diagnostics) {
    if (each.code != Code::NotSupportedYet) {
      found += std::string(to_string(each.severity)) + " " + std::to_string(each.at.line) + "\n";
    }
  }
  EXPECT_EQ(found,
            "notice 2\nnotice 2\nnotice 3\nnotice 13\nnotice 20\nnotice 25\nnotice 27\n"
            "notice 32\nnotice 33\n");
  const Contract& contract = *checked.contract;
  EXPECT_EQ(contract.spelling, Spelling::LakeLogic);
  EXPECT_EQ(contract.primary_key.at(0).value, "cus_id");
  EXPECT_EQ(contract.service_levels.freshness->threshold->value, "24h");
  EXPECT_EQ(std::get<Derive>(contract.transformations.at(0).step).field.value, "email");
  EXPECT_EQ(contract.quality.row_rules.at(0).name.value, "email LIKE '%@%.%'");
  EXPECT_EQ(contract.model.fields.at(1).masking->value, Masking::Encrypt);
}

/// "a.b[].c" for every key that can be reached; a recursive shape is entered once. What no run acts
/// on, it acts on in no part.
void walk(const Shape& shape, const std::string& path, Support outer,
          std::vector<const Shape*> open, std::vector<std::string>& paths,
          std::vector<Support>& supports) {
  if (std::find(open.begin(), open.end(), &shape) != open.end()) {
    return;
  }
  open.push_back(&shape);
  for (const Key& key : shape.keys) {
    std::string here = path + (path.empty() ? "" : ".") + std::string(key.name);
    const Support support = outer == Support::Acted ? key.support : outer;
    paths.push_back(here);
    supports.push_back(support);
    if (key.child != nullptr) {
      const bool is_list = key.kind == ValueKind::ObjectList;
      here += is_list ? "[]" : key.kind == ValueKind::ObjectMap ? ".*" : "";
      walk(key.child(), here, support, open, paths, supports);
    }
  }
}

TEST(CasesTest, EveryKeyOfTheStandardIsRead) {
  std::vector<std::string> paths;
  std::vector<Support> supports;
  walk(contract_shape(), "", Support::Acted, {}, paths, supports);
  std::istringstream keys(text_of("test/contracts/olc_keys.txt"));
  std::map<Support, std::string> listed;
  std::map<Support, int> counts;
  for (std::string key; std::getline(keys, key);) {
    if (key.empty() || key.starts_with('#')) {
      continue;
    }
    const auto found = std::find(paths.begin(), paths.end(), key);
    ASSERT_NE(found, paths.end()) << "the checker does not know this key of the standard: " << key;
    const Support support = supports[static_cast<std::size_t>(found - paths.begin())];
    listed[support] += " " + key;
    ++counts[support];
  }
  for (const auto& [support, names] : listed) {
    std::cout << to_string(support) << " (" << counts[support] << "):" << names << "\n";
  }
  EXPECT_EQ(counts[Support::Acted] + counts[Support::Recorded] + counts[Support::Later] +
                counts[Support::LaterRows],
            582);
}

/// The blocks of a page of documentation that are marked as YAML.
std::vector<std::string> yaml_blocks(const std::string& page) {
  constexpr std::string_view kBegin = "```yaml\n";
  std::vector<std::string> blocks;
  for (std::size_t at = page.find(kBegin); at != std::string::npos; at = page.find(kBegin, at)) {
    at += kBegin.size();
    const std::size_t end = std::min(page.find("```", at), page.size());
    blocks.push_back(page.substr(at, end - at));
    at = end;
  }
  return blocks;
}

/// A fragment of a page as a contract: a list is one of rules or of steps.
std::string as_contract(const std::string& block, std::string_view list_key) {
  const std::size_t first = block.find_first_not_of("\n ");
  if (first == std::string::npos || block[first] != '-') {
    return block;
  }
  const bool in_quality = list_key != "transformations";
  std::string text = in_quality ? "quality:\n  " : "";
  text += std::string(list_key) + ":\n";
  std::istringstream lines(block);
  for (std::string line; std::getline(lines, line);) {
    text += (line.empty() ? "" : "    ") + line + "\n";
  }
  return text;
}

/// What a fragment gets wrong by being one is no fault of it: only its keys and values are judged.
std::string faults_of_form(const Diagnostics& diagnostics, const std::string& text) {
  std::string faults;
  for (const Diagnostic& each : diagnostics) {
    const bool is_form = each.code == Code::YamlSyntax || each.code == Code::DuplicateKey ||
                         each.code == Code::UnknownKey || each.code == Code::WrongType ||
                         each.code == Code::UnknownWord || each.code == Code::BadStep ||
                         each.code == Code::NotOneOperation || each.code == Code::UnknownType;
    faults += is_form && each.severity == Severity::Error ? render(each, text, false) : "";
  }
  return faults;
}

/// Blocks of other files, blocks with an ellipsis in place of a value, and one whose `server.mode`
/// the standard's own schema refuses.
bool is_no_contract(const std::string& block) {
  for (const std::string_view mark : {"# _domain.yaml", "# _system.yaml", "<source kind>",
                                      "[ ... ]", "  mode: merge\n  post_ingestion"}) {
    if (block.find(mark) != std::string::npos) {
      return true;
    }
  }
  return block.starts_with("notifications:");
}

TEST(CasesTest, TheExamplesOfTheStandardsPagesAreRead) {
  int read = 0;
  for (const std::string& page : files_in("../shared/reference/olc/pages")) {
    for (const std::string& block : yaml_blocks(text_of(page))) {
      if (is_no_contract(block)) {
        continue;
      }
      ++read;
      std::string faults;
      for (const std::string_view key : {"transformations", "row_rules", "dataset_rules"}) {
        const std::string text = as_contract(block, key);
        faults = faults_of_form(check_contract(text, page).diagnostics, text);
        if (faults.empty()) {
          break;
        }
      }
      EXPECT_EQ(faults, "") << page << "\n" << block;
    }
  }
  if (read == 0) {
    GTEST_SKIP() << "no pages beside the checkout: ../shared/reference/olc/pages";
  }
  EXPECT_GT(read, 90);
}

TEST(CasesTest, TheExampleContractsOfTheStandardAreValid) {
  const std::string root = "../shared/reference/olc";
  std::vector<std::string> files = files_in(root + "/valid");
  if (files.empty()) {
    GTEST_SKIP() << "no example contracts beside the checkout: " << root;
  }
  files.push_back(root + "/full.olc.yaml");
  files.push_back(root + "/orders.olc.yaml");
  for (const std::string& file : files) {
    const std::string text = text_of(file);
    const CheckedContract checked = check_contract(text, file);
    EXPECT_TRUE(checked.is_runnable()) << rendered(checked.diagnostics, text);
  }
  for (const std::string& file : files_in(root + "/invalid")) {
    EXPECT_FALSE(check_contract(text_of(file), file).is_runnable()) << file;
  }
}

TEST(CasesTest, TheConformanceCasesBesideTheCheckoutAreValid) {
  const std::vector<std::string> cases = files_in("../shared/conformance/cases");
  if (cases.empty()) {
    GTEST_SKIP() << "no conformance cases beside the checkout: ../shared/conformance/cases";
  }
  for (const std::string& folder : cases) {
    const std::string text = text_of(folder + "/contract.olc.yaml");
    const CheckedContract checked = check_contract(text, folder);
    EXPECT_TRUE(checked.is_runnable()) << rendered(checked.diagnostics, text);
  }
}

}  // namespace
}  // namespace sluice::contract
