#include "sluice/table/module.h"

#include "sluice/table/delta/delta.h"

extern "C" const sluice::table::FormatModule* sluice_format_module() {
  static const sluice::table::FormatModule module{
      .build_id = SLUICE_BUILD_ID,
      .format = "delta",
      .version = "delta_kernel 0.30.1",
      .make = sluice::table::make_delta_table,
      .find_files_elsewhere = sluice::table::find_delta_files_elsewhere};
  return &module;
}
