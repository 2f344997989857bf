#include "sluice/table/module.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <dlfcn.h>
#include <fmt/format.h>

namespace sluice::table {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBuildId = SLUICE_BUILD_ID;  // cmake/SluiceBuildId.cmake

std::string dl_text() {
  const char* text = ::dlerror();
  return text == nullptr ? "" : text;
}

Result<const FormatModule*> load_module(const std::string& path) {
  // As engines are: what a module made may outlive every handle.
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    return make_error(ErrorCode::Unavailable,
                      fmt::format("a table format cannot be loaded: '{}'", path))
        .with_native(dl_text())
        .with_hint("a library that it needs may be missing: look at it with ldd");
  }
  using Entry = const FormatModule* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(handle, "sluice_format_module"));
  if (entry == nullptr) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("a library is not a table format of Sluice: '{}'", path))
        .with_native(dl_text());
  }
  return entry();
}

Error absent(std::string_view format, const std::string& file) {
  return make_error(ErrorCode::Unsupported,
                    fmt::format("this build has no '{}' tables: {} is not installed", format, file))
      .with_hint(
          "install Rust 1.94 or newer, run ./dev setup (it says what it found) and build again; or "
          "write `format: parquet`");
}

Status check_module(const FormatModule& module, std::string_view format, const std::string& path) {
  if (std::string_view(module.build_id) != kBuildId) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("a table format belongs to another build of Sluice: expected "
                                  "'{}', got '{}' in '{}'",
                                  kBuildId, module.build_id, path))
        .with_hint("install the program and its modules from one package");
  }
  if (module.format != format) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("a library holds another table format: expected '{}', got "
                                  "'{}' in '{}'",
                                  format, module.format, path));
  }
  return {};
}

}  // namespace

Result<const FormatModule*> load_format(std::string_view format,
                                        const engine::ModuleSearch& search) {
  const std::string file = fmt::format("libsluice_{}.so", format);
  for (const std::string& folder : engine::module_folders(search)) {
    const std::string path = (fs::path(folder) / file).string();
    std::error_code failed;
    if (!fs::exists(path, failed)) {
      continue;
    }
    SLUICE_TRY(const FormatModule* module, load_module(path));
    SLUICE_CHECK(check_module(*module, format, path));
    return module;
  }
  return absent(format, file);
}

Result<std::unique_ptr<Table>> open_format(std::string_view format, engine::Connection& connection,
                                           storage::Storage& storage,
                                           const engine::ModuleSearch& search) {
  SLUICE_TRY(const FormatModule* module, load_format(format, search));
  return module->make(connection, storage);
}

}  // namespace sluice::table
