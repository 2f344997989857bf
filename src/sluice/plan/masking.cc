#include "sluice/plan/masking.h"

namespace sluice::plan {

std::string_view to_string(MaskKind kind) {
  switch (kind) {
    case MaskKind::Nullify: return "nullify";
    case MaskKind::Redact: return "redact";
    case MaskKind::Hash: return "hash";
    case MaskKind::Partial: return "partial";
    case MaskKind::Encrypt: return "encrypt";
    case MaskKind::EncryptEqual: return "encrypt (equal values stay equal)";
  }
  return "redact";
}

}  // namespace sluice::plan
