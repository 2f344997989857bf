#include "sluice/table/module.h"

#include <optional>
#include <string>

#include <fmt/format.h>

#include "sluice/engine/library.h"

namespace sluice::table {
namespace {

constexpr engine::LibraryKind kLibrary{.entry = "sluice_format_module", .title = "a table format"};

Error absent(std::string_view format, const std::string& file) {
  return make_error(ErrorCode::Unsupported,
                    fmt::format("this build has no '{}' tables: {} is not installed", format, file))
      .with_hint(
          "install Rust 1.94 or newer, run ./dev setup (it says what it found) and build again; or "
          "write `format: parquet`");
}

}  // namespace

Result<const FormatModule*> load_format(std::string_view format,
                                        const engine::ModuleSearch& search) {
  const std::string file = fmt::format("libsluice_{}.so", format);
  const std::optional<std::string> path = engine::find_library(file, search);
  if (!path) {
    return absent(format, file);
  }
  SLUICE_TRY(const FormatModule* module, engine::load_library<FormatModule>(*path, kLibrary));
  if (module->format != format) {
    return make_error(ErrorCode::Corrupt,
                      fmt::format("a library holds another table format: expected '{}', got "
                                  "'{}' in '{}'",
                                  format, module->format, *path));
  }
  return module;
}

Result<std::unique_ptr<Table>> open_format(std::string_view format, engine::Connection& connection,
                                           storage::Storage& storage,
                                           const engine::ModuleSearch& search) {
  SLUICE_TRY(const FormatModule* module, load_format(format, search));
  return module->make(connection, storage);
}

Result<std::vector<std::string>> find_files_elsewhere(std::string_view format,
                                                      const std::string& root,
                                                      const engine::ModuleSearch& search) {
  SLUICE_TRY(const FormatModule* module, load_format(format, search));
  return module->find_files_elsewhere(root);
}

}  // namespace sluice::table
