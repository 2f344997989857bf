#include "sluice/run/script/child_process.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"

namespace sluice::run {
namespace {

using testing::HasSubstr;
using testing::Not;

ChildCommand shell(std::string script) {
  return {.arguments = {"/bin/sh", "-c", std::move(script)},
          .folder = "/",
          .environment = {{"PATH", "/usr/bin:/bin"}, {"GREETING", "hello"}}};
}

TEST(ChildProcess, GivesBothOutputsAndTheExitCode) {
  const auto outcome = run_child({}, shell("echo out; echo err >&2; exit 7"));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code, 7);
  EXPECT_THAT(outcome->output, HasSubstr("out\n"));
  EXPECT_THAT(outcome->output, HasSubstr("err\n"));
}

TEST(ChildProcess, SeesOnlyTheEnvironmentThatItIsGiven) {
  setenv("SLUICE_TEST_SECRET", "canary", 1);
  const auto outcome = run_child({}, shell("env"));
  unsetenv("SLUICE_TEST_SECRET");
  ASSERT_TRUE(outcome);
  EXPECT_THAT(outcome->output, HasSubstr("GREETING=hello"));
  EXPECT_THAT(outcome->output, Not(HasSubstr("canary")));
}

TEST(ChildProcess, IsKilledWithItsChildrenWhenTheTimeIsOver) {
  ChildCommand command = shell("cat /dev/zero >/dev/null & cat /dev/zero >/dev/null");
  command.time_limit = std::chrono::milliseconds(1);
  const auto outcome = run_child({}, command);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->is_overdue);
  EXPECT_EQ(outcome->exit_code, 128 + 9);
}

TEST(ChildProcess, IsKilledWhenTheRunIsStopped) {
  Context context;
  context.deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(200);
  const auto outcome = run_child(context, shell("cat /dev/zero >/dev/null"));
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::Cancelled);
}

TEST(ChildProcess, LongOutputKeepsItsEnd) {
  const auto outcome =
      run_child({}, shell("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo last"));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->exit_code, 0);
  const std::size_t printed = 1'000'000 + std::string_view("\nlast\n").size();
  const std::size_t kept = std::size_t{64} << 10;
  const std::string told = std::to_string(printed - kept) + " bytes that were printed before this";
  EXPECT_TRUE(outcome->output.starts_with("(" + told)) << outcome->output.substr(0, 80);
  EXPECT_EQ(outcome->output.size() - outcome->output.find('\n') - 1, kept);
  EXPECT_TRUE(outcome->output.ends_with("last\n"));
}

TEST(ChildProcess, OutputThatIsWholeHasNoLineOfOurs) {
  const auto outcome = run_child({}, shell("head -c 65536 /dev/zero | tr '\\0' x"));
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->output, std::string(std::size_t{64} << 10, 'x'));
}

TEST(ChildProcess, AProgramThatIsNotThereIsSaid) {
  ChildCommand command = shell("");
  command.arguments = {"no-such-program-of-sluice"};
  const auto outcome = run_child({}, command);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::NotFound);
  EXPECT_THAT(outcome.error().hint, HasSubstr("doctor"));
}

TEST(ChildProcess, StartsInItsFolderWithNothingElseOpen) {
  auto folder = TempFolder::make("sluice-child");
  ASSERT_TRUE(folder);
  const std::ofstream held(folder->path() + "/held");
  ChildCommand command =
      shell("pwd; for i in 3 4 5 6 7 8 9; do (: >&$i) 2>/dev/null && echo open $i; done; :");
  command.folder = folder->path();
  const auto outcome = run_child({}, command);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->output, folder->path() + "\n");
}

}  // namespace
}  // namespace sluice::run
