#include "sluice/text/minijinja/minijinja.h"
#include "sluice/text/template.h"

extern "C" const sluice::text::TemplateModule* sluice_template_module() {
  static const sluice::text::TemplateModule module{.build_id = SLUICE_BUILD_ID,
                                                   .version = "minijinja 2.24.0",
                                                   .check = sluice::text::check_with_minijinja,
                                                   .render = sluice::text::render_with_minijinja};
  return &module;
}
