// Any bytes: read_yaml gives a tree within its limits or says why not; every span lies in the text,
// in order, and every byte of a scalar's text has its place in the file.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sluice/base/assert.h"
#include "sluice/contract/source/scalar_map.h"
#include "sluice/contract/source/yaml.h"

namespace {

using sluice::contract::Node;

void check_places(const Node& node, std::string_view text) {
  const sluice::contract::Span& span = node.span;
  SLUICE_ASSERT(span.begin.offset <= span.end.offset, "a span ends before it begins");
  SLUICE_ASSERT(span.end.offset <= text.size(), "a span ends behind the text");
  if (node.is_scalar()) {
    (void)sluice::contract::scalar_type(node);
    const auto places = sluice::contract::map_scalar(text, span, node.style);
    for (const std::uint32_t place : places) {
      SLUICE_ASSERT(place <= text.size(), "a character stands behind the text");
    }
  }
  for (const Node& item : node.items) {
    check_places(item, text);
  }
  for (const sluice::contract::Entry& entry : node.entries) {
    check_places(entry.value, text);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  sluice::contract::Diagnostics out("fuzz.yaml");
  const sluice::contract::Document document = sluice::contract::read_yaml(text, out);
  SLUICE_ASSERT(document.is_complete || out.has_errors(), "a document was cut off without a word");
  if (document.root) {
    check_places(*document.root, text);
  }
  return 0;
}
