// Libraries of ours that are loaded when they are first needed: engines, table formats, ciphers,
// readers. Each has one C function that says what was built, and what it gives begins with the id
// of its build: C++ types are shared, so both must come from one, and that is looked at before
// anything else is used. What was loaded stays in the process. Safe from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sluice/base/result.h"
#include "sluice/engine/module.h"

namespace sluice::engine {

struct LibraryKind {
  /// The name of its C function.
  const char* entry;
  /// As errors call it: "an engine".
  std::string_view title;
};

/// The first folder of the search that has the file, with the file; empty: none has.
std::optional<std::string> find_library(std::string_view file, const ModuleSearch& search = {});

namespace internal {
Result<const void*> load_entry(const std::string& path, const LibraryKind& kind);
}  // namespace internal

/// `Library` begins with `const char* build_id`, in every build there will ever be.
template <class Library>
Result<const Library*> load_library(const std::string& path, const LibraryKind& kind) {
  return internal::load_entry(path, kind).transform([](const void* loaded) {
    return static_cast<const Library*>(loaded);
  });
}

}  // namespace sluice::engine
