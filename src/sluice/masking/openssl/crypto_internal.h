// Shared by the files of this folder: bytes, and the few calls of libcrypto that the vault makes.
// Failures of libcrypto itself are Internal and say nothing of keys or texts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::masking::internal {

/// Bytes are kept in std::string: they are made of texts and become texts.
using Bytes = std::string;

Result<Bytes> hmac_sha256(std::string_view key, std::string_view data);
/// 32 bytes from a key text, a different key for each label.
Result<Bytes> derive_key(std::string_view key_text, std::string_view label);
Result<Bytes> random_bytes(std::size_t count);
bool equal_in_constant_time(std::string_view a, std::string_view b);
void wipe(Bytes& secret);

/// The text behind which the tag stands.
Result<Bytes> gcm_encrypt(std::string_view key, std::string_view nonce, std::string_view associated,
                          std::string_view text);
/// Empty: it was not made so.
Result<std::optional<Bytes>> gcm_decrypt(std::string_view key, std::string_view nonce,
                                         std::string_view associated, std::string_view sealed);

/// Fernet (AES-128-CBC and HMAC) as LakeLogic writes it; empty: not made with this key text.
Result<std::optional<Bytes>> fernet_decrypt(std::string_view key_text, std::string_view token);

std::string to_base64url(std::string_view bytes);
/// With or without padding; empty when it is none.
std::optional<Bytes> from_base64url(std::string_view text);
std::string to_hex_text(std::string_view bytes);

}  // namespace sluice::masking::internal
