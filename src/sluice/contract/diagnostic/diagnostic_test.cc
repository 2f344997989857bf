#include "sluice/contract/diagnostic/diagnostic.h"

#include <string>

#include <gtest/gtest.h>

#include "sluice/base/limits.h"

namespace sluice::contract {
namespace {

Span span_at(std::uint32_t line, std::uint32_t column, std::uint32_t length = 1) {
  return {.begin = {0, line, column}, .end = {0, line, column + length}};
}

TEST(DiagnosticTest, RendersThePlaceTheLineAndACaret) {
  Diagnostics out("trips.yaml");
  const std::string source = "quality:\n  sql: fare_amout >= 0\n";
  out.add(Code::UnknownField, span_at(2, 8, 10), "no such field: 'fare_amout'",
          "did you mean 'fare_amount'?");
  EXPECT_EQ(render(out.list()[0], source, false),
            "trips.yaml:2:8: error[SL0301 unknown-field]: no such field: 'fare_amout'\n"
            "    2 |   sql: fare_amout >= 0\n"
            "      |        ^~~~~~~~~~ did you mean 'fare_amount'?\n");
}

TEST(DiagnosticTest, CaretStandsUnderWideTextAndTabs) {
  Diagnostics out("t.yaml");
  out.add(Code::UnknownKey, span_at(1, 4, 2), "m");
  EXPECT_EQ(render(out.list()[0], "\t\xC3\xA9 ab: 1\r\n", false),
            "t.yaml:1:4: error[SL0101 unknown-key]: m\n"
            "    1 | \t\xC3\xA9 ab: 1\n"
            "      | \t  ^~\n");
}

TEST(DiagnosticTest, ColoursAreOnlyThereWhenAskedFor) {
  Diagnostics out("t.yaml");
  out.add(Code::UnknownKey, span_at(1, 1), "m");
  EXPECT_EQ(render(out.list()[0], "a", false).find('\x1b'), std::string::npos);
  EXPECT_NE(render(out.list()[0], "a", true).find('\x1b'), std::string::npos);
}

TEST(DiagnosticTest, ControlCharactersOfADocumentNeverReachATerminal) {
  Diagnostics out("t\x1b.yaml");
  out.add(Code::UnknownKey, span_at(1, 1), "key 'a\x1b[2Jb\nc\xFF\xC2\x9B'",
          "did you mean '\x07'?");
  const std::string text = render(out.list()[0], "x\x1b[31m\xC2\x9B\xFE y", false);
  EXPECT_EQ(text.find_first_of("\x1b\x07\xFF\xFE\x9B"), std::string::npos);
  EXPECT_NE(text.find("b\\nc?"
                      "?'"),
            std::string::npos)
      << text;
}

TEST(DiagnosticTest, ALineWithASecretIsNotShown) {
  Diagnostics out("t.yaml");
  out.add(Code::LiteralSecret, span_at(1, 1), "a secret", "use env:NAME").hides_source_line = true;
  EXPECT_EQ(render(out.list()[0], "password: hunter2", false),
            "t.yaml:1:1: error[SL0112 literal-secret]: a secret\n      = use env:NAME\n");
}

TEST(DiagnosticTest, AWholeFileHasNoLine) {
  Diagnostics out("t.yaml");
  out.add(Code::DocumentTooLarge, Span{}, "m");
  EXPECT_EQ(render(out.list()[0], "x", false), "t.yaml: error[SL0007 document-too-large]: m\n");
}

TEST(DiagnosticTest, JsonEscapesWhatItMust) {
  Diagnostics out("a\"b.yaml");
  out.add(Code::BadCron, span_at(3, 4, 2), "m\\\n'x'");
  EXPECT_EQ(render_json(out),
            "[{\"code\": \"SL0702\", \"slug\": \"bad-cron\", \"severity\": \"error\", "
            "\"file\": \"a\\\"b.yaml\", \"line\": 3, \"column\": 4, \"length\": 2, "
            "\"message\": \"m\\\\\\u000a'x'\", \"suggestion\": null}]");
}

TEST(DiagnosticTest, AreSortedByPlaceAndKeepTheOrderOfEqualPlaces) {
  Diagnostics out("t.yaml");
  out.add(Code::UnknownKey, span_at(2, 1), "second");
  out.add(Code::BadCron, span_at(1, 9), "first");
  out.add(Code::BadDate, span_at(2, 1), "third");
  out.sort();
  EXPECT_EQ(out.list()[0].message, "first");
  EXPECT_EQ(out.list()[1].message, "second");
  EXPECT_EQ(out.list()[2].message, "third");
}

TEST(DiagnosticTest, TheListIsBoundedAndStillKnowsThatThereWereErrors) {
  Diagnostics out("t.yaml");
  for (std::size_t i = 0; i < limits::kDiagnosticsMax; ++i) {
    out.add(Code::DefaultTaken, Span{}, "notice");
  }
  EXPECT_FALSE(out.has_errors());
  out.add(Code::UnknownKey, Span{}, "error");
  EXPECT_TRUE(out.has_errors());
  EXPECT_EQ(out.size(), limits::kDiagnosticsMax);
  EXPECT_EQ(out.suppressed(), 1U);
}

TEST(DiagnosticTest, TheFirstErrorBecomesAnErrorWithItsPlace) {
  Diagnostics out("t.yaml");
  out.add(Code::DefaultTaken, span_at(1, 1), "notice");
  out.add(Code::BadCron, span_at(5, 2), "bad", "fix");
  const Error error = to_error(out);
  EXPECT_EQ(error.code, ErrorCode::InvalidContract);
  EXPECT_EQ(error.message, "bad");
  EXPECT_EQ(error.hint, "fix");
  EXPECT_EQ(error.at->line, 5U);
}

TEST(DiagnosticTest, WhatIsSaidTwiceOfOnePlaceStaysOnce) {
  Diagnostics out("a.yaml");
  out.add(Code::UnknownKey, span_at(3, 1), "no such key: 'x'");
  out.add(Code::MissingKey, span_at(1, 1), "expected the key 'a'");
  out.add(Code::MissingKey, span_at(1, 1), "expected the key 'b'");
  out.add(Code::UnknownKey, span_at(3, 1), "no such key: 'x'");
  out.add(Code::MissingKey, span_at(1, 1), "expected the key 'a'");
  out.sort();
  EXPECT_EQ(out.size(), 3U);
}

TEST(DiagnosticTest, NoLineTurnsItsDirection) {
  Diagnostics out("a.yaml");
  out.add(Code::UnknownKey, span_at(1, 1), "no such key: '\u202Ex'");
  const std::string shown = render(*out.begin(), "a\u2066b: c", false);
  EXPECT_EQ(shown.find("\u202E"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("\u2066"), std::string::npos) << shown;
  EXPECT_NE(shown.find("a?b: c"), std::string::npos) << shown;
}

TEST(DiagnosticTest, AFarPlaceOfALongLineIsShownWithItsCaret) {
  Diagnostics out("a.yaml");
  out.add(Code::UnknownKey, span_at(1, 3001), "no such key: 'bad'");
  const std::string shown = render(*out.begin(), std::string(3000, 'x') + "bad: 1", false);
  EXPECT_NE(shown.find("xbad: 1\n"), std::string::npos) << shown;
  const std::size_t caret = shown.rfind('^');
  ASSERT_NE(caret, std::string::npos) << shown;
  const std::size_t line = shown.find("    1 | ");
  EXPECT_EQ(caret - shown.rfind('\n', caret), shown.find("bad: 1\n", line) - line + 1) << shown;
}

}  // namespace
}  // namespace sluice::contract
