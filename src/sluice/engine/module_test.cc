#include "sluice/engine/module.h"

#include <filesystem>

#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"

namespace sluice::engine {
namespace {

using testing::Each;
using testing::HasSubstr;

/// Puts one of the libraries that were built for this test where the engine is looked for.
class Installed {
 public:
  explicit Installed(const std::string& library, const std::string& as = "libsluice_duckdb.so")
      : folder_(TempFolder::make("sluice-module-test").value()) {
    std::filesystem::create_symlink(std::string(SLUICE_TEST_MODULES) + "/" + library,
                                    folder_.path() + "/" + as);
  }
  ModuleSearch search() const { return {.folder = folder_.path()}; }

 private:
  TempFolder folder_;
};

TEST(Module, OfTheSameBuildMakesTheEngine) {
  const Installed module("libmodule_of_this_build.so");
  const auto engine = open_engine("duckdb", {.address = "where"}, module.search());
  ASSERT_FALSE(engine.has_value());
  EXPECT_EQ(engine.error().message, "the test's engine was asked for 'where'");
  EXPECT_FALSE(open_engine("duckdb", {}, module.search()).has_value()) << "a second time";
}

TEST(Module, OfAnotherBuildIsRefusedBeforeAnythingElseIsUsed) {
  const Installed module("libmodule_of_another_build.so");
  const auto engine = open_engine("duckdb", {}, module.search());
  EXPECT_EQ(engine.error().code, ErrorCode::Unsupported);
  EXPECT_THAT(engine.error().message, HasSubstr("got 'another build' in '/tmp/"));
  EXPECT_THAT(engine.error().hint, HasSubstr("one package"));
}

TEST(Module, OfAnotherEngineIsRefused) {
  const Installed module("libmodule_of_this_build.so", "libsluice_spark.so");
  const auto engine = open_engine("spark", {}, module.search());
  EXPECT_EQ(engine.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(engine.error().message, HasSubstr("expected 'spark', got 'duckdb'"));
}

TEST(Module, ALibraryWithoutTheEntryPointIsRefused) {
  const Installed module("libmodule_without_entry.so");
  const auto engine = open_engine("duckdb", {}, module.search());
  EXPECT_EQ(engine.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(engine.error().message, HasSubstr("not an engine of Sluice"));
}

TEST(Module, AFileThatCannotBeLoadedSaysWhy) {
  const Installed module("no_such_library.so");
  const auto absent = open_engine("duckdb", {}, module.search());
  EXPECT_EQ(absent.error().code, ErrorCode::Unsupported) << "a dangling link is no module";

  const Installed text("not_a_library.txt");
  const auto engine = open_engine("duckdb", {}, text.search());
  EXPECT_EQ(engine.error().code, ErrorCode::Unavailable);
  EXPECT_THAT(engine.error().native, HasSubstr("libsluice_duckdb.so"));
  EXPECT_THAT(engine.error().hint, HasSubstr("ldd"));
}

TEST(Module, AnAbsentEngineSaysWhereItWasLookedForAndWhatToDo) {
  const Installed module("libmodule_of_this_build.so");
  const auto engine = open_engine("spark", {}, module.search());
  EXPECT_EQ(engine.error().code, ErrorCode::Unsupported);
  EXPECT_EQ(engine.error().message,
            "this build has no Spark engine: libsluice_spark.so is in none of '" +
                module.search().folder + "'");
  EXPECT_THAT(engine.error().hint, HasSubstr("SLUICE_SPARK=ON"));
}

TEST(Module, AnUnknownEngineNamesTheKnownOnes) {
  const auto engine = open_engine("../duckdb", {});
  EXPECT_EQ(engine.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(engine.error().hint, "the engines are 'duckdb', 'spark', 'databricks'");
}

TEST(Module, IsLookedForBesideTheProgramAndTheLibrary) {
  const std::vector<std::string> folders = module_folders();
  ASSERT_GE(folders.size(), 2U);
  EXPECT_THAT(folders[0], testing::EndsWith("/lib/sluice"));
  EXPECT_THAT(folders, Each(testing::StartsWith("/")));
  EXPECT_EQ(module_folders({.folder = "/given"}), std::vector<std::string>{"/given"});
}

TEST(Module, EveryKnownEngineSaysWhatToDoWithoutIt) {
  for (const KnownEngine& known : known_engines()) {
    EXPECT_FALSE(known.when_absent.empty()) << known.name;
  }
}

}  // namespace
}  // namespace sluice::engine
