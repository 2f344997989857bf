#include "sluice/engine/module.h"

#include "sluice/engine/spark/spark.h"

extern "C" const sluice::engine::Module* sluice_engine_module() {
  static const sluice::engine::Module module{.build_id = SLUICE_BUILD_ID,
                                             .engine_name = "spark",
                                             .make = sluice::engine::make_spark_engine};
  return &module;
}
