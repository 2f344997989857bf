#include "sluice/contract/unpack/zstd_frames.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <istream>

namespace sluice::contract {
namespace {

Error broken() {
  return make_error(ErrorCode::Corrupt, "packed bytes are damaged, or a part of them is missing")
      .with_hint("fetch the file again");
}

/// RFC 8878, chapter 3: frames of blocks, and ones to be skipped.
class Frames {
 public:
  Frames(std::istream& in, std::uint64_t bytes) : in_(in), bytes_(bytes) {}

  Status check() {
    do {
      SLUICE_CHECK(check_frame());
    } while (at_ < bytes_);
    return {};
  }

 private:
  /// The next bytes, the lowest first.
  Result<std::uint32_t> number(std::size_t count) {
    std::array<char, 4> read{};
    in_.seekg(static_cast<std::streamoff>(at_));
    in_.read(read.data(), static_cast<std::streamsize>(count));
    SLUICE_CHECK(skip(count));
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      value |= std::uint32_t{static_cast<unsigned char>(read[i])} << (8 * i);
    }
    return value;
  }

  Status skip(std::uint64_t count) {
    if (!in_ || count > bytes_ - at_) {
      return broken();
    }
    at_ += count;
    return {};
  }

  Status check_frame() {
    constexpr std::uint32_t kFrame = 0xFD2FB528;
    constexpr std::uint32_t kSkippable = 0x184D2A50;  // and the 15 behind it
    SLUICE_TRY(const std::uint32_t magic, number(4));
    if ((magic & ~0xFU) == kSkippable) {
      SLUICE_TRY(const std::uint32_t size, number(4));
      return skip(size);
    }
    if (magic != kFrame) {
      return broken();
    }
    SLUICE_TRY(const std::uint32_t head, number(1));
    constexpr std::array<std::uint64_t, 4> kSizeOfLength{0, 2, 4, 8};
    constexpr std::array<std::uint64_t, 4> kSizeOfDictionary{0, 1, 2, 4};
    const bool is_one_segment = (head & 0x20U) != 0;
    const std::uint64_t length = kSizeOfLength[head >> 6U];
    SLUICE_CHECK(skip(kSizeOfDictionary[head & 3U] +
                      (is_one_segment ? std::max<std::uint64_t>(length, 1) : length + 1)));
    SLUICE_CHECK(check_blocks());
    const bool has_checksum = (head & 4U) != 0;
    return has_checksum ? skip(4) : Status{};
  }

  Status check_blocks() {
    constexpr std::uint32_t kRepeated = 1;
    constexpr std::uint32_t kReserved = 3;
    while (true) {
      SLUICE_TRY(const std::uint32_t block, number(3));
      const std::uint32_t kind = (block >> 1U) & 3U;
      if (kind == kReserved) {
        return broken();
      }
      SLUICE_CHECK(skip(kind == kRepeated ? 1 : block >> 3U));
      if ((block & 1U) != 0) {
        return {};
      }
    }
  }

  std::istream& in_;
  std::uint64_t bytes_;
  std::uint64_t at_ = 0;
};

}  // namespace

Status check_zstd(std::istream& zstd, std::uint64_t bytes) { return Frames(zstd, bytes).check(); }

}  // namespace sluice::contract
