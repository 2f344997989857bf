#include "sluice/orm/json/line_reader.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace sluice::orm {
namespace {

/// Gives the text in pieces of so many bytes.
ByteSource in_pieces(std::string text, std::size_t bytes) {
  return [text = std::move(text), bytes,
          at = std::size_t{0}](std::span<char> room) mutable -> Result<std::size_t> {
    const std::size_t count = std::min({bytes, room.size(), text.size() - at});
    std::copy_n(text.data() + at, count, room.data());
    at += count;
    return count;
  };
}

/// "1:first|4:second|5!|": lines with their numbers, ! for a failure.
std::string read_all(LineReader& reader) {
  std::string text;
  while (true) {
    const Result<std::optional<std::string_view>> line = reader.next();
    if (line.has_value() && !line->has_value()) {
      return text;
    }
    text += std::to_string(reader.number());
    text += line.has_value() ? ":" + std::string(**line) + "|" : std::string("!|");
    if (text.size() > 1000) {
      return "no end";
    }
  }
}

TEST(LineReader, GivesTheSameLinesHoweverTheBytesCome) {
  const std::string text = "\n{1}\n \t\r\n{22}\r\n\n{333}";
  const std::string wanted = "2:{1}|4:{22}\r|6:{333}|";
  LineReader whole(text);
  EXPECT_EQ(read_all(whole), wanted);
  for (std::size_t bytes = 1; bytes <= text.size() + 1; ++bytes) {
    LineReader pieces(in_pieces(text, bytes), 100);
    EXPECT_EQ(read_all(pieces), wanted) << bytes;
  }
}

TEST(LineReader, NothingAndBlanksHaveNoLines) {
  for (const char* text : {"", "\n", " \n\n "}) {
    LineReader reader(in_pieces(text, 1), 10);
    EXPECT_EQ(read_all(reader), "") << text;
  }
}

TEST(LineReader, ALineThatIsTooLongIsAnErrorAndTheNextOneIsRead) {
  const std::string text = "a\n" + std::string(200'000, 'x') + "\nbbbbb\n123456\nc";
  for (const std::size_t bytes : {std::size_t{1000}, std::size_t{64} << 10, text.size()}) {
    LineReader reader(in_pieces(text, bytes), 5);
    EXPECT_EQ(read_all(reader), "1:a|2!|3:bbbbb|4!|5:c|") << bytes;
  }
  LineReader last(in_pieces("a\n" + std::string(200'000, 'x'), 1000), 5);
  EXPECT_EQ(read_all(last), "1:a|2!|");
  LineReader reader(in_pieces("123456", 3), 5);
  EXPECT_EQ(reader.next().error().code, ErrorCode::ResourceExhausted);
}

TEST(LineReader, HoldsNoMoreThanALineAndAPiece) {
  std::size_t largest = 0;
  std::size_t given = 0;
  LineReader reader(
      [&](std::span<char> room) -> Result<std::size_t> {
        largest = std::max(largest, room.size());
        if (given >= 1'000'000) {
          return std::size_t{0};
        }
        const std::string line = "0123456789\n";
        std::copy(line.begin(), line.end(), room.begin());
        given += line.size();
        return line.size();
      },
      100);
  std::size_t lines = 0;
  while (reader.next().value().has_value()) {
    ++lines;
  }
  EXPECT_EQ(lines, given / 11);
  EXPECT_LE(largest, std::size_t{64} << 10) << "the room does not grow with the text";
}

TEST(LineReader, AFailureOfTheSourceEndsTheReading) {
  int calls = 0;
  LineReader reader(
      [&calls](std::span<char> room) -> Result<std::size_t> {
        if (++calls > 1) {
          return make_error(ErrorCode::Unavailable, "the connection is gone");
        }
        room[0] = 'a';
        room[1] = '\n';
        room[2] = 'b';
        return std::size_t{3};
      },
      100);
  EXPECT_EQ(reader.next().value(), "a");
  EXPECT_EQ(reader.next().error().code, ErrorCode::Unavailable) << "half a line is no line";
  EXPECT_EQ(reader.next().value(), std::nullopt);
  EXPECT_EQ(calls, 2);
}

TEST(LineReader, WhatASourceThrowsPassesThrough) {
  LineReader reader([](std::span<char>) -> Result<std::size_t> { throw std::runtime_error("no"); },
                    100);
  EXPECT_THROW(static_cast<void>(reader.next()), std::runtime_error);
}

}  // namespace
}  // namespace sluice::orm
