// Table formats that are loaded on demand: those that need a foreign library which libsluice.so
// must not name. A format lives in a shared library of its own (libsluice_delta.so) beside the
// engines' and is opened as they are: one C function, the build's id compared first, loaded for
// good. Safe from any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/result.h"
#include "sluice/engine/engine.h"
#include "sluice/engine/module.h"
#include "sluice/storage/storage.h"
#include "sluice/table/table.h"

namespace sluice::table {

/// What a module says of itself. `build_id` comes first in every build there will ever be.
struct FormatModule {
  const char* build_id;
  const char* format;
  /// Of the foreign library, as people read it.
  const char* version;
  Result<std::unique_ptr<Table>> (*make)(engine::Connection& connection, storage::Storage& storage);
  /// Files of the newest version that do not lie below its root.
  Result<std::vector<std::string>> (*find_files_elsewhere)(const std::string& root);
};

/// Loads a format's module. Unsupported, with how to get it, when this build has no such module.
Result<const FormatModule*> load_format(std::string_view format,
                                        const engine::ModuleSearch& search = {});

/// The table of this format whose root is the storage's root; both outlive it. Fails as
/// load_format does.
Result<std::unique_ptr<Table>> open_format(std::string_view format, engine::Connection& connection,
                                           storage::Storage& storage,
                                           const engine::ModuleSearch& search = {});

/// Files of the table in a local folder that do not lie below it, so that an engine that is locked
/// may be let at them. Fails as load_format does.
Result<std::vector<std::string>> find_files_elsewhere(std::string_view format,
                                                      const std::string& root,
                                                      const engine::ModuleSearch& search = {});

}  // namespace sluice::table

extern "C" {
/// The entry point of a module; a static FormatModule, never null.
const sluice::table::FormatModule* sluice_format_module();
}
