#include "sluice/engine/module.h"

#include <filesystem>
#include <system_error>

#include <dlfcn.h>
#include <fmt/format.h>

#include "sluice/masking/vault.h"

namespace sluice::masking {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFile = "libsluice_openssl.so";
/// What LakeLogic takes when no key is set.
constexpr std::string_view kPublicKey = "default-lakelogic-encryption-key";

Result<const VaultModule*> load_vault_module(const std::string& path) {
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    const char* text = ::dlerror();
    return make_error(ErrorCode::Unavailable,
                      fmt::format("the ciphers cannot be loaded: '{}'", path))
        .with_native(text == nullptr ? "" : text)
        .with_hint("install libssl3 (libcrypto), or look at the library with ldd");
  }
  using Entry = const VaultModule* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(handle, "sluice_vault_module"));
  if (entry == nullptr) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("a library holds no ciphers of Sluice: '{}'", path));
  }
  const VaultModule* module = entry();
  if (std::string_view(module->build_id) != SLUICE_BUILD_ID) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("the ciphers belong to another build of Sluice: '{}'", path))
        .with_hint("install the program and its libraries from one package");
  }
  return module;
}

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
  for (const std::string& folder : engine::module_folders()) {
    const std::string path = (fs::path(folder) / kFile).string();
    std::error_code failed;
    if (!fs::exists(path, failed)) {
      continue;
    }
    SLUICE_TRY(const VaultModule* module, load_vault_module(path));
    return module->make(keys);
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("this installation has no ciphers: {} is missing", kFile))
      .with_hint("install Sluice again: what masks and decrypts is part of every installation");
}

}  // namespace sluice::masking
