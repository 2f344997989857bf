#include "sluice/contract/diagnostic/code.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace sluice::contract {
namespace {

TEST(CodeTest, NumbersRiseAndSlugsDiffer) {
  std::set<std::string_view> slugs;
  Code last{};
  for (const CodeInfo& info : all_codes()) {
    EXPECT_LT(last, info.code) << info.slug;
    EXPECT_TRUE(slugs.insert(info.slug).second) << info.slug;
    last = info.code;
  }
  EXPECT_GT(slugs.size(), 80U);
}

TEST(CodeTest, EveryCodeSaysWhatAndWhy) {
  for (const CodeInfo& info : all_codes()) {
    EXPECT_TRUE(info.summary.ends_with('.')) << code_id(info.code);
    EXPECT_GT(info.why.size(), 20U) << code_id(info.code);
    EXPECT_EQ(info.before.empty(), info.after.empty()) << code_id(info.code);
  }
}

TEST(CodeTest, AreFoundByNumberAndBySlugInAnyCase) {
  for (const std::string_view name :
       {"SL0301", "sl0301", "301", "unknown-field", "Unknown-Field"}) {
    const CodeInfo* info = find_code(name);
    ASSERT_NE(info, nullptr) << name;
    EXPECT_EQ(info->code, Code::UnknownField);
  }
  EXPECT_EQ(find_code("SL9999"), nullptr);
  EXPECT_EQ(find_code(""), nullptr);
}

TEST(CodeTest, APageHoldsTheExampleBeforeAndAfter) {
  const std::string page = render_page(info_of(Code::BadCron));
  EXPECT_TRUE(page.starts_with("SL0702 bad-cron (error)\n")) << page;
  EXPECT_NE(page.find("Before:\n\n    schedule: \"61 * * * *\"\n"), std::string::npos) << page;
  EXPECT_NE(page.find("After:\n\n    schedule: \"0 * * * *\"\n"), std::string::npos) << page;
}

TEST(CodeTest, APageWithoutAnExampleDoesNotPromiseOne) {
  EXPECT_EQ(render_page(info_of(Code::InvalidUtf8)).find("Before"), std::string::npos);
}

}  // namespace
}  // namespace sluice::contract
