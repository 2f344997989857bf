// Environments that the machine names and the command line does not.
#include "sluice/contract/mesh/mesh.h"

#include <fstream>
#include <map>

#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"

namespace sluice::contract {
namespace {

constexpr const char* kPlain =
    "version: 1.0.0\ninfo: {title: T}\nserver: {type: local, path: dev.csv, format: csv}\n"
    "model: {fields: [{name: id, type: integer}]}\n";

class UsualEnvironmentTest : public testing::Test {
 protected:
  LoadedContract load(const std::string& text,
                      const std::map<std::string, std::string>& variables = {},
                      const std::string& asked = "") {
    const std::string path = folder_.path() + "/t.yaml";
    std::ofstream(path) << text;
    const MeshOptions options{
        .environment = asked,
        .stage = {},
        .variable = [variables](const std::string& name) -> std::optional<std::string> {
          const auto found = variables.find(name);
          return found == variables.end() ? std::nullopt : std::optional(found->second);
        },
        .find_above = {}};
    return load_contract({}, path, options, {}).value();
  }
  std::string path_of(const LoadedContract& loaded) {
    return loaded.resolved.checked.contract->server->path->value;
  }

  TempFolder folder_ = TempFolder::make("mesh").value();
  std::string with_environments_ =
      std::string(kPlain) + "environments: {prod: {path: prod.csv}, test: {path: test.csv}}\n";
};

TEST_F(UsualEnvironmentTest, TheFlagWinsThenOurVariableThenTheOther) {
  EXPECT_EQ(path_of(load(with_environments_)), "dev.csv");
  EXPECT_EQ(path_of(load(with_environments_, {{"LAKELOGIC_ENV", "prod"}})), "prod.csv");
  EXPECT_EQ(path_of(load(with_environments_, {{"LAKELOGIC_ENV", "prod"}, {"SLUICE_ENV", ""}})),
            "prod.csv");
  EXPECT_EQ(path_of(load(with_environments_, {{"LAKELOGIC_ENV", "prod"}, {"SLUICE_ENV", "test"}})),
            "test.csv");
  EXPECT_EQ(path_of(load(with_environments_, {{"SLUICE_ENV", "test"}}, "prod")), "prod.csv");
  EXPECT_TRUE(load(with_environments_, {{"SLUICE_ENV", "staging"}})
                  .resolved.checked.diagnostics.has_errors());
}

TEST_F(UsualEnvironmentTest, AContractWithoutEnvironmentsIsTheSameOnEveryMachine) {
  const LoadedContract plain = load(kPlain);
  const LoadedContract there = load(kPlain, {{"SLUICE_ENV", "prod"}});
  EXPECT_FALSE(there.resolved.checked.diagnostics.has_errors());
  EXPECT_EQ(there.fingerprint, plain.fingerprint);
  const std::string prod = load(with_environments_, {}, "prod").fingerprint;
  EXPECT_EQ(load(with_environments_, {{"SLUICE_ENV", "prod"}}).fingerprint, prod);
  EXPECT_NE(load(with_environments_).fingerprint, prod);
}

}  // namespace
}  // namespace sluice::contract
