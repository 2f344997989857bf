#include "sluice/contract/diagnostic/secret.h"

#include <gtest/gtest.h>

#include "sluice/contract/diagnostic/diagnostic.h"

namespace sluice::contract {
namespace {

TEST(SecretTest, ALineThatWritesASecretIsSeen) {
  for (const std::string_view line :
       {"password: hunter2", "  - {type: webhook, token: hunter2, url: x}", "'api_key' : \"a b\"",
        "server: {type: s3, Client_Secret: hunter2}", "path: postgres://u:hunter2@host/db",
        "x: \"jdbc:mysql://root:hunter2@h\""}) {
    EXPECT_TRUE(holds_secret(line)) << line;
  }
}

TEST(SecretTest, AReferenceIsNoSecretAndNeitherIsAKey) {
  for (const std::string_view line :
       {"password: env:DB_PASSWORD", "password: ${DB_PASSWORD}", "{password: ${DB_PASSWORD}}",
        "password:", "token: |", "primary_key: [id]", "path: postgres://u:${PW}@host/db",
        "see: https://example.com, mail: ann@example.com", "note: the password is elsewhere",
        "private_key_path: /keys/a.pem"}) {
    EXPECT_FALSE(holds_secret(line)) << line;
  }
}

TEST(SecretTest, AFaultBesideASecretShowsNoLine) {
  const std::string source = "server: {secrt: 1, password: hunter2}\n";
  Diagnostics out("a.yaml");
  Span span;
  span.begin = {.offset = 9, .line = 1, .column = 10};
  span.end = {.offset = 14, .line = 1, .column = 15};
  const Diagnostic each = out.add(Code::UnknownKey, span, "no such key", "known keys: 'secret'");
  const std::string text = render(each, source, false);
  EXPECT_EQ(text.find("hunter2"), std::string::npos) << text;
  EXPECT_NE(text.find("a.yaml:1:10"), std::string::npos) << text;
  EXPECT_NE(text.find("known keys"), std::string::npos) << text;
}

}  // namespace
}  // namespace sluice::contract
