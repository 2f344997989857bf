// Keys and what they do: encrypting, decrypting and hashing single texts. A port, because the
// ciphers are a foreign library (OpenSSL) that only a run which masks something needs: it lives in
// a shared library of its own and is opened on demand, as engines are.
//
// An encrypted text is "enc:" and base64url of an envelope with a format number, the purpose and
// the key's id, so that keys can be rotated: older keys are only read with. From one key text come
// separate keys for each purpose (HKDF-SHA-256); nothing is ever encrypted with the text itself.
// A vault is immutable and safe from any thread. Errors never hold the text.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"

namespace sluice::masking {

inline constexpr std::string_view kEncryptedPrefix = "enc:";

enum class Purpose : std::uint8_t {
  Encrypt = 1,       // every value is new
  EncryptEqual = 2,  // equal values stay equal
  Seal = 3,          // what was refused unread, for who may look at it later
};

/// Key texts as people keep them. Older ones decrypt and never encrypt.
struct Keys {
  std::string current;
  std::vector<std::string> older;
};

class Vault {
 public:
  virtual ~Vault() = default;

  /// "enc:...". What a key of this vault has encrypted already is given back as it is, so nothing
  /// is masked twice; a text that only looks encrypted is encrypted.
  virtual Result<std::string> encrypt(Purpose purpose, std::string_view text) const = 0;

  /// The clear text of what encrypt made, or of LakeLogic's Fernet values. NotFound: no key of this
  /// vault made it; Corrupt: it was changed; InvalidArgument: it is no encrypted text.
  virtual Result<std::string> decrypt(std::string_view token) const = 0;

  /// 64 hexadecimal digits: a keyed SHA-256 whose last 16 digits prove that this key made the
  /// others. A text that proves it is given back as it is.
  virtual Result<std::string> hash(std::string_view text) const = 0;

  /// The current key's id as it stands in what encrypt makes: 8 hexadecimal digits.
  virtual std::string key_id() const = 0;
};

/// What a library of ciphers says of itself. `build_id` comes first in every build.
struct VaultModule {
  const char* build_id;
  Result<std::unique_ptr<Vault>> (*make)(const Keys& keys);
};

/// Loads the ciphers and takes the keys. Without a current key: NotFound, with a hint.
Result<std::unique_ptr<Vault>> open_vault(const Keys& keys);

/// The keys are there and none is a well-known one.
Status check_keys(const Keys& keys);

}  // namespace sluice::masking

extern "C" {
/// The entry point of a library of ciphers; never null.
const sluice::masking::VaultModule* sluice_vault_module();
}
