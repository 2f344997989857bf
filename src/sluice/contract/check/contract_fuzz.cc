// Any bytes: check_contract says everything in order and at places that exist, strictly and
// leniently; what it says can be rendered.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sluice/base/assert.h"
#include "sluice/contract/check/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const bool lenient : {false, true}) {
    const sluice::contract::CheckedContract checked =
        sluice::contract::check_contract(text, "fuzz.yaml", {.lenient = lenient});
    SLUICE_ASSERT(checked.contract || checked.diagnostics.has_errors() || lenient,
                  "a contract that cannot be read is an error");
    std::uint32_t line = 0;
    for (const sluice::contract::Diagnostic& diagnostic : checked.diagnostics) {
      SLUICE_ASSERT(diagnostic.at.line >= line, "diagnostics stand in the order of the file");
      line = diagnostic.at.line;
      SLUICE_ASSERT(!diagnostic.message.empty(), "a diagnostic says something");
      (void)render(diagnostic, text, false);
    }
    (void)render_json(checked.diagnostics);
  }
  return 0;
}
