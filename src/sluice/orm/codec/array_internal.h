// An Arrow array while it is being filled, and its way out through the C interface.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sluice/base/arrow_stream.h"

namespace sluice::orm {

/// Bytes that grow without being cleared first.
class Buffer {
 public:
  Buffer() = default;

  std::byte* data() { return bytes_.get(); }
  std::size_t size() const { return size_; }
  void reserve(std::size_t wanted) {
    if (wanted <= capacity_) {
      return;
    }
    const std::size_t grown = wanted > capacity_ * 2 ? wanted : capacity_ * 2;
    auto larger = std::make_unique_for_overwrite<std::byte[]>(grown);
    if (size_ > 0) {
      std::memcpy(larger.get(), bytes_.get(), size_);
    }
    bytes_ = std::move(larger);
    capacity_ = grown;
  }
  /// Room for `bytes` more behind what is there; the size grows by them.
  std::byte* grow(std::size_t bytes) {
    reserve(size_ + bytes);
    size_ += bytes;
    return bytes_.get() + size_ - bytes;
  }
  template <class V>
  V* grow_as(std::size_t values) {
    return reinterpret_cast<V*>(grow(values * sizeof(V)));
  }
  void append(const void* from, std::size_t bytes) {
    if (bytes > 0) {
      std::memcpy(grow(bytes), from, bytes);
    }
  }

 private:
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

struct Array {
  std::int64_t length = 0;
  std::int64_t null_count = 0;
  bool has_validity = false;  // the first buffer is the validity bitmap, or stands for its absence
  std::vector<Buffer> buffers;
  std::vector<Array> children;
};

ArrowArray export_array(Array&& array);

/// Copies bytes, of which there are most often few: without a call up to 64.
inline void copy_short(void* to, const void* from, std::size_t size) {
  auto* out = static_cast<std::byte*>(to);
  const auto* in = static_cast<const std::byte*>(from);
  const auto both_ends = [&](auto width) {  // two steps that may overlap
    std::memcpy(out, in, width);
    std::memcpy(out + size - width, in + size - width, width);
  };
  if (size >= 16) {
    if (size > 64) {
      std::memcpy(out, in, size);
    } else if (size > 32) {
      both_ends(std::integral_constant<std::size_t, 32>{});
    } else {
      both_ends(std::integral_constant<std::size_t, 16>{});
    }
  } else if (size >= 8) {
    both_ends(std::integral_constant<std::size_t, 8>{});
  } else if (size >= 4) {
    both_ends(std::integral_constant<std::size_t, 4>{});
  } else if (size >= 2) {
    both_ends(std::integral_constant<std::size_t, 2>{});
  } else if (size == 1) {
    *out = *in;
  }
}

/// As `assign`, for texts that are most often short.
inline void assign_text(std::string& to, const char* bytes, std::size_t size) {
  if (size > to.capacity()) {
    to.assign(bytes, size);
    return;
  }
  to.resize_and_overwrite(size, [&](char* out, std::size_t) {
    copy_short(out, bytes, size);
    return size;
  });
}

inline bool bit_at(const void* bits, std::int64_t i) {
  return (static_cast<const std::uint8_t*>(bits)[i / 8] >> (i % 8) & 1) != 0;
}

/// Clears `bits` bits; true bits are set one by one.
inline std::uint8_t* grow_bits(Buffer& buffer, std::size_t bits) {
  const std::size_t bytes = (bits + 7) / 8;
  auto* grown = buffer.grow_as<std::uint8_t>(bytes);
  if (bytes > 0) {
    std::memset(grown, 0, bytes);
  }
  return grown;
}

inline void set_bit(std::uint8_t* bits, std::size_t i) {
  bits[i / 8] = static_cast<std::uint8_t>(bits[i / 8] | 1U << (i % 8));
}

}  // namespace sluice::orm
