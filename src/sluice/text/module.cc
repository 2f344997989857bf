#include <fmt/format.h>

#include "sluice/engine/library.h"
#include "sluice/text/template.h"

namespace sluice::text {
namespace {

constexpr std::string_view kFile = "libsluice_minijinja.so";
constexpr engine::LibraryKind kLibrary{.entry = "sluice_template_module",
                                       .title = "the reader of templates"};

}  // namespace

Result<const TemplateModule*> load_templates(const engine::ModuleSearch& search) {
  if (const auto path = engine::find_library(kFile, search)) {
    return engine::load_library<TemplateModule>(*path, kLibrary);
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
