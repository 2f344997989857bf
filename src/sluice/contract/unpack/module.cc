#include "sluice/engine/module.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <dlfcn.h>
#include <fmt/format.h>

#include "sluice/contract/unpack/arrow_file.h"

namespace sluice::contract {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFile = "libsluice_arrow.so";

Result<const ArrowModule*> load_arrow_module(const std::string& path) {
  // As engines are: what a module made may outlive every handle.
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    const char* text = ::dlerror();
    return make_error(ErrorCode::Unavailable,
                      fmt::format("the reader of Arrow files cannot be loaded: '{}'", path))
        .with_native(text == nullptr ? "" : text)
        .with_hint("a library that it needs may be missing: look at it with ldd");
  }
  using Entry = const ArrowModule* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(handle, "sluice_arrow_module"));
  if (entry == nullptr) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("a library holds no reader of Sluice: '{}'", path));
  }
  const ArrowModule* module = entry();
  if (std::string_view(module->build_id) != SLUICE_BUILD_ID) {
    return make_error(
               ErrorCode::Unsupported,
               fmt::format("the reader of Arrow files belongs to another build of Sluice: '{}'",
                           path))
        .with_hint("install the program and its libraries from one package");
  }
  return module;
}

}  // namespace

Result<ColumnStream> open_arrow_file(const std::string& path, const engine::ModuleSearch& search) {
  for (const std::string& folder : engine::module_folders(search)) {
    const std::string library = (fs::path(folder) / kFile).string();
    std::error_code failed;
    if (fs::exists(library, failed)) {
      SLUICE_TRY(const ArrowModule* module, load_arrow_module(library));
      return module->open(path);
    }
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("this build reads no Arrow files: {} is not installed", kFile))
      .with_hint("write the file as Parquet, or run ./dev setup and build again");
}

}  // namespace sluice::contract
