#include "sluice/base/sha256.h"

#include <gtest/gtest.h>

namespace sluice {
namespace {

TEST(Sha256, GivesTheDigestsOfTheStandard) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjk"
                       "lmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, PadsEveryLengthAroundABlock) {
  // One digest over the digests of 0 to 199 zero bytes: each length takes its own padding.
  Sha256 all;
  for (std::size_t size = 0; size < 200; ++size) {
    all.update(sha256_hex(std::string(size, '\0')));
  }
  EXPECT_EQ(to_hex(all.digest()),
            "ba0e721dc998238252c8b028f0ce4ea61910d7fcb8252e56492d919297596c14");
}

TEST(Sha256, IsTheSameInPiecesOfAnySize) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    bytes += static_cast<char>(i * 7);
  }
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    Sha256 sha;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      sha.update(std::string_view(bytes).substr(at, piece));
    }
    EXPECT_EQ(to_hex(sha.digest()), sha256_hex(bytes)) << piece;
  }
}

TEST(Sha256, ADigestMayBeTakenOnTheWay) {
  Sha256 sha;
  sha.update("ab");
  EXPECT_EQ(to_hex(sha.digest()), sha256_hex("ab"));
  sha.update("c");
  EXPECT_EQ(to_hex(sha.digest()), sha256_hex("abc"));
}

}  // namespace
}  // namespace sluice
