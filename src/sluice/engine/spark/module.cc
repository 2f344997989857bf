#include "sluice/engine/module.h"

#include "sluice/engine/spark/spark.h"

extern "C" const sluice::engine::Module* sluice_engine_module() {
  using namespace sluice::engine;
  static const Module module{
      .build_id = SLUICE_BUILD_ID, .engine_name = "spark", .make = make_spark_engine};
  return &module;
}
