// Structured bindings of an aggregate of 0 to 64 members, as one pack of pointers: what the
// language has in place of reflection. The names b0 .. b63 never leave this file. C++26 bindings
// with packs make it one line.
#pragma once

#include <cstddef>
#include <utility>

namespace sluice::internal {

template <std::size_t I, class M>
struct PointerAt {
  M* pointer;
};

template <class Indices, class... M>
struct PointerPack;

/// Pointers to the members of one object, in order. A cheaper tuple: no recursion to reach one.
template <std::size_t... I, class... M>
struct PointerPack<std::index_sequence<I...>, M...> : PointerAt<I, M>... {};

template <class... M>
constexpr auto pointers_to(M&... members) {
  return PointerPack<std::index_sequence_for<M...>, M...>{{&members}...};
}

template <std::size_t I, class M>
constexpr M* pointer_at(const PointerAt<I, M>& pack) {
  return pack.pointer;
}

inline constexpr std::size_t kMembersMax = 64;

// clang-format off
#define SLUICE_B1 b0
#define SLUICE_B2 SLUICE_B1, b1
#define SLUICE_B3 SLUICE_B2, b2
#define SLUICE_B4 SLUICE_B3, b3
#define SLUICE_B5 SLUICE_B4, b4
#define SLUICE_B6 SLUICE_B5, b5
#define SLUICE_B7 SLUICE_B6, b6
#define SLUICE_B8 SLUICE_B7, b7
#define SLUICE_B9 SLUICE_B8, b8
#define SLUICE_B10 SLUICE_B9, b9
#define SLUICE_B11 SLUICE_B10, b10
#define SLUICE_B12 SLUICE_B11, b11
#define SLUICE_B13 SLUICE_B12, b12
#define SLUICE_B14 SLUICE_B13, b13
#define SLUICE_B15 SLUICE_B14, b14
#define SLUICE_B16 SLUICE_B15, b15
#define SLUICE_B17 SLUICE_B16, b16
#define SLUICE_B18 SLUICE_B17, b17
#define SLUICE_B19 SLUICE_B18, b18
#define SLUICE_B20 SLUICE_B19, b19
#define SLUICE_B21 SLUICE_B20, b20
#define SLUICE_B22 SLUICE_B21, b21
#define SLUICE_B23 SLUICE_B22, b22
#define SLUICE_B24 SLUICE_B23, b23
#define SLUICE_B25 SLUICE_B24, b24
#define SLUICE_B26 SLUICE_B25, b25
#define SLUICE_B27 SLUICE_B26, b26
#define SLUICE_B28 SLUICE_B27, b27
#define SLUICE_B29 SLUICE_B28, b28
#define SLUICE_B30 SLUICE_B29, b29
#define SLUICE_B31 SLUICE_B30, b30
#define SLUICE_B32 SLUICE_B31, b31
#define SLUICE_B33 SLUICE_B32, b32
#define SLUICE_B34 SLUICE_B33, b33
#define SLUICE_B35 SLUICE_B34, b34
#define SLUICE_B36 SLUICE_B35, b35
#define SLUICE_B37 SLUICE_B36, b36
#define SLUICE_B38 SLUICE_B37, b37
#define SLUICE_B39 SLUICE_B38, b38
#define SLUICE_B40 SLUICE_B39, b39
#define SLUICE_B41 SLUICE_B40, b40
#define SLUICE_B42 SLUICE_B41, b41
#define SLUICE_B43 SLUICE_B42, b42
#define SLUICE_B44 SLUICE_B43, b43
#define SLUICE_B45 SLUICE_B44, b44
#define SLUICE_B46 SLUICE_B45, b45
#define SLUICE_B47 SLUICE_B46, b46
#define SLUICE_B48 SLUICE_B47, b47
#define SLUICE_B49 SLUICE_B48, b48
#define SLUICE_B50 SLUICE_B49, b49
#define SLUICE_B51 SLUICE_B50, b50
#define SLUICE_B52 SLUICE_B51, b51
#define SLUICE_B53 SLUICE_B52, b52
#define SLUICE_B54 SLUICE_B53, b53
#define SLUICE_B55 SLUICE_B54, b54
#define SLUICE_B56 SLUICE_B55, b55
#define SLUICE_B57 SLUICE_B56, b56
#define SLUICE_B58 SLUICE_B57, b57
#define SLUICE_B59 SLUICE_B58, b58
#define SLUICE_B60 SLUICE_B59, b59
#define SLUICE_B61 SLUICE_B60, b60
#define SLUICE_B62 SLUICE_B61, b61
#define SLUICE_B63 SLUICE_B62, b62
#define SLUICE_B64 SLUICE_B63, b63
#define SLUICE_BIND(n)                 \
  else if constexpr (Count == (n)) {   \
    auto& [SLUICE_B##n] = object;      \
    return pointers_to(SLUICE_B##n);   \
  }
// clang-format on

/// Pointers to the `Count` members of `object`.
template <std::size_t Count, class T>
constexpr auto bind_members(T& object) {
  // clang-format off
  if constexpr (Count == 0) {
    static_cast<void>(object);
    return PointerPack<std::index_sequence<>>{};
  }
  SLUICE_BIND(1) SLUICE_BIND(2) SLUICE_BIND(3) SLUICE_BIND(4) SLUICE_BIND(5) SLUICE_BIND(6)
  SLUICE_BIND(7) SLUICE_BIND(8) SLUICE_BIND(9) SLUICE_BIND(10) SLUICE_BIND(11) SLUICE_BIND(12)
  SLUICE_BIND(13) SLUICE_BIND(14) SLUICE_BIND(15) SLUICE_BIND(16) SLUICE_BIND(17)
  SLUICE_BIND(18) SLUICE_BIND(19) SLUICE_BIND(20) SLUICE_BIND(21) SLUICE_BIND(22)
  SLUICE_BIND(23) SLUICE_BIND(24) SLUICE_BIND(25) SLUICE_BIND(26) SLUICE_BIND(27)
  SLUICE_BIND(28) SLUICE_BIND(29) SLUICE_BIND(30) SLUICE_BIND(31) SLUICE_BIND(32)
  SLUICE_BIND(33) SLUICE_BIND(34) SLUICE_BIND(35) SLUICE_BIND(36) SLUICE_BIND(37)
  SLUICE_BIND(38) SLUICE_BIND(39) SLUICE_BIND(40) SLUICE_BIND(41) SLUICE_BIND(42)
  SLUICE_BIND(43) SLUICE_BIND(44) SLUICE_BIND(45) SLUICE_BIND(46) SLUICE_BIND(47)
  SLUICE_BIND(48) SLUICE_BIND(49) SLUICE_BIND(50) SLUICE_BIND(51) SLUICE_BIND(52)
  SLUICE_BIND(53) SLUICE_BIND(54) SLUICE_BIND(55) SLUICE_BIND(56) SLUICE_BIND(57)
  SLUICE_BIND(58) SLUICE_BIND(59) SLUICE_BIND(60) SLUICE_BIND(61) SLUICE_BIND(62)
  SLUICE_BIND(63) SLUICE_BIND(64)
  // clang-format on
}

#undef SLUICE_BIND

}  // namespace sluice::internal
