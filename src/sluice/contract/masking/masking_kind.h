// The maskings: what each does to a value and what may be done with the result afterwards.
// An open set as one const table; the word in it is the only spelling that is read, because a
// masking that is spelled almost right must never leave a value in clear.
#pragma once

#include <span>
#include <string_view>

#include "sluice/contract/model/field.h"

namespace sluice::contract {

struct MaskingKind {
  std::string_view key;
  Masking masking;
  std::string_view summary;
  std::string_view example;  // a field; a test reads and checks it
  bool keeps_equality;       // equal values stay equal: usable as key, for joins and partitions
  bool keeps_type;           // the column keeps its declared type
};

std::span<const MaskingKind> masking_kinds();

const MaskingKind& kind_of(Masking masking);

}  // namespace sluice::contract
