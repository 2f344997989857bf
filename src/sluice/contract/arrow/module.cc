#include <arrow/util/config.h>

#include "sluice/contract/arrow/reader.h"
#include "sluice/contract/unpack/arrow_file.h"

extern "C" const sluice::contract::ArrowModule* sluice_arrow_module() {
  static const sluice::contract::ArrowModule module{.build_id = SLUICE_BUILD_ID,
                                                    .version = "Arrow C++ " ARROW_VERSION_STRING,
                                                    .open = sluice::contract::read_arrow_file};
  return &module;
}
