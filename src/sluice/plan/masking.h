// How the values of a column are hidden before anything is written or shown. Plain values: which
// keys and ciphers do it is said by masking/. The first that fits a name is its mask.
// Copies are cheap; no value of a row ever stands here.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::plan {

enum class MaskKind : std::uint8_t {
  Nullify,
  Redact,
  Hash,
  Partial,
  Encrypt,
  EncryptEqual,  // equal values stay equal, for joins
};
std::string_view to_string(MaskKind kind);

/// A name under which clear values of a masked field may come: the field, what it is made from
/// and what is made from it. Wherever rows leave, a column of this name is masked.
struct ColumnMask {
  std::string column;
  MaskKind kind = MaskKind::Redact;
  std::string format;  // of Partial
  /// What a refused row held here is kept encrypted beside it, so that it can be judged again.
  bool is_sealed = false;
  /// Holds members of which one is masked: the others may be clear once they are columns.
  bool is_container = false;
  friend bool operator==(const ColumnMask&, const ColumnMask&) = default;
};

}  // namespace sluice::plan
