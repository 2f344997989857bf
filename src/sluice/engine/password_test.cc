#include "sluice/engine/password.h"

#include <string>
#include <utility>

#include <gmock/gmock.h>

namespace sluice::engine {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(PasswordTest, ItIsHiddenInWhateverFormItComes) {
  for (const auto& [text, expected] : {
           std::pair<std::string, std::string>{"host=h password=s3cret", "host=h password=***"},
           {"PassWord = s3cret user=u", "PassWord = *** user=u"},
           {"at \"password=s3cret\": refused", "at \"password=***\": refused"},
           {"path + \"postgres:password=s3cret\"{\"a\":1}",
            "path + \"postgres:password=***\"{\"a\":1}"},
           {R"({"m":"at \"password=s3cret\": no"})", R"({"m":"at \"password=***\": no"})"},
           {"password='s3 \\'cret' dbname=d", "password=*** dbname=d"},
           {"ATTACH 'postgres:password=''s3 cret'' dbname=d'",
            "ATTACH 'postgres:password=*** dbname=d'"},
           {"ATTACH 'postgres:password=s3cret'", "ATTACH 'postgres:password=***'"},
           {"password=s3\"cret host=h", "password=*** host=h"},
           {"postgresql://u:s3cret@h:1/lake", "postgresql://u:***@h:1/lake"},
           {"postgresql://u:s3@cret@h/lake", "postgresql://u:***@h/lake"},
           {"postgresql://h/lake?user=u&password=s3cret",
            "postgresql://h/lake?user=u&password=***"},
           {"password=s3cret password=s3cret", "password=*** password=***"},
           {"sslpassword=s3cret", "sslpassword=***"},
       }) {
    EXPECT_EQ(hide_passwords(text), expected);
    EXPECT_THAT(hide_passwords(text), Not(HasSubstr("cret"))) << text;
  }
}

TEST(PasswordTest, OtherTextsStayAsTheyAre) {
  for (const char* text :
       {"", "no such column: 'password'", "password", "password=", "s3://bucket/a:b@c",
        "https://host:80/path", "//u@h", "password authentication failed for user \"u\""}) {
    EXPECT_EQ(hide_passwords(text), text);
  }
}

}  // namespace
}  // namespace sluice::engine
