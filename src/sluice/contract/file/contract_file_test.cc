#include "sluice/contract/file/contract_file.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "sluice/base/limits.h"

namespace sluice::contract {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
namespace fs = std::filesystem;

class ContractFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "contract-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, std::string_view text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
    return folder_ / name;
  }

  fs::path folder_;
};

TEST_F(ContractFile, IsReadWhole) {
  EXPECT_EQ(load_contract_text({}, write("a.yaml", "version: 1.0.0\n")).value(),
            "version: 1.0.0\n");
  EXPECT_EQ(load_contract_text({}, write("empty.yaml", "")).value(), "");
}

TEST_F(ContractFile, WhatIsNoFileIsToldApart) {
  const auto missing = load_contract_text({}, folder_ / "none.yaml");
  EXPECT_EQ(missing.error().code, ErrorCode::InvalidArgument);
  EXPECT_THAT(missing.error().message, HasSubstr("there is no contract at '"));
  const auto folder = load_contract_text({}, folder_);
  EXPECT_THAT(folder.error().message, HasSubstr("got a folder"));
  EXPECT_THAT(folder.error().hint, HasSubstr("name the .yaml file"));
  EXPECT_THAT(load_contract_text({}, "/dev/null").error().message, HasSubstr("got something else"));
}

TEST_F(ContractFile, OneThatIsTooLargeIsNotRead) {
  const std::string path = write("big.yaml", "");
  fs::resize_file(path, limits::kContractBytesMax + 1);
  EXPECT_EQ(load_contract_text({}, path).error().code, ErrorCode::InvalidContract);
}

TEST_F(ContractFile, AFolderListsItsContractsInOrder) {
  const std::string b = write("b.yml", "");
  const std::string a = write("deep/a.yaml", "");
  write("deep/_draft/c.yaml", "");
  write(".git/d.yaml", "");
  write("notes.txt", "");
  EXPECT_THAT(list_contracts(folder_).value(), ElementsAre(b, a));
  EXPECT_THAT(list_contracts(b).value(), ElementsAre(b));
  fs::create_directory(folder_ / "nothing");
  EXPECT_THAT(list_contracts(folder_ / "nothing").error().message,
              HasSubstr("there is no .yaml file"));
}

}  // namespace
}  // namespace sluice::contract
