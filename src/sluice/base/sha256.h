// SHA-256 (FIPS 180-4), our own so that the core links no crypto library: for fingerprints, content
// tags and the names made of them. Not for passwords or signatures: nothing here is constant-time.
// One digest is fed by one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

class Sha256 {
 public:
  using Digest = std::array<std::uint8_t, 32>;

  /// Takes the next bytes; any number of calls give the digest of all of them together.
  void update(std::string_view bytes);
  /// The digest of what came so far, which may go on.
  Digest digest() const;

 private:
  void pad_and_finish();
  void take_block(const std::uint8_t* block);

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::uint8_t, 64> waiting_{};
  std::size_t waiting_size_ = 0;
  std::uint64_t bytes_ = 0;
};

/// Lower case, 64 characters.
std::string to_hex(const Sha256::Digest& digest);

std::string sha256_hex(std::string_view bytes);

}  // namespace sluice
