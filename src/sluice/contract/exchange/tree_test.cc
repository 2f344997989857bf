#include <gtest/gtest.h>

#include "sluice/contract/exchange/tree_internal.h"

namespace sluice::contract::internal {
namespace {

const std::vector<std::string> kTexts{
    "",     "plain", "a b",     " a",        "a ",         "yes",      "null",
    "~",    "1",     "1.5",     "0x1F",      "true",       "- a",      "a: b",
    "#x",   "a #x",  "'",       "\"",        "\\",         "a\nb",     "a\nb\n",
    "\na",  "a\n\n", "  a\n b", "\t",        "a\tb\n",     "\r\na",    "\x01",
    "|",    ">",     "&a",      "*a",        "!x",         "%x",       "@x",
    "`x",   "{a}",   "[a]",     "a,b",       "2020-01-01", "\xC3\xA9", "\xE2\x80\xA8x\ny",
    "\x7F", "---",   "...",     "a\n---\nb", "?",          "a:",
};

TEST(TreeTest, EveryTextComesBackAsItWas) {
  for (const std::string& text : kTexts) {
    Node map = make_map();
    put(map, "value", make_text(text));
    put(map, "key " + text, make_text(text));
    list_under(map, "list").items = {make_text(text), make_list(), make_map(), make_text(text)};
    Node inner = make_map();
    put(inner, "a", make_text(text));
    list_under(map, "maps").items = {inner, inner};
    const std::string written = render_yaml(map);
    const auto back = parse_root(written, "x");
    ASSERT_TRUE(back) << written;
    EXPECT_EQ(*back, map) << written;
    EXPECT_EQ(text_of(*back, "value"), text) << written;
    const auto flow = parse_root(render_flow(map), "x");
    ASSERT_TRUE(flow) << render_flow(map);
    EXPECT_EQ(*flow, map) << render_flow(map);
  }
}

TEST(TreeTest, AWordStaysAWord) {
  Node map = make_map();
  for (const std::string word : {"1", "-2.50", "true", "null"}) {
    put(map, "is" + word, make_word(word));
  }
  const auto back = parse_root(render_yaml(map), "x");
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, map);
  EXPECT_TRUE(is_true(*back, "istrue"));
}

}  // namespace
}  // namespace sluice::contract::internal
