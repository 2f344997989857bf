#include <array>
#include <limits>
#include <memory>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "sluice/base/sha256.h"
#include "sluice/masking/openssl/crypto_internal.h"

namespace sluice::masking::internal {
namespace {

constexpr std::size_t kTagBytes = 16;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
struct FreeKdf {
  void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* in(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* out(Bytes& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

Error broken() { return make_error(ErrorCode::Internal, "a cipher of libcrypto failed"); }

Status check_size(std::string_view text) {
  return text.size() < static_cast<std::size_t>(std::numeric_limits<int>::max() / 2)
             ? Status()
             : Status(make_error(ErrorCode::ResourceExhausted, "a value is too long to be masked"));
}

int size_of(std::string_view text) { return static_cast<int>(text.size()); }

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

}  // namespace

Result<Bytes> hmac_sha256(std::string_view key, std::string_view data) {
  Bytes mac(32, '\0');
  std::size_t size = 0;
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(), in(data),
                data.size(), out(mac), mac.size(), &size) == nullptr ||
      size != mac.size()) {
    return broken();
  }
  return mac;
}

Result<Bytes> derive_key(std::string_view key_text, std::string_view label) {
  EVP_KDF* hkdf = EVP_KDF_fetch(nullptr, "HKDF", nullptr);
  const std::unique_ptr<EVP_KDF_CTX, FreeKdf> context(EVP_KDF_CTX_new(hkdf));
  EVP_KDF_free(hkdf);
  Bytes salt = "sluice masking 1";
  Bytes secret(key_text);
  Bytes info(label);
  Bytes digest = "SHA256";
  const std::array parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret.data(), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt.data(), salt.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  Bytes key(32, '\0');
  const bool is_made = context != nullptr &&
                       EVP_KDF_derive(context.get(), out(key), key.size(), parameters.data()) == 1;
  wipe(secret);
  return is_made ? Result<Bytes>(std::move(key)) : Result<Bytes>(broken());
}

Result<Bytes> random_bytes(std::size_t count) {
  Bytes bytes(count, '\0');
  if (RAND_bytes(out(bytes), static_cast<int>(count)) != 1) {
    return make_error(ErrorCode::Unavailable, "the system gives no random bytes");
  }
  return bytes;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(Bytes& secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

Result<Bytes> gcm_encrypt(std::string_view key, std::string_view nonce, std::string_view associated,
                          std::string_view text) {
  SLUICE_CHECK(check_size(text));
  const Cipher cipher(EVP_CIPHER_CTX_new());
  Bytes sealed(text.size() + kTagBytes, '\0');
  int size = 0;
  int last = 0;
  const bool is_done =
      cipher != nullptr &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, in(key), in(nonce)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, in(associated), size_of(associated)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), out(sealed), &size, in(text), size_of(text)) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), out(sealed) + size, &last) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                          out(sealed) + text.size()) == 1;
  return is_done ? Result<Bytes>(std::move(sealed)) : Result<Bytes>(broken());
}

Result<std::optional<Bytes>> gcm_decrypt(std::string_view key, std::string_view nonce,
                                         std::string_view associated, std::string_view sealed) {
  if (sealed.size() < kTagBytes) {
    return std::optional<Bytes>{};
  }
  SLUICE_CHECK(check_size(sealed));
  const std::string_view body = sealed.substr(0, sealed.size() - kTagBytes);
  Bytes tag(sealed.substr(body.size()));
  const Cipher cipher(EVP_CIPHER_CTX_new());
  Bytes text(body.size() + 1, '\0');
  int size = 0;
  int last = 0;
  if (cipher == nullptr ||
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, in(key), in(nonce)) != 1 ||
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, in(associated), size_of(associated)) != 1 ||
      EVP_DecryptUpdate(cipher.get(), out(text), &size, in(body), size_of(body)) != 1 ||
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()) != 1) {
    return broken();
  }
  if (EVP_DecryptFinal_ex(cipher.get(), out(text) + size, &last) != 1) {
    wipe(text);
    return std::optional<Bytes>{};
  }
  text.resize(body.size());
  return std::optional<Bytes>(std::move(text));
}

Result<std::optional<Bytes>> fernet_decrypt(std::string_view key_text, std::string_view token) {
  constexpr std::size_t kHead = 1 + 8 + 16;
  constexpr std::size_t kMac = 32;
  if (token.size() < kHead + 16 + kMac || (token.size() - kHead - kMac) % 16 != 0) {
    return std::optional<Bytes>{};
  }
  const Sha256::Digest digest = [&] {
    Sha256 hash;
    hash.update(key_text);
    return hash.digest();
  }();
  Bytes key(reinterpret_cast<const char*>(digest.data()), digest.size());
  const std::string_view keys = key;
  const std::string_view signed_part = token.substr(0, token.size() - kMac);
  SLUICE_TRY(const Bytes mac, hmac_sha256(keys.substr(0, 16), signed_part));
  if (!equal_in_constant_time(mac, token.substr(signed_part.size()))) {
    return std::optional<Bytes>{};
  }
  const std::string_view body = signed_part.substr(kHead);
  SLUICE_CHECK(check_size(body));
  const Cipher cipher(EVP_CIPHER_CTX_new());
  Bytes text(body.size() + 16, '\0');
  int size = 0;
  int last = 0;
  if (cipher == nullptr ||
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_128_cbc(), nullptr, in(keys.substr(16)),
                         in(token.substr(9, 16))) != 1 ||
      EVP_DecryptUpdate(cipher.get(), out(text), &size, in(body), size_of(body)) != 1 ||
      EVP_DecryptFinal_ex(cipher.get(), out(text) + size, &last) != 1) {
    return std::optional<Bytes>{};
  }
  text.resize(static_cast<std::size_t>(size) + static_cast<std::size_t>(last));
  return std::optional<Bytes>(std::move(text));
}

std::string to_base64url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      text += kAlphabet[(bits >> count) & 63];
    }
  }
  if (count > 0) {
    text += kAlphabet[(bits << (6 - count)) & 63];
  }
  return text;
}

std::optional<Bytes> from_base64url(std::string_view text) {
  while (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) {
    return std::nullopt;
  }
  Bytes bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) {
      return std::nullopt;
    }
    bits = (bits << 6) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes += static_cast<char>((bits >> count) & 0xFF);
    }
  }
  // One value has one spelling: what is left over is zero.
  return (bits & ((1U << count) - 1)) == 0 ? std::optional(std::move(bytes)) : std::nullopt;
}

std::string to_hex_text(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

}  // namespace sluice::masking::internal
