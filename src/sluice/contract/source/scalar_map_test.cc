#include "sluice/contract/source/scalar_map.h"

#include <string>

#include <gtest/gtest.h>

#include "sluice/contract/source/yaml.h"

namespace sluice::contract {
namespace {

/// The value of key `k` of the document.
Node value_of(std::string_view text) {
  Diagnostics out("t.yaml");
  const Document document = read_yaml(text, out);
  EXPECT_TRUE(out.is_empty()) << text;
  const Node* node = &*document.root;
  while (node->is_mapping() || node->is_sequence()) {
    node = node->is_mapping() ? &node->entries.back().value : &node->items.back();
  }
  return *node;
}

/// Every letter and digit of the decoded text stands at its mapped place in the file.
void expect_maps(std::string_view text) {
  const Node node = value_of(text);
  const std::vector<std::uint32_t> map = map_scalar(text, node.span, node.style);
  ASSERT_GT(map.size(), node.text.size()) << text;
  for (std::size_t i = 0; i < node.text.size(); ++i) {
    if (std::isalnum(static_cast<unsigned char>(node.text[i])) != 0) {
      ASSERT_LT(map[i], text.size()) << text;
      EXPECT_EQ(text[map[i]], node.text[i]) << text << " at " << i;
    }
    EXPECT_LE(map[i], map[i + 1]) << text;
  }
}

void expect_at(std::string_view text, std::string_view word, std::uint32_t line,
               std::uint32_t column) {
  const Node node = value_of(text);
  const std::size_t offset = node.text.find(word);
  ASSERT_NE(offset, std::string::npos) << node.text;
  const Span span = span_in_scalar(text, node.span, node.style, static_cast<std::uint32_t>(offset),
                                   static_cast<std::uint32_t>(word.size()));
  EXPECT_EQ(span.begin.line, line) << text;
  EXPECT_EQ(span.begin.column, column) << text;
  EXPECT_EQ(text.substr(span.begin.offset, word.size()), word);
  EXPECT_EQ(span.end.offset - span.begin.offset, word.size());
}

TEST(ScalarMapTest, EveryStyleMapsEveryLetter) {
  for (const char* text : {
           "k: SELECT a FROM b\n",
           "k: SELECT a\n  FROM b\n\n\n  WHERE c\n",
           "k: 'it''s a ''b'''\n",
           "k: 'one\n  two\n\n  three '\n",
           "k: \"a\\tb \\u00e9c \\x2e d\\\n    e   f\\\"g\"\n",
           "k: \"a \\U0001F600 b\n   \n  c \\\n\n  d\"\n",
           "k: |\n  SELECT a\n    FROM b\n\n  WHERE c\n",
           "k: |-\n\n   a\n   b\n\n",
           "k: |+\n a\n\n\n",
           "k: |2\n    a\n   b\n",
           "k: >\n  one two\n  three\n\n  four\n    five\n    six\n\n  seven\n  eight\n",
           "k: >-\n  a\n\n\n  b\n   c\n  d",
           "k: >2\n   a\n  b\n  c\n",
           "- - k: |\n      a\n      b\n",
           "l:\n- |1\n  a\n b\n",
           "l:\n  - >3\n      a\n     b\n",
           "k: &x !!str |\n  a b\n  c\n",
           "k: |  # comment\r\n  a\r\n  b\r\n",
           "k: >\r\n  a\r\n  b\r\n\r\n  c\r\n",
           "k: \"a\r\n  b\"\r\n",
           "k: |\n  \xC3\xA9 a\n  \xE2\x82\xAC b\n",
       }) {
    expect_maps(text);
  }
}

TEST(ScalarMapTest, FindsLineAndColumnInEachStyle) {
  expect_at("k: fare_amout >= 0\n", "amout", 1, 9);
  expect_at("k:\n  \"it \\\"is\\\" amout\"\n", "amout", 2, 14);
  expect_at("k: 'don''t amout'\n", "amout", 1, 12);
  expect_at("rules:\n  - sql: |\n      SELECT a,\n        amout\n      FROM b\n", "amout", 4, 9);
  expect_at("rules:\n  - sql: >\n      SELECT a,\n      b amout\n      FROM b\n", "amout", 4, 9);
  expect_at("k: \"a\n  b\n\n  amout\"\n", "amout", 4, 3);
  expect_at("k: |\n  \xC3\xA9\xC3\xA9 amout\n", "amout", 2, 6);
}

TEST(ScalarMapTest, ThePlaceAfterTheLastCharacterIsTheEnd) {
  const std::string text = "k: \"ab\"\n";
  const Node node = value_of(text);
  EXPECT_EQ(locate_in_scalar(text, node.span, node.style, 2), (Mark{6, 1, 7}));
  EXPECT_EQ(locate_in_scalar(text, node.span, node.style, 99), (Mark{6, 1, 7}));
}

}  // namespace
}  // namespace sluice::contract
