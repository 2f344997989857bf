// Any bytes: parse_uuid either refuses them or gives an id whose text is read as the same id.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sluice/base/assert.h"
#include "sluice/base/uuid.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto id = sluice::parse_uuid({reinterpret_cast<const char*>(data), size});
  if (id) {
    const auto again = sluice::parse_uuid(sluice::to_string(*id));
    SLUICE_ASSERT(again && *again == *id, "the text of an id is read as another id");
  }
  return 0;
}
