#include "sluice/contract/source/yaml.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sluice/base/limits.h"

namespace sluice::contract {
namespace {

struct Read {
  Document document;
  Diagnostics diagnostics{"t.yaml"};
  const Node& root() const { return *document.root; }
};

Read read(std::string_view text) {
  Read result;
  result.document = read_yaml(text, result.diagnostics);
  return result;
}

/// "SL0005@2:1 SL0002@3:1"
std::string codes(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& each : diagnostics) {
    text += (text.empty() ? "" : " ") + code_id(each.code) + "@" + std::to_string(each.at.line) +
            ":" + std::to_string(each.at.column);
  }
  return text;
}

TEST(YamlTest, KeepsOrderKeysAndTheirPlaces) {
  const Read result = read("b: 1\na:\n  - x\n  - {c: \"q\"}\n");
  ASSERT_TRUE(result.diagnostics.is_empty());
  const Node& root = result.root();
  ASSERT_EQ(root.entries.size(), 2U);
  EXPECT_EQ(root.entries[0].key, "b");
  EXPECT_EQ(root.entries[1].key_span.begin, (Mark{5, 2, 1}));
  const Node& list = root.entries[1].value;
  EXPECT_EQ(list.items[0].span.begin, (Mark{12, 3, 5}));
  EXPECT_EQ(list.items[1].entries[0].value.span.begin, (Mark{22, 4, 9}));
  EXPECT_EQ(list.items[1].entries[0].value.span.end, (Mark{25, 4, 12}));
  EXPECT_EQ(list.items[1].entries[0].value.style, ScalarStyle::DoubleQuoted);
}

TEST(YamlTest, ColumnsCountCharactersAndOffsetsCountBytes) {
  const Read result = read("\xC3\xA9\xE2\x82\xAC: x\nb: y\n");
  EXPECT_EQ(result.root().entries[0].value.span.begin, (Mark{7, 1, 5}));
  EXPECT_EQ(result.root().entries[1].value.span.begin, (Mark{12, 2, 4}));
}

TEST(YamlTest, AByteOrderMarkAndCrLfAreNotInTheWay) {
  const Read result = read(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: 2\r\n");
  ASSERT_TRUE(result.diagnostics.is_empty());
  EXPECT_EQ(result.root().entries[0].key_span.begin, (Mark{3, 1, 1}));
  EXPECT_EQ(result.root().entries[1].value.span.begin, (Mark{12, 2, 4}));
}

TEST(YamlTest, OnYesNoAndOffArePlainText) {
  const Read result = read("on: yes\nyes: on\noff: no\nno: off\n");
  ASSERT_TRUE(result.diagnostics.is_empty());
  EXPECT_EQ(result.root().entries[0].key, "on");
  for (const Entry& entry : result.root().entries) {
    EXPECT_EQ(scalar_type(entry.value), ScalarType::String) << entry.key;
  }
}

TEST(YamlTest, PlainScalarsFollowTheCoreSchema) {
  const std::vector<std::pair<std::string, ScalarType>> cases{
      {"null", ScalarType::Null},    {"~", ScalarType::Null},
      {"", ScalarType::Null},        {"true", ScalarType::Bool},
      {"FALSE", ScalarType::Bool},   {"12", ScalarType::Int},
      {"-3", ScalarType::Int},       {"+5", ScalarType::Int},
      {"0x1F", ScalarType::Int},     {"0o17", ScalarType::Int},
      {"1.0", ScalarType::Float},    {"1e3", ScalarType::Float},
      {".5", ScalarType::Float},     {"5.", ScalarType::Float},
      {".inf", ScalarType::Float},   {".nan", ScalarType::Float},
      {"1.0.0", ScalarType::String}, {"1e", ScalarType::String},
      {"0x", ScalarType::String},    {"12:30", ScalarType::String},
      {"tRUE", ScalarType::String},  {"2026-01-01", ScalarType::String},
      {".", ScalarType::String},     {"-", ScalarType::String},
      {"1_000", ScalarType::String}};
  for (const auto& [text, type] : cases) {
    EXPECT_EQ(scalar_type(Node{.text = text}), type) << text;
  }
  EXPECT_EQ(scalar_type(Node{.style = ScalarStyle::SingleQuoted, .text = "12"}),
            ScalarType::String);
}

TEST(YamlTest, TypedValuesAreExactOrAbsent) {
  EXPECT_EQ(as_integer(Node{.text = "0x1F"}), 31);
  EXPECT_EQ(as_integer(Node{.text = "+7"}), 7);
  EXPECT_EQ(as_integer(Node{.text = "99999999999999999999"}), std::nullopt);
  EXPECT_EQ(as_number(Node{.text = "0.5"}), 0.5);
  EXPECT_EQ(as_number(Node{.text = ".inf"}), std::nullopt);
  EXPECT_EQ(as_number(Node{.text = "1e999"}), std::nullopt);
  EXPECT_EQ(as_bool(Node{.text = "True"}), true);
  EXPECT_EQ(as_bool(Node{.text = "yes"}), std::nullopt);
}

TEST(YamlTest, TagsOfTheCoreSchemaDecideTheType) {
  const Read result = read("a: !!str 12\nb: !!int 12\nc: ! 12\nd: !own 3\n");
  EXPECT_EQ(scalar_type(result.root().entries[0].value), ScalarType::String);
  EXPECT_EQ(result.root().entries[0].value.span.begin.column, 10U);
  EXPECT_EQ(scalar_type(result.root().entries[1].value), ScalarType::Int);
  EXPECT_EQ(codes(result.diagnostics), "SL0013@4:9");
}

TEST(YamlTest, DuplicateKeysAreReportedAndTheLastOneStands) {
  const Read result = read("a: 1\nb: 2\na: 3\nc: {x: 1, x: 2, x: 3}\n");
  EXPECT_EQ(codes(result.diagnostics), "SL0005@4:11 SL0005@4:17 SL0005@3:1");
  EXPECT_EQ(result.root().find("a")->text, "3");
  EXPECT_EQ(result.root().find("c")->entries.size(), 1U);
}

TEST(YamlTest, AliasesAreCopiesAndMergeKeysDoNotOverride) {
  const Read result = read(
      "base: &b {x: 1, y: 2}\n"
      "one: {<<: *b, y: 3}\n"
      "two: {<<: [*b, {z: 4, x: 9}]}\n"
      "three: {\"<<\": 5}\n"
      "four: *b\n");
  ASSERT_TRUE(result.diagnostics.is_empty()) << codes(result.diagnostics);
  EXPECT_EQ(result.root().find("one")->find("x")->text, "1");
  EXPECT_EQ(result.root().find("one")->find("y")->text, "3");
  EXPECT_TRUE(result.root().find("one")->find_entry("x")->is_merged);
  EXPECT_EQ(result.root().find("two")->find("x")->text, "1");
  EXPECT_EQ(result.root().find("two")->find("z")->text, "4");
  EXPECT_EQ(result.root().find("three")->find("<<")->text, "5");
  EXPECT_EQ(*result.root().find("four"), *result.root().find("base"));
}

TEST(YamlTest, BadAliasesAndMergesAreReported) {
  EXPECT_EQ(codes(read("a: *x\nb: &y [*y]\nc: {<<: 5}\n").diagnostics),
            "SL0006@1:4 SL0006@2:8 SL0014@3:9");
}

TEST(YamlTest, KeysThatAreNoWordsAreReportedAndReadingGoesOn) {
  const Read result = read("? [a, b]\n: 1\nc: 2\n");
  EXPECT_EQ(codes(result.diagnostics), "SL0012@1:3");
  EXPECT_EQ(result.root().entries.size(), 1U);
  EXPECT_EQ(result.root().find("c")->text, "2");
}

TEST(YamlTest, BadBytesAreReportedAndReadingGoesOn) {
  const std::string text = std::string("a: x\xFF\xFEy\nb: ") + '\0' + "z\nc: \x1b[m\n";
  const Read result = read(text);
  EXPECT_EQ(codes(result.diagnostics), "SL0003@1:5 SL0004@2:4 SL0004@3:4");
  EXPECT_EQ(result.root().find("a")->text, "x__y");
  EXPECT_EQ(result.root().find("c")->text, "_[m");
}

TEST(YamlTest, ATextThatBeginsInTheMiddleOfACharacterIsReported) {
  const Read result = read("\x80\x80: \x80\xC3\xA9\n");
  EXPECT_EQ(codes(result.diagnostics), "SL0003@1:1 SL0003@1:5");
}

TEST(YamlTest, TabsInFrontOfLinesAreReportedEachWithItsPlace) {
  EXPECT_EQ(codes(read("a:\n\tb: 1\n\tc: 2\n").diagnostics), "SL0002@2:1 SL0002@3:1");
  EXPECT_TRUE(read("a: |\n  x\n  \ty\nb: 1\t\n").diagnostics.is_empty());
}

TEST(YamlTest, AFaultOfSyntaxKeepsWhatStoodBefore) {
  const Read result = read("a: 1\nb:\n  c: 2\n  d: x: y\n");
  EXPECT_EQ(codes(result.diagnostics), "SL0001@4:7");
  EXPECT_FALSE(result.document.is_complete);
  EXPECT_EQ(result.root().find("a")->text, "1");
  EXPECT_EQ(result.root().find("b")->find("c")->text, "2");
}

TEST(YamlTest, FaultsOfSyntaxSayWhatHelps) {
  for (const char* text : {"a: [1, 2\nb: 3\n", "a: @x\n", "a: \"x\n", "a: b: c\n", "a\nb: 1\n",
                           "a: \"\\q\"\n", "a: {b: 1\nc\n", "- a\nb: 1\n", "a: `x`\n"}) {
    const Read result = read(text);
    ASSERT_EQ(result.diagnostics.size(), 1U) << text;
    EXPECT_EQ(result.diagnostics.list()[0].code, Code::YamlSyntax) << text;
    EXPECT_GT(result.diagnostics.list()[0].at.line, 0U) << text;
    EXPECT_FALSE(result.document.is_complete) << text;
  }
}

TEST(YamlTest, OneDocumentIsAllThatAFileMayHold) {
  EXPECT_TRUE(read("---\na: 1\n...\n").diagnostics.is_empty());
  EXPECT_EQ(codes(read("a: 1\n---\nb: 2\n").diagnostics), "SL0010@2:1");
  EXPECT_FALSE(read("").document.root.has_value());
  EXPECT_FALSE(read("# only a comment\n").document.root.has_value());
}

TEST(YamlTest, AliasBombsEndAtTheLimit) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) {
      bomb += (j > 0 ? ", " : "") + last;
    }
    bomb += "]\n";
  }
  const Read result = read(bomb);
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics.list()[0].code, Code::TooManyNodes);
}

TEST(YamlTest, RepeatedLongTextsEndAtTheLimit) {
  std::string text = "a: &a " + std::string(1 << 20, 'x') + "\nb:\n";
  for (int i = 0; i < 100; ++i) {
    text += "  - *a\n";
  }
  EXPECT_EQ(read(text).diagnostics.list().at(0).code, Code::TooManyNodes);
}

TEST(YamlTest, DeepNestingEndsAtTheLimit) {
  for (const char* level : {"[", "{a: ", "- ", "? "}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) {
      text += level;
    }
    const Read result = read(text);
    ASSERT_EQ(result.diagnostics.size(), 1U) << level;
  }
}

TEST(YamlTest, ExactlyTheAllowedDepthIsRead) {
  const auto depth = static_cast<std::size_t>(limits::kDocumentDepthMax);
  EXPECT_TRUE(read(std::string(depth, '[') + std::string(depth, ']')).diagnostics.is_empty());
  EXPECT_EQ(
      read(std::string(depth + 1, '[') + std::string(depth + 1, ']')).diagnostics.list().at(0).code,
      Code::DocumentTooDeep);
}

TEST(YamlTest, LargeDocumentsAreRefusedUnread) {
  const Read result = read(std::string(limits::kContractBytesMax + 1, 'a'));
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics.list()[0].code, Code::DocumentTooLarge);
}

TEST(YamlTest, ALongLineOfManyValuesIsReadInGoodTime) {
  std::string text = "a: [\xC3\xA9";
  for (int i = 0; i < 100'000; ++i) {
    text += ",x";
  }
  const Read result = read(text + "]\n");
  ASSERT_TRUE(result.diagnostics.is_empty());
  EXPECT_EQ(result.root().find("a")->items.back().span.begin.column, 5U + 200'000U);
}

}  // namespace
}  // namespace sluice::contract
