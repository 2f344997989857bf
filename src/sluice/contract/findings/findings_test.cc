#include "sluice/contract/findings/findings.h"

#include <gtest/gtest.h>

namespace sluice::contract {
namespace {

/// A contract's findings: one of its own, and one of the file above it.
FileFindings contract_at(const std::string& path) {
  FileFindings file{.path = path, .text = {}, .diagnostics = Diagnostics(path)};
  const std::uint32_t above = file.diagnostics.add_file("mesh/_domain.yaml");
  file.diagnostics.add(Code::UnknownKey, Span{}, "no such key: 'a'");
  Span outer;
  outer.file = above;
  file.diagnostics.add(Code::BadDuration, outer, "expected a duration");
  return file;
}

TEST(FindingsTest, AFaultOfAnOuterFileIsSaidWithTheFirstContractThatMeetsIt) {
  std::vector<FileFindings> files{contract_at("mesh/a.yaml"), contract_at("mesh/b.yaml")};
  say_once(files);
  EXPECT_EQ(files[0].diagnostics.size(), 2U);
  ASSERT_EQ(files[1].diagnostics.size(), 1U);
  EXPECT_EQ(files[1].diagnostics.list()[0].at.file, "mesh/b.yaml");
  const std::string json = render_json(files);
  EXPECT_EQ(json.find("_domain.yaml"), json.rfind("_domain.yaml")) << json;
}

TEST(FindingsTest, AFaultOfAnOuterFileStaysWhereThatFileWasCheckedItself) {
  FileFindings domain{.path = "mesh/_domain.yaml", .text = {}, .diagnostics = {}};
  domain.diagnostics = Diagnostics(domain.path);
  domain.diagnostics.add(Code::BadDuration, Span{}, "expected a duration");
  std::vector<FileFindings> files{contract_at("mesh/a.yaml"), domain};
  say_once(files);
  EXPECT_EQ(files[0].diagnostics.size(), 1U);
  EXPECT_EQ(files[1].diagnostics.size(), 1U);
}

TEST(FindingsTest, EqualFaultsOfTwoContractsAreBothSaid) {
  std::vector<FileFindings> files{contract_at("a.yaml"), contract_at("b.yaml")};
  say_once(files);
  EXPECT_EQ(
      files[0].diagnostics.count(Severity::Error) + files[1].diagnostics.count(Severity::Error),
      3U);
}

}  // namespace
}  // namespace sluice::contract
