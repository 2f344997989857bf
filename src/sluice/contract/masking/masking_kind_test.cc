#include "sluice/contract/masking/masking_kind.h"

#include <gtest/gtest.h>

namespace sluice::contract {
namespace {

TEST(MaskingKindTest, EveryMaskingHasADescriptorWithAnExample) {
  for (const Masking masking :
       {Masking::Nullify, Masking::Redact, Masking::Hash, Masking::Partial, Masking::Encrypt}) {
    const MaskingKind& kind = kind_of(masking);
    EXPECT_EQ(kind.masking, masking);
    EXPECT_NE(kind.example.find(kind.key), std::string_view::npos) << kind.key;
    EXPECT_TRUE(kind.summary.ends_with('.')) << kind.key;
  }
}

TEST(MaskingKindTest, OnlyAHashMayBeComparedAndOnlyNullifyKeepsTheType) {
  for (const MaskingKind& kind : masking_kinds()) {
    EXPECT_EQ(kind.keeps_equality, kind.masking == Masking::Hash) << kind.key;
    EXPECT_EQ(kind.keeps_type, kind.masking == Masking::Nullify) << kind.key;
  }
}

}  // namespace
}  // namespace sluice::contract
