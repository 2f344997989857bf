#include <filesystem>
#include <system_error>

#include <dlfcn.h>
#include <fmt/format.h>

#include "sluice/text/template.h"

namespace sluice::text {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFile = "libsluice_minijinja.so";
constexpr const char* kBuildId = SLUICE_BUILD_ID;  // cmake/SluiceBuildId.cmake

std::string dl_text() {
  const char* text = ::dlerror();
  return text == nullptr ? "" : text;
}

Result<const TemplateModule*> load_module(const std::string& path) {
  // A template that took too much left a thread in it that sleeps for ever.
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    return make_error(ErrorCode::Unavailable,
                      fmt::format("the reader of templates cannot be loaded: '{}'", path))
        .with_native(dl_text())
        .with_hint("a library that it needs may be missing: look at it with ldd");
  }
  using Entry = const TemplateModule* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(handle, "sluice_template_module"));
  if (entry == nullptr) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("a library reads no templates for Sluice: '{}'", path))
        .with_native(dl_text());
  }
  const TemplateModule* module = entry();
  if (std::string_view(module->build_id) != kBuildId) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("the reader of templates belongs to another build of Sluice: "
                                  "expected '{}', got '{}' in '{}'",
                                  kBuildId, module->build_id, path))
        .with_hint("install the program and its modules from one package");
  }
  return module;
}

}  // namespace

Result<const TemplateModule*> load_templates(const engine::ModuleSearch& search) {
  for (const std::string& folder : engine::module_folders(search)) {
    const std::string path = (fs::path(folder) / kFile).string();
    std::error_code failed;
    if (fs::exists(path, failed)) {
      return load_module(path);
    }
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("this build reads no templates: {} is not installed", kFile))
      .with_hint(
          "install Rust 1.94 or newer, run ./dev setup (it says what it found) and build again");
}

Status check_template(std::string_view name, std::string_view source,
                      const engine::ModuleSearch& search) {
  SLUICE_TRY(const TemplateModule* module, load_templates(search));
  return module->check(name, source);
}

Result<std::string> render_template(std::string_view name, std::string_view source,
                                    std::string_view values, const engine::ModuleSearch& search) {
  SLUICE_TRY(const TemplateModule* module, load_templates(search));
  return module->render(name, source, values);
}

}  // namespace sluice::text
