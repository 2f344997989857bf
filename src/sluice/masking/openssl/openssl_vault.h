// The vault on OpenSSL's libcrypto. No OpenSSL type stands here.
//
// Envelope 1, before base64url (no padding):
//   1 byte format, 1 byte purpose, 4 bytes key id, 12 bytes salt, 12 bytes nonce, text, 16 bytes
//   tag
// AES-256-GCM under HMAC-SHA-256(key of the purpose, salt), with the first 18 bytes as associated
// data. Salt: random once a vault, so that nonces of one key text may not run out; EncryptEqual:
// salt and nonce are a keyed digest of the text.
#pragma once

#include <memory>

#include "sluice/base/result.h"
#include "sluice/masking/vault.h"

namespace sluice::masking {

Result<std::unique_ptr<Vault>> make_openssl_vault(const Keys& keys);

}  // namespace sluice::masking
