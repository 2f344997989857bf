#include "sluice/masking/openssl/openssl_vault.h"

#include <gmock/gmock.h>

#include "sluice/masking/openssl/crypto_internal.h"

namespace sluice::masking {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::unique_ptr<Vault> vault_of(const std::string& key, std::vector<std::string> older = {}) {
  return make_openssl_vault({.current = key, .older = std::move(older)}).value();
}

/// Known answers: RFC 5869 and the GCM specification need the primitives; the rest was computed by
/// another implementation (Python, its hmac and cryptography modules).
TEST(OpensslVaultTest, KnownAnswersOfAnotherImplementation) {
  const auto vault = vault_of("test key one");
  EXPECT_EQ(vault->key_id(), "e946c93d");
  EXPECT_EQ(vault->hash("a@b.c").value(),
            "89a1e7d74919a5e4d25690a0ad51c8f02d9f918145dbd0a12e3cf42456eb1394");
  EXPECT_EQ(vault->encrypt(Purpose::EncryptEqual, "a@b.c").value(),
            "enc:AQLpRsk9I5ULqPUnNHEQW474Qs1TvhyAOZZ5K4RuovqbDmFxZSiCfgKK_rVlla9Uc1QI");
}

TEST(OpensslVaultTest, GcmGivesTheAnswerOfItsSpecification) {
  // Test case 13 of "The Galois/Counter Mode of Operation": AES-256, all zeros, empty text.
  const std::string key(32, '\0');
  const std::string nonce(12, '\0');
  EXPECT_EQ(internal::to_hex_text(internal::gcm_encrypt(key, nonce, "", "").value()),
            "530f8afbc74536b9a963b4f1c4cb738b");
  // Test case 14: one block of zeros.
  EXPECT_EQ(
      internal::to_hex_text(internal::gcm_encrypt(key, nonce, "", std::string(16, '\0')).value()),
      "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

TEST(OpensslVaultTest, ValuesOfLakeLogicAreRead) {
  const std::string token =
      "enc:gAAAAABo53gAAAECAwQFBgcICQoLDA0ODxI-IR-OW9Sppz50J8jJWap6Vv84RDfFqbW0P4BcF0rcukxDiBerEHX"
      "Xs5ehJYHrDm_Lqoax5pX6Tfj55OYGCaI=";
  EXPECT_EQ(vault_of("lakelogic key")->decrypt(token).value(), "user101@corp.com");
  EXPECT_EQ(vault_of("new", {"lakelogic key"})->decrypt(token).value(), "user101@corp.com");
  EXPECT_EQ(vault_of("another")->decrypt(token).error().code, ErrorCode::NotFound);
}

TEST(OpensslVaultTest, WhatIsEncryptedComesBackAndEveryValueIsNew) {
  const auto vault = vault_of("key");
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("gr\xc3\xbc\xc3\x9f"), std::string("a\0b", 3),
        std::string(100'000, 'x'), std::string("enc:not encrypted")}) {
    for (const Purpose purpose : {Purpose::Encrypt, Purpose::EncryptEqual, Purpose::Seal}) {
      const std::string token = vault->encrypt(purpose, text).value();
      EXPECT_THAT(token, StartsWith("enc:AQ"));
      EXPECT_EQ(vault->decrypt(token).value(), text);
      EXPECT_EQ(vault->encrypt(purpose, text).value() == token, purpose == Purpose::EncryptEqual);
    }
  }
}

TEST(OpensslVaultTest, NothingIsMaskedTwice) {
  const auto vault = vault_of("key");
  const std::string token = vault->encrypt(Purpose::Encrypt, "a@b.c").value();
  EXPECT_EQ(vault->encrypt(Purpose::Encrypt, token).value(), token);
  EXPECT_EQ(vault->encrypt(Purpose::EncryptEqual, token).value(), token);
  const std::string hash = vault->hash("a@b.c").value();
  EXPECT_EQ(vault->hash(hash).value(), hash);
  // What only looks masked is not trusted.
  EXPECT_NE(vault->hash(std::string(64, 'a')).value(), std::string(64, 'a'));
  EXPECT_EQ(vault->decrypt(vault->encrypt(Purpose::Encrypt, "enc:AQID").value()).value(),
            "enc:AQID");
}

TEST(OpensslVaultTest, AnotherKeyReadsNothingAndSaysSo) {
  const std::string token = vault_of("key")->encrypt(Purpose::Encrypt, "a@b.c").value();
  const auto refused = vault_of("yek")->decrypt(token);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::NotFound);
  EXPECT_THAT(refused.error().hint, HasSubstr("SLUICE_PII_OLD_KEYS"));
  EXPECT_NE(vault_of("key")->hash("a").value(), vault_of("yek")->hash("a").value());
}

TEST(OpensslVaultTest, ARotatedKeyStillReadsAndNewValuesAreUnderTheNewOne) {
  const auto before = vault_of("old");
  const std::string token = before->encrypt(Purpose::Encrypt, "a@b.c").value();
  const auto after = vault_of("new", {"old"});
  EXPECT_EQ(after->decrypt(token).value(), "a@b.c");
  EXPECT_EQ(after->encrypt(Purpose::Encrypt, token).value(), token);
  EXPECT_EQ(after->hash(before->hash("a").value()).value(), before->hash("a").value());
  const std::string fresh = after->encrypt(Purpose::Encrypt, "a@b.c").value();
  EXPECT_EQ(before->decrypt(fresh).error().code, ErrorCode::NotFound);
  EXPECT_EQ(vault_of("new")->decrypt(fresh).value(), "a@b.c");
}

TEST(OpensslVaultTest, EveryChangedCharacterIsNoticed) {
  const auto vault = vault_of("key");
  const std::string token = vault->encrypt(Purpose::Encrypt, "a@b.c").value();
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(vault->decrypt(changed)) << i;
  }
  for (std::size_t size = 0; size < token.size(); ++size) {
    EXPECT_FALSE(vault->decrypt(token.substr(0, size))) << size;
  }
  std::string last = token;
  last[last.size() - 6] = last[last.size() - 6] == 'A' ? 'B' : 'A';
  EXPECT_EQ(vault->decrypt(last).error().code, ErrorCode::Corrupt);
}

TEST(OpensslVaultTest, NoKeyAndAPublicKeyAreRefused) {
  const auto none = make_openssl_vault({});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, ErrorCode::NotFound);
  EXPECT_THAT(none.error().hint, HasSubstr("SLUICE_PII_KEY"));
  EXPECT_FALSE(make_openssl_vault({.current = "default-lakelogic-encryption-key", .older = {}}));
}

}  // namespace
}  // namespace sluice::masking
