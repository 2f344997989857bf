#include "sluice/contract/unpack/inflate.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <istream>
#include <span>
#include <vector>

namespace sluice::contract {
namespace {

constexpr int kBitsMax = 15;
constexpr int kFastBits = 9;
constexpr std::size_t kSymbolsMax = 288;
constexpr int kEndOfBlock = 256;

constexpr std::array<std::uint16_t, 29> kLengthBase{3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
                                                    15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
                                                    67, 83, 99, 115, 131, 163, 195, 227, 258};
constexpr std::array<std::uint8_t, 29> kLengthBits{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                                   2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
constexpr std::array<std::uint16_t, 30> kDistanceBase{
    1,   2,   3,   4,   5,   7,    9,    13,   17,   25,   33,   49,   65,    97,    129,
    193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
constexpr std::array<std::uint8_t, 30> kDistanceBits{0, 0, 0,  0,  1,  1,  2,  2,  3,  3,
                                                     4, 4, 5,  5,  6,  6,  7,  7,  8,  8,
                                                     9, 9, 10, 10, 11, 11, 12, 12, 13, 13};

Error broken() {
  return make_error(ErrorCode::Corrupt, "packed bytes are damaged, or a part of them is missing")
      .with_hint("fetch the file again");
}

/// A prefix code, told by the lengths of its words.
class Code {
 public:
  Status set(std::span<const std::uint8_t> lengths) {
    count_.fill(0);
    fast_.fill(0);
    for (const std::uint8_t length : lengths) {
      ++count_[length];
    }
    count_[0] = 0;
    std::array<std::uint16_t, kBitsMax + 2> place{};
    std::array<std::uint32_t, kBitsMax + 2> next{};
    int left = 1;
    for (std::size_t bits = 1; bits <= kBitsMax; ++bits) {
      left = 2 * left - count_[bits];
      if (left < 0) {
        return broken();
      }
      place[bits + 1] = static_cast<std::uint16_t>(place[bits] + count_[bits]);
      next[bits + 1] = (next[bits] + count_[bits]) << 1U;
    }
    for (std::size_t word = 0; word < lengths.size(); ++word) {
      const std::uint8_t bits = lengths[word];
      if (bits != 0) {
        symbols_[place[bits]++] = static_cast<std::uint16_t>(word);
        add_fast(next[bits]++, bits, word);
      }
    }
    return {};
  }

  /// Of the bits that come next: the symbol and its length, 0 when it is longer than the table.
  std::uint16_t fast(std::uint64_t bits) const { return fast_[bits & ((1U << kFastBits) - 1)]; }
  std::uint16_t count(int bits) const { return count_[static_cast<std::size_t>(bits)]; }
  std::uint16_t symbol(int at) const { return symbols_[static_cast<std::size_t>(at)]; }

 private:
  /// Words come with their first bit lowest.
  void add_fast(std::uint32_t code, std::uint8_t bits, std::size_t word) {
    if (bits > kFastBits) {
      return;
    }
    std::uint32_t reversed = 0;
    for (int i = 0; i < bits; ++i) {
      reversed |= ((code >> i) & 1U) << (bits - 1 - i);
    }
    for (std::uint32_t at = reversed; at < fast_.size(); at += 1U << bits) {
      fast_[at] = static_cast<std::uint16_t>((std::size_t{bits} << kFastBits) | word);
    }
  }

  std::array<std::uint16_t, kBitsMax + 1> count_{};
  std::array<std::uint16_t, kSymbolsMax> symbols_{};
  std::array<std::uint16_t, 1U << kFastBits> fast_{};  // length << kFastBits | symbol
};

/// `checksum` goes on over `bytes`; it begins and ends with all bits turned.
std::uint32_t with_checksum(std::uint32_t checksum, std::string_view bytes) {
  static constexpr auto kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) {
        value = (value & 1U) != 0 ? 0xedb88320U ^ (value >> 1U) : value >> 1U;
      }
      table[i] = value;
    }
    return table;
  }();
  for (const char c : bytes) {
    checksum = kTable[(checksum ^ static_cast<unsigned char>(c)) & 0xffU] ^ (checksum >> 8U);
  }
  return checksum;
}

class Inflater {
 public:
  Inflater(std::string_view packed, std::uint64_t bytes_max)
      : packed_(packed), bytes_max_(bytes_max) {}
  /// Reads on from `in`; of what it unpacks it keeps what it needs to go on, and the beginning.
  Inflater(std::istream& in, std::size_t head_bytes)
      : bytes_max_(kPieceBytes), in_(&in), head_bytes_(head_bytes), piece_(kPieceBytes) {}

  Result<std::string> run();
  std::size_t bytes_read() const { return at_ - static_cast<std::size_t>(held_ / 8); }
  /// The next member of a gzip file that is read from a stream: all of it, checksum and length.
  Status check_member();
  /// What follows the last member may be zeros, with which tapes are filled.
  Result<bool> is_at_end();
  std::string take_head() { return std::move(head_); }

 private:
  static constexpr std::size_t kPieceBytes = std::size_t{1} << 20;
  static constexpr std::size_t kWindowBytes = std::size_t{1} << 15;

  bool load() {
    if (in_ == nullptr) {
      return false;
    }
    in_->read(piece_.data(), static_cast<std::streamsize>(piece_.size()));
    packed_ = {piece_.data(), static_cast<std::size_t>(in_->gcount())};
    at_ = 0;
    return !packed_.empty();
  }
  void fold();
  Status skip_text();
  void refill() {
    while (held_ <= 56 && (at_ < packed_.size() || load())) {
      hold_ |= std::uint64_t{static_cast<unsigned char>(packed_[at_++])} << held_;
      held_ += 8;
    }
  }
  Result<std::uint32_t> bits(int wanted) {
    refill();
    if (held_ < wanted) {
      return broken();
    }
    const auto value = static_cast<std::uint32_t>(hold_ & ((std::uint64_t{1} << wanted) - 1));
    drop(wanted);
    return value;
  }
  void drop(int count) {
    hold_ >>= count;
    held_ -= count;
  }
  /// -1: the bits are no word of the code.
  int symbol(const Code& code);
  Status stored();
  Status fixed();
  Status dynamic();
  Status compressed(const Code& lengths, const Code& distances);
  Status repeat(int word, const Code& distances);
  Status make_room(std::size_t more) {
    if (more <= bytes_max_ - out_.size()) {
      return {};
    }
    if (in_ != nullptr) {
      fold();
      return {};
    }
    return make_error(ErrorCode::ResourceExhausted, "packed bytes hold more than is read at once")
        .with_hint("unpack the file, or cut it in parts");
  }

  std::string_view packed_;
  std::uint64_t bytes_max_;
  std::size_t at_ = 0;
  std::uint64_t hold_ = 0;
  int held_ = 0;
  std::string out_;
  std::istream* in_ = nullptr;
  std::size_t head_bytes_ = 0;
  std::vector<char> piece_;
  std::string head_;
  std::size_t folded_ = 0;  // of out_: what is in the checksum
  std::uint32_t checksum_ = 0xffffffffU;
  std::uint32_t length_ = 0;  // modulo 2^32, as it is written
};

void Inflater::fold() {
  const std::string_view fresh = std::string_view(out_).substr(folded_);
  checksum_ = with_checksum(checksum_, fresh);
  length_ += static_cast<std::uint32_t>(fresh.size());
  head_ += fresh.substr(0, head_bytes_ - std::min(head_bytes_, head_.size()));
  if (out_.size() > kWindowBytes) {
    out_.erase(0, out_.size() - kWindowBytes);
  }
  folded_ = out_.size();
}

int Inflater::symbol(const Code& code) {
  refill();
  const std::uint16_t found = code.fast(hold_);
  if (const int length = found >> kFastBits; length != 0) {
    if (length > held_) {
      return -1;
    }
    drop(length);
    return found & ((1 << kFastBits) - 1);
  }
  int word = 0;
  int first = 0;
  int index = 0;
  for (int length = 1; length <= kBitsMax && length <= held_; ++length) {
    word |= static_cast<int>((hold_ >> (length - 1)) & 1U);
    const int count = code.count(length);
    if (word - count < first) {
      drop(length);
      return code.symbol(index + (word - first));
    }
    index += count;
    first = (first + count) << 1;
    word <<= 1;
  }
  return -1;
}

Status Inflater::stored() {
  drop(held_ % 8);
  SLUICE_TRY(const std::uint32_t length, bits(16));
  SLUICE_TRY(const std::uint32_t complement, bits(16));
  if ((length ^ complement) != 0xffff) {
    return broken();
  }
  SLUICE_CHECK(make_room(length));
  for (std::uint32_t i = 0; i < length; ++i) {
    SLUICE_TRY(const std::uint32_t byte, bits(8));
    out_ += static_cast<char>(byte);
  }
  return {};
}

Status Inflater::repeat(int word, const Code& distances) {
  const auto kind = static_cast<std::size_t>(word - kEndOfBlock - 1);
  if (kind >= kLengthBase.size()) {
    return broken();
  }
  SLUICE_TRY(const std::uint32_t more, bits(kLengthBits[kind]));
  const std::size_t length = kLengthBase[kind] + more;
  const int far = symbol(distances);
  const auto place = static_cast<std::size_t>(far);
  if (far < 0 || place >= kDistanceBase.size()) {
    return broken();
  }
  SLUICE_TRY(const std::uint32_t further, bits(kDistanceBits[place]));
  const std::size_t distance = kDistanceBase[place] + further;
  if (distance > out_.size()) {
    return broken();
  }
  SLUICE_CHECK(make_room(length));
  for (std::size_t i = 0; i < length; ++i) {
    out_ += out_[out_.size() - distance];
  }
  return {};
}

Status Inflater::compressed(const Code& lengths, const Code& distances) {
  while (true) {
    const int found = symbol(lengths);
    if (found < 0) {
      return broken();
    }
    if (found == kEndOfBlock) {
      return {};
    }
    if (found < kEndOfBlock) {
      SLUICE_CHECK(make_room(1));
      out_ += static_cast<char>(found);
    } else {
      SLUICE_CHECK(repeat(found, distances));
    }
  }
}

Status Inflater::fixed() {
  std::array<std::uint8_t, kSymbolsMax> lengths{};
  std::fill(lengths.begin(), lengths.begin() + 144, std::uint8_t{8});
  std::fill(lengths.begin() + 144, lengths.begin() + 256, std::uint8_t{9});
  std::fill(lengths.begin() + 256, lengths.begin() + 280, std::uint8_t{7});
  std::fill(lengths.begin() + 280, lengths.end(), std::uint8_t{8});
  std::array<std::uint8_t, 30> distances{};
  distances.fill(5);
  Code length_code;
  Code distance_code;
  SLUICE_CHECK(length_code.set(lengths));
  SLUICE_CHECK(distance_code.set(distances));
  return compressed(length_code, distance_code);
}

Status Inflater::dynamic() {
  constexpr std::array<std::uint8_t, 19> kOrder{16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                11, 4,  12, 3, 13, 2, 14, 1, 15};
  SLUICE_TRY(const std::uint32_t length_count, bits(5));
  SLUICE_TRY(const std::uint32_t distance_count, bits(5));
  SLUICE_TRY(const std::uint32_t order_count, bits(4));
  const std::size_t literals = length_count + 257;
  const std::size_t all = literals + distance_count + 1;
  if (literals > 286 || distance_count + 1 > 30) {
    return broken();
  }
  std::array<std::uint8_t, 19> code_lengths{};
  for (std::size_t i = 0; i < order_count + 4; ++i) {
    SLUICE_TRY(const std::uint32_t length, bits(3));
    code_lengths[kOrder[i]] = static_cast<std::uint8_t>(length);
  }
  Code code;
  SLUICE_CHECK(code.set(code_lengths));
  std::array<std::uint8_t, 316> lengths{};
  for (std::size_t i = 0; i < all;) {
    const int found = symbol(code);
    if (found < 0) {
      return broken();
    }
    if (found < 16) {
      lengths[i++] = static_cast<std::uint8_t>(found);
      continue;
    }
    if (found == 16 && i == 0) {
      return broken();
    }
    const std::uint8_t value = found == 16 ? lengths[i - 1] : std::uint8_t{0};
    SLUICE_TRY(const std::uint32_t times, bits(found == 16 ? 2 : found == 17 ? 3 : 7));
    const std::size_t end = i + times + (found == 18 ? 11 : 3);
    if (end > all) {
      return broken();
    }
    std::fill(lengths.begin() + static_cast<std::ptrdiff_t>(i),
              lengths.begin() + static_cast<std::ptrdiff_t>(end), value);
    i = end;
  }
  const std::span<const std::uint8_t> of_all(lengths);
  Code length_code;
  Code distance_code;
  SLUICE_CHECK(length_code.set(of_all.first(literals)));
  SLUICE_CHECK(distance_code.set(of_all.subspan(literals, all - literals)));
  return compressed(length_code, distance_code);
}

Result<std::string> Inflater::run() {
  while (true) {
    SLUICE_TRY(const std::uint32_t is_last, bits(1));
    SLUICE_TRY(const std::uint32_t kind, bits(2));
    SLUICE_CHECK(kind == 0   ? stored()
                 : kind == 1 ? fixed()
                 : kind == 2 ? dynamic()
                             : Status(broken()));
    if (is_last == 1) {
      return std::move(out_);
    }
  }
}

Status Inflater::skip_text() {
  while (true) {
    SLUICE_TRY(const std::uint32_t byte, bits(8));
    if (byte == 0) {
      return {};
    }
  }
}

Status Inflater::check_member() {
  SLUICE_TRY(const std::uint32_t magic, bits(24));
  SLUICE_TRY(const std::uint32_t flags, bits(8));
  if (magic != 0x088b1f) {
    return broken();
  }
  SLUICE_TRY([[maybe_unused]] const std::uint32_t time, bits(32));
  SLUICE_TRY([[maybe_unused]] const std::uint32_t system, bits(16));
  if ((flags & 4U) != 0) {
    SLUICE_TRY(const std::uint32_t more, bits(16));
    for (std::uint32_t i = 0; i < more; ++i) {
      SLUICE_TRY([[maybe_unused]] const std::uint32_t byte, bits(8));
    }
  }
  for (const unsigned flag : {8U, 16U}) {  // a name and a comment
    SLUICE_CHECK((flags & flag) != 0 ? skip_text() : Status{});
  }
  if ((flags & 2U) != 0) {
    SLUICE_TRY([[maybe_unused]] const std::uint32_t of_header, bits(16));
  }
  checksum_ = 0xffffffffU;
  length_ = 0;
  out_.clear();
  folded_ = 0;
  SLUICE_TRY(out_, run());
  fold();
  drop(held_ % 8);
  SLUICE_TRY(const std::uint32_t checksum, bits(32));
  SLUICE_TRY(const std::uint32_t length, bits(32));
  return checksum == (checksum_ ^ 0xffffffffU) && length == length_ ? Status{} : Status(broken());
}

Result<bool> Inflater::is_at_end() {
  refill();
  while (held_ >= 8 && (hold_ & 0xffU) == 0) {
    drop(8);
    refill();
  }
  return held_ == 0;
}

std::uint32_t number_at(std::string_view bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    number |= std::uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return number;
}

/// Where the packed bytes begin; 0: it is no gzip.
std::size_t gzip_header_bytes(std::string_view gzip) {
  constexpr std::size_t kFixed = 10;
  if (gzip.size() < kFixed + 8 || !gzip.starts_with("\x1f\x8b\x08")) {
    return 0;
  }
  const auto flags = static_cast<unsigned char>(gzip[3]);
  std::size_t at = kFixed;
  if ((flags & 4U) != 0) {
    at += 2 + static_cast<unsigned char>(gzip[at]) +
          (std::size_t{static_cast<unsigned char>(gzip[at + 1])} << 8U);
  }
  for (const unsigned flag : {8U, 16U}) {  // a name and a comment, which end with a zero
    if ((flags & flag) != 0 && at < gzip.size()) {
      const std::size_t end = gzip.find('\0', at);
      at = end == std::string_view::npos ? gzip.size() : end + 1;
    }
  }
  at += (flags & 2U) != 0 ? 2 : 0;
  return at + 8 <= gzip.size() ? at : 0;
}

}  // namespace

Result<std::string> inflate(std::string_view packed, std::uint64_t bytes_max) {
  return Inflater(packed, bytes_max).run();
}

Result<std::string> gunzip(std::string_view gzip, std::uint64_t bytes_max) {
  const std::size_t begin = gzip_header_bytes(gzip);
  if (begin == 0) {
    return broken();
  }
  Inflater inflater(gzip.substr(begin), bytes_max);
  SLUICE_TRY(std::string text, inflater.run());
  const std::size_t end = begin + inflater.bytes_read();
  if (end + 8 != gzip.size() || number_at(gzip, end) != crc32_of(text)) {
    return broken();
  }
  return text;
}

Result<std::string> check_gzip(std::istream& gzip, std::size_t head_bytes) {
  Inflater inflater(gzip, head_bytes);
  while (true) {
    SLUICE_CHECK(inflater.check_member());
    SLUICE_TRY(const bool is_done, inflater.is_at_end());
    if (is_done) {
      return inflater.take_head();
    }
  }
}

std::uint32_t crc32_of(std::string_view bytes) {
  return with_checksum(0xffffffffU, bytes) ^ 0xffffffffU;
}

}  // namespace sluice::contract
