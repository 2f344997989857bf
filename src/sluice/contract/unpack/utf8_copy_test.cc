#include "sluice/contract/unpack/utf8_copy.h"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>

#include "sluice/base/temp_folder.h"

namespace sluice::contract {
namespace {

using namespace std::string_literals;
using testing::HasSubstr;

class Utf8CopyTest : public testing::Test {
 protected:
  Result<std::string> converted(const std::string& bytes, std::string_view word) {
    const std::string from = folder_.path() + "/from";
    const std::string to = folder_.path() + "/to";
    std::ofstream(from, std::ios::binary) << bytes;
    SLUICE_CHECK(convert_to_utf8(from, find_encoding(word).value(), to));
    std::ostringstream text;
    text << std::ifstream(to, std::ios::binary).rdbuf();
    return text.str();
  }

  TempFolder folder_ = TempFolder::make("encoding").value();
};

TEST_F(Utf8CopyTest, OneByteIsOneCharacter) {
  EXPECT_EQ(converted("Jos\xE9\n", "latin-1").value(), "Jos\xC3\xA9\n");
  EXPECT_EQ(converted("5 \xA4", "ISO_8859-15").value(), "5 \xE2\x82\xAC");
  EXPECT_EQ(converted("\x80 \x93x\x94 \xE9", "windows-1252").value(),
            "\xE2\x82\xAC \xE2\x80\x9Cx\xE2\x80\x9D \xC3\xA9");
  EXPECT_EQ(converted("", "cp1252").value(), "");
}

TEST_F(Utf8CopyTest, Utf16IsReadInItsOrder) {
  const std::string little = "a\0\xAC\x20\x3D\xD8\x00\xDE"s;  // a, a euro, a face
  const std::string big = "\0a\x20\xAC\xD8\x3D\xDE\x00"s;
  const std::string text = "a\xE2\x82\xAC\xF0\x9F\x98\x80";
  EXPECT_EQ(converted("\xFF\xFE" + little, "utf-16").value(), text);
  EXPECT_EQ(converted("\xFE\xFF" + big, "UTF16").value(), text);
  EXPECT_EQ(converted("\xFF\xFE" + little, "utf-16le").value(), text);
  EXPECT_EQ(converted(little, "utf-16-le").value(), text);
  EXPECT_EQ(converted(big, "utf-16be").value(), text);
  EXPECT_EQ(converted("", "utf-16").value(), "");
}

TEST_F(Utf8CopyTest, WhatIsNoTextStaysNoText) {
  EXPECT_EQ(converted("a\x81\n", "cp1252").value(), "a\xFF\n");
  EXPECT_EQ(converted("a\x85\n", "latin-1").value(), "a\xFF\n");
  EXPECT_EQ(converted("\x3D\xD8\x0A\x00"s, "utf-16le").value(), "\xFF\n");  // half a pair
  EXPECT_EQ(converted("\x00\xDE"s, "utf-16le").value(), "\xFF");
  EXPECT_EQ(converted("a\0b"s, "utf-16le").value(), "a\xFF");  // half a character
  EXPECT_EQ(converted("\x3D\xD8"s, "utf-16le").value(), "\xFF");
}

TEST_F(Utf8CopyTest, APieceMayEndInACharacter) {
  std::string bytes = "\xFF\xFE"s;
  std::string text;
  for (int i = 0; i < 300'000; ++i) {
    bytes += "\x3D\xD8\x00\xDE"s;
    text += "\xF0\x9F\x98\x80";
  }
  EXPECT_EQ(converted(bytes, "utf-16").value(), text);
}

TEST_F(Utf8CopyTest, AnotherMarkOrNoneIsNamed) {
  for (const auto& [bytes, word] : {std::pair{"a\0b\0"s, "utf-16"},
                                    {"a", "utf-16"},
                                    {"\xFE\xFF\0a"s, "utf-16le"},
                                    {"id,name\n"s, "utf-16"}}) {
    const Result<std::string> read = converted(bytes, word);
    ASSERT_FALSE(read) << word;
    EXPECT_THAT(read.error().message, HasSubstr("does not begin as its encoding does"));
  }
}

TEST_F(Utf8CopyTest, OtherWordsAreNone) {
  for (const char* word : {"cp037", "utf8-lossy", "", "latin"}) {
    EXPECT_FALSE(find_encoding(word).has_value()) << word;
  }
}

}  // namespace
}  // namespace sluice::contract
