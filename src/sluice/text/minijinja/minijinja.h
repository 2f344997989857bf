// Templates as minijinja reads them: the wrapper around bridge/include/sluice_template.h. Kinds
// become error codes, and texts are freed. What a template may take is bounded there, in Rust.
// Safe from any thread.
#pragma once

#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::text {

/// As check_template of text/template.h.
Status check_with_minijinja(std::string_view name, std::string_view source);

/// As render_template of text/template.h.
Result<std::string> render_with_minijinja(std::string_view name, std::string_view source,
                                          std::string_view values);

}  // namespace sluice::text
