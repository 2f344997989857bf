#include "sluice/contract/unpack/file_look.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"
#include "sluice/contract/unpack/inflate.h"

namespace sluice::contract {
namespace {

using namespace std::string_literals;
using testing::AllOf;
using testing::HasSubstr;

/// "id,name\n1,a\n2,b\n" as gzip writes it.
const std::string kPacked =
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xcb\x4c\xd1\xc9\x4b\xcc\x4d\xe5"
    "\x32\xd4\x49\xe4\x32\xd2\x49\xe2\x02\x00\xa5\xc2\x19\x4d\x10\x00\x00\x00"s;

class FileLookTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& bytes) {
    std::string path = folder_.path() + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

  /// What is said of the file; empty: nothing.
  std::string told(const std::string& name, const std::string& bytes, const Claim& claim) {
    const std::string path = write(name, bytes);
    const Status looked = check_content(path, path, claim);
    return looked ? "" : looked.error().message + "; " + looked.error().hint;
  }

  TempFolder folder_ = TempFolder::make("look").value();
};

TEST_F(FileLookTest, AFileThatIsWhatItIsSaidToBePasses) {
  EXPECT_EQ(told("a.csv", "id,name\n1,a\n", {.kind = SaidToBe::Csv}), "");
  EXPECT_EQ(told("a.csv", "", {.kind = SaidToBe::Csv}), "");
  EXPECT_EQ(told("a.csv.gz", kPacked, {.kind = SaidToBe::Csv}), "");
  EXPECT_EQ(told("a.csv.gz", kPacked + kPacked + std::string(512, '\0'), {.kind = SaidToBe::Csv}),
            "");
  EXPECT_EQ(told("a.json", "\xEF\xBB\xBF [{}]", {.kind = SaidToBe::Json}), "");
  EXPECT_EQ(told("a.xml", "\xFF\xFE<\0"s, {.kind = SaidToBe::Xml}), "");
  EXPECT_EQ(told("a.parquet", "PAR1....PAR1", {.kind = SaidToBe::Parquet}), "");
  const Claim wide{.kind = SaidToBe::Csv, .encoding = TextEncoding::Utf16Le};
  EXPECT_EQ(told("a.csv", "i\0d\0\n\0"s, wide), "");
}

TEST_F(FileLookTest, EachPrefixOfAGzipFileIsCutOff) {
  for (std::size_t bytes = 2; bytes < kPacked.size(); ++bytes) {
    EXPECT_THAT(told("a.csv.gz", kPacked.substr(0, bytes), {.kind = SaidToBe::Csv}),
                HasSubstr("cut off or is damaged"))
        << bytes;
    std::string damaged = kPacked;
    damaged[bytes] = static_cast<char>(damaged[bytes] ^ 0x10);
    // Flags, time and system; and the bits that fill the last byte of the packed ones.
    const bool is_told_nowhere = (bytes >= 3 && bytes < 10) || bytes == kPacked.size() - 9;
    if (!is_told_nowhere) {
      EXPECT_NE(told("a.csv.gz", damaged, {.kind = SaidToBe::Csv}), "") << bytes;
    }
  }
  EXPECT_THAT(told("a.csv.gz", "id,name\n", {.kind = SaidToBe::Csv}),
              HasSubstr("is not packed with gzip"));
  EXPECT_THAT(told("a.csv.gz", "", {.kind = SaidToBe::Csv}), HasSubstr("is empty"));
}

TEST_F(FileLookTest, OtherFormatsAreToldByTheirFirstBytes) {
  EXPECT_THAT(told("a.csv", "PAR1....PAR1", {.kind = SaidToBe::Csv}), HasSubstr("a Parquet file"));
  EXPECT_THAT(told("a.json", "PK\x03\x04", {.kind = SaidToBe::Json}), HasSubstr("zip archive"));
  EXPECT_THAT(told("a.csv", kPacked, {.kind = SaidToBe::Csv}), HasSubstr("packed with gzip"));
  EXPECT_THAT(told("a.csv", "Obj\x01", {.kind = SaidToBe::Csv}), HasSubstr("an Avro file"));
  EXPECT_THAT(told("a.xlsx", "\xD0\xCF\x11\xE0", {.kind = SaidToBe::Workbook}),
              AllOf(HasSubstr("(.xls)"), HasSubstr(".xlsx")));
  EXPECT_THAT(told("a.xlsx", "id,name", {.kind = SaidToBe::Workbook}), HasSubstr("is none"));
  EXPECT_THAT(told("a.json", "42", {.kind = SaidToBe::Json}), HasSubstr("an object or a list"));
  EXPECT_EQ(told("a.jsonl", "42", {.kind = SaidToBe::Json, .keeps_bad_lines = true}), "");
}

TEST_F(FileLookTest, AParquetFileHasBothItsEnds) {
  const Claim parquet{.kind = SaidToBe::Parquet};
  EXPECT_THAT(told("a.parquet", "", parquet), HasSubstr("is empty"));
  EXPECT_THAT(told("a.parquet", "PAR1 and some rows", parquet), HasSubstr("was cut off"));
  EXPECT_THAT(told("a.parquet", "PAR1", parquet), HasSubstr("was cut off"));
  EXPECT_THAT(told("a.parquet", "id,name\n", parquet), HasSubstr("does not begin as one"));
  EXPECT_THAT(told("a.parquet", "PARE....PARE", parquet), HasSubstr("encrypted"));
}

TEST_F(FileLookTest, AnotherEncodingIsToldWithTheWordForIt) {
  const std::string little = "i\0d\0,\0n\0\n\0"s;
  const std::string big = "\0i\0d\0,\0n\0\n"s;
  const auto of = [&](const std::string& bytes, TextEncoding encoding) {
    return told("a.csv", bytes, {.kind = SaidToBe::Csv, .encoding = encoding});
  };
  EXPECT_THAT(of("id,name\n", TextEncoding::Utf16Le), HasSubstr("'utf-16le' was expected"));
  EXPECT_THAT(of("id,name\n", TextEncoding::Utf16), HasSubstr("encoding: utf-8"));
  EXPECT_THAT(of(big, TextEncoding::Utf16Le), HasSubstr("encoding: utf-16be"));
  EXPECT_THAT(of(little, TextEncoding::Utf16), HasSubstr("encoding: utf-16le"));
  EXPECT_THAT(of(little, TextEncoding::Utf8), HasSubstr("encoding: utf-16le"));
  EXPECT_THAT(of("\xFE\xFF" + big, TextEncoding::Latin1), HasSubstr("encoding: utf-16"));
  EXPECT_THAT(of("\xEF\xBB\xBFid", TextEncoding::Cp1252), HasSubstr("encoding: utf-8"));
  EXPECT_THAT(told("a.json", "\xFF\xFE[\0"s, {.kind = SaidToBe::Json}), HasSubstr("iconv"));
}

TEST_F(FileLookTest, AFileThatIsNotThereIsNotFound) {
  const Status looked = check_content(folder_.path() + "/none", "none", {});
  ASSERT_FALSE(looked);
  EXPECT_EQ(looked.error().code, ErrorCode::NotFound);
}

TEST_F(FileLookTest, MuchIsCheckedInPieces) {
  // A stored block of 60 kB, many times over: more than is held at once.
  const std::string block(60'000, 'x');
  std::string packed = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"s;
  std::string text;
  for (int i = 0; i < 40; ++i) {
    packed += i == 39 ? "\x01"s : "\x00"s;
    packed += "\x60\xea\x9f\x15"s + block;
    text += block;
  }
  for (const std::uint64_t number : {std::uint64_t{crc32_of(text)}, std::uint64_t{text.size()}}) {
    for (unsigned byte = 0; byte < 4; ++byte) {
      packed += static_cast<char>((number >> (8 * byte)) & 0xff);
    }
  }
  std::istringstream whole(packed);
  EXPECT_EQ(check_gzip(whole, 5).value(), "xxxxx");
  packed[1'500'000] = 'y';
  std::istringstream damaged(packed);
  EXPECT_FALSE(check_gzip(damaged, 5));
}

}  // namespace
}  // namespace sluice::contract
