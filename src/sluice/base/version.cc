#include "sluice/base/version.h"

namespace sluice {

const std::string_view kVersionText = SLUICE_VERSION;
const std::string_view kBuildText = SLUICE_BUILD;

}  // namespace sluice
