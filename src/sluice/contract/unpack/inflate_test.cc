#include "sluice/contract/unpack/inflate.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

namespace sluice::contract {
namespace {

std::string bytes_of(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

std::string many_rows() {
  std::string text;
  for (int row = 0; row < 60; ++row) {
    text += fmt::format("row {} of many, and again\n", row);
  }
  return text;
}

/// many_rows() with codes of its own.
const std::string& packed_rows() {
  static const std::string bytes = bytes_of(
      "75d4bd6d02411485d19c2aa60002de9f0de5ac84b01cb02b9158ee1e17e0137fd13da379afe3675dd6f158cf6d"
      "ff3daf6dbfafed6bfbde4fafbf100aa9500aad300a1f0a9f0a57851b077a3ab707c707d707e707f70701820241"
      "82a041d220fdfe34481a240d92064983a441d220695034281a943f010d8a064583a241d1a0685034681a340d9a"
      "06ed4b4083a641d3a069d034681a0c0d86064383a1c1f81cd260683034181accbf066f");
  return bytes;
}

TEST(Inflate, BlocksOfEveryKindAreUnpacked) {
  EXPECT_EQ(inflate(bytes_of("cb4ce132e40200"), 100).value(), "id\n1\n");
  EXPECT_EQ(inflate(bytes_of("010600f9ff73746f726564"), 100).value(), "stored");
  EXPECT_EQ(inflate(packed_rows(), 10'000).value(), many_rows());
  EXPECT_EQ(crc32_of(many_rows()), 0x1903758U);
}

TEST(Inflate, AGzipFileIsHeldAgainstItsChecksum) {
  const std::string gzip = bytes_of("1f8b0800000000000203cb48cdc9c957c84090008088f9e511000000");
  EXPECT_EQ(gunzip(gzip, 100).value(), "hello hello hello");
  for (std::size_t at = 10; at < gzip.size() - 4; ++at) {
    std::string broken = gzip;
    broken[at] = static_cast<char>(broken[at] ^ 0x10);
    EXPECT_FALSE(gunzip(broken, 100)) << at;
  }
  EXPECT_FALSE(gunzip("", 100));
  EXPECT_FALSE(gunzip("no gzip at all, but long enough", 100));
}

TEST(Inflate, WhatEndsEarlyOrIsDamagedIsCorrupt) {
  const std::string& whole = packed_rows();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto part = inflate(std::string_view(whole).substr(0, size), 10'000);
    ASSERT_FALSE(part) << size;
    EXPECT_EQ(part.error().code, ErrorCode::Corrupt);
  }
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int bit : {1, 8, 64}) {
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ bit);
      static_cast<void>(inflate(damaged, 10'000));  // any answer, but an answer
    }
  }
  EXPECT_FALSE(inflate(bytes_of("07"), 100)) << "there is no third kind of block";
}

TEST(Inflate, ABombIsStoppedAtTheLimit) {
  const auto bomb = inflate(packed_rows(), 1'000);
  ASSERT_FALSE(bomb);
  EXPECT_EQ(bomb.error().code, ErrorCode::ResourceExhausted);
}

}  // namespace
}  // namespace sluice::contract
