#include "sluice/cli/lake_environment.h"

#include <cstdlib>

namespace sluice::cli {

table::LakeOptions lake_of_environment() {
  table::LakeOptions lake;
  if (const char* catalog = std::getenv("DUCKLAKE_METADATA"); catalog != nullptr) {
    lake.catalog = catalog;
  }
  if (const char* folder = std::getenv("DUCKLAKE_DATA_PATH"); folder != nullptr) {
    lake.data_path = folder;
  }
  return lake;
}

}  // namespace sluice::cli
