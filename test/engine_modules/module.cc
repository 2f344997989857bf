// Engine modules for engine/module_test.cc: one of this build and one of another, by the macro.
#include "sluice/engine/module.h"

namespace {

sluice::Result<std::unique_ptr<sluice::engine::Engine>> make(
    const sluice::engine::EngineOptions& options) {
  return sluice::make_error(sluice::ErrorCode::Unsupported,
                            "the test's engine was asked for '" + options.address + "'");
}

}  // namespace

extern "C" const sluice::engine::Module* sluice_engine_module() {
  static const sluice::engine::Module module{
      .build_id = SLUICE_BUILD_ID, .engine_name = "duckdb", .make = make};
  return &module;
}
