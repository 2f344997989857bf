#include "sluice/storage/file/file_storage.h"

#include <csignal>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sluice/base/disk.h"
#include "sluice/base/temp_folder.h"

namespace sluice::storage {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t kAny = std::uint64_t{1} << 30;

/// Names of files, unfinished ones too, that stand below `folder`.
std::vector<std::string> files_below(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_directory()) {
      names.push_back(entry.path().filename());
    }
  }
  return names;
}

std::unique_ptr<Storage> open_storage(const std::string& root) {
  return make_file_storage({.root = root}).value();
}

class FileStorage : public testing::Test {
 protected:
  const std::string& root() const { return folder_.path(); }

  TempFolder folder_ = TempFolder::make("file-storage").value();
  std::unique_ptr<Storage> storage_ = open_storage(folder_.path());
  Context context_;
};

TEST_F(FileStorage, ARootThatIsAFileIsRefused) {
  ASSERT_TRUE(storage_->put(context_, "file", "x"));
  const auto made = make_file_storage({.root = root() + "/file"});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::Unsupported);
  EXPECT_EQ(made.error().message, "expected a folder, got a file: '" + root() + "/file'");
  EXPECT_FALSE(make_file_storage({.root = ""}));
}

TEST_F(FileStorage, ARootBelowAFileIsRefusedByTheFirstWrite) {
  ASSERT_TRUE(storage_->put(context_, "file", "x"));
  const auto below = open_storage(root() + "/file/below");
  const Status status = below->put(context_, "a", "x");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::Unsupported);
  EXPECT_EQ(status.error().hint,
            "a part of this path is a file, not a folder: move it away, or choose another place");
  EXPECT_TRUE(below->list(context_, "").value().empty());
}

TEST_F(FileStorage, PathsOfObjectsAreAbsolute) {
  EXPECT_EQ(storage_->uri("a/./b"), root() + "/a/b");
  EXPECT_EQ(storage_->uri(""), root());
  EXPECT_EQ(open_storage(root() + "//")->uri("a"), root() + "/a");
  EXPECT_EQ(open_storage("relative")->uri("a"),
            std::filesystem::current_path().string() + "/relative/a");
  EXPECT_EQ(open_storage("/")->uri("a"), "/a");
}

TEST_F(FileStorage, TheRootMayBeALink) {
  std::filesystem::create_directory(root() + "/real");
  std::filesystem::create_directory_symlink(root() + "/real", root() + "/link");
  const auto linked = open_storage(root() + "/link");
  ASSERT_TRUE(linked->put(context_, "a/b", "x"));
  EXPECT_EQ(linked->list(context_, "").value().size(), 1U);
  EXPECT_TRUE(std::filesystem::exists(root() + "/real/a/b"));
}

TEST_F(FileStorage, NoLinkBelowTheRootIsFollowed) {
  const TempFolder outside = TempFolder::make("file-storage").value();
  std::ofstream(outside.path() + "/secret") << "secret";
  std::filesystem::create_directory_symlink(outside.path(), root() + "/out");
  std::filesystem::create_symlink(outside.path() + "/secret", root() + "/file");
  ASSERT_TRUE(storage_->put(context_, "mine", "x"));

  const auto is_refused = [](const Error& error) {
    EXPECT_EQ(error.code, ErrorCode::Unauthorized) << to_string(error);
    EXPECT_THAT(error.message, HasSubstr("got a symbolic link"));
    EXPECT_FALSE(error.hint.empty());
  };
  is_refused(storage_->find(context_, "out/secret", kAny).error());
  is_refused(storage_->find(context_, "file", kAny).error());
  is_refused(storage_->put(context_, "out/new", "x").error());
  is_refused(storage_->put_if_absent(context_, "out/new", "x").error());
  is_refused(storage_->publish(context_, "out/secret", "stolen").error());
  is_refused(storage_->publish(context_, "file", "stolen").error());
  is_refused(storage_->publish(context_, "mine", "out/new").error());
  is_refused(storage_->remove(context_, "out/secret").error());
  is_refused(storage_->prepare_folder(context_, "out/a/b").error());
  is_refused(storage_->list(context_, "").error());
  is_refused(storage_->list(context_, "out").error());
  EXPECT_EQ(files_below(outside.path()), std::vector<std::string>{"secret"});

  ASSERT_TRUE(storage_->put(context_, "file", "mine"));  // replaces the link, not what it names
  std::ifstream secret(outside.path() + "/secret");
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(secret), {}), "secret");
}

TEST_F(FileStorage, PipesAndSocketsAreNoObjectsAndNoTrap) {
  ASSERT_EQ(::mkfifo((root() + "/pipe").c_str(), 0600), 0);
  EXPECT_EQ(storage_->find(context_, "pipe", kAny).value(), std::nullopt);
  EXPECT_TRUE(storage_->list(context_, "").value().empty());
}

TEST_F(FileStorage, ANameThatIsTooLongIsRefusedWithAHint) {
  const Status status = storage_->put(context_, std::string(300, 'n'), "x");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(status.error().hint, "choose a shorter name");
  EXPECT_THAT(files_below(root()), IsEmpty());
}

TEST_F(FileStorage, AnUnfinishedFileIsNeverListedAndIsSwept) {
  ASSERT_TRUE(storage_->put(context_, "a/object", "x"));
  std::ofstream(root() + "/a/_tmp-left-behind") << "part";
  EXPECT_EQ(storage_->list(context_, "").value().size(), 1U);
  const sys_micros long_ago = system_clock().now() - std::chrono::hours(24);
  EXPECT_EQ(sweep_temporary_files(context_, root(), long_ago).value(), 0U);
  const sys_micros ahead = system_clock().now() + std::chrono::hours(24);
  EXPECT_EQ(sweep_temporary_files(context_, root(), ahead).value(), 1U);
  EXPECT_EQ(files_below(root()), std::vector<std::string>{"object"});
}

TEST_F(FileStorage, WritersThatAreKilledLeaveWholeObjectsOnly) {
  for (int round = 0; round < 10; ++round) {
    int told[2];
    ASSERT_EQ(::pipe(told), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      for (std::size_t i = 0;; ++i) {
        const std::string bytes(100'000 + i, static_cast<char>('a' + i % 26));
        const std::string name = std::to_string(round) + "/" + std::to_string(i);
        if (!storage_->put(context_, "object", bytes) ||
            !storage_->put_if_absent(context_, name, bytes) || ::write(told[1], "x", 1) != 1) {
          ::_exit(1);
        }
      }
    }
    ::close(told[1]);
    char confirmed[4];
    ASSERT_EQ(::read(told[0], &confirmed[0], 1), 1);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int state = 0;
    ASSERT_EQ(::waitpid(child, &state, 0), child);
    EXPECT_TRUE(WIFSIGNALED(state));
    ::close(told[0]);
    for (const ObjectInfo& info : storage_->list(context_, "").value()) {
      const std::string bytes = *storage_->find(context_, info.path, kAny).value();
      EXPECT_GE(bytes.size(), 100'000U) << info.path;
      EXPECT_EQ(bytes.find_first_not_of(bytes.front()), std::string::npos) << info.path;
    }
    EXPECT_TRUE(storage_->find(context_, std::to_string(round) + "/0", kAny).value().has_value());
  }
}

/// Runs `check` in a child that has a mount namespace of its own; empty when the machine does not
/// allow that, else whether every expectation held.
std::optional<bool> run_in_own_mounts(const std::function<void()>& check) {
  constexpr int kNotAllowed = 77;
  const pid_t child = ::fork();
  if (child == 0) {
    const int flags = ::geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWNS | CLONE_NEWUSER;
    if (::unshare(flags) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
      ::_exit(kNotAllowed);
    }
    check();
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int state = 0;
  ::waitpid(child, &state, 0);
  if (WIFEXITED(state) && WEXITSTATUS(state) == kNotAllowed) {
    return std::nullopt;
  }
  return WIFEXITED(state) && WEXITSTATUS(state) == 0;
}

TEST_F(FileStorage, AFullDiskLeavesTheOldObjectAndNoPart) {
  const auto passed = run_in_own_mounts([&] {
    ASSERT_EQ(::mount("tmpfs", root().c_str(), "tmpfs", 0, "size=256k"), 0);
    ASSERT_TRUE(storage_->put(context_, "object", "old"));
    for (const Status& status :
         {storage_->put(context_, "object", std::string(500'000, 'x')),
          storage_->put_if_absent(context_, "b", std::string(500'000, 'x'))}) {
      ASSERT_FALSE(status);
      EXPECT_EQ(status.error().code, ErrorCode::ResourceExhausted);
      EXPECT_THAT(status.error().message, HasSubstr("No space left on device"));
      EXPECT_THAT(status.error().hint, HasSubstr("the file system at '" + root() + "' has "));
      EXPECT_THAT(status.error().hint, HasSubstr("free of 256.0 KiB"));
    }
    EXPECT_EQ(files_below(root()), std::vector<std::string>{"object"});
    EXPECT_EQ(storage_->find(context_, "object", kAny).value(), "old");
    EXPECT_TRUE(storage_->put(context_, "object", std::string(100'000, 'x')));
  });
  if (!passed.has_value()) {
    GTEST_SKIP() << "this machine allows no mount namespace";
  }
  EXPECT_TRUE(*passed);
}

TEST_F(FileStorage, AReadOnlyDiskIsReadAndItsWritersAreToldWhy) {
  ASSERT_TRUE(storage_->put(context_, "object", "old"));
  const auto passed = run_in_own_mounts([&] {
    const char* path = root().c_str();
    ASSERT_EQ(::mount(path, path, nullptr, MS_BIND, nullptr), 0);
    ASSERT_EQ(::mount(nullptr, path, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr), 0);
    for (const Status& status :
         {storage_->put(context_, "object", "new"), storage_->put_if_absent(context_, "a/b", "x"),
          storage_->remove(context_, "object"), storage_->publish(context_, "object", "other")}) {
      ASSERT_FALSE(status);
      EXPECT_EQ(status.error().code, ErrorCode::Unauthorized) << to_string(status.error());
      EXPECT_THAT(status.error().hint, HasSubstr("mounted read-only"));
    }
    EXPECT_EQ(storage_->find(context_, "object", kAny).value(), "old");
    EXPECT_EQ(storage_->list(context_, "").value().size(), 1U);
  });
  if (!passed.has_value()) {
    GTEST_SKIP() << "this machine allows no mount namespace";
  }
  EXPECT_TRUE(*passed);
}

TEST_F(FileStorage, AFolderOfAnotherUserIsUnauthorizedWithAHint) {
  ASSERT_TRUE(storage_->put(context_, "closed/object", "x"));
  ASSERT_EQ(::chmod((root() + "/closed").c_str(), 0), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr uid_t kNobody = 65534;
    if (::geteuid() == 0 && (::chmod(root().c_str(), 0755) != 0 || ::setuid(kNobody) != 0)) {
      ::_exit(2);
    }
    for (const Error& error : {storage_->put(context_, "closed/object", "y").error(),
                               storage_->find(context_, "closed/object", kAny).error(),
                               storage_->list(context_, "").error()}) {
      EXPECT_EQ(error.code, ErrorCode::Unauthorized);
      EXPECT_THAT(error.hint, HasSubstr("give this user the right"));
    }
    ::_exit(testing::Test::HasFailure() ? 1 : 0);
  }
  int state = 0;
  ASSERT_EQ(::waitpid(child, &state, 0), child);
  EXPECT_EQ(state, 0);
  ASSERT_EQ(::chmod((root() + "/closed").c_str(), 0700), 0);
}

TEST_F(FileStorage, AVersionOfTheSameSizeHasAnotherTag) {
  std::set<std::string> tags;
  const auto fast = make_file_storage({.root = root(), .durability = Durability::Process}).value();
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(fast->put(context_, "object", std::to_string(100 + i)));
    tags.insert(fast->list(context_, "").value().front().tag);
  }
  EXPECT_EQ(tags.size(), 200U);
}

}  // namespace
}  // namespace sluice::storage
