#include "sluice/contract/masking/masking_kind.h"

#include <algorithm>
#include <array>

#include "sluice/base/assert.h"
#include "sluice/contract/read/words.h"

namespace sluice::contract {
namespace {

constexpr std::array kMaskingKinds{
    MaskingKind{.key = "nullify",
                .masking = Masking::Nullify,
                .summary = "The value becomes NULL; the column keeps its type.",
                .example = "{name: birth_date, type: date, pii: true, masking: nullify}",
                .keeps_equality = false,
                .keeps_type = true},
    MaskingKind{.key = "redact",
                .masking = Masking::Redact,
                .summary = "The value becomes ***REDACTED***; NULL stays NULL.",
                .example = "{name: diagnosis, type: string, phi: true, masking: redact}",
                .keeps_equality = false,
                .keeps_type = false},
    MaskingKind{.key = "hash",
                .masking = Masking::Hash,
                .summary = "A keyed SHA-256 of the value in hex; equal values stay equal.",
                .example = "{name: ssn, type: string, pii: true, masking: hash}",
                .keeps_equality = true,
                .keeps_type = false},
    MaskingKind{.key = "partial",
                .masking = Masking::Partial,
                .summary =
                    "Most of the value is starred out: a***@example.com. `masking_format` says "
                    "which part stays.",
                .example = "{name: email, type: string, pii: true, masking: partial, "
                           "masking_format: email}",
                .keeps_equality = false,
                .keeps_type = false},
    MaskingKind{
        .key = "encrypt",
        .masking = Masking::Encrypt,
        .summary = "Encrypted for who holds the key, as `enc:` and text; equal values differ.",
        .example = "{name: phone, type: string, pii: true, masking: encrypt}",
        .keeps_equality = false,
        .keeps_type = false},
};

constexpr std::array kWords{
    Word<Masking>{"nullify", Masking::Nullify}, Word<Masking>{"redact", Masking::Redact},
    Word<Masking>{"hash", Masking::Hash},       Word<Masking>{"partial", Masking::Partial},
    Word<Masking>{"encrypt", Masking::Encrypt}, Word<Masking>{"tokenize", Masking::Encrypt},
    Word<Masking>{"null", Masking::Nullify},
};

}  // namespace

template <>
std::span<const Word<Masking>> words_of<Masking>() {
  return kWords;
}

std::span<const MaskingKind> masking_kinds() { return kMaskingKinds; }

const MaskingKind& kind_of(Masking masking) {
  const auto found = std::find_if(kMaskingKinds.begin(), kMaskingKinds.end(),
                                  [&](const MaskingKind& each) { return each.masking == masking; });
  SLUICE_ASSERT(found != kMaskingKinds.end(), "a masking without a descriptor");
  return *found;
}

}  // namespace sluice::contract
