#include "sluice/masking/environment_keys.h"

#include <algorithm>
#include <cstdlib>

namespace sluice::masking {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Keys keys_of_environment() {
  Keys keys{.current = variable("SLUICE_PII_KEY"), .older = {}};
  const std::string lakelogic = variable("LAKELOGIC_PII_KEY");
  if (keys.current.empty()) {
    keys.current = lakelogic;
  } else if (!lakelogic.empty() && lakelogic != keys.current) {
    keys.older.push_back(lakelogic);
  }
  const std::string old = variable("SLUICE_PII_OLD_KEYS");
  for (std::size_t begin = 0; begin <= old.size();) {
    const std::size_t end = std::min(old.find_first_of(",\n", begin), old.size());
    if (end > begin) {
      keys.older.push_back(old.substr(begin, end - begin));
    }
    begin = end + 1;
  }
  return keys;
}

}  // namespace sluice::masking
