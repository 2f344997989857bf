#include <fmt/format.h>

#include "sluice/engine/library.h"
#include "sluice/masking/vault.h"

namespace sluice::masking {
namespace {

constexpr std::string_view kFile = "libsluice_openssl.so";
constexpr engine::LibraryKind kLibrary{.entry = "sluice_vault_module",
                                       .title = "the library of ciphers"};
/// What LakeLogic takes when no key is set.
constexpr std::string_view kPublicKey = "default-lakelogic-encryption-key";

}  // namespace

Status check_keys(const Keys& keys) {
  if (keys.current.empty()) {
    return make_error(ErrorCode::NotFound, "a contract masks values and there is no key")
        .with_hint(
            "set SLUICE_PII_KEY (or LAKELOGIC_PII_KEY) to a secret of your own, for instance what "
            "`openssl rand -base64 32` prints, and keep it: nothing is decrypted without it");
  }
  if (keys.current == kPublicKey) {
    return make_error(ErrorCode::InvalidArgument, "the key for masking is one that everyone knows")
        .with_hint("set SLUICE_PII_KEY to a secret of your own");
  }
  return {};
}

Result<std::unique_ptr<Vault>> open_vault(const Keys& keys) {
  SLUICE_CHECK(check_keys(keys));
  if (const auto path = engine::find_library(kFile)) {
    SLUICE_TRY(const VaultModule* module, engine::load_library<VaultModule>(*path, kLibrary));
    return module->make(keys);
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("this installation has no ciphers: {} is missing", kFile))
      .with_hint("install Sluice again: what masks and decrypts is part of every installation");
}

}  // namespace sluice::masking
