// Any bytes as SQL of Spark: it is translated, or there are faults at places that exist; each part
// of the translation knows what it was made from.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sluice/base/assert.h"
#include "sluice/contract/spark/spark_sql.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const sluice::contract::SparkTranslation made = sluice::contract::translate_spark(text);
  for (const sluice::contract::SparkFault& fault : made.faults) {
    SLUICE_ASSERT(!fault.message.empty(), "a fault says something");
    SLUICE_ASSERT(fault.begin + fault.length <= text.size(), "a fault stands in the text");
  }
  if (!made.faults.empty()) {
    return 0;
  }
  std::size_t end = 0;
  for (const sluice::contract::SqlOrigin& origin : made.origins) {
    SLUICE_ASSERT(origin.begin == end, "parts follow each other");
    end += origin.length;
    SLUICE_ASSERT(origin.written_begin + origin.written_length <= text.size(),
                  "a part was made from the text");
  }
  SLUICE_ASSERT(end == made.text.size(), "the parts are the whole");
  return 0;
}
