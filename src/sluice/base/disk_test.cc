#include "sluice/base/disk.h"

#include <cerrno>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sluice/base/temp_folder.h"

namespace sluice {
namespace {

using testing::HasSubstr;

TEST(Disk, AFullDiskNamesTheFileSystemAndWhatIsFree) {
  const Error error = make_disk_error(ENOSPC, "writing", "/no/such/folder/here.json");
  EXPECT_EQ(error.code, ErrorCode::ResourceExhausted);
  EXPECT_EQ(error.message, "writing failed (No space left on device): '/no/such/folder/here.json'");
  EXPECT_THAT(error.hint, HasSubstr("the file system at '/' "));
  EXPECT_THAT(error.hint, HasSubstr("free"));
}

TEST(Disk, EveryRefusalOfRightsIsUnauthorizedWithAHint) {
  for (const int code : {EACCES, EPERM, EROFS, ELOOP}) {
    const Error error = make_disk_error(code, "opening", "a");
    EXPECT_EQ(error.code, ErrorCode::Unauthorized) << code;
    EXPECT_FALSE(error.hint.empty()) << code;
  }
}

TEST(Disk, AnUnknownErrorNumberStillMakesAMessage) {
  EXPECT_EQ(make_disk_error(99999, "reading", "a").message, "reading failed (unknown error): 'a'");
}

TEST(Disk, WritesAndReadsBackAcrossSeveralPieces) {
  const TempFolder folder = TempFolder::make("disk-test").value();
  const std::string path = folder.path() + "/big";
  std::string bytes((std::size_t{17} << 20) + 3, 'x');
  bytes[std::size_t{9} << 20] = 'y';
  FileHandle file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  ASSERT_TRUE(write_all({}, file.get(), bytes, path));
  EXPECT_TRUE(flush_to_disk(file.get(), path));
  EXPECT_EQ(read_range({}, file.get(), 0, bytes.size() + 10, path).value(), bytes);
  EXPECT_EQ(read_range({}, file.get(), std::uint64_t{9} << 20, 2, path).value(), "yx");
  EXPECT_EQ(file.close(), 0);
  EXPECT_FALSE(file.is_open());
}

TEST(Disk, AStoppedContextWritesNothing) {
  std::stop_source stop;
  stop.request_stop();
  Context context;
  context.stop = stop.get_token();
  const Status status = write_all(context, -1, "bytes", "nowhere");
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, ErrorCode::Cancelled);
}

TEST(Disk, BytesAreShownInTheUnitAPersonReads) {
  EXPECT_EQ(render_bytes(0), "0 B");
  EXPECT_EQ(render_bytes(1023), "1023 B");
  EXPECT_EQ(render_bytes(1536), "1.5 KiB");
  EXPECT_EQ(render_bytes((std::uint64_t{1} << 20) - 1), "1.0 MiB");
  EXPECT_EQ(render_bytes(UINT64_MAX), "16.0 EiB");
}

TEST(Disk, AnyTimeStampOfAFileIsAnInstantThatCanBeWrittenAndRead) {
  EXPECT_EQ(to_string(instant_of({.tv_sec = 1, .tv_nsec = 2999})), "1970-01-01T00:00:01.000002Z");
  EXPECT_EQ(to_string(instant_of({.tv_sec = -1, .tv_nsec = 999'999'999})),
            "1969-12-31T23:59:59.999999Z");
  for (const std::int64_t seconds : {INT64_MIN, INT64_MAX, std::int64_t{10'000'000'000}}) {
    const sys_micros instant = instant_of({.tv_sec = seconds, .tv_nsec = 0});
    EXPECT_EQ(parse_instant(to_string(instant)).value(), instant) << seconds;
  }
}

TEST(Disk, ATempFolderGoesWithItsOwner) {
  std::string path;
  {
    const TempFolder folder = TempFolder::make("disk-test").value();
    path = folder.path();
    FileHandle file(::open((path + "/inside").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ASSERT_TRUE(file.is_open());
  }
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

}  // namespace
}  // namespace sluice
