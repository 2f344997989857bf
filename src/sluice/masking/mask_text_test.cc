#include "sluice/masking/mask_text.h"

#include <gmock/gmock.h>

namespace sluice::masking {
namespace {

struct Case {
  std::string text;
  std::string format;
  std::string masked;
};

TEST(MaskTextTest, PartialLeavesWhatItsFormatSays) {
  for (const Case& one : std::vector<Case>{
           {"anna@example.com", "", "a***@example.com"},
           {"a@example.com", "", "***@example.com"},
           {"anna@example.com", "email", "a***@example.com"},
           {"+64 21 555 0199", "", "***-***-0199"},
           {"+64 21 555 0199", "phone", "***-***-0199"},
           {"4111 1111 1111 1234", "credit_card", "****-****-****-1234"},
           {"secret", "", "s****t"},
           {"abc", "", "a*c"},
           {"ab", "", "**"},
           {"", "", ""},
           {"\xc3\xa4pfel", "", "\xc3\xa4***l"},
           {"123-45-6789", "***-**-{last4}", "***-**-6789"},
           {"anna@example.com", "{first1}...@{domain}", "a...@example.com"},
           {"abc", "{first3}", "***"},
           {"ab\xff", "", "a*\xff"},
       }) {
    EXPECT_EQ(mask_partial(one.text, one.format), one.masked) << one.text << " " << one.format;
  }
}

TEST(MaskTextTest, MaskingAgainChangesNothing) {
  for (const std::string text :
       {"anna@example.com", "a@example.com", "+64 21 555 0199", "secret"}) {
    const std::string once = mask_partial(text, "");
    EXPECT_EQ(mask_partial(once, ""), once);
  }
}

TEST(MaskTextTest, WithoutAVaultNothingThatNeedsAKeyIsGivenOut) {
  const auto function = make_mask_function("f", {.column = "a", .kind = plan::MaskKind::Hash}, {});
  EXPECT_FALSE(function.apply("secret"));
  const auto redact = make_mask_function("f", {.column = "a", .kind = plan::MaskKind::Redact}, {});
  EXPECT_EQ(redact.apply("secret").value(), kRedacted);
}

}  // namespace
}  // namespace sluice::masking
