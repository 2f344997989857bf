#include "sluice/masking/openssl/openssl_vault.h"

#include <array>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "sluice/masking/openssl/crypto_internal.h"

namespace sluice::masking {
namespace {

using internal::Bytes;

constexpr char kFormat = 1;
constexpr char kFernetFormat = '\x80';
constexpr std::size_t kIdBytes = 4;
constexpr std::size_t kSaltBytes = 12;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kHeadBytes = 2 + kIdBytes + kSaltBytes;
constexpr std::size_t kTagBytes = 16;
constexpr std::size_t kHashBytes = 24;

constexpr std::array kPurposes{Purpose::Encrypt, Purpose::EncryptEqual, Purpose::Seal};

std::string_view label_of(Purpose purpose) {
  switch (purpose) {
    case Purpose::Encrypt: return "encrypt";
    case Purpose::EncryptEqual: return "encrypt equal";
    case Purpose::Seal: return "seal";
  }
  return "encrypt";
}

std::optional<Purpose> purpose_of(char byte) {
  for (const Purpose purpose : kPurposes) {
    if (static_cast<char>(purpose) == byte) {
      return purpose;
    }
  }
  return std::nullopt;
}

/// All that comes from one key text.
class KeyRing {
 public:
  static Result<KeyRing> make(const std::string& text) {
    KeyRing ring;
    ring.text_ = text;
    for (const Purpose purpose : kPurposes) {
      SLUICE_TRY(ring.keys_[static_cast<std::size_t>(purpose) - 1],
                 internal::derive_key(text, label_of(purpose)));
    }
    SLUICE_TRY(ring.digest_, internal::derive_key(text, "digest"));
    SLUICE_TRY(ring.hash_, internal::derive_key(text, "hash"));
    SLUICE_TRY(ring.hash_proof_, internal::derive_key(text, "hash proof"));
    SLUICE_TRY(const Bytes id, internal::derive_key(text, "key id"));
    ring.id_ = id.substr(0, kIdBytes);
    return ring;
  }

  KeyRing(KeyRing&&) = default;
  KeyRing& operator=(KeyRing&&) = delete;
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;
  ~KeyRing() {
    for (Bytes* secret :
         {&text_, &keys_[0], &keys_[1], &keys_[2], &digest_, &hash_, &hash_proof_}) {
      internal::wipe(*secret);
    }
  }

  const std::string& text() const { return text_; }
  const Bytes& id() const { return id_; }
  const Bytes& key(Purpose purpose) const { return keys_[static_cast<std::size_t>(purpose) - 1]; }
  const Bytes& digest() const { return digest_; }

  Result<std::string> hash(std::string_view text) const {
    SLUICE_TRY(Bytes mac, internal::hmac_sha256(hash_, text));
    mac.resize(kHashBytes);
    SLUICE_TRY(const std::string proof, proof_of(internal::to_hex_text(mac)));
    return internal::to_hex_text(mac) + proof;
  }
  Result<bool> made_hash(std::string_view text) const {
    if (text.size() != 64) {
      return false;
    }
    SLUICE_TRY(const std::string proof, proof_of(text.substr(0, kHashBytes * 2)));
    return internal::equal_in_constant_time(proof, text.substr(kHashBytes * 2));
  }

 private:
  KeyRing() = default;
  Result<std::string> proof_of(std::string_view digits) const {
    SLUICE_TRY(const Bytes mac, internal::hmac_sha256(hash_proof_, digits));
    return internal::to_hex_text(mac.substr(0, 32 - kHashBytes));
  }

  std::string text_;
  Bytes id_;
  std::array<Bytes, 3> keys_;
  Bytes digest_;
  Bytes hash_;
  Bytes hash_proof_;
};

Error unknown_key() {
  return make_error(ErrorCode::NotFound, "the value was encrypted with another key")
      .with_hint("set SLUICE_PII_KEY to the key of that time, or name it in SLUICE_PII_OLD_KEYS");
}

Error changed() { return make_error(ErrorCode::Corrupt, "the encrypted value was changed or cut"); }

class OpensslVault final : public Vault {
 public:
  OpensslVault(std::vector<KeyRing> rings, Bytes salt, Bytes salted)
      : rings_(std::move(rings)), salt_(std::move(salt)), salted_(std::move(salted)) {}
  OpensslVault(const OpensslVault&) = delete;
  OpensslVault& operator=(const OpensslVault&) = delete;
  ~OpensslVault() override { internal::wipe(salted_); }

  Result<std::string> encrypt(Purpose purpose, std::string_view text) const override {
    if (text.starts_with(kEncryptedPrefix)) {
      const Result<std::string> made = decrypt(text);
      if (made) {
        return std::string(text);
      }
      if (made.error().code == ErrorCode::Internal) {
        return made.error();
      }
    }
    return purpose == Purpose::EncryptEqual ? encrypt_equal(text) : encrypt_anew(purpose, text);
  }

  Result<std::string> decrypt(std::string_view token) const override {
    const auto envelope = token.starts_with(kEncryptedPrefix)
                              ? internal::from_base64url(token.substr(kEncryptedPrefix.size()))
                              : std::nullopt;
    if (!envelope || envelope->empty() ||
        (envelope->front() != kFormat && envelope->front() != kFernetFormat)) {
      return make_error(ErrorCode::InvalidArgument,
                        "expected a value that begins with enc: and was encrypted by Sluice or "
                        "LakeLogic");
    }
    return envelope->front() == kFormat ? open_envelope(*envelope) : open_fernet(*envelope);
  }

  Result<std::string> hash(std::string_view text) const override {
    for (const KeyRing& ring : rings_) {
      SLUICE_TRY(const bool is_made, ring.made_hash(text));
      if (is_made) {
        return std::string(text);
      }
    }
    return rings_.front().hash(text);
  }

  std::string key_id() const override { return internal::to_hex_text(rings_.front().id()); }

 private:
  Result<std::string> encrypt_anew(Purpose purpose, std::string_view text) const {
    SLUICE_TRY(const Bytes nonce, internal::random_bytes(kNonceBytes));
    if (purpose == Purpose::Encrypt) {
      return envelope_of(purpose, salt_, salted_, nonce, text);
    }
    SLUICE_TRY(const Bytes key, internal::hmac_sha256(rings_.front().key(purpose), salt_));
    return envelope_of(purpose, salt_, key, nonce, text);
  }

  Result<std::string> encrypt_equal(std::string_view text) const {
    const KeyRing& ring = rings_.front();
    SLUICE_TRY(const Bytes digest, internal::hmac_sha256(ring.digest(), text));
    const Bytes salt = digest.substr(0, kSaltBytes);
    SLUICE_TRY(const Bytes key, internal::hmac_sha256(ring.key(Purpose::EncryptEqual), salt));
    return envelope_of(Purpose::EncryptEqual, salt, key, digest.substr(kSaltBytes, kNonceBytes),
                       text);
  }

  Result<std::string> envelope_of(Purpose purpose, std::string_view salt, std::string_view key,
                                  std::string_view nonce, std::string_view text) const {
    Bytes envelope{kFormat, static_cast<char>(purpose)};
    envelope += rings_.front().id();
    envelope += salt;
    SLUICE_TRY(const Bytes sealed, internal::gcm_encrypt(key, nonce, envelope, text));
    envelope += nonce;
    envelope += sealed;
    return std::string(kEncryptedPrefix) + internal::to_base64url(envelope);
  }

  Result<std::string> open_envelope(std::string_view envelope) const {
    if (envelope.size() < kHeadBytes + kNonceBytes + kTagBytes) {
      return changed();
    }
    const std::optional<Purpose> purpose = purpose_of(envelope[1]);
    if (!purpose) {
      return changed();
    }
    const std::string_view head = envelope.substr(0, kHeadBytes);
    const std::string_view salt = head.substr(2 + kIdBytes);
    bool is_known = false;
    for (const KeyRing& ring : rings_) {
      if (head.substr(2, kIdBytes) != ring.id()) {
        continue;
      }
      is_known = true;
      SLUICE_TRY(const Bytes key, internal::hmac_sha256(ring.key(*purpose), salt));
      SLUICE_TRY(const std::optional<Bytes> text,
                 internal::gcm_decrypt(key, envelope.substr(kHeadBytes, kNonceBytes), head,
                                       envelope.substr(kHeadBytes + kNonceBytes)));
      if (text) {
        return *text;
      }
    }
    return is_known ? changed() : unknown_key();
  }

  Result<std::string> open_fernet(std::string_view token) const {
    for (const KeyRing& ring : rings_) {
      SLUICE_TRY(const std::optional<Bytes> text, internal::fernet_decrypt(ring.text(), token));
      if (text) {
        return *text;
      }
    }
    // Fernet has no key id: another key and a changed value look the same.
    return unknown_key();
  }

  std::vector<KeyRing> rings_;  // the current one first
  Bytes salt_;
  Bytes salted_;  // the key of Purpose::Encrypt under salt_
};

}  // namespace

Result<std::unique_ptr<Vault>> make_openssl_vault(const Keys& keys) {
  SLUICE_CHECK(check_keys(keys));
  std::vector<KeyRing> rings;
  SLUICE_TRY(KeyRing current, KeyRing::make(keys.current));
  rings.push_back(std::move(current));
  for (const std::string& text : keys.older) {
    SLUICE_TRY(KeyRing older, KeyRing::make(text));
    rings.push_back(std::move(older));
  }
  SLUICE_TRY(Bytes salt, internal::random_bytes(kSaltBytes));
  SLUICE_TRY(Bytes salted, internal::hmac_sha256(rings.front().key(Purpose::Encrypt), salt));
  return std::unique_ptr<Vault>(
      std::make_unique<OpensslVault>(std::move(rings), std::move(salt), std::move(salted)));
}

}  // namespace sluice::masking
