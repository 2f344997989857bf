#include "sluice/run/state/content_tag.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "sluice/base/sha256.h"
#include "sluice/base/temp_folder.h"

namespace sluice::run {
namespace {

using std::filesystem::file_time_type;

constexpr std::size_t kEdge = std::size_t{64} << 10;

class ContentTag : public testing::Test {
 protected:
  std::string path() const { return folder_.path() + "/file"; }
  void write(const std::string& bytes, int second = 0) const {
    std::ofstream(path(), std::ios::binary) << bytes;
    std::filesystem::last_write_time(path(), file_time_type() + std::chrono::seconds(second));
  }
  BatchFile look() const { return load_batch_file({}, path(), "landing/file").value(); }

  TempFolder folder_ = TempFolder::make("content-tag").value();
};

TEST_F(ContentTag, ASmallFileIsItsBytesAndNotItsTime) {
  write("hello", 1);
  const BatchFile file = look();
  EXPECT_EQ(file.path, "landing/file");
  EXPECT_EQ(file.size_bytes, 5U);
  EXPECT_EQ(file.content_tag, "sha256:" + sha256_hex("hello"));
  write("hello", 2);
  EXPECT_EQ(look().content_tag, file.content_tag);
  EXPECT_NE(look().modified, file.modified);
  write("jello", 2);
  EXPECT_NE(look().content_tag, file.content_tag);
}

TEST_F(ContentTag, EveryByteOfAFileUpToTwoEdgesCounts) {
  std::string bytes(2 * kEdge, 'x');
  write(bytes);
  const std::string tag = look().content_tag;
  bytes[kEdge] = 'y';
  write(bytes);
  EXPECT_NE(look().content_tag, tag);
}

TEST_F(ContentTag, ALargeFileIsItsEdgesAndItsTime) {
  std::string bytes(2 * kEdge + 100, 'x');
  write(bytes);
  const std::string tag = look().content_tag;
  EXPECT_THAT(tag, testing::StartsWith("edges-sha256:"));
  EXPECT_EQ(look().content_tag, tag);
  for (const std::size_t at : {std::size_t{0}, kEdge - 1, kEdge + 100, bytes.size() - 1}) {
    std::string changed = bytes;
    changed[at] = 'y';
    write(changed);
    EXPECT_NE(look().content_tag, tag) << at;
  }
  bytes[kEdge + 50] = 'y';  // in the middle: only the time can show it
  write(bytes, 1);
  EXPECT_NE(look().content_tag, tag);
}

TEST_F(ContentTag, AMissingFileAFolderAndAPipeAreErrorsThatNameThem) {
  EXPECT_EQ(load_batch_file({}, path(), "x").error().code, ErrorCode::NotFound);
  EXPECT_EQ(load_batch_file({}, folder_.path(), "x").error().code, ErrorCode::InvalidArgument);
  ASSERT_EQ(::mkfifo(path().c_str(), 0600), 0);
  const Error error = load_batch_file({}, path(), "x").error();
  EXPECT_EQ(error.message, "expected a file, got something else: '" + path() + "'");
}

TEST_F(ContentTag, AnUnfinishedBatchIsReadAgainOnlyFromTheSameContent) {
  write("hello");
  const BatchFile file = look();
  EXPECT_TRUE(check_batch_file({}, file, path()));
  write("jello");
  const Status changed = check_batch_file({}, file, path());
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, ErrorCode::Corrupt);
  EXPECT_THAT(changed.error().hint, testing::HasSubstr("put the recorded content back"));
  std::filesystem::remove(path());
  EXPECT_EQ(check_batch_file({}, file, path()).error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace sluice::run
