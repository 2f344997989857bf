#include "sluice/masking/openssl/openssl_vault.h"

extern "C" const sluice::masking::VaultModule* sluice_vault_module() {
  static const sluice::masking::VaultModule module{.build_id = SLUICE_BUILD_ID,
                                                   .make = sluice::masking::make_openssl_vault};
  return &module;
}
