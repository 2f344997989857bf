#include "sluice/engine/module.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include <dlfcn.h>
#include <fmt/format.h>

#include "sluice/engine/library.h"

namespace sluice::engine {
namespace {

namespace fs = std::filesystem;

constexpr const char* kBuildId = SLUICE_BUILD_ID;  // cmake/SluiceBuildId.cmake
constexpr LibraryKind kLibrary{.entry = "sluice_engine_module", .title = "an engine"};

constexpr std::array kKnownEngines{
    KnownEngine{"duckdb", "DuckDB",
                "the embedded engine is part of every installation: install Sluice again, or give "
                "the folder that holds its module"},
    KnownEngine{"spark", "Spark",
                "build with SLUICE_SPARK=ON (it needs gRPC, protobuf, Arrow and the Spark Connect "
                "protocol), or run on duckdb"},
    KnownEngine{"databricks", "Databricks", "run on spark or duckdb"},
};

const KnownEngine* find_known(std::string_view name) {
  const auto* found = std::ranges::find(kKnownEngines, name, &KnownEngine::name);
  return found == kKnownEngines.end() ? nullptr : found;
}

Error unknown_engine(std::string_view name) {
  std::string names;
  for (const KnownEngine& known : kKnownEngines) {
    names += fmt::format("{}'{}'", names.empty() ? "" : ", ", known.name);
  }
  return make_error(ErrorCode::InvalidArgument, fmt::format("no such engine: '{}'", name))
      .with_hint(fmt::format("the engines are {}", names));
}

Error absent(const KnownEngine& engine, const std::string& file,
             const std::vector<std::string>& folders) {
  std::string places;
  for (const std::string& folder : folders) {
    places += fmt::format("{}'{}'", places.empty() ? "" : ", ", folder);
  }
  return make_error(ErrorCode::Unsupported,
                    fmt::format("this build has no {} engine: {} is in none of {}", engine.title,
                                file, places))
      .with_hint(std::string(engine.when_absent));
}

Status check_module(const Module& module, std::string_view name, const std::string& path) {
  if (module.engine_name != name) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("an engine's library holds another one: expected '{}', got '{}' "
                                  "in '{}'",
                                  name, module.engine_name, path));
  }
  return {};
}

std::string dl_text() {
  const char* text = ::dlerror();
  return text == nullptr ? "" : text;
}

/// The folder of the executable, empty where the system does not say.
fs::path executable_folder() {
  std::error_code failed;
  const fs::path executable = fs::read_symlink("/proc/self/exe", failed);
  return failed ? fs::path{} : executable.parent_path();
}

/// The folder of the file that this code was loaded from.
fs::path library_folder() {
  Dl_info info{};
  const auto* here = reinterpret_cast<const void*>(&module_folders);
  if (::dladdr(here, &info) == 0 || info.dli_fname == nullptr) {
    return {};
  }
  std::error_code failed;
  const fs::path library = fs::weakly_canonical(info.dli_fname, failed);
  return failed ? fs::path{} : library.parent_path();
}

}  // namespace

std::span<const KnownEngine> known_engines() { return kKnownEngines; }

std::vector<std::string> module_folders(const ModuleSearch& search) {
  if (!search.folder.empty()) {
    return {search.folder};
  }
  std::vector<std::string> folders;
  const auto add = [&](const fs::path& folder) {
    const std::string text = folder.lexically_normal().string();
    if (std::ranges::find(folders, text) == folders.end()) {
      folders.push_back(text);
    }
  };
  if (const fs::path folder = executable_folder(); !folder.empty()) {
    add(folder / ".." / "lib" / "sluice");
    add(folder);
  }
  if (const fs::path folder = library_folder(); !folder.empty()) {
    add(folder / "sluice");
  }
  return folders;
}

std::optional<std::string> find_library(std::string_view file, const ModuleSearch& search) {
  for (const std::string& folder : module_folders(search)) {
    std::string path = (fs::path(folder) / file).string();
    std::error_code failed;
    if (fs::exists(path, failed)) {
      return path;
    }
  }
  return {};
}

Result<const void*> internal::load_entry(const std::string& path, const LibraryKind& kind) {
  // RTLD_NODELETE: what a library has made may outlive every handle, a thread of its own included.
  // RTLD_LOCAL: two may bring two versions of one foreign library.
  void* handle = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) {
    return make_error(ErrorCode::Unavailable,
                      fmt::format("{} cannot be loaded: '{}'", kind.title, path))
        .with_native(dl_text())
        .with_hint("a library that it needs may be missing: look at it with ldd");
  }
  using Entry = const void* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(handle, kind.entry));
  if (entry == nullptr) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("a library is not {} of Sluice: '{}'", kind.title, path))
        .with_native(dl_text());
  }
  const void* library = entry();
  const std::string_view build_id = *static_cast<const char* const*>(library);
  if (build_id != kBuildId) {
    return make_error(ErrorCode::Unsupported,
                      fmt::format("{} belongs to another build of Sluice: expected '{}', got '{}' "
                                  "in '{}'",
                                  kind.title, kBuildId, build_id, path))
        .with_hint("install the program and its libraries from one package");
  }
  return library;
}

Result<std::unique_ptr<Engine>> open_engine(std::string_view name, const EngineOptions& options,
                                            const ModuleSearch& search) {
  const KnownEngine* known = find_known(name);
  if (known == nullptr) {
    return unknown_engine(name);
  }
  const std::string file = fmt::format("libsluice_{}.so", name);
  const std::optional<std::string> path = find_library(file, search);
  if (!path) {
    return absent(*known, file, module_folders(search));
  }
  SLUICE_TRY(const Module* module, load_library<Module>(*path, kLibrary));
  SLUICE_CHECK(check_module(*module, name, *path));
  return module->make(options);
}

}  // namespace sluice::engine
