// Engines that are loaded on demand. An engine lives in a shared library of its own
// (libsluice_duckdb.so), so that a program which needs none of them does not pay for their foreign
// libraries. The library has one C function, sluice_engine_module(), which says what was built.
//
// A module and the core share C++ types, so they must come from one build: the id is compared
// before anything else is used. A loaded module stays in the process. Safe from any thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/engine/engine.h"

namespace sluice::engine {

/// What a module says of itself. `build_id` comes first in every build there will ever be.
struct Module {
  const char* build_id;
  const char* engine_name;
  Result<std::unique_ptr<Engine>> (*make)(const EngineOptions& options);
};

/// An engine that this build knows by name, whether its module is installed or not.
struct KnownEngine {
  std::string_view name;
  std::string_view title;
  /// What to do when its module is absent.
  std::string_view when_absent;
};

/// In the order of the docs.
std::span<const KnownEngine> known_engines();

struct ModuleSearch {
  /// Looked at first, and alone where it is given. Empty: lib/sluice beside the folder of the
  /// executable, that folder itself, then the folder `sluice` beside libsluice.so.
  std::string folder;
};

/// Opens an engine by its name, loading its module if need be.
Result<std::unique_ptr<Engine>> open_engine(std::string_view name, const EngineOptions& options,
                                            const ModuleSearch& search = {});

/// The folders that open_engine looks at, in order.
std::vector<std::string> module_folders(const ModuleSearch& search = {});

}  // namespace sluice::engine

extern "C" {
/// The entry point of a module; a static Module, never null.
const sluice::engine::Module* sluice_engine_module();
}
