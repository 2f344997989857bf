#include "sluice/contract/unpack/zip_file.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"

namespace sluice::contract {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// d/a.csv, deflated, "id\n1\n"; b.txt, stored, "hi".
constexpr std::string_view kZip =
    "504b0304140000000800000021580fe95bcd070000000500000007000000642f612e637376cb4ce1"
    "32e40200504b030414000000000000002158ac2a93d8020000000200000005000000622e74787468"
    "69504b01021403140000000800000021580fe95bcd07000000050000000700000000000000000000"
    "00800100000000642f612e637376504b0102140314000000000000002158ac2a93d8020000000200"
    "000005000000000000000000000080012c000000622e747874504b05060000000002000200680000"
    "00510000000000";

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

class ZipFileTest : public testing::Test {
 protected:
  Result<std::vector<UnpackedFile>> unpack(const std::string& bytes, std::string_view wanted = "") {
    const std::string path = folder_.path() + "/in.zip";
    std::ofstream(path, std::ios::binary) << bytes;
    return unpack_zip(context_, path, folder_.path(), [&](std::string_view name) {
      return name.find(wanted) != std::string_view::npos;
    });
  }
  static std::string text_of(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }

  Context context_;
  TempFolder folder_ = TempFolder::make("zip").value();
};

TEST_F(ZipFileTest, StoredMembersAreCopiedAndDeflatedOnesBecomeGzip) {
  const auto files = unpack(bytes_of(kZip)).value();
  ASSERT_THAT(files, SizeIs(2));
  EXPECT_THAT(files[0].path, testing::EndsWith("/in.zip-1.txt"));
  EXPECT_EQ(text_of(files[0].path), "hi");
  EXPECT_THAT(files[1].path, testing::EndsWith("/in.zip-2.csv.gz"));
  EXPECT_THAT(files[1].told, testing::EndsWith("/in.zip/d/a.csv"));
  const std::string gzip = text_of(files[1].path);
  ASSERT_THAT(gzip, SizeIs(10 + 7 + 8));
  EXPECT_EQ(gzip.substr(0, 3), "\x1f\x8b\x08");
  EXPECT_EQ(gzip.substr(17), bytes_of("0fe95bcd05000000"));
}

TEST_F(ZipFileTest, OnlyWhatIsWantedIsUnpacked) {
  EXPECT_THAT(unpack(bytes_of(kZip), ".csv").value(), SizeIs(1));
  EXPECT_THAT(unpack(bytes_of(kZip), "none").value(), IsEmpty());
}

TEST_F(ZipFileTest, ACommentBehindTheArchiveIsNoDamage) {
  std::string bytes = bytes_of(kZip);
  bytes[bytes.size() - 2] = 5;
  EXPECT_THAT(unpack(bytes + "hello").value(), SizeIs(2));
}

TEST_F(ZipFileTest, EveryCutIsAnErrorAndNoCrash) {
  const std::string bytes = bytes_of(kZip);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto files = unpack(bytes.substr(0, size));
    ASSERT_FALSE(files) << size;
    EXPECT_EQ(files.error().code, ErrorCode::Corrupt);
  }
}

TEST_F(ZipFileTest, ChangedBytesAreNoCrash) {
  const std::string bytes = bytes_of(kZip);
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    std::string changed = bytes;
    changed[at] = '\xff';
    if (const auto files = unpack(changed); !files) {
      EXPECT_TRUE(files.error().code == ErrorCode::Corrupt ||
                  files.error().code == ErrorCode::Unsupported);
    }
  }
}

TEST_F(ZipFileTest, AnEncryptedMemberIsRefusedByName) {
  std::string bytes = bytes_of(kZip);
  const std::size_t entry = bytes.find("PK\x01\x02");
  bytes[entry + 8] = 1;
  const auto files = unpack(bytes);
  ASSERT_FALSE(files);
  EXPECT_EQ(files.error().code, ErrorCode::Unsupported);
  EXPECT_THAT(files.error().message, HasSubstr("'d/a.csv'"));
}

}  // namespace
}  // namespace sluice::contract
