// The contracts under test/contracts: each invalid one gives exactly the diagnostics that its head
// says
// ("# expect SL0101 6:3"), each valid one none that is an error.
#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <dirent.h>
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
        files.push_back(folder + "/" + name);
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
    found += std::string(to_string(each.severity)) + " " + std::to_string(each.at.line) + "\n";
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

/// "a.b[].c" for every key that can be reached; a recursive shape is entered once.
void walk(const Shape& shape, const std::string& path, std::vector<const Shape*> open,
          std::vector<std::string>& paths, std::vector<Support>& supports) {
  if (std::find(open.begin(), open.end(), &shape) != open.end()) {
    return;
  }
  open.push_back(&shape);
  for (const Key& key : shape.keys) {
    std::string here = path + (path.empty() ? "" : ".") + std::string(key.name);
    paths.push_back(here);
    supports.push_back(key.support);
    if (key.child != nullptr) {
      const bool is_list = key.kind == ValueKind::ObjectList;
      here += is_list ? "[]" : key.kind == ValueKind::ObjectMap ? ".*" : "";
      walk(key.child(), here, open, paths, supports);
    }
  }
}

TEST(CasesTest, EveryKeyOfTheStandardIsRead) {
  std::vector<std::string> paths;
  std::vector<Support> supports;
  walk(contract_shape(), "", {}, paths, supports);
  std::istringstream keys(text_of("test/contracts/olc_keys.txt"));
  std::size_t count = 0;
  for (std::string key; std::getline(keys, key);) {
    if (key.empty() || key.starts_with('#')) {
      continue;
    }
    ++count;
    EXPECT_NE(std::find(paths.begin(), paths.end(), key), paths.end()) << key;
  }
  EXPECT_GT(count, 300U);
  for (const Support support :
       {Support::Acted, Support::Recorded, Support::Later, Support::LaterRows}) {
    RecordProperty(std::string(to_string(support)),
                   static_cast<int>(std::count(supports.begin(), supports.end(), support)));
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
