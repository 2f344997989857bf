// Where the catalog and the data of a DuckLake are, from the environment, under LakeLogic's names:
// DUCKLAKE_METADATA (a file, sqlite:FILE or postgres:CONNECTION) and DUCKLAKE_DATA_PATH (a folder).
// What is not set stays empty. Read once per command; a connection may hold a password, so it is
// never shown.
#pragma once

#include "sluice/table/ducklake/ducklake.h"

namespace sluice::cli {

table::LakeOptions lake_of_environment();

}  // namespace sluice::cli
