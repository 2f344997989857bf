// Texts made of templates in the language of Jinja. A template sees the values that it is given and
// nothing else: no file, no other template. A name without a value is an error, and so is a
// template that takes too long or too much. Values are escaped for HTML when the template's name
// ends with ".html", and never else.
//
// The library that reads them is foreign (minijinja, in Rust): it lives in a shared library of its
// own, libsluice_minijinja.so, which is opened on demand as engines are. Safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/engine/module.h"

namespace sluice::text {

/// Reads a template without making a text of it. InvalidArgument: it is wrong; ResourceExhausted:
/// it is larger than a person writes; both with `at`: the name, and the line where one is to
/// blame. Unsupported, with how to get it, when this build has no such library.
Status check_template(std::string_view name, std::string_view source,
                      const engine::ModuleSearch& search = {});

/// The text. `values`: a JSON object, whose keys are the names that the template may use. Fails as
/// check_template does.
Result<std::string> render_template(std::string_view name, std::string_view source,
                                    std::string_view values,
                                    const engine::ModuleSearch& search = {});

/// What the library says of itself. `build_id` comes first in every build there will ever be.
struct TemplateModule {
  const char* build_id;
  /// Of the foreign library, as people read it.
  const char* version;
  Status (*check)(std::string_view name, std::string_view source);
  Result<std::string> (*render)(std::string_view name, std::string_view source,
                                std::string_view values);
};

/// Loads the library. Unsupported, with how to get it, when it is not there.
Result<const TemplateModule*> load_templates(const engine::ModuleSearch& search = {});

}  // namespace sluice::text

extern "C" {
/// The entry point of the library; a static TemplateModule, never null.
const sluice::text::TemplateModule* sluice_template_module();
}
